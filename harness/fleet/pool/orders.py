"""What workers are told and what they answer, and what each does with its cells.

A worker has some of the cells and runs them, in whatever process it is. It is told one thing at a
time, as plain data, and answers each.

PairproofError
+-- PoolError        a run cannot go on: a cell said why, or its workers were lost too often
"""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Final, Protocol

import msgspec

from harness.domain.errors import PairproofError
from harness.fleet.port import Cell, CellOutcome, Job, MakeCell, WindowReport
from harness.history.errors import EvidenceError


class Window(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A window to run, with the grant of each cell of the worker, in order. `Reports` answer it."""

    until: int
    grants: list[int]


class Make(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Make these cells, and run them through the windows that are past. Answered by `Reports`."""

    cells: list[int]
    past: list[Window] = []


class Finish(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Close the cells, of a run that got to its end or not. Answered by `Outcomes`."""

    whole: bool


class Reports(msgspec.Struct, frozen=True, tag=True):
    """What cells say at the end of a window: those that were run in it, in order.

    After `Make` it is the last report of each cell that has been run at all.
    """

    cells: list[int]
    reports: list[WindowReport]


class Outcomes(msgspec.Struct, frozen=True, tag=True):
    """What is left of the cells, in order."""

    outcomes: list[CellOutcome]


class WorkFailed(msgspec.Struct, frozen=True, tag=True):
    """It cannot be done, for a reason that a person can do something about."""

    message: str


Order = Make | Window | Finish
Answer = Reports | Outcomes | WorkFailed

ENCODER: Final = msgspec.msgpack.Encoder()
_ORDERS: Final[msgspec.msgpack.Decoder[Order]] = msgspec.msgpack.Decoder(Order)
ANSWERS: Final[msgspec.msgpack.Decoder[Answer]] = msgspec.msgpack.Decoder(Answer)

_USUAL: Final = gc.get_threshold()
_SELDOM: Final = (100_000, 50, 1000)


class WorkerCells:
    """Some cells of a job, and the last report of each. Called with an order, it answers.

    A cell with nothing to do before the end of a window is not run in it: that would change
    nothing, so its last report stands.
    """

    def __init__(self, job: Job, make: MakeCell) -> None:
        self._job = job
        self._make = make
        self._cells: list[Cell] = []
        self._next: list[int | None] = []
        self._last: dict[int, WindowReport] = {}

    def __call__(self, order: bytes) -> bytes:
        return ENCODER.encode(self._answer(_ORDERS.decode(order)))

    def close(self) -> None:
        """Let go of the cells; where a run was given up, what they recorded stays."""
        for cell in self._cells:
            with suppress(EvidenceError):
                cell.close()
        self._cells = []
        gc.unfreeze()
        gc.set_threshold(*_USUAL)

    def _answer(self, order: Order) -> Answer:
        """What a person can do something about is an answer, not raised."""
        try:
            match order:
                case Make(cells, past):
                    # The collector would walk the whole world again and again, and find nothing.
                    gc.set_threshold(*_SELDOM)
                    self._cells = [self._make(self._job, number) for number in cells]
                    gc.freeze()
                    self._next = [0] * len(self._cells)
                    for window in past:
                        self._gone(window)
                    return Reports(list(self._last), list(self._last.values()))
                case Window():
                    return self._gone(order)
                case Finish(whole):
                    return Outcomes([cell.finish(whole=whole) for cell in self._cells])
        except PairproofError as error:
            return WorkFailed(str(error))

    def _gone(self, window: Window) -> Reports:
        until, ran, reports = window.until, [], []
        for index, grant in enumerate(window.grants):
            due = self._next[index]
            if due is not None and due < until:
                cell = self._cells[index]
                report = cell.run(until, grant)
                self._next[index] = report.next_event
                self._last[cell.number] = report
                ran.append(cell.number)
                reports.append(report)
        return Reports(ran, reports)


class WorkerHandle(Protocol):
    """A worker, wherever it is. Any call raises `WorkerLost` if it is not there any more."""

    def send(self, message: bytes) -> None:
        """Tell it something. What it was told before is answered."""

    def receive(self) -> bytes:
        """Wait for its answer."""

    def end(self) -> None:
        """Let it go, whatever it is doing. May be called again, or after it was lost."""


class Transport(Protocol):
    """Where workers come from."""

    @property
    def handles(self) -> int:
        """How many share the cells at most."""

    def hire(self, job: Job, slot: int) -> WorkerHandle:
        """A worker for this place, from 0, with no cells so far.

        Raises:
            WorkerLost: it was lost at once.
            PoolError: there is none to be had.
        """

    def close(self) -> None:
        """Let go of all that was held for the workers."""


# --- what can go wrong, and how often it may before that is given up --------------------------

LOSSES_MAX: Final = 5
"""So many times a worker is replaced in a run; then something is wrong that will not go away."""


class PoolError(PairproofError):
    """A run cannot go on: what happened, and what to do about it."""


class WorkerLost(Exception):
    """A worker does not answer any more, with all its cells; `str` of it says why.

    `again` is false where another one would only be lost in the same way.
    """

    def __init__(self, why: str, *, again: bool = True) -> None:
        super().__init__(why)
        self.again = again


class Losses:
    """The workers that were lost so far."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, lost: WorkerLost) -> None:
        """One more is lost; another is to take its place.

        Raises:
            PoolError: another would be lost in the same way, or too many were.
        """
        self._count += 1
        if not lost.again:
            raise PoolError(f"a worker failed: {lost}")
        if self._count > LOSSES_MAX:
            raise PoolError(
                f"workers were lost {self._count} times, the last time because {lost}; if that"
                " was for want of memory, take fewer --workers or fewer --hosts"
            )
