"""The world of one interleaving as a value, the steps that it allows, and what each step leads to.

A step is one transaction: the stretch of an edge flow between two messages, an operation of an
administrator, the arrival of a message at the central side. The way back of an answer, and a
fault, are steps of their own. A message outlives the connection that carries it only by a fault:
then it arrives at any later step, when its sender has given it up or has had its answer.

The history says when the link was cut or a withdrawal was spoiled, since what a cancel owes
depends on that. Other faults are left out, as they excuse nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.errors import PairproofError, Reason, Refusal, Refused
from harness.explore import interleaving_events as log
from harness.explore import interleaving_sides as sides
from harness.explore.interleaving_sides import HOST, Core, Held, RunningSide
from harness.explore.interleavings import Do, Fault, Interleaving, InterleavingAction
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.link import Call, LinkReply, NotDelivered, TimedReply, advance
from harness.reference.core.records import SlotState
from harness.reference.faults import message_kind

Flow = Generator[Call, TimedReply, "ops.Done | Refused | None"]
_LOCAL = frozenset({Do.SEND, Do.CANCEL, Do.PATCH})
_BROKEN = ops.Unknown("the connection broke before an answer came")
_ERROR = Refused(Reason.INTERNAL, "Palette answered with an internal error")
_NO_WORD = ops.Unknown("the answer was an internal error, before or after the effect")
_STOPPED = ops.Unknown("the edge was restarted before it answered")

_SPOILS: Mapping[str, tuple[Fault, arrangements.MessageFault]] = {
    "lose": (Fault.LOSE, arrangements.MessageFault.LOST_BEFORE),
    "unanswered": (Fault.UNANSWERED, arrangements.MessageFault.LOST_AFTER),
    "delay": (Fault.DELAY, arrangements.MessageFault.DELAYED),
    "repeat": (Fault.REPEAT, arrangements.MessageFault.REPEATED),
    "error": (Fault.ERROR, arrangements.MessageFault.SERVER_ERROR),
    "error after": (Fault.ERROR, arrangements.MessageFault.SERVER_ERROR),
}
"""The steps that spoil a message: the fault, and what the history says of a withdrawal's."""


class CannotWalk(PairproofError):
    """A core is not where it was when its memory is put back."""


