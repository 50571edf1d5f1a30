"""`summary.md`: the report in short, for the page of a CI run; whatever text it gets stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from harness.catalogue.verdict import Verdict
from harness.reporting import words
from harness.reporting.model import Report, RequirementReport
from harness.reporting.waiving import describe


def summary_md(report: Report) -> str:
    """The report as Markdown. Everything that came from a target is escaped."""
    return "\n".join(_blocks(report)).rstrip() + "\n"


def _blocks(report: Report) -> Iterator[str]:
    header = report.header
    made = header.implementation
    symbol = words.OVERALL_SYMBOLS[report.verdict]
    yield f"## {symbol} {report.headline}: {escaped(f'{made.name} {made.version}'.strip())}\n"
    yield f"{escaped(report.why)}\n"
    yield (
        f"Edition {escaped(header.edition)} · roles {escaped(', '.join(header.roles))}"
        f" · profile {escaped(header.profile or 'all')} · driver {escaped(header.driver)}"
        f" · seed {header.seed} · {report.evidence.operation_count} operations"
        f" in {report.duration_s:.1f} s"
        f"{f' · resumed {escaped(at)}' if (at := words.describe_resumed(header)) else ''}\n"
    )
    counts = (("requirements", report.counts), ("scenarios", report.scenario_counts))
    rows = [[name, *(str(of[v.value]) for v in words.VERDICT_NAMES)] for name, of in counts]
    yield from table(["", *words.VERDICT_NAMES.values()], ["---", *["---:"] * 6], rows)
    judged = report.requirements
    failed = [r for r in judged if r.verdict is Verdict.FAIL]
    yield from _requirements("Failed", [r for r in failed if not r.waived])
    unsure = [r for r in judged if r.verdict is Verdict.INCONCLUSIVE and not r.waived]
    yield from _requirements("Unstable", [r for r in unsure if r.unstable])
    yield from _requirements("Inconclusive", [r for r in unsure if not r.unstable])
    yield from _requirements("Waived, not passed", [r for r in judged if r.waived])
    yield from _repeats(report)
    yield from listed("Left on the target", map(words.describe_leak, report.evidence.leaks))
    yield from listed("Warnings", report.warnings)
    yield from _observed(report)
    yield from listed("About the evidence", report.evidence.problems)


def _requirements(title: str, reports: Sequence[RequirementReport]) -> Iterator[str]:
    rows = [row for report in reports for row in _requirement_rows(report)]
    return _titled(title, ["Requirement", "Level", "Scenario", "Why"], rows)


def _requirement_rows(report: RequirementReport) -> Iterator[list[str]]:
    requirement = report.requirement
    waived = f" ({escaped(describe(report.waived))})" if report.waived else ""
    about = [
        f"{words.VERDICT_SYMBOLS[report.verdict]} **{escaped(requirement.id)}**"
        f" {escaped(requirement.title)}{waived}<br>{escaped(words.place(requirement.source))}",
        words.LEVEL_NAMES[requirement.level],
    ]
    if report.reason:
        yield [*about, "none", escaped(report.reason)]
    for scenario in report.scenarios:
        if scenario.verdict is report.verdict or scenario.failed:
            reason = escaped(cut(scenario.reason or "no reason was given"))
            again = f"{escaped(scenario.line.name)}<br>{code(scenario.reproduce)}"
            yield [*about, again, reason]


def _repeats(report: Report) -> Iterator[str]:
    """What each run of several came to."""
    rows = [
        [code(repeat.file), words.describe_overall(repeat.verdict), escaped(cut(repeat.why))]
        for repeat in report.repeats
    ]
    return _titled("Repeats", ["Evidence", "Verdict", "Why"], rows)


def _observed(report: Report) -> Iterator[str]:
    rows = [
        [escaped(o.requirement), escaped(cut(o.situation)), escaped(cut(o.observed))]
        for o in report.observations
    ]
    head = ["Requirement", "Situation", "What the target did"]
    return _titled("Observed where the procedure is silent", head, rows)


def _titled(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A heading and a table, or nothing when it would be empty."""
    if rows:
        yield f"### {title}\n"
        yield from table(head, ["---"] * len(head), rows)


# --- pieces of Markdown ----------------------------------------------------------------------

REASON_CHARACTERS_MAX = 300
ROWS_MAX = 100
"""More rows than that are counted: a CI page is cut at a megabyte."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~@])")


def table(head: Sequence[str], rule: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table, line by line; `rule` is what stands below the head."""
    for row in (head, rule, *rows[:ROWS_MAX]):
        yield f"| {' | '.join(row)} |"
    yield ""
    if len(rows) > ROWS_MAX:
        yield f"… and {len(rows) - ROWS_MAX} more; the whole list is in report.html.\n"


def listed(title: str, items: Iterable[str]) -> Iterator[str]:
    """A heading and a list, or nothing when it would be empty."""
    lines = [f"- {escaped(item)}" for item in items]
    if lines:
        yield f"### {title}\n"
        yield from lines[:ROWS_MAX]
        yield ""


def cut(text: str) -> str:
    """The text, or as much of it as a row should hold."""
    return text if len(text) <= REASON_CHARACTERS_MAX else f"{text[:REASON_CHARACTERS_MAX]} …"


def escaped(text: str) -> str:
    """As text on one line, whatever it holds: no markup, no links, no mentions."""
    flat = re.sub(r"\s+", " ", text).strip()
    entities = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", entities)


def code(text: str) -> str:
    """As code on one line; a code element, since a fence of backticks can be broken out of."""
    return f"<code>{escaped(text)}</code>"
