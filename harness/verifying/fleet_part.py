"""The part of one cell judged again: its lines as they stand there, in the order of things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from harness.checkers.fleet.concluding import ClosedCell, Terms, as_lines
from harness.checkers.fleet.judge import CellJudge
from harness.history.fleet_lines import GrantsLine, PartLine, ViolationLine
from harness.history.lines import STILL_OPEN, InvokeLine, OutcomeLine
from harness.history.operation import OperationRecord
from harness.history.parts import GRANTS, PartRecord
from harness.history.scan import RawLine
from harness.verifying.differences import DifferenceKind, DifferenceList
from harness.verifying.order import OperationOrder

_CANNOT: Final = (LookupError, TypeError, ValueError, AttributeError)
"""What a checker raises for operations that no run has."""

ResultT = TypeVar("ResultT")


class PartAgain:
    """The operations of one cell, on their way through its part.

    They are shown to a judge as they were when they were recorded. `found` are the violations that
    were found while it ran.
    """

    def __init__(self, line: PartLine, terms: Terms, found: DifferenceList) -> None:
        self._part = line
        self._found = found
        self._judge: CellJudge | None = CellJudge(terms.bounds, bucket=terms.bucket)
        self._order = OperationOrder(line.name, f"cell {line.name}", found, part=line.name)
        self._now = 0
        self.found: list[ViolationLine] = []
        self._at_the_end: list[ViolationLine] = []

    def take(self, raw: RawLine[PartRecord]) -> None:
        """Take one line."""
        match raw.line:
            case InvokeLine() as line:
                self._invoke(line, raw.number)
            case OutcomeLine() as line:
                self._outcome(line, raw.number)
            case _:
                message = "no run writes lines of this type among operations"
                self._differs(DifferenceKind.UNKNOWN_LINE, message, raw.number)

    def end(self, complete: bool) -> ClosedCell | None:
        """All lines are in; what they come to, or `None` if they could not be judged."""
        self._order.end()
        ended_at = self._part.ended_at
        if ended_at < self._now:
            self._differs(
                DifferenceKind.OUT_OF_ORDER,
                f"the cell is said to have ended at {ended_at} µs, and its last line is of"
                f" {self._now} µs",
            )
        if self._judge is None:
            return None
        if complete:
            self._at_the_end += as_lines(self._judge.end(ended_at), self._part.name, ended_at)
        return ClosedCell(
            cell=int(self._part.name),
            measures=self._judge.measures(),
            ids=self._judge.ids(),
            violations=self._at_the_end,
        )

    def _invoke(self, line: InvokeLine, number: int) -> None:
        record = self._order.begins(line, number)
        if record is None:
            return
        self._passes(line.start, line.id, number)
        if self._judge is not None:
            self._judge_record(self._judge.invoked, record, number)

    def _outcome(self, line: OutcomeLine, number: int) -> None:
        record = self._order.ends(line, number)
        if record is None:
            return
        was_open = (line.error or {}).get("why") == STILL_OPEN
        if not was_open:
            self._passes(line.end, line.id, number)
        if self._judge is None:
            return
        violations = self._judge_record(self._judge.ended, record, number) or ()
        if was_open:
            self._at_the_end += as_lines(violations, self._part.name, self._part.ended_at)
        else:
            self.found += as_lines(violations, self._part.name, line.end)

    def _passes(self, at: int, operation: str, number: int) -> None:
        """Lines stand in the order of time."""
        if at < self._now:
            message = f"this line of {operation} is of {at} µs, after one of {self._now} µs"
            self._differs(DifferenceKind.OUT_OF_ORDER, message, number, operation)
        else:
            self._now = at

    def _judge_record(
        self, judge: Callable[[OperationRecord], ResultT], record: OperationRecord, number: int
    ) -> ResultT | None:
        """What the judge says. What comes after an operation that no run has is not judged."""
        try:
            return judge(record)
        except _CANNOT as error:
            self._judge = None
            told = " ".join(str(error).split())
            message = f"operation {record.id} is such that it cannot be judged ({told})"
            self._differs(DifferenceKind.CHECK_IMPOSSIBLE, message, number, record.id)
            return None

    def _differs(
        self, kind: DifferenceKind, message: str, number: int = 0, operation: str = ""
    ) -> None:
        self._found.add(kind, message, number, part=self._part.name, operation=operation)


class GrantsAgain:
    """The part of the grants: in each window they come to what the central plane has.

    Which windows have a line cannot be told from the operations; `pairproof replay` tells.
    """

    found: Sequence[ViolationLine] = ()

    def __init__(self, cells: int, capacity: int, found: DifferenceList) -> None:
        self._cells = cells
        self._capacity = capacity
        self._found = found
        self._window = -1

    def take(self, raw: RawLine[PartRecord]) -> None:
        """Take one line."""
        line, number = raw.line, raw.number
        if not isinstance(line, GrantsLine):
            message = "no run writes lines of this type among grants"
            self._differs(DifferenceKind.UNKNOWN_LINE, message, number)
            return
        if line.window <= self._window:
            message = f"window {line.window} stands after window {self._window}"
            self._differs(DifferenceKind.OUT_OF_ORDER, message, number)
        self._window = max(line.window, self._window)
        if len(line.grants) != self._cells:
            message = f"window {line.window} has grants for {len(line.grants)} cells, and there"
            self._differs(DifferenceKind.GRANTS_DIFFER, f"{message} are {self._cells}", number)
        elif sum(line.grants) != self._capacity or min(line.grants) < 0:
            message = (
                f"the grants of window {line.window} come to {sum(line.grants)} µs, and the"
                f" central plane has {self._capacity} µs in each"
            )
            self._differs(DifferenceKind.GRANTS_DIFFER, message, number)

    def end(self, complete: bool) -> None:
        """There is nothing to be judged at the end."""

    def _differs(self, kind: DifferenceKind, message: str, number: int) -> None:
        self._found.add(kind, message, number, part=GRANTS)
