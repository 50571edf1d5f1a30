"""Runs what is left of a scenario, to see whether it still fails the same way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from harness.domain.errors import PairproofError
from harness.fleet.cell import make_cell
from harness.fleet.crew.coordinator import Moment, Watching
from harness.fleet.crew.local import LocalTransport
from harness.fleet.port import Job
from harness.fleet.run import Finished, run_fleet
from harness.fleet.scenario import Scenario
from harness.fleet.shrinking.failure import Failure
from harness.history.fleet_lines import ViolationLine


class TimeIsUp(Exception):
    """There was not time enough to tell whether anything fails."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run has to show: this failure, of the reference with what is planted.

    `after_work` says that it shows only once everything has healed; otherwise a run is of no
    interest after its `duration`.
    """

    failure: Failure
    planted: str = ""
    after_work: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A scenario, and how it failed when it was run.

    `happenings` are those that there were until then, each once, in order.
    """

    scenario: Scenario
    violation: ViolationLine
    happenings: tuple[str, ...]
    operations: int


class Trials(Protocol):
    """Whoever runs scenarios."""

    def first(self, scenarios: Iterable[Scenario]) -> tuple[int, Failed] | None:
        """The first of these that fails as wanted, with its place among them.

        Raises:
            TimeIsUp: there was not time enough to tell.
        """
        ...


def try_out(scenario: Scenario, wanted: Wanted) -> Failed | None:
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


def how_it_failed(scenario: Scenario, finished: Finished, failure: Failure) -> Failed | None:
    """What a run that collected its happenings has to show, if it failed in this way."""
    violation = failure.among(finished.violations)
    if violation is None:
        return None
    happenings = tuple(dict.fromkeys(finished.happenings))
    ended = finished.measures.operations.values()
    return Failed(scenario, violation, happenings, sum(sum(how.values()) for how in ended))
