"""How a schedule ends: everything heals, the agents follow up until nothing changes, and both
sides are looked at and tried.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace

from harness.domain.arrangements import SetLink
from harness.domain.operations import (
    CentralOperation,
    ChangeCentralCluster,
    ListPairingRequests,
    PatchCluster,
    ViewCentralCluster,
    ViewManagement,
    ViewPairing,
    ViewPairingRequest,
)
from harness.explore.interleaving_events import Events
from harness.explore.interleaving_sides import HOST
from harness.explore.interleaving_world import Stage, World
from harness.reference.core.records import PairingRequest

ROUNDS_MAX = 8
"""More rounds of the agents than anything takes that settles at all."""

SETTLING = 60_000_000
"""How long everything has to settle, in microseconds."""

READER, USER = "reader", "user"


class Settling:
    """Settles the worlds of one stage; equal worlds settle alike, so each only once."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._known: dict[Hashable, Events] = {}

    def after(self, world: World, print_of_world: Hashable) -> Events:
        """What happens from a world on that is left alone. Its order is the history's end."""
        found = self._known.get(print_of_world)
        if found is None:
            found = self._known[print_of_world] = self._settled(replace(world, events=())).events
        return found

    def _settled(self, world: World) -> World:
        if not world.up:
            healed = self.stage.noted(world, "healed", SetLink(HOST, up=True))
            world = replace(healed, up=True)
        world = self._followed(world, "settling")
        world = self.stage.passed(world, "time to settle", SETTLING)
        world = self._followed(world, "settled")
        return self._looked_at(world)

    def _followed(self, world: World, label: str) -> World:
        for index in range(ROUNDS_MAX):
            before = self._stores(world)
            world = self.stage.followed(world, f"{label}-{index}")
            if self._stores(world) == before:
                return world
        return world

    def _stores(self, world: World) -> Hashable:
        store = self.stage.prints.store
        return (store(world.edge.store), store(world.central.store))

    def _looked_at(self, world: World) -> World:
        stage = self.stage
        for index, look in enumerate((ViewPairing(), ViewManagement())):
            world = stage.started(world, 0, f"look-{index}", READER, look)
        for index, operation in enumerate(list(_central_looks(world))):
            world = stage.administered(world, f"look-{index + 2}", READER, operation)
        world = stage.started(world, 0, "try", USER, PatchCluster({"tried": "locally"}))
        return stage.started(world, 0, "look-last", READER, ViewManagement())


def _central_looks(world: World) -> Iterator[CentralOperation]:
    yield ListPairingRequests()
    for request in world.central.store.every(PairingRequest):
        yield ViewPairingRequest(request.pairing_uid)
        if request.cluster_uid:
            yield ViewCentralCluster(request.cluster_uid)
            yield ChangeCentralCluster(request.cluster_uid, {"tried": "centrally"})
