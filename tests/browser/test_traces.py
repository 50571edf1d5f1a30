"""Playwright's own traces: only where they are asked for, and never among the files of a run."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from harness.cli import exits
from harness.history.reader import read_evidence
from tests.integration.cli.command import Command

WALK = ("certify", "--scenario", "pages/a-pending-request-brings-the-prompt", "--out", "run")


def everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


@pytest.mark.usefixtures("needs_browser")
def test_they_are_kept_apart_from_the_run_for_their_owner_alone(tmp_path: Path) -> None:
    command = Command(tmp_path)
    ended = command.here(*WALK, "--unredacted-traces", "traces")
    assert ended.returncode == exits.CONFORMS, ended.stdout + ended.stderr
    assert "show it to nobody" in ended.stderr
    kept = sorted((tmp_path / "traces").iterdir())
    assert [file.name for file in kept] == ["pages-a-pending-request-brings-the-prompt-1.zip"]
    modes = [oct(at.stat().st_mode & 0o777) for at in (tmp_path / "traces", *kept)]
    assert modes == ["0o700", "0o600"]
    with ZipFile(kept[0]) as trace:
        lines = [json.loads(line) for line in trace.read("trace.trace").splitlines()]
    filled = [each["params"] for each in lines if each.get("method") == "fill"]
    (password,) = (each["value"] for each in filled if "type=password" in each["selector"])
    run = tmp_path / "run"
    assert not [*run.rglob("*.zip"), *run.rglob("*.trace")]
    assert password.encode() not in everything(run)
    assert {v.verdict for v in read_evidence(run / "evidence.jsonl").verdicts} == {"pass"}


@pytest.mark.parametrize("inside", ["run", "run/traces", "earlier/traces"])
def test_a_folder_within_a_run_is_refused(tmp_path: Path, inside: str) -> None:
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / "evidence.jsonl").touch()
    ended = Command(tmp_path).here(*WALK, "--driver", "inprocess", "--unredacted-traces", inside)
    assert ended.returncode == exits.WRONG_USAGE, ended.stdout + ended.stderr
    assert "name another one" in ended.stderr
    assert not (tmp_path / "run" / "evidence.jsonl").exists()
