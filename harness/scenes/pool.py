"""The places for clusters that a target has. Pairing is for good: an accept consumes a cluster."""

from __future__ import annotations

from collections.abc import Collection

from harness.catalogue.needs import consuming_scenarios
from harness.domain.arrangements import Slot
from harness.scenes.stage import Inconclusive


class SlotPool:
    """The places for clusters that a target has; a scenario leases and returns them.

    Where clusters are given (`Slot.given`), one that was consumed has to be renewed before it is
    leased again, and one that cannot be renewed is spent.
    """

    def __init__(self, slots: tuple[Slot, ...]) -> None:
        self._free = list(slots)
        self._stale: set[str] = set()
        self._spent: list[Slot] = []
        self.consumed = 0
        """How many clusters were consumed so far."""

    def lease(self, hosts: int, *, consumes: bool = True, without: Collection[str] = ()) -> Slot:
        """A free slot with at least so many hosts, and none of `without`.

        `consumes` says that the cluster is not as it was afterwards.

        Raises:
            Inconclusive: there is none; says what it would take.
        """
        large = [slot for slot in self._free if len(slot.host_uids) >= hosts]
        fitting = [slot for slot in large if slot.disposable or not slot.given or not consumes]
        left = [slot for slot in fitting if slot.uid not in without]
        if not left:
            raise Inconclusive(self._why_none(hosts, large, fitting))
        # The first of the best: where nothing is given, that is the one that came back last.
        slot = min(left, key=lambda slot: self._rank(slot, consumes))
        self._free.remove(slot)
        return slot

    def _rank(self, slot: Slot, consumes: bool) -> tuple[bool, bool, int]:
        if not slot.given:
            return (False, False, 0)
        spared = slot.disposable and not consumes
        return (slot.uid in self._stale, spared, len(slot.host_uids))

    def _why_none(self, hosts: int, large: list[Slot], fitting: list[Slot]) -> str:
        if any(len(slot.host_uids) >= hosts for slot in self._spent):
            return (
                f"the pool of disposable clusters is exhausted ({len(self._spent)} consumed;"
                f" scenarios that need one: {consuming_scenarios()}): give it more, or say how"
                " one is put back (reset)"
            )
        if large and not fitting:
            return (
                "this scenario may pair a cluster for good, and none may be: add disposable = true"
                " or reset to an entry of [[edge.clusters]]"
            )
        return (
            f"the target has no free place for a cluster of {hosts} hosts;"
            " give it more clusters (--clusters, or more entries in the target file)"
        )

    def is_stale(self, slot: Slot) -> bool:
        """Whether its cluster has to be renewed first."""
        return slot.uid in self._stale

    def renewed(self, slot: Slot) -> None:
        """Its cluster is fresh again."""
        self._stale.discard(slot.uid)

    def give_back(self, slot: Slot, *, consumed: bool = False) -> None:
        """A slot that can be leased again, or is spent."""
        if consumed and slot.given:
            self.consumed += 1
            self._stale.add(slot.uid)
        if slot.uid in self._stale and not slot.renewable:
            self._spent.append(slot)
        else:
            self._free.insert(0, slot)
