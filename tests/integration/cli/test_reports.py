"""`pairproof reports`: what is published of a run is judged again before anybody believes it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from harness.cli import reports
from harness.history.lines import EvidenceHeader
from harness.history.scan import scan
from tests.integration.cli.command import Command
from tests.unit.verifying.sample import Line, changed, one
from tests.whole_run import whole_run

ENTRY = Path("reports", "2026-11", "pairproof-reference", "0.1.0")
MADE = ("report.html", "badge-core.svg", "badge-extended.svg", "badge-resilience.svg")


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a whole run is published; only what was checked is left there."""
    command = Command(tmp_path_factory.mktemp("submitted"))
    run = str(whole_run(tmp_path_factory))
    done = command.here("reports", "submit", run, "--hide", "palette.test")
    assert done.returncode == 0, done.stderr
    assert "in place of the name palette.test" in done.stdout
    return command.folder


@pytest.fixture
def published(submitted: Path, command: Command) -> Path:
    """A copy of it, to be changed."""
    shutil.copytree(submitted / "reports", command.folder / "reports")
    return command.folder / ENTRY


def test_what_is_published_is_small_and_whole(submitted: Path) -> None:
    folder = submitted / ENTRY
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert sizes.keys() == {"evidence.jsonl.zst", "README.md", *MADE}
    assert sum(sizes.values()) < 2_000_000
    packed = (folder / "evidence.jsonl.zst").read_bytes()
    assert b"palette.test" not in zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    assert "pairproof certify --driver inprocess" in (folder / "README.md").read_text("utf-8")


def test_the_page_lists_what_is_sound_and_makes_its_files_anew(
    published: Path, command: Command
) -> None:
    made = {name: (published / name).read_bytes() for name in MADE}
    (published / "report.html").write_text("<script>alert(1)</script>")
    for name in MADE[1:]:
        (published / name).unlink()
    broken = published.with_name("0.2.0")
    broken.mkdir()
    done = command.here("reports", "index")
    assert done.returncode == 1
    assert f"{ENTRY.with_name('0.2.0')}/README.md: there is no such file" in done.stderr
    assert done.stdout == "1 report: reports/index.html\n"
    page = (command.folder / "reports" / "index.html").read_text("utf-8")
    assert 'href="2026-11/pairproof-reference/0.1.0/report.html#WDR-3"' in page
    assert "0.2.0" not in page
    assert {name: (published / name).read_bytes() for name in MADE} == made


def test_all_that_is_wrong_is_said_at_once(published: Path, command: Command) -> None:
    moved = published.parent.with_name("somebody-else")
    published.parent.rename(moved)
    folder = moved / "0.1.0"
    (folder / "report.html").write_text("<script>alert(1)</script>")
    (folder / "README.md").write_text("see http://10.0.0.5/")
    (folder / "extra").symlink_to("/etc/passwd")
    done = command.here("reports", "check", "--format", "json")
    assert done.returncode == 1
    (document,) = json.loads(done.stdout)
    assert not document["sound"]
    told = {(Path(p["place"]).name, p["problem"]) for p in document["problems"]}
    assert told == {
        ("extra", "it is a link"),
        ("evidence.jsonl.zst", "the implementation is 'pairproof reference' in the evidence, and"
         " 'somebody-else' by its folder"),
        ("README.md", "it does not say how the run is made again"),
        ("README.md", "it has the address '10.0.0.5', which is internal"),
        ("report.html", "it is not what this version of pairproof makes of the evidence"),
    }  # fmt: skip


@pytest.mark.parametrize("words", [("check", "nowhere"), ("check", "."), ("index", ".")])
def test_where_there_is_none_is_said(command: Command, words: tuple[str, str]) -> None:
    done = command.here("reports", *words)
    assert done.returncode == 2
    assert done.stderr.startswith(f"pairproof: {words[1]}: ")


# --- evidence that was tampered with: a small run, which is a selection besides ---------------

SELECTION = "it is a selection, and no certificate of anything"


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("some")
    words = ("--driver", "inprocess", "--requirement", "WDR-4", "--out", "out")
    assert Command(folder).here("certify", *words).returncode == 0
    return folder / "out" / "evidence.jsonl"


