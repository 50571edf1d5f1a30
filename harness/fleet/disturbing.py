"""What is done to the world of a cell: faults as they strike and end, and what changes for all.

Each is written down as it happens, with its cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.domain import arrangements
from harness.domain.cluster import Health
from harness.domain.operations import Acknowledged, Credentials, Done, SetTokenState
from harness.fleet.clock import Step
from harness.fleet.draws import PPM
from harness.fleet.hosts import PlayedHosts
from harness.fleet.nemesis import Transition, transitions
from harness.fleet.plane import Plane
from harness.fleet.projects import token_owner
from harness.fleet.roster import FleetSlot, Member
from harness.fleet.scenario import ANY_ANSWER, FaultKind, FaultPlan
from harness.fleet.timelines import Change, TimedChange
from harness.fleet.world import CellWorld, World
from harness.history.operation import OperationRecord
from harness.reference.core.records import SlotState

NEMESIS = "nemesis"


@dataclass(frozen=True, slots=True)
class LagBehind:
    """Lists and polls are answered from copies that are `by` microseconds behind at most."""

    by: int


def disturbed(
    host_uid: str, faults: Sequence[FaultPlan], lost_before: int = 0, lost_after: int = 0
) -> arrangements.DisturbMessages:
    """What happens to the messages of a host's cluster under all of these, and what besides is
    lost of them in any case. Of errors of several kinds any may come.
    """
    slowed, answered, answers = 1, 0, set[str]()
    for fault in faults:
        lost_before += fault.lost_before_ppm
        lost_after += fault.lost_after_ppm
        slowed *= fault.factor if fault.kind is FaultKind.SLOW else 1
        if fault.answered_ppm:
            answered += fault.answered_ppm
            answers.add(fault.answer)
    answer = answers.pop() if len(answers) == 1 else ANY_ANSWER
    return arrangements.DisturbMessages(
        host_uid,
        min(lost_before, PPM),
        min(lost_after, PPM),
        slowed,
        min(answered, PPM),
        None if answer == ANY_ANSWER else arrangements.MessageFault(answer),
        any(fault.kind is FaultKind.HALF_OPEN for fault in faults),
    )


class Disturbing:
    """The nemesis of one cell, and its timelines."""

    def __init__(self, world: World, slots: Mapping[int, FleetSlot]) -> None:
        self._world = world
        self._slots = slots
        self._outage: OperationRecord | None = None
        self._lagging: OperationRecord | None = None
        self._reboots: dict[str, OperationRecord] = {}

    @property
    def _plane(self) -> Plane:
        """The central plane, of a cell that has one of its own."""
        assert isinstance(self._world, CellWorld)
        return self._world.plane

    @property
    def _hosts(self) -> PlayedHosts:
        """The edge hosts, where the harness plays them."""
        assert isinstance(self._world.hosts, PlayedHosts)
        return self._world.hosts

    # --- timelines --------------------------------------------------------------------

    def change(self, tenant: int, change: Change, cause: str = "") -> None:
        """Something changes for everybody, at this moment."""
        world = self._world
        if not isinstance(change, SetTokenState):
            self._plane.arrange(tenant, change)
            world.arranged("harness", change, cause=cause)
            return
        owner = token_owner(world.scenario.seed, tenant)
        tags = {"user": owner.email, "cause": cause}
        now, recorder = world.clock.now(), world.recorder
        record = recorder.invoke(f"admin:{owner.email}", change, now, tags)
        side = self._plane.side(tenant)
        recorder.end(record, side.perform(change, Credentials(api_key=owner.api_key)), now)

    def changing(self, tenant: int, changes: Iterator[TimedChange]) -> Step[None]:
        """What changes in a project, in the order of time."""
        for at, cause, change in changes:
            pause = at - self._world.clock.now()
            if pause > 0:
                yield self._world.env.timeout(pause)
            if not cause or self._world.happenings.allows(cause):
                self.change(tenant, change, cause)

    # --- faults -----------------------------------------------------------------------

    def striking(self, members: Sequence[Member]) -> Step[None]:
        """Every fault of the scenario that concerns this cell, as it begins and ends."""
        for transition in transitions(self._world.scenario, members):
            pause = transition.at - self._world.clock.now()
            if pause > 0:
                yield self._world.env.timeout(pause)
            if transition.begins and not self._world.happenings.allows(transition.occurrence.cause):
                continue
            self._turn(transition)

    def _turn(self, transition: Transition) -> None:
        occurrence = transition.occurrence
        member = occurrence.member
        if member is None:
            self._turn_side(transition)
            return
        turn = {
            FaultKind.LINK: self._set_links,
            FaultKind.HEALTH: self._set_health,
            FaultKind.REBOOT: self._reboot,
        }.get(occurrence.kind)
        slot = self._slots.get(member.index)
        if turn is None:
            self._turn_messages(member, transition)
        elif slot is not None:
            turn(slot, transition)

    def _turn_messages(self, member: Member, transition: Transition) -> None:
        """Messages are lost, or slow, from now on or no more."""
        world, cause = self._world, transition.occurrence.cause
        fault, uid = world.scenario.faults[transition.occurrence.plan], member.host_uids[0]
        tags = {"host": uid, "project": member.project_uid}
        if transition.begins:
            world.network.strike(member.index, fault)
            how = disturbed(uid, [fault])
        else:
            world.network.relent(member.index, fault)
            how = arrangements.DisturbMessages(uid)
        world.arranged(NEMESIS, how, tags, cause)

    def _note(self, slot: FleetSlot | None, what: arrangements.Arrangement, cause: str) -> None:
        tags = slot.tags if slot is not None else {}
        self._world.arranged(NEMESIS, what, tags, cause)

    def _set_links(self, slot: FleetSlot, transition: Transition) -> None:
        up = not transition.begins
        for uid in transition.host_uids:
            position = slot.member.host_uids.index(uid)
            if (position in slot.down) is up:
                self._hosts.set_link(slot, position, up=up)
                self._note(slot, arrangements.SetLink(uid, up), transition.occurrence.cause)

    def _set_health(self, slot: FleetSlot, transition: Transition) -> None:
        health = Health.UNHEALTHY if transition.begins else Health.HEALTHY
        store = self._hosts.store
        for uid in transition.host_uids:
            site = store.get(SlotState, slot.slot)
            nodes = site.cluster.nodes() if site is not None and site.cluster is not None else ()
            for node in [node for node in nodes if node.host_uid == uid and node.health != health]:
                self._hosts.set_health(slot, node.name, health)
                change = arrangements.SetNodeHealth(slot.slot, node.name, health)
                self._note(slot, change, transition.occurrence.cause)

    def _reboot(self, slot: FleetSlot, transition: Transition) -> None:
        """The hosts of a cluster are off between the two ends of one `Restart`."""
        world, now = self._world, self._world.clock.now()
        if transition.begins:
            tags = {**slot.tags, "slot": slot.slot, "cause": transition.occurrence.cause}
            restart = arrangements.Restart(arrangements.Side.EDGE)
            self._reboots[slot.slot] = world.recorder.invoke(NEMESIS, restart, now, tags)
            self._hosts.power_off(slot)
        elif (record := self._reboots.pop(slot.slot, None)) is not None:
            self._hosts.power_on(slot)
            world.recorder.end(record, Done(Acknowledged()), now)

    def _turn_side(self, transition: Transition) -> None:
        world, occurrence, now = self._world, transition.occurrence, self._world.clock.now()
        fault = world.scenario.faults[occurrence.plan]
        if occurrence.kind is FaultKind.CLOCK:
            self._put_forward(arrangements.Side(fault.side), occurrence.by, occurrence.cause)
        elif occurrence.kind is FaultKind.STALE:
            self._let_lag(occurrence.by if transition.begins else 0, occurrence.cause)
        elif transition.begins:
            tags = {"cause": occurrence.cause}
            restart = arrangements.Restart(arrangements.Side.CENTRAL)
            self._outage = world.recorder.invoke(NEMESIS, restart, now, tags)
            self._plane.crash()
        elif self._outage is not None:
            self._plane.restart()
            world.recorder.end(self._outage, Done(Acknowledged()), now)
            self._outage = None

    def _let_lag(self, by: int, cause: str) -> None:
        """Copies are so far behind from now on; of several faults the last one counts, until any
        is over.
        """
        world, now = self._world, self._world.clock.now()
        if self._lagging is not None:
            world.recorder.end(self._lagging, Done(Acknowledged()), now)
        self._plane.lag(by)
        self._lagging = (
            world.recorder.invoke(NEMESIS, LagBehind(by), now, {"cause": cause}) if by else None
        )

    def _put_forward(self, side: arrangements.Side, by: int, cause: str) -> None:
        if side is arrangements.Side.CENTRAL:
            self._plane.put_forward(by)
        else:
            self._hosts.clock_shift += by
        self._world.arranged(NEMESIS, arrangements.AdvanceClock(side, by), cause=cause)
