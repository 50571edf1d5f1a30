"""Fingerprints: which states of the world are the same for everything that can follow.

A record is reduced to a small number, equal for equal records; a flow that waits for an answer
to where each of its generators stands and what their variables hold.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from operator import attrgetter
from types import GeneratorType

from harness.domain.cluster import Cluster
from harness.reference.core.records import Record
from harness.reference.core.store import MemoryStore

_BY_VALUE = (str, int, bool, type(None), bytes, float)
_MOST_KEPT = 50_000
_SHARED = (Cluster,)
"""Values that many records share, and that are worth to be remembered by identity."""


class Prints:
    """Makes fingerprints. Equal ones of one maker mean equal things."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._kept: dict[int, tuple[object, int]] = {}
        self._readers: dict[type, Callable[[object], tuple[object, ...]]] = {}

    def number(self, thing: Hashable) -> int:
        """A number for the thing, the same for all that are equal to it."""
        return self._numbers.setdefault(thing, len(self._numbers))

    def store(self, store: MemoryStore) -> Hashable:
        """What a store holds, in the order in which it would be listed."""
        return tuple(
            tuple([self.kept(record) for record in table.values()])
            for table in store.tables()
            if table
        )

    def kept(self, record: Record | Cluster) -> int:
        """The number of an immutable record; remembered as long as there is room."""
        found = self._kept.get(id(record))
        if found is not None and found[0] is record:
            return found[1]
        number = self.number(self._fields(record))
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()
        self._kept[id(record)] = (record, number)
        return number

    def of(self, value: object) -> Hashable:
        """Anything that a flow or a core may hold."""
        if isinstance(value, Enum):
            return (type(value).__name__, value.value)
        if isinstance(value, _BY_VALUE):
            return value
        if isinstance(value, tuple | list):
            return tuple([self.of(item) for item in value])
        if isinstance(value, Mapping):
            return tuple([(self.of(key), self.of(item)) for key, item in value.items()])
        if isinstance(value, set | frozenset):
            return frozenset([self.of(item) for item in value])
        if isinstance(value, GeneratorType):
            return self.flow(value)
        if isinstance(value, _SHARED):
            return self.kept(value)
        if is_dataclass(value) and not hasattr(value, "bits128"):
            return self._fields(value)
        return type(value).__name__

    def flow(self, flow: object) -> Hashable:
        """Where a generator stands, with those that it waits for."""
        found: list[Hashable] = []
        inner: object = flow
        while isinstance(inner, GeneratorType):
            frame = inner.gi_frame
            if frame is None:
                break
            names = tuple(
                [(n, self.of(v)) for n, v in frame.f_locals.items() if n not in ("self", "flow_")]
            )
            found.append((frame.f_code.co_name, frame.f_lasti, names))
            inner = inner.gi_yieldfrom
        return tuple(found)

    def _fields(self, value: object) -> Hashable:
        kind = type(value)
        reader = self._readers.get(kind)
        if reader is None:
            names = [field.name for field in fields(value)]  # type: ignore[arg-type]
            reader = self._readers[kind] = _reader_of(names)
        return (kind, *[self.of(item) for item in reader(value)])


def _reader_of(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    if not names:
        return lambda value: ()
    if len(names) == 1:
        return lambda value: (getattr(value, names[0]),)
    return attrgetter(*names)
