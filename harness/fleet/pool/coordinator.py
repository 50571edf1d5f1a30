"""Runs all cells through windows of virtual time, and divides the central plane among them.

Window n is `[n * w, (n + 1) * w)`. At its end the cells say what they asked for and what waits;
that divides the service time of the next one. So congestion reaches other cells one window
late, and nothing else reaches them at all (docs/adr/0006-cells-and-windows.md).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from harness.fleet.pool import orders
from harness.fleet.port import CellOutcome, Job, WindowReport
from harness.fleet.scenario import Scenario
from harness.history.fleet_lines import GrantsLine, ViolationLine

StepT = TypeVar("StepT")


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a run is: the end of the window that it has just been through, and sums so far."""

    at: int
    events: int
    operations: int
    pending: int
    violations: int


@dataclass(frozen=True, slots=True)
class PoolRun:
    """How a run went.

    Attributes:
        outcomes: what is left of each cell, in their order.
        violations: in the order of windows, then of cells.
        ended: nothing more would have happened. Otherwise it was stopped before.
        interrupted: somebody stopped it.
        windows: how many windows were run; those with no event in them are not.
        at: the end of the last one, in microseconds.
        stopped: why a cell wanted the run to end; empty where none did.
    """

    outcomes: tuple[CellOutcome, ...]
    violations: tuple[ViolationLine, ...]
    ended: bool
    interrupted: bool
    windows: int
    at: int
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Watching(Generic[StepT]):
    """Who looks on: all of it may be left out."""

    progress: Callable[[StepT], None] = lambda _: None
    """Called after each step: a window of a run, or a seed of a hunt."""
    warn: Callable[[str], None] = lambda _: None
    """Called with what went wrong and was mended."""
    stopped: Callable[[], bool] = lambda: False
    """Asked after each step, and now and then: whether somebody wants it to end here."""


def run_cells(
    job: Job,
    transport: orders.Transport,
    log: Callable[[GrantsLine], None] = lambda _: None,
    watching: Watching[Moment] = Watching(),
) -> PoolRun:
    """Run a job to its end, to its first violation, or until it is stopped.

    `log` takes the grants of each window in which they were divided by what was asked for.

    Raises:
        PoolError: it cannot be carried out, or a cell cannot.
    """
    team = Team(job, transport, watching.warn)
    try:
        team.make()
        return _Windows(job, team, log, watching).run()
    finally:
        team.dismiss()


