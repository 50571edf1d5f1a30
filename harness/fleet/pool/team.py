"""All cells of a run, dealt to hands; what one hand loses, another does again."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence

from harness.fleet.pool.errors import Losses, PoolError, WorkerLost
from harness.fleet.pool.orders import (
    Answer,
    Finish,
    Go,
    Make,
    Order,
    Outcomes,
    Reports,
    Transport,
    Window,
    WorkerHandle,
    WorkFailed,
)
from harness.fleet.port import CellOutcome, Job, WindowReport


class Team:
    """The cells of a job, as one.

    What a cell does depends on nothing but the job and its grants. So a hand that is lost with
    its cells is replaced by one that makes them again and runs them up to the present.
    """

    def __init__(self, job: Job, transport: Transport, warn: Callable[[str], None]) -> None:
        cells = range(job.scenario.fleet.cells)
        handles = min(transport.handles, len(cells))
        self._job = job
        self._transport = transport
        self._warn = warn
        self._losses = Losses()
        self._dealt = [cells[slot::handles] for slot in range(handles)]
        self._handles: dict[int, WorkerHandle] = {}
        self._past: list[tuple[int, array[int]]] = []
        self._last: dict[int, WindowReport] = {}

    def make(self) -> None:
        """Make every cell.

        Raises:
            PoolError: it cannot be done.
        """
        for slot in range(len(self._dealt)):
            self._hire(slot)
        for slot in range(len(self._dealt)):
            self._hear(slot)

    def go(self, until: int, grants: Sequence[int], due: Sequence[bool]) -> dict[int, WindowReport]:
        """Run the cells that are due to the end of a window; what they report.

        Raises:
            PoolError: it cannot be done.
        """
        orders = {
            slot: Go(Window(until, [grants[cell] for cell in cells]))
            for slot, cells in enumerate(self._dealt)
            if any(due[cell] for cell in cells)
        }
        for slot, order in orders.items():
            self._tell(slot, order)
        reports: dict[int, WindowReport] = {}
        for slot, order in orders.items():
            answer = self._hear(slot, order)
            assert isinstance(answer, Reports)
            reports.update(zip(answer.cells, answer.reports, strict=True))
        self._past.append((until, array("q", grants)))
        self._last.update(reports)
        return reports

    def finish(self, *, whole: bool) -> list[CellOutcome]:
        """Close every cell; what is left of them, in their order.

        Raises:
            PoolError: it cannot be done.
        """
        for slot in range(len(self._dealt)):
            self._tell(slot, Finish(whole))
        outcomes: list[CellOutcome] = []
        for slot in range(len(self._dealt)):
            answer = self._hear(slot, Finish(whole))
            assert isinstance(answer, Outcomes)
            outcomes += answer.outcomes
        return sorted(outcomes, key=lambda outcome: outcome.cell)

    def dismiss(self) -> None:
        """Let all hands go, whatever they are doing."""
        for handle in self._handles.values():
            handle.dismiss()
        self._handles.clear()

    # --- one hand -----------------------------------------------------------------------

    def _tell(self, slot: int, order: Order | None = None) -> None:
        """Tell it to do this; without an order, to make its cells and come up to the present."""
        try:
            self._handles[slot].ask(order or self._making(slot))
        except WorkerLost as lost:
            self._do_again(slot, lost, order)

    def _hear(self, slot: int, order: Order | None = None) -> Answer:
        """The answer to what it was told."""
        try:
            answer = self._handles[slot].answer()
        except WorkerLost as lost:
            self._do_again(slot, lost, order)
            return self._hear(slot, order)
        if isinstance(answer, WorkFailed):
            raise PoolError(answer.message)
        return answer

    def _do_again(self, slot: int, lost: WorkerLost, order: Order | None) -> None:
        """Replace a hand, and tell the new one all that the lost one was told."""
        if not self._job.repeatable:
            raise PoolError(
                f"{lost}, and with it its part of the run; real time cannot be run again: start"
                " the run anew"
            ) from lost
        self._count(lost)
        self._handles.pop(slot).dismiss()
        self._hire(slot)
        if order is not None:
            self._see_that_it_is_the_same(self._hear(slot))
            self._tell(slot, order)

    def _hire(self, slot: int) -> None:
        """A hand that is making its cells; its answer is still to be heard."""
        while slot not in self._handles:
            try:
                self._handles[slot] = self._transport.hire(self._job, slot)
            except WorkerLost as lost:
                self._count(lost)
        self._tell(slot)

    def _making(self, slot: int) -> Make:
        cells = self._dealt[slot]
        past = [Window(until, [grants[cell] for cell in cells]) for until, grants in self._past]
        return Make(list(cells), past)

    def _count(self, lost: WorkerLost) -> None:
        self._losses.add(lost)
        self._warn(f"{lost}; its cells are made again and run up to the present")

    def _see_that_it_is_the_same(self, answer: Answer) -> None:
        assert isinstance(answer, Reports)
        for cell, report in zip(answer.cells, answer.reports, strict=True):
            if report != self._last[cell]:
                raise PoolError(
                    f"cell {cell} was run again and came to something else, so the run depends on"
                    " more than its scenario and its seed: a defect of the harness"
                )
