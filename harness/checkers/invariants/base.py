"""What every invariant is: a rule that watches a stream of operations, and blames some."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from harness.history.operation import OperationRecord


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold: why not, and the operations that show it, in order."""

    invariant: str
    reason: str
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far behind what is shown may be, in microseconds; see the limits of a run.

    Attributes:
        list_lag: a central list, or a status, behind an acknowledged change.
        edge_lag: the edge's copy behind a central decision.
        settle: after the last fault has healed, everything has settled by then.
        states: how many states the search of INV-8 may visit for one request.
    """

    list_lag: int = 5_000_000
    edge_lag: int = 5_000_000
    settle: int = 30_000_000
    states: int = 100_000


Handler = Callable[[OperationRecord], Iterable[Violation]]


class Invariant(Protocol):
    """One invariant over one stream.

    Each answer that a wait saw is shown as an operation of the kind that the wait asked, with
    the wait's id; whoever names `await_state` or `stays` is shown the wait itself as well,
    after its answers.
    """

    id: str
    undecided: str
    """Why something could not be judged; empty when all could."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of operations that it is shown."""
        ...

    def invoked(self, operation: OperationRecord) -> None:
        """An operation is about to be sent."""
        ...

    def ended(self, operation: OperationRecord) -> Iterable[Violation]:
        """An operation has its outcome: what is found now."""
        ...

    def end(self, at: int) -> Iterable[Violation]:
        """Nothing more comes, and everything has had its time to settle."""
        ...
