"""Judges and measures the stream of one cell."""

from __future__ import annotations

from typing import Final

from harness.checkers.fleet.measures import Meter
from harness.checkers.fleet.requests import RequestTracker
from harness.checkers.fleet.situations import Sometimes
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.checkers.invariants.known import NOTHING, Bounds, Violations
from harness.checkers.invariants.stream import Watch, by_kind
from harness.history.fleet_lines import MeasuresLine
from harness.history.operation import OperationRecord

AT_LAST: Final = "at_last"
"""The tag of what is asked only to see whether a cluster can still send: it is judged, and counts
neither as a request nor as a situation.
"""


class CellJudge:
    """All invariants, situations and measures over one stream of operations.

    `bucket` is the width of a step of the series, in microseconds. Without `watch` no invariant
    is judged, and everything is measured all the same.
    """

    def __init__(self, bounds: Bounds, *, bucket: int, watch: bool = True) -> None:
        self._ledger = RequestTracker()
        self._meter = Meter(self._ledger, bucket)
        self._sometimes = Sometimes(SITUATIONS, self._ledger)
        self._watch = Watch(limits=bounds) if watch else None
        faults = self._meter.faults
        shown = dict.fromkeys(self._sometimes.invoked_kinds, self._sometimes.invoked)
        self._invoked = by_kind([shown, faults.on_invoked, self._ledger.on_invoked])
        # Situations are shown an operation before the ledger takes it over.
        self._ended = by_kind([faults.on, self._ledger.on])

    @property
    def pending(self) -> int:
        """How many requests wait for a decision now."""
        return self._ledger.pending

    def invoked(self, operation: OperationRecord) -> None:
        for hear in () if AT_LAST in operation.tags else self._invoked.get(operation.kind, ()):
            hear(operation)
        if self._watch is not None:
            self._watch.invoked(operation)

    def ended(self, operation: OperationRecord) -> Violations:
        self._meter.ended(operation)
        if AT_LAST not in operation.tags:
            self._sometimes.ended(operation)
            for hear in self._ended.get(operation.kind, ()):
                hear(operation)
        return self._watch.ended(operation) if self._watch is not None else NOTHING

    def end(self, at: int) -> Violations:
        """Nothing more comes; by `at` everything has healed and had its time to settle."""
        self._meter.passed(at)
        return self._watch.end(at) if self._watch is not None else NOTHING

    def measures(self) -> MeasuresLine:
        """What was measured so far."""
        undecided = self._watch.undecided if self._watch is not None else {}
        return self._meter.line(self._sometimes.counts, undecided)

    def ids(self) -> bytes:
        """The digests of all pairing ids that were given, 8 bytes each, sorted, each once."""
        return self._ledger.ids()
