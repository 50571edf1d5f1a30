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
from harness.history.manifest import is_fleet, read_whole
from harness.reporting import comparing
from harness.reporting.files import read_report
from harness.reporting.fleet.model import build_fleet_report
from harness.reporting.words import OVERALL_NAMES, describe_verdict

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
    """Compare two runs, and print what differs; returns the exit code.

    Raises:
        CannotDo: one is a fleet's and the other is not.
        EvidenceError: one is no evidence, or is damaged.
    """
    before, after = asked.before, asked.after
    if is_fleet(before) is not is_fleet(after):
        raise CannotDo("one of the two is the run of a fleet and the other is not")
    comparison = comparing.compare(_verdicts(before), _verdicts(after))
    if asked.format == "json":
        put_json(comparing.comparison_json(comparison))
    else:
        print_texts(_lines(comparison))
    return comparison.exit_code


def _verdicts(path: Path) -> comparing.Verdicts:
    if is_fleet(path):
        return _of_fleet(path)
    report = read_report(path)
    return comparing.Verdicts(
        name=str(path),
        header=report.header,
        overall=report.verdict,
        why=report.why,
        unsound=tuple(report.evidence.problems),
        requirements={
            r.requirement.id: (r.requirement, r.verdict, r.waived is not None)
            for r in report.requirements
        },
        scenarios={
            (r.requirement.id, s.line.id): (s.verdict, s.reason)
            for r in report.requirements
            for s in r.scenarios
        },
    )


def _of_fleet(path: Path) -> comparing.Verdicts:
    report = build_fleet_report(read_whole(path), str(path))
    checkers = report.checkers
    return comparing.Verdicts(
        name=str(path),
        header=report.header,
        overall=report.verdict,
        why=report.why,
        unsound=report.problems,
        requirements={c.requirement.id: (c.requirement, c.verdict, False) for c in checkers},
        scenarios={(c.requirement.id, report.scenario): (c.verdict, c.reason) for c in checkers},
    )


def _lines(comparison: comparing.RunComparison) -> Iterator[Text]:
    for side, run in (("before", comparison.before), ("after", comparison.after)):
        made = run.header.implementation
        name = f"{made.name} {made.version}".strip()
        yield Text(f"{side:<9} {run.name}: {name}, {OVERALL_NAMES[run.overall].lower()}")
        yield from (Text(f"not whole {shortened(told)}", "yellow") for told in run.unsound[:1])
    for unlike in comparison.unlike:
        yield Text(f"unlike    {shortened(unlike)}", "yellow")
    for change in comparison.changes:
        yield from _change(change)
    kinds = [change.change for change in comparison.changes]
    counted = [f"{kinds.count(kind)} {kind.value}" for kind in comparing.Change if kind in kinds]
    before, after = comparison.before.overall, comparison.after.overall
    if before is not after:
        told = f"{OVERALL_NAMES[before].lower()} → {OVERALL_NAMES[after].lower()}"
        yield Text(
            f"whole     {told}, {comparison.after.why[:1].lower()}{comparison.after.why[1:]}"
        )
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
        yield Text(f"    {scenario.scenario}: {_named(scenario.before)} → {_named(scenario.after)}")
        if scenario.reason:
            yield Text(f"      {shortened(scenario.reason)}", "dim")
    if len(change.scenarios) > _SCENARIOS_MAX:
        yield Text(f"    and {len(change.scenarios) - _SCENARIOS_MAX} more scenarios")


def _named(verdict: Verdict | None) -> str:
    return describe_verdict(verdict) if verdict else "not there"
