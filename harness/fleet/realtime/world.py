"""The world of a cell in real time: its clock, its recorder, and the target's Palette."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from harness.checkers.fleet.judge import INTENDED
from harness.checkers.invariants.known import LATE, Bounds
from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, MessageFault, Restart, Side
from harness.fleet.clock import HAPPENED, CellClock, when
from harness.fleet.draws import Stream
from harness.fleet.nemesis import MessageFate
from harness.fleet.realtime.asker import TargetClient, TargetRequest
from harness.fleet.realtime.environment import Environment, Event
from harness.fleet.realtime.settings import CellDriver
from harness.fleet.realtime.translation import Translation
from harness.fleet.recorder import FleetRecorder, Listener, Writer
from harness.fleet.scenario import SECOND
from harness.fleet.world import World
from harness.history.operation import Json, OperationRecord
from harness.history.predicates import starved_s
from harness.reference.core.link import LinkReply, NotDelivered
from harness.targets.port import CannotArrange

_MOVES: Final = frozenset(
    "SendPairingRequest CancelPairingRequest SubmitPairing ConfirmPairing WithdrawPairing"
    " AcceptPairingRequest RejectPairingRequest".split()
)
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
        due = self._env.began(at)
        if due < at:
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
    """Everything goes to the target, unless an outage keeps it from getting there. What hosts ask
    goes there by `agents`, where they ask otherwise than people.

    Attributes:
        is_up: whether anything gets there; an outage of the scenario's cuts all at once.
        late: what could not be arranged when it was due, and why.
    """

    def __init__(
        self,
        env: Environment,
        asker: TargetClient,
        translation: Translation,
        arranging: CellDriver,
        agents: TargetClient,
    ) -> None:
        self._env = env
        self._asker = asker
        self._agents = agents
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
        is_of_host = isinstance(question.operation, ops.AgentOperation)
        return (self._agents if is_of_host else self._asker).ask(question)

    def arrange(self, tenant: int, arrangement: Arrangement) -> Event:
        event = self._env.event()
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._hand, self.arrange_now, arrangement)
        future.add_done_callback(lambda done: event.succeed(self._noted(arrangement, done)))
        return event

    def crash(self) -> None:
        """What is on its way is still answered."""
        self.is_up = False

    def restart(self) -> Event:
        """It is restarted, and then can be reached again."""
        back = self.arrange(0, Restart(Side.CENTRAL))
        when(back, lambda _: setattr(self, "is_up", True))
        return back

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
            how = self._translation.redactor.text(error.how)
            self.late.append(f"{type(arrangement).__name__}: {how}")
            return ops.Unknown(str(error))
        return HAPPENED

    def close(self) -> None:
        """Let go of the thread, once it has arranged what it is at."""
        self._hand.shutdown(cancel_futures=True)


def is_taken(sent: Event) -> bool:
    """Whether the target has done what it was asked for: only then a copy does no more."""
    return sent.triggered and isinstance(sent.value, ops.Done)


@dataclass(slots=True)
class RealWorld(World):
    """A cell's in real time."""

    env: Environment
    recorder: RealRecorder
    central: Palette

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
        within, palette = self.scenario.admins.deadline, self.central
        question = TargetRequest(operation, credentials, within, correlation=record.id)
        if fate is None:
            return palette.ask(question)
        late, spoiled = self.env.timeout(fate.delay), replace(question, measured=False)
        if fate.fault is MessageFault.REPEATED_LATE:
            sent = palette.ask(question)
            when(late, lambda _: is_taken(sent) and palette.ask(spoiled))
            return sent
        answered = self.env.event()
        when(self.env.timeout(within), lambda _: answered.succeed())
        when(late, lambda _: when(palette.ask(spoiled), answered.succeed))
        return answered

    def revoked(
        self,
        change: ops.SetTokenState,
        owner: ops.Credentials,
        tenant: int,
        record: OperationRecord,
    ) -> Event:
        stream = Stream(self.scenario.seed, f"owner:{tenant}")
        return self.asked(change, owner, stream, tenant, record)
