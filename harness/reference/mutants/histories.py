"""Planted defects that show in a whole history (INV-1 to INV-10, ACC-14)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.draws import Draws
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    Acknowledged,
    ConfirmPairing,
    PairingRequestView,
    PollAnswer,
    ViewPairingRequest,
    WithdrawPairing,
)
from harness.domain.pairing import LocalEvent, RequestState
from harness.domain.permission import PairPermission
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.link import LinkReply
from harness.reference.core.records import CentralCluster, PairingRequest, Site, User
from harness.reference.core.store import Store
from harness.reference.planting import mutant


@mutant("INV-1")
class OperatesBeforeTheConfirmation(CentralCore):
    """A central operation takes effect before the host has confirmed the pairing."""

    def require_confirmed(self, cluster: CentralCluster) -> None:
        """Looks at nothing."""


@mutant("INV-2")
class RestartForgetsWhatWaits(CentralCore):
    """A restart of the central side loses the requests that wait for a decision."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        with store.transaction():
            for request in list(store.find(PairingRequest, "any_open", "yes")):
                store.delete(PairingRequest, request.pairing_uid)


@mutant("INV-3")
class AcceptsWhateverIsSelected(CentralCore):
    """An acceptance does not ask whether the selected profiles match."""

    def require_match(self, request: PairingRequest, selection: object) -> None:
        """Looks at nothing."""


@mutant("INV-4")
class CancelIsOnlyAcknowledged(CentralCore):
    """A withdrawal is acknowledged, and the request goes on waiting."""

    def withdraw(self, operation: WithdrawPairing, call: CentralCall) -> Acknowledged:
        self.request_to_withdraw(operation, call.now)
        return Acknowledged("the pairing request was withdrawn")


@mutant("INV-5")
class IdsBeginAgainWithEachStart(CentralCore):
    """Pairing ids are counted from one again after each start."""

    counted = 0

    def new_pairing_uid(self, draws: Draws) -> str:
        self.counted += 1
        return f"{self.counted:024x}"


@mutant("INV-6")
class RejectedRequestIsStillAccepted(CentralCore):
    """A request that was rejected can still be accepted."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None and request.state is RequestState.REJECTED:
            self.store.put(replace(request, state=RequestState.PENDING))
        return super().accept(operation, call)


@mutant("INV-6")
class RepeatedConfirmationIsRefused(CentralCore):
    """A confirmation that comes again, its answer being lost, is refused as too late."""

    def confirm(self, operation: ConfirmPairing, call: CentralCall) -> PollAnswer:
        request = self.own_request(operation, call.now)
        if request.state is RequestState.PAIRED:
            raise self.already_decided(request)
        return super().confirm(operation, call)


@mutant("ACC-14")
class UnconfirmedAcceptanceIsPendingAgain(CentralCore):
    """An acceptance whose host does not confirm in time is taken back, and waits again."""

    def current(self, pairing_uid: str, now: int) -> PairingRequest | None:
        request = self.store.get(PairingRequest, pairing_uid)
        if request is None or not self.handover_is_over(request, now):
            return request
        self.store.delete(CentralCluster, request.cluster_uid)
        again = replace(request, state=RequestState.PENDING, cluster_uid="", accepted_at=0)
        self.store.put(again)
        return again


@mutant("INV-7")
class AnybodyOfTheProjectAccepts(CentralCore):
    """An acceptance needs no permission of its own."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        return permission is PairPermission.UPDATE or super().holds(user, permission, scope)


@mutant("INV-7")
class ClustersAreFoundFromAnyProject(CentralCore):
    """A paired cluster is found by its uid, whichever project is selected."""

    def known_cluster(self, uid: str, call: CentralCall) -> CentralCluster:
        user = self.authenticate(call)
        cluster = self.store.get(CentralCluster, uid)
        if cluster is not None and self.is_member(user, self.scope_of(call)):
            return cluster
        return super().known_cluster(uid, call)


@mutant("INV-8")
class DecidedRequestIsShownAsItWas(CentralCore):
    """A request that was decided is still shown as waiting when it is opened."""

    def view_request(self, operation: ViewPairingRequest, call: CentralCall) -> PairingRequestView:
        return replace(super().view_request(operation, call), state=RequestState.PENDING.value)


@mutant("INV-9")
class HostNeverHearsOfARejection(EdgeCore):
    """The host takes no notice of a rejection, and shows the request as pending for ever."""

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        event = super().event_of(reply)
        return None if event is LocalEvent.LEARNED_REJECTED else event


@mutant("INV-10")
class PairedClusterIsStillChangedLocally(EdgeCore):
    """Local operations still take effect once the cluster is paired."""

    def require_local(self, site: Site) -> None:
        """Looks at nothing."""
