"""Counts what an object holds, so that a test can say how its memory grows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import Enum
from types import MappingProxyType

from harness.checkers.invariants.ids_are_never_reused import IdSet

_PLAIN = (str, bytes, int, float, bool, type(None), Enum, type)


def entries(thing: object) -> int:
    """How many entries all containers together have that can be reached from here.

    Of the digests of ids none is counted; see `digest_bytes`.
    """
    return sum(len(found) for found in _reached(thing) if isinstance(found, _SIZED))


def digest_bytes(thing: object) -> int:
    """How many bytes the digests of ids take."""
    sets = [found for found in _reached(thing) if isinstance(found, IdSet)]
    return sum(ids.size + sum(map(len, ids._tail)) for ids in sets)


_SIZED = (dict, list, tuple, set, frozenset, deque)


def _reached(thing: object) -> Iterator[object]:
    seen: dict[int, object] = {}
    waiting = [thing]
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, _PLAIN):
            continue
        seen[id(found)] = found
        yield found
        waiting += _held_by(found)


def _held_by(thing: object) -> Iterator[object]:
    if isinstance(thing, MappingProxyType):
        thing = dict(thing)
    if isinstance(thing, dict):
        yield from thing
        yield from thing.values()
    elif isinstance(thing, _SIZED):
        yield from thing
    elif not callable(thing) and not isinstance(thing, IdSet):
        yield from getattr(thing, "__dict__", {}).values()
        for kind in type(thing).__mro__:
            names = getattr(kind, "__slots__", ())
            slots = (names,) if isinstance(names, str) else names
            yield from (getattr(thing, slot, None) for slot in slots)
