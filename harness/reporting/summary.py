"""`summary.md`: the report in short, for the page of a CI run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from harness.catalogue.verdict import Verdict
from harness.reporting.model import Report, RequirementReport
from harness.reporting.words import (
    LEVEL_NAMES,
    OVERALL_NAMES,
    OVERALL_SYMBOLS,
    VERDICT_NAMES,
    VERDICT_SYMBOLS,
    place,
)

REASON_CHARACTERS_MAX = 300
ROWS_MAX = 100
"""More rows than that are counted: a CI page is cut at a megabyte."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~@])")


def summary_md(report: Report) -> str:
    """The report as Markdown. Everything that came from a target is escaped."""
    return "\n".join(_blocks(report)).rstrip() + "\n"


def _blocks(report: Report) -> Iterator[str]:
    header = report.header
    made = header.implementation
    symbol, name = OVERALL_SYMBOLS[report.verdict], OVERALL_NAMES[report.verdict]
    yield f"## {symbol} {name}: {_escaped(f'{made.name} {made.version}'.strip())}\n"
    yield f"{_escaped(report.why)}\n"
    yield (
        f"Edition {_escaped(header.edition)} · roles {_escaped(', '.join(header.roles))}"
        f" · profile {_escaped(header.profile or 'all')} · driver {_escaped(header.driver)}"
        f" · seed {header.seed} · {report.evidence.operation_count} operations"
        f" in {report.duration_s:.1f} s\n"
    )
    yield from _table(["", *VERDICT_NAMES.values()], ["---", *["---:"] * 6], _count_rows(report))
    judged = report.requirements
    yield from _requirements("Failed", [r for r in judged if r.verdict is Verdict.FAIL])
    unsure = [r for r in judged if r.verdict is Verdict.INCONCLUSIVE]
    yield from _requirements("Inconclusive", unsure)
    yield from _observed(report)
    yield from _list("Warnings", report.warnings)
    yield from _list("About the evidence", report.evidence.problems)


def _count_rows(report: Report) -> list[list[str]]:
    rows = (("requirements", report.counts), ("scenarios", report.scenario_counts))
    return [[name, *(str(counts[v.value]) for v in VERDICT_NAMES)] for name, counts in rows]


def _requirements(title: str, reports: Sequence[RequirementReport]) -> Iterator[str]:
    if not reports:
        return
    yield f"### {title}\n"
    rows = [row for report in reports for row in _requirement_rows(report)]
    head = ["Requirement", "Level", "Scenario", "Why"]
    yield from _table(head, ["---"] * 4, rows)


def _requirement_rows(report: RequirementReport) -> Iterator[list[str]]:
    requirement = report.requirement
    waived = " (waived)" if report.waived else ""
    about = [
        f"{VERDICT_SYMBOLS[report.verdict]} **{_escaped(requirement.id)}**"
        f" {_escaped(requirement.title)}{waived}<br>{_escaped(place(requirement.source))}",
        LEVEL_NAMES[requirement.level],
    ]
    if not report.scenarios:
        yield [*about, "none", _escaped(report.reason)]
    for scenario in report.scenarios:
        if scenario.verdict is report.verdict:
            reason = _escaped(_cut(scenario.reason or "no reason was given"))
            again = f"{_escaped(scenario.line.name)}<br>{_code(scenario.reproduce)}"
            yield [*about, again, reason]


def _observed(report: Report) -> Iterator[str]:
    if not report.observations:
        return
    yield "### Observed where the procedure is silent\n"
    rows = [
        [_escaped(o.requirement), _escaped(_cut(o.situation)), _escaped(_cut(o.observed))]
        for o in report.observations
    ]
    yield from _table(["Requirement", "Situation", "What the target did"], ["---"] * 3, rows)


def _table(head: list[str], rule: list[str], rows: list[list[str]]) -> Iterator[str]:
    for row in (head, rule, *rows[:ROWS_MAX]):
        yield f"| {' | '.join(row)} |"
    yield ""
    if len(rows) > ROWS_MAX:
        yield f"… and {len(rows) - ROWS_MAX} more; the whole list is in report.html.\n"


def _list(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = [f"- {_escaped(item)}" for item in items]
    if lines:
        yield f"### {title}\n"
        yield from lines[:ROWS_MAX]
        yield ""


def _cut(text: str) -> str:
    return text if len(text) <= REASON_CHARACTERS_MAX else f"{text[:REASON_CHARACTERS_MAX]} …"


def _escaped(text: str) -> str:
    """As text on one line, whatever it holds: no markup, no links, no mentions."""
    flat = re.sub(r"\s+", " ", text).strip()
    entities = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", entities)


def _code(text: str) -> str:
    """As code on one line; a code element, since a fence of backticks can be broken out of."""
    return f"<code>{_escaped(text)}</code>"
