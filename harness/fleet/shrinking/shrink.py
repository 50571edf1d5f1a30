"""Takes away from a failing run, again and again, until nothing more goes or time is up.

The steps and their order depend on what fails alone. Time decides only when to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, TypeVar

from harness.fleet.contradictions import flaws
from harness.fleet.roster import Roster
from harness.fleet.scenario import MINUTE, Scenario
from harness.fleet.shrinking import reductions
from harness.fleet.shrinking.trying import FailingScenario, TimeIsUp, Trials

Thing = TypeVar("Thing")

_MARGINS: Final = (0, MINUTE, 10 * MINUTE)
"""So much longer than until the failure; with less around it, it may come a little later."""
_FINER: Final = 4
"""At first things are left out in large pieces, whatever they are; with each round in smaller."""
_PER_MILLE: Final = (15, 31, 62, 125, 250, 500, 750, 900)
"""Such parts of the work are tried where it fails only after all of it."""

FirstFailing = Callable[[Iterable[tuple[Thing, ...]]], int | None]
"""Given some choices, says which is the first that still fails; none: all of them are well.

Several are handed over at once so that they can be tried side by side, and no more of them are
drawn than are tried.
"""


@dataclass(frozen=True, slots=True)
class ShrinkStep:
    """What has been tried so far, and the smallest that failed."""

    what: str
    best: FailingScenario
    tried: int


class ShrinkSearch:
    """Holds on to the smallest failing run so far.

    `guess` are the clusters that the failure seems to be about; it may be wrong, or empty.
    """

    def __init__(self, found: FailingScenario, trials: Trials, guess: Sequence[int] = ()) -> None:
        bare = replace(found.scenario, gate=("violations == 0",), reach=())
        self.best = replace(found, scenario=bare)  # without what only judges a whole run
        self.tried = 0
        self._trials = trials
        self._guess = tuple(guess)
        self._finest, self._was_coarse = _FINER, False
        self._well: set[Scenario] = set()
        """Those that did not fail. They would not the next time either."""

    def run(self, telling: Callable[[ShrinkStep], None] = lambda _: None) -> bool:
        """Go on until nothing more goes; whether there was time enough for that."""
        steps: tuple[tuple[str, Callable[[], object]], ...] = (
            ("fewer clusters", self._fewer_clusters),
            ("one cell", self._fewer_cells),
            ("less time", lambda: self._first(self._shorter(self.best.scenario))),
            ("fewer happenings", self._fewer_happenings),
            ("plain plans", lambda: self._first([reductions.written_out(self.best.scenario)])),
            ("fewer settings", self._fewer_settings),
        )
        before = None
        try:
            while before != self.best.scenario or self._was_coarse:
                before, self._was_coarse = self.best.scenario, False
                for what, step in steps:
                    step()
                    telling(ShrinkStep(what, self.best, self.tried))
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
        self._fewest(
            Roster(scenario).indices(), lambda some: reductions.with_clusters(scenario, some)
        )

    def _around_the_failure(self, scenario: Scenario) -> Iterator[Scenario]:
        """The clusters that it is about, or all of its cell, and no longer than need be."""
        cell = Roster(scenario).indices_of_cell(int(self.best.violation.cell))
        for clusters in filter(None, (self._guess, cell)):
            fewer = reductions.with_clusters(scenario, clusters)
            yield from self._shorter(fewer)
            yield fewer
        yield from self._shorter(scenario)

    def _fewer_cells(self) -> None:
        scenario = self.best.scenario
        if scenario.only.clusters is not None:
            fewer = reductions.without_empty_slots(scenario)
            self._first((reductions.in_one_cell(fewer), fewer, reductions.in_one_cell(scenario)))

    def _shorter(self, scenario: Scenario) -> Iterator[Scenario]:
        at, whole = self.best.violation.at, scenario.duration
        if at < self.best.scenario.duration:
            durations = [at + 1 + margin for margin in _MARGINS]
        else:
            durations = [whole * part // 1000 for part in _PER_MILLE]
        for shorter in (reductions.cut(scenario, duration) for duration in durations):
            if shorter.duration < whole:
                yield shorter

    def _fewer_happenings(self) -> None:
        best, scenario = self.best, self.best.scenario
        faults = reductions.faults_until(scenario, best.violation.at)
        names = tuple(dict.fromkeys((*best.happenings, *faults)))
        if scenario.only.happenings is None:
            nearby = reductions.about(names, self._guess)
            self._first(reductions.with_happenings(scenario, some) for some in ((), *nearby, names))
        if self.best.scenario.only.happenings is None:
            return
        for initials in (reductions.FAULTS, reductions.PEOPLE, reductions.CHANGES):
            self._fewest_of(names, initials)

    def _fewest_of(self, names: Iterable[str], initials: str) -> None:
        """Of the happenings of a kind; the others stay."""
        scenario = self.best.scenario
        kept = scenario.only.happenings or frozenset()
        some = reductions.of_kind((name for name in names if name in kept), initials)
        others = kept.difference(some)
        self._fewest(some, lambda few: reductions.with_happenings(scenario, others.union(few)))

    def _fewer_settings(self) -> None:
        scenario = self.best.scenario
        self._fewest(
            reductions.settings_of(scenario), lambda some: reductions.with_settings(scenario, some)
        )

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


# --- what came of it ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Size:
    """What there was in a run until it failed.

    Attributes:
        faults, acts, changes: single faults, single acts of people that could be left out, and
            what changed for everybody.
        duration: how long people work, in microseconds.
    """

    clusters: int
    hosts: int
    faults: int
    acts: int
    changes: int
    operations: int
    duration: int

    @classmethod
    def of(cls, failed: FailingScenario) -> Size:
        """That of a run. What a shrunk scenario has kept counts, whether it came to it or not."""
        kept = failed.scenario.only.happenings
        names = failed.happenings if kept is None else kept
        clusters, hosts = reductions.extent(failed.scenario)
        return cls(
            clusters=clusters,
            hosts=hosts,
            faults=len(reductions.of_kind(names, reductions.FAULTS)),
            acts=len(reductions.of_kind(names, reductions.PEOPLE)),
            changes=len(reductions.of_kind(names, reductions.CHANGES)),
            operations=failed.operations,
            duration=failed.scenario.duration,
        )


def file_name(scenario: Scenario) -> str:
    """What the smallest run of a scenario is called, unless somebody says otherwise."""
    return f"{scenario.name.removesuffix('-shrunk')}-shrunk"


def as_own(smallest: FailingScenario, name: str, of: Scenario, planted: str) -> Scenario:
    """The smallest run as a scenario of its own, that says where it comes from."""
    about = f"seed {of.seed}, {of.fleet.hosts} hosts{f', {planted}' if planted else ''}"
    violation = smallest.violation
    why = (
        f"The smallest that was found of the run of {of.name} ({about}) in which"
        f" {violation.invariant} does not hold: {violation.reason}"
    )
    return replace(smallest.scenario, name=name, why=why)


# --- delta debugging: the fewest of many things with which something still fails -----------
#
# After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002), but for
# one thing: when a piece has gone, the next one is tried, and not the first again.


def minimal(
    things: Sequence[Thing], first_failing: FirstFailing[Thing], finest: int | None = None
) -> tuple[Thing, ...]:
    """The fewest of these that still fail, in their order; all together they are known to.

    Not one of those can be left out besides, though another choice may be smaller yet. With
    `finest` the things are cut into so many pieces or not many more: it is a first attempt
    where more of them are left.
    """
    if not things or first_failing([()]) is not None:
        return ()
    pieces = [tuple(things)]
    while any(len(piece) > 1 for piece in pieces) and not (finest and len(pieces) >= finest):
        pieces = [half for piece in pieces for half in _halves(piece)]
        found = first_failing(pieces)
        pieces = _without_needless(pieces, first_failing) if found is None else [pieces[found]]
    return _together(pieces)


def _without_needless(
    pieces: list[tuple[Thing, ...]], first_failing: FirstFailing[Thing]
) -> list[tuple[Thing, ...]]:
    """One piece after the other is left out, until none of them can be."""
    begin = 0
    while len(pieces) > 2:  # Of two, each is all but the other, and neither fails.
        order = [*range(begin, len(pieces)), *range(begin)]
        found = first_failing(_together(pieces[:n] + pieces[n + 1 :]) for n in order)
        if found is None:
            break
        begin = order[found]
        del pieces[begin]
    return pieces


def _halves(piece: tuple[Thing, ...]) -> list[tuple[Thing, ...]]:
    middle = len(piece) // 2
    return [half for half in (piece[:middle], piece[middle:]) if half]


def _together(pieces: Iterable[tuple[Thing, ...]]) -> tuple[Thing, ...]:
    return tuple(chain.from_iterable(pieces))
