"""What all invariants share: what the stream has told so far, and what they are made of.

The order of the stream is counted in ticks: one for each operation that is invoked or ends.
What ended at a tick came surely before what was invoked at a later one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from harness.checkers.invariants.entities import (
    LONG_AGO,
    ObservedRequest,
    ObservedSlot,
    Sighting,
    Token,
)
from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.predicates import starved_s

FIRST_TICK: Final = 1 << 40
"""The count at which a stream begins: no other number that is kept lies about there."""
LATE: Final = "late_us"
"""The tag of an operation before which the harness itself was late, in real time: for how many
microseconds of the longest bound (`Bounds.longest`).
"""
_LATE_MAX: Final = 1 << 16
"""Of so many operations it is known at once that the harness was late before them."""


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that does not hold: why not, and the operations that show it, in order."""

    invariant: str
    reason: str
    operations: tuple[str, ...]


Violations = tuple[Violation, ...]

NOTHING: Violations = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far behind what is shown may be, in microseconds; see the limits of a run.

    Attributes:
        list_lag: a central list, or a status, behind an acknowledged change.
        edge_lag: the edge's copy behind a central decision.
        settle: after the last fault has healed, everything has settled by then.
        states: how many states the search of INV-8 may visit for one request.
        prompt: what is acknowledged of a central operation has taken effect, without a look.
    """

    list_lag: int = 5_000_000
    edge_lag: int = 5_000_000
    settle: int = 30_000_000
    states: int = 100_000
    prompt: bool = False

    @property
    def longest(self) -> int:
        """The longest of what is shown."""
        return max(self.list_lag, self.edge_lag, self.settle)


Handler = Callable[[OperationRecord], Iterable[Violation]]
"""Shown an operation that has its outcome: what is found now."""

Hear = Callable[[OperationRecord], None]
"""Shown an operation that is about to be sent, or one from which something is learned."""


class ObservedWorld:
    """Places, requests, tokens, and when the world was last disturbed.

    While the invariants are shown an operation that ended, `started` is the tick at which it
    was invoked, and `listed` what it listed, if it is a list of requests. `about` is the
    request that it names by its pairing id, or by its central cluster's, or that `ViewPairing`
    showed, and `shown` the state or the status that it showed: both only where it is of a kind
    that does so.
    """

    def __init__(self, limits: Bounds) -> None:
        self.limits = limits
        self.tick = FIRST_TICK
        self.started = 0
        self.under_way: dict[str, int] = {}
        self.listed: list[tuple[ObservedRequest | None, str, dict[str, Json]]] = []
        self.about: ObservedRequest | None = None
        self.shown = ""
        self.on_settled: list[Callable[[ObservedRequest], None]] = []
        """Told of each request that was decided so long ago that hardly anything is kept of it."""
        self._over: deque[tuple[int, ObservedRequest]] = deque()
        self._asked: OperationRecord | None = None
        self._here: ObservedSlot | None = None
        self._late: dict[str, Json] = {}
        self.forget_everything()

    def forget_everything(self) -> None:
        """A clean slate: nothing is there any more."""
        self._asked = None
        self.requests: dict[str, ObservedRequest] = {}
        self.of_project: dict[str, dict[str, ObservedRequest]] = {}
        self.slots: dict[str, ObservedSlot] = {}
        self.hosts: dict[str, ObservedSlot] = {}
        self.hears_agents = False
        """Whether the messages of hosts are recorded."""
        self.looks: dict[str, tuple[str, int]] = {}
        """Hosts of which Local UI showed last that nothing is pending or paired: the look that
        says so, and its start."""
        self.by_cluster: dict[str, ObservedRequest] = {}
        self.by_local_uid: dict[str, ObservedSlot] = {}
        self.tokens: dict[str, Token] = {}
        self.labels: dict[tuple[str, str], Token] = {}
        self.disturbed = 0
        """When everybody was last disturbed; `NEVER` while a side is stopped."""
        self.shaken = 0
        """The count at which everybody was last disturbed."""
        self.stopped: set[str] = set()
        """Restarts under way."""
        self.tokens_moved = 0
        self._over.clear()

    def oldest(self) -> int:
        """The tick at which the oldest operation was invoked that is under way; else now."""
        return next(iter(self.under_way.values()), self.tick)

    # --- whether the harness itself came in time --------------------------------------

    def hear_late(self, operation: OperationRecord) -> None:
        """An operation is about to be sent, and the harness may have been late before it."""
        if LATE in operation.tags:
            self._late[operation.id] = operation.tags[LATE]
            if len(self._late) > _LATE_MAX:
                del self._late[next(iter(self._late))]

    def starved_s(self, within: int, operations: Iterable[str]) -> float:
        """By how many seconds the harness was late before one of these; 0 where that is no excuse
        for what has so many microseconds to come true.
        """
        bound = {"within_s": within / 1_000_000}
        return max((starved_s(self._late.get(id_), bound) for id_ in operations), default=0.0)

    # --- places -----------------------------------------------------------------------

    def slot(self, operation: OperationRecord) -> ObservedSlot | None:
        """The place of the host that the operation was asked of."""
        if operation is not self._asked:
            self._asked = operation
            host = operation.tags.get("host")
            self._here = None
            if isinstance(host, str):
                self._here = self.hosts.get(host) or self.slot_of(host)
        return self._here

    def slot_of(self, host: str) -> ObservedSlot:
        """The place that a host belongs to: one of its own while nobody has said which."""
        slot = self.hosts.get(host)
        if slot is None:
            slot = self.hosts[host] = self.slots[host] = ObservedSlot(host, hosts=(host,))
        return slot

    def put_slot(self, slot: ObservedSlot) -> None:
        """A cluster came to these hosts; what was there is gone."""
        old = self.slots.pop(slot.key, None)
        for host in slot.hosts:
            other = self.hosts.get(host)
            if other is not None and other is not old:
                self.drop_slot(other)
        if old is not None:
            self.drop_slot(old)
            slot.hosts = tuple(sorted({*slot.hosts, *old.hosts}))
        self._asked = None
        self.slots[slot.key] = slot
        if slot.cluster_uid:
            self.by_local_uid[slot.cluster_uid] = slot
        for host in slot.hosts:
            self.hosts[host] = slot

    def drop_slot(self, slot: ObservedSlot) -> None:
        """The cluster of a place is gone, and its requests with it."""
        slot.gone = True
        self.by_local_uid.pop(slot.cluster_uid, None)
        for request in tuple(slot.requests.values()):
            self.let_go(request)
        if slot.paired is not None:
            self.let_go(slot.paired)
        slot.current, slot.paired = None, None

    # --- requests ---------------------------------------------------------------------

    def add(self, request: ObservedRequest) -> None:
        """A request that was not known before."""
        self.requests[request.uid] = request
        if request.slot is not None:
            request.slot.add(request)
        if request.project is not None:
            self.of_project.setdefault(request.project, {})[request.uid] = request

    def is_over(self, request: ObservedRequest, at: int) -> None:
        """A request is decided: let it go once it has had its time to settle."""
        if not request.over:
            request.over = True
            self._no_longer_open(request)
            self._over.append((at, request))
            self.let_go_of_settled(at)

    def let_go_of_settled(self, now: int) -> None:
        """Let go of the requests that were decided long enough ago."""
        before = now - 2 * self.limits.settle
        while self._over and self._over[0][0] < before:
            request = self._over.popleft()[1]
            slot = request.slot
            if slot is None or slot.paired is not request:
                self.let_go(request)
            elif request.paired is not None:
                _slim(request, request.paired, slot)
            for hear in self.on_settled:
                hear(request)

    def let_go(self, request: ObservedRequest) -> None:
        """Nothing is kept of it."""
        request.over = request.excused = True
        if self.requests.get(request.uid) is request:
            del self.requests[request.uid]
        if request.cluster_uid and self.by_cluster.get(request.cluster_uid) is request:
            del self.by_cluster[request.cluster_uid]
        self._no_longer_open(request)
        if request.slot is not None:
            request.slot.drop(request)

    def forget_project(self, project: str) -> None:
        """A project is gone with everything in it."""
        for request in [r for r in self.requests.values() if r.project in (project, None)]:
            self.let_go(request)
        self.of_project.pop(project, None)

    def _no_longer_open(self, request: ObservedRequest) -> None:
        if request.slot is not None:
            request.slot.close(request)
        of_project = self.of_project.get(request.project or "")
        if of_project is not None:
            of_project.pop(request.uid, None)

    def excuse(self, requests: Iterable[ObservedRequest]) -> None:
        """Something happened of which nobody says what it does to them (SND-9)."""
        for request in requests:
            request.excused = True

    def excuse_slot(self, slot: ObservedSlot) -> None:
        """The same, to every request that was sent from there, or may have been."""
        self.excuse(slot.open.values())
        slot.excused = slot.excused or slot.first_sent > 0

    def is_online(self, slot: ObservedSlot) -> bool:
        """Whether the ended operation had a link to the central side all the time."""
        return not (
            slot.down
            or slot.withdrawals_spoiled
            or slot.link_tick > self.started
            or self.shaken > self.started
        )

    def is_settled(self, slot: ObservedSlot, start: int) -> bool:
        """Whether everything had had its time to settle when something started."""
        last = max(slot.moved, self.disturbed, slot.unsure_until)
        return not slot.down and start >= last + self.limits.settle

    def sighted(self, operation: OperationRecord) -> Sighting:
        """That the operation, which ends now, was seen."""
        return Sighting(operation.id, self.tick, operation.end or operation.start)


def _slim(request: ObservedRequest, paired: Sighting, slot: ObservedSlot) -> None:
    """Of a pairing that took effect long ago keep that it did; looks to come are kept anew."""
    request.sent = LONG_AGO
    request.accepted = request.final = request.central = request.local = request.missed = None
    request.shown_packs = None
    for mark in (paired, request.ruled):
        if mark is not None:
            mark.tick = mark.at = 0
    slot.stacks = ()
    slot.drop(request)


WAITS = frozenset({"await_state", "stays"})
"""The kinds of recorded waits."""


def looks_of(wait: OperationRecord) -> Iterator[OperationRecord]:
    """The answers that a wait saw, as operations of the kind that it asked.

    Only answers that changed are recorded, so that a look began after the one before it.
    """
    polls = wait.args.get("polls")
    args = wait.args.get("polls_args")
    start = wait.start
    if not isinstance(polls, str):
        return
    for sample in wait.samples:
        at, value, error = sample.get("at"), sample.get("value"), sample.get("error")
        end = at if isinstance(at, int) else wait.end
        yield OperationRecord(
            wait.id,
            wait.scenario,
            wait.actor,
            polls,
            args if isinstance(args, dict) else {},
            start,
            end,
            Outcome(str(sample.get("outcome", "info"))),
            value if isinstance(value, dict) else None,
            error if isinstance(error, dict) else None,
            tags=wait.tags,
        )
        start = end or start


class Rule:
    """An invariant with a handler for each kind of operation that it wants.

    `on_invoked` are shown operations that are about to be sent, `on` those that have their
    outcome. Each answer that a wait saw is shown as an operation of the kind that the wait
    asked, with the wait's id; a handler of `await_state` or `stays` is shown the wait itself as
    well, after its answers. `undecided` says why something could not be judged.
    """

    id = ""

    def __init__(self, known: ObservedWorld) -> None:
        self.known = known
        self.undecided = ""
        self.on_invoked: dict[str, Hear] = {}
        self.on: dict[str, Handler] = {}
        self._blamed: set[str] = set()

    def end(self, at: int) -> Iterable[Violation]:
        """Nothing more comes, and everything has had its time to settle."""
        return NOTHING

    def blame(self, about: str, reason: str, *operations: str, within: int = 0) -> Violations:
        """Something is wrong with a request or a cluster; said once for each. It may rest on a
        bound, `within` which it had to come right.
        """
        if about in self._blamed or (within and self.is_starved(reason, within, operations)):
            return NOTHING
        self._blamed.add(about)
        return (Violation(self.id, reason, tuple(dict.fromkeys(filter(None, operations)))),)

    def is_starved(self, reason: str, within: int, operations: Iterable[str]) -> bool:
        """Whether nobody is blamed for something that was not seen in time, as the harness itself
        was late in that time; then that is not decided.
        """
        late_s = self.known.starved_s(within, operations)
        if late_s:
            of_s = self.known.limits.longest / 1_000_000
            late = f"but the harness itself was late by {late_s:.1f} s of {of_s:g} s"
            self.undecided = self.undecided or f"{reason}; {late}"
        return late_s > 0
