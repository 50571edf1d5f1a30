"""`pairproof verify`: it agrees with every verdict of a run, and says what was changed in one."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest

from harness.history.merge import merge_parts
from harness.history.reader import part_path
from tests.integration.cli.command import Command
from tests.integration.cli.test_exit_codes import planted
from tests.unit.verifying.sample import Line, changed, one
from tests.whole_run import whole_run

SOME = ("--driver", "inprocess", "--tags", "PRE-1 or WDR-4 or WDR-8", "--out", "out")


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that conforms."""
    folder = tmp_path_factory.mktemp("some")
    done = Command(folder).here("certify", *SOME)
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture
def run(some: Path, command: Command) -> Path:
    """A copy of that folder, to be changed."""
    return Path(shutil.copytree(some, command.folder / "out"))


def verified(command: Command, *words: str) -> dict[str, object]:
    """What `--format json` prints, which is nothing but one document."""
    document = json.loads(command.here("verify", "out", "--format", "json", *words).stdout)
    assert isinstance(document, dict)
    return document


# --- it agrees ------------------------------------------------------------------------------


def test_it_reaches_every_verdict_of_a_whole_run_in_process(
    command: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shutil.copytree(whole_run(tmp_path_factory), command.folder / "out")
    assert_agrees(command)


@pytest.mark.slow
def test_it_reaches_every_verdict_of_a_whole_run_over_http(command: Command) -> None:
    done = command.run("certify", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert_agrees(command)


def test_it_reaches_the_verdicts_of_a_run_over_http_with_workers(command: Command) -> None:
    words = ("--requirement", "SND-2,WDR-8", "--workers", "2", "--out", "out")
    done = command.run("certify", *words)
    assert done.returncode == 0, done.stderr
    assert_agrees(command)


@pytest.mark.parametrize("defect", ["passes", "refuses"])
def test_it_reaches_the_verdicts_of_a_run_that_fails_or_cannot_be_judged(
    command: Command, defect: str
) -> None:
    planted(command, defect, "certify", *SOME)
    report = json.loads((command.folder / "out" / "report.json").read_text())
    counts = report["scenario_counts"]
    assert counts["fail"] + counts["inconclusive"] > 0
    assert_agrees(command)


@pytest.mark.parametrize(
    "selecting",
    [
        ("--role", "edge", "--profile", "extended,resilience"),
        ("--tags", "WDR-3 or WDR-10 and not (core or extended)"),
    ],
    ids=" ".join,
)
def test_no_scenario_is_missed_that_was_not_selected(
    command: Command, selecting: tuple[str, ...]
) -> None:
    done = command.here("certify", "--driver", "inprocess", *selecting, "--out", "out")
    assert done.returncode in (0, 3), done.stderr
    assert_agrees(command)


def assert_agrees(command: Command) -> None:
    document = verified(command)
    assert document["same"] is True, document
    counts = document["counts"]
    assert isinstance(counts, dict)
    lines = (command.folder / "out" / "evidence.jsonl").read_text("utf-8").splitlines()
    verdicts = [json.loads(line) for line in lines if line.startswith('{"type":"verdict"')]
    assert counts["checks_same"] == counts["checks"] > 0
    assert counts["verdicts"] == len(verdicts)
    assert counts["verdicts_derived"] + counts["verdicts_stated"] == len(verdicts)
    judged = [v for v in verdicts if v["verdict"] in ("pass", "fail", "observed")]
    assert counts["verdicts_derived"] >= len(judged)
    assert document["notes"] == []


def test_it_needs_no_network_and_no_target(
    command: Command, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object) -> None:
        raise AssertionError("verify opens a socket")

    monkeypatch.setattr(socket, "socket", no_network)
    done = command.here("verify", "out/evidence.jsonl")
    assert done.returncode == 0, done.stdout
    assert "✓ the same verdicts: out/evidence.jsonl, a run against pairproof ref" in done.stdout


def test_a_file_made_of_parts_is_judged_as_any_other(command: Command, run: Path) -> None:
    whole, part = run / "evidence.jsonl", part_path(run / "evidence.jsonl", "gw0")
    part.parent.mkdir()
    part.write_bytes(b"".join(whole.read_bytes().splitlines(keepends=True)[:-1]))
    whole.unlink()
    cut = command.here("verify", "out")
    assert cut.returncode == 2
    assert "these are the parts of a run that was cut off" in cut.stderr
    merge_parts([part], whole, [], remove=True)
    done = command.here("verify", "out")
    assert done.returncode == 0, done.stdout


# --- it does not ----------------------------------------------------------------------------


def a_pass_out_of_nothing(lines: list[Line]) -> None:
    one(lines, "verdict", verdict="observed").update(verdict="pass", reason="")


def test_a_verdict_that_was_changed_exits_with_1_and_is_told(command: Command, run: Path) -> None:
    changed(run / "evidence.jsonl", a_pass_out_of_nothing)
    done = command.here("verify", "out")
    assert done.returncode == 1
    assert "✗ line " in done.stdout
    assert " is pass in the file, and observed (" in done.stdout
    assert "✗ not the same: out, a run against pairproof reference" in done.stdout
    assert "1 difference" in done.stdout
    document = verified(command)
    assert document["same"] is False
    (difference,) = document["differences"]  # type: ignore[misc]
    assert difference["kind"] == "verdict_differs"
    assert difference["requirement"] == "WDR-8"
    assert difference["line"] > 1
    assert difference["message"] in " ".join(done.stdout.split())


def test_a_line_that_was_changed_exits_with_1(command: Command, run: Path) -> None:
    evidence = run / "evidence.jsonl"
    evidence.write_bytes(evidence.read_bytes().replace(b'"name":"', b'"name":"A', 1))
    done = command.here("verify", "out")
    assert done.returncode == 1
    assert "the digest does not fit, so a line was changed" in done.stdout


def test_a_line_that_was_destroyed_exits_with_2(command: Command, run: Path) -> None:
    evidence = run / "evidence.jsonl"
    evidence.write_bytes(evidence.read_bytes().replace(b'{"type":"check"', b'{"type":check', 1))
    done = command.here("verify", "out")
    assert done.returncode == 2
    assert "is broken (" in done.stdout
    assert "? not whole: out" in done.stdout


def test_a_scenario_that_was_taken_away_whole_exits_with_1(command: Command, run: Path) -> None:
    def dropped(lines: list[Line]) -> None:
        id_ = one(lines, "scenario")["id"]
        lines[:] = [
            line for line in lines
            if id_ not in (line.get("id"), line.get("scenario"))
            and not str(line.get("id")).startswith(f"{id_}#")
        ]  # fmt: skip

    changed(run / "evidence.jsonl", dropped)
    done = command.here("verify", "out")
    assert done.returncode == 1
    assert "missing scenarios that the run's selection asks for: 1, namely" in done.stdout


def test_a_run_that_was_cut_off_exits_with_2(command: Command, run: Path) -> None:
    evidence = run / "evidence.jsonl"
    evidence.write_bytes(evidence.read_bytes()[:-500])
    done = command.here("verify", "out")
    assert done.returncode == 2
    assert "? not whole: out" in done.stdout
    assert "breaks off in the middle" in done.stderr
    assert verified(command)["cut_off"]


@pytest.mark.parametrize("name", ["report.json", "report.html", "summary.md", "missing.jsonl", "."])
def test_what_is_no_evidence_exits_with_2(command: Command, run: Path, name: str) -> None:
    (run / "evidence.jsonl").unlink()
    done = command.here("verify", f"out/{name}")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("pairproof: out")
