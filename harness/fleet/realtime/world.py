"""The world of a cell in real time: its clock, its recorder, and the target's Palette.

`Palette` stands in for `harness.fleet.plane.Plane`, which is the central plane of virtual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from harness.checkers.fleet.measures import INTENDED
from harness.checkers.invariants.known import LATE, Bounds
from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, MessageFault
from harness.domain.cluster import Cluster
from harness.domain.operations import Credentials
from harness.fleet.clock import CellClock
from harness.fleet.draws import Stream
from harness.fleet.hosts import PlayedHosts
from harness.fleet.nemesis import MessageFate
from harness.fleet.network import Network
from harness.fleet.realtime.asker import TargetClient, TargetRequest
from harness.fleet.realtime.environment import Environment, Event, when
from harness.fleet.realtime.settings import ArrangingDriver
from harness.fleet.realtime.translation import Translation
from harness.fleet.recorder import FleetRecorder, Listener, Writer
from harness.fleet.roster import FleetSlot
from harness.fleet.scenario import SECOND, AgentPlan
from harness.fleet.world import World
from harness.history.operation import Json, OperationRecord
from harness.history.predicates import starved_s
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.link import Call, LinkReply, NotDelivered
from harness.reference.core.store import Store
from harness.reference.faults import HEARD_INSTEAD
from harness.targets.port import CannotArrange

_MOVES: Final = frozenset(
    "SendPairingRequest CancelPairingRequest SubmitPairing ConfirmPairing WithdrawPairing"
    " AcceptPairingRequest RejectPairingRequest".split()
)
_NOTED_FROM: Final = 1_000
"""From so many microseconds on it is noted that something began later than it was due."""
_CUT = NotDelivered("the central side is down")


class RealClock(CellClock):
    """Microseconds since the run began, by a clock that is never set."""

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self._real = env

    def now(self) -> int:
        return self._real.now


class RealRecorder(FleetRecorder):
    """Notes besides when an operation was due, where the harness itself came late with it, and for
    how long it was late before, of the longest bound by which anybody is judged.

    Attributes:
        starved: the longest that it was so.
        moved_at: when something last happened, or was tried, that decides about a request.
    """

    def __init__(
        self,
        cell: str,
        env: Environment,
        listener: Listener | None,
        writer: Writer | None,
        bounds: Bounds = Bounds(),
    ) -> None:
        super().__init__(cell, listener, writer)
        self._env = env
        self._span = bounds.longest
        self._shortest = {"within_s": min(bounds.list_lag, bounds.edge_lag, bounds.settle) / SECOND}
        self.starved = 0
        self.moved_at = 0

    def late_within(self, span: int) -> int:
        """See `Environment.late_within`."""
        return self._env.late_within(span)

    def invoke(
        self, actor: str, what: object, at: int, tags: Mapping[str, Json]
    ) -> OperationRecord:
        due = self._env.due
        if at - due >= _NOTED_FROM:
            tags = {**tags, INTENDED: due}
        late = self.late_within(self._span)
        if starved_s(late, self._shortest):
            tags = {**tags, LATE: late}
            self.starved = max(self.starved, late)
        record = super().invoke(actor, what, at, tags)
        if record.kind in _MOVES:
            self.moved_at = at
        return record

    def end(self, record: OperationRecord, reply: LinkReply | None, at: int) -> None:
        super().end(record, reply, at)
        if record.kind in _MOVES:
            self.moved_at = at


class Palette:
    """Everything goes to the target, unless an outage keeps it from getting there.

    Attributes:
        is_up: whether anything gets there; an outage of the scenario's cuts all at once.
        late: what could not be arranged when it was due, and why.
    """

    def __init__(
        self,
        env: Environment,
        asker: TargetClient,
        translation: Translation,
        arranging: ArrangingDriver,
    ) -> None:
        self._env = env
        self._asker = asker
        self._translation = translation
        self._arranging = arranging
        # One after the other, in the order in which they were asked for.
        self._hand = ThreadPoolExecutor(1, "pairproof-arranging")
        self.is_up = True
        self.late: list[str] = []

    def ask(self, question: TargetRequest) -> Event:
        """Ask the target; the event's value is the answer."""
        if not self.is_up:
            return self._env.event().succeed(_CUT)
        return self._asker.ask(question)

    def arrange(self, arrangement: Arrangement) -> Event:
        event = self._env.event()
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._hand, self.arrange_now, arrangement)
        future.add_done_callback(lambda done: event.succeed(self._noted(arrangement, done)))
        return event

    def arrange_now(self, arrangement: Arrangement) -> Arrangement:
        """Arrange something and wait for it; not on the loop's own thread. Returns it as it came
        to be, in the target's words.

        Raises:
            CannotArrange: the target offers no way.
        """
        theirs = self._arranging.arrange(self._translation.arranged(arrangement))
        self._translation.came_to_be(arrangement, theirs)
        return theirs

    def _noted(self, arrangement: Arrangement, done: asyncio.Future[Arrangement]) -> ops.Reply:
        try:
            done.result()
        except CannotArrange as error:
            self.late.append(f"{type(arrangement).__name__}: {error.how}")
            return ops.Unknown(str(error))
        return ops.Done(ops.Acknowledged())

    def close(self) -> None:
        """Let go of the thread, once it has arranged what it is at."""
        self._hand.shutdown(cancel_futures=True)


