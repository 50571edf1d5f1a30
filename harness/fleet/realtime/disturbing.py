"""What is done to the world in real time: what changes for all, and faults of the central side.

What strikes hosts and their messages is done as in virtual time. The rest is arranged on the
target, which takes a moment, and may fail.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.domain.arrangements import AdvanceClock, Arrangement, Restart, Side
from harness.domain.operations import Credentials, Reply, SetTokenState
from harness.fleet.disturbing import NEMESIS, Disturbing
from harness.fleet.draws import Stream
from harness.fleet.nemesis import Transition
from harness.fleet.place import Place
from harness.fleet.projects import token_owner
from harness.fleet.realtime.palette import Palette
from harness.fleet.realtime.world import RealWorld
from harness.fleet.scenario import FaultKind
from harness.fleet.timelines import Change
from harness.fleet.world import Step
from harness.history.operation import Json


class RealDisturbing(Disturbing):
    """See `harness.fleet.disturbing.Disturbing`."""

    def __init__(self, world: RealWorld, places: Mapping[int, Place]) -> None:
        super().__init__(world, places)
        self._palette: Palette = world.palette

    def change(self, tenant: int, change: Change, cause: str = "") -> None:
        """Something changes for everybody: it begins now, and is done a moment later."""
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
        reply: Reply = yield self._palette.arrange(what)  # type: ignore[misc, assignment]
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
        reply: Reply = yield self._palette.arrange(Restart(Side.CENTRAL))  # type: ignore[misc, assignment]
        self._palette.is_up = True
        self._world.recorder.end(record, reply, self._world.clock.now())

    def _put_forward(self, side: Side, by: int, cause: str) -> None:
        if side is Side.EDGE:
            super()._put_forward(side, by, cause)
            return
        tags = {"cause": cause} if cause else {}
        self._world.env.process(self._arranges(NEMESIS, AdvanceClock(side, by), tags))
