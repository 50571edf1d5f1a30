"""Brings clusters to their places, and leaves them right where they are used again as they are."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.arrangements import InstallCluster, RenewCluster, Slot
from harness.domain.cluster import Cluster
from harness.scenes.pool import SlotPool
from harness.scenes.shapes import Shape, pools_of
from harness.scenes.stage import Inconclusive, Stage
from harness.scenes.undoing import undoing
from harness.targets.port import CannotArrange


class Installer:
    """Installs the clusters of one scenario.

    Attributes:
        leased: the places that the scenario has leased.
    """

    def __init__(self, stage: Stage, pool: SlotPool, *, consumes: bool) -> None:
        """`consumes` says that the scenario uses clusters up."""
        self.leased: list[Slot] = []
        self._stage = stage
        self._pool = pool
        self._consumes = consumes

    def install(
        self, model: Cluster, shape: Shape, matters: tuple[str, ...], hosts: int
    ) -> tuple[Slot, Cluster]:
        """A place of at least so many hosts with a cluster like this one; where clusters are
        given, each place may be tried.

        Raises:
            CannotArrange: no place has one, and none can be installed.
            Inconclusive: there is no place.
        """
        tried: dict[str, CannotArrange] = {}
        while True:
            slot = self._lease(hosts, tried)
            pools = pools_of(shape, slot.host_uids)
            asked = InstallCluster(slot.uid, replace(model, pools=pools), matters)
            try:
                self._renew(slot)
                came = self._stage.arrange(asked)
            except CannotArrange as error:
                if not slot.given:
                    raise
                self.leased.remove(slot)
                self._pool.give_back(slot)
                tried[slot.uid] = error
                continue
            assert came.cluster is not None
            return slot, came.cluster

    def _lease(self, hosts: int, tried: dict[str, CannotArrange]) -> Slot:
        try:
            slot = self._pool.lease(hosts, consumes=self._consumes, without=tried)
        except Inconclusive:
            if tried:
                raise next(reversed(tried.values())) from None
            raise
        self.leased.append(slot)
        return slot

    def _renew(self, slot: Slot) -> None:
        """Put a cluster back that an earlier scenario has consumed."""
        if self._pool.is_stale(slot):
            self._stage.arrange(RenewCluster(slot.uid))
            self._pool.renewed(slot)

    def put_right(self) -> bool:
        """Undo what was arranged at clusters that are used again as they are.

        Returns whether that was not possible.
        """
        given = {slot.uid for slot in self.leased if slot.given}
        if not given:
            return False
        for arrangement in undoing(self._stage.arranged, given):
            try:
                self._stage.driver.arrange(arrangement)
            except CannotArrange:
                return True
        return False
