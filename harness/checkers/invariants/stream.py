"""All invariants over one stream of operations, in memory that does not grow with its length.

The stream is the order of things: an operation that ended before another was invoked came
before it, and every other pair was at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping

from harness.checkers.invariants.arranging import Hear
from harness.checkers.invariants.base import Bounds, Handler, Invariant, Violation
from harness.checkers.invariants.every import ALL, MAKERS
from harness.checkers.invariants.hearing import Hearing
from harness.checkers.invariants.known import Known
from harness.checkers.invariants.looks import WAITS, looks_of
from harness.checkers.invariants.rule import Rule
from harness.history.operation import History, OperationRecord

__all__ = ["ALL", "Bounds", "Invariant", "Violation", "Watch", "replayed", "violations_of"]


class Watch:
    """Watches a stream by all invariants, or by those that are named.

    Raises:
        KeyError: there is no invariant of that id.
    """

    def __init__(self, invariants: Iterable[str] = ALL, limits: Bounds = Bounds()) -> None:
        self.known = Known(limits)
        self._rules = [MAKERS[name](self.known) for name in invariants]
        hearing = Hearing(self.known)
        self._invoked: dict[str, tuple[Hear, ...]] = {k: (h,) for k, h in hearing.invoked.items()}
        self._heard = hearing.ended
        self._ended: dict[str, tuple[Handler, ...]] = {}
        for rule in self._rules:
            for kind in sorted(rule.kinds):
                if not isinstance(rule, Rule) or rule.hears_invoked:
                    self._invoked[kind] = (*self._invoked.get(kind, ()), rule.invoked)
                handler = getattr(rule, "on", {}).get(kind, rule.ended)
                self._ended[kind] = (*self._ended.get(kind, ()), handler)

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
        if operation.kind not in WAITS:
            return self._judged(operation)
        found: tuple[Violation, ...] = ()
        for look in looks_of(operation):
            found += self._judged(look)
        return found + self._judged(operation)

    def _judged(self, operation: OperationRecord) -> tuple[Violation, ...]:
        hear = self._heard.get(operation.kind)
        if hear is not None:
            hear(operation)
        found: tuple[Violation, ...] = ()
        for handler in self._ended.get(operation.kind, ()):
            more = handler(operation)
            if more:
                found += tuple(more)
        return found

    def end(self, at: int) -> tuple[Violation, ...]:
        """Nothing more comes; by `at` everything has healed and had its time to settle."""
        return tuple(found for rule in self._rules for found in rule.end(at))

    @property
    def undecided(self) -> Mapping[str, str]:
        """What could not be judged and why, by the invariant's id."""
        return {rule.id: rule.undecided for rule in self._rules if rule.undecided}


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
    for is_over, operation in replayed(history):
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
