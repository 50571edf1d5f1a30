"""Planted defects: clusters that are registered centrally (ACC-12, ACC-19, SND-11)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    Acknowledged,
    AgentOperation,
    CentralOperation,
    ChangeCentralCluster,
    ConfirmPairing,
    Credentials,
    Done,
    PairingId,
    PollAnswer,
    RejectPairingRequest,
    ReleaseCentralCluster,
    SubmitPairing,
)
from harness.domain.pairing import RequestEvent, RequestState
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.records import CentralCluster, PairingRequest
from harness.reference.mutants.central_bases import AfterRefusal, Decision, Wakes
from harness.reference.planting import mutant

DAY = 86_400_000_000

# --- managed from now on (ACC-12) ---------------------------------------------------------------


@mutant("ACC-12")
class ChangeOnlySaysSo(CentralCore):
    """A central operation on a paired cluster is acknowledged, and nothing is done."""

    def change_cluster(self, operation: ChangeCentralCluster, call: CentralCall) -> Acknowledged:
        self.require_confirmed(self.known_cluster(operation.cluster_uid, call))
        return Acknowledged("the cluster was changed")


@mutant("ACC-12")
class OnlyTheFirstChangeCounts(CentralCore):
    """The first central operation on a cluster takes effect, and no other."""

    def change_cluster(self, operation: ChangeCentralCluster, call: CentralCall) -> Acknowledged:
        cluster = self.known_cluster(operation.cluster_uid, call)
        request = self.store.get(PairingRequest, cluster.pairing_uid)
        if request is not None and cluster.tags != request.cluster.tags:
            return Acknowledged("the cluster was changed")
        return super().change_cluster(operation, call)


@mutant("ACC-12")
class ChangeReachesEveryCluster(CentralCore):
    """A central operation on one cluster takes effect on every cluster of the project."""

    def change_cluster(self, operation: ChangeCentralCluster, call: CentralCall) -> Acknowledged:
        for cluster in self.clusters_of(self.scope_of(call)):
            self.store.put(replace(cluster, tags=operation.tags))
        return super().change_cluster(operation, call)


@mutant("ACC-12")
class ClustersAreLostInARestart(Wakes):
    """Clusters that were paired are not registered any more when Palette has restarted."""

    def wake(self) -> None:
        for cluster in list(self.store.every(CentralCluster)):
            self.store.delete(CentralCluster, cluster.uid)


@mutant("ACC-12")
class ConfirmationIsLostInARestart(Wakes):
    """A paired cluster waits for its host again when Palette has restarted."""

    def wake(self) -> None:
        for cluster in list(self.store.every(CentralCluster)):
            self.store.put(replace(cluster, confirmed=False))


@mutant("ACC-12")
class RefusedDecisionStopsThePairing(AfterRefusal):
    """A reject of an accepted request is refused, and its host's confirmation is too from then."""

    decision = RejectPairingRequest

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        if request.state is RequestState.HANDING_OVER:
            self.step(request, RequestEvent.EXPIRE)


@mutant("ACC-12")
class RenamedClusterIsNotConfirmed(CentralCore):
    """A host's confirmation does not reach a cluster that was paired under another name."""

    def confirm(self, operation: ConfirmPairing, call: CentralCall) -> PollAnswer:
        answer = super().confirm(operation, call)
        request = self.own_request(operation, call.now)
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is not None and cluster.name != request.cluster.name:
            self.store.put(replace(cluster, confirmed=False))
        return answer


@mutant("ACC-12")
class SecondRequestIsNeverRegistered(CentralCore):
    """A cluster whose earlier request was rejected is accepted, and not registered."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        accepted = super().accept(operation, call)
        request = self.store.get(PairingRequest, operation.pairing_uid)
        before = [
            r
            for r in self.store.every(PairingRequest)
            if request is not None and r.cluster.uid == request.cluster.uid
        ]
        if any(r.state is RequestState.REJECTED for r in before):
            self.store.delete(CentralCluster, accepted.cluster_uid)
        return accepted


@mutant("ACC-12")
class ConfirmationNeedsTheToken(CentralCore):
    """A host's confirmation is refused when its registration token is not usable any more."""

    def confirm(self, operation: ConfirmPairing, call: CentralCall) -> PollAnswer:
        request = self.own_request(operation, call.now)
        token = self.store.get(RegistrationToken, request.token_uid)
        if token is None or token.why_unusable(call.now):
            raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token is not usable any more")
        return super().confirm(operation, call)


# --- for good (ACC-19) --------------------------------------------------------------------------


@mutant("ACC-19")
class ClusterIsGivenBack(CentralCore):
    """A paired cluster is given back to local management when somebody asks for it."""

    def release_cluster(self, operation: ReleaseCentralCluster, call: CentralCall) -> Acknowledged:
        cluster = self.known_cluster(operation.cluster_uid, call)
        self.store.delete(CentralCluster, cluster.uid)
        return Acknowledged("the cluster was given back")


@mutant("ACC-19")
class RefusedReleaseEndsTheManagement(CentralCore):
    """To give a cluster back is refused, and from then on no central operation takes effect."""

    def perform(
        self,
        operation: CentralOperation | AgentOperation,
        credentials: Credentials,
        now: int,
        draws: Draws,
    ) -> Done | Refused:
        reply = super().perform(operation, credentials, now, draws)
        if isinstance(operation, ReleaseCentralCluster):
            cluster = self.store.get(CentralCluster, operation.cluster_uid)
            if cluster is not None:
                with self.store.transaction():
                    self.store.put(replace(cluster, confirmed=False))
        return reply


# --- not before it is accepted (SND-11) ---------------------------------------------------------


@mutant("SND-11")
class RequestRegistersItsCluster(CentralCore):
    """A cluster is registered and managed as soon as its request is admitted."""

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        answer = super().submit(operation, call)
        request = self.store.get(PairingRequest, answer.pairing_uid)
        if request is not None:
            own = operation.cluster
            cluster = CentralCluster(
                own.uid,
                request.project_uid,
                answer.pairing_uid,
                own.name,
                own.description,
                own.tags,
                confirmed=True,
            )
            self.store.put(cluster)
        return answer


@mutant("SND-11")
class OldRequestAcceptsItself(CentralCore):
    """A request that nobody has decided for a day counts as accepted."""

    def change_cluster(self, operation: ChangeCentralCluster, call: CentralCall) -> Acknowledged:
        for request in self.open_requests(call.credentials.project_uid):
            named = operation.cluster_uid in (request.cluster.uid, request.pairing_uid)
            if named and call.now >= request.created + DAY:
                return Acknowledged("the cluster was changed")
        return super().change_cluster(operation, call)
