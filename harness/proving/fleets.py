"""Runs of fleet scenarios, on several cores, of the mutants that only a fleet gives away.

A mutant runs the scenario that finds it, with few hosts and by one seed, until the invariant
breaks that it has to break. One that names a nemesis runs the scenario without it as well, to
the end, and nothing may be found then: so each nemesis is shown to be needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Final

from harness.fleet import loading
from harness.fleet.cell import make_cell
from harness.fleet.loading import with_overrides
from harness.fleet.pool.coordinator import Moment, Watching
from harness.fleet.pool.local import LocalTransport
from harness.fleet.port import Cell, CellOutcome, Job, WindowReport
from harness.fleet.run import run_fleet
from harness.fleet.scenario import FaultKind, Scenario
from harness.fleet.swarm import drawn
from harness.proving.walks import children
from harness.reference.planting import MUTANTS, Mutant, Nemesis

HOSTS: Final = 200
"""With so many hosts every mutant of the lane is found."""
SEED: Final = 1

_Run = Future[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FleetTrial:
    """What the runs of one mutant found.

    Attributes:
        mutant: whose they are.
        reds: the invariants that were broken by the time that its own was, or by the end.
        without: those that were broken without the mutant's nemesis.
        problem: why it could not be tried; empty if it could.
    """

    mutant: Mutant
    reds: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    problem: str = ""


def try_fleets(
    mutants: Sequence[Mutant], workers: int, report: Callable[[FleetTrial], None]
) -> str:
    """Run the scenario of each mutant, again without its nemesis, and on the reference as it is.

    Returns what is wrong with the reference itself, and so with the scenarios; mostly nothing.
    """
    scenarios = sorted({mutant.found_by for mutant in mutants})
    with children(workers) as pool:
        bare = {found_by: pool.submit(_broken, found_by, "") for found_by in scenarios}
        runs = {m.name: pool.submit(_broken, m.found_by, m.name) for m in mutants}
        without = {
            m.name: pool.submit(_broken, m.found_by, m.name, m.nemesis)
            for m in mutants
            if m.nemesis
        }
        for mutant in mutants:
            report(_trial(mutant, runs[mutant.name], without.get(mutant.name)))
        return "; ".join(filter(None, (_alarm(found_by, run) for found_by, run in bare.items())))


def _trial(mutant: Mutant, run: _Run, without: _Run | None) -> FleetTrial:
    error = run.exception() or (without.exception() if without else None)
    if error is not None:
        return FleetTrial(mutant, problem=_describe(error))
    return FleetTrial(mutant, run.result(), without.result() if without else ())


def _alarm(found_by: str, run: _Run) -> str:
    error = run.exception()
    if error is not None:
        return f"{found_by}: {_describe(error)}"
    broken = run.result()
    return f"the reference itself breaks {', '.join(broken)} in {found_by}" if broken else ""


def _describe(error: BaseException) -> str:
    return f"the run failed: {type(error).__name__}: {error}"


def _broken(found_by: str, mutant: str, without: Nemesis | None = None) -> tuple[str, ...]:
    """The invariants that a run breaks until it breaks the mutant's own, or to its end."""
    scenario = drawn(with_overrides(loading.find(found_by), HOSTS, SEED))
    if without is not None:
        scenario = spared(scenario, without)
    planted = MUTANTS.named(mutant) if mutant else None
    wanted = planted.requirement if planted else ""
    return broken_by(scenario, f"mutant:{mutant}" if planted else "", wanted)


def broken_by(scenario: Scenario, planted: str, wanted: str) -> tuple[str, ...]:
    """The invariants that a run breaks until it breaks the wanted one, or to its end, in order.

    Raises:
        PoolError: the run cannot be carried out.
    """
    found: set[str] = set()

    def make(job: Job, number: int) -> Cell:
        return _Listening(make_cell(job, number), found)

    job = Job(scenario, planted, keep_going=True)
    watching: Watching[Moment] = Watching(stopped=lambda: wanted in found)
    finished = run_fleet(job, LocalTransport(make), watching=watching)
    return tuple(sorted({v.invariant for v in finished.violations}, key=_number))


def spared(scenario: Scenario, nemesis: Nemesis) -> Scenario:
    """The same scenario, in which one nemesis does nothing."""
    match nemesis:
        case Nemesis.REPEATED:
            return replace(scenario, network=replace(scenario.network, repeated_ppm=0))
        case Nemesis.REPEATED_LATE:
            return replace(scenario, network=replace(scenario.network, repeated_late_ppm=0))
        case Nemesis.DELAYED:
            return replace(scenario, network=replace(scenario.network, delayed_ppm=0))
        case Nemesis.DECISION_REPEATED_LATE:
            return replace(scenario, admins=replace(scenario.admins, repeated_late_ppm=0))
        case Nemesis.DECISION_DELAYED:
            return replace(scenario, admins=replace(scenario.admins, delayed_ppm=0))
        case Nemesis.LOST_BEFORE:
            network = replace(scenario.network, lost_before_ppm=0)
            faults = tuple(replace(fault, lost_before_ppm=0) for fault in scenario.faults)
        case Nemesis.LOST_AFTER:
            network = replace(scenario.network, lost_after_ppm=0)
            faults = tuple(replace(fault, lost_after_ppm=0) for fault in scenario.faults)
        case _:
            kind = FaultKind(nemesis.value)
            faults = tuple(fault for fault in scenario.faults if fault.kind is not kind)
            return replace(scenario, faults=faults)
    return replace(scenario, network=network, faults=faults)


def _number(invariant: str) -> int:
    return int(invariant.rpartition("-")[2])


class _Listening:
    """A cell of which is noted which invariants it breaks."""

    def __init__(self, cell: Cell, found: set[str]) -> None:
        self._cell = cell
        self._found = found

    @property
    def number(self) -> int:
        return self._cell.number

    def run(self, until: int, grant: int) -> WindowReport:
        report = self._cell.run(until, grant)
        self._found.update(violation.invariant for violation in report.violations)
        return report

    def finish(self, *, whole: bool) -> CellOutcome:
        return self._cell.finish(whole=whole)

    def close(self) -> None:
        self._cell.close()
