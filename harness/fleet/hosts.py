"""The edge hosts of a cell: the edge's rules, with a network and time between their messages."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import TypeVar

import simpy
from simpy.exceptions import Interrupt

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Health, Node
from harness.domain.errors import Refusal, Refused
from harness.domain.pairing import LocalState
from harness.fleet.clock import HAPPENED, Deadlines, Ended, PendingReply, Result, Step
from harness.fleet.nemesis import MessageFate
from harness.fleet.plane import Plane
from harness.fleet.roster import FleetSlot
from harness.fleet.world import World
from harness.history.operation import OperationRecord
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.link import Call, LinkReply, NotDelivered, TimedReply, advance
from harness.reference.core.records import HostSlot, Record, SlotState
from harness.reference.core.store import MemoryStore, Store
from harness.reference.faults import HEARD_INSTEAD, message_kind

R = TypeVar("R", bound=Record)

_OFF = ops.Unknown("nothing answers: the host is off")
_REBOOTED = ops.Unknown("the host was restarted before it answered")
_CUT_OFF = NotDelivered("the host has no connection to Palette")
_LATE = ops.Unknown("no answer came in time")
_NOBODY = ops.Credentials()
"""Hosts have no account at Palette: what they say proves itself."""
_CONNECT = 200_000
"""How long it takes to see that there is no connection, in microseconds."""


class PlayedHosts:
    """Runs what is asked of Local UI, and the agents behind it. How their messages travel is left
    to those who make more of it.
    """

    def __init__(self, world: World, make_core: Callable[[Store], EdgeCore]) -> None:
        self.store = MemoryStore()
        self._env, self._clock, self._recorder = world.env, world.clock, world.recorder
        self._network, self._plan = world.network, world.scenario.agents
        self._make_core = make_core
        self._core = make_core(self.store)
        self._cut: set[str] = set()
        """The hosts whose link is down, of all clusters: one may ask for another's."""
        self.on_rest: Callable[[FleetSlot], None] = lambda _: None
        self.clock_shift = 0
        """How far the hosts' clocks are ahead, in microseconds."""

    def install(self, slot: FleetSlot) -> Cluster:
        member, cluster = slot.member, slot.member.cluster
        with self.store.transaction():
            self.store.put(SlotState(slot.slot, member.host_uids, cluster=cluster))
            for uid in member.host_uids:
                self.store.put(HostSlot(uid, slot.slot))
        return cluster

    # --- Local UI ---------------------------------------------------------------------

    def perform(self, slot: FleetSlot, operation: ops.LocalOperation) -> Step[ops.Reply]:
        record = self._recorder.invoke("operator", operation, self._clock.now(), slot.tags)
        if slot.is_off:
            yield self._env.timeout(_CONNECT)
            reply: ops.Reply = _OFF
        else:
            now = self._clock.now() + self.clock_shift
            call = EdgeCall(slot.host, slot.session, now, slot.ids)
            try:
                done = yield from self._run(slot, self._core.perform(operation, call))
                if done is None:
                    raise AssertionError(f"{record.kind} ended without a reply")
                reply = done
            except Interrupt:
                reply = _REBOOTED
        self._recorder.end(record, reply, self._clock.now())
        self.wake(slot)
        return reply

    def _run(
        self, slot: FleetSlot, flow: Generator[Call, TimedReply, Result]
    ) -> Step[Result | Refused | None]:
        """Run a flow of the edge to its end; a reboot ends it with `Interrupt`."""
        me = self._env.active_process
        assert me is not None
        slot.flows.append(me)
        answer: TimedReply | None = None
        try:
            while True:
                call, result = advance(flow, answer, self.store)
                if call is None:
                    return result
                reply = yield from self._carry(slot, call)
                answer = TimedReply(reply, self._clock.now() + self.clock_shift)
        except Refusal as refusal:
            return refusal.refused
        finally:
            slot.flows.remove(me)

    # --- messages ---------------------------------------------------------------------

    def _carry(self, slot: FleetSlot, call: Call) -> Step[LinkReply]:
        """Carry a message of a host to the central plane, and wait for the answer. A probe is not
        written down.
        """
        record, tags = None, slot.tags
        if not isinstance(call.operation, ops.Probe):
            if call.host_uid != slot.host:
                tags = {**tags, "host": call.host_uid}
            record = self._recorder.invoke("agent", call.operation, self._clock.now(), tags)
        try:
            if call.host_uid in self._cut:
                yield self._env.timeout(_CONNECT)
                reply: LinkReply = _CUT_OFF
            else:
                answer: LinkReply | None = yield self._asked(slot, call, record)
                reply = _LATE if answer is None else answer
        except Interrupt:
            if record is not None:
                self._recorder.end(record, _REBOOTED, self._clock.now())
            raise
        if record is not None:
            self._recorder.end(record, reply, self._clock.now())
        return reply

    @abstractmethod
    def _asked(self, slot: FleetSlot, call: Call, record: OperationRecord | None) -> simpy.Event:
        """Send a message on its way: an event whose value is the answer, or none in time."""

    def _note(self, slot: FleetSlot, call: Call, fate: MessageFate) -> None:
        """What happens to a message stands in the history before it does."""
        now, kind = self._clock.now(), message_kind(call.operation)
        fault = arrangements.FaultNextMessage(call.host_uid, kind, fate.fault, fate.delay)
        self._recorder.at_once("nemesis", fault, now, HAPPENED, slot.tags)

    # --- agents -----------------------------------------------------------------------

    def wake(self, slot: FleetSlot) -> None:
        """Let the agents of a cluster work, if there is something to follow up."""
        if slot.agent or slot.is_off:
            return
        site = self.store.get(SlotState, slot.slot)
        if site is not None and site.has_work:
            slot.agent = True
            self._env.process(self._agent(slot))

    def _agent(self, slot: FleetSlot) -> Step[None]:
        while True:
            yield self._pause(slot)
            if slot.is_off:
                break
            site = self.store.get(SlotState, slot.slot)
            if site is None or not site.has_work:
                break
            try:
                yield from self._run(slot, self._core.follow(slot.slot))
            except Interrupt:
                break
        slot.agent = False
        self.on_rest(slot)

    def is_at_rest(self, slot: FleetSlot) -> bool:
        site = self.store.get(SlotState, slot.slot)
        if slot.agent or slot.down or slot.is_off or site is None or site.cluster is None:
            return False
        is_paired = site.request is not None and site.request.state is LocalState.PAIRED
        return is_paired and not site.cluster.unhealthy_nodes()

    def _pause(self, slot: FleetSlot) -> simpy.Event:
        """Until the next round. Without jitter, a link that is back is used at once."""
        if not slot.down or self._plan.retry_jitter:
            return self._env.timeout(slot.net.spread(self._plan.poll))
        if slot.link_back is None:
            slot.link_back = self._env.event()
        return slot.link_back

    # --- what is done to them ---------------------------------------------------------

    def strike(self, what: arrangements.Arrangement, slot: FleetSlot | None = None) -> Ended:
        match what:
            case arrangements.SetLink(uid, up) if slot is not None:
                self.set_link(slot, slot.member.host_uids.index(uid), up=up)
            case arrangements.SetNodeHealth(_, node, health) if slot is not None:
                self.set_health(slot, node, health)
            case arrangements.AdvanceClock(by=by):
                self.clock_shift += by
        return HAPPENED

    def nodes(self, slot: FleetSlot) -> tuple[Node, ...]:
        site = self.store.get(SlotState, slot.slot)
        return tuple(site.cluster.nodes()) if site is not None and site.cluster is not None else ()

    def set_link(self, slot: FleetSlot, position: int, *, up: bool) -> None:
        """Cut the link of one host of a cluster, or mend it."""
        slot.down = slot.down - {position} if up else slot.down | {position}
        (self._cut.discard if up else self._cut.add)(slot.member.host_uids[position])
        if not slot.down and slot.link_back is not None:
            slot.link_back.succeed()
            slot.link_back = None

    def set_health(self, slot: FleetSlot, node: str, health: Health) -> None:
        """One node turns healthy or unhealthy."""
        site = self.store.get(SlotState, slot.slot)
        if site is not None and site.cluster is not None:
            self.store.put(replace(site, cluster=site.cluster.with_health(node, health)))

    def power_off(self, slot: FleetSlot) -> None:
        """What is in flight at the hosts of a cluster is gone."""
        slot.is_off = True
        for process in list(slot.flows):
            process.interrupt()

    def power_on(self, slot: FleetSlot) -> None:
        """The hosts start again, from what they have stored."""
        slot.is_off = False
        slot.boots += 1
        with self.store.transaction():
            self._make_core(StoreOfOneSlot(self.store, slot.slot)).recover()
        self.wake(slot)


