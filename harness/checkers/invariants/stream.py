"""All invariants over one stream of operations, in memory that does not grow with its length.

The stream is the order of things: an operation that ended before another was invoked came
before it, and every other pair was at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from harness.catalogue.limits import Limits
from harness.catalogue.verdict import Verdict
from harness.checkers.invariants.cancel_stays_done import CancelStaysDone
from harness.checkers.invariants.decided_once import DecidedOnce
from harness.checkers.invariants.everything_settles import EverythingSettles
from harness.checkers.invariants.exact_match import ExactMatch
from harness.checkers.invariants.hearing import Hearing
from harness.checkers.invariants.ids_are_never_reused import IdsAreNeverReused
from harness.checkers.invariants.known import (
    NOTHING,
    WAITS,
    Bounds,
    ObservedWorld,
    Rule,
    Violation,
    Violations,
    looks_of,
)
from harness.checkers.invariants.linearizable import Linearizable
from harness.checkers.invariants.no_request_is_lost import NoRequestIsLost
from harness.checkers.invariants.nothing_local_after import NothingLocalAfter
from harness.checkers.invariants.one_manager import OneManager
from harness.checkers.invariants.only_who_may import OnlyWhoMay
from harness.checkers.registry import Finding, check
from harness.domain import page_actions
from harness.domain.arrangements import ARRANGEMENTS
from harness.history.operation import OK, History, OperationRecord

__all__ = ["ALL", "Bounds", "Violation", "Watch", "checks_broken", "replayed", "violations_of"]

MAKERS: Mapping[str, Callable[[ObservedWorld], Rule]] = {
    "INV-1": OneManager,
    "INV-2": NoRequestIsLost,
    "INV-3": ExactMatch,
    "INV-4": CancelStaysDone,
    "INV-5": IdsAreNeverReused,
    "INV-6": DecidedOnce,
    "INV-7": OnlyWhoMay,
    "INV-8": Linearizable,
    "INV-9": EverythingSettles,
    "INV-10": NothingLocalAfter,
}
"""How each invariant is made, in the order of their ids."""

ALL = tuple(MAKERS)
"""The ids of all invariants."""

_ARRANGING = frozenset(ARRANGEMENTS)

HandlerT = TypeVar("HandlerT")


class Watch:
    """Watches a stream by all invariants, or by those that are named.

    Raises:
        KeyError: there is no invariant of that id.
    """

    def __init__(self, invariants: Iterable[str] = ALL, limits: Bounds = Bounds()) -> None:
        self.known = ObservedWorld(limits)
        self._rules = [MAKERS[name](self.known) for name in invariants]
        self._hearing = hearing = Hearing(self.known)
        self._invoked = by_kind([hearing.invoked, *(rule.on_invoked for rule in self._rules)])
        # What is heard of an operation comes first, so that every rule finds it known.
        self._ended = by_kind([hearing.ended, *(rule.on for rule in self._rules)])
        for wait in WAITS:
            self._ended[wait] = (self._samples, *self._ended.get(wait, ()))

    def invoked(self, operation: OperationRecord) -> None:
        known = self.known
        known.tick = known.under_way[operation.id] = known.tick + 1
        known.hear_late(operation)
        for hear in self._invoked.get(operation.kind, ()):
            hear(operation)

    def ended(self, operation: OperationRecord) -> Violations:
        known = self.known
        known.tick += 1
        known.started = known.under_way.pop(operation.id, 0)
        found = NOTHING
        for handler in self._ended.get(operation.kind, ()):
            if more := handler(operation):
                found += tuple(more)
        return found

    def _samples(self, wait: OperationRecord) -> list[Violation]:
        """What a wait saw counts before the wait itself."""
        return [
            found
            for look in looks_of(wait)
            for handler in self._ended.get(look.kind, ())
            for found in handler(look) or ()
        ]

    def end(self, at: int) -> Violations:
        """Nothing more comes; by `at` everything has healed and had its time to settle."""
        return tuple(found for rule in self._rules for found in rule.end(at))

    @property
    def undecided(self) -> Mapping[str, str]:
        """What could not be judged and why, by the invariant's id."""
        return {rule.id: rule.undecided for rule in self._rules if rule.undecided}