def problems_of(folder: Path, evidence: Path) -> list[str]:
    """What is said of this evidence as that of the reference."""
    published = folder / ENTRY
    published.mkdir(parents=True)
    packed = zstandard.ZstdCompressor().compress(evidence.read_bytes())
    (published / "evidence.jsonl.zst").write_bytes(packed)
    header = next(scan(evidence)).line
    assert isinstance(header, EvidenceHeader)
    (published / "README.md").write_text(" ".join(header.run.command))
    return [problem.problem for problem in reports.checked_report(published)[1]]


def test_a_selection_is_refused(tmp_path: Path, some: Path) -> None:
    assert problems_of(tmp_path, some) == [SELECTION]


def other_verdict(lines: list[Line]) -> None:
    one(lines, "verdict").update(verdict="observed", reason="so it was")


def no_scenario(lines: list[Line]) -> None:
    scenario = one(lines, "scenario")["id"]
    lines[:] = [
        line
        for line in lines
        if scenario not in (line.get("scenario"), line.get("id", "").partition("#")[0])
    ]


def whole(lines: list[Line]) -> None:
    lines[0]["selection"]["requirements"] = []


def stopped(lines: list[Line]) -> None:
    lines[-1]["interrupted"] = True


def other_edition(lines: list[Line]) -> None:
    lines[0]["edition"] = "2031-05"


def other_version(lines: list[Line]) -> None:
    whole(lines)
    lines[0]["harness"]["version"] = "9.9"


def internal(lines: list[Line]) -> None:
    one(lines, "invoke")["args"]["note"] = ["see\nnas.local"]


def deep(lines: list[Line]) -> None:
    value: object = 1
    for _ in range(70):
        value = [value]
    one(lines, "invoke")["args"]["note"] = value


TAMPERED: dict[str, tuple[Callable[[list[Line]], None], bool, str]] = {
    "a line": (internal, False, "the digest does not fit, so a line was changed"),
    "a verdict": (other_verdict, True, "the verdict on WDR-4 of scenario"),
    "a scenario": (no_scenario, True, "missing scenarios that the run's selection asks for: 1"),
    "a selection called whole": (whole, True, "missing scenarios that the run's selection asks"),
    "one called of another version": (other_version, True, "missing scenarios that the run's"),
    "its end": (stopped, False, "the run was stopped before its end"),
    "its edition": (other_edition, True, "the run judged edition '2031-05' of the procedure"),
    "an internal name": (internal, True, "line 4 has the host 'nas.local', which is internal"),
    "a bottomless line": (deep, True, "it is nested deeper than 64 levels"),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampered_evidence_is_refused_with_its_own_message(
    tmp_path: Path, some: Path, kind: str
) -> None:
    change, sealed, message = TAMPERED[kind]
    file = Path(shutil.copy(some, tmp_path / "evidence.jsonl"))
    found = problems_of(tmp_path, changed(file, change, sealed=sealed))
    assert any(message in problem for problem in found), found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"verdict": "conforms"}\n', "this is JSON, and not evidence"),
        (b"", "the file is empty"),
        (b"<html><script>alert(1)</script>", "the file breaks off"),
    ],
)
def test_what_is_no_evidence_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    folder = tmp_path / ENTRY
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("pairproof certify")
    packed = zstandard.ZstdCompressor().compress(content)
    (folder / "evidence.jsonl.zst").write_bytes(packed)
    (problem,) = reports.checked_report(folder)[1]
    assert message in problem.problem


def test_evidence_that_is_cut_off_is_refused(tmp_path: Path, some: Path) -> None:
    file = tmp_path / "evidence.jsonl"
    file.write_bytes(b"".join(some.read_bytes().splitlines(keepends=True)[:-1]))
    assert any("without a footer" in problem for problem in problems_of(tmp_path, file))


def test_a_run_that_was_repeated_or_a_fleet_is_not_published(
    tmp_path: Path, some: Path, command: Command
) -> None:
    for number in ("1", "2"):
        shutil.copytree(some.parent, command.folder / "out" / f"repeat-{number}")
    done = command.here("reports", "submit", "out")
    assert done.returncode == 2
    assert "what is published is one whole run" in done.stderr
    done = command.here("reports", "submit", "out/repeat-1")
    assert done.returncode == 1
    assert SELECTION in done.stderr
    assert not [*(command.folder / "reports").iterdir()], "what is refused leaves no folder"


def test_a_published_report_is_not_changed(some: Path, command: Command) -> None:
    (command.folder / ENTRY).mkdir(parents=True)
    done = command.here("reports", "submit", str(some))
    assert done.returncode == 2
    assert f"{ENTRY} is there already; a published report is not changed" in done.stderr
