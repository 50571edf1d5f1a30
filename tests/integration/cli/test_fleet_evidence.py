"""`pairproof verify` and `pairproof report` on what the run of a fleet has left."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.history.parts import part_file
from tests.forking import Forked
from tests.integration.cli.command import Command
from tests.unit.history.operations import lines_in
from tests.unit.verifying.fleets import DEFECT, Evidence, changed, run
from tests.unit.verifying.tampering import hide_all_violations


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run in which an invariant is violated."""
    folder = tmp_path_factory.mktemp("made")
    run(folder / "out", DEFECT, keep_going=True)
    return folder / "out"


@pytest.fixture
def out(made: Path, command: Command) -> Path:
    """A copy of that folder, to be changed."""
    return Path(shutil.copytree(made, command.folder / "out"))


def lines_of(out: Path, *names: str) -> str:
    return b"".join(b"".join(lines_in(out / part_file(name))) for name in names).decode()


def violations(out: Path) -> int:
    found = sum(line["type"] == "violation" for line in Evidence(out).manifest)
    assert found > 1
    return found


# --- verify ---------------------------------------------------------------------------------


def test_verify_reaches_the_verdicts_of_a_run_that_failed(command: Command, out: Path) -> None:
    done = command.here("verify", "out")
    assert done.returncode == 0, done.stdout
    count = str(violations(out))
    assert "parts         4 of 4 as they were written\n" in done.stdout
    assert f"violations    {count} of {count} found again\nverdicts      10 of 10" in done.stdout
    assert "✓ the same verdicts: out, a run against pairproof reference" in done.stdout


def test_verify_says_what_was_hidden_and_exits_with_1(command: Command, out: Path) -> None:
    count = violations(out)
    changed(out, hide_all_violations)
    done = command.here("verify", "out/evidence.jsonl")
    assert done.returncode == 1
    assert done.stdout.count("; the manifest leaves it out") == count
    assert f"violations    0 of {count} found again" in done.stdout
    document = json.loads(command.here("verify", "out", "--format", "json").stdout)
    assert (document["kind"], document["same"]) == ("fleet", False)
    assert document["counts"]["differences"] == len(document["differences"]) > count
    kinds = {difference["kind"] for difference in document["differences"]}
    assert kinds == {"missing_violation", "verdict_differs", "gate_differs"}


def test_verify_names_the_part_that_is_not_whole(command: Command, out: Path) -> None:
    part = out / part_file("01")
    part.write_bytes(part.read_bytes()[:-9])
    done = command.here("verify", "out")
    assert done.returncode == 2
    assert "✗ part 01: the file breaks off" in done.stdout
    assert "parts         3 of 4 as they were written" in done.stdout
    assert "violations " not in done.stdout


@pytest.mark.parametrize("name", ["verify", "report"])
def test_a_killed_run_exits_with_2_and_says_how_to_look_at_it(
    command: Command, out: Path, name: str
) -> None:
    (out / "evidence.jsonl").unlink()
    done = command.here(name, "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the run was killed before its end. 4 parts with" in done.stderr
    assert "pairproof report out --operations" in done.stderr


# --- what is not whole ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def conforming(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run in which all of it holds."""
    folder = tmp_path_factory.mktemp("conforming")
    run(folder / "out")
    return folder / "out"


def swap(out: Path) -> None:
    one, other = out / part_file("01"), out / part_file("02")
    aside = one.rename(out / "aside")
    other.rename(one)
    aside.rename(other)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-300])


NOT_WHOLE: dict[str, Callable[[Path], object]] = {
    "a part is missing": lambda out: (out / part_file("01")).unlink(),
    "a part is torn": lambda out: truncate(out / part_file("01")),
    "parts are swapped": swap,
    "the grants are those of nobody": lambda out: (out / part_file("grants")).write_bytes(b""),
    "the manifest is torn": lambda out: truncate(out / "evidence.jsonl"),
    "null bytes after the footer": lambda out: (out / "evidence.jsonl").write_bytes(
        (out / "evidence.jsonl").read_bytes() + b"\0" * 512
    ),
}


@pytest.mark.parametrize("damage", NOT_WHOLE)
@pytest.mark.parametrize(
    "words",
    ["report out", "report out --operations", "compare out whole", "compare whole out"],
)
def test_no_command_takes_it_for_whole(
    command: Command, conforming: Path, words: str, damage: str
) -> None:
    out, whole = command.folder / "out", command.folder / "whole"
    shutil.copytree(conforming, whole)
    shutil.copytree(conforming, out)
    assert command.here(*words.replace("out", "whole").split()).returncode == 0
    NOT_WHOLE[damage](out)
    done = command.here(*words.split())
    assert done.returncode in (2, 3), done.stdout + done.stderr
    assert any(
        told in done.stdout + done.stderr for told in ("evidence.jsonl", "parts/", "breaks off")
    )
    if words == "report out" and done.returncode == 3:
        report = json.loads((out / "report.json").read_text("utf-8"))
        assert report["verdict"] == "inconclusive"
        assert report["evidence"]["complete"] is False
        assert "not of a whole run" in (out / "report.html").read_text("utf-8")


