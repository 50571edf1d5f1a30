"""What a person reads at the end of a run; nothing that a target has said acts on the terminal."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn
from rich.text import Text

from harness.catalogue.requirement import Feature, Level
from harness.catalogue.verdict import RED, Overall, Verdict
from harness.history.lines import DRAWN, STILL_OPEN
from harness.history.reader import Evidence
from harness.history.visible import visible_line
from harness.reporting import words
from harness.reporting.model import Report, RequirementReport, ScenarioReport, some
from harness.targets.ledger import FILE, State, read_ledger

STYLES = {
    Verdict.PASS: "green",
    Verdict.FAIL: "red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_SUPPORTED: "dim",
    Verdict.SKIPPED: "dim",
    Verdict.OBSERVED: "cyan",
}
OVERALL_STYLES = {
    Overall.CONFORMS: "bold green",
    Overall.DOES_NOT_CONFORM: "bold red",
    Overall.INCONCLUSIVE: "bold yellow",
}
_SCENARIOS_MAX = 5
"""More of one requirement are counted, not listed."""
_REASON_MAX = 400
_PAGES = f"{Feature.PAGES.value}: "


def print_summary(report: Report, out: Path) -> None:
    """The verdict, the counts, each failure with its reason, and where the report lies."""
    print_texts(_lines(report, out))


def print_texts(texts: Iterable[Text]) -> None:
    """Print lines, each whole however long, and with nothing in it that acts on the terminal."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for text in texts:
        console.print(printable(text))


def _lines(report: Report, out: Path) -> Iterator[Text]:
    yield Text()
    for verdict in RED:
        for requirement in (r for r in report.requirements if r.verdict is verdict):
            if requirement.scenarios:
                yield from _requirement(requirement)
    unsure = (r for r in report.requirements if r.verdict is Verdict.INCONCLUSIVE)
    yield from unjudged(r for r in unsure if not r.scenarios)
    yield from _unseen(report)
    yield from _counted("requirements", report.counts)
    yield from _counted("scenarios", report.scenario_counts)
    for line in (s for s in report.evidence.scenarios if s.id == DRAWN):
        yield Text(f"explored      {line.name}")
    if report.repeats:
        yield _repeats(report)
    if resumed := words.describe_resumed(report.header):
        yield Text(f"resumed       {resumed}")
    if report.evidence.problems:
        problems = "; ".join(report.evidence.problems[:3])
        yield Text(f"incomplete    {problems}", "yellow")
    for leak in report.evidence.leaks:
        yield Text(f"left behind   {shortened(words.describe_leak(leak))}", "yellow")
    yield from kept_lines(out / FILE)
    for warning in report.warnings:
        yield Text(f"warning       {shortened(warning)}", "yellow")
    name = report.header.implementation.called
    headline = f"{words.OVERALL_SYMBOLS[report.verdict]} {words.uncapitalized(report.headline)}: "
    style = OVERALL_STYLES[report.verdict] if report.tone == report.verdict.value else "bold"
    yield Text.assemble((headline, style), f"{name}. {report.why}")
    yield Text(f"report        {out / 'report.html'}")


def _unseen(report: Report) -> Iterator[Text]:
    """What is missing for the pages, where there are some and nobody saw them."""
    ended = (scenario for r in report.requirements for scenario in r.scenarios)
    reasons = dict.fromkeys(s.reason for s in ended if s.reason.startswith(_PAGES))
    for reason in reasons:
        yield Text(f"not judged    {shortened(reason)}", "yellow")


def kept_lines(ledger: Path) -> Iterator[Text]:
    """How much stays on a target that can remove nothing of its kind, and where it is listed."""
    if not ledger.is_file():
        return
    header, entries = read_ledger(ledger)
    kept = Counter(e.kind.value for e in entries.values() if e.state is State.KEPT)
    if kept:
        told = ", ".join(f"{count} of the kind {kind}" for kind, count in kept.items())
        yield Text(f"kept          {told}, marked {header.mark}: see {ledger}")


def unjudged(requirements: Iterable[RequirementReport], most: int = 12) -> Iterator[Text]:
    """What could not be judged, by the reason: all of it at once, as a run that ends early has
    much of it. Of each reason no more than `most` are named.
    """
    by_reason: dict[str, list[str]] = {}
    for report in requirements:
        by_reason.setdefault(report.why, []).append(report.requirement.id)
    for reason, ids in by_reason.items():
        yield marked(Verdict.INCONCLUSIVE, some(ids, most), reason)


