"""Stopped in the middle: what was recorded is there, says so, and nothing is left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.history.reader import read_evidence
from tests.integration.cli.command import Command, state_of, wait_until

LINES = 60


def lines_in(out: Path) -> list[str]:
    """The lines of evidence so far, of every worker."""
    files = [out / "evidence.jsonl", *(out / "evidence.parts").glob("*.jsonl")]
    return [line for file in files if file.exists() for line in file.read_text().splitlines()]


def wait_for_the_middle(process: subprocess.Popen[str], out: Path) -> None:
    wait_until(
        lambda: len(lines_in(out)) > LINES or process.poll() is not None, "the run is on its way"
    )
    assert process.poll() is None, process.communicate()


@pytest.mark.parametrize(
    ("send", "number", "workers"),
    [
        pytest.param(os.killpg, signal.SIGINT, "1", id="Ctrl-C"),
        pytest.param(os.kill, signal.SIGTERM, "1", id="SIGTERM"),
        pytest.param(os.killpg, signal.SIGINT, "2", id="Ctrl-C with workers"),
        pytest.param(
            os.kill, signal.SIGTERM, "2", id="SIGTERM with workers", marks=pytest.mark.slow
        ),
    ],
)
def test_a_signal_closes_the_evidence_and_reports_what_there_is(
    command: Command,
    tmp_path: Path,
    send: Callable[[int, int], None],
    number: signal.Signals,
    workers: str,
) -> None:
    out = tmp_path / "out"
    with command.started("certify", "--out", "out", "--workers", workers) as process:
        wait_for_the_middle(process, out)
        send(process.pid, number)
        said, errors = process.communicate()
        assert process.returncode == 130, errors
        assert command.alive() == []
    assert "Traceback" not in errors
    assert "interrupted" in said
    evidence = read_evidence(out)
    assert evidence.footer is not None
    assert evidence.footer.interrupted
    assert evidence.problems == ("the run was interrupted before its end",)
    report = json.loads((out / "report.json").read_text())
    assert (report["verdict"], report["evidence"]["complete"]) == ("inconclusive", False)
    assert sorted(path.name for path in out.iterdir()) == [
        "badge.svg",
        "evidence.jsonl",
        "junit.xml",
        "report.html",
        "report.json",
        "summary.md",
    ]


def test_killed_it_says_what_was_in_flight(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with command.started("certify", "--out", "out", "--workers", "1") as process:
        wait_for_the_middle(process, out)
        freeze_in_flight(process, out)
        process.kill()
        process.wait()
        assert command.alive() == []
    last = json.loads(lines_in(out)[-1])
    evidence = read_evidence(out)
    assert not evidence.complete
    assert any("cut off" in problem for problem in evidence.problems)
    reported = command.here("report", "out")
    assert reported.returncode == 3, reported.stderr
    assert f"in flight     {last['id']} {last['kind']}" in reported.stdout
    assert "incomplete" in reported.stdout
    assert "Traceback" not in reported.stderr


def freeze_in_flight(process: subprocess.Popen[str], out: Path) -> None:
    """Stop the process at a moment at which an operation has no outcome yet."""

    def is_in_flight() -> bool:
        os.kill(process.pid, signal.SIGSTOP)
        wait_until(lambda: state_of(process.pid) == "T", "the process stands still")
        if json.loads(lines_in(out)[-1])["type"] == "invoke":
            return True
        os.kill(process.pid, signal.SIGCONT)
        return False

    wait_until(is_in_flight, "an operation is in flight")


def test_killed_with_workers_it_leaves_none_and_their_parts_can_be_read(
    command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with command.started("certify", "--out", "out", "--workers", "2") as process:
        wait_for_the_middle(process, out)
        process.kill()
        process.wait()
        wait_until(lambda: command.alive() == [], "every worker has ended")
    assert not read_evidence(out).complete
    reported = command.here("report", "out")
    assert reported.returncode == 3, reported.stderr
    assert (out / "report.html").exists()


@pytest.mark.slow
def test_a_worker_that_dies_makes_the_run_inconclusive(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    some = ("--requirement", "PRE-1,WDR-3")
    with command.started("certify", "--out", "out", "--workers", "2", *some) as process:
        wait_for_the_middle(process, out)
        plan = json.loads(next((out / "evidence.parts").glob("*.plan")).read_text())
        os.kill(plan["pid"], signal.SIGKILL)
        said, errors = process.communicate()
    assert process.returncode == 3, errors
    assert "was interrupted before its end" in said
    assert "a worker has died" in errors
    assert "Traceback" not in errors
