"""A published report: where it lies, what belongs to it, and what it claims of each profile.

    <edition>/<implementation>/<version>/
        evidence.jsonl.zst   what was seen, packed, with labels in place of what is internal
        README.md            how it is made again; its makers may add to it
        report.html          made from the evidence, as are the badges
        badge-core.svg       one for each profile that the run asked for whole

It is a stranger's: every file is bounded, no link is followed, and what the evidence gives is made
again rather than believed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness.catalogue.requirement import Level, Profile, stands_on
from harness.catalogue.verdict import Overall
from harness.files import MIB, FileKind, folder_name, read_bytes, read_text
from harness.history.errors import EvidenceError
from harness.history.lines import DISPUTED, EvidenceHeader
from harness.history.scan import EVIDENCE
from harness.reporting import words
from harness.reporting.files import utf8
from harness.reporting.html import report_html
from harness.reporting.model import SELECTION, Report, overall
from harness.reporting.published.scrubbing import Scrubber
from harness.reporting.summary import escaped
from harness.reporting.svg import badge_svg

EVIDENCE_FILE: Final = "evidence.jsonl.zst"
README: Final = "README.md"
REPORT: Final = "report.html"
BADGES: Final[Mapping[Profile, str]] = {p: f"badge-{p.value}.svg" for p in Profile}

_BYTES_MAX: Final[Mapping[str, int]] = {
    EVIDENCE_FILE: 32 * MIB,
    README: 64 * 1024,
    REPORT: 16 * MIB,
    **dict.fromkeys(BADGES.values(), 64 * 1024),
}
_DEPTH: Final = 3
_ANEW: Final = "`pairproof reports submit RUN` makes a folder in which all is in place"


@dataclass(frozen=True, slots=True)
class SubmissionProblem:
    """Why a report cannot be published as it is: where, what, and what to do about it."""

    place: Path
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class PublishedReport:
    """A report, and the folder in which it is published."""

    folder: Path
    report: Report

    @property
    def header(self) -> EvidenceHeader:
        """How the run was made."""
        return self.report.header

    @property
    def claims(self) -> dict[Profile, Report]:
        """What comes of each profile that was asked for with all that it stands on."""
        asked = [p for p in Profile if not self.header.profiles or p in self.header.profiles]
        return {p: _claim(self.report, p) for p in asked if set(stands_on(p)) <= {*asked}}

    def made_files(self) -> dict[str, bytes]:
        """The files that are made of the evidence, by their names."""
        files = {REPORT: utf8(report_html(self.report, EVIDENCE_FILE))}
        roles = self.header.roles
        side = roles[0] if len(roles) == 1 and roles[0] != "both" else ""
        for profile, claim in self.claims.items():
            scope = f"{side} {profile.value}".strip()
            badge = badge_svg(*standing(claim), self.header.edition, scope)
            files[BADGES[profile]] = utf8(badge)
        return files


def _claim(report: Report, profile: Profile) -> Report:
    """What the run says of a profile and of those that it stands on, as if nothing else were."""
    own = tuple(r for r in report.requirements if r.requirement.profile in stands_on(profile))
    asked = {s.line.id for r in own for s in r.scenarios}
    verdicts = {id_: v for id_, v in report.scenario_verdicts.items() if id_ in asked}
    verdict, why = overall(own, report.evidence, verdicts)
    return replace(report, requirements=own, scenario_verdicts=verdicts, verdict=verdict, why=why)


def standing(claim: Report) -> tuple[str, str]:
    """What is said of a claim in short, and its tone; what is excused is no certificate."""
    must = (r for r in claim.requirements if r.requirement.level is Level.MUST)
    kinds = [r.waived.kind == DISPUTED for r in must if r.waived is not None]
    if claim.verdict is not Overall.CONFORMS or not kinds:
        return claim.headline, claim.tone
    counts = (("disputed", kinds.count(True)), ("waived", kinds.count(False)))
    counted = ", ".join(f"{count} {how}" for how, count in counts if count)
    return f"No certificate: what must hold fails, and is excused ({counted})", SELECTION


# --- where it lies --------------------------------------------------------------------------


def folder_of(root: Path, header: EvidenceHeader) -> Path:
    """Where a report with this header belongs below the folder of all."""
    made = header.implementation
    return root / folder_name(header.edition) / folder_name(made.name) / folder_name(made.version)


def entries_in(path: Path) -> list[Path]:
    """The folders of published reports at or below a path, in the order of their names.

    A folder without any folder is taken for one, whatever it lacks. Links are not followed.
    """
    if (path / EVIDENCE_FILE).exists():
        return [path]
    return [each for each in sorted(_leaves(path, _DEPTH)) if each != path]


def _leaves(path: Path, depth: int) -> Iterator[Path]:
    with os.scandir(path) as listed:
        inner = [e.name for e in listed if e.is_dir(follow_symlinks=False) and e.name != "runs"]
    if not inner or not depth or (path / EVIDENCE_FILE).exists():
        yield path
    else:
        for name in inner:
            yield from _leaves(path / name, depth - 1)


# --- whether all is in order ----------------------------------------------------------------


def problems_with_files(folder: Path) -> Iterator[SubmissionProblem]:
    """What is missing, does not belong there, or is too large. No file is opened."""
    there = {}
    with os.scandir(folder) as listed:
        for each in sorted(listed, key=lambda each: each.name):
            there[each.name] = each
    for name, each in there.items():
        place = folder / name
        if each.is_symlink():
            yield SubmissionProblem(place, "it is a link", "put the file itself there")
        elif name not in _BYTES_MAX or not each.is_file():
            told = "it is none of the files of a published report"
            yield SubmissionProblem(place, told, f"leave it out: {', '.join(_BYTES_MAX)} belong")
        elif each.stat().st_size > (most := _BYTES_MAX[name]):
            told = f"it is larger than {most:,} bytes"
            yield SubmissionProblem(place, told, _ANEW)
    for name in (EVIDENCE_FILE, README):
        if name not in there:
            yield SubmissionProblem(folder / name, "there is no such file", _ANEW)


def problems_with_run(folder: Path, header: EvidenceHeader) -> Iterator[SubmissionProblem]:
    """Why a run with this header is none to be published, or not there."""
    place = folder / EVIDENCE_FILE
    made, selection, at = header.implementation, header.selection, folder.resolve()
    if header.kind != "certify":
        told = f"it is a run of the kind {header.kind!r}"
        yield SubmissionProblem(place, told, "publish a run of `pairproof certify`")
    if not selection.is_whole:
        told = "it is a selection, and no certificate of anything"
        yield SubmissionProblem(place, told, "publish a run of the whole suite, or of a profile")
    elif not header.is_whole:
        told = f"{words.describe_lack(header)}, and the run did not ask for that"
        yield SubmissionProblem(place, told, "publish a run of both, or one without --profile")
    named = {
        "edition": (header.edition, at.parent.parent.name),
        "implementation": (made.name, at.parent.name),
        "version": (made.version, at.name),
    }
    for what, (told, name) in named.items():
        if not folder_name(told):
            problem = f"the evidence names no {what} of which a folder could be called"
            remedy = "name it in the target file below [implementation], and run again"
            yield SubmissionProblem(place, problem, remedy)
        elif folder_name(told) != name:
            problem = f"the {what} is {told!r} in the evidence, and {name!r} by its folder"
            yield SubmissionProblem(place, problem, f"call that folder {folder_name(told)!r}")
    if header.run.command[:2] != ["pairproof", "certify"]:
        told = "the evidence does not say by which command of `pairproof certify` it was made"
        yield SubmissionProblem(place, told, "run `pairproof certify`, and publish that")
    else:
        yield from _problems_with_readme(folder / README, command_of(header))


def _problems_with_readme(place: Path, command: str) -> Iterator[SubmissionProblem]:
    if not place.exists():
        return
    try:
        text = read_text(place, FileKind(_ANEW, _BYTES_MAX[README], error=EVIDENCE.error))
    except EvidenceError as error:
        yield SubmissionProblem(place, error.problem, error.hint)
        return
    if command not in text:
        told = "it does not say how the run is made again"
        yield SubmissionProblem(place, told, f"let it have the command of the run: {command}")
    for kind, value in dict.fromkeys(Scrubber().internal(text)):
        yield internal_problem(place, kind, value)


def internal_problem(place: Path, kind: str, value: str, line: int = 0) -> SubmissionProblem:
    """That something internal is left."""
    where = f"line {line} has" if line else "it has"
    return SubmissionProblem(
        place, f"{where} the {kind} {value!r}, which is internal", "`pairproof reports submit`"
        " puts labels in the place of such, also of what is named by --hide",
    )  # fmt: skip


def problems_with_made_files(published: PublishedReport) -> Iterator[SubmissionProblem]:
    """What lies there and is not what its evidence gives; it may be left out."""
    made = published.made_files()
    for name in (REPORT, *BADGES.values()):
        place, content = published.folder / name, made.get(name, b"")
        if place.is_symlink() or not place.is_file():
            continue
        size = place.stat().st_size
        if size != len(content) or read_bytes(place, FileKind(_ANEW, size)) != content:
            told = "it is not what this version of pairproof makes of the evidence"
            yield SubmissionProblem(place, told, "`pairproof reports index` makes it anew")


def readme_of(published: PublishedReport, folder: str) -> str:
    """The README of a report, which says how to make it again."""
    report, header = published.report, published.header
    claims = published.claims.items()
    return "\n".join((
        f"# {escaped(header.implementation.called)}, edition {escaped(header.edition)}\n",
        *(f"- {p.value}: {escaped(words.uncapitalized(standing(c)[0]))}" for p, c in claims),
        f"\n{escaped(report.why)} Judged by pairproof {escaped(header.harness.version)}"
        f"{f' (commit {commit[:12]})' if (commit := escaped(header.run.commit)) else ''}"
        f" on {escaped(header.run.started_at[:10])}, driver {escaped(header.driver)},"
        f" seed {header.seed}. Hosts, addresses and names of where it ran are labels.\n",
        "## Make it again\n",
        f"    {command_of(header)}\n",
        "## Judge it again, offline\n",
        f"    {words.command('reports', 'check', folder)}",
        f"    {words.command('verify', folder)}\n",
    ))  # fmt: skip


def command_of(header: EvidenceHeader) -> str:
    """The command that made the run, on one line."""
    return " ".join(words.command(*header.run.command[1:]).split())
