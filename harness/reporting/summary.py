"""`summary.md`: the report in a screenful, for the page of a CI run.

One entry for each cause, and what is more is folded. Whatever text it gets stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from harness.catalogue.requirement import Requirement
from harness.catalogue.verdict import Verdict
from harness.reporting import words
from harness.reporting.causes import causes
from harness.reporting.model import Report
from harness.reporting.repeating import UNSTABLE
from harness.reporting.waiving import describe


def summary_md(report: Report) -> str:
    """The report as Markdown. Everything that came from a target is escaped."""
    return "\n".join(_blocks(report)).rstrip() + "\n"


def _blocks(report: Report) -> Iterator[str]:
    header = report.header
    symbol = words.OVERALL_SYMBOLS[report.verdict]
    yield f"## {symbol} {report.headline}: {escaped(header.implementation.called)}\n"
    yield f"{escaped(report.why)}\n"
    yield (
        f"Edition {escaped(header.edition)} · roles {escaped(', '.join(header.roles))}"
        f" · profile {escaped(', '.join(header.profiles) or 'all')}"
        f" · driver {escaped(header.driver)}"
        f" · seed {header.seed} · {report.evidence.operation_count} operations"
        f" in {report.duration_s:.1f} s"
        f"{f' · resumed {escaped(at)}' if (at := words.describe_resumed(header)) else ''}\n"
    )
    counts = (("requirements", report.counts), ("scenarios", report.scenario_counts))
    rows = [[name, *(str(of[v.value]) for v in words.VERDICT_NAMES)] for name, of in counts]
    yield from table(["", *words.VERDICT_NAMES.values()], ["---", *["---:"] * 6], rows)
    yield from _entries("Failed", _entries_of(report, Verdict.FAIL))
    unsure = [*_entries_of(report, Verdict.INCONCLUSIVE)]
    unstable = [entry for entry in unsure if entry.told.startswith(UNSTABLE)]
    yield from _entries("Unstable", unstable)
    yield from _entries("Inconclusive", [entry for entry in unsure if entry not in unstable])
    excused = ((r, r.waived) for r in report.requirements if r.waived)
    waived = (f"{_named(r.requirement)}: {escaped(describe(waiver))}" for r, waiver in excused)
    yield from listed("Waived, not passed", waived, are_escaped=True)
    yield from _repeats(report)
    yield from listed("Left on the target", map(words.describe_leak, report.evidence.leaks))
    yield from listed("Warnings", report.warnings)
    yield from _observed(report)
    yield from listed("About the evidence", report.evidence.problems)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One finding: what it says, of which requirements, and the scenarios that found it."""

    told: str
    requirements: Sequence[Requirement]
    scenarios: Sequence[tuple[str, str]] = ()
    """Their names, and the command that shows each again."""


def _entries_of(report: Report, verdict: Verdict) -> Iterator[_Entry]:
    """What has this verdict and no waiver: by its cause, and then what no scenario gave it."""
    told = {r.requirement.id for r in report.requirements if r.waived}
    for cause in causes(report, verdict):
        requirements = [r for r in cause.requirements if not r.waived]
        told |= {r.requirement.id for r in requirements}
        if requirements:
            yield _Entry(
                "; ".join(cause.first.reasons),
                [r.requirement for r in requirements],
                [(story.line.name, story.reproduce) for story in cause.stories],
            )
    others: dict[str, list[Requirement]] = {}
    for report_of_one in report.requirements:
        if report_of_one.verdict is verdict and report_of_one.requirement.id not in told:
            why = report_of_one.reason or report_of_one.why or "no reason was given"
            others.setdefault(why, []).append(report_of_one.requirement)
    yield from (_Entry(why, requirements) for why, requirements in others.items())


def _entries(title: str, found: Iterable[_Entry]) -> Iterator[str]:
    """A heading and the entries, those that are more than a screen holds folded."""
    entries = [*found]
    if not entries:
        return
    yield f"### {title}\n"
    yield from chain.from_iterable(map(_entry, entries[:ENTRIES_MAX]))
    if rest := entries[ENTRIES_MAX:]:
        yield from folded(f"{len(rest)} more", chain.from_iterable(map(_entry, rest)))


def _entry(entry: _Entry) -> Iterator[str]:
    yield f"**{escaped(cut(words.begun(entry.told)))}**<br>"
    named = [_named(requirement) for requirement in entry.requirements]
    yield "<br>".join(named[:_NAMED_MAX])
    more = named[_NAMED_MAX:]
    again = [f"- {escaped(name)}<br>{code(command)}" for name, command in entry.scenarios]
    if not (more or again):
        yield ""
        return
    counts = (("scenario", len(again)), ("more requirement", len(more)))
    told = [f"{n} {what}{'' if n == 1 else 's'}" for what, n in counts if n]
    yield from folded(", ".join(told), [*(f"- {name}" for name in more), *again])


def _named(requirement: Requirement) -> str:
    about = ", ".join(
        filter(None, [words.LEVEL_NAMES[requirement.level], words.place(requirement.source)])
    )
    return f"**{escaped(requirement.id)}** {escaped(requirement.title)} ({escaped(about)})"


def _repeats(report: Report) -> Iterator[str]:
    """What each run of several came to."""
    rows = [
        [code(repeat.file), words.describe_overall(repeat.verdict), escaped(cut(repeat.why))]
        for repeat in report.repeats
    ]
    if rows:
        yield "### Repeats\n"
        yield from table(["Evidence", "Verdict", "Why"], ["---"] * 3, rows)


def _observed(report: Report) -> Iterator[str]:
    rows = [
        [escaped(o.requirement), escaped(cut(o.situation)), escaped(cut(o.observed))]
        for o in report.observations
    ]
    head = ["Requirement", "Situation", "What the target did"]
    if rows:
        title = f"Observed where the procedure is silent: {len(rows)}"
        yield from folded(title, table(head, ["---"] * len(head), rows))


# --- pieces of Markdown ----------------------------------------------------------------------

ENTRIES_MAX = 8
_NAMED_MAX = 5
"""Findings, and requirements of one, that stand there at once; more are folded."""
REASON_CHARACTERS_MAX = 2_000
"""No sentence of ours is as long; what a target says may be, and a CI page holds a megabyte."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~@])")


def table(head: Sequence[str], rule: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table, line by line; `rule` is what stands below the head."""
    for row in (head, rule, *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


def listed(title: str, items: Iterable[str], *, are_escaped: bool = False) -> Iterator[str]:
    """A heading and a list, or nothing when it would be empty."""
    lines = [f"- {item if are_escaped else escaped(item)}" for item in items]
    if lines:
        yield f"### {title}\n"
        yield from lines
        yield ""


def folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines that a click unfolds."""
    yield f"<details><summary>{title}</summary>\n"
    yield from lines
    yield "\n</details>\n"


def cut(text: str) -> str:
    """The text, or as much of it as a row should hold."""
    return words.clipped(text, REASON_CHARACTERS_MAX)


def escaped(text: str) -> str:
    """As text on one line, whatever it holds: no markup, no links, no mentions."""
    flat = re.sub(r"\s+", " ", text).strip()
    entities = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", entities)


def code(text: str) -> str:
    """As code on one line; a code element, since a fence of backticks can be broken out of."""
    return f"<code>{escaped(text)}</code>"
