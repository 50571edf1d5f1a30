"""`pairproof reports`: what is published of runs is made, checked, and shown on one page."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import __version__
from harness.cli.commands.runs import CheckOptions, IndexOptions, SubmitOptions
from harness.cli.exits import CONFORMS, DOES_NOT_CONFORM, CannotDo, put, put_json, say
from harness.cli.verify import asked_for
from harness.history.errors import EvidenceError
from harness.history.lines import EvidenceHeader
from harness.history.manifest import is_fleet
from harness.history.reader import evidence_files, is_repeated
from harness.history.scan import scan
from harness.history.visible import visible_line
from harness.history.wording import counted
from harness.reporting.files import read_report, utf8, write_file
from harness.reporting.published import entry
from harness.reporting.published.entry import PublishedReport, SubmissionProblem
from harness.reporting.published.page import page_of
from harness.reporting.published.scrubbing import Scrubber, hosts_in, internal_in, pack
from harness.verifying.differences import RunVerification
from harness.verifying.known import known_here
from harness.verifying.verify import verify

_DIFFERENCES_MAX = 20
"""More in one file are counted, not listed."""


def check(asked: CheckOptions) -> int:
    """Say what is wrong with published reports; returns the exit code.

    Raises:
        CannotDo: there are none.
    """
    folders = _entries(asked.paths)
    found = {folder: checked_report(folder)[1] for folder in folders}
    if asked.format == "json":
        put_json([_as_json(folder, problems) for folder, problems in found.items()])
    else:
        for folder, problems in found.items():
            for problem in problems:
                put(f"✗ {visible_line(str(problem))}")
            if not problems:
                put(f"✓ {visible_line(str(folder))}")
    return DOES_NOT_CONFORM if any(found.values()) else CONFORMS


def index(asked: IndexOptions) -> int:
    """Write the page of all published reports that are sound, and the files made of each.

    Raises:
        CannotDo: there are none.
        ReportError: a file cannot be written.
    """
    sound = list[PublishedReport]()
    bad = 0
    for folder in _entries([asked.path]):
        published, problems = checked_report(folder, made_files=False)
        for problem in problems:
            say(f"✗ {visible_line(str(problem))}")
        if published is None or problems:
            bad += 1
            continue
        sound.append(published)
        for name, content in published.made_files().items():
            write_file(folder / name, content)
    out = asked.out or asked.path / "index.html"
    write_file(out, utf8(page_of(sound, out)))
    put(f"{counted(len(sound), 'report')}: {out}")
    if bad:
        say(f"pairproof: {bad} left out, as above; `pairproof reports check` says all of it")
    return DOES_NOT_CONFORM if bad else CONFORMS


def submit(asked: SubmitOptions) -> int:
    """Make of a run what is published of it, and check that; returns the exit code.

    Raises:
        CannotDo: it is none that is published, or is there already.
        EvidenceError: it is no evidence.
        ReportError: a file cannot be written.
    """
    run = asked.run
    if is_repeated(run) or is_fleet(run) or len(evidence_files(run)) > 1:
        raise CannotDo(f"{run}: what is published is one whole run of `pairproof certify`")
    scrubber = Scrubber([*filter(str.strip, asked.hide), *_own_names()])
    with TemporaryDirectory() as kept:
        evidence = Path(kept, entry.EVIDENCE_FILE)
        pack(evidence_files(run)[0], evidence, scrubber)
        header = next(scan(evidence)).line
        assert isinstance(header, EvidenceHeader)
        folder = entry.folder_of(asked.to, header)
        if folder.exists():
            told = "a published report is not changed: remove it first, or publish another version"
            raise CannotDo(f"{folder} is there already; {told}")
        published = PublishedReport(folder, read_report(evidence))
        below = Path(asked.to.resolve().name, folder.relative_to(asked.to))
        readme = entry.readme_of(published, below.as_posix())
        files = {entry.EVIDENCE_FILE: evidence.read_bytes(), entry.README: utf8(readme)}
        hosts = hosts_in(evidence)
    for name, content in (files | published.made_files()).items():
        write_file(folder / name, content)
    _, problems = checked_report(folder)
    if problems:
        shutil.rmtree(folder)
        with suppress(OSError):  # one that has other reports stays
            folder.parent.rmdir()
            folder.parent.parent.rmdir()
        for problem in problems:
            say(f"✗ {visible_line(str(problem))}")
        return DOES_NOT_CONFORM
    _tell(scrubber, hosts, folder)
    return CONFORMS


def _tell(scrubber: Scrubber, hosts: Sequence[str], folder: Path) -> None:
    """What is public from now on, for whoever decides on it."""
    for (kind, value), label in scrubber.labels.items():
        put(f"{label:<14}{visible_line(f'in place of the {kind} {value}')}")
    if hosts:
        put(f"public hosts  {', '.join(hosts)}; --hide NAME puts a label in the place of one")
    put(f"published     {folder}; say in its README.md how the target is set up")


def _own_names() -> Iterator[str]:
    """What this machine is called, unless that is a word like any other."""
    name = socket.gethostname()
    if len(name) > 4 and not name.isalpha():
        yield name


def _entries(paths: Sequence[Path]) -> list[Path]:
    roots = paths or [Path("reports")]
    for root in roots:
        if not root.is_dir():
            raise CannotDo(f"{root}: there is no such folder; name one of published reports")
    folders = dict.fromkeys(folder for root in roots for folder in entry.entries_in(root))
    if not folders:
        where = ", ".join(map(str, roots))
        raise CannotDo(
            f"{where}: no report is published there; one lies in"
            " <edition>/<implementation>/<version>/, as `pairproof reports submit RUN` puts it"
        )
    return list(folders)


def checked_report(
    folder: Path, *, made_files: bool = True
) -> tuple[PublishedReport | None, list[SubmissionProblem]]:
    """A published report, if it can be read, and all that is wrong with it."""
    evidence = folder / entry.EVIDENCE_FILE
    problems = list(entry.problems_with_files(folder))
    if any(problem.place == evidence for problem in problems):
        return None, problems
    try:
        verification = verify(evidence, known_here(), _whole)
        problems += _differences(evidence, verification)
        problems += entry.problems_with_run(folder, verification.header)
        for (kind, value), line in internal_in(evidence, Scrubber()).items():
            problems.append(entry.internal_problem(evidence, kind, value, line))
        if not verification.same:
            return None, problems
        published = PublishedReport(folder, read_report(evidence))
    except EvidenceError as error:
        return None, [*problems, SubmissionProblem(evidence, error.problem, error.hint)]
    if made_files:
        problems += entry.problems_with_made_files(published)
    return published, problems


def _whole(header: EvidenceHeader) -> Collection[str] | None:
    return asked_for(known_here(), header)


def _differences(evidence: Path, verification: RunVerification) -> Iterator[SubmissionProblem]:
    """Why the verdicts of the file are not reached again, or not all of them."""
    wrote = verification.header.harness.version
    remedy = "publish the evidence as the run has written it"
    if wrote != __version__:
        remedy += f"; pairproof {wrote} wrote it, and this is {__version__}: check it with that one"
    found = [
        f"line {d.line}: {d.message}" if d.line else d.message for d in verification.differences
    ]
    if verification.cut_off:
        found.append(verification.cut_off)
    if verification.interrupted:
        found.append("the run was stopped before its end")
    for told in dict.fromkeys(found[:_DIFFERENCES_MAX]):
        yield SubmissionProblem(evidence, told, remedy)
    more = max(verification.difference_count, len(found)) - _DIFFERENCES_MAX
    if more > 0:
        yield SubmissionProblem(evidence, f"{more} more differences", remedy)


def _as_json(folder: Path, problems: Sequence[SubmissionProblem]) -> dict[str, object]:
    told = [{name: str(value) for name, value in asdict(p).items()} for p in problems]
    return {"folder": str(folder), "sound": not problems, "problems": told}
