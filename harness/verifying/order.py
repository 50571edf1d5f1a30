"""The operations of one scenario, or of one cell, in the order in which their lines stand."""

from __future__ import annotations

from collections.abc import Container

from harness.history.lines import InvokeLine, OutcomeLine, ended, invoked
from harness.history.operation import OperationRecord
from harness.verifying.differences import DifferenceKind, DifferenceList


class OperationOrder:
    """Whether each begins and ends once, and none is missing. Only what is open is kept.

    `scope` is what their ids begin with, `whole` what it is the name of, in words. `seen` has the
    ids of those that have begun, as far as somebody keeps them; `named` goes with each difference.
    """

    def __init__(
        self,
        scope: str,
        whole: str,
        found: DifferenceList,
        seen: Container[str] = (),
        **named: str,
    ) -> None:
        self._scope = scope
        self._whole = whole
        self._found = found
        self._seen = seen
        self._named = named
        self._open: dict[str, tuple[OperationRecord, int]] = {}
        self._serial = 0

    def begins(self, line: InvokeLine, number: int) -> OperationRecord | None:
        """The operation, unless it is none of these, or has begun already."""
        scope, _, digits = line.id.rpartition("#")
        own = scope == line.scenario == self._scope
        if not (own and digits.isascii() and digits.isdecimal()):
            message = f"{line.id} is not numbered as one of {self._whole}"
            self._differs(DifferenceKind.OUT_OF_ORDER, message, number, line.id)
            return None
        serial, due = int(digits), self._serial + 1
        if line.id in self._open or line.id in self._seen or serial == self._serial:
            message = f"{line.id} begins a second time here"
            self._differs(DifferenceKind.TWICE, message, number, line.id)
            return None
        if serial < due:
            message = f"{line.id} stands after #{self._serial}: lines changed places"
            self._differs(DifferenceKind.OUT_OF_ORDER, message, number, line.id)
        elif serial > due:
            first = f"{scope}#{due}"
            missing = first if serial == due + 1 else f"{first} to #{serial - 1}"
            message = f"{missing} is missing: #{serial} comes next here"
            self._differs(DifferenceKind.MISSING_OPERATION, message, number, first)
        self._serial = max(serial, self._serial)
        record = invoked(line)
        self._open[line.id] = record, number
        return record

    def ends(self, line: OutcomeLine, number: int) -> OperationRecord | None:
        """The operation with its outcome, if it is open."""
        if line.id not in self._open:
            kind = DifferenceKind.WITHOUT_BEGINNING
            told = "ends here, and is not open: it does not begin before, or has ended"
            if line.id in self._seen:
                kind, told = DifferenceKind.TWICE, "ends a second time here"
            self._differs(kind, f"{line.id} {told}", number, line.id)
            return None
        record, began = self._open.pop(line.id)
        if line.end < record.start:
            message = f"{line.id} ends at {line.end} µs, before it begins (line {began})"
            self._differs(DifferenceKind.OUT_OF_ORDER, message, number, line.id)
        return ended(record, line)

    def end(self) -> None:
        """Nothing more comes: what is open lacks its outcome."""
        for operation, (_, number) in self._open.items():
            message = f"{operation} begins here, and its outcome is missing"
            self._differs(DifferenceKind.WITHOUT_OUTCOME, message, number, operation)

    def _differs(self, kind: DifferenceKind, message: str, number: int, operation: str) -> None:
        about = {**self._named, "operation": operation}
        self._found.add(kind, f"operation {message}", number, **about)
