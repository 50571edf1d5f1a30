"""What a person reads at the end of a fleet run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from harness.catalogue.verdict import Verdict
from harness.cli.summary import OVERALL_STYLES, marked, print_texts, shortened, unjudged
from harness.history.fleet_lines import GateLine
from harness.history.wording import counted
from harness.reporting import words
from harness.reporting.fleet.model import FleetReport
from harness.reporting.fleet.quantities import duration, number
from harness.reporting.fleet.realtime import describe as told_in_real_time
from harness.reporting.fleet.wording import VERDICT_OF, advice, state_named
from harness.reporting.model import RequirementReport, some

_VIOLATIONS_MAX = 5
"""More of one invariant are counted, not listed."""
_NAMED_MAX = 6
_REASONS_MAX = 2


def print_fleet_summary(report: FleetReport, out: Path) -> None:
    """What is violated, the gate, the counts, the verdict, and where report and evidence lie."""
    print_texts(_lines(report, out))


def _lines(report: FleetReport, out: Path) -> Iterator[Text]:
    yield Text()
    for checker in report.requirements:
        if checker.verdict is Verdict.FAIL:
            yield from _violated(checker, report)
    unsure = (c for c in report.requirements if c.verdict is Verdict.INCONCLUSIVE)
    yield from unjudged(unsure, _NAMED_MAX)
    yield from _gates(report)
    yield from _figures(report)
    for what, told in told_in_real_time(report.realtime) if report.realtime else ():
        yield Text(f"{what:<14}{told}")
    for problem in report.problems[:3]:
        yield Text(f"incomplete    {problem}", "yellow")
    for warning in report.warnings:
        yield Text(f"warning       {warning}", "yellow")
    yield _verdict(report)
    yield from _what_next(report, out)


def _violated(checker: RequirementReport, report: FleetReport) -> Iterator[Text]:
    requirement = checker.requirement
    yield marked(Verdict.FAIL, requirement.id, requirement.title)
    found = [v for v in report.evidence.violations if v.invariant == requirement.id]
    for violation in found[:_VIOLATIONS_MAX]:
        where = f"{duration(violation.at)}, cell {violation.cell}"
        yield Text(f"    {where}: {shortened(violation.reason)}")
        if violation.operations:
            yield Text(f"      operations: {some(violation.operations, _NAMED_MAX)}", "dim")
    if len(found) > _VIOLATIONS_MAX:
        yield Text(f"    and {counted(len(found) - _VIOLATIONS_MAX, 'more violation')}")


def _gates(report: FleetReport) -> Iterator[Text]:
    """Each expression; of a run that did not end, only those that are known not to hold."""
    lines = (*report.gates, *report.demands)
    unknown = [] if report.evidence.complete else [line for line in lines if line.holds is None]
    for line in lines:
        if line not in unknown:
            yield from _gate(line)
    if unknown:
        told = "of the gate cannot be judged, as the run did not end"
        yield marked(Verdict.INCONCLUSIVE, counted(len(unknown), "expression"), told)


def _gate(line: GateLine) -> Iterator[Text]:
    value = "" if line.value is None else f" (it is {number(line.value)})"
    verdict = VERDICT_OF[line.holds]
    if verdict is Verdict.PASS:
        yield marked(verdict, "", f"{line.expression}{value}")
        return
    yield marked(verdict, line.expression, f"– {line.reason or 'it does not hold'}")
    yield Text(f"    {advice(line)}", "dim")


def _figures(report: FleetReport) -> Iterator[Text]:
    counts = [f"{n} {words.VERDICT_NAMES[Verdict(v)]}" for v, n in report.counts.items() if n]
    yield Text(f"invariants    {' · '.join(counts)}")
    states = [f"{number(n)} {state_named(s)}" for s, n in report.measures.requests.items() if n]
    yield Text(f"requests      {' · '.join(states) or 'none'}")
    measures, took_s = report.measures, report.duration_s
    total = measures.ended()
    speed = f", {number(round(total / took_s))} a second" if took_s else ""
    refused, unknown = (number(measures.ended(how)) for how in ("fail", "info"))
    outcomes = f"{refused} refused · {unknown} of unknown outcome"
    yield Text(f"operations    {number(total)} ({outcomes}){speed}")


def _verdict(report: FleetReport) -> Text:
    overall = f"{words.OVERALL_SYMBOLS[report.verdict]} {words.uncapitalized(report.headline)}"
    took = f" in {report.duration_s:.1f} s" if report.duration_s else ""
    size = (
        f"{report.scenario}, {_hosts(report)}, seed {report.header.seed},"
        f" {duration(report.measures.ended_at)}{took}"
    )
    return Text.assemble(
        (f"{overall}: ", OVERALL_STYLES[report.verdict]), f"{size}. {_why(report.why)}"
    )


def _why(why: str) -> str:
    """The first reasons; all of them stand above."""
    reasons = why.split("; ")
    more = len(reasons) - _REASONS_MAX
    first = shortened("; ".join(reasons[:_REASONS_MAX]))
    return f"{first}; and {counted(more, 'more reason')}." if more > 0 else first


def _hosts(report: FleetReport) -> str:
    """How many of them there were: all, unless the run was stopped before."""
    installed, wanted = report.measures.hosts, counted(report.hosts, "host")
    return wanted if installed == report.hosts else f"{number(installed)} of {wanted}"


def _what_next(report: FleetReport, out: Path) -> Iterator[Text]:
    yield Text(f"report        {out / 'report.html'}")
    yield Text(f"evidence      {report.evidence.path}")
    if report.realtime is not None:
        return
    yield Text(f"once more     {words.command('replay', str(report.evidence.path.parent))}")
    if report.shrink:
        yield Text(f"smallest      {words.command('shrink', str(report.evidence.path.parent))}")
