"""The central plane as one cell sees it: its share of the work, and what that can carry.

Operations wait in one queue and are served in order. The window's grant says how much service
time the cell may use in it; a cell that is granted half a worker takes twice as long over each
operation. What would wait too long is refused, so that load has consequences. An operation
takes effect when its service begins, and is answered when that ends.

Source of the division: docs/adr/0006-cells-and-windows.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import simpy

from harness.domain import operations as ops
from harness.domain.arrangements import AdvanceClock, Arrangement, Restart, Side
from harness.domain.errors import Reason, Refused
from harness.domain.operations import AgentOperation, CentralOperation, Credentials, Unknown
from harness.fleet.clock import HAPPENED, Ended, PendingReply
from harness.fleet.draws import Stream
from harness.fleet.scenario import MINUTE, CentralPlan
from harness.reference.core import records
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.store import MemoryStore
from harness.reference.sides import CentralSide

Take = Callable[[LinkReply, int], "PendingReply | None"]
"""Is given the answer and how much later it leaves the plane, in microseconds. Says to which
question it is on its way, if to any: a crash may still spoil it."""

_DOWN = NotDelivered("the connection was refused")
_BROKEN = Unknown("the connection broke before an answer came")
_BUSY = Refused(Reason.RATE_LIMITED, "Palette is busy: try again later", {"retry_after": "30"})


@dataclass(slots=True)
class Visit:
    """An operation that has arrived, and what its answer is given to.

    `times` is how often it takes effect: a message that was repeated arrives twice.
    """

    side: CentralSide
    operation: CentralOperation | AgentOperation
    credentials: Credentials
    take: Take
    service: int
    times: int = 1


class Plane:
    """The queue of one cell before the central side of each tenant.

    `asked` and `backlog` are what the cell says at the end of a window, in microseconds of
    service: what arrived in it, and what waits.
    """

    def __init__(
        self,
        env: simpy.Environment,
        plan: CentralPlan,
        window: int,
        sides: Mapping[int, CentralSide],
    ) -> None:
        self._env = env
        self._plan = plan
        self._window = window
        self._sides = sides
        self._queue: deque[Visit] = deque()
        self._free_at = 0
        self._grant = window
        self._serving = False
        self._minutes: dict[str, tuple[int, int]] = {}
        self._in_service: deque[tuple[int, PendingReply]] = deque()
        self.asked = 0
        self.backlog = 0
        self.is_up = True
        self._calls = 0
        self._copies: dict[CentralSide, LaggingCopy] = {}
        """Who answers lists and polls in place of each side, if anybody does."""

    def side(self, tenant: int) -> CentralSide:
        """The central side of a tenant."""
        return self._sides[tenant]

    def arrange(self, tenant: int, arrangement: Arrangement) -> Ended:
        if isinstance(arrangement, AdvanceClock):
            self.put_forward(arrangement.by)
        else:
            self._sides[tenant].arrange(arrangement)
        return HAPPENED

    def put_forward(self, by: int) -> None:
        """Its clock is so much further ahead, in microseconds."""
        for side in self._sides.values():
            side.clock.put_forward(by)

    def lag(self, by: int) -> None:
        """From now on lists and polls are answered from copies that are so far behind at most, in
        microseconds; 0 ends it. None is shown anything that is older than what it was shown.
        """
        self._copies = {}
        if by:
            now = int(self._env.now)
            self._copies = {side: LaggingCopy(side, by, now) for side in self._sides.values()}

    def begin_window(self, grant: int, start: int) -> None:
        """From `start` on so much service time may be used in a window.

        What is being served then goes on at the new pace: one window in which hardly anything
        was granted must not hold up all that come after it.
        """
        before, self._grant = self._grant, max(grant, 1)
        self.asked = 0
        left = self._free_at - start
        if left > 0 and before != self._grant:
            self._free_at = start + left * before // self._grant
            if self._queue:
                self._call_next()

    def is_behind(self, at: int) -> bool:
        """Whether something is still to be served then, so that the next grant matters."""
        return bool(self._queue) or self._free_at > at

    def arrive(
        self,
        tenant: int,
        operation: CentralOperation | AgentOperation,
        credentials: Credentials,
        stream: Stream,
        take: Take,
        times: int = 1,
    ) -> None:
        """An operation is here now."""
        if not self.is_up:
            take(_DOWN, 0)
            return
        service = stream.spread(self._plan.service) * times
        self.asked += service
        visit = Visit(self._sides[tenant], operation, credentials, take, service, times)
        now = int(self._env.now)
        if self._free_at <= now and not self._queue:
            self._serve(visit, now)
        elif self._free_at + self._stretched(self.backlog) > now + self._plan.queue:
            take(_BUSY, 0)
        else:
            self.backlog += service
            self._queue.append(visit)
            if not self._serving:
                self._call_next()

    def _stretched(self, service: int) -> int:
        """How long so much service takes with the present grant."""
        return service * self._window // self._grant

    def _serve(self, visit: Visit, now: int) -> None:
        self._free_at = now + self._stretched(visit.service)
        key = visit.credentials.api_key
        if key and self._plan.rate_per_minute and self._is_too_often(key, now):
            visit.take(_BUSY, 0)
            return
        side: CentralSide | LaggingCopy = visit.side
        if self._copies and isinstance(visit.operation, READS):
            side = self._copies[visit.side]
            side.keeps_up(now)
        reply: LinkReply = side.perform(visit.operation, visit.credentials)
        for _ in range(visit.times - 1):  # who asked hears the first answer, and no other
            visit.side.perform(visit.operation, visit.credentials)
        question = visit.take(reply, visit.service)
        served = self._in_service
        while served and served[0][0] <= now:
            served.popleft()
        if question is not None:
            served.append((now + visit.service, question))

    def _is_too_often(self, key: str, now: int) -> bool:
        minute, count = self._minutes.get(key, (0, 0))
        count = count + 1 if minute == now // MINUTE else 1
        self._minutes[key] = (now // MINUTE, count)
        return count > self._plan.rate_per_minute

    def _call_next(self) -> None:
        self._serving = True
        self._calls += 1
        timer = self._env.timeout(max(0, self._free_at - int(self._env.now)), self._calls)
        timer.callbacks.append(self._next)

    def _next(self, timer: simpy.Event) -> None:
        if timer.value != self._calls:
            return  # the pace has changed since, or there was a crash
        self._serving = False
        now = int(self._env.now)
        while self._queue and self._free_at <= now:
            visit = self._queue.popleft()
            self.backlog -= visit.service
            self._serve(visit, now)
        if self._queue:
            self._call_next()

    # --- outages ----------------------------------------------------------------------

    def crash(self) -> None:
        """What waits is lost, and so is all that was not acknowledged."""
        self.is_up = False
        self._calls += 1
        self._serving = False
        waiting, self._queue, self.backlog = self._queue, deque(), 0
        for visit in waiting:
            visit.take(_BROKEN, 0)
        now = int(self._env.now)
        for finish, question in self._in_service:
            if finish > now:
                question.spoil(_BROKEN)
        self._in_service.clear()

    def restart(self) -> Ended:
        """With what its stores hold."""
        self.is_up = True
        self._free_at = int(self._env.now)
        for side in self._sides.values():
            side.arrange(Restart(Side.CENTRAL))
        return HAPPENED


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
        self._then = then = self._whole.snapshot()
        self.put, self.delete, self.clear = then.put, then.delete, then.clear
        self.transaction = then.transaction

    def _of(self, kind: type) -> MemoryStore:
        return self._then if kind in _LAGS else self._whole

    def get(self, kind: type[R], key: str) -> R | None:
        return self._of(kind).get(kind, key)

    def every(self, kind: type[R]) -> Iterator[R]:
        return self._of(kind).every(kind)

    def find(self, kind: type[R], index: str, value: str) -> Iterator[R]:
        return self._of(kind).find(kind, index, value)

    def close(self) -> None: ...
