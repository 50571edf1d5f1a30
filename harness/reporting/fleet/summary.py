"""`summary.md` of a fleet run: the report in short, for the page of a CI run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.catalogue.verdict import Verdict
from harness.history.fleet_lines import GateLine, ViolationLine
from harness.reporting.fleet.faults import fault_kinds
from harness.reporting.fleet.model import CheckerReport, FleetReport
from harness.reporting.fleet.quantities import counted, duration, exact, number
from harness.reporting.fleet.realtime import told
from harness.reporting.fleet.wording import MARKS, state_named
from harness.reporting.markdown import code, cut, escaped, listed, table
from harness.reporting.words import OVERALL_NAMES, OVERALL_SYMBOLS, VERDICT_NAMES, VERDICT_SYMBOLS

_VIOLATIONS_MAX = 10
"""More of them are counted; report.json has them all."""


def fleet_summary_md(report: FleetReport) -> str:
    """The report as Markdown. Everything that came from a scenario or a target is escaped."""
    return "\n".join(_blocks(report)).rstrip() + "\n"


def _blocks(report: FleetReport) -> Iterator[str]:
    made = report.header.implementation
    symbol, name = OVERALL_SYMBOLS[report.verdict], OVERALL_NAMES[report.verdict]
    yield f"## {symbol} {name}: {escaped(report.scenario)}\n"
    yield f"{escaped(report.why)}\n"
    yield f"{escaped(f'{made.name} {made.version}'.strip())} · {_size(report)}\n"
    yield from _gate(report)
    yield from _checkers(report.checkers)
    yield from _violations(report)
    yield from _figures(report)
    yield from listed("Warnings", report.warnings)
    yield from listed("About the evidence", report.problems)
    if report.realtime is not None:
        yield from listed("In real time", [f"{a}: {b}" for a, b in told(report.realtime)])
        yield f"Another run like this: {code(report.replay)}\n"
    else:
        yield f"The same run again: {code(report.replay)}\n"


def _size(report: FleetReport) -> str:
    measures, wall_s = report.measures, report.duration_s
    wall = f" ({number(round(wall_s, 1))} s on the clock)" if wall_s else ""
    return (
        f"{counted(report.hosts, 'host')} · seed {report.header.seed}"
        f" · {duration(measures.ended_at)} of {report.time}{wall}"
        f" · {counted(sum(report.operations.values()), 'operation')}"
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


def _checkers(checkers: Iterable[CheckerReport]) -> Iterator[str]:
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
            escaped(cut(c.reason or "no reason was given")),
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
    rows = [_violation_row(line) for line in violations[:_VIOLATIONS_MAX]]
    yield from table(["Invariant", "At", "What happened", "Operations"], ["---"] * 4, rows)
    if len(violations) > _VIOLATIONS_MAX:
        yield f"… and {len(violations) - _VIOLATIONS_MAX} more.\n"
    yield f"The smallest run that still fails: {code(report.shrink)}\n"


def _violation_row(line: ViolationLine) -> list[str]:
    return [
        escaped(line.invariant),
        duration(line.at),
        escaped(cut(line.reason)),
        escaped(cut(", ".join(line.operations))),
    ]


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
