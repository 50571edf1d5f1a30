"""`pairproof compare`: two runs side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from harness.catalogue.requirement import Level
from harness.catalogue.verdict import Verdict
from harness.cli.commands.runs import CompareOptions
from harness.cli.exits import CannotDo, put_json
from harness.cli.summary import print_texts, shortened
from harness.history.manifest import is_fleet
from harness.reporting import comparing
from harness.reporting.comparison_page import write_comparison
from harness.reporting.words import describe_verdict, uncapitalized

_STYLES = {
    comparing.Change.BROKE: "bold red",
    comparing.Change.LOST: "bold yellow",
    comparing.Change.MENDED: "bold green",
}
_SYMBOLS = {
    comparing.Change.BROKE: "✗",
    comparing.Change.LOST: "?",
    comparing.Change.MENDED: "✓",
    comparing.Change.CHANGED: "~",
    comparing.Change.ADDED: "+",
    comparing.Change.GONE: "-",
}
_SCENARIOS_MAX = 5
"""More of one requirement are counted, not listed."""


def compare_runs(asked: CompareOptions) -> int:
    """Compare two runs, print what differs, and write it as a page; returns the exit code.

    Raises:
        CannotDo: one is a fleet's and the other is not.
        EvidenceError: one is no evidence, or is damaged.
        ReportError: the page cannot be written.
    """
    before, after = asked.before, asked.after
    if is_fleet(before) is not is_fleet(after):
        raise CannotDo("one of the two is the run of a fleet and the other is not")
    comparison = comparing.compare(comparing.read_run(before), comparing.read_run(after))
    page = write_comparison(comparison, asked.out) if asked.out else None
    if asked.format == "json":
        put_json(comparing.comparison_json(comparison))
    else:
        print_texts(_lines(comparison, page))
    return comparison.exit_code


def _lines(comparison: comparing.RunComparison, page: Path | None) -> Iterator[Text]:
    for side, run in (("before", comparison.before), ("after", comparison.after)):
        made = run.header.implementation.called
        yield Text(f"{side:<9} {run.name}: {made}, {uncapitalized(run.headline)}")
        yield from (Text(f"not whole {shortened(told)}", "yellow") for told in run.unsound[:1])
    for unlike in comparison.unlike:
        yield Text(f"unlike    {shortened(unlike)}", "yellow")
    for change in comparison.changes:
        yield from _change(change)
    if comparison.whole:
        yield Text(f"whole     {comparison.whole}")
    if page:
        yield Text(f"page      {page}")
    counted = [f"{count} {kind.value}" for kind, count in comparison.counts.items() if count]
    yield Text(" · ".join(counted) or "no verdict on a requirement changed")


def _change(change: comparing.RequirementChange) -> Iterator[Text]:
    requirement = change.requirement
    level = "" if requirement.level is Level.MUST else f" ({requirement.level.value})"
    waived = " (waived)" if change.waived else ""
    told = f"{_SYMBOLS[change.change]} {change.change.value:<8}{requirement.id}{level}{waived} "
    yield Text.assemble(
        (told, _STYLES.get(change.change, "")),
        f"{_named(change.before)} → {_named(change.after)}: {requirement.title}",
    )
    for scenario in change.scenarios[:_SCENARIOS_MAX]:
        sides = (s.verdict if s else None for s in (scenario.before, scenario.after))
        yield Text(f"    {scenario.scenario}: {' → '.join(map(_named, sides))}")
        if scenario.reason:
            yield Text(f"      {shortened(scenario.reason)}", "dim")
    if len(change.scenarios) > _SCENARIOS_MAX:
        yield Text(f"    and {len(change.scenarios) - _SCENARIOS_MAX} more scenarios")


def _named(verdict: Verdict | None) -> str:
    return describe_verdict(verdict) if verdict else "not there"
