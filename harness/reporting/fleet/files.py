"""The files of a fleet's report, made from its evidence alone.

`junit.xml` has a case for each invariant, expression and situation to reach, `summary.md` is the
report in short, and `data/` has the figures behind the pictures as CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from harness.catalogue.verdict import Verdict
from harness.history.fleet_lines import GateLine, MeasuresLine
from harness.history.manifest import read_manifest, read_whole
from harness.history.wording import counted
from harness.reporting.files import named_from, utf8, write_file
from harness.reporting.fleet.faults import fault_kinds
from harness.reporting.fleet.html import DATA, fleet_report_html
from harness.reporting.fleet.model import FleetReport, build_fleet_report
from harness.reporting.fleet.quantities import MILLISECOND, SECOND, duration, exact, number
from harness.reporting.fleet.realtime import describe
from harness.reporting.fleet.report_json import fleet_report_json
from harness.reporting.fleet.wording import MARKS, PERCENTILES, VERDICT_OF, advice, state_named
from harness.reporting.junit import Case, JUnitSuite, suites_xml
from harness.reporting.model import RequirementReport
from harness.reporting.report_json import encode_json
from harness.reporting.summary import code, cut, escaped, listed, table
from harness.reporting.svg import badge_svg
from harness.reporting.words import OVERALL_SYMBOLS, VERDICT_NAMES, VERDICT_SYMBOLS


def write_fleet_reports(evidence_path: Path, out_dir: Path, *, whole: bool = False) -> FleetReport:
    """Read a manifest and write `REPORT_FILES`, and the figures of the pictures into `data/`.

    The folder is made if need be; each file appears whole or not at all. Of the parts, only
    those of operations that broke an invariant are read, and the report says which are missing;
    with `whole` it is seen that all of them are as they were written.

    Raises:
        EvidenceError: the manifest cannot be read.
        ReportError: a file cannot be written.
    """
    evidence = read_whole(evidence_path) if whole else read_manifest(evidence_path)
    report = build_fleet_report(evidence, named_from(out_dir, evidence.path))
    for name, content in tables(report).items():
        write_file(out_dir / DATA / name, content)
    write_file(out_dir / "report.json", encode_json(fleet_report_json(report)))
    write_file(out_dir / "junit.xml", fleet_junit_xml(report))
    write_file(out_dir / "report.html", utf8(fleet_report_html(report)))
    write_file(out_dir / "summary.md", utf8(fleet_summary_md(report)))
    badge = badge_svg(
        report.headline, report.tone, report.header.edition, f"fleet {report.scenario}"
    )
    write_file(out_dir / "badge.svg", utf8(badge))
    return report


# --- junit.xml -------------------------------------------------------------------------------


def fleet_junit_xml(report: FleetReport) -> bytes:
    """The report in the form that CI servers read."""
    return suites_xml([JUnitSuite(report.scenario, [*_cases(report)])], report.started_at)


def _cases(report: FleetReport) -> Iterator[Case]:
    for checker in report.requirements:
        yield _invariant(checker, report)
    if report.problems:
        yield _whole(report)
    yield from _expressions(report.gates, "gate", report)
    yield from _expressions(report.demands, "sometimes", report)


def _invariant(checker: RequirementReport, report: FleetReport) -> Case:
    id_ = checker.requirement.id
    reason = checker.why or "no reason was given"
    operations = f"operations: {', '.join(checker.operations)}" if checker.operations else ""
    return Case(
        name=f"{id_} {checker.requirement.title}",
        classname=f"{report.scenario}.invariants",
        verdict=checker.verdict,
        message=f"{id_}: {reason}",
        text="\n".join(filter(None, [reason, operations, *_again(report)])),
        properties=[("requirement", id_), (f"verdict:{id_}", checker.verdict.value)],
    )


def _whole(report: FleetReport) -> Case:
    """Evidence that is not sound, or not that of a whole run, is never a pass."""
    return Case(
        name="the evidence is that of a whole run",
        classname=f"{report.scenario}.invariants",
        verdict=Verdict.INCONCLUSIVE,
        message=report.problems[0],
        text="\n".join([*report.problems, *_again(report)]),
    )


def _expressions(lines: Iterable[GateLine], what: str, report: FleetReport) -> Iterator[Case]:
    for line in lines:
        reason = line.reason or "no reason was given"
        yield Case(
            name=line.expression,
            classname=f"{report.scenario}.{what}",
            verdict=VERDICT_OF[line.holds],
            message=f"{line.expression}: {reason}",
            text="\n".join([reason, advice(line), *_again(report)]),
            properties=[("value", "none" if line.value is None else f"{line.value:.12g}")],
        )


def _again(report: FleetReport) -> Iterator[str]:
    yield f"reproduce: {report.replay}"
    if report.shrink:
        yield f"shrink: {report.shrink}"


# --- summary.md ------------------------------------------------------------------------------

_VIOLATIONS_MAX = 10
"""More of them are counted; report.json has them all."""


def fleet_summary_md(report: FleetReport) -> str:
    """The report as Markdown. Everything that came from a scenario or a target is escaped."""
    return "\n".join(_blocks(report)).rstrip() + "\n"


def _blocks(report: FleetReport) -> Iterator[str]:
    symbol = OVERALL_SYMBOLS[report.verdict]
    yield f"## {symbol} {report.headline}: {escaped(report.scenario)}\n"
    yield f"{escaped(report.why)}\n"
    yield f"{escaped(report.header.implementation.called)} · {_size(report)}\n"
    yield from _gate(report)
    yield from _checkers(report.requirements)
    yield from _violations(report)
    yield from _figures(report)
    yield from listed("Warnings", report.warnings)
    yield from listed("About the evidence", report.problems)
    if report.realtime is not None:
        yield from listed("In real time", [f"{a}: {b}" for a, b in describe(report.realtime)])
        yield f"Another run like this: {code(report.replay)}\n"
    else:
        yield f"The same run again: {code(report.replay)}\n"


def _size(report: FleetReport) -> str:
    measures, wall_s = report.measures, report.duration_s
    wall = f" ({number(round(wall_s, 1))} s on the clock)" if wall_s else ""
    return (
        f"{counted(report.hosts, 'host')} · seed {report.header.seed}"
        f" · {duration(measures.ended_at)} of {report.time}{wall}"
        f" · {counted(measures.ended(), 'operation')}"
    )


def _gate(report: FleetReport) -> Iterator[str]:
    lines = (*report.gates, *report.demands)
    if lines:
        yield "### Gate\n"
        head = ["", "Expression", "Value", "Why not"]
        yield from table(head, ["---", "---", "---:", "---"], [*map(_gate_row, lines)])


def _gate_row(line: GateLine) -> list[str]:
    value = "–" if line.value is None else exact(line.value)
    return [MARKS[line.holds], code(line.expression), value, escaped(cut(line.reason))]


def _checkers(checkers: Iterable[RequirementReport]) -> Iterator[str]:
    """Those that hold in a line; the others with their reasons."""
    shown = list(checkers)
    held = [c.requirement.id for c in shown if c.verdict is Verdict.PASS]
    yield "### Invariants\n"
    if held:
        yield f"✓ {len(held)} of {len(shown)} hold: {', '.join(held)}\n"
    rows = [
        [
            f"{VERDICT_SYMBOLS[c.verdict]} **{escaped(c.requirement.id)}**"
            f" {escaped(c.requirement.title)}",
            VERDICT_NAMES[c.verdict],
            escaped(cut(c.why or "no reason was given")),
        ]
        for c in shown
        if c.verdict is not Verdict.PASS
    ]
    if rows:
        yield from table(["Invariant", "Verdict", "Why"], ["---"] * 3, rows)


def _violations(report: FleetReport) -> Iterator[str]:
    violations = report.evidence.violations
    if not violations:
        return
    yield f"### {counted(len(violations), 'violation')}\n"
    rows = []
    for line in violations[:_VIOLATIONS_MAX]:
        told = (escaped(cut(text)) for text in (line.reason, ", ".join(line.operations)))
        rows.append([escaped(line.invariant), duration(line.at), *told])
    yield from table(["Invariant", "At", "What happened", "Operations"], ["---"] * 4, rows)
    if len(violations) > _VIOLATIONS_MAX:
        yield f"… and {len(violations) - _VIOLATIONS_MAX} more.\n"
    if report.shrink:
        yield f"The smallest run that still fails: {code(report.shrink)}\n"


def _figures(report: FleetReport) -> Iterator[str]:
    measures = report.measures
    yield "### In figures\n"
    ended = [f"{number(n)} {state_named(state)}" for state, n in measures.requests.items() if n]
    waits = [
        f"half {word} within {duration(h.percentile(500))}, 99 % within"
        f" {duration(h.percentile(990))}"
        for name, word in (("to_decide", "decided"), ("to_pair", "paired"))
        if (h := measures.waiting.get(name)) and h.count
    ]
    faults = [
        f"{kind.named.short.lower()} × {number(kind.count)}" for kind in fault_kinds(measures)
    ]
    rows = [
        ["Requests", escaped(", ".join(ended) or "none")],
        ["Waiting", escaped("; ".join(waits) or "–")],
        ["Faults", escaped(", ".join(faults) or "none")],
    ]
    yield from table(["", ""], ["---", "---"], rows)


Cell = str | int | float | None


def tables(report: FleetReport) -> Mapping[str, bytes]:
    """Every file by its name."""
    measures = report.measures
    return {
        "series.csv": _csv(_series(measures)),
        "latency.csv": _csv(_latency(measures)),
        "waiting.csv": _csv(_waiting(measures)),
        "faults.csv": _csv(_faults(measures)),
        "sometimes.csv": _csv(_sometimes(report)),
    }


def _csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _harmless(cell: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula begins with a quote."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


def _series(measures: MeasuresLine) -> Iterator[Sequence[Cell]]:
    """A row for each step: when it began, and each series."""
    names = list(measures.series)
    yield ["start_s", *names]
    for i in range(max(map(len, measures.series.values()), default=0)):
        values = (measures.series[name] for name in names)
        yield [i * measures.bucket / SECOND, *(v[i] if i < len(v) else None for v in values)]


def _latency(measures: MeasuresLine) -> Iterator[Sequence[Cell]]:
    yield ["operation", "count", *(f"{name}_ms" for name in PERCENTILES)]
    for kind, h in measures.latency.items():
        yield [kind, h.count, *(h.percentile(n) / MILLISECOND for n in PERCENTILES.values())]


def _waiting(measures: MeasuresLine) -> Iterator[Sequence[Cell]]:
    """How many waited at most so long, and no less than the row before says."""
    yield ["waiting", "at_most_s", "count", "share_so_far"]
    for name, histogram in measures.waiting.items():
        so_far = 0
        for bound, count in zip(histogram.bounds, histogram.counts, strict=True):
            so_far += count
            yield [name, bound / SECOND, count, round(so_far / histogram.count, 6)]


def _faults(measures: MeasuresLine) -> Iterator[Sequence[Cell]]:
    yield ["what", "start_s", "end_s", "count"]
    for w in measures.faults:
        yield [w.what, w.start / SECOND, w.end / SECOND, w.count]


def _sometimes(report: FleetReport) -> Iterator[Sequence[Cell]]:
    yield ["situation", "count", "per_thousand_hosts", "wanted_per_thousand_hosts"]
    for s in report.situations:
        yield [s.name, s.count, s.per_thousand_hosts, s.wanted_per_thousand_hosts]