def is_taken(sent: Event) -> bool:
    """Whether the target has done what it was asked for: only then a copy does no more."""
    return sent.triggered and isinstance(sent.value, ops.Done)


@dataclass(slots=True, kw_only=True)
class RealWorld(World):
    """A cell's in real time. `palette` is the target's."""

    palette: Palette
    recorder: RealRecorder

    def asked(
        self,
        operation: ops.CentralOperation,
        credentials: ops.Credentials,
        stream: Stream,
        tenant: int,
        record: OperationRecord,
        fate: MessageFate | None = None,
    ) -> Event:
        if heard := self.network.answer_to_people(stream):
            return self.env.event().succeed(heard)
        within = self.scenario.admins.deadline
        question = TargetRequest(operation, credentials, within, correlation=record.id)
        if fate is None:
            return self.palette.ask(question)
        late, spoiled = self.env.timeout(fate.delay), replace(question, measured=False)
        if fate.fault is MessageFault.REPEATED_LATE:
            sent = self.palette.ask(question)
            when(late, lambda _: is_taken(sent) and self.palette.ask(spoiled))
            return sent
        answered = self.env.event()
        when(self.env.timeout(within), lambda _: answered.succeed())
        when(late, lambda _: when(self.palette.ask(spoiled), answered.succeed))
        return answered


_NOBODY = Credentials()


class RealHosts(PlayedHosts):
    """Hosts whose messages go to a target."""

    def __init__(
        self,
        env: Environment,
        clock: CellClock,
        make_core: Callable[[Store], EdgeCore],
        palette: Palette,
        translation: Translation,
        network: Network,
        recorder: FleetRecorder,
        plan: AgentPlan,
        patience: int,
    ) -> None:
        """Make them. `patience` is how long a host waits for the answer to a message that is
        spoiled here, in microseconds.
        """
        super().__init__(env, clock, make_core, network, recorder, plan)
        self._palette = palette
        self._translation = translation
        self._patience = patience

    def install(self, slot: FleetSlot) -> Cluster:
        cluster = super().install(slot)
        self._translation.install(cluster)
        return cluster

    def _asked(self, slot: FleetSlot, call: Call, record: OperationRecord | None) -> Event:
        fate = self._network.fate(slot, self._clock.now())
        delay = self._network.slowed(slot)
        correlation = record.id if record is not None else ""
        if fate is not None and fate.fault is not MessageFault.REPEATED_LATE:
            self._note(slot, call, fate)
            delay += fate.delay
        if fate is None and not delay:
            # What is asked here and now is all that most messages come to.
            return self._palette.ask(self._question(call, correlation))
        return self._spoiled(slot, call, fate, delay, correlation)

    def _spoiled(
        self, slot: FleetSlot, call: Call, fate: MessageFate | None, delay: int, correlation: str
    ) -> Event:
        """A message to which something happens; its host waits no longer than it would."""
        fault = fate.fault if fate is not None else None
        heard = self._env.event()
        self._after(self._patience, heard.succeed)
        if fault is MessageFault.LOST_BEFORE:
            return heard
        if fault in HEARD_INSTEAD:
            self._after(delay, lambda: heard.succeed(HEARD_INSTEAD[fault]))
            return heard

        def comes_again(sent: Event, fate: MessageFate, question: TargetRequest) -> None:
            if is_taken(sent):
                fate = self._network.healing(fate, self._clock.now())
                self._note(slot, call, fate)
                self._after(fate.delay, lambda: self._palette.ask(question))

        def leaves() -> None:
            if call.host_uid in self._cut:
                return
            question = self._question(call, correlation, measured=False)
            sent = self._palette.ask(question)
            if fault is MessageFault.REPEATED:
                when(sent, lambda _: self._palette.ask(question))
            if fate is not None and fault is MessageFault.REPEATED_LATE:
                when(sent, lambda _: comes_again(sent, fate, question))
            if fault is not MessageFault.LOST_AFTER:
                when(sent, heard.succeed)

        self._after(delay, leaves)
        return heard

    def _question(self, call: Call, correlation: str, *, measured: bool = True) -> TargetRequest:
        return TargetRequest(
            call.operation, _NOBODY, self._plan.deadline, call.base_url, correlation, measured
        )

    def _after(self, delay: int, act: Callable[[], object]) -> None:
        when(self._env.timeout(delay), lambda _: act())