def by_kind(sources: Sequence[Mapping[str, HandlerT]]) -> dict[str, tuple[HandlerT, ...]]:
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
) -> tuple[Watch, Violations]:
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
) -> Violations:
    """What the invariants find in a whole history, in the order in which it is found."""
    return watched(history, invariants, limits)[1]


def checks_broken(history: History, **limits: float) -> dict[str, str]:
    """The checks that fail over a whole history, by their invariants' ids; see `_register`.

    None where anybody clicked: what a click has done to a request is in no history.
    """
    if any(operation.kind in _ON_PAGES for operation in history.operations):
        return {}
    found = {one.invariant for one in violations_of(history, limits=_bounds(**limits))}
    return {invariant: name for name, (invariant, _) in _CHECKS.items() if invariant in found}


def as_they_came(operations: Iterable[OperationRecord]) -> Iterator[OperationRecord]:
    """The operations, each arrangement with the fields that came back in place of those asked for.

    A target may have chosen uids and values. One that came as it was asked for says nothing else.
    """
    for operation in operations:
        if operation.kind in _ARRANGING and operation.outcome is OK and operation.value:
            yield replace(operation, args={**operation.args, **operation.value})
        else:
            yield operation


_CATALOGUE = Limits()

_ON_PAGES = frozenset(
    name
    for name, of in vars(page_actions).items()
    if isinstance(of, type) and issubclass(of, page_actions.BrowserAction)
)

_CHECKS = {
    "one_manager": (
        "INV-1",
        "No cluster is ever managed by both sides, and in the end each is by exactly one.",
    ),
    "no_request_is_lost": (
        "INV-2",
        "A request whose send was acknowledged is shown centrally until something ends it.",
    ),
    "accepted_by_exact_match": (
        "INV-3",
        "Whatever was accepted matched exactly at some moment of its acceptance.",
    ),
    "cancel_stays_done": ("INV-4", "No request comes back whose cancel was acknowledged."),
    "ids_are_never_reused": (
        "INV-5",
        "Each pairing id belongs to one cluster and to one request of it.",
    ),
    "decided_once": (
        "INV-6",
        "Each request is decided once, and both sides end with that decision.",
    ),
    "only_who_may_changes": (
        "INV-7",
        "Whatever took effect was asked by somebody who was permitted to at that moment.",
    ),
    "operations_are_linearizable": (
        "INV-8",
        "The answers of the central operations on each request fit one order.",
    ),
    "everything_settles": (
        "INV-9",
        "After the settling each request is decided, or shown as pending by both sides.",
    ),
    "nothing_local_after_confirmation": (
        "INV-10",
        "Once the host has confirmed a pairing, no local cluster operation takes effect.",
    ),
}
"""The invariants as named checks, each with what it expects."""


def _register(name: str, invariant: str, meaning: str) -> None:
    """Let a history be judged by one invariant under this name.

    The check may be told the limits of the run, in seconds: `list_lag_s`, `edge_lag_s` and
    `settle_s`; what is not told is as in the catalogue.
    """

    def finding_of(history: History, **limits: float) -> Finding:
        return _finding(history, invariant, **limits)

    finding_of.__name__, finding_of.__doc__ = name, meaning
    check(finding_of)


def _finding(history: History, invariant: str, **limits: float) -> Finding:
    watch, found = watched(history, [invariant], _bounds(**limits))
    if found:
        operations = tuple(dict.fromkeys(o for one in found for o in one.operations))
        return Finding(Verdict.FAIL, "; ".join(one.reason for one in found), operations)
    why = watch.undecided.get(invariant)
    if why:
        return Finding(Verdict.INCONCLUSIVE, why)
    count = len(history.operations)
    return Finding(Verdict.PASS, f"{invariant} holds over {count} operations")


def _bounds(
    *,
    list_lag_s: float = _CATALOGUE.list_lag_s,
    edge_lag_s: float = _CATALOGUE.edge_lag_s,
    settle_s: float = _CATALOGUE.settle_s,
) -> Bounds:
    lists, edge, settle = (round(s * 1_000_000) for s in (list_lag_s, edge_lag_s, settle_s))
    return Bounds(lists, edge, settle)


for _name, _told in _CHECKS.items():
    _register(_name, *_told)
