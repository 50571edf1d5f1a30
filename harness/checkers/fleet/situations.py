"""How a situation is declared, and how those of a stream are counted.

A situation is shown the operations that it asks for before the ledger takes them over, and says
how often it was reached by this one. A timeline or an outage concerns everybody at once, so it
counts the requests or the hosts that it concerns: counts then grow with the fleet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from harness.checkers.fleet.requests import PENDING, ObservedCluster, OpenRequest, RequestTracker
from harness.checkers.invariants.entities import reason_of
from harness.domain.errors import Reason
from harness.history.operation import INFO, OK, OperationRecord

Count = Callable[[RequestTracker, OperationRecord], int]
"""How often a situation was reached by this operation. A `bool` will do."""

ANY: Final = "*"
"""Every kind of operation."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A situation that a run may be meant to reach.

    `make` gives what counts it in one stream. `invoked`, `ok` and `info` are kinds of operations
    that it is shown when they are invoked, or have ended so; `reasons` narrow `refused`, the
    kinds that it is shown when they were refused.
    """

    name: str
    sentence: str
    make: Callable[[], Count]
    invoked: tuple[str, ...] = ()
    ok: tuple[str, ...] = ()
    info: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


_REGISTRY: dict[str, Situation] = {}
REGISTERED: Final[Mapping[str, Situation]] = MappingProxyType(_REGISTRY)
"""What was declared so far; `sometimes.SITUATIONS` is whole."""

CountT = TypeVar("CountT", bound=Count)
StatefulT = TypeVar("StatefulT", bound=type[Count])


def _declare(name: str, sentence: str | None, make: Callable[[], Count], **shown: str) -> None:
    words = {phase: tuple(kinds.split()) for phase, kinds in shown.items()}
    _REGISTRY[name] = Situation(name, (sentence or "").strip(), make, **words)


def shown_by(**shown: str) -> Callable[[CountT], CountT]:
    """Declare a situation by the kinds of operations that show it, as in `Situation`."""

    def declare(count: CountT) -> CountT:
        _declare(count.__name__, count.__doc__, lambda: count, **shown)
        return count

    return declare


def remembers(name: str, **shown: str) -> Callable[[StatefulT], StatefulT]:
    """The same for one that has to remember something of each stream."""

    def declare(count: StatefulT) -> StatefulT:
        _declare(name, count.__doc__, count, **shown)
        return count

    return declare


def is_refusal(name: str, sentence: str, kinds: str, *reasons: Reason) -> None:
    """Declare a situation that a refusal for one of these reasons is."""
    _declare(name, sentence, lambda: _one, refused=kinds, reasons=" ".join(reasons))


def _one(ledger: RequestTracker, operation: OperationRecord) -> int:
    return 1


# --- what several of them ask ---------------------------------------------------------------


def waits(site: ObservedCluster | None) -> bool:
    """Whether a request of this cluster waits for a decision."""
    return bool(site and site.current and site.current.state is PENDING)


def pending(ledger: RequestTracker) -> Iterator[OpenRequest]:
    """The requests that wait for a decision."""
    return (request for request in ledger.requests.values() if request.state is PENDING)


# --- counting -------------------------------------------------------------------------------

_Found = tuple[str, Count]
_ShownT = TypeVar("_ShownT")


class Sometimes:
    """Counts the situations of one stream."""

    def __init__(self, situations: Mapping[str, Situation], ledger: RequestTracker) -> None:
        self.counts = dict.fromkeys(situations, 0)
        self._ledger = ledger
        counted = [(s, (s.name, s.make())) for s in situations.values()]
        self.invoked_kinds = _by_kind((s.invoked, found) for s, found in counted)
        self._ok = _by_kind((s.ok, found) for s, found in counted)
        self._info = _by_kind((s.info, found) for s, found in counted)
        self._refused = _by_kind((s.reasons, (s.refused, found)) for s, found in counted)

    def invoked(self, operation: OperationRecord) -> None:
        self._count(self.invoked_kinds[operation.kind], operation)

    def ended(self, operation: OperationRecord) -> None:
        if operation.outcome is OK:
            if found := self._ok.get(operation.kind):
                self._count(found, operation)
        elif operation.outcome is INFO:
            self._count(self._info.get(operation.kind, ()), operation)
        else:
            for kinds, one in self._refused.get(reason_of(operation), ()):
                if operation.kind in kinds or ANY in kinds:
                    self._count((one,), operation)

    def _count(self, found: Iterable[_Found], operation: OperationRecord) -> None:
        for name, count in found:
            if times := count(self._ledger, operation):
                self.counts[name] += times


def _by_kind(shown: Iterable[tuple[tuple[str, ...], _ShownT]]) -> dict[str, tuple[_ShownT, ...]]:
    """What is shown operations of each kind, or refusals for each reason, in order."""
    found: dict[str, tuple[_ShownT, ...]] = {}
    for kinds, one in shown:
        for kind in kinds:
            found[kind] = (*found.get(kind, ()), one)
    return found