class ScheduleStep(NamedTuple):
    """One step: what happens, and in which lane (that of an actor, or the last: the agents), or
    to which of the late messages.
    """

    what: str
    lane: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A flow of the edge that waits for an answer.

    `inputs` are what each of its stretches began from, so that the flow can be brought to this
    point again on another way. `live` holds the generator until somebody goes on with it.
    """

    id: str
    operation: ops.LocalOperation | None
    inputs: tuple[tuple[Held, TimedReply | None], ...]
    call: Call
    reply: LinkReply | None
    live: list[Flow]
    slot: Hashable

    @property
    def message(self) -> str:
        """The id of the message that is out."""
        return f"{self.id}.{len(self.inputs)}"

    @property
    def is_told(self) -> bool:
        """Whether the message stands in the history. Probes and polls change nothing."""
        return not isinstance(self.call.operation, ops.Probe | ops.PollPairing)


@dataclass(frozen=True, slots=True)
class LateMessage:
    """A message that is on its way, and whose sender does not wait for its answer any more."""

    id: str
    operation: ops.AgentOperation


@dataclass(frozen=True, slots=True, eq=False)
class InterleavingState:
    """Everything, between two steps."""

    central: Held
    edge: Held
    moved: tuple[int, ...]
    """How many actions each actor has begun."""
    lanes: tuple[Waiting | None, ...]
    """The open flow of each actor, and last that of the agents."""
    rounds: int
    """How often the agents may begin a round yet."""
    faults: int
    up: bool
    events: log.Events
    late: tuple[LateMessage, ...] = ()


class InterleavingRunner:
    """Carries out the steps of one interleaving with one behaviour."""

    def __init__(self, interleaving: Interleaving, behaviour: Behaviour, faults: int) -> None:
        ready = behaviour.with_password("walk")
        self.interleaving = interleaving
        self.fingerprints = log.Fingerprints()
        self.ledger = log.EventLog(self.fingerprints)
        self.central = RunningSide[CentralCore](arrangements.Side.CENTRAL, ready.central_factory())
        self.edge = RunningSide[EdgeCore](arrangements.Side.EDGE, ready.edge_factory())
        self.handover = behaviour.central.handover
        self.agents = len(interleaving.actors)
        self._restarts: dict[tuple[arrangements.Side, Hashable], bool] = {}
        sides.furnish(self.central, self.edge)
        self.first = self._opening(faults)

    def _opening(self, faults: int) -> InterleavingState:
        idle = (None,) * (self.agents + 1)
        world = InterleavingState(
            self.central.hold(), self.edge.hold(), (0,) * self.agents, idle, 0, 0, True, ()
        )
        for index, arrangement in enumerate(sides.ARRANGED):
            world = self.noted(world, f"arranged-{index}", arrangement)
        for index, do in enumerate(self.interleaving.before):
            label = f"before-{index}"
            if do is Do.FOLLOW:
                world = self.followed(world, label)
            else:
                world = self.finished(
                    self._performed(world, 0, InterleavingAction(do), label, "before"), 0
                )
        return replace(world, rounds=self.interleaving.rounds, faults=faults)

    def finished(self, world: InterleavingState, lane: int) -> InterleavingState:
        """The world once the flow of a lane has run to its end, undisturbed."""
        while (waiting := world.lanes[lane]) is not None:
            if waiting.reply is None:
                world = self._delivered(world, lane, waiting)
            else:
                world = self._returned(world, lane, waiting, waiting.reply)
        return world

    def followed(self, world: InterleavingState, label: str) -> InterleavingState:
        """The world after one undisturbed round of the agents."""
        return self.finished(self._round(world, label), self.agents)

    # --- which steps there are --------------------------------------------------------

    def steps(self, world: InterleavingState) -> tuple[list[ScheduleStep], bool]:
        """The steps that are possible, and whether a schedule may end here."""
        steps: list[ScheduleStep] = []
        for lane, actor in enumerate(self.interleaving.actors):
            more = actor.actions[world.moved[lane] :]
            if world.lanes[lane] is None and more and self._is_possible(world, more[0]):
                steps.append(ScheduleStep("move", lane))
        for lane, waiting in enumerate(world.lanes):
            if waiting is not None:
                steps.append(ScheduleStep("deliver" if waiting.reply is None else "return", lane))
        may_end = not steps
        if world.lanes[-1] is None and world.rounds and _has_work(world.edge):
            steps.append(ScheduleStep("follow", self.agents))
        steps.extend(ScheduleStep("arrive", number) for number in range(len(world.late)))
        if not world.up:
            steps.append(ScheduleStep("mend"))
        if world.faults:
            steps.extend(self._faults(world, steps))
        return steps, may_end

    def _is_possible(self, world: InterleavingState, action: InterleavingAction) -> bool:
        if action.do in _LOCAL or action.do in (Do.REVOKE, Do.REVISE, Do.EXPIRE):
            return True
        request = sides.request_of(world.central, action.nth)
        return request is not None and (action.do is not Do.CHANGE or bool(request.cluster_uid))

    def _faults(
        self, world: InterleavingState, steps: list[ScheduleStep]
    ) -> Iterator[ScheduleStep]:
        allowed = self.interleaving.faults
        for what, lane in steps:
            if what == "move" and Fault.UNSEEN in allowed:
                actor = self.interleaving.actors[lane]
                if actor.actions[world.moved[lane]].do in (Do.ACCEPT, Do.REJECT):
                    yield ScheduleStep("unseen", lane)
            waiting = world.lanes[lane] if what in ("deliver", "return") else None
            is_cut = what == "deliver" and not world.up
            for fault in _spoiling(waiting) if waiting and not is_cut else ():
                if _SPOILS[fault][0] in allowed:
                    yield ScheduleStep(fault, lane)
        if Fault.RESTART_EDGE in allowed and (
            any(world.lanes) or self._restart_matters(self.edge, world.edge)
        ):
            yield ScheduleStep("restart edge")
        if Fault.RESTART_CENTRAL in allowed and self._restart_matters(self.central, world.central):
            yield ScheduleStep("restart central")
        if Fault.CUT in allowed and world.up:
            yield ScheduleStep("cut")

    def _restart_matters(self, side: RunningSide[Core], held: Held) -> bool:
        """Whether a restart wipes memory or changes what is stored.

        Any other restart changes nothing but the names of what is drawn later, unless it ends a
        flow: each operation of the central side, and each stretch of a flow, is one transaction.
        """
        if held.memory:
            return True
        stored = self.fingerprints.store(held.store)
        if (side.side, stored) not in self._restarts:
            side.load(held)
            before = side.records()
            side.boot()
            self._restarts[side.side, stored] = before != side.records()
        return self._restarts[side.side, stored]

    # --- what they lead to ------------------------------------------------------------

    def take(self, world: InterleavingState, step: ScheduleStep) -> InterleavingState:
        """The world after a step."""
        what, lane = step
        if what in ("move", "unseen"):
            return self._moved(world, lane, unseen=what == "unseen")
        if what == "follow":
            begun = replace(world, rounds=world.rounds - 1)
            return self._round(begun, f"round-{self.interleaving.rounds - world.rounds + 1}")
        if what == "arrive":
            return self.arrived(world, lane)
        waiting = world.lanes[lane]
        if waiting is not None and what in (*_SPOILS, "deliver", "return"):
            return self._carried(world, what, lane, waiting)
        return self._struck(world, what)

    def arrived(self, world: InterleavingState, number: int) -> InterleavingState:
        """A message that is late arrives; nobody hears the answer."""
        late = world.late[number]
        rest = (*world.late[:number], *world.late[number + 1 :])
        return replace(self._heard(world, late.operation)[0], late=rest)

    def _carried(
        self, world: InterleavingState, what: str, lane: int, waiting: Waiting
    ) -> InterleavingState:
        if what == "deliver":
            return self._delivered(world, lane, waiting)
        if what == "return":
            assert waiting.reply is not None
            return self._returned(world, lane, waiting, waiting.reply)
        world = replace(world, faults=world.faults - 1)
        if what in ("delay", "repeat"):
            late = LateMessage(waiting.message, waiting.call.operation)
            world = replace(world, late=tuple(sorted((*world.late, late), key=lambda m: m.id)))
        if what == "repeat":
            return self._delivered(world, lane, waiting)
        kind = message_kind(waiting.call.operation)
        if kind is arrangements.MessageKind.WITHDRAW:
            fault = arrangements.FaultNextMessage(HOST, kind, _SPOILS[what][1])
            world = self._noted_fault(world, "spoiled", fault)
        reply = _ERROR if _SPOILS[what][0] is Fault.ERROR else _BROKEN
        if waiting.reply is None:
            return _with_lane(world, lane, replace(waiting, reply=reply))
        return self._returned(world, lane, waiting, reply)

    def _struck(self, world: InterleavingState, what: str) -> InterleavingState:
        if what == "mend":
            mended = self._noted_fault(world, what, arrangements.SetLink(HOST, up=True))
            return replace(mended, up=True)
        world = replace(world, faults=world.faults - 1)
        if what == "cut":
            cut = self._noted_fault(world, what, arrangements.SetLink(HOST, up=False))
            return replace(cut, up=False)
        if what == "restart central":
            self.central.load(world.central)
            self.central.boot()
            return replace(world, central=self.central.hold())
        return self._edge_restarted(world)

    def _noted_fault(
        self, world: InterleavingState, what: str, arrangement: object
    ) -> InterleavingState:
        return self.noted(world, f"{what}-{world.faults}", arrangement)

    def _edge_restarted(self, world: InterleavingState) -> InterleavingState:
        events = world.events
        for waiting in filter(None, world.lanes):
            if waiting.is_told:
                events = self._ended(events, waiting.message, _STOPPED)
            if waiting.operation is not None:
                events = self._ended(events, waiting.id, _STOPPED)
        self.edge.load(world.edge)
        self.edge.boot()
        idle = (None,) * len(world.lanes)
        return replace(world, edge=self.edge.hold(), lanes=idle, events=events)

    # --- actions of people --------------------------------------------------------------

    def _moved(self, world: InterleavingState, lane: int, *, unseen: bool) -> InterleavingState:
        actor, index = self.interleaving.actors[lane], world.moved[lane]
        counts = (*world.moved[:lane], index + 1, *world.moved[lane + 1 :])
        world = replace(world, moved=counts, faults=world.faults - unseen)
        label = f"{actor.name}-{index + 1}"
        return self._performed(world, lane, actor.actions[index], label, actor.name, unseen=unseen)

    def _performed(
        self,
        world: InterleavingState,
        lane: int,
        action: InterleavingAction,
        label: str,
        name: str,
        *,
        unseen: bool = False,
    ) -> InterleavingState:
        if action.do is Do.EXPIRE:
            return self.passed(world, label, self.handover + 1)
        if action.do is Do.REVISE:
            self.central.load(world.central)
            self.central.store.put(sides.REVISED)
            world = replace(world, central=self.central.hold())
            return self.noted(world, label, arrangements.PutProfile(sides.REVISED))
        local = sides.local_operation(action.do)
        if local is not None:
            return self.started(world, lane, label, name, local)
        operation = self._central_operation(world, action)
        world = self.administered(world, label, name, operation, unseen)
        if isinstance(operation, ops.ChangeCentralCluster):  # it may wait for the host
            look = ops.ViewCentralCluster(operation.cluster_uid)
            world = self.administered(world, f"{label}-look", name, look)
        return world

    def _central_operation(
        self, world: InterleavingState, action: InterleavingAction
    ) -> ops.CentralOperation:
        if action.do is Do.REVOKE:
            return ops.SetTokenState(sides.TOKEN, active=False)
        request = sides.request_of(world.central, action.nth)
        assert request is not None, f"there is no request to {action.do}"
        return sides.central_operation(action.do, request)

    def passed(self, world: InterleavingState, label: str, by: int) -> InterleavingState:
        """Time has passed, on both sides alike."""
        events = self.ledger.write(world.events, log.LoggedEvent(log.PASSED, label, by))
        central = replace(world.central, now=world.central.now + by)
        edge = replace(world.edge, now=world.edge.now + by)
        return replace(world, central=central, edge=edge, events=events)

    def noted(self, world: InterleavingState, label: str, arrangement: object) -> InterleavingState:
        """Something was arranged, as it was asked for."""
        opened = log.LoggedEvent(log.INVOKED, label, arrangement, "harness")
        done = ops.Done(ops.Answer())
        return replace(world, events=self._at_once(world.events, opened, done))

    def administered(
        self,
        world: InterleavingState,
        label: str,
        name: str,
        operation: ops.CentralOperation,
        unseen: bool = False,
    ) -> InterleavingState:
        """An administrator's operation: one step."""
        self.central.load(world.central)
        side = self.central
        call = CentralCall(sides.ADMIN, side.now, side.draws)
        reply: LinkReply = side.core.perform(operation, call)
        opened = log.LoggedEvent(log.INVOKED, label, operation, name, project=sides.PROJECT)
        events = self._at_once(world.events, opened, _BROKEN if unseen else reply)
        return replace(world, central=side.hold(), events=events)

    def _at_once(self, events: log.Events, opened: log.LoggedEvent, reply: object) -> log.Events:
        return self._ended(self.ledger.write(events, opened), opened.id, reply)

    def _ended(self, events: log.Events, about: str, reply: object) -> log.Events:
        return self.ledger.write(events, log.LoggedEvent(log.ENDED, about, reply))

    # --- flows of the edge ------------------------------------------------------------

    def started(
        self,
        world: InterleavingState,
        lane: int,
        label: str,
        name: str,
        operation: ops.LocalOperation,
    ) -> InterleavingState:
        """An operation at Local UI, up to its first message or its end."""
        opened = log.LoggedEvent(log.INVOKED, label, operation, name, HOST, sides.PROJECT)
        world = replace(world, events=self.ledger.write(world.events, opened))
        self.edge.load(world.edge)
        flow = self._begun(operation)
        return self._stretched(world, lane, label, operation, flow, (), None)

    def _round(self, world: InterleavingState, label: str) -> InterleavingState:
        self.edge.load(world.edge)
        return self._stretched(world, self.agents, label, None, self._begun(None), (), None)

    def _begun(self, operation: ops.LocalOperation | None) -> Flow:
        side = self.edge
        if operation is None:
            return side.core.follow(sides.SLOT)
        return side.core.perform(operation, EdgeCall(HOST, sides.OPERATOR, side.now, side.draws))

    def _stretched(
        self,
        world: InterleavingState,
        lane: int,
        label: str,
        operation: ops.LocalOperation | None,
        flow: Flow,
        inputs: tuple[tuple[Held, TimedReply | None], ...],
        answer: TimedReply | None,
    ) -> InterleavingState:
        """Run one stretch of a flow; the edge is loaded."""
        reply: ops.Done | Refused | None
        call: Call | None = None
        try:
            call, reply = advance(flow, answer, self.edge.store)
        except Refusal as refusal:
            reply = refusal.refused
        inputs = (*inputs, (world.edge, answer))
        world = replace(world, edge=self.edge.hold())
        if call is None:
            world = _with_lane(world, lane, None)
            if operation is None:
                return world
            return replace(world, events=self._ended(world.events, label, reply))
        slot = self.fingerprints.number((label, self.fingerprints.flow(flow)))
        waiting = Waiting(label, operation, inputs, call, None, [flow], slot)
        return self._called(world, lane, waiting)

    def _called(self, world: InterleavingState, lane: int, waiting: Waiting) -> InterleavingState:
        if isinstance(waiting.call.operation, ops.Probe):
            reply = ops.Done(ops.Acknowledged()) if world.up else NotDelivered("the link is cut")
            return _with_lane(world, lane, replace(waiting, reply=reply))
        world = _with_lane(world, lane, waiting)
        if not waiting.is_told:
            return world
        opened = log.LoggedEvent(
            log.INVOKED, waiting.message, waiting.call.operation, "agent", HOST, sides.PROJECT
        )
        return replace(world, events=self.ledger.write(world.events, opened))

    def _delivered(
        self, world: InterleavingState, lane: int, waiting: Waiting
    ) -> InterleavingState:
        if not world.up:
            cut = NotDelivered("the host has no connection to Palette")
            return _with_lane(world, lane, replace(waiting, reply=cut))
        world, reply = self._heard(world, waiting.call.operation)
        return _with_lane(world, lane, replace(waiting, reply=reply))

    def _heard(
        self, world: InterleavingState, operation: ops.AgentOperation
    ) -> tuple[InterleavingState, LinkReply]:
        """The central side gets a message, and answers."""
        side = self.central
        side.load(world.central)
        call = CentralCall(ops.Credentials(), side.now, side.draws)
        reply: LinkReply = side.core.perform(operation, call)
        return replace(world, central=side.hold()), reply

    def _returned(
        self, world: InterleavingState, lane: int, waiting: Waiting, reply: LinkReply
    ) -> InterleavingState:
        if waiting.is_told:
            told = _NO_WORD if reply is _ERROR else reply
            world = replace(world, events=self._ended(world.events, waiting.message, told))
        flow = waiting.live.pop() if waiting.live else self._again(waiting)
        self.edge.load(world.edge)
        answer = TimedReply(reply, self.edge.now)
        return self._stretched(
            world, lane, waiting.id, waiting.operation, flow, waiting.inputs, answer
        )

    def _again(self, waiting: Waiting) -> Flow:
        """The flow at the point where it waits, from what each of its stretches began from."""
        flow: Flow | None = None
        for held, answer in waiting.inputs:
            self.edge.load(held)
            flow = flow or self._begun(waiting.operation)
            try:
                advance(flow, answer, self.edge.store)
            except Refusal as refusal:
                raise CannotWalk(
                    "what is planted remembers something outside of its core, where it cannot be"
                    f" put back, so no order of events can be walked: {refusal.refused.message}"
                ) from None
        assert flow is not None, "a flow that waits has begun"
        return flow

    # --- what tells two worlds apart --------------------------------------------------

    def fingerprint_of(self, world: InterleavingState) -> Hashable:
        """Equal for two worlds from which the same can follow, whatever led to them."""
        lanes = [
            w and (w.slot, self.fingerprints.of(w.call.operation), self.fingerprints.of(w.reply))
            for w in world.lanes
        ]
        return (
            sides.fingerprint_of(world.central, self.fingerprints),
            sides.fingerprint_of(world.edge, self.fingerprints),
            world.moved,
            tuple(lanes),
            world.up,
            self.fingerprints.of([late.operation for late in world.late]),
        )


def _spoiling(waiting: Waiting) -> Iterator[str]:
    """What may become of the message of a flow, or of its answer.

    A probe and a poll change nothing, so nothing comes of one that is late, and a lost answer to
    one is a lost message. A refusal has no effect, so that an error in its place is one before it.
    """
    told, reply = waiting.is_told, waiting.reply
    if reply is None:
        yield from ("lose", "error")
        yield from ("delay", "repeat") if told else ()
    elif told and isinstance(reply, ops.Done):
        yield from ("unanswered", "error after")
    elif told and isinstance(reply, Refused) and reply is not _ERROR:
        yield "unanswered"


def _has_work(edge: Held) -> bool:
    site = edge.store.get(SlotState, sides.SLOT)
    return site is not None and site.has_work


def _with_lane(world: InterleavingState, lane: int, waiting: Waiting | None) -> InterleavingState:
    lanes = (*world.lanes[:lane], waiting, *world.lanes[lane + 1 :])
    return replace(world, lanes=lanes)