# --- report ---------------------------------------------------------------------------------


def test_the_reports_are_made_again(command: Command, out: Path) -> None:
    done = command.here("report", "out")
    assert done.returncode == 1
    assert "does not conform: three-cells, 12 hosts" in done.stdout
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert (report["kind"], report["verdict"]) == ("fleet", "does_not_conform")
    assert (out / "report.html").is_file()
    command.here("report", "out", "--out", "again")
    names = ["report.html", "report.json", "summary.md", "junit.xml"]
    assert set(names) <= {path.name for path in (command.folder / "again").iterdir()}


def test_all_operations_are_printed_cell_by_cell(command: Command, out: Path) -> None:
    done = command.here("report", "out", "--operations")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == lines_of(out, "00", "01", "02")
    assert not (out / "report.json").exists()


def test_those_of_some_cells_are_printed_or_the_grants(command: Command, out: Path) -> None:
    done = command.here("report", "out", "--operations", "--cell", "2", "--cell", "00")
    assert done.stdout == lines_of(out, "02", "00")
    done = command.here("report", "out", "--operations", "--cell", "grants")
    assert done.stdout == lines_of(out, "grants")


def test_a_killed_run_is_printed_as_far_as_it_goes(command: Command, out: Path) -> None:
    (out / "evidence.jsonl").unlink()
    whole = lines_of(out, "00", "01", "02")
    part = out / part_file("01")
    raw = part.read_bytes()
    part.write_bytes(raw + raw[:50])
    done = command.here("report", "out", "--operations")
    assert done.returncode == 3
    assert done.stdout == whole
    killed, torn = done.stderr.splitlines()
    assert "the run was killed before its end" in killed
    assert "01.jsonl.zst: the file breaks off" in torn


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--operations", "--cell", "7"), "there is no cell 07; the evidence has 00, 01, 02"),
        (("--cell", "1"), "--cell says whose operations are printed: it goes with --operations"),
        (("--operations", "--out", "x"), "--operations prints to standard output"),
    ],
)
def test_what_makes_no_sense_exits_with_2(
    command: Command, out: Path, words: tuple[str, ...], said: str
) -> None:
    done = command.here("report", "out", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_nobody_has_to_read_all_of_it(command: Command, out: Path) -> None:
    printing = Forked(
        ["harness.cli", "report", "out", "--operations"],
        cwd=command.folder,
        env=command.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with printing:
        assert printing.stdout is not None
        assert printing.stderr is not None
        assert json.loads(printing.stdout.readline())["id"] == "00#1"
        printing.stdout.close()
        assert printing.stderr.read() == ""


# --- evidence of single scenarios -----------------------------------------------------------

GOLDEN = Path(__file__).parents[2] / "golden" / "files" / "evidence.jsonl"


def test_operations_of_single_scenarios_are_printed_as_well(command: Command) -> None:
    done = command.here("report", str(GOLDEN), "--operations")
    assert (done.returncode, done.stderr) == (0, "")
    kept = ('{"type":"invoke"', '{"type":"outcome"')
    lines = GOLDEN.read_text("utf-8").splitlines(keepends=True)
    assert done.stdout == "".join(line for line in lines if line.startswith(kept))


def test_single_scenarios_have_no_cells(command: Command) -> None:
    done = command.here("report", str(GOLDEN), "--operations", "--cell", "0")
    assert done.returncode == 2
    assert "this is the evidence of no fleet" in done.stderr


def test_evidence_that_was_cut_off_is_printed_as_far_as_it_goes(command: Command) -> None:
    cut = command.folder / "evidence.jsonl"
    cut.write_bytes(GOLDEN.read_bytes()[:-400])
    done = command.here("report", "evidence.jsonl", "--operations")
    assert done.returncode == 3
    assert done.stdout
    assert "the run was cut off" in done.stderr


@pytest.mark.parametrize(
    "words", ["compare a b", "compare b a", "report a", "report a --operations"]
)
def test_single_scenarios_that_were_changed_are_not_taken_for_whole(
    command: Command, words: str
) -> None:
    for name in "ab":
        (command.folder / name).mkdir()
        shutil.copy(GOLDEN, command.folder / name / "evidence.jsonl")
    changed = command.folder / "a" / "evidence.jsonl"
    changed.write_bytes(changed.read_bytes().replace(b'"start":100', b'"start":101', 1))
    done = command.here(*words.split())
    assert done.returncode in (1, 3), done.stdout
    assert "the digest does not fit" in done.stdout + done.stderr
    if words == "report a":
        report = json.loads((command.folder / "a" / "report.json").read_text("utf-8"))
        assert report["evidence"]["complete"] is False
