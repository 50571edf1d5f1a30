"""The base of the invariants that share what is known."""

from __future__ import annotations

from collections.abc import Iterable

from harness.checkers.invariants.base import Handler, Violation
from harness.checkers.invariants.known import Known
from harness.history.operation import OperationRecord

NOTHING: tuple[Violation, ...] = ()


class Rule:
    """An invariant with a handler for each kind of operation that it wants."""

    id = ""
    hears_invoked = False

    def __init__(self, known: Known) -> None:
        self.known = known
        self.undecided = ""
        self.on: dict[str, Handler] = {}
        self._blamed: set[str] = set()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that it has handlers for."""
        return frozenset(self.on)

    def invoked(self, operation: OperationRecord) -> None:
        """An operation is about to be sent."""

    def ended(self, operation: OperationRecord) -> Iterable[Violation]:
        """An operation has its outcome."""
        return self.on[operation.kind](operation)

    def end(self, at: int) -> Iterable[Violation]:
        """Nothing more comes."""
        return NOTHING

    def blame(self, about: str, reason: str, *operations: str) -> tuple[Violation, ...]:
        """Something is wrong with a request or a cluster; said once for each."""
        if about in self._blamed:
            return NOTHING
        self._blamed.add(about)
        return (Violation(self.id, reason, tuple(dict.fromkeys(filter(None, operations)))),)
