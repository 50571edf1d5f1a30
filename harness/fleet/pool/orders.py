"""What hands are told and what they answer: plain data, for any process on any machine.

A hand has some of the cells and runs them. It is told one thing at a time, and answers each.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Final, Protocol

import msgspec

from harness.domain.errors import PairproofError
from harness.fleet.pool import orders
from harness.fleet.port import Cell, CellOutcome, Job, MakeCell, WindowReport
from harness.history.errors import EvidenceError


class Window(msgspec.Struct, frozen=True, array_like=True):
    """A window that was run, with the grant of each cell that it is told to, in their order."""

    until: int
    grants: list[int]


class Make(msgspec.Struct, frozen=True, tag=True):
    """Make these cells, and run them through the windows that are past. Answered by `Reports`."""

    cells: list[int]
    past: list[Window] = []


class Go(msgspec.Struct, frozen=True, tag=True):
    """Run the cells through one more window. Answered by `Reports`."""

    window: Window


class Finish(msgspec.Struct, frozen=True, tag=True):
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


Order = Make | Go | Finish
Answer = Reports | Outcomes | WorkFailed

ENCODER: Final = msgspec.msgpack.Encoder()
ORDERS: Final[msgspec.msgpack.Decoder[Order]] = msgspec.msgpack.Decoder(Order)
ANSWERS: Final[msgspec.msgpack.Decoder[Answer]] = msgspec.msgpack.Decoder(Answer)


class WorkerHandle(Protocol):
    """One of the crew: whatever runs some of the cells, wherever it is."""

    def ask(self, order: Order) -> None:
        """Tell it what to do. What it was told before is answered.

        Raises:
            WorkerLost: it is not there any more.
        """

    def answer(self) -> Answer:
        """Wait for its answer.

        Raises:
            WorkerLost: it is not there any more.
        """

    def dismiss(self) -> None:
        """Let it go, whatever it is doing. May be called again, or after it was lost."""


class Transport(Protocol):
    """Where hands come from."""

    @property
    def handles(self) -> int:
        """How many share the cells at most."""

    def hire(self, job: Job, slot: int) -> WorkerHandle:
        """A hand for this place, from 0, with no cells so far.

        Raises:
            WorkerLost: it was lost at once.
            PoolError: there is none to be had.
        """

    def close(self) -> None:
        """Let go of all that was held for the hands."""


LOSSES_MAX: Final = 5
"""So many times a worker is replaced in a run; then something is wrong that will not go away."""


class PoolError(PairproofError):
    """A run cannot go on: what happened, and what to do about it."""


class WorkerLost(Exception):
    """A hand does not answer any more, with all its cells; `str` of it says why.

    `again` is false where another hand would only be lost in the same way.
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


_USUAL: Final = gc.get_threshold()
_SELDOM: Final = (100_000, 50, 1000)


class WorkerCells:
    """Some cells of a job, and the last report of each.

    A cell with nothing to do before the end of a window is not run in it: that would change
    nothing, so its last report stands.
    """

    def __init__(self, job: Job, make: MakeCell) -> None:
        self._job = job
        self._make = make
        self._cells: list[Cell] = []
        self._next: list[int | None] = []
        self._last: dict[int, WindowReport] = {}

    def carry_out(self, order: orders.Order) -> orders.Answer:
        """Do it, and answer. What a person can do something about is an answer, not raised."""
        try:
            match order:
                case orders.Make():
                    return self._made(order)
                case orders.Go():
                    return self._gone(order.window)
                case orders.Finish(whole):
                    return orders.Outcomes([cell.finish(whole=whole) for cell in self._cells])
        except PairproofError as error:
            return orders.WorkFailed(str(error))

    def close(self) -> None:
        """Let go of the cells; where a run was given up, what they recorded stays."""
        for cell in self._cells:
            with suppress(EvidenceError):
                cell.close()
        self._cells = []
        gc.unfreeze()
        gc.set_threshold(*_USUAL)

    def _made(self, order: orders.Make) -> orders.Reports:
        # The collector would walk the whole world again and again, and find nothing.
        gc.set_threshold(*_SELDOM)
        self._cells = [self._make(self._job, number) for number in order.cells]
        gc.freeze()
        self._next = [0] * len(self._cells)
        for window in order.past:
            self._gone(window)
        return orders.Reports(list(self._last), list(self._last.values()))

    def _gone(self, window: orders.Window) -> orders.Reports:
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
        return orders.Reports(ran, reports)
