"""Writes the files of a fleet's report, from its evidence alone."""

from __future__ import annotations

from pathlib import Path

from harness.history.manifest import read_manifest
from harness.reporting.badge import badge_svg
from harness.reporting.files import named_from, utf8, write_file
from harness.reporting.fleet.html import fleet_report_html
from harness.reporting.fleet.junit import fleet_junit_xml
from harness.reporting.fleet.model import FleetReport, build_fleet_report
from harness.reporting.fleet.report_json import fleet_report_json
from harness.reporting.fleet.summary import fleet_summary_md
from harness.reporting.fleet.tables import DATA, tables
from harness.reporting.report_json import encode_json


def write_fleet_reports(evidence_path: Path, out_dir: Path) -> FleetReport:
    """Read a manifest and write `REPORT_FILES`, and the figures of the pictures into `data/`.

    The folder is made if need be; each file appears whole or not at all. Of the parts, only
    those of operations that broke an invariant are read, and the report says which are missing.

    Raises:
        EvidenceError: the manifest cannot be read.
        ReportError: a file cannot be written.
    """
    evidence = read_manifest(evidence_path)
    report = build_fleet_report(evidence, named_from(out_dir, evidence.path))
    for name, table in tables(report).items():
        write_file(out_dir / DATA / name, table)
    write_file(out_dir / "report.json", encode_json(fleet_report_json(report)))
    write_file(out_dir / "junit.xml", fleet_junit_xml(report))
    write_file(out_dir / "report.html", utf8(fleet_report_html(report)))
    write_file(out_dir / "summary.md", utf8(fleet_summary_md(report)))
    badge = badge_svg(report.verdict, report.header.edition, f"fleet {report.scenario}")
    write_file(out_dir / "badge.svg", utf8(badge))
    return report
