"""The store port, and the store in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Final, Protocol, TypeVar, cast

from harness.reference.core.records import INDEX, KEY, Boots, Record

R = TypeVar("R", bound=Record)


class Store(Protocol):
    """Records by kind and key, with indexes, in transactions.

    A transaction that ends with an exception leaves nothing behind. Iteration follows the
    order in which keys were first put.
    """

    def get(self, kind: type[R], key: str) -> R | None:
        """The record of this key."""

    def put(self, record: Record) -> None:
        """Insert, or replace the one of the same key."""

    def delete(self, kind: type[R], key: str) -> None:
        """Remove the record of this key, if there is one."""

    def every(self, kind: type[R]) -> Iterator[R]:
        """All records of a kind."""

    def find(self, kind: type[R], index: str, value: str) -> Iterator[R]:
        """The records whose index has this value."""

    def clear(self) -> None:
        """Remove everything, except how often each side was started."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, one at a time."""

    def close(self) -> None:
        """Let go of whatever the store holds open."""


Tables = dict[type, dict[str, Record]]
Keys = str | dict[str, None]
"""The keys of one value of an index: one alone as it is, since most values have but one."""
Indexes = dict[tuple[type, str], dict[str, Keys]]
_Undo = tuple[type, str, Record | None]

_INDEXED: Final = {kind: tuple(INDEX.get(kind, {}).items()) for kind in KEY}
"""The indexes of each kind: by name, and what a record is found by."""


class MemoryStore:
    """The store in memory: for simulation, and for walking many worlds from one snapshot."""

    def __init__(self) -> None:
        self._tables: Tables = {kind: {} for kind in KEY}
        self._indexes: Indexes = {
            (kind, name): {} for kind, names in INDEX.items() for name in names
        }
        self._own: set[type] = set(KEY)
        """The kinds whose tables no other store shares."""
        self._undo: list[_Undo] | None = None
        self._transaction = _Transaction(self)

    def get(self, kind: type[R], key: str) -> R | None:
        # No `cast`, which is a call: this is asked sixty times for each pairing of a fleet.
        return self._tables[kind].get(key)  # type: ignore[return-value]

    def put(self, record: Record) -> None:
        kind = type(record)
        self._write(kind, KEY[kind](record), record)

    def delete(self, kind: type[R], key: str) -> None:
        if key in self._tables[kind]:
            self._write(kind, key, None)

    def every(self, kind: type[R]) -> Iterator[R]:
        return iter(cast("list[R]", list(self._tables[kind].values())))

    def find(self, kind: type[R], index: str, value: str) -> Iterator[R]:
        keys = self._indexes[kind, index].get(value)
        if keys is None:
            return iter(())
        table = self._tables[kind]
        found = [table[keys]] if type(keys) is str else [table[key] for key in keys]
        return iter(found)  # type: ignore[arg-type]

    def clear(self) -> None:
        for kind, table in self._tables.items():
            for key in list(table) if kind is not Boots else ():
                self._write(kind, key, None)

    def transaction(self) -> AbstractContextManager[None]:
        return self._transaction

    def undo(self) -> None:
        """Undo all that was done since the transaction began."""
        done, self._undo = self._undo or [], None
        for kind, key, before in reversed(done):
            self._write(kind, key, before)

    def snapshot(self) -> MemoryStore:
        """A copy that lives on its own. A table is copied only once one of them changes it."""
        copy = MemoryStore.__new__(MemoryStore)
        copy._undo = None
        copy._transaction = _Transaction(copy)
        copy.load(self)
        return copy

    def load(self, other: MemoryStore) -> None:
        """Hold from now on what another store holds, and live on apart from it."""
        self._tables = dict(other._tables)
        self._indexes = dict(other._indexes)
        self._own = set()
        other._own = set()

    def tables(self) -> Iterator[dict[str, Record]]:
        """The table of each kind, to be read only."""
        return iter(self._tables.values())

    def close(self) -> None: ...

    def _own_table(self, kind: type) -> None:
        self._own.add(kind)
        self._tables[kind] = dict(self._tables[kind])
        for name in INDEX.get(kind, {}):
            by_value = self._indexes[kind, name]
            self._indexes[kind, name] = {
                value: keys if isinstance(keys, str) else dict(keys)
                for value, keys in by_value.items()
            }

    def _write(self, kind: type, key: str, record: Record | None) -> None:
        if kind not in self._own:
            self._own_table(kind)
        table = self._tables[kind]
        before = table.get(key)
        if self._undo is not None:
            self._undo.append((kind, key, before))
        if record is None:
            del table[key]
        else:
            table[key] = record
        for name, value_of in _INDEXED[kind]:
            old = value_of(before) if before is not None else ""
            new = value_of(record) if record is not None else ""
            if old != new:
                self._reindex(kind, name, key, old, new)

    def _reindex(self, kind: type, name: str, key: str, old: str, new: str) -> None:
        by_value = self._indexes[kind, name]
        if old:
            keys = by_value[old]
            if isinstance(keys, str) or len(keys) == 1:
                del by_value[old]
            else:
                del keys[key]
        if new:
            others = by_value.get(new)
            if others is None:
                by_value[new] = key
            elif isinstance(others, str):
                by_value[new] = {others: None, key: None}
            else:
                others[key] = None


class _Transaction(AbstractContextManager[None]):
    """The transactions of one store, one at a time: a third of what a generator costs."""

    __slots__ = ("_store",)

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def __enter__(self) -> None:
        self._store._undo = []

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self._store._undo = None
        else:
            self._store.undo()
