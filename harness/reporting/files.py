"""Writes the files that people, scripts and CI servers read, from evidence alone."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from harness.catalogue.requirement import Requirement
from harness.catalogue.requirements import REQUIREMENTS
from harness.domain.errors import PairproofError
from harness.files import MIB, FileKind, put_whole, read_bytes
from harness.history.operation import OperationRecord
from harness.history.reader import evidence_files, is_repeated, read_evidence, repeat_folders
from harness.reporting.html import report_html
from harness.reporting.junit import junit_xml
from harness.reporting.model import Report, build_repeated, build_report
from harness.reporting.repeating import Repeat, together
from harness.reporting.report_json import encode_json, report_json
from harness.reporting.summary import summary_md
from harness.reporting.svg import badge_svg

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)

REPORT_FILES = ("report.json", "junit.xml", "report.html", "summary.md", "badge.svg")
MESSAGES = "messages.ndjson"
_PICTURE = re.compile(r"pictures/([0-9a-f]{64})\.(?:webp|png|jpeg)")
_KEPT = FileKind("name the folder of the run, with its pictures", bytes_max=16 * MIB)


class ReportError(PairproofError):
    """A report cannot be written: where, what is wrong, and what to do about it."""

    def __init__(self, path: Path, problem: str, hint: str) -> None:
        super().__init__(f"{path}: {problem}; {hint}")
        self.path = path
        self.problem = problem
        self.hint = hint


def write_reports(
    evidence_path: Path, out_dir: Path, *, requirements: Sequence[Requirement] = REQUIREMENTS
) -> Report:
    """Read the evidence and write `REPORT_FILES` into the folder, which is made if need be.

    The folder of a run that was repeated makes one report of all repeats. Each file appears whole
    or not at all.

    Raises:
        EvidenceError: the evidence cannot be read.
        ReportError: a file cannot be written.
    """
    report = read_report(evidence_path, out_dir, requirements=requirements)
    evidence_file = named_from(out_dir, evidence_path)
    kept = picture_of(evidence_path)

    def address(operation: OperationRecord) -> str:
        path = kept(operation)
        return address_from(out_dir, path) if path else ""

    contents = (
        encode_json(report_json(report, evidence_file)),
        junit_xml(report),
        utf8(report_html(report, evidence_file, address)),
        utf8(summary_md(report)),
        utf8(_badge(report)),
    )
    for name, content in zip(REPORT_FILES, contents, strict=True):
        write_file(out_dir / name, content)
    return report


def write_messages(evidence_path: Path, out_dir: Path) -> tuple[Report, Path]:
    """Write a run as Cucumber messages into the folder; returns the report, and the file.

    Raises:
        EvidenceError: the evidence cannot be read.
        ReportError: the file cannot be written.
    """
    # Imported here: only who asks for them should pay for the parser.
    from harness.reporting.messages import messages_ndjson

    report = read_report(evidence_path, out_dir)
    write_file(out_dir / MESSAGES, messages_ndjson(report, picture_of(evidence_path)))
    return report, out_dir / MESSAGES


def picture_of(evidence_path: Path) -> Callable[[OperationRecord], Path | None]:
    """The pictures of a run, by how its evidence names them; those that it does not name so, that
    are others, or are not there, are none.
    """
    folders = repeat_folders(evidence_path) or [evidence_path]
    folders = [folder if folder.is_dir() else folder.parent for folder in folders]

    def kept_of(operation: OperationRecord) -> Path | None:
        name = (operation.response or {}).get("picture")
        named = _PICTURE.fullmatch(name) if isinstance(name, str) else None
        for path in (folder / named[0] for folder in folders if named):
            # A picture more or less makes no report wrong.
            with suppress(PairproofError):
                if named and sha256(read_bytes(path, _KEPT)).hexdigest() == named[1]:
                    return path
        return None

    return kept_of


def address_from(out_dir: Path, path: Path) -> str:
    """How a page that lies in this folder names a file."""
    return quote(Path(os.path.relpath(path.resolve(), out_dir.resolve())).as_posix())


def _badge(report: Report) -> str:
    header = report.header
    roles = "" if len(header.roles) > 1 or "both" in header.roles else header.roles[0]
    scope = " ".join(filter(None, [roles, ", ".join(header.profiles)]))
    waived = sum(r.waived is not None for r in report.requirements)
    return badge_svg(report.headline, report.tone, header.edition, scope, waived)


def read_report(
    evidence_path: Path,
    out_dir: Path | None = None,
    *,
    requirements: Sequence[Requirement] = REQUIREMENTS,
) -> Report:
    """Judge the run whose evidence lies there; `out_dir` is where reports of it would lie.

    Raises:
        EvidenceError: the evidence cannot be read.
    """
    if not is_repeated(evidence_path):
        return build_report(read_evidence(evidence_path), requirements)
    repeats = [
        Repeat(folder.name, _file_of(folder, out_dir), read_evidence(folder))
        for folder in repeat_folders(evidence_path)
    ]
    return build_repeated(together(repeats), requirements)


def _file_of(repeat: Path, out_dir: Path | None) -> str:
    """The evidence of a repeat, as seen from the reports."""
    file = evidence_files(repeat)[0]
    file = file if file.parent == repeat else repeat
    beside = out_dir is not None and repeat.resolve().parent == out_dir.resolve()
    return file.relative_to(repeat.parent).as_posix() if beside else str(file)


def named_from(out_dir: Path, evidence: Path) -> str:
    """The name of the evidence as it reads in the reports: bare where they lie beside it.

    That of a run that was repeated is its folder.
    """
    if is_repeated(evidence) and evidence.resolve() == out_dir.resolve():
        return "."
    return evidence.name if evidence.resolve().parent == out_dir.resolve() else str(evidence)


def utf8(text: str) -> bytes:
    """The text as it stands in a file for people, who see every character that it holds.

    What no UTF-8 file can hold becomes a question mark; what would act on the text around it
    instead of being seen (control characters, overrides of its direction) a U+FFFD.
    """
    return _UNSEEN.sub("\ufffd", text).encode("utf-8", "replace")


_AGAIN = "the evidence is whole, so make the report again with `pairproof report`"


def write_file(path: Path, content: bytes, again: str = _AGAIN) -> None:
    """Write the file, whole or not at all; its folder is made if need be.

    `again` says how to come by it another time.

    Raises:
        ReportError: it cannot be written.
    """
    try:
        put_whole(path, content)
    except OSError as error:
        raise _unwritable(path, error, again) from None


def _unwritable(path: Path, error: OSError, hint: str) -> ReportError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ReportError(path, "the disk is full", f"free some space; {hint}")
    problem = f"the report cannot be written ({error.strerror or error})"
    return ReportError(path, problem, f"choose another folder; {hint}")
