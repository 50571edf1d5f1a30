"""Faults of edge hosts that are the target's own: arranged there, as far as it has a way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from harness.domain.arrangements import (
    AdvanceClock,
    DisturbMessages,
    SetLink,
    SetNodeHealth,
    Side,
)
from harness.domain.cluster import Health
from harness.fleet.disturbing import NEMESIS
from harness.fleet.draws import PPM
from harness.fleet.nemesis import Transition
from harness.fleet.place import Place
from harness.fleet.realtime.disturbing import RealDisturbing
from harness.fleet.realtime.local_ui import LocalUis
from harness.fleet.roster import Member
from harness.fleet.scenario import FaultKind
from harness.fleet.world import Step
from harness.history.operation import Json


class EdgeDisturbing(RealDisturbing):
    """What strikes hosts and their messages takes a moment, and may fail, as all else does."""

    def _set_links(self, place: Place, transition: Transition) -> None:
        up, cause = not transition.begins, transition.occurrence.cause
        for uid in transition.host_uids:
            position = place.member.host_uids.index(uid)
            if (position in place.down) is up:
                place.down = place.down - {position} if up else place.down | {position}
                self._strikes(SetLink(uid, up), place.tags, cause)

    def _set_health(self, place: Place, transition: Transition) -> None:
        """Every node of the cluster turns so: the scenario knows but one host of it."""
        health = Health.UNHEALTHY if transition.begins else Health.HEALTHY
        installed = cast("LocalUis", self._world.hosts).cluster(place)
        for node in installed.nodes():
            if node.host_uid in transition.host_uids:
                change = SetNodeHealth(place.slot, node.name, health)
                self._strikes(change, place.tags, transition.occurrence.cause)

    def _turn_messages(self, member: Member, transition: Transition) -> None:
        if member.index not in self._places:
            return
        network, fault = self._world.network, self._world.scenario.faults
        plan, uid = fault[transition.occurrence.plan], member.host_uids[0]
        if transition.begins:
            network.strike(member.index, plan)
        else:
            network.relent(member.index, plan)
        tags = {"host": uid, "project": member.project_uid}
        self._strikes(self._disturbed(member), tags, transition.occurrence.cause)

    def loses(self, place: Place) -> None:
        """From now on messages are lost as the scenario has it of its network, until it heals."""
        plan = self._world.network.plan
        if plan.lost_before_ppm or plan.lost_after_ppm:
            self._strikes(self._disturbed(place.member), place.tags, "")
            self._world.env.process(self._heals(place))

    def _heals(self, place: Place) -> Step[None]:
        world = self._world
        yield world.env.timeout(max(0, world.scenario.duration - world.clock.now()))
        self._strikes(self._disturbed(place.member), place.tags, "")

    def _disturbed(self, member: Member) -> DisturbMessages:
        """What is now to happen to the messages of a cluster, by the network and all faults."""
        plan, slowed = self._world.network.plan, 1
        is_over = self._world.is_over
        before, after = (0, 0) if is_over else (plan.lost_before_ppm, plan.lost_after_ppm)
        for fault in self._world.network.striking(member.index):
            before += fault.lost_before_ppm
            after += fault.lost_after_ppm
            slowed *= fault.factor if fault.kind is FaultKind.SLOW else 1
        return DisturbMessages(member.host_uids[0], min(before, PPM), min(after, PPM), slowed)

    def _put_forward(self, side: Side, by: int, cause: str) -> None:
        self._strikes(AdvanceClock(side, by), {}, cause)

    def _strikes(
        self,
        what: SetLink | SetNodeHealth | DisturbMessages | AdvanceClock,
        tags: Mapping[str, Json],
        cause: str,
    ) -> None:
        told = {**tags, "cause": cause} if cause else tags
        self._world.env.process(self._arranges(NEMESIS, what, told))
