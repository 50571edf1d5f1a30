"""What every hand does with its cells, in whatever process it is."""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Final

from harness.domain.errors import PairproofError
from harness.fleet.pool import orders
from harness.fleet.port import Cell, Job, MakeCell, WindowReport
from harness.history.errors import EvidenceError

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
