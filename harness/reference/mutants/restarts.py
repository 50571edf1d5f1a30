"""Planted defects: what a restart of the central side undoes (ACC-6, ACC-14, ACC-20, WDR-3)."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from harness.domain.pairing import RequestState
from harness.reference.core.records import CentralCluster, PairingRequest
from harness.reference.mutants.central_bases import Wakes
from harness.reference.planting import mutant


class WakesPending(Wakes):
    """Takes requests in one state for pending ones when it is started."""

    was: ClassVar[RequestState]

    def wake(self) -> None:
        for request in list(self.store.every(PairingRequest)):
            if request.state is self.was:
                self.store.put(replace(request, state=RequestState.PENDING))


@mutant("ACC-14")
class PairedIsPendingAfterARestart(WakesPending):
    """The request of a paired cluster is pending again when Palette has restarted."""

    was = RequestState.PAIRED


@mutant("WDR-3")
class WithdrawnIsPendingAfterARestart(WakesPending):
    """A request that its host has withdrawn is pending again when Palette has restarted."""

    was = RequestState.WITHDRAWN


@mutant("ACC-6")
class ConfirmedValuesAreLostInARestart(Wakes):
    """When Palette has restarted, a cluster bears again what its request brought along."""

    def wake(self) -> None:
        for cluster in list(self.store.every(CentralCluster)):
            request = self.store.get(PairingRequest, cluster.pairing_uid)
            if request is not None:
                own = request.cluster
                self.store.put(
                    replace(cluster, name=own.name, description=own.description, tags=own.tags)
                )
