"""The course of a cell in real time: who arrives when, and when all has been seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import simpy

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.pairing import LocalState
from harness.fleet.cell import Course
from harness.fleet.clock import Step
from harness.fleet.disturbing import Disturbing, disturbed
from harness.fleet.nemesis import Transition
from harness.fleet.operators import ENDPOINT
from harness.fleet.realtime.edge import LocalUis
from harness.fleet.realtime.pace import Rate
from harness.fleet.realtime.world import RealWorld
from harness.fleet.roster import FleetSlot, Member, Roster
from harness.fleet.scenario import SECOND, FaultPlan
from harness.fleet.stacks import found_stack
from harness.fleet.timelines import AS_IT_IS, shelf
from harness.history.predicates import starved_s
from harness.targets.port import CannotArrange

_PATIENCE = 5
"""So many times what settles is waited for at most, where things go on moving."""
_LOOKS_A_SECOND = 200
"""At the end, each cell looks at so many Local UIs and requests a second."""
_PROBE = {"pairproof": "after-pairing"}


class RealCourse(Course):
    """See `harness.fleet.cell.Course`. Without a `rate` operators begin as it is drawn."""

    def __init__(
        self,
        world: RealWorld,
        number: int,
        rate: Rate | None = None,
        endpoint: str = ENDPOINT,
        speed_milli: int = AS_IT_IS,
    ) -> None:
        super().__init__(world, number, endpoint, speed_milli)
        self._rate = rate
        self._real = world.recorder

    def arrivals(self, members: Sequence[int]) -> list[tuple[int, int]]:
        if self._rate is None:
            return super().arrivals(members)
        mine = set(members)
        everybody = super().arrivals(Roster(self._scenario).indices())
        starts = zip(self._rate.starts(), everybody, strict=False)
        return [(at, index) for at, (_, index) in starts if index in mine]

    def settles(self) -> Step[None]:
        limits, ends = self._scenario.limits, self._scenario.duration
        settle = limits.settle + min(limits.settle, SECOND)
        now, late_within = self._world.clock.now, self._real.late_within

        def left() -> int:
            """Until everybody looks. A starved harness gives it more time, within bounds."""
            patience = _PATIENCE * settle
            latest = ends + patience + min(patience, late_within(now()))
            moved = max(ends, self._real.moved_at)
            if starved_s(late_within(limits.settle), {"within_s": limits.settle / SECOND}):
                moved = now()
            return min(moved + settle, latest) - now()

        while (pause := left()) > 0:
            yield self._env.timeout(pause)

    def views_within(self) -> int:
        return SECOND * len(self._members) // _LOOKS_A_SECOND

    def lasts(self, looks: Sequence[simpy.Process]) -> Step[None]:
        yield from looks


class EdgeDisturbing(Disturbing):
    """Messages of the target's own hosts are also lost as the scenario has it of its network."""

    def loses(self, slot: FleetSlot) -> None:
        """From now on they are, until the network heals."""
        plan = self._world.network.plan
        if plan.lost_before_ppm or plan.lost_after_ppm:
            self._strikes(self._disturbed(slot.member, ()), slot.tags, "")
            self._world.env.process(self._heals(slot))

    def _heals(self, slot: FleetSlot) -> Step[None]:
        world = self._world
        yield world.env.timeout(max(0, world.scenario.duration - world.clock.now()))
        self._strikes(self._disturbed(slot.member, ()), slot.tags, "")

    def _turn_messages(self, member: Member, transition: Transition) -> None:
        if member.index in self._slots:
            super()._turn_messages(member, transition)

    def _disturbed(
        self, member: Member, faults: Sequence[FaultPlan]
    ) -> arrangements.DisturbMessages:
        """What is now to happen to the messages of a cluster, by the network and all faults."""
        network, is_over = self._world.network, self._world.is_over
        lost = (network.plan.lost_before_ppm, network.plan.lost_after_ppm)
        every = network.striking(member.index)
        return disturbed(member.host_uids[0], every, *((0, 0) if is_over else lost))


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
