"""Runs what is left of a scenario, to see whether it still fails the same way.

Worker processes try scenarios side by side, and the first in order is what counts: what is found
does not depend on how many there are, nor on which of them is the quickest.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from typing import Final, Protocol

from harness.domain.errors import PairproofError
from harness.fleet.cell import make_cell
from harness.fleet.pool.coordinator import Moment, Watching
from harness.fleet.pool.errors import Losses, WorkerLost
from harness.fleet.pool.local import LocalTransport
from harness.fleet.pool.worker import Worker
from harness.fleet.port import Job
from harness.fleet.run import FleetResult, run_fleet
from harness.fleet.scenario import Scenario
from harness.fleet.shrinking.failure import Failure
from harness.history.fleet_lines import ViolationLine

_LOOK_EVERY_S: Final = 0.25
"""So often it is looked at whether there is still time."""

Errand = tuple[int, Scenario]
"""A scenario to try, and its place among those that are tried."""


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
        self._make = partial(trying, wanted)
        self._left = left
        self._losses = Losses()
        self._busy: dict[Worker, Errand | None] = {}
        """What each of them tries; none: it is not through with what nobody waits for."""
        self._idle = [self._hired() for _ in range(workers)]

    def first(self, scenarios: Iterable[Scenario]) -> tuple[int, FailingScenario] | None:
        """See `Trials`.

        Raises:
            TimeIsUp: there was not time enough to tell.
            CrewError: processes were lost too often.
        """
        coming = enumerate(scenarios)
        answers: dict[int, FailingScenario | None] = {}
        due = 0
        try:
            while not self._deal(coming) or any(self._busy.values()):
                self._hear(answers)
                while due in answers:
                    if found := answers[due]:
                        return due, found
                    due += 1
            return None
        finally:
            self._busy = dict.fromkeys(self._busy)

    def close(self) -> None:
        """End every process, whatever it is doing."""
        for worker in (*self._idle, *self._busy):
            worker.end()

    def _deal(self, coming: Iterator[Errand]) -> bool:
        """Give each idle process something to try; whether there is no more of that."""
        while self._idle:
            errand = next(coming, None)
            if errand is None:
                return True
            if self._left() <= 0:
                raise TimeIsUp
            self._send(errand)
        return False

    def _send(self, errand: Errand) -> None:
        worker = self._idle.pop()
        self._busy[worker] = errand
        try:
            worker.send(pickle.dumps(errand[1]))
        except WorkerLost as lost:
            self._replace(worker)
            self._losses.add(lost)
            self._send(errand)

    def _hear(self, answers: dict[int, FailingScenario | None]) -> None:
        """Wait until one of them has answered at least."""
        for worker in self._ready():
            errand, found = self._busy[worker], None
            try:
                found = pickle.loads(worker.receive())
                del self._busy[worker]
                self._idle.append(worker)
            except WorkerLost as lost:
                self._replace(worker)
                if lost.again and errand is not None:
                    self._losses.add(lost)
                    self._send(errand)
                    continue
            if errand is not None:
                answers[errand[0]] = found

    def _ready(self) -> list[Worker]:
        """Those who have something to say."""
        by_wire: dict[object, Worker] = {worker.wire: worker for worker in self._busy}
        wires = [worker.wire for worker in self._busy]
        while not (ready := wait(wires, _LOOK_EVERY_S)):
            if self._left() <= 0:
                raise TimeIsUp
        return [by_wire[wire] for wire in ready]

    def _replace(self, worker: Worker) -> None:
        """Another for one that is lost. What it broke down at does not fail as wanted."""
        worker.end()
        del self._busy[worker]
        self._idle.append(self._hired())

    def _hired(self) -> Worker:
        return Worker(self._make, "pairproof-shrink")