class _Windows:
    """Between two windows: what each cell said last."""

    def __init__(
        self, job: Job, team: Team, log: Callable[[GrantsLine], None], watching: Watching[Moment]
    ) -> None:
        self._job = job
        self._team = team
        self._log = log
        self._watching = watching
        self._width = job.scenario.fleet.window
        self._capacity = capacity_of(job.scenario)
        self._last = [WindowReport(asked=0, backlog=0, next_event=0)] * job.scenario.fleet.cells
        self._number = -1
        self._asked = [0] * len(self._last)
        self._events = self._operations = self._pending = 0
        self._violations: list[ViolationLine] = []
        self._windows = 0
        self._stop = ""

    def run(self) -> PoolRun:
        """Window after window, each that has an event in it; then the cells are closed."""
        interrupted = False
        while (number := self._next()) is not None and not (
            interrupted or self._stop or (self._violations and not self._job.keep_going)
        ):
            self._run_window(number)
            found = len(self._violations)
            moment = Moment(self._at(), self._events, self._operations, self._pending, found)
            self._watching.progress(moment)
            interrupted = self._watching.stopped()
        ended = self._next() is None
        return PoolRun(
            outcomes=tuple(self._team.finish(whole=ended)),
            violations=tuple(self._violations),
            ended=ended,
            interrupted=interrupted and not ended,
            windows=self._windows,
            at=self._at(),
            stopped=self._stop,
        )

    def _next(self) -> int | None:
        """The window in which something happens next."""
        times = [last.next_event for last in self._last if last.next_event is not None]
        return max(self._number + 1, min(times) // self._width) if times else None

    def _run_window(self, number: int) -> None:
        until = (number + 1) * self._width
        grants = self._grants(number)
        due = [last.next_event is not None and last.next_event < until for last in self._last]
        reports = self._team.go(until, grants, due)
        self._number, self._asked = number, [0] * len(self._last)
        self._windows += 1
        for cell, report in sorted(reports.items()):
            before, self._last[cell] = self._last[cell], report
            self._asked[cell] = report.asked
            self._events += report.events - before.events
            self._operations += report.operations - before.operations
            self._pending += report.pending - before.pending
            self._violations += report.violations
            self._stop = self._stop or report.stop

    def _grants(self, number: int) -> list[int]:
        """Who was not run in the window before has asked for nothing in it."""
        asked = self._asked if number == self._number + 1 else [0] * len(self._last)
        demands = [a + last.backlog for a, last in zip(asked, self._last, strict=True)]
        grants = divide(self._capacity, demands)
        if any(demands):
            self._log(GrantsLine(window=number, grants=grants))
        return grants

    def _at(self) -> int:
        return (self._number + 1) * self._width


def capacity_of(scenario: Scenario) -> int:
    """Microseconds of service that the central plane has in one window, over all its workers."""
    return scenario.central.service_in(scenario.fleet.window, scenario.fleet.hosts)


def divide(capacity: int, demands: Sequence[int]) -> list[int]:
    """The grant of each cell, in the order of the demands; together they are the capacity.

    Where all of it fits, each gets what it asked for and an equal share of the rest; otherwise
    each gets a share in proportion, and none more than it asked for. What does not divide goes
    to the first cells, one microsecond each.
    """
    wanted = sum(demands)
    if wanted <= capacity:
        share, left = divmod(capacity - wanted, len(demands))
        return [d + share + (n < left) for n, d in enumerate(demands)]
    grants = [capacity * demand // wanted for demand in demands]
    left = capacity - sum(grants)
    for number, demand in enumerate(demands):
        if not left:
            break
        if capacity * demand % wanted:
            grants[number] += 1
            left -= 1
    return grants


class Team:
    """The cells of a job, dealt to workers, as one. Each call raises `PoolError` if it cannot be.

    What a cell does depends on nothing but the job and its grants. So a worker that is lost with
    its cells is replaced by one that makes them again and runs them up to the present.
    """

    def __init__(self, job: Job, transport: orders.Transport, warn: Callable[[str], None]) -> None:
        cells = range(job.scenario.fleet.cells)
        handles = min(transport.handles, len(cells))
        self._job = job
        self._transport = transport
        self._warn = warn
        self._losses = orders.Losses()
        self._dealt = [cells[slot::handles] for slot in range(handles)]
        self._handles: dict[int, orders.WorkerHandle] = {}
        self._past: list[tuple[int, array[int]]] = []
        self._last: dict[int, WindowReport] = {}

    def make(self) -> None:
        """Make every cell."""
        for slot in range(len(self._dealt)):
            self._hire(slot)
        for slot in range(len(self._dealt)):
            self._hear(slot)

    def go(self, until: int, grants: Sequence[int], due: Sequence[bool]) -> dict[int, WindowReport]:
        """Run the cells that are due to the end of a window; what they report."""
        windows = {
            slot: orders.Window(until, [grants[cell] for cell in cells])
            for slot, cells in enumerate(self._dealt)
            if any(due[cell] for cell in cells)
        }
        reports: dict[int, WindowReport] = {}
        for answer in self._answers(windows):
            assert isinstance(answer, orders.Reports)
            reports.update(zip(answer.cells, answer.reports, strict=True))
        self._past.append((until, array("q", grants)))
        self._last.update(reports)
        return reports

    def finish(self, *, whole: bool) -> list[CellOutcome]:
        """Close every cell; what is left of them, in their order."""
        outcomes: list[CellOutcome] = []
        for answer in self._answers(dict.fromkeys(range(len(self._dealt)), orders.Finish(whole))):
            assert isinstance(answer, orders.Outcomes)
            outcomes += answer.outcomes
        return sorted(outcomes, key=lambda outcome: outcome.cell)

    def dismiss(self) -> None:
        """Let all workers go, whatever they are doing."""
        for handle in self._handles.values():
            handle.end()
        self._handles.clear()

    # --- one worker ---------------------------------------------------------------------

    def _answers(self, told: Mapping[int, orders.Order]) -> list[orders.Answer]:
        for slot, order in told.items():
            self._tell(slot, order)
        return [self._hear(slot, order) for slot, order in told.items()]

    def _tell(self, slot: int, order: orders.Order | None = None) -> None:
        """Tell it to do this; without an order, to make its cells and come up to the present."""
        told = order
        if told is None:
            cells = self._dealt[slot]
            past = [
                orders.Window(until, [grants[cell] for cell in cells])
                for until, grants in self._past
            ]
            told = orders.Make(list(cells), past)
        try:
            self._handles[slot].send(orders.ENCODER.encode(told))
        except orders.WorkerLost as lost:
            self._do_again(slot, lost, order)

    def _hear(self, slot: int, order: orders.Order | None = None) -> orders.Answer:
        """The answer to what it was told."""
        try:
            answer = orders.ANSWERS.decode(self._handles[slot].receive())
        except orders.WorkerLost as lost:
            self._do_again(slot, lost, order)
            return self._hear(slot, order)
        if isinstance(answer, orders.WorkFailed):
            raise orders.PoolError(answer.message)
        return answer

    def _do_again(self, slot: int, lost: orders.WorkerLost, order: orders.Order | None) -> None:
        """Replace a worker, and tell the new one all that the lost one was told."""
        if not self._job.repeatable:
            raise orders.PoolError(
                f"{lost}, and with it its part of the run; real time cannot be run again: start"
                " the run anew"
            ) from lost
        self._count(lost)
        self._handles.pop(slot).end()
        self._hire(slot)
        if order is None:
            return
        answer = self._hear(slot)
        assert isinstance(answer, orders.Reports)
        for cell, report in zip(answer.cells, answer.reports, strict=True):
            if report != self._last[cell]:
                raise orders.PoolError(
                    f"cell {cell} was run again and came to something else, so the run depends on"
                    " more than its scenario and its seed: a defect of the harness"
                )
        self._tell(slot, order)

    def _hire(self, slot: int) -> None:
        """A worker that is making its cells; its answer is still to be heard."""
        while slot not in self._handles:
            try:
                self._handles[slot] = self._transport.hire(self._job, slot)
            except orders.WorkerLost as lost:
                self._count(lost)
        self._tell(slot)

    def _count(self, lost: orders.WorkerLost) -> None:
        self._losses.add(lost)
        self._warn(f"{lost}; its cells are made again and run up to the present")
