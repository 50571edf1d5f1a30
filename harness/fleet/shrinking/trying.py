"""Runs what is left of a scenario, to see whether it still fails the same way.

Worker processes try scenarios side by side, and the first in order is what counts: what is found
does not depend on how many there are, nor on which of them is the quickest.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from harness.domain.errors import PairproofError
from harness.fleet.cell import make_cell
from harness.fleet.pool.coordinator import Moment, Watching
from harness.fleet.pool.local import LocalTransport
from harness.fleet.pool.worker import TaskPool
from harness.fleet.port import Job
from harness.fleet.run import FleetResult, run_fleet
from harness.fleet.scenario import Scenario
from harness.fleet.shrinking.failure import Failure
from harness.history.fleet_lines import ViolationLine

_LOOK_EVERY_S: Final = 0.25
"""So often it is looked at whether there is still time."""


class TimeIsUp(Exception):
    """There was not time enough to tell whether anything fails."""


@dataclass(frozen=True, slots=True)
class SoughtFailure:
    """What a run has to show: this failure, of the reference with what is planted.

    `after_work` says that it shows only once everything has healed; otherwise a run is of no
    interest after its `duration`.
    """

    failure: Failure
    planted: str = ""
    after_work: bool = False


@dataclass(frozen=True, slots=True)
class FailingScenario:
    """A scenario, and how it failed when it was run.

    `happenings` are those that there were until then, each once, in order.
    """

    scenario: Scenario
    violation: ViolationLine
    happenings: tuple[str, ...]
    operations: int


class Trials(Protocol):
    """Whoever runs scenarios."""

    def first(self, scenarios: Iterable[Scenario]) -> tuple[int, FailingScenario] | None:
        """The first of these that fails as wanted, with its place among them.

        Raises:
            TimeIsUp: there was not time enough to tell.
        """


def try_out(scenario: Scenario, wanted: SoughtFailure) -> FailingScenario | None:
    """Run it in this process; how it failed, if that was as wanted."""
    over = False

    def notes(moment: Moment) -> None:
        nonlocal over
        over = not wanted.after_work and moment.at >= scenario.duration

    watching = Watching(progress=notes, stopped=lambda: over)
    job = Job(scenario, wanted.planted, collect=True)
    try:
        finished = run_fleet(job, LocalTransport(make_cell), watching=watching)
    except PairproofError:
        return None
    return how_it_failed(scenario, finished, wanted.failure)


def how_it_failed(
    scenario: Scenario, finished: FleetResult, failure: Failure
) -> FailingScenario | None:
    """What a run that collected its happenings has to show, if it failed in this way."""
    violation = failure.among(finished.violations)
    if violation is None:
        return None
    happenings = tuple(dict.fromkeys(finished.happenings))
    ended = finished.measures.operations.values()
    return FailingScenario(scenario, violation, happenings, sum(sum(how.values()) for how in ended))


def trying(wanted: SoughtFailure) -> Callable[[bytes], bytes]:
    """In a worker: what tries the scenario that it is sent, and answers how it failed."""
    return lambda message: pickle.dumps(try_out(pickle.loads(message), wanted))


class WorkerTrials:
    """So many processes. `left` says how many seconds there still are."""

    def __init__(self, wanted: SoughtFailure, workers: int, left: Callable[[], float]) -> None:
        self._left = left
        self._pool = TaskPool(partial(trying, wanted), "pairproof-shrink", workers)

    def first(self, scenarios: Iterable[Scenario]) -> tuple[int, FailingScenario] | None:
        """See `Trials`.

        Raises:
            TimeIsUp: there was not time enough to tell.
            PoolError: processes were lost too often.
        """
        coming = enumerate(scenarios)
        found: dict[int, FailingScenario | None] = {}
        due = 0
        try:
            while not self._deal(coming) or self._pool.tasks:
                heard = list(self._pool.answers(_LOOK_EVERY_S))
                if not heard and self._left() <= 0:
                    raise TimeIsUp
                for number, answer in heard:
                    # What a process broke down at does not fail as wanted.
                    found[number] = pickle.loads(answer) if isinstance(answer, bytes) else None
                while due in found:
                    if failing := found[due]:
                        return due, failing
                    due += 1
            return None
        finally:
            self._pool.forget()

    def close(self) -> None:
        """End every process, whatever it is doing."""
        self._pool.close()

    def _deal(self, coming: Iterator[tuple[int, Scenario]]) -> bool:
        """Give each idle process something to try; whether there is no more of that."""
        while self._pool.has_room:
            number, scenario = next(coming, (0, None))
            if scenario is None:
                return True
            if self._left() <= 0:
                raise TimeIsUp
            self._pool.give(number, pickle.dumps(scenario))
        return False
