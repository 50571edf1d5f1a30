"""What invariants find, and by which bounds they judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
"""Shown an operation that has its outcome: what is found now."""

Hear = Callable[[OperationRecord], None]
"""Shown an operation that is about to be sent, or one from which something is learned."""
