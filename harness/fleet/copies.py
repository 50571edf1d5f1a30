"""A copy of the central side that is a little behind, from which reads are answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Final, TypeVar

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.reference.core import records
from harness.reference.core.store import MemoryStore
from harness.reference.sides import CentralSide

READS: Final = (ops.ListPairingRequests, ops.PollPairing)
"""Lists and the edge's copy may lag (INV-8), what people decide by may not."""
_LAGS: Final = (records.PairingRequest, records.CentralCluster)
R = TypeVar("R", bound=records.Record)


class LaggingCopy:
    """Answers from what was so `by` microseconds ago at most, and never from before it began.

    Only requests and their clusters lag: who may see them is looked up as it is. What the copy does
    not know yet is asked of the side itself.
    """

    def __init__(self, side: CentralSide, by: int, now: int) -> None:
        self._side = side
        self._by = by
        self._made_at = now
        assert isinstance(side.store, MemoryStore)
        self._store = StoreOfACopy(side.store)
        self._core = side.core_over(self._store)

    def keeps_up(self, now: int) -> None:
        """Copy anew what is older than it may be."""
        if now - self._made_at >= self._by:
            self._made_at = now
            self._store.copy()

    def perform(
        self, operation: ops.PaletteOperation, credentials: ops.Credentials
    ) -> ops.KnownReply:
        """One operation, answered from the copy."""
        reply = self._side.perform_by(self._core, operation, credentials)
        if isinstance(reply, Refused) and reply.reason is Reason.NOT_FOUND:
            return self._side.perform(operation, credentials)
        return reply


class StoreOfACopy:
    """Reads what lags from a copy, all else from the store itself; writes change the copy alone."""

    def __init__(self, whole: MemoryStore) -> None:
        self._whole = whole
        self.copy()

    def copy(self) -> None:
        """Be as the store is now."""
        self._then = self._whole.snapshot()

    def _of(self, kind: type) -> MemoryStore:
        return self._then if kind in _LAGS else self._whole

    def get(self, kind: type[R], key: str) -> R | None:
        return self._of(kind).get(kind, key)

    def put(self, record: records.Record) -> None:
        self._then.put(record)

    def delete(self, kind: type[R], key: str) -> None:
        self._then.delete(kind, key)

    def every(self, kind: type[R]) -> Iterator[R]:
        return self._of(kind).every(kind)

    def find(self, kind: type[R], index: str, value: str) -> Iterator[R]:
        return self._of(kind).find(kind, index, value)

    def clear(self) -> None:
        self._then.clear()

    def transaction(self) -> AbstractContextManager[None]:
        return self._then.transaction()

    def close(self) -> None: ...
