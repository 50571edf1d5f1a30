"""What belongs to a published report, and what it may claim."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.catalogue.requirement import Profile
from harness.catalogue.requirements import by_id
from harness.catalogue.verdict import Overall, Verdict
from harness.history.lines import EvidenceHeader, Implementation, RunInfo, SelectionInfo, WaiverLine
from harness.reporting.files import read_report
from harness.reporting.published import entry
from harness.reporting.published.entry import PublishedReport, standing
from tests.unit.history.writing import HEADER
from tests.unit.reporting.runs import Said, write_run
from tests.unit.reporting.sample import write_sample

WHOLE = {"selection": SelectionInfo()}
COMMAND = "pairproof certify"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which all is in order, as far as can be told without the evidence."""
    made = tmp_path / "2026-11" / "sample" / "1.2"
    made.mkdir(parents=True)
    (made / entry.EVIDENCE_FILE).write_bytes(b"evidence")
    (made / entry.README).write_text(f"# Sample\n\n    {COMMAND}\n", "utf-8")
    return made


def problems_of(folder: Path, header: EvidenceHeader = HEADER) -> list[str]:
    problems = [*entry.problems_with_files(folder), *entry.problems_with_run(folder, header)]
    assert all(p.remedy and p.place.is_relative_to(folder) for p in problems)
    return [f"{p.place.name}: {p.problem}" for p in problems]


def header(**changes: object) -> EvidenceHeader:
    return msgspec.structs.replace(HEADER, **changes)


def test_one_that_is_in_order_is_told_nothing(folder: Path) -> None:
    assert problems_of(folder) == []
    assert entry.folder_of(folder.parents[2], HEADER) == folder


def link(folder: Path) -> None:
    (folder / entry.README).rename(folder.parent / "README.md")
    (folder / entry.README).symlink_to(folder.parent / "README.md")


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no evidence": (
        lambda f: (f / entry.EVIDENCE_FILE).unlink(),
        "evidence.jsonl.zst: there is no such file",
    ),
    "no README": (lambda f: (f / entry.README).unlink(), "README.md: there is no such file"),
    "a link": (link, "README.md: it is a link"),
    "a program": (
        lambda f: (f / "run.sh").touch(),
        "run.sh: it is none of the files of a published report",
    ),
    "a folder in place of a file": (
        lambda f: (f / "report.html").mkdir(),
        "report.html: it is none of the files of a published report",
    ),
    "too large": (
        lambda f: (f / entry.README).write_text(COMMAND + "\n" * 70_000),
        "README.md: it is larger than 65,536 bytes",
    ),
    "no text": (
        lambda f: (f / entry.README).write_bytes(b"\xff\xfe"),
        "README.md: this is no text in UTF-8",
    ),
    "no command": (
        lambda f: (f / entry.README).write_text("run it"),
        "README.md: it does not say how the run is made again",
    ),
    "an internal name": (
        lambda f: (f / entry.README).write_text(f"{COMMAND} at http://nas.local"),
        "README.md: it has the host 'nas.local', which is internal",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_what_is_wrong_with_the_files_has_a_message_of_its_own(folder: Path, kind: str) -> None:
    tamper, message = FILES[kind]
    tamper(folder)
    assert any(problem.endswith(message) for problem in problems_of(folder))


HEADERS: dict[str, tuple[EvidenceHeader, str]] = {
    "drawn": (header(kind="explore"), "it is a run of the kind 'explore'"),
    "a selection": (header(selection=SelectionInfo(["WDR-3"])), "it is a selection"),
    "by tags": (header(selection=SelectionInfo(tags="core")), "it is a selection"),
    "by a budget": (header(selection=SelectionInfo(budget="20m")), "it is a selection"),
    "own features": (header(selection=SelectionInfo(own=True)), "it is a selection"),
    "half a profile": (header(profile="extended"), "extended stands on core, and the run did not"),
    "another edition": (header(edition="2025-01"), "the edition is '2025-01' in the evidence"),
    "another name": (
        header(implementation=Implementation("Other", "1.2")),
        "the implementation is 'Other' in the evidence, and 'sample' by its folder",
    ),
    "another version": (
        header(implementation=Implementation("Sample", "1.3")),
        "the version is '1.3' in the evidence, and '1.2' by its folder",
    ),
    "no version": (
        header(implementation=Implementation("Sample")),
        "the evidence names no version of which a folder could be called",
    ),
    "no command": (header(run=RunInfo(["pytest"])), "does not say by which command"),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_what_is_wrong_with_the_run_has_a_message_of_its_own(folder: Path, kind: str) -> None:
    changed, message = HEADERS[kind]
    assert [message in problem for problem in problems_of(folder, changed)] == [True]


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    made = Implementation("../../etc", "<script>/../..")
    hostile = header(implementation=made, edition="/root")
    assert entry.folder_of(tmp_path, hostile) == tmp_path / "root" / "etc" / "script"


def test_folders_are_found_below_any_that_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "2026-11" / "empty" / "1").mkdir(parents=True)
    (tmp_path / "2026-11" / "linked").symlink_to(folder)
    empty = tmp_path / "2026-11" / "empty" / "1"
    assert entry.entries_in(tmp_path) == [empty, folder]
    assert entry.entries_in(folder.parent) == [folder]
    assert entry.entries_in(folder) == [folder]
    assert entry.entries_in(tmp_path / "runs") == [tmp_path / "runs" / "one"]


# --- claims ---------------------------------------------------------------------------------


def test_a_profile_is_judged_with_those_that_it_stands_on(tmp_path: Path) -> None:
    report = read_report(write_sample(tmp_path / "evidence.jsonl"))
    claims = PublishedReport(tmp_path, report).claims
    assert list(claims) == list(Profile)
    ids = {p: {r.requirement.id for r in claim.requirements} for p, claim in claims.items()}
    assert ids[Profile.CORE] < ids[Profile.EXTENDED] < ids[Profile.RESILIENCE]
    assert claims[Profile.RESILIENCE].verdict is report.verdict
    assert claims[Profile.RESILIENCE].why == report.why


@pytest.mark.parametrize(
    ("profile", "claimed"),
    [
        ("core", [Profile.CORE]),
        ("extended", []),
        ("core,extended", [Profile.CORE, Profile.EXTENDED]),
        ("core,resilience", [Profile.CORE]),
    ],
)
def test_what_was_not_asked_for_whole_is_not_claimed(
    tmp_path: Path, profile: str, claimed: list[Profile]
) -> None:
    said: Said = {"withdraw/a": ("WDR-3", Verdict.PASS)}
    run = write_run(tmp_path, said, profile=profile, **WHOLE)
    assert list(PublishedReport(tmp_path, read_report(run)).claims) == claimed


@pytest.mark.parametrize("kind", ["disputed", ""])
def test_what_is_excused_never_looks_like_a_certificate(tmp_path: Path, kind: str) -> None:
    waiver = WaiverLine("WDR-3", "read otherwise", "Ana", "2027-01-01", kind=kind)
    said = {"withdraw/a": ("WDR-3", Verdict.FAIL), "withdraw/b": ("WDR-4", Verdict.PASS)}
    run = write_run(tmp_path, said, waivers=[waiver], **WHOLE)
    asked = [by_id(r) for r in ("WDR-3", "WDR-4")]
    claim = PublishedReport(tmp_path, read_report(run, requirements=asked)).claims[Profile.CORE]
    assert claim.verdict is Overall.CONFORMS
    text, tone = standing(claim)
    assert text == f"No certificate: what must hold fails, and is excused (1 {kind or 'waived'})"
    assert tone == "selection"
