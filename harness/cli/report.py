"""`pairproof report`: the reports again, from evidence alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.cli.exits import CannotDo, put
from harness.cli.fleet_summary import print_fleet_summary
from harness.cli.operations import print_operations
from harness.cli.summary import in_flight, print_summary
from harness.history.manifest import is_fleet
from harness.reporting.files import write_reports
from harness.reporting.fleet.files import write_fleet_reports


def report_on(evidence: Path, out: Path | None, *, operations: bool, cells: Sequence[str]) -> int:
    """Print the operations if they are asked for, else make the reports; returns the exit code.

    Raises:
        CannotDo: what was asked for contradicts itself.
        EvidenceError, ReportError: as `make_reports` and `print_operations` do.
    """
    if not operations:
        if cells:
            raise CannotDo("--cell says whose operations are printed: it goes with --operations")
        return make_reports(evidence, out)
    if out is not None:
        raise CannotDo("--operations prints to standard output: leave --out out")
    return print_operations(evidence, cells)


def make_reports(evidence: Path, out: Path | None) -> int:
    """Write the reports, print the summary; returns the exit code of the run.

    Raises:
        EvidenceError: it is no evidence, or is damaged.
        ReportError: a report cannot be written.
    """
    folder = out or (evidence if evidence.is_dir() else evidence.parent)
    if is_fleet(evidence):
        fleet_report = write_fleet_reports(evidence, folder)
        print_fleet_summary(fleet_report, folder)
        return fleet_report.exit_code
    report = write_reports(evidence, folder)
    for line in in_flight(report.evidence):
        put(line)
    print_summary(report, folder)
    return report.exit_code