class Hosts(PlayedHosts):
    """Hosts in virtual time: their messages go to a central plane of the same cell."""

    def __init__(self, world: World, make_core: Callable[[Store], EdgeCore], plane: Plane) -> None:
        super().__init__(world, make_core)
        self._plane = plane
        self._deadlines = Deadlines(world.env, world.scenario.agents.deadline)

    def _asked(self, slot: FleetSlot, call: Call, record: OperationRecord | None) -> simpy.Event:
        question, network = self._deadlines.ask(), self._network
        fate = network.fate(slot, self._clock.now())
        delay = network.latency(slot, call.operation)
        if fate is not None:
            if fate.fault is not arrangements.MessageFault.REPEATED_LATE:
                self._note(slot, call, fate)
                delay += fate.delay
            if fate.fault is arrangements.MessageFault.LOST_BEFORE:
                return question
            if heard := HEARD_INSTEAD.get(fate.fault):
                back = network.latency(slot, call.operation, answer=True)
                question.answer(heard, delay + back)
                return question
        arrival = self._env.timeout(delay)
        arrival.callbacks.append(lambda _: self._arrive(slot, call, question, fate))
        return question

    def _come_again(self, slot: FleetSlot, call: Call, fate: MessageFate) -> None:
        """What was taken arrives once more later, whatever has become of the link; nobody hears an
        answer. A copy of what was refused would be another try.
        """
        fate = self._network.healing(fate, self._clock.now())
        self._note(slot, call, fate)
        tenant, nobody = slot.member.tenant, lambda *_: None
        again = self._env.timeout(fate.delay)
        again.callbacks.append(
            lambda _: self._plane.arrive(tenant, call.operation, _NOBODY, slot.net, nobody)
        )

    def _arrive(
        self, slot: FleetSlot, call: Call, question: PendingReply, fate: MessageFate | None
    ) -> None:
        if call.host_uid in self._cut:
            return
        is_lost = fate is not None and fate.fault is arrangements.MessageFault.LOST_AFTER
        is_repeated = fate is not None and fate.fault is arrangements.MessageFault.REPEATED

        def take(reply: LinkReply, later: int) -> PendingReply | None:
            if (
                fate
                and fate.fault is arrangements.MessageFault.REPEATED_LATE
                and isinstance(reply, ops.Done)
            ):
                self._come_again(slot, call, fate)
            if is_lost or slot.is_off:
                return None
            back = self._network.latency(slot, call.operation, answer=True)
            return question if question.answer(reply, later + back) else None

        times = 2 if is_repeated else 1
        self._plane.arrive(slot.member.tenant, call.operation, _NOBODY, slot.net, take, times)


class StoreOfOneSlot:
    """The store as the hosts of one slot see it when they start: no other site is there."""

    def __init__(self, whole: MemoryStore, slot: str) -> None:
        self._whole = whole
        self._slot = slot
        self.get, self.put, self.delete = whole.get, whole.put, whole.delete
        self.find, self.transaction = whole.find, whole.transaction

    def every(self, kind: type[R]) -> Iterator[R]:
        if kind is SlotState:
            site = self._whole.get(kind, self._slot)
            return iter([site] if site is not None else [])
        return self._whole.every(kind)

    def clear(self) -> None:
        raise AssertionError("hosts that start clear nothing")

    def close(self) -> None: ...
