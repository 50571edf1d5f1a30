"""A run that may last so long chooses, says so, and keeps to it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalogue.needs import Need, need_of
from harness.domain.arrangements import Arrangement, SetLink
from harness.history.lines import TIME_UP
from harness.history.reader import read_evidence
from harness.reporting.words import describe_budget
from harness.targets.inprocess import InprocessDriver
from tests.integration.cli.command import Command

SOME = ("--driver", "inprocess", "--requirement", "WDR-3,WDR-4")


def test_what_is_chosen_is_called_a_selection_wherever_its_verdict_stands(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Need.lasts_s  # on a busy machine it may last ten times as long
    monkeypatch.setattr(Need, "lasts_s", lambda need, answer_s: 10 * really(need, answer_s))
    done = command.here("certify", "--out", "out", *SOME, "--budget", "30s")
    assert done.returncode == 0, done.stdout + done.stderr
    evidence = read_evidence(tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    count = len(evidence.scenarios)
    assert 2 < count < 28
    told = f"a budget of 30s: {count} of 38 scenarios, every MUST asked"
    assert f"{told}; about 27 s, by what they take on the reference at 10 ms" in done.stderr
    why = f"It is a selection, and no certificate: {told}."
    assert why in done.stdout
    assert why in report["why"]
    assert (report["selection"]["budget"], report["selection"]["out_of"]) == ("30s", 38)
    for name in ("summary.md", "report.html"):
        assert told in (tmp_path / "out" / name).read_text()
    assert "selection passes: " in (tmp_path / "out" / "badge.svg").read_text()
    assert describe_budget(replace(evidence, complete=False)) == told.partition(", every")[0]
    verified = command.here("verify", "out")
    assert verified.returncode == 0, verified.stdout
    assert "cannot be told" not in verified.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--budget", "100ms"), "to ask each MUST once takes about"),
        (("--budget", "20"), '"20" is no duration; write one such as'),
        (("--budget", "1m", "--workers", "2"), "leave --workers out"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(
    command: Command, words: tuple[str, ...], told: str
) -> None:
    done = command.here("certify", "--out", "out", *SOME, *words)
    assert (done.returncode, done.stdout.count("conforms")) == (2, 0)
    assert told in done.stderr


def test_where_the_target_takes_longer_what_is_left_out_is_named(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Need, "lasts_s", lambda need, answer_s: 0.0001)
    done = command.here("certify", "--out", "out", *SOME, "--budget", "260ms")
    assert done.returncode == 0, done.stdout + done.stderr
    evidence = read_evidence(tmp_path / "out")
    late = [v.scenario for v in evidence.verdicts if v.reason == TIME_UP]
    assert 0 < len(late) < len(evidence.scenarios) == 38
    told = f"{38 - len(late)} of 38 scenarios, and the time was up before {len(late)} more"
    assert told in done.stdout
    assert command.here("verify", "out").returncode == 0

    short = command.here("certify", "--out", "out", *SOME, "--budget", "1ms")
    assert short.returncode == 3
    assert "what must hold could not be judged for WDR-" in short.stdout


def test_what_needs_something_that_the_target_lacks_comes_last(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(driver: InprocessDriver, kind: type[Arrangement]) -> str:
        return "there is no switch" if kind is SetLink else ""

    monkeypatch.setattr(InprocessDriver, "cannot", cannot)
    done = command.here("certify", "--out", "out", *SOME, "--budget", "5s")
    assert done.returncode == 0, done.stdout + done.stderr
    evidence = read_evidence(tmp_path / "out")
    links = ["SetLink" in need_of(s.id).kinds for s in evidence.scenarios]
    assert 2 < len(links) < 38
    assert not any(links)
    assert "SetLink" in (evidence.header.selection.lacks or ())
    assert "cannot be told" not in command.here("verify", "out").stdout

    lines = (tmp_path / "out" / "evidence.jsonl").read_text()
    (tmp_path / "out" / "evidence.jsonl").write_text(lines.replace('"SetLink",', "", 1))
    assert "missing" in command.here("verify", "out").stdout
