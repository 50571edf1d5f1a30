"""The target's own edge hosts: people act at their Local UIs, and nobody sees their agents.

`LocalUis` stands in for `harness.fleet.hosts.Hosts`, which runs the edge hosts that the harness
plays. Faults are arranged at the target, as far as it has a way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Health
from harness.domain.errors import Refused
from harness.domain.pairing import LocalState
from harness.fleet.clock import CellClock, Step
from harness.fleet.disturbing import NEMESIS, disturbed
from harness.fleet.nemesis import Transition
from harness.fleet.realtime.asker import TargetClient, TargetRequest
from harness.fleet.realtime.course import RealCourse, RealDisturbing
from harness.fleet.realtime.settings import LocalSide
from harness.fleet.realtime.translation import Translation
from harness.fleet.realtime.world import Palette
from harness.fleet.recorder import FleetRecorder
from harness.fleet.roster import FleetSlot, Member
from harness.fleet.stacks import found_stack
from harness.fleet.timelines import shelf
from harness.history.operation import Json
from harness.reference.core.link import LinkReply
from harness.targets.port import CannotArrange


class LocalUis:
    """Asks the Local UI of each cluster's place. `within` is how long an answer is waited for."""

    def __init__(
        self,
        clock: CellClock,
        asker: TargetClient,
        palette: Palette,
        translation: Translation,
        recorder: FleetRecorder,
        local: LocalSide,
        within: int,
    ) -> None:
        self._clock = clock
        self._asker = asker
        self._palette = palette
        self._translation = translation
        self._recorder = recorder
        self._local = local
        self._within = within
        self._installed: dict[int, Cluster] = {}
        self.on_rest: Callable[[FleetSlot], None] = lambda _: None
        translation.redactor.register(local.user.password, "password")

    # --- before anybody begins ------------------------------------------------------------

    def install(self, slot: FleetSlot) -> Cluster:
        """A fresh cluster stands at its place; not on the loop's own thread. It is noted as it
        came to be. One that is given, and was paired before, is renewed if it can be.

        Raises:
            CannotArrange: there is no way to it.
        """
        member, there = slot.member, self._slot(slot)
        self._translation.learn_slot(member.slot, there.uid)
        self._translation.learn(slot.host, there.host_uids[0])
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
        self._note(ours, slot.tags)
        return ours.cluster

    def arranged(self, what: arrangements.Arrangement, tags: Mapping[str, Json] = {}) -> None:
        """Something else is arranged, and noted; not on the loop's own thread.

        Raises:
            CannotArrange: there is no way to it.
        """
        self._palette.arrange_now(what)
        self._note(what, tags)

    def _slot(self, slot: FleetSlot) -> arrangements.Slot:
        return self._local.slots[slot.member.index]

    def _note(self, what: arrangements.Arrangement, tags: Mapping[str, Json]) -> None:
        self._recorder.at_once("harness", what, 0, ops.Done(ops.Acknowledged()), tags)

    def cluster(self, slot: FleetSlot) -> Cluster:
        """The cluster that was installed at a place."""
        return self._installed[slot.member.index]

    # --- as hosts -------------------------------------------------------------------------

    def perform(self, slot: FleetSlot, operation: ops.LocalOperation) -> Step[ops.Reply]:
        """One operation at Local UI. The patch without a name is deprecated: a target that is not
        ours is asked for the one by name.
        """
        if isinstance(operation, ops.PatchCluster):
            operation = ops.PatchNamedCluster(self.cluster(slot).name, operation.tags)
        record = self._recorder.invoke("operator", operation, self._clock.now(), slot.tags)
        url, user = self._local.urls[self._slot(slot).host_uids[0]], self._local.user
        if isinstance(operation, ops.LogIn):
            operation = replace(operation, username=user.username, password=user.password)
        question = TargetRequest(operation, slot.session, self._within, url, record.id)
        reply = cast("LinkReply", (yield self._asker.ask(question)))
        if isinstance(reply, ops.Done) and isinstance(reply.value, ops.Session):
            self._translation.redactor.register(reply.value.token, "session")
        self._recorder.end(record, reply, self._clock.now())
        return (
            reply if isinstance(reply, ops.Done | Refused | ops.Unknown) else ops.Unknown(reply.why)
        )

    def is_at_rest(self, slot: FleetSlot) -> bool:
        """Nobody can tell; and places are few enough to be kept."""
        return False


