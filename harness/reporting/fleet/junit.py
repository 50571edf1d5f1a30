"""`junit.xml` of a fleet run: a case for each invariant, expression and situation to reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.catalogue.verdict import Verdict
from harness.history.fleet_lines import GateLine
from harness.reporting.fleet.advice import advice
from harness.reporting.fleet.model import CheckerReport, FleetReport
from harness.reporting.suites import Case, Suite, suites_xml

_VERDICTS = {True: Verdict.PASS, False: Verdict.FAIL, None: Verdict.INCONCLUSIVE}


def fleet_junit_xml(report: FleetReport) -> bytes:
    """The report in the form that CI servers read."""
    return suites_xml([Suite(report.scenario, [*_cases(report)])], report.started_at)


def _cases(report: FleetReport) -> Iterator[Case]:
    for checker in report.checkers:
        yield _invariant(checker, report)
    if report.problems:
        yield _whole(report)
    yield from _expressions(report.gates, "gate", report)
    yield from _expressions(report.demands, "sometimes", report)


def _invariant(checker: CheckerReport, report: FleetReport) -> Case:
    id_ = checker.requirement.id
    reason = checker.reason or "no reason was given"
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
            verdict=_VERDICTS[line.holds],
            message=f"{line.expression}: {reason}",
            text="\n".join([reason, advice(line), *_again(report)]),
            properties=[("value", "none" if line.value is None else f"{line.value:.12g}")],
        )


def _again(report: FleetReport) -> Iterator[str]:
    yield f"reproduce: {report.replay}"
    if report.evidence.violations:
        yield f"shrink: {report.shrink}"
