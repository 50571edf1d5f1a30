"""The course of a cell in real time: who arrives when, and when all has been seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import simpy

from harness.fleet.course import Course
from harness.fleet.operators import ENDPOINT
from harness.fleet.place import Place
from harness.fleet.realtime.disturbing import RealDisturbing
from harness.fleet.realtime.pace import Rate
from harness.fleet.realtime.world import RealWorld
from harness.fleet.roster import Roster
from harness.fleet.scenario import SECOND
from harness.fleet.timelines import AS_IT_IS
from harness.fleet.world import Step, World

_PATIENCE = 5
"""So many times what settles is waited for at most, where things go on moving."""
_LOOKS_A_SECOND = 200
"""At the end, each cell looks at so many Local UIs and requests a second."""


class RealCourse(Course):
    """See `harness.fleet.course.Course`. Without a `rate` operators begin as it is drawn."""

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
        def disturbing(_: World, places: Mapping[int, Place]) -> RealDisturbing:
            return self.disturbs(world, places)

        super().__init__(world, number, disturbing, endpoint, speed_milli)
        self._rate = rate
        self._real = world.real_recorder

    def arrivals(self, members: Sequence[int]) -> list[tuple[int, int]]:
        """At a rate, who comes first is still as it was drawn; all cells together keep it."""
        if self._rate is None:
            return super().arrivals(members)
        mine = set(members)
        everybody = super().arrivals(Roster(self._scenario).indices())
        return [
            (at, index)
            for at, (_, index) in zip(self._rate.starts(), everybody, strict=False)
            if index in mine
        ]

    def settles(self) -> Step[None]:
        """As long as anything still moves, nothing has settled: people work off what waits."""
        limits, ends = self._scenario.limits, self._scenario.duration
        settle = limits.settle + min(limits.settle, SECOND)
        latest = ends + _PATIENCE * settle
        while (pause := min(max(ends, self._real.moved_at) + settle, latest) - self._clock()) > 0:
            yield self._env.timeout(pause)

    def _clock(self) -> int:
        return self._world.clock.now()

    def looks_within(self) -> int:
        """As fast as a target can well bear it."""
        return SECOND * len(self._members) // _LOOKS_A_SECOND

    def lasts(self, looks: Sequence[simpy.Process]) -> Step[None]:
        """Until the last of the looks is answered."""
        yield from looks