class EdgeDisturbing(RealDisturbing):
    """What strikes hosts and their messages takes a moment, and may fail, as all else does."""

    def _set_links(self, slot: FleetSlot, transition: Transition) -> None:
        up, cause = not transition.begins, transition.occurrence.cause
        for uid in transition.host_uids:
            position = slot.member.host_uids.index(uid)
            if (position in slot.down) is up:
                slot.down = slot.down - {position} if up else slot.down | {position}
                self._strikes(arrangements.SetLink(uid, up), slot.tags, cause)

    def _set_health(self, slot: FleetSlot, transition: Transition) -> None:
        """Every node of the cluster turns so: the scenario knows but one host of it."""
        health = Health.UNHEALTHY if transition.begins else Health.HEALTHY
        hosts = self._world.hosts
        assert isinstance(hosts, LocalUis)
        for node in hosts.cluster(slot).nodes():
            if node.host_uid in transition.host_uids:
                change = arrangements.SetNodeHealth(slot.slot, node.name, health)
                self._strikes(change, slot.tags, transition.occurrence.cause)

    def _turn_messages(self, member: Member, transition: Transition) -> None:
        if member.index not in self._slots:
            return
        network, fault = self._world.network, self._world.scenario.faults
        plan, uid = fault[transition.occurrence.plan], member.host_uids[0]
        if transition.begins:
            network.strike(member.index, plan)
        else:
            network.relent(member.index, plan)
        tags = {"host": uid, "project": member.project_uid}
        self._strikes(self._disturbed(member), tags, transition.occurrence.cause)

    def loses(self, slot: FleetSlot) -> None:
        """From now on messages are lost as the scenario has it of its network, until it heals."""
        plan = self._world.network.plan
        if plan.lost_before_ppm or plan.lost_after_ppm:
            self._strikes(self._disturbed(slot.member), slot.tags, "")
            self._world.env.process(self._heals(slot))

    def _heals(self, slot: FleetSlot) -> Step[None]:
        world = self._world
        yield world.env.timeout(max(0, world.scenario.duration - world.clock.now()))
        self._strikes(self._disturbed(slot.member), slot.tags, "")

    def _disturbed(self, member: Member) -> arrangements.DisturbMessages:
        """What is now to happen to the messages of a cluster, by the network and all faults."""
        network, is_over = self._world.network, self._world.is_over
        plan, faults = network.plan, network.striking(member.index)
        lost = (0, 0) if is_over else (plan.lost_before_ppm, plan.lost_after_ppm)
        return disturbed(member.host_uids[0], faults, *lost)

    def _put_forward(self, side: arrangements.Side, by: int, cause: str) -> None:
        self._strikes(arrangements.AdvanceClock(side, by), {}, cause)

    def _strikes(
        self, what: arrangements.Arrangement, tags: Mapping[str, Json], cause: str
    ) -> None:
        told = {**tags, "cause": cause} if cause else tags
        self._world.env.process(self._arranges(NEMESIS, what, told))


_PROBE = {"pairproof": "after-pairing"}


class EdgeCourse(RealCourse):
    """Clusters stand at their places before time begins: installing one takes as long as it
    takes, and would make its operator late.
    """

    disturbs = EdgeDisturbing

    def make_ready(self) -> list[str]:
        """Install every cluster; not on the loop's own thread. Returns which could not be."""
        local, problems = self._world.hosts, []
        assert isinstance(local, LocalUis)
        self._ready = dict[int, FleetSlot]()
        self._matched = set[tuple[int, int, str]]()
        for index in self._members:
            slot = FleetSlot(self._scenario.seed, self._roster.member(index))
            try:
                self._match(local, slot, local.install(slot))
            except CannotArrange as error:
                problems.append(f"{slot.slot}: {error.how}")
            else:
                self._ready[index] = slot
        return problems

    def _match(self, local: LocalUis, slot: FleetSlot, cluster: Cluster) -> None:
        """What runs there may be the target's own choice: then profiles have to match that.

        Raises:
            CannotArrange: they cannot be had.
        """
        member, profiles = slot.member, cluster.stack
        if profiles == member.stack.local:
            return
        stack = found_stack(profiles)
        slot.member = replace(member, stack=stack)
        project = (member.tenant, member.project)
        if (*project, stack.name) not in self._matched:
            self._matched.add((*project, stack.name))
            for profile in shelf(self._scenario, *project).profiles_for(stack):
                local.arranged(arrangements.PutProfile(profile))

    @property
    def is_ready(self) -> bool:
        """Whether there is any place at which somebody can begin."""
        return bool(self._ready)

    def _install(self, member: Member) -> FleetSlot | None:
        slot = self._ready.pop(member.index, None)
        if slot is not None:
            assert isinstance(self.disturbing, EdgeDisturbing)
            self.disturbing.loses(slot)
        return slot

    def _final_views(self, index: int) -> Step[None]:
        """At its Local UI. Where it is paired, that has to refuse a local operation (INV-10)."""
        slot = self._slots[index]
        shown = yield from self._operators.asks(slot, ops.ViewPairing())
        yield from self._operators.asks(slot, ops.ViewManagement())
        view = shown.value if isinstance(shown, ops.Done) else None
        if isinstance(view, ops.PairingView) and view.status == LocalState.PAIRED.value:
            yield from self._operators.asks(slot, ops.PatchCluster(_PROBE))
            yield from self._admins.reads_back(slot, view.pairing_uid)
