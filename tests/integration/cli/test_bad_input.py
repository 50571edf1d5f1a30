"""Bad input gets one clear message and exit code 2, never a traceback, and loses nothing."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from harness.history.reader import read_evidence
from tests.integration.cli.command import Command

INPROCESS = ("certify", "--driver", "inprocess", "--out", "out")


def refused(command: Command, *words: str, here: bool = False) -> str:
    """What the command says when it exits with 2."""
    done = command.here(*words) if here else command.run(*words)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    return done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--requirement", "WDR-44"), "no requirement is called 'WDR-44'; did you mean WDR-4 or"),
        (("--profile", "cor"), "no profile is called 'cor'; did you mean core or extended or"),
        (("--role", "cloud"), "no role is called 'cloud'; did you mean edge or central or both?"),
        (("--tags", "core and"), "tag expression 'core and': a tag was expected, and its end"),
        (("--driver", "htp"), "no driver is called 'htp'; did you mean"),
        (("--target", "gone.toml", "--driver", "http"), "gone.toml: there is no such file"),
        (("--repeat", "0"), "Invalid value for '--repeat'"),
        (("--requirement", ""), "Invalid value for '--requirement': it is empty"),
        (("--tags=",), "Invalid value for '--tags': it is empty"),
        (("--workers", "many"), "Invalid value for '--workers'"),
        (("--no-such-option",), "No such option"),
    ],
)
def test_a_name_that_does_not_exist(command: Command, words: tuple[str, ...], said: str) -> None:
    assert said in refused(command, *INPROCESS, *words, here=True)
    assert not (command.folder / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--requirement", "PRE-1", "--role", "central"), "nothing is selected: none of"),
        (("-k", "core and ("), "core and ("),
        (("--tags", "cor"), "no tag is called 'cor'; did you mean core"),
        (("--scenario", "withdraw/a-cancel-ends"), " or withdraw/a-cancel-ends-the-request-on"),
    ],
)
def test_a_selection_of_nothing(command: Command, words: tuple[str, ...], said: str) -> None:
    assert said in refused(command, *INPROCESS, *words, here=True)


def test_workers_that_have_nothing_to_do(command: Command) -> None:
    words = (*INPROCESS, "--workers", "2", "-k", "no_such_scenario")
    assert "fits -k 'no_such_scenario'" in refused(command, *words)


def test_a_driver_that_takes_no_target_file(command: Command, tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text("schema = 'pairproof/target/1'\n")
    assert "target.toml" in refused(command, *INPROCESS, "--target", "target.toml", here=True)


def test_a_command_that_does_not_exist(command: Command) -> None:
    assert "No such command 'certfy'" in refused(command, "certfy", here=True)


def test_out_is_a_file(command: Command, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    assert "--out out: there is a file of this name" in refused(command, *INPROCESS, here=True)
    assert (tmp_path / "out").read_text() == "mine"


def test_out_lies_below_a_file(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    said = refused(command, "certify", "--driver", "inprocess", "--out", "file/out", here=True)
    assert "--out file/out: there is a file of this name" in said


def test_out_cannot_be_written(command: Command) -> None:
    # Nobody can make a folder here, not even root.
    said = refused(
        command, "certify", "--driver", "inprocess", "--out", "/proc/pairproof", here=True
    )
    assert "--out /proc/pairproof: the folder cannot be written" in said


# --- a disk that runs full ------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        pytest.param((), id="alone"),
        pytest.param(("--workers", "2"), id="workers", marks=pytest.mark.slow),
    ],
)
def test_a_full_disk_ends_the_run_and_what_was_written_can_be_read(
    command: Command, small_disk: Path, words: tuple[str, ...]
) -> None:
    out = small_disk / "out"
    whole = ("certify", "--driver", "inprocess", "--out", str(out), *words)
    said = refused(command, *whole, here=not words)
    assert said.count("the disk is full") == 1, said
    assert re.search(r"\.(jsonl|plan): the disk is full", said), said
    assert f"what was recorded until then is in {out}" in said
    assert not read_evidence(out).complete


def test_a_file_that_may_not_grow_is_no_different(command: Command, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        said = refused(command, *INPROCESS, here=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "out/evidence.jsonl: the evidence cannot be written" in said
    assert not read_evidence(tmp_path / "out").complete


# --- report ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        (b"", "the file is empty"),
        (b"hello\n", "this is text, and not evidence"),
        (b"<!doctype html><html>", "this is an HTML page"),
        (b'{"type":"header","schema":"pairproof/evidence/9"}\n', "the schema is"),
    ],
)
def test_a_report_on_what_is_no_evidence(
    command: Command, tmp_path: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "evidence.jsonl").write_bytes(content)
    assert said in refused(command, "report", "evidence.jsonl", here=True)
    assert not (tmp_path / "report.html").exists()


def test_evidence_that_was_changed_is_reported_and_never_conforms(
    command: Command, tmp_path: Path
) -> None:
    command.here(*INPROCESS, "--requirement", "WDR-3")
    path = tmp_path / "out" / "evidence.jsonl"
    path.write_text(path.read_text().replace('"outcome":"ok"', '"outcome":"fail"', 1))
    done = command.here("report", "out")
    assert done.returncode == 3, done.stderr
    assert "the digest does not fit" in done.stdout


def test_nobody_reads_the_list_to_its_end(command: Command) -> None:
    words = [sys.executable, "-m", "harness.cli", "requirements", "--format", "json"]
    reading, writing = os.pipe()
    with subprocess.Popen(
        words, env=command.environment(), stdout=writing, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(writing)
        os.close(reading)
        _, said = process.communicate()
    assert said == ""
