"""`pairproof report`: the reports again from evidence alone, or its operations as JSON lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.cli.commands.options import ReportForm
from harness.cli.commands.runs import ReportOptions
from harness.cli.exits import CONFORMS, INCONCLUSIVE, CannotDo, put, put_lines, say
from harness.cli.fleet_summary import print_fleet_summary
from harness.cli.summary import in_flight, print_summary
from harness.history.errors import EvidenceError
from harness.history.lines import InvokeLine, OutcomeLine
from harness.history.manifest import MANIFEST, is_fleet, read_whole
from harness.history.parts import GRANTS, PartReader, part_file, part_name, parts_in
from harness.history.reader import evidence_files, read_evidence
from harness.history.scan import scan
from harness.reporting.files import write_messages, write_reports
from harness.reporting.fleet.files import write_fleet_reports


def report_on(asked: ReportOptions) -> int:
    """Print the operations if they are asked for, else make the reports; returns the exit code.

    Raises:
        CannotDo: what was asked for contradicts itself.
        EvidenceError, ReportError: as `make_reports` and `print_operations` do.
    """
    if not asked.operations:
        if asked.cell:
            raise CannotDo("--cell says whose operations are printed: it goes with --operations")
        if asked.format is ReportForm.CUCUMBER:
            return make_messages(asked.evidence, asked.out)
        return make_reports(asked.evidence, asked.out)
    if asked.out is not None or asked.format is not ReportForm.ALL:
        raise CannotDo("--operations prints to standard output: leave --out and --format out")
    return print_operations(asked.evidence, asked.cell)


def make_reports(evidence: Path, out: Path | None) -> int:
    """Write the reports, print the summary; returns the exit code of the run.

    Raises:
        EvidenceError: it is no evidence, or is damaged.
        ReportError: a report cannot be written.
    """
    folder = out or _beside(evidence)
    if is_fleet(evidence):
        fleet_report = write_fleet_reports(evidence, folder, whole=True)
        print_fleet_summary(fleet_report, folder)
        return fleet_report.exit_code
    report = write_reports(evidence, folder)
    for line in in_flight(report.evidence):
        put(line)
    print_summary(report, folder)
    return report.exit_code


def make_messages(evidence: Path, out: Path | None) -> int:
    """Write a run as Cucumber messages, print where; returns the exit code of the run.

    Raises:
        CannotDo: it is a fleet's.
        EvidenceError: it is no evidence, or is damaged.
        ReportError: the file cannot be written.
    """
    if is_fleet(evidence):
        raise CannotDo("--format cucumber is for runs of scenarios, and a fleet has none")
    report, path = write_messages(evidence, out or _beside(evidence))
    put(f"{report.headline}: {path}")
    return report.exit_code


def _beside(evidence: Path) -> Path:
    return evidence if evidence.is_dir() else evidence.parent


def print_operations(evidence: Path, cells: Sequence[str]) -> int:
    """Print the lines about operations, of these parts or of all cells in their order.

    What is not whole is printed as far as it goes, and said afterwards; then the exit code is
    that of a run that cannot be judged.

    Raises:
        CannotDo: there is no such cell, or nobody reads what is printed.
        EvidenceError: it is no evidence.
    """
    troubles: list[str] = []
    if is_fleet(evidence):
        put_lines(_of_parts(_chosen(_parts(evidence, troubles), cells), troubles))
    elif cells:
        raise CannotDo("--cell names a cell of a fleet, and this is the evidence of no fleet")
    else:
        put_lines(_of_files(evidence, troubles))
    for trouble in troubles:
        say(f"pairproof: {trouble}")
    return INCONCLUSIVE if troubles else CONFORMS


def _parts(evidence: Path, troubles: list[str]) -> dict[str, Path]:
    """The parts by name, in their order: those of the manifest, or what a killed run has left."""
    folder = _beside(evidence)
    if evidence == folder and not (folder / MANIFEST).exists():
        troubles.append(
            f"{folder}: the run was killed before its end, so there is no {MANIFEST}; its parts"
            " were printed as far as they go"
        )
        return {part_name(path): path for path in parts_in(folder)}
    manifest = read_whole(evidence)
    troubles += (f"{manifest.path}: {problem}" for problem in manifest.problems)
    return {part.name: manifest.path_of(part) for part in manifest.parts}


def _chosen(parts: dict[str, Path], cells: Sequence[str]) -> list[Path]:
    """The parts that are named, as `7` or as `07`; all cells if none is."""
    if not cells:
        return [path for name, path in parts.items() if name != GRANTS]
    names = [cell.zfill(2) for cell in cells]
    if unknown := [name for name in names if name not in parts]:
        there = ", ".join(parts)
        raise CannotDo(f"there is no cell {', '.join(unknown)}; the evidence has {there}")
    return [parts[name] for name in names]


def _of_parts(paths: Iterable[Path], troubles: list[str]) -> Iterator[str]:
    for path in paths:
        try:
            for line in PartReader(path):
                yield line.raw.decode()
        except EvidenceError as error:
            if not any(part_file(part_name(path)) in trouble for trouble in troubles):
                troubles.append(str(error))


def _of_files(evidence: Path, troubles: list[str]) -> Iterator[str]:
    for file in evidence_files(evidence):
        for line in scan(file):
            if isinstance(line.line, InvokeLine | OutcomeLine):
                yield line.raw.decode()
    troubles += (f"{evidence}: {problem}" for problem in read_evidence(evidence).problems)
