"""An acceptance may wait for its host for days, by Palette's clock: what comes of one that comes to
nothing is judged all the same.
"""

from __future__ import annotations

import json
from pathlib import Path

from harness.reference.behaviour import Behaviour
from harness.reference.core.choices import CentralChoices
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from tests.integration.cli.command import Command

FIVE_DAYS = 5 * 24 * 3_600_000_000
NEXT = "accept/an-acceptance-that-came-to-nothing-does-not-stand-in-the-way-of-the-next-one"


def test_an_acceptance_that_waits_for_days_is_seen_to_come_to_nothing(tmp_path: Path) -> None:
    patient = Behaviour(central=CentralChoices(handover=FIVE_DAYS))
    with EmbeddedReference(1, behaviour=patient) as reference:
        (tmp_path / "target.toml").write_text(target_text(reference), "utf-8")
        words = ("--target", "target.toml", "-k", "came-to-nothing", "--out", "out")
        run = Command(tmp_path).here("certify", *words, env=environment(reference))
    assert run.returncode == 0, run.stdout[-4_000:] + run.stderr[-4_000:]
    lines = (tmp_path / "out" / "evidence.jsonl").read_text("utf-8").splitlines()
    ended = [line for line in map(json.loads, lines) if line["type"] == "verdict"]
    assert NEXT in {line["scenario"] for line in ended}
    assert {line["verdict"] for line in ended} == {"pass"}, ended
