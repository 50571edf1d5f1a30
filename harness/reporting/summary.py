"""`summary.md`: the report in short, for the page of a CI run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.catalogue.verdict import Verdict
from harness.reporting.markdown import code, cut, escaped, listed, table
from harness.reporting.model import Report, RequirementReport
from harness.reporting.waiving import in_words
from harness.reporting.words import (
    LEVEL_NAMES,
    OVERALL_NAMES,
    OVERALL_SYMBOLS,
    VERDICT_NAMES,
    VERDICT_SYMBOLS,
    leak_in_words,
    place,
)


def summary_md(report: Report) -> str:
    """The report as Markdown. Everything that came from a target is escaped."""
    return "\n".join(_blocks(report)).rstrip() + "\n"


def _blocks(report: Report) -> Iterator[str]:
    header = report.header
    made = header.implementation
    symbol, name = OVERALL_SYMBOLS[report.verdict], OVERALL_NAMES[report.verdict]
    yield f"## {symbol} {name}: {escaped(f'{made.name} {made.version}'.strip())}\n"
    yield f"{escaped(report.why)}\n"
    yield (
        f"Edition {escaped(header.edition)} · roles {escaped(', '.join(header.roles))}"
        f" · profile {escaped(header.profile or 'all')} · driver {escaped(header.driver)}"
        f" · seed {header.seed} · {report.evidence.operation_count} operations"
        f" in {report.duration_s:.1f} s\n"
    )
    yield from table(["", *VERDICT_NAMES.values()], ["---", *["---:"] * 6], _count_rows(report))
    judged = report.requirements
    failed = [r for r in judged if r.verdict is Verdict.FAIL]
    yield from _requirements("Failed", [r for r in failed if not r.waived])
    unsure = [r for r in judged if r.verdict is Verdict.INCONCLUSIVE and not r.waived]
    yield from _requirements("Unstable", [r for r in unsure if r.unstable])
    yield from _requirements("Inconclusive", [r for r in unsure if not r.unstable])
    yield from _requirements("Waived, not passed", [r for r in judged if r.waived])
    yield from _repeats(report)
    yield from listed("Left on the target", map(leak_in_words, report.evidence.leaks))
    yield from listed("Warnings", report.warnings)
    yield from _observed(report)
    yield from listed("About the evidence", report.evidence.problems)


def _count_rows(report: Report) -> list[list[str]]:
    rows = (("requirements", report.counts), ("scenarios", report.scenario_counts))
    return [[name, *(str(counts[v.value]) for v in VERDICT_NAMES)] for name, counts in rows]


def _requirements(title: str, reports: Sequence[RequirementReport]) -> Iterator[str]:
    if not reports:
        return
    yield f"### {title}\n"
    rows = [row for report in reports for row in _requirement_rows(report)]
    head = ["Requirement", "Level", "Scenario", "Why"]
    yield from table(head, ["---"] * 4, rows)


def _requirement_rows(report: RequirementReport) -> Iterator[list[str]]:
    requirement = report.requirement
    waived = f" ({escaped(in_words(report.waived))})" if report.waived else ""
    about = [
        f"{VERDICT_SYMBOLS[report.verdict]} **{escaped(requirement.id)}**"
        f" {escaped(requirement.title)}{waived}<br>{escaped(place(requirement.source))}",
        LEVEL_NAMES[requirement.level],
    ]
    if not report.scenarios:
        yield [*about, "none", escaped(report.reason)]
    for scenario in report.scenarios:
        if scenario.verdict is report.verdict or scenario.failed:
            reason = escaped(cut(scenario.reason or "no reason was given"))
            again = f"{escaped(scenario.line.name)}<br>{code(scenario.reproduce)}"
            yield [*about, again, reason]


def _repeats(report: Report) -> Iterator[str]:
    """What each run of several came to."""
    if not report.repeats:
        return
    yield "### Repeats\n"
    rows = [
        [
            code(repeat.file),
            f"{OVERALL_SYMBOLS[repeat.verdict]} {OVERALL_NAMES[repeat.verdict].lower()}",
            escaped(cut(repeat.why)),
        ]
        for repeat in report.repeats
    ]
    yield from table(["Evidence", "Verdict", "Why"], ["---"] * 3, rows)


def _observed(report: Report) -> Iterator[str]:
    if not report.observations:
        return
    yield "### Observed where the procedure is silent\n"
    rows = [
        [escaped(o.requirement), escaped(cut(o.situation)), escaped(cut(o.observed))]
        for o in report.observations
    ]
    yield from table(["Requirement", "Situation", "What the target did"], ["---"] * 3, rows)
