"""All invariants over one stream of operations, in memory that does not grow with its length.

The stream is the order of things: an operation that ended before another was invoked came
before it, and every other pair was at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from harness.checkers.invariants.base import Bounds, Violation
from harness.checkers.invariants.every import ALL, MAKERS
from harness.checkers.invariants.hearing import Hearing
from harness.checkers.invariants.known import Known
from harness.checkers.invariants.looks import WAITS, looks_of
from harness.checkers.invariants.rule import NOTHING
from harness.history.arranged import as_they_came
from harness.history.operation import History, OperationRecord

__all__ = ["ALL", "Bounds", "Violation", "Watch", "replayed", "violations_of"]


HandlerT = TypeVar("HandlerT")


class Watch:
    """Watches a stream by all invariants, or by those that are named.

    Raises:
        KeyError: there is no invariant of that id.
    """

    def __init__(self, invariants: Iterable[str] = ALL, limits: Bounds = Bounds()) -> None:
        self.known = Known(limits)
        self._rules = [MAKERS[name](self.known) for name in invariants]
        hearing = Hearing(self.known)
        self._invoked = _by_kind([hearing.invoked, *(rule.on_invoked for rule in self._rules)])
        # What is heard of an operation comes first, so that every rule finds it known.
        self._ended = _by_kind([hearing.ended, *(rule.on for rule in self._rules)])
        for wait in WAITS:
            self._ended[wait] = (self._looks, *self._ended.get(wait, ()))

    def invoked(self, operation: OperationRecord) -> None:
        """An operation is about to be sent."""
        known = self.known
        known.tick = known.under_way[operation.id] = known.tick + 1
        for hear in self._invoked.get(operation.kind, ()):
            hear(operation)

    def ended(self, operation: OperationRecord) -> tuple[Violation, ...]:
        """An operation has its outcome. Returns what is found by it."""
        known = self.known
        known.tick += 1
        known.started = known.under_way.pop(operation.id, 0)
        found = NOTHING
        for handler in self._ended.get(operation.kind, ()):
            if more := handler(operation):
                found += tuple(more)
        return found

    def _looks(self, wait: OperationRecord) -> list[Violation]:
        """What a wait saw counts before the wait itself."""
        return [
            found
            for look in looks_of(wait)
            for handler in self._ended.get(look.kind, ())
            for found in handler(look) or ()
        ]

    def end(self, at: int) -> tuple[Violation, ...]:
        """Nothing more comes; by `at` everything has healed and had its time to settle."""
        return tuple(found for rule in self._rules for found in rule.end(at))

    @property
    def undecided(self) -> Mapping[str, str]:
        """What could not be judged and why, by the invariant's id."""
        return {rule.id: rule.undecided for rule in self._rules if rule.undecided}


def _by_kind(sources: Sequence[Mapping[str, HandlerT]]) -> dict[str, tuple[HandlerT, ...]]:
    """The handlers of each kind of operation, in the order of the sources."""
    kinds = dict.fromkeys(kind for source in sources for kind in source)
    return {kind: tuple(s[kind] for s in sources if kind in s) for kind in kinds}


def replayed(history: History) -> Iterator[tuple[bool, OperationRecord]]:
    """The history as it went: `(False, operation)` as it is invoked, `(True, …)` as it ends.

    Where an operation ends in the very microsecond in which another is invoked, it came
    before it. One that never ended does so at the end of the history.
    """
    under_way: list[tuple[int, int, OperationRecord]] = []
    for number, operation in enumerate(history.operations):
        while under_way and under_way[0][0] <= operation.start:
            yield True, heapq.heappop(under_way)[2]
        yield False, operation
        if operation.end is not None:
            heapq.heappush(under_way, (operation.end, number, operation))
    while under_way:
        yield True, heapq.heappop(under_way)[2]
    yield from ((True, o) for o in history.operations if o.end is None)


def watched(
    history: History, invariants: Iterable[str] = ALL, limits: Bounds = Bounds()
) -> tuple[Watch, tuple[Violation, ...]]:
    """The watch after the whole history, and all that it found, in order."""
    watch = Watch(invariants, limits)
    found: list[Violation] = []
    at = 0
    came = History(tuple(as_they_came(history.operations)))
    for is_over, operation in replayed(came):
        at = max(at, operation.start, operation.end or 0)
        if is_over:
            found += watch.ended(operation)
        else:
            watch.invoked(operation)
    found += watch.end(at)
    return watch, tuple(found)


def violations_of(
    history: History, invariants: Iterable[str] = ALL, limits: Bounds = Bounds()
) -> tuple[Violation, ...]:
    """What the invariants find in a whole history, in the order in which it is found."""
    return watched(history, invariants, limits)[1]
