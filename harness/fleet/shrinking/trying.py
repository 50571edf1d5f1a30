"""Runs what is left of a scenario, to see whether it still fails the same way.

Worker processes try scenarios side by side, and the first in order is what counts: what is found
does not depend on how many there are, nor on which of them is the quickest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from harness.domain.errors import PairproofError
from harness.fleet.cell import make_cell
from harness.fleet.pool.coordinator import Moment, Watching
from harness.fleet.pool.local import LocalTransport, TaskPool
from harness.fleet.pool.orders import WorkerLost
from harness.fleet.port import Job
from harness.fleet.roster import Roster
from harness.fleet.run import FleetResult, run_fleet
from harness.fleet.scenario import Scenario
from harness.history.errors import EvidenceError
from harness.history.fleet_lines import ViolationLine
from harness.history.manifest import FleetEvidence
from harness.history.operation import OperationRecord
from harness.history.parts import operations, records

_SUBJECT: Final = re.compile(r"request \S+: ")
_CIRCUMSTANCES: Final = re.compile(
    r"(: | \(|, although |, and nothing that happened before ).*", re.S
)
"""What a reason adds as evidence: with fewer clusters it is other evidence for the same."""
_ANY: Final = "…"
_SEVERAL: Final = re.compile(r"…(,? and …|, …)+")


@dataclass(frozen=True, slots=True)
class Failure:
    """An invariant that does not hold, and the kind of reason why not.

    `how` is the reason without what is particular to one run: ids, numbers, times, addresses.
    """

    invariant: str
    how: str

    @classmethod
    def of(cls, violation: ViolationLine) -> Failure:
        """How this one fails."""
        reason = _CIRCUMSTANCES.sub("", _SUBJECT.sub("", violation.reason, count=1))
        words = (
            _ANY if any(c == "@" or c.isdigit() for c in word) else word for word in reason.split()
        )
        return cls(violation.invariant, _SEVERAL.sub(_ANY, " ".join(words)))

    def among(self, violations: Iterable[ViolationLine]) -> ViolationLine | None:
        """The first of the violations that is one of this kind."""
        return next((v for v in violations if Failure.of(v) == self), None)


def clusters_of(
    violation: ViolationLine, evidence: FleetEvidence, scenario: Scenario
) -> tuple[int, ...]:
    """The clusters whose hosts, or whose requests, its operations name.

    A guess: it saves time and nothing else, and what it leaves out has to turn out not to matter.
    None where the part of its cell is not there, or cannot be read.
    """
    parts = [part for part in evidence.parts if part.name == violation.cell]
    try:
        hosts = {h for part in parts for h in _hosts(evidence.path_of(part), violation)}
    except EvidenceError:
        return ()
    members = Roster(scenario).members_of_cell(int(violation.cell))
    return tuple(member.index for member in members if not hosts.isdisjoint(member.host_uids))


def _hosts(part: Path, violation: ViolationLine) -> Iterator[str]:
    shown = operations([part], violation.operations).values()
    requests = {uid for operation in shown for uid in _requests(operation)}
    yield from (str(operation.tags["host"]) for operation in shown if "host" in operation.tags)
    for is_over, operation in records(part):
        if is_over and "host" in operation.tags and not requests.isdisjoint(_requests(operation)):
            yield str(operation.tags["host"])


def _requests(operation: OperationRecord) -> Iterator[str]:
    """The pairing ids that an operation was asked with, or answered with."""
    for data in (operation.args, operation.value or {}):
        uid = data.get("pairing_uid")
        if isinstance(uid, str) and uid:
            yield uid


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


def try_out(wanted: SoughtFailure, scenario: Scenario) -> FailingScenario | None:
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
    return FailingScenario(scenario, violation, happenings, finished.measures.ended())


class WorkerTrials:
    """So many processes. `left` says how many seconds there still are."""

    def __init__(self, wanted: SoughtFailure, workers: int, left: Callable[[], float]) -> None:
        self._left = left
        self._pool = TaskPool(partial(try_out, wanted), "pairproof-shrink", workers)
        self.close = self._pool.close

    def first(self, scenarios: Iterable[Scenario]) -> tuple[int, FailingScenario] | None:
        """See `Trials`. Raises `PoolError` as well if processes were lost too often."""
        found: dict[int, FailingScenario | None] = {}
        due = 0
        dealt = (numbered for numbered in enumerate(scenarios) if not self._is_over())
        try:
            for number, answer in self._pool.run(dealt, self._is_over):
                # What a process broke down at does not fail as wanted.
                found[number] = None if isinstance(answer, WorkerLost) else answer
                while due in found:
                    if failing := found[due]:
                        return due, failing
                    due += 1
            return None
        finally:
            self._pool.forget()

    def _is_over(self) -> bool:
        if self._left() <= 0:
            raise TimeIsUp
        return False
