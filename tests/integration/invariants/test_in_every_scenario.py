"""What a scenario does not look for and its history shows: blamed on the invariant alone, and
judged on what there is to see.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.domain.arrangements import Arrangement, PutUser
from harness.history.reader import read_evidence
from harness.reference.sides import CentralSide
from harness.reporting.model import build_report
from harness.targets.port import CannotArrange
from tests.integration.cli.command import Command

SCENARIO = "after_decision/nothing-is-pending-and-the-cluster-is-in-local-hands"
MUTANT = "list_of_one_cluster_keeps_the_rejected"


def test_what_is_broken_besides_is_said_of_the_invariant_and_verifies(tmp_path: Path) -> None:
    command = Command(tmp_path)
    asked = ("--driver", "inprocess", "--scenario", SCENARIO, "--mutant", MUTANT, "--out", "out")
    done = command.here("certify", *asked)
    assert done.returncode == 1, done.stdout + done.stderr
    report = build_report(read_evidence(tmp_path / "out" / "evidence.jsonl"), REQUIREMENTS)
    verdicts = {r.requirement.id: r.verdict for r in report.requirements if r.scenarios}
    assert verdicts == {"REJ-7": Verdict.PASS, "INV-6": Verdict.FAIL, "INV-8": Verdict.FAIL}
    verified = command.here("verify", "out")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_last_look_for_which_nobody_is_there_takes_nothing_from_a_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = CentralSide.arrange

    def arrange(self: CentralSide, asked: Arrangement) -> None:
        if isinstance(asked, PutUser):
            raise CannotArrange("PutUser", "there are no others here")
        really(self, asked)

    monkeypatch.setattr(CentralSide, "arrange", arrange)
    alone = "send/somebody-who-is-logged-in-sends-a-request"
    done = Command(tmp_path).here("certify", "--driver", "inprocess", "--scenario", alone)
    assert done.returncode == 0, done.stdout + done.stderr
