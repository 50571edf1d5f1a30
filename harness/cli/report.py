"""`pairproof report`: the reports again, from evidence alone."""

from __future__ import annotations

from pathlib import Path

from harness.cli.exits import put
from harness.cli.summary import in_flight, print_summary
from harness.reporting.files import write_reports


def make_reports(evidence: Path, out: Path | None) -> int:
    """Write the reports, print the summary; returns the exit code of the run.

    Raises:
        EvidenceError: it is no evidence, or is damaged.
        ReportError: a report cannot be written.
    """
    folder = out or (evidence if evidence.is_dir() else evidence.parent)
    report = write_reports(evidence, folder)
    for line in in_flight(report.evidence):
        put(line)
    print_summary(report, folder)
    return report.exit_code
