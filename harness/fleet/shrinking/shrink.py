"""Takes away from a failing run, again and again, until nothing more goes or time is up.

The steps and their order depend on what fails alone. Time decides only when to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from harness.fleet.contradictions import flaws
from harness.fleet.roster import Roster
from harness.fleet.scenario import MINUTE, Scenario
from harness.fleet.shrinking.ddmin import minimal
from harness.fleet.shrinking.reductions import (
    CHANGES,
    FAULTS,
    PEOPLE,
    about,
    cut,
    faults_until,
    in_one_cell,
    of_kind,
    settings_of,
    with_clusters,
    with_happenings,
    with_settings,
    without_empty_places,
    written_out,
)
from harness.fleet.shrinking.trying import Failed, TimeIsUp, Trials

Thing = TypeVar("Thing")

_MARGINS: Final = (0, MINUTE, 10 * MINUTE)
"""So much longer than until the failure; with less around it, it may come a little later."""
_FINER: Final = 4
"""At first things are left out in large pieces, whatever they are; with each round in smaller."""
_PER_MILLE: Final = (15, 31, 62, 125, 250, 500, 750, 900)
"""Such parts of the work are tried where it fails only after all of it."""


@dataclass(frozen=True, slots=True)
class Step:
    """What has been tried so far, and the smallest that failed."""

    what: str
    best: Failed
    tried: int


class Search:
    """Holds on to the smallest failing run so far.

    `guess` are the clusters that the failure seems to be about; it may be wrong, or empty.
    """

    def __init__(self, found: Failed, trials: Trials, guess: Sequence[int] = ()) -> None:
        self.best = replace(found, scenario=_bare(found.scenario))
        self.tried = 0
        self._trials = trials
        self._guess = tuple(guess)
        self._finest, self._was_coarse = _FINER, False
        self._well: set[Scenario] = set()
        """Those that did not fail. They would not the next time either."""

    def run(self, telling: Callable[[Step], None] = lambda _: None) -> bool:
        """Go on until nothing more goes; whether there was time enough for that."""
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("fewer clusters", self._fewer_clusters),
            ("one cell", self._fewer_cells),
            ("less time", self._less_time),
            ("fewer happenings", self._fewer_happenings),
            ("plain plans", self._plain_plans),
            ("fewer settings", self._fewer_settings),
        )
        before = None
        try:
            while before != self.best.scenario or self._was_coarse:
                before, self._was_coarse = self.best.scenario, False
                for what, step in steps:
                    step()
                    telling(Step(what, self.best, self.tried))
                self._finest *= _FINER
        except TimeIsUp:
            return False
        return True

    # --- what is tried ----------------------------------------------------------------

    def _fewer_clusters(self) -> None:
        scenario = self.best.scenario
        if scenario.only.clusters is None:
            self._first(self._around_the_failure(scenario))
        scenario = self.best.scenario
        self._fewest(Roster(scenario).indices(), lambda some: with_clusters(scenario, some))

    def _around_the_failure(self, scenario: Scenario) -> Iterator[Scenario]:
        """The clusters that it is about, or all of its cell, and no longer than need be."""
        cell = Roster(scenario).indices_of_cell(int(self.best.violation.cell))
        for clusters in filter(None, (self._guess, cell)):
            fewer = with_clusters(scenario, clusters)
            yield from self._shorter(fewer)
            yield fewer
        yield from self._shorter(scenario)

    def _fewer_cells(self) -> None:
        scenario = self.best.scenario
        if scenario.only.clusters is not None:
            fewer = without_empty_places(scenario)
            self._first((in_one_cell(fewer), fewer, in_one_cell(scenario)))

    def _less_time(self) -> None:
        self._first(self._shorter(self.best.scenario))

    def _shorter(self, scenario: Scenario) -> Iterator[Scenario]:
        at, whole = self.best.violation.at, scenario.duration
        if at < self.best.scenario.duration:
            durations = [at + 1 + margin for margin in _MARGINS]
        else:
            durations = [whole * part // 1000 for part in _PER_MILLE]
        for shorter in (cut(scenario, duration) for duration in durations):
            if shorter.duration < whole:
                yield shorter

    def _fewer_happenings(self) -> None:
        scenario, names = self.best.scenario, self._happenings()
        if scenario.only.happenings is None:
            nearby = about(names, self._guess)
            self._first(with_happenings(scenario, some) for some in ((), *nearby, names))
        if self.best.scenario.only.happenings is None:
            return
        for initials in (FAULTS, PEOPLE, CHANGES):
            self._fewest_of(names, initials)

    def _fewest_of(self, names: Iterable[str], initials: str) -> None:
        """Of the happenings of a kind; the others stay."""
        scenario = self.best.scenario
        kept = scenario.only.happenings or frozenset()
        some = of_kind((name for name in names if name in kept), initials)
        others = kept.difference(some)
        self._fewest(some, lambda few: with_happenings(scenario, others.union(few)))

    def _happenings(self) -> tuple[str, ...]:
        """Whatever there was until it failed."""
        best = self.best
        faults = faults_until(best.scenario, best.violation.at)
        return tuple(dict.fromkeys((*best.happenings, *faults)))

    def _plain_plans(self) -> None:
        self._first([written_out(self.best.scenario)])

    def _fewer_settings(self) -> None:
        scenario = self.best.scenario
        self._fewest(settings_of(scenario), lambda some: with_settings(scenario, some))

    # --- how it is tried --------------------------------------------------------------

    def _fewest(
        self, things: Sequence[Thing], scenario_with: Callable[[tuple[Thing, ...]], Scenario]
    ) -> None:
        """The fewest things with which a scenario fails."""
        left = minimal(
            things, lambda choices: self._first(map(scenario_with, choices)), self._finest
        )
        self._was_coarse |= len(left) > self._finest

    def _first(self, scenarios: Iterable[Scenario]) -> int | None:
        """Which of these is the first that fails; it is the smallest from now on."""
        known = self._well | {self.best.scenario}
        drawn: list[tuple[int, Scenario]] = []

        def worth_trying() -> Iterator[Scenario]:
            for number, scenario in enumerate(scenarios):
                if scenario not in known and not any(flaws(scenario)):
                    known.add(scenario)
                    drawn.append((number, scenario))
                    yield scenario

        found = self._trials.first(worth_trying())
        well = drawn if found is None else drawn[: found[0]]
        self._well.update(scenario for _, scenario in well)
        self.tried += len(well)
        if found is None:
            return None
        self.tried += 1
        self.best = found[1]
        return drawn[found[0]][0]


def _bare(scenario: Scenario) -> Scenario:
    """Without what only judges a whole run."""
    return replace(scenario, gate=("violations == 0",), reach=())
