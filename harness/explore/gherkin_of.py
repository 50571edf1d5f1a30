"""A sequence as a scenario in the steps of the suite, to be pasted into a feature file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.explore.lockstep import Differs, Expected, Step

TITLE = "What pairproof explore has found"


def feature_of(found: Differs) -> str:
    """A whole feature file with the one scenario that shows what was found."""
    return f"Feature: {TITLE}\n\n{scenario_of(found)}"


def scenario_of(found: Differs) -> str:
    """The scenario, tagged with the requirement; each line ends in a line break."""
    title = found.steps[-1].says
    lines = [
        f"@{found.expected.requirement}",
        f"Scenario: {title[:1].upper()}{title[1:]}",
        *(f"  {line}" for line in _steps((*found.steps, found.expected))),
    ]
    return "".join(f"  {line}\n" for line in lines)


def _steps(steps: Iterable[Step | Expected]) -> Iterator[str]:
    """The steps, each with its keyword, or with `And` where that goes on."""
    before = ""
    for step in steps:
        yield f"{'And' if step.keyword == before else step.keyword} {step.says}"
        before = step.keyword
