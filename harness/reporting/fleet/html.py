"""`report.html` of a fleet run: one self-contained file for people, without a script."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from harness.catalogue.verdict import Verdict
from harness.history.fleet_lines import GateLine
from harness.history.lines import Object
from harness.reporting.fleet.advice import advice
from harness.reporting.fleet.figures import figures, real_figures
from harness.reporting.fleet.model import CheckerReport, FleetReport
from harness.reporting.fleet.pictures import pictures
from harness.reporting.fleet.quantities import counted, duration, exact, number
from harness.reporting.fleet.report_json import throughput
from harness.reporting.fleet.tables import DATA
from harness.reporting.fleet.violations import told
from harness.reporting.page import render_page
from harness.reporting.words import command

_VERDICTS = {True: Verdict.PASS, False: Verdict.FAIL, None: Verdict.INCONCLUSIVE}


@dataclass(frozen=True, slots=True)
class GateRow:
    """An expression as the table of the gate shows it."""

    line: GateLine
    verdict: Verdict
    value: str
    advice: str


def fleet_report_html(report: FleetReport) -> str:
    """The report as one HTML page."""
    made, hosts = report.header.implementation, counted(report.hosts, "host")
    return render_page(
        "fleet.html.j2",
        ["report.css", "fleet.css"],
        kicker="report of a fleet run",
        subject=f"{report.scenario} · {hosts} · {made.name} {made.version}".strip(),
        report=report,
        header=report.header,
        measures=report.measures,
        evidence=report.evidence,
        evidence_file=report.evidence_file,
        problems=report.problems,
        gate=[*map(_gate_row, report.gates)],
        demands=[*map(_gate_row, report.demands)],
        broken=[*_broken(report)],
        platform=_platform(report.header.run.platform),
        violations=told(report.evidence),
        pictures=pictures(report.measures, report.time),
        throughput=throughput(report),
        figures=[*figures(report.measures, report.time), *real_figures(report.realtime)],
        commands=[*_commands(report)],
        data=DATA,
        counted=counted,
        duration=duration,
        number=number,
    )


def _gate_row(line: GateLine) -> GateRow:
    value = "–" if line.value is None else exact(line.value)
    return GateRow(line, _VERDICTS[line.holds], value, advice(line))


def _broken(report: FleetReport) -> Iterator[tuple[CheckerReport, int]]:
    """Every invariant that was violated, and how often."""
    times = Counter(violation.invariant for violation in report.evidence.violations)
    for checker in report.checkers:
        if times[checker.requirement.id]:
            yield checker, times[checker.requirement.id]


def _platform(platform: Object) -> str:
    """On what it ran, as far as that was recorded."""
    return ", ".join(f"{name} {value}" for name, value in platform.items())


def _commands(report: FleetReport) -> Iterator[tuple[str, str]]:
    """What there is to do with this run, and how."""
    seed, hosts = str(report.header.seed), str(report.hosts)
    if report.header.run.command:
        yield "As it was started", shlex.join(report.header.run.command)
    if report.realtime is None:
        yield "The same run again, compared with this one", report.replay
    if report.evidence.violations and report.realtime is None:
        yield "The smallest run that still fails", report.shrink
    elsewhere = ["fleet", report.scenario, "--hosts", hosts, "--seed", seed]
    yield "The scenario by its name, if it is one that comes with pairproof", command(*elsewhere)
    yield "Every verdict once more, offline", command("verify", report.evidence_file)
    yield "This report again", command("report", report.evidence_file)
