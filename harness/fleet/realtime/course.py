"""The course of a cell in real time: who arrives when, and when all has been seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import simpy

from harness.domain.arrangements import AdvanceClock, Arrangement, Restart, Side
from harness.domain.operations import Credentials, Reply, SetTokenState
from harness.fleet.cell import Course
from harness.fleet.clock import Step
from harness.fleet.disturbing import NEMESIS, Disturbing
from harness.fleet.draws import Stream
from harness.fleet.nemesis import Transition
from harness.fleet.operators import ENDPOINT
from harness.fleet.projects import token_owner
from harness.fleet.realtime.pace import Rate
from harness.fleet.realtime.world import Palette, RealWorld
from harness.fleet.roster import FleetSlot, Roster
from harness.fleet.scenario import SECOND, FaultKind
from harness.fleet.timelines import AS_IT_IS, Change
from harness.fleet.world import World
from harness.history.operation import Json
from harness.history.predicates import starved_s

_PATIENCE = 5
"""So many times what settles is waited for at most, where things go on moving."""
_LOOKS_A_SECOND = 200
"""At the end, each cell looks at so many Local UIs and requests a second."""


class RealDisturbing(Disturbing):
    """See `harness.fleet.disturbing.Disturbing`."""

    def __init__(self, world: RealWorld, slots: Mapping[int, FleetSlot]) -> None:
        super().__init__(world, slots)
        self._palette: Palette = world.palette

    def change(self, tenant: int, change: Change, cause: str = "") -> None:
        if isinstance(change, SetTokenState):
            steps = self._revokes(tenant, change, cause)
        else:
            steps = self._arranges("harness", change, {"cause": cause} if cause else {})
        self._world.env.process(steps)

    def _revokes(self, tenant: int, change: SetTokenState, cause: str) -> Step[None]:
        world, owner = self._world, token_owner(self._world.scenario.seed, tenant)
        tags = {"user": owner.email, "cause": cause}
        record = world.recorder.invoke(f"admin:{owner.email}", change, world.clock.now(), tags)
        stream = Stream(world.scenario.seed, f"owner:{tenant}")
        reply: Reply = yield world.asked(  # type: ignore[assignment]
            change, Credentials(api_key=owner.api_key), stream, tenant, record
        )
        world.recorder.end(record, reply, world.clock.now())

    def _arranges(self, actor: str, what: Arrangement, tags: Mapping[str, Json]) -> Step[None]:
        world = self._world
        record = world.recorder.invoke(actor, what, world.clock.now(), tags)
        reply: Reply = yield self._palette.arrange(what)  # type: ignore[assignment]
        world.recorder.end(record, reply, world.clock.now())

    # --- faults of the central side -------------------------------------------------------

    def _turn_side(self, transition: Transition) -> None:
        occurrence = transition.occurrence
        if occurrence.kind is FaultKind.CLOCK:
            side = Side(self._world.scenario.faults[occurrence.plan].side)
            self._put_forward(side, occurrence.by, occurrence.cause)
        elif transition.begins:
            self._begin_outage(occurrence.cause)
        elif self._outage is not None:
            self._world.env.process(self._ends_outage())

    def _begin_outage(self, cause: str) -> None:
        """From now on nothing gets there; what is on its way is still answered."""
        world = self._world
        restart, tags = Restart(Side.CENTRAL), {"cause": cause}
        self._outage = world.recorder.invoke(NEMESIS, restart, world.clock.now(), tags)
        self._palette.is_up = False

    def _ends_outage(self) -> Step[None]:
        """It is restarted, and can be reached again."""
        record, self._outage = self._outage, None
        assert record is not None
        reply: Reply = yield self._palette.arrange(Restart(Side.CENTRAL))  # type: ignore[assignment]
        self._palette.is_up = True
        self._world.recorder.end(record, reply, self._world.clock.now())

    def _put_forward(self, side: Side, by: int, cause: str) -> None:
        if side is Side.EDGE:
            super()._put_forward(side, by, cause)
            return
        tags = {"cause": cause} if cause else {}
        self._world.env.process(self._arranges(NEMESIS, AdvanceClock(side, by), tags))


class RealCourse(Course):
    """See `harness.fleet.cell.Course`. Without a `rate` operators begin as it is drawn."""

    disturbs: type[RealDisturbing] = RealDisturbing
    """What disturbs the world."""

    def __init__(
        self,
        world: RealWorld,
        number: int,
        rate: Rate | None = None,
        endpoint: str = ENDPOINT,
        speed_milli: int = AS_IT_IS,
    ) -> None:
        def disturbing(_: World, slots: Mapping[int, FleetSlot]) -> RealDisturbing:
            return self.disturbs(world, slots)

        super().__init__(world, number, disturbing, endpoint, speed_milli)
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
