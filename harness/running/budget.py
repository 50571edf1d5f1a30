"""Chooses the scenarios of a run that may last so long: every MUST first, dearest repeats last.

The choice goes by the table of needs and by what the target says that it lacks, and so is the same
everywhere. How long a scenario really takes is the target's affair; the run keeps an eye on the
clock besides. By the same table, what
uses clusters up comes last where they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from harness.catalogue.needs import all_needs, need_of
from harness.catalogue.requirement import Feature, Level, Requirement, Role
from harness.domain.arrangements import ARRANGEMENTS, Slot
from harness.domain.errors import PairproofError
from harness.targets.port import Driver

Item = TypeVar("Item")

ANSWER_S: Final = 0.01
"""What is reckoned with for a request and its answer where nobody has measured it."""


class BudgetTooSmall(PairproofError):
    """Not even one scenario for each MUST fits; says how long that takes."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The scenarios of a run within a budget: those by which each MUST is asked, then others."""

    musts: tuple[str, ...]
    others: tuple[str, ...]
    lasts_s: float
    """What all of them are reckoned to take."""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """All of them, in the order in which they are asked."""
        return (*self.musts, *self.others)


def cost_s(scenario: str, answer_s: float = ANSWER_S) -> float:
    """What a scenario is reckoned to take; one of which nothing is known is like most."""
    table = all_needs()
    if scenario in table:
        return table[scenario].lasts_s(answer_s)
    return sum(need.lasts_s(answer_s) for need in table.values()) / len(table)


def lacks_of(driver: Driver) -> list[str]:
    """What a target is known to lack before it is asked, sorted: sides, features, operations and
    arrangements.
    """
    info = driver.info
    claimed = info.features - ({Feature.PAGES} if info.unseen else frozenset())
    claimed |= {Feature.SERVER_STEPS} if info.has_steps else frozenset()
    sides = [side for side in (Role.EDGE, Role.CENTRAL) if not info.plays(side)]
    operations = [kind.__name__ for kind in info.not_offered]
    arranged = [name for name, kind in ARRANGEMENTS.items() if driver.cannot(kind)]
    return sorted([*sides, *(set(Feature) - claimed), *operations, *arranged])


def within(
    budget_s: float,
    scenarios: Mapping[str, Sequence[Requirement]],
    lacks: Collection[str] = (),
) -> Chosen:
    """Choose among scenarios, each with what it judges. Those that need what the target `lacks`
    end at once and unjudged: they come after all others.

    Raises:
        BudgetTooSmall: not even one for each MUST fits.
    """
    lacking = {s for s, judged in scenarios.items() if _is_lacking(s, judged, frozenset(lacks))}

    def cost(scenario: str) -> float:
        return 0.0 if scenario in lacking else cost_s(scenario)

    cheapest = sorted(scenarios, key=lambda s: (s in lacking, cost_s(s), s))
    musts = _one_for_each(Level.MUST, cheapest, scenarios, ())
    lasts_s = sum(map(cost, musts))
    if lasts_s > budget_s:
        raise BudgetTooSmall(
            f"--budget: to ask each MUST once takes about {lasts_s:.0f} s ({len(musts)} of"
            f" {len(scenarios)} scenarios), and there are {budget_s:g} s; give it more time, or"
            " select less"
        )
    seen = _one_for_each(None, cheapest, scenarios, musts)
    others: list[str] = []
    for scenario in (*seen, *_repeats(cheapest, (*musts, *seen))):
        if lasts_s + cost(scenario) > budget_s:
            break
        lasts_s += cost(scenario)
        others.append(scenario)
    return Chosen(tuple(musts), tuple(others), lasts_s)


def _is_lacking(scenario: str, judged: Sequence[Requirement], lacks: frozenset[str]) -> bool:
    """Whether a scenario needs what the target lacks, or binds the side that it does not play."""
    binding = [requirement for requirement in judged if requirement.role not in lacks]
    claimed = set(Feature) - lacks
    need = need_of(scenario)
    unmet = any(requirement.lacks(claimed) for requirement in binding)
    return (
        unmet or bool(judged) > bool(binding) or not lacks.isdisjoint(need.operations + need.kinds)
    )


def _one_for_each(
    level: Level | None,
    cheapest: Sequence[str],
    scenarios: Mapping[str, Sequence[Requirement]],
    already: Sequence[str],
) -> list[str]:
    """The cheapest scenario for each requirement of a level (or any) that none asks for yet."""
    asked = {r.id for s in already for r in scenarios[s]}
    found: list[str] = []
    for scenario in cheapest:
        new = {r.id for r in scenarios[scenario] if level in (None, r.level)} - asked
        if new:
            found.append(scenario)
            asked.update(r.id for r in scenarios[scenario])
    return found


def _repeats(cheapest: Sequence[str], already: Sequence[str]) -> list[str]:
    """What is left; further rows of an outline of which one is asked come last."""
    outlines, firsts, rows = set(map(_outline, already)), list[str](), list[str]()
    for scenario in (s for s in cheapest if s not in already):
        (rows if _outline(scenario) in outlines else firsts).append(scenario)
        outlines.add(_outline(scenario))
    return [*firsts, *rows]


def _outline(scenario: str) -> str:
    """What the rows of one outline have in common."""
    return scenario.partition("[")[0]


def consuming_last(
    items: list[Item], slots: Iterable[Slot], scenario_of: Callable[[Item], str]
) -> None:
    """Where clusters are given, scenarios that leave them as they are come before the others.

    The order is otherwise as it was. What is no scenario (an empty id) comes first.
    """
    if any(slot.given for slot in slots):
        items.sort(key=lambda item: bool(id_ := scenario_of(item)) and need_of(id_).clusters > 0)
