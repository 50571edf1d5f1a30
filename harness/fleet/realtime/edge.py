"""The edge hosts in real time: those that the harness plays, and the target's own.

Of those that it plays, what the scenario says of the network as it mostly is (latency, bandwidth)
is left to the real one; what goes wrong with it (messages that are lost, repeated, delayed,
slowed; links that are down) is done here, before a message leaves or after its answer has come.
At the target's own, people act at their Local UIs, nobody sees their agents, and faults are
arranged, as far as the target has a way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import cycle

import simpy

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.arrangements import MessageFault
from harness.domain.cluster import Cluster, Node
from harness.domain.operations import Credentials
from harness.fleet.clock import HAPPENED, Step, as_reply, when
from harness.fleet.hosts import PlayedHosts
from harness.fleet.nemesis import MessageFate
from harness.fleet.realtime.asker import TargetClient, TargetRequest
from harness.fleet.realtime.environment import Event
from harness.fleet.realtime.settings import LocalSide
from harness.fleet.realtime.translation import Translation
from harness.fleet.realtime.world import RealWorld, is_taken
from harness.fleet.roster import FleetSlot
from harness.history.operation import Json, OperationRecord
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.link import Call, LinkReply
from harness.reference.core.store import Store
from harness.reference.faults import HEARD_INSTEAD
from harness.targets.port import CannotArrange

_NOBODY = Credentials()


class RealHosts(PlayedHosts):
    """Hosts whose messages go to a target. For the answer to one that is spoiled here they wait as
    long as `patience` says, and for a question that the target may hold so much longer as `holds`
    says, in microseconds.
    """

    def __init__(
        self,
        world: RealWorld,
        make_core: Callable[[Store], EdgeCore],
        translation: Translation,
        patience: int,
        holds: int = 0,
    ) -> None:
        super().__init__(world, make_core)
        self._holds = holds
        self._palette = world.central
        self._translation = translation
        self._patience = patience
        self._overlaps = cycle((True, False))
        """Whether the next message that comes twice does so before its answer."""

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
            if fault is MessageFault.REPEATED and next(self._overlaps):
                sent = done_first(self._env, sent, self._palette.ask(question))
            elif fault is MessageFault.REPEATED:
                when(sent, lambda _: self._palette.ask(question))
            if fate is not None and fault is MessageFault.REPEATED_LATE:
                when(sent, lambda _: comes_again(sent, fate, question))
            if fault is not MessageFault.LOST_AFTER:
                when(sent, heard.succeed)

        self._after(delay, leaves)
        return heard

    def _question(self, call: Call, correlation: str, *, measured: bool = True) -> TargetRequest:
        within = self._plan.deadline
        match call.operation:
            case ops.SubmitPairing(key=key) if key:
                self._translation.name(key, "key")
            case ops.PollPairing():
                within += self._holds
        where = (call.base_url, call.host_uid, correlation)
        return TargetRequest(call.operation, _NOBODY, within, *where, measured)

    def _after(self, delay: int, act: Callable[[], object]) -> None:
        when(self._env.timeout(delay), lambda _: act())


def done_first(env: simpy.Environment, *copies: Event) -> Event:
    """What comes of copies that are on their way together: what one of them has done, as from a
    gateway that sent it once more, or what the last one heard.
    """
    heard, left = env.event(), len(copies)

    def came(reply: object) -> None:
        nonlocal left
        left -= 1
        if not heard.triggered and (isinstance(reply, ops.Done) or not left):
            heard.succeed(reply)

    for copy in copies:
        when(copy, came)
    return heard


class LocalUis:
    """Asks the Local UI of each cluster's place, as patiently as people ask Palette."""

    def __init__(
        self, world: RealWorld, asker: TargetClient, translation: Translation, local: LocalSide
    ) -> None:
        self._clock, self._recorder, self._palette = world.clock, world.recorder, world.central
        self._asker = asker
        self._translation = translation
        self._local = local
        self._within = world.scenario.admins.deadline
        self._installed: dict[int, Cluster] = {}
        self.on_rest: Callable[[FleetSlot], None] = lambda _: None
        translation.redactor.register(local.user.password, "password")

    # --- before anybody begins ------------------------------------------------------------

    def install(self, slot: FleetSlot) -> Cluster:
        """A fresh cluster at its place, noted as it came to be; not on the loop's own thread. One
        that is given, and was paired before, is renewed if it can be.

        Raises:
            CannotArrange: there is no way to it.
        """
        member, there = slot.member, self._slot(slot)
        self._translation.learn_slot(member.slot, there.uid)
        self._translation.learn(slot.host, there.host_uids[0], "host_uid")
        wanted = arrangements.InstallCluster(
            member.slot, member.cluster, () if there.given else ("stack",)
        )
        try:
            came = self._palette.arrange_now(wanted)
        except CannotArrange:
            if not (there.given and there.renewable):
                raise
            self.arranged(arrangements.RenewCluster(member.slot), slot.tags)
            came = self._palette.arrange_now(wanted)
        assert isinstance(came, arrangements.InstallCluster)
        ours = self._translation.installed(wanted, came)
        assert ours.cluster is not None
        self._installed[member.index] = ours.cluster
        self._recorder.at_once("harness", ours, 0, HAPPENED, slot.tags)
        return ours.cluster

    def arranged(self, what: arrangements.Arrangement, tags: Mapping[str, Json] = {}) -> None:
        """Something else is arranged, and noted; not on the loop's own thread.

        Raises:
            CannotArrange: there is no way to it.
        """
        self._palette.arrange_now(what)
        self._recorder.at_once("harness", what, 0, HAPPENED, tags)

    def _slot(self, slot: FleetSlot) -> arrangements.Slot:
        return self._local.slots[slot.member.index]

    # --- as hosts -------------------------------------------------------------------------

    def perform(self, slot: FleetSlot, operation: ops.LocalOperation) -> Step[ops.Reply]:
        # The patch without a name is deprecated: a target not ours is asked for the other.
        if isinstance(operation, ops.PatchCluster):
            if self._local.patch is None:
                return ops.Unknown("the target offers no change of a cluster's tags")
            operation = self._local.patch(self._installed[slot.member.index].name, operation.tags)
        record = self._recorder.invoke("operator", operation, self._clock.now(), slot.tags)
        url, user = self._local.urls.get(self._slot(slot).host_uids[0], ""), self._local.user
        if isinstance(operation, ops.LogIn):
            operation = replace(operation, username=user.username, password=user.password)
        where = (url, slot.host, record.id)
        question = TargetRequest(operation, slot.session, self._within, *where)
        reply: LinkReply = yield self._asker.ask(question)
        if isinstance(reply, ops.Done) and isinstance(reply.value, ops.Session):
            self._translation.redactor.register(reply.value.token, "session")
        self._recorder.end(record, reply, self._clock.now())
        return as_reply(reply)

    def is_at_rest(self, slot: FleetSlot) -> bool:
        return False  # nobody can tell; and places are few enough to be kept

    def nodes(self, slot: FleetSlot) -> tuple[Node, ...]:
        return tuple(self._installed[slot.member.index].nodes())

    def strike(self, what: arrangements.Arrangement, slot: FleetSlot | None = None) -> Event:
        """It takes a moment, and may fail, as all else does."""
        match what:
            case arrangements.SetLink(uid, up) if slot is not None:
                position = {slot.member.host_uids.index(uid)}
                slot.down = slot.down - position if up else slot.down | position
            case arrangements.SetNodeHealth(_, node, health) if slot is not None:
                index = slot.member.index
                self._installed[index] = self._installed[index].with_health(node, health)
        return self._palette.arrange(0, what)
