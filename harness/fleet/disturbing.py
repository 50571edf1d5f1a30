"""What is done to the world of a cell: faults as they strike and end, and what changes for all.

Each is written down as it happens, with its cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import simpy

from harness.domain import arrangements
from harness.domain.cluster import Health
from harness.domain.operations import Credentials, SetTokenState
from harness.fleet.clock import HAPPENED, Ended, Step, when
from harness.fleet.draws import PPM
from harness.fleet.hosts import PlayedHosts
from harness.fleet.nemesis import Transition, transitions
from harness.fleet.plane import Plane
from harness.fleet.projects import token_owner
from harness.fleet.roster import FleetSlot, Member
from harness.fleet.scenario import ANY_ANSWER, FaultKind, FaultPlan
from harness.fleet.timelines import Change, TimedChange
from harness.fleet.world import World
from harness.history.operation import Json, OperationRecord

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
    """The nemesis of one cell, and its timelines. What it does is done at once, or ends when the
    target has it.
    """

    def __init__(self, world: World, slots: Mapping[int, FleetSlot]) -> None:
        self._world = world
        self._slots = slots
        self._outage: OperationRecord | None = None
        self._lagging: OperationRecord | None = None
        self._reboots: dict[str, OperationRecord] = {}

    # --- timelines --------------------------------------------------------------------

    def change(self, tenant: int, change: Change, cause: str = "") -> None:
        """Something changes for everybody, at this moment."""
        world = self._world
        if not isinstance(change, SetTokenState):
            arrange = partial(world.central.arrange, tenant, change)
            self._arranges("harness", change, arrange, {}, cause)
            return
        owner = token_owner(world.scenario.seed, tenant)
        tags: dict[str, Json] = {"user": owner.email, "cause": cause}
        record = self._begins(f"admin:{owner.email}", change, tags)
        credentials = Credentials(api_key=owner.api_key)
        self._ends(record, world.revoked(change, credentials, tenant, record))

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
        network, occurrence = self._world.network, transition.occurrence
        fault, uid = self._world.scenario.faults[occurrence.plan], member.host_uids[0]
        (network.strike if transition.begins else network.relent)(member.index, fault)
        how = self._disturbed(member, [fault] if transition.begins else [])
        tags: dict[str, Json] = {"host": uid, "project": member.project_uid}
        self._strikes(how, tags, occurrence.cause)

    def _disturbed(
        self, member: Member, faults: Sequence[FaultPlan]
    ) -> arrangements.DisturbMessages:
        """What happens to messages, by the fault that begins; nothing by one that ends."""
        return disturbed(member.host_uids[0], faults)

    def _set_links(self, slot: FleetSlot, transition: Transition) -> None:
        up, cause = not transition.begins, transition.occurrence.cause
        for uid in transition.host_uids:
            if (slot.member.host_uids.index(uid) in slot.down) is up:
                self._strikes(arrangements.SetLink(uid, up), slot.tags, cause, slot)

    def _set_health(self, slot: FleetSlot, transition: Transition) -> None:
        health = Health.UNHEALTHY if transition.begins else Health.HEALTHY
        for uid in transition.host_uids:
            for node in self._world.hosts.nodes(slot):
                if node.host_uid == uid and node.health != health:
                    change = arrangements.SetNodeHealth(slot.slot, node.name, health)
                    self._strikes(change, slot.tags, transition.occurrence.cause, slot)

    def _reboot(self, slot: FleetSlot, transition: Transition) -> None:
        """The hosts of a cluster are off between the two ends of one `Restart`."""
        hosts = self._world.hosts
        assert isinstance(hosts, PlayedHosts)  # nothing reboots a target's own
        if transition.begins:
            tags = {**slot.tags, "slot": slot.slot, "cause": transition.occurrence.cause}
            restart = arrangements.Restart(arrangements.Side.EDGE)
            self._reboots[slot.slot] = self._begins(NEMESIS, restart, tags)
            hosts.power_off(slot)
        elif (record := self._reboots.pop(slot.slot, None)) is not None:
            hosts.power_on(slot)
            self._ends(record, HAPPENED)

    def _turn_side(self, transition: Transition) -> None:
        central, occurrence = self._world.central, transition.occurrence
        cause = occurrence.cause
        if occurrence.kind is FaultKind.CLOCK:
            side = arrangements.Side(self._world.scenario.faults[occurrence.plan].side)
            forward = arrangements.AdvanceClock(side, occurrence.by)
            if side is arrangements.Side.EDGE:
                self._strikes(forward, {}, cause)
            else:
                self._arranges(NEMESIS, forward, partial(central.arrange, 0, forward), {}, cause)
        elif occurrence.kind is FaultKind.STALE:
            self._let_lag(occurrence.by if transition.begins else 0, cause)
        elif transition.begins:
            restart = arrangements.Restart(arrangements.Side.CENTRAL)
            self._outage = self._begins(NEMESIS, restart, {"cause": cause})
            central.crash()
        elif self._outage is not None:
            record, self._outage = self._outage, None
            self._ends(record, central.restart())

    def _let_lag(self, by: int, cause: str) -> None:
        """Copies are so far behind from now on; of several faults the last one counts, until any
        is over.
        """
        assert isinstance(self._world.central, Plane)  # nothing lets a target's own lag
        if self._lagging is not None:
            self._ends(self._lagging, HAPPENED)
        self._world.central.lag(by)
        self._lagging = self._begins(NEMESIS, LagBehind(by), {"cause": cause}) if by else None

    # --- how it is written down -------------------------------------------------------

    def _strikes(
        self,
        what: arrangements.Arrangement,
        tags: Mapping[str, Json],
        cause: str,
        slot: FleetSlot | None = None,
    ) -> None:
        self._arranges(NEMESIS, what, partial(self._world.hosts.strike, what, slot), tags, cause)

    def _arranges(
        self,
        actor: str,
        what: object,
        arrange: Callable[[], Ended],
        tags: Mapping[str, Json],
        cause: str,
    ) -> None:
        record = self._begins(actor, what, {**tags, "cause": cause} if cause else tags)
        self._ends(record, arrange())

    def _begins(self, actor: str, what: object, tags: Mapping[str, Json]) -> OperationRecord:
        return self._world.recorder.invoke(actor, what, self._world.clock.now(), tags)

    def _ends(self, record: OperationRecord, ended: Ended) -> None:
        recorder, clock = self._world.recorder, self._world.clock
        if isinstance(ended, simpy.Event):
            when(ended, lambda reply: recorder.end(record, reply, clock.now()))
        else:
            recorder.end(record, ended, clock.now())