def marked(verdict: Verdict, name: str, told: str) -> Text:
    """A line that begins with the sign of a verdict and what has it."""
    sign = " ".join(filter(None, (words.VERDICT_SYMBOLS[verdict], name)))
    return Text.assemble((f"{sign} ", STYLES[verdict]), told)


def _requirement(report: RequirementReport) -> Iterator[Text]:
    requirement = report.requirement
    level = "" if requirement.level is Level.MUST else f" ({requirement.level.value})"
    waived = f" ({words.waived_as(report.waived)})" if report.waived else ""
    unstable = " (unstable)" if report.unstable else ""
    name = f"{requirement.id}{level}{waived}{unstable}"
    yield marked(report.verdict, name, requirement.title)
    red = [s for s in report.scenarios if s.verdict is report.verdict or s.failed]
    for scenario in red[:_SCENARIOS_MAX]:
        yield from _scenario(scenario)
    if len(red) > _SCENARIOS_MAX:
        yield Text(f"    and {len(red) - _SCENARIOS_MAX} more scenarios")


def _scenario(scenario: ScenarioReport) -> Iterator[Text]:
    yield Text(f"    {scenario.line.feature}:{scenario.line.line}: {scenario.line.name}")
    yield Text(f"      {shortened(scenario.reason)}")
    for repeat in scenario.repeats:
        told = words.VERDICT_NAMES[repeat.verdict] if repeat.verdict else "not judged"
        yield Text(f"      {repeat.name}: {told}, {repeat.file}")
    yield Text(f"      again: {scenario.reproduce}", "dim")


def _repeats(report: Report) -> Text:
    count, unstable = len(report.repeats), report.unstable
    if unstable:
        ids = some([r.requirement.id for r in unstable])
        return Text(f"repeats       {count} runs do not agree on {ids}", "yellow")
    asked = report.header.repeat
    if count < asked:
        return Text(f"repeats       {count} of {asked} runs", "yellow")
    return Text(f"repeats       all {count} runs came to the same verdicts")


def _counted(what: str, counts: dict[str, int]) -> Iterator[Text]:
    told = [f"{counts[v.value]} {words.VERDICT_NAMES[v]}" for v in Verdict if counts[v.value]]
    yield Text(f"{what:<13} {' · '.join(told) or 'none'}")


def in_flight(evidence: Evidence) -> Iterator[str]:
    """The operations whose outcome nobody saw, because the run ended first."""
    for history in evidence.histories.values():
        for operation in history.operations:
            if (operation.error or {}).get("why") == STILL_OPEN:
                yield f"in flight     {operation.id} {operation.kind} by {operation.actor}"


def shortened(text: str) -> str:
    """A reason in one line that is not too long, and that no CI server takes for a command.

    The runner of GitHub Actions looks for `##[` anywhere in a line.
    """
    line = " ".join(text.split()).replace("##[", "## [")
    return words.clipped(line, _REASON_MAX)


class Bars(Progress):
    """A bar, and its description below it: beside it a terminal's width would cut it off.

    It is there only where it `is_live`, on a terminal that somebody looks at.
    """

    def __init__(self, stream: TextIO, *columns: ProgressColumn) -> None:
        console = Console(file=stream, highlight=False, markup=False, soft_wrap=True)
        self.is_live = console.is_terminal and not os.environ.get("CI")
        bar = BarColumn(bar_width=24)
        super().__init__(bar, *columns, console=console, transient=True, disable=not self.is_live)
        self.task = self.add_task("getting ready", total=None)

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bars, then their descriptions."""
        yield from super().get_renderables()
        for task in self.tasks:
            yield Text(task.description, no_wrap=False, overflow="fold")


def printable(text: Text) -> Text:
    """The text in one line, with control characters spelled out; its styles stay."""
    plain = visible_line(text.plain)
    if plain != text.plain:
        text = Text.assemble(*((visible_line(part), style) for part, style in _parts(text)))
    return text


def _parts(text: Text) -> list[tuple[str, str]]:
    """The text in pieces of one style each; what has none has an empty one."""
    edges = sorted({0, len(text), *(e for span in text.spans for e in (span.start, span.end))})
    return [(text.plain[start:end], _style_at(text, start)) for start, end in pairwise(edges)]


def _style_at(text: Text, place: int) -> str:
    styles = [str(span.style) for span in text.spans if span.start <= place < span.end]
    return " ".join(filter(None, [str(text.style), *styles]))
