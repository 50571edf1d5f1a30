"""`certify --explore`: drawn sequences beside the scenarios, in the same evidence."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from harness.explore.actions import ACTIONS, STARTS
from harness.explore.lockstep import Differs, Expected
from harness.explore.search import Explored
from harness.history.reader import Evidence, read_evidence
from harness.plugin import exploring
from harness.plugin.exploring import FILE
from tests.integration.cli.command import Command

FEW = ("certify", "--driver", "inprocess", "--requirement", "PRE-1", "--out", "out")


def evidence_in(folder: Path) -> Evidence:
    return read_evidence(folder / "out" / "evidence.jsonl")


def test_what_a_sequence_finds_is_a_scenario_that_is_judged_again_offline(
    command: Command, tmp_path: Path
) -> None:
    mutant = ("--mutant", "cannot_be_rejected_after_a_refused_acceptance")
    done = command.here(*FEW, "--sequences", "150", *mutant)
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    (rejecting,) = [r for r in report["requirements"] if r["id"] == "REJ-1"]
    drawn = [s for s in rejecting["scenarios"] if s["id"].startswith("explore/")]
    assert {s["verdict"] for s in (rejecting, *drawn)} == {"fail"}
    assert drawn
    assert all(s["operations"] for s in drawn)
    _, *words = shlex.split(drawn[0]["reproduce"])
    assert words[:2] == ["explore", "--sequence"]
    alone = command.here(*words)
    assert alone.returncode == 1
    assert alone.stdout.startswith("1 sequence, ")
    assert "@REJ-1" in alone.stdout
    again = command.here("verify", "out")
    assert again.returncode == 0, again.stdout
    feature = (tmp_path / "out" / FILE).read_text("utf-8")
    assert "@REJ-1" in feature
    assert "Then it succeeds" in feature


def test_the_evidence_says_how_many_were_drawn_and_by_which_seed(
    command: Command, tmp_path: Path
) -> None:
    told = []
    for seed in ("3", "3", "4"):
        done = command.here(*FEW, "--sequences", "12", "--seed", seed)
        assert done.returncode == 0, done.stdout + done.stderr
        (line,) = [s for s in evidence_in(tmp_path).scenarios if s.feature == "explore"]
        assert line.name.startswith(f"12 sequences drawn by the seed {seed}: ")
        told.append(line.name)
        assert line.name in done.stdout
    assert told[0] == told[1] != told[2].replace("seed 4", "seed 3")
    assert not (tmp_path / "out" / FILE).exists()


def test_what_differs_only_once_is_told_with_what_was_expected_and_what_came(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = (STARTS[0], ACTIONS[0])
    once = Differs(steps, Expected("it is refused", "SND-3"), "The send should be refused")
    monkeypatch.setattr(exploring, "explore", lambda *_: Explored(drawn=1, finds=[once]))
    done = command.here(*FEW, "--sequences", "1")
    assert done.returncode == 3, done.stdout + done.stderr
    (told,) = [v for v in evidence_in(tmp_path).verdicts if v.scenario.startswith("explore/")]
    assert (told.requirement, told.verdict) == ("SND-3", "inconclusive")
    assert "it depends on time" in told.reason
    for what in ("SND-3", ACTIONS[0].says, "it is refused", "The send should be refused"):
        assert what in told.reason


@pytest.mark.slow
def test_sequences_are_drawn_over_http_for_as_long_as_was_asked(
    command: Command, tmp_path: Path
) -> None:
    done = command.run("certify", "--requirement", "PRE-1", "--explore", "5s", "--out", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sequences drawn by the seed 1" in done.stdout
    assert evidence_in(tmp_path).header.driver == "http"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--explore", "soon"), "--explore: "),
        (("--explore", "1s", "--workers", "2"), "--explore draws for one process"),
        (("--explore", "1s", "--resume", "out"), "--resume goes on with scenarios"),
    ],
)
def test_what_does_not_go_together_is_said(
    command: Command, words: tuple[str, ...], told: str
) -> None:
    done = command.here(*(FEW[:-2] if "--resume" in words else FEW), *words)
    assert done.returncode == 2
    assert told in done.stderr
