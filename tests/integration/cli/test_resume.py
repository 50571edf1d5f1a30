"""A run that was killed goes on where it was: nothing that had ended is asked again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from harness.catalogue.verdict import Verdict
from harness.history.lines import INTERRUPTED
from harness.history.reader import Evidence, read_evidence
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from tests.integration.cli.command import Command, state_of, wait_until

SOME = ("--driver", "inprocess", "--requirement", "WDR-3,WDR-4,SND-9,INV-9")


def ended_in(out: Path) -> list[str]:
    """The scenarios that were judged so far, of every worker."""
    files = [out / "evidence.jsonl", *sorted((out / "evidence.parts").glob("*.jsonl"))]
    lines = [json.loads(line) for file in files for line in whole_lines(file)]
    judged = [line for line in lines if line["type"] == "verdict"]
    return [line["scenario"] for line in judged if line["reason"] != INTERRUPTED]


def whole_lines(file: Path) -> list[bytes]:
    """None of a file that is not there, as while another one takes its place."""
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return []
    return [line for line in text.splitlines(True) if line.endswith(b"\n")]


def stop_in_the_middle(process: subprocess.Popen[str], out: Path, after: int) -> None:
    """Let it stand still when so many scenarios have ended and another is under way."""

    def is_in_the_middle() -> bool:
        if process.poll() is not None:
            return True
        if len(ended_in(out)) < after:
            return False
        os.kill(process.pid, signal.SIGSTOP)
        wait_until(
            lambda: state_of(process.pid) in ("T", "Z", "X"), "the process stands still, or ends"
        )
        last = [json.loads(lines[-1]) for lines in map(whole_lines, out.rglob("*.jsonl")) if lines]
        under_way = any(line["type"] in ("invoke", "outcome") for line in last)
        if under_way:
            return True
        os.kill(process.pid, signal.SIGCONT)
        return False

    wait_until(is_in_the_middle, "the run is in its middle")
    assert process.poll() is None, process.communicate()


def killed(
    command: Command, out: Path, *words: str, how: str = "--out", after: int = 3
) -> list[str]:
    """A run that was killed in the middle; the scenarios that had ended."""
    with command.started("certify", how, str(out), *words) as process:
        stop_in_the_middle(process, out, after)
        process.kill()
        process.wait()
        wait_until(lambda: command.alive() == [], "every worker has ended")
    return ended_in(out)


@pytest.mark.parametrize(
    "workers",
    [
        pytest.param((), id="alone"),
        pytest.param(("--workers", "2"), id="with workers", marks=pytest.mark.slow),
    ],
)
def test_a_killed_run_goes_on_to_the_verdicts_of_a_whole_one(
    command: Command, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    ended = killed(command, out, *SOME, *workers)
    for file in out.rglob("*.jsonl"):
        with file.open("ab") as half:
            half.write(b'{"type":"outcome","id":"torn')  # as a lost machine leaves it
    whole = command.run("certify", "--out", "whole", *SOME)
    before = {path.read_bytes() for path in out.rglob("*.jsonl")}
    resumed = command.run("certify", "--resume", "out", *SOME, *workers)
    assert resumed.returncode == whole.returncode == 0, resumed.stdout + resumed.stderr
    assert f"{len(ended)} scenarios had ended" in resumed.stdout

    evidence, expected = read_evidence(out), read_evidence(tmp_path / "whole")
    assert evidence.problems == ()
    assert verdicts_of(evidence) == verdicts_of(expected)
    assert [s.id for s in evidence.scenarios] == [s.id for s in expected.scenarios]
    left = len(evidence.scenarios) - len(ended)
    assert f"{left}/{left}" in resumed.stderr
    (resumed_at,) = evidence.header.run.resumed_at or []
    assert f"resumed       {resumed_at}" in resumed.stdout
    assert resumed_at in (out / "report.html").read_text()
    assert json.loads((out / "report.json").read_text())["resumed_at"] == [resumed_at]
    assert f"resumed {resumed_at}" in (out / "summary.md").read_text()
    verified = command.here("verify", "out")
    assert verified.returncode == 0, verified.stdout

    # What had ended stands as it was written; nothing of what was there is lost.
    assert {path.read_bytes() for path in (out / "evidence.earlier").rglob("*.jsonl")} == before
    lines = (out / "evidence.jsonl").read_bytes().splitlines(True)
    for file in (out / "evidence.earlier").rglob("*.jsonl"):
        for line in whole_lines(file)[1:]:
            if of_scenario(line) in ended:
                assert line in lines


def verdicts_of(evidence: Evidence) -> list[tuple[str, str, Verdict]]:
    return [(v.scenario, v.requirement, v.verdict) for v in evidence.verdicts]


def of_scenario(line: bytes) -> str:
    told = json.loads(line)
    return str(told.get("scenario") or told["id"].partition("#")[0])


def files_of(out: Path) -> dict[str, bytes]:
    files = (path for path in out.rglob("*") if path.is_file())
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def test_what_is_not_the_same_run_is_named_and_all_stays_as_it_was(
    command: Command, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with command.started("certify", "--out", "out", *SOME) as process:
        stop_in_the_middle(process, out, 3)
        alive = command.here("certify", "--resume", "out", *SOME)
    assert alive.returncode == 2
    assert "its run is still going on; wait for its end" in alive.stderr
    before = files_of(out)
    other = command.here("certify", "--resume", "out", *SOME, "--seed", "7", "-k", "withdraw")
    assert other.returncode == 2
    assert "this is not the run that was cut off: seed was 1 and is 7" in other.stderr
    assert 'selection was {"requirements":["WDR-3"' in other.stderr
    assert files_of(out) == before
    several = command.here("certify", "--resume", "out", *SOME, "--seed", "7", "--workers", "2")
    assert several.returncode == 2
    assert files_of(out) == before
    gone = command.here("certify", "--resume", "out/gone", *SOME)
    assert "--resume out/gone: there is no such folder" in gone.stderr
    assert "leave --out" in command.here("certify", "--resume", "out", "--out", "x").stderr

    # Cut off once more, and gone on with twice.
    ended = killed(command, out, *SOME, how="--resume", after=len(ended_in(out)) + 2)
    once = command.here("certify", "--resume", "out", *SOME)
    assert once.returncode == 0, once.stderr
    assert f"{len(ended)} scenarios had ended" in once.stdout
    header = read_evidence(out).header
    assert len(header.run.resumed_at or []) == 2
    assert command.here("verify", "out").returncode == 0
    ended_well = command.here("certify", "--resume", "out", *SOME)
    assert ended_well.returncode == 2
    assert "the run came to its end" in ended_well.stderr

    changed = (
        (out / "evidence.jsonl").read_bytes().replace(b'"interrupted":false', b'"interrupted":true')
    )
    (out / "evidence.jsonl").write_bytes(
        changed.replace(b'"verdict":"observed"', b'"verdict":"pass"', 1)
    )
    forged = command.here("certify", "--resume", "out", *SOME)
    assert "the file was changed after the run" in forged.stderr


def test_what_was_left_on_a_target_is_removed_first(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = ("--target", "target.toml", "--requirement", "WDR-3")
    with EmbeddedReference(5) as reference:
        file = tmp_path / "target.toml"
        file.write_text(target_text(reference), "utf-8")
        for name, value in environment(reference).items():
            monkeypatch.setenv(name, value)
        out = tmp_path / "out"
        ended = killed(command, out, *some, after=2)
        left = command.here("certify", "--resume", "out", *some)
        assert left.returncode == 2
        assert "an earlier run has left something on its target" in left.stderr
        assert "run `pairproof cleanup out/ledger.jsonl` first" in left.stderr
        cleaned = command.here("cleanup", "out/ledger.jsonl")
        assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr

        file.write_text(target_text(reference) + "\n# another\n", "utf-8")
        other = command.here("certify", "--resume", "out", *some)
        assert "target.toml is not as it was when the run began" in other.stderr
        file.write_text(target_text(reference), "utf-8")
        resumed = command.here("certify", "--resume", "out", *some)
        assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert f"{len(ended)} scenarios had ended" in resumed.stdout
    assert (out / "evidence.earlier" / "1" / "ledger.jsonl").exists()
    assert read_evidence(out).problems == ()
