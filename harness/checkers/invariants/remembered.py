"""What a watch remembers, as a value: where two hold the same, they judge alike what is to come.

It is read off the watch itself, object by object, so that no invariant has to speak of it: what a
rule keeps is part of it, but for what `_LEFT_OUT` names. Of a tick or a time only the second counts
in which it lies, and its place among the others. Nothing else is ever asked of them: all bounds
are whole seconds, and what is to come is later than all that has been.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from enum import Enum
from functools import cache
from itertools import chain
from typing import Final

from harness.checkers.invariants.arranging import Arrangements
from harness.checkers.invariants.hearing import Hearing
from harness.checkers.invariants.known import FIRST_TICK, ObservedWorld, Rule
from harness.checkers.invariants.linearizable import Linearizable
from harness.checkers.invariants.register import Register
from harness.checkers.invariants.stream import Watch
from harness.checkers.linear import Linearizer, LinearSearch

FIRST_TIME: Final = 1_000_000_000
"""A history that is to be remembered begins then, or later: no count of anything comes so far."""

_NO_MOMENT: Final = 1 << 60
_SECOND: Final = 1_000_000
_PLAIN: Final = frozenset({str, bool, type(None), float, frozenset})
"""Types of values that hold no ticks or times."""
_LEFT_OUT: Final[Mapping[type, str]] = {
    # Handlers, limits and tables are the same for every watch.
    Watch: "_invoked _ended",
    Arrangements: "arrangements_invoked arrangements_ended",
    Hearing: "invoked ended",
    Rule: "on on_invoked",
    LinearSearch: "_automaton",
    # What tells why decides nothing.
    Linearizer: "_automaton _base _kept _segment",
    Register: "refused",
    # This can be found out again.
    Linearizable: "_automaton _readers _surely",
    # This besides is known only while an operation is shown.
    ObservedWorld: "limits on_settled _asked _here started about shown listed",
}
"""What objects of these classes hold, and no verdict depends on."""


def remembered(*things: object) -> Hashable:
    """All that these remember, down to the last object, and what they have in common."""
    reading = _Reading()
    reading.read(things)
    return reading.value()


class _Reading:
    """Reads objects into one flat list; one that comes again is told by its number."""

    def __init__(self) -> None:
        self._read: list[Hashable] = []
        self._moments: dict[int, int] = {}
        """Where in the list a tick or a time stands, and which."""
        self._numbers: dict[int, int] = {}

    def read(self, thing: object) -> None:
        """Add a thing, with all that it consists of."""
        kind: type = type(thing)
        read = self._read
        if kind in _PLAIN or isinstance(thing, Enum):
            read.append(thing)
        elif isinstance(thing, int):
            if FIRST_TIME <= thing < _NO_MOMENT:
                self._moments[len(read)] = thing
            read.append(thing)
        elif isinstance(thing, tuple | list | deque):
            read.append((kind, len(thing)))
            for item in thing:
                self.read(item)
        elif isinstance(thing, dict):
            read.append((kind, len(thing)))
            for item in chain.from_iterable(thing.items()):
                self.read(item)
        elif isinstance(thing, set):
            read.append(frozenset(thing))
        elif id(thing) in self._numbers:
            read.append((object, self._numbers[id(thing)]))
        else:
            self._numbers[id(thing)] = len(self._numbers)
            read.append(kind)
            for name in _names_of(thing):
                self.read(getattr(thing, name))

    def value(self) -> Hashable:
        """What was read."""
        read, moments = self._read, self._moments
        places = {moment: place for place, moment in enumerate(sorted(set(moments.values())))}
        for at, moment in moments.items():
            second = moment // _SECOND if moment < FIRST_TICK else 0
            read[at] = (int, second, places[moment])
        return tuple(read)


def _names_of(thing: object) -> Iterable[str]:
    """What an object holds that is remembered."""
    kind: type = type(thing)
    slots, left_out = _kind(kind)
    if not hasattr(thing, "__dict__"):
        return slots
    return [*slots, *(name for name in vars(thing) if name not in left_out)]


@cache
def _kind(kind: type) -> tuple[tuple[str, ...], frozenset[str]]:
    """The slots of a class that are remembered, and what of it is not."""
    left_out = frozenset(n for base in kind.__mro__ for n in _LEFT_OUT.get(base, "").split())
    slots = [name for base in kind.__mro__ for name in vars(base).get("__slots__", ())]
    return tuple(name for name in slots if name not in left_out), left_out
