"""A target that does not conform, and one that cannot be judged: what is said, and exit codes."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from unittest.mock import Mock, patch

from harness.domain.errors import Reason, Refusal
from harness.reference.core.edge_flows import EdgeCore
from tests.integration.cli.command import Command


def planted(command: Command, defect: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command against a reference that checks no state, or refuses in every state."""
    refuse = Mock(side_effect=Refusal(Reason.CONFLICT, "never"))
    require_running = {"passes": Mock(), "refuses": refuse}[defect]
    with patch.object(EdgeCore, "require_running", require_running):
        return command.here(*words)


CERTIFY = ("certify", "--driver", "inprocess", "--out", "out", "--requirement", "PRE-1,WDR-3")


def test_what_does_not_conform_exits_with_1_and_says_what_failed_and_how_to_see_it_again(
    command: Command, tmp_path: Path
) -> None:
    done = planted(command, "passes", *CERTIFY)
    assert done.returncode == 1, done.stderr
    assert "✗ fail PRE-1 features/prerequisites.feature:" in done.stderr, "said when it happens"
    assert "✗ PRE-1 Only a cluster that is Running can send a request" in done.stdout
    assert "The send should be refused, and succeeded" in done.stdout
    assert re.search(r"✗ does not conform, a selection of \d+ of \d+ requirements: p", done.stdout)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["verdict"] == "does_not_conform"
    again = next(line for line in done.stdout.splitlines() if "again: " in line)
    program, *words = shlex.split(again.partition("again: ")[2])
    assert program == "pairproof"
    repeated = planted(command, "passes", *words, "--out", "again")
    assert repeated.returncode == 1, repeated.stderr
    once = json.loads((tmp_path / "again" / "report.json").read_text())
    assert 0 < once["scenario_counts"]["fail"] < report["scenario_counts"]["fail"]


def test_fail_fast_stops_at_the_first_failure(command: Command, tmp_path: Path) -> None:
    done = planted(command, "passes", *CERTIFY, "--fail-fast")
    assert done.returncode == 1, done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["scenario_counts"]["fail"] == 1
    assert report["evidence"]["complete"] is False


def test_what_cannot_be_judged_exits_with_3_and_says_what_was_missing(
    command: Command, tmp_path: Path
) -> None:
    done = planted(command, "refuses", *CERTIFY[:-1], "WDR-3")
    assert done.returncode == 3, done.stderr
    assert "? inconclusive WDR-3 features/" in done.stderr
    assert "The scenario did not get that far: the send was refused" in done.stdout
    assert json.loads((tmp_path / "out" / "report.json").read_text())["verdict"] == "inconclusive"
