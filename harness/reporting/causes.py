"""Scenarios that did not pass, by what decided them: one finding, one cause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from harness.catalogue.requirement import Level
from harness.catalogue.verdict import Verdict, worst
from harness.history.lines import ScenarioLine
from harness.history.operation import OperationRecord
from harness.history.wording import WAITS
from harness.reporting.model import Report, RequirementReport, ScenarioReport


@dataclass(frozen=True, slots=True)
class RequirementInScenario:
    """One requirement in the light of a scenario."""

    requirement: RequirementReport
    report: ScenarioReport


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario that did not pass: what it says of each of its requirements."""

    judged: tuple[RequirementInScenario, ...]
    operations: Sequence[OperationRecord]
    """All that it did."""

    @property
    def line(self) -> ScenarioLine:
        """Which scenario it is."""
        return self.judged[0].report.line

    @property
    def anchor(self) -> str:
        """Where it is told on the page."""
        return anchor_of(self.line.id)

    @property
    def verdict(self) -> Verdict:
        """The worst of its verdicts."""
        return worst(j.report.verdict for j in self.judged)

    @property
    def decides(self) -> bool:
        """Whether it decides the verdict on the whole."""
        return any(
            j.requirement.requirement.level is Level.MUST and j.report.waived is None
            for j in self.judged
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, each reason once."""
        reasons = (j.report.reason or "no reason was given" for j in self.judged)
        return tuple(dict.fromkeys(reasons))

    @property
    def decisive(self) -> frozenset[str]:
        """The operations on which its verdict rests."""
        return frozenset(o for j in self.judged for o in j.report.operations)

    @property
    def reproduce(self) -> str:
        """The command that shows it again."""
        return self.judged[0].report.reproduce


@dataclass(frozen=True, slots=True)
class Cause:
    """Scenarios with one and the same deciding finding, the most telling first."""

    finding: tuple[str, ...]
    """The same for the same cause in any run."""
    stories: tuple[Story, ...]

    @property
    def first(self) -> Story:
        """The one that tells it in the fewest operations."""
        return self.stories[0]

    @property
    def anchor(self) -> str:
        """Where it is told on the page."""
        return self.first.anchor.replace("scenario", "cause")

    @property
    def requirements(self) -> tuple[RequirementReport, ...]:
        """What it breaks, or leaves undecided, each once."""
        found = {
            j.requirement.requirement.id: j.requirement for s in self.stories for j in s.judged
        }
        return tuple(found.values())


def anchor_of(scenario: str) -> str:
    """Where a scenario is told: the same in every report, so that links stay good."""
    return f"scenario-{sha256(scenario.encode()).hexdigest()[:12]}"


def causes(report: Report, verdict: Verdict) -> tuple[Cause, ...]:
    """The scenarios of which this is the verdict, by what decided it.

    Causes that decide the verdict on the whole come before those that only warn, then those of
    many scenarios before those of few; within one the shortest story comes first.
    """
    grouped: dict[tuple[str, ...], list[Story]] = {}
    for story in _stories(report, verdict):
        grouped.setdefault(_finding_of(story), []).append(story)
    found = [Cause(f, tuple(sorted(stories, key=_telling))) for f, stories in grouped.items()]
    found.sort(key=lambda cause: (not cause.first.decides, -len(cause.stories)))
    return tuple(found)


def _stories(report: Report, verdict: Verdict) -> Iterable[Story]:
    by_scenario: dict[str, list[RequirementInScenario]] = {}
    for requirement in report.requirements:
        for scenario in requirement.scenarios:
            if scenario.verdict is verdict:
                judged = RequirementInScenario(requirement, scenario)
                by_scenario.setdefault(scenario.line.id, []).append(judged)
    histories = report.evidence.histories
    for id_, worst_of_all in report.scenario_verdicts.items():
        if worst_of_all is verdict:
            operations = histories[id_].operations if id_ in histories else ()
            yield Story(tuple(by_scenario[id_]), operations)


def _telling(story: Story) -> tuple[bool, int]:
    return not story.decides, len(story.operations)


_ID = r"[^\s,;]*\d[^\s,;]*"
_PARTICULAR = re.compile(rf"\(.*?\)|{_ID}(?:, request {_ID})*(?: and \d+ more)?")
"""What differs between findings that say the same: what was seen in detail, and whose it was."""


def without_particulars(finding: str) -> str:
    """A finding without whose it was and what was seen in detail: the same for the same cause."""
    return " ".join(_PARTICULAR.sub("#", finding).split())


def _finding_of(story: Story) -> tuple[str, ...]:
    """By which finding a scenario was decided: the same wherever the same was found.

    That an operation ended otherwise than it should says little without what was asked, so that
    counts as well; what was waited for says it itself, and what was missing, too.
    """
    decisive = story.decisive
    waited = any(o.kind in WAITS for o in story.operations if o.id in decisive)
    alone = waited or story.verdict is Verdict.INCONCLUSIVE
    asked = () if alone else tuple(j.requirement.requirement.id for j in story.judged)
    return (without_particulars(story.reasons[0]), *asked)
