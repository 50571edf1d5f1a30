"""Planted defects: managed centrally, and for good (ACC-12, ACC-13, ACC-19, SND-11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.domain import operations as ops
from harness.domain.cluster import ClusterState
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.operations import LocalClusterOperation
from harness.domain.pairing import CENTRALLY_MANAGED, LocalEvent, RequestEvent, RequestState
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import EdgeChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Begun, EdgeCore, Work
from harness.reference.core.link import NotDelivered
from harness.reference.core.records import CentralCluster, LocalRequest, PairingRequest, SlotState
from harness.reference.core.store import Store
from harness.reference.mutants import bases
from harness.reference.planting import mutant


# --- central management --------------------------------------------------------------------------
@mutant("ACC-12")
class RestartForgetsThatItIsInsecure(EdgeCore):
    """After a restart of the edge a request that was sent insecurely is followed securely."""

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(SlotState)):
            if site.request is not None:
                self.store.put(replace(site, request=replace(site.request, insecure=False)))


@mutant("ACC-12")
class HostNeverConfirms(EdgeCore):
    """A host learns that it was accepted, obeys, and never tells Palette so."""

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        yield from ()


@mutant("ACC-12")
class RestartEndsTheFollowing(bases.Remembers):
    """After a restart of the edge no host follows the request that it sent before."""

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        self.keep(self.site_of(call.host_uid).slot)
        return super().begin(operation, call, url)

    def working_slots(self) -> list[str]:
        return [slot for slot in super().working_slots() if slot in self.kept]


@mutant("ACC-12")
class OnlyOneClusterIsFollowed(EdgeCore):
    """Of several clusters with something to do, only one is looked after."""

    def working_slots(self) -> list[str]:
        return super().working_slots()[:1]


@mutant("ACC-12")
class LaterRequestIsNotConfirmed(bases.Remembers):
    """A cluster whose first request came to nothing never confirms a later one."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        self.keep(bases.cluster_uid(self.site_of(request.host_uid)), request.pairing_uid)
        yield from super().follow_pending(slot, request)

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        first = self.kept.get(bases.cluster_uid(self.site_of(request.host_uid)))
        if first == request.pairing_uid:
            yield from super().follow_confirming(slot, request)


# --- local operations are refused ----------------------------------------------------------------
class _LeavesOpen(EdgeCore):
    """Refuses local operations of a paired cluster, with exceptions."""

    def changeable(self, operation: LocalClusterOperation, call: EdgeCall) -> SlotState:
        site = self.site_of(call.host_uid)
        if self.is_open(operation, call, site):
            self.authenticate(call)
            return site
        return super().changeable(operation, call)

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        """Whether an operation is let through."""
        raise NotImplementedError


@mutant("ACC-13")
class NamedPatchIsStillOpen(_LeavesOpen):
    """A paired cluster can still be changed locally by the patch that names it."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        return isinstance(operation, ops.PatchNamedCluster)


@mutant("ACC-13")
class ProfilesAreStillOpen(_LeavesOpen):
    """The profiles of a paired cluster can still be changed locally."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        return isinstance(operation, ops.UpdateStack)


@mutant("ACC-13")
class SettingsAreStillOpen(_LeavesOpen):
    """The settings of a paired cluster can still be changed locally."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        return isinstance(operation, ops.UpdateClusterSettings)


@mutant("ACC-13")
class MachinePoolsStillGrow(_LeavesOpen):
    """A machine pool of a paired cluster can still be scaled locally."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        return isinstance(operation, ops.ScaleMachinePool)


@mutant("ACC-13")
class NodesCanStillBeRemoved(_LeavesOpen):
    """A node of a paired cluster can still be removed locally."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        return isinstance(operation, ops.RemoveNode)


@mutant("ACC-13")
class IllClustersAreMendedLocally(_LeavesOpen):
    """While a node of a paired cluster is ill, whoever is on site may change it."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        return site.cluster is not None and bool(site.cluster.unhealthy_nodes())


@mutant("ACC-13")
class IllPoolsCanStillBeRemoved(_LeavesOpen):
    """A machine pool of a paired cluster can be removed locally while a node of it is ill."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        is_ill = site.cluster is not None and bool(site.cluster.unhealthy_nodes())
        return isinstance(operation, ops.RemoveMachinePool) and is_ill


@mutant("ACC-13")
class NamedPatchIsOpenElsewhere(_LeavesOpen):
    """The patch by name is refused at the host that sent the request, and at no other."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        elsewhere = site.request is not None and site.request.host_uid != call.host_uid
        return isinstance(operation, ops.PatchNamedCluster) and elsewhere


@mutant("ACC-13")
class DeletionIsOpenAfterARestart(_LeavesOpen, bases.Remembers):
    """After a restart of the edge, a paired cluster can be deleted locally."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        self.keep(request.pairing_uid)
        super().learned(site, request, event)

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        paired = bases.is_in(site, *CENTRALLY_MANAGED)
        known = bases.of_request(site.request) in self.kept
        return isinstance(operation, ops.DeleteCluster) and paired and not known


@mutant("ACC-13")
class ExtendedSessionIsAnAdmins(_LeavesOpen, bases.Remembers):
    """An extended session may still change a paired cluster, as an administrator's might."""

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        session = super().log_in(operation, call)
        if operation.extended:
            self.keep(session.token)
        return session

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: SlotState) -> bool:
        return call.credentials.session in self.kept


class _AfterRefusal(EdgeCore):
    """Refuses what a host is asked, as it should, and does something all the same."""

    def perform(self, operation: ops.LocalOperation, call: EdgeCall) -> EdgeFlow:
        try:
            return (yield from super().perform(operation, call))
        except Refusal as refusal:
            self.goes_on(operation, call.host_uid)
            return refusal.refused

    def goes_on(self, operation: ops.LocalOperation, host_uid: str) -> None:
        """What is done although it was refused."""
        raise NotImplementedError


@mutant("ACC-13")
class RefusedDeletionIsCarriedOut(_AfterRefusal):
    """The deletion of a paired cluster is refused, and begins all the same."""

    def goes_on(self, operation: ops.LocalOperation, host_uid: str) -> None:
        if isinstance(operation, ops.DeleteCluster):
            site = self.site_of(host_uid)
            if self.is_central(site) and site.cluster:
                deleting = replace(site.cluster, state=ClusterState.DELETING)
                self.store.put(replace(site, cluster=deleting))


@mutant("ACC-13")
class ForbiddenChangeIsAcknowledged(EdgeCore):
    """A local operation on a paired cluster is acknowledged, and nothing comes of it."""

    def patch_named_cluster(
        self, operation: ops.PatchNamedCluster, call: EdgeCall
    ) -> ops.Acknowledged:
        self.authenticate(call)
        if self.is_central(self.site_of(call.host_uid)):
            return ops.Acknowledged("the change was taken")
        return super().patch_named_cluster(operation, call)


@mutant("ACC-13")
class NeighbourOfAPairedClusterIsLocked(EdgeCore):
    """Once a cluster is paired, no other cluster takes local operations either."""

    def require_local(self, site: SlotState) -> None:
        for other in self.store.every(SlotState):
            super().require_local(other)


# --- the transfer is for good --------------------------------------------------------------------
@mutant("ACC-19")
class PairedClusterIsTakenBack(EdgeCore):
    """A paired cluster returns to local management when Local UI is asked for it."""

    def restore_local_management(
        self, operation: ops.RestoreLocalManagement, call: EdgeCall
    ) -> ops.Acknowledged:
        self.authenticate(call)
        self.store.put(replace(self.site_of(call.host_uid), request=None))
        return ops.Acknowledged("this cluster is locally managed")


@mutant("ACC-19")
class CutOffClusterIsTakenBack(EdgeCore):
    """A paired cluster returns to local management while Palette cannot object."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        more: Mapping[type, Callable[[Any, EdgeCall], EdgeFlow]] = {
            ops.RestoreLocalManagement: self.restored
        }
        self.calling = {**self.calling, **more}

    def restored(self, operation: ops.RestoreLocalManagement, call: EdgeCall) -> EdgeFlow:
        """Ask Palette first, and let go where nobody answers."""
        request = self.site_of(call.host_uid).request
        if request is not None:
            answer = yield self.call("probing", request, ops.Probe())
            if isinstance(answer.reply, NotDelivered):
                self.authenticate(call)
                self.store.put(replace(self.site_of(call.host_uid), request=None))
        return ops.Done(self.restore_local_management(operation, call))


@mutant("ACC-19")
class RefusedReturnHappens(_AfterRefusal):
    """The return to local management is refused, and happens all the same."""

    def goes_on(self, operation: ops.LocalOperation, host_uid: str) -> None:
        if isinstance(operation, ops.RestoreLocalManagement):
            self.store.put(replace(self.site_of(host_uid), request=None))


@mutant("ACC-19")
class AReturnComesTrueLater(EdgeCore):
    """A return to local management is acknowledged, and comes true a tenth of a second later."""

    LATER = 100_000

    _asked = 0

    def restore_local_management(
        self, operation: ops.RestoreLocalManagement, call: EdgeCall
    ) -> ops.Acknowledged:
        self.authenticate(call)
        self._asked = call.now
        return ops.Acknowledged("it is being looked at")

    def view_management(self, operation: ops.ViewManagement, call: EdgeCall) -> ops.Management:
        if self._asked and call.now - self._asked >= self.LATER:
            self.store.put(replace(self.site_of(call.host_uid), request=None))
        return super().view_management(operation, call)


@mutant("ACC-19")
class RestartMakesTheTransferUndoable(bases.Remembers):
    """After a restart of the edge, a paired cluster returns to local management when asked."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        self.keep(request.pairing_uid)
        super().learned(site, request, event)

    def restore_local_management(
        self, operation: ops.RestoreLocalManagement, call: EdgeCall
    ) -> ops.Acknowledged:
        site = self.site_of(call.host_uid)
        if bases.of_request(site.request) not in self.kept:
            self.authenticate(call)
            self.store.put(replace(site, request=None))
        return super().restore_local_management(operation, call)


# --- what a refusal says -------------------------------------------------------------------------
@mutant("ACC-13S")
class RefusalOfAPairedClusterIsVague(EdgeCore):
    """A local operation on a paired cluster is refused as something that is not permitted."""

    def require_local(self, site: SlotState) -> None:
        if self.is_central(site):
            raise Refusal(Reason.FORBIDDEN, "this is not permitted")


@mutant("ACC-13S")
class RefusedDeletionSaysBusy(EdgeCore):
    """The refusal of a deletion says that the cluster is busy; the others give the reason."""

    def delete_cluster(self, operation: ops.DeleteCluster, call: EdgeCall) -> ops.Acknowledged:
        self.authenticate(call)
        if self.is_central(self.site_of(call.host_uid)):
            raise bases.busy()
        return super().delete_cluster(operation, call)


# --- managed from now on (ACC-12) ----------------------------------------------------------------
@mutant("ACC-12")
class ChangeOnlySaysSo(CentralCore):
    """A central operation on a paired cluster is acknowledged, and nothing is done."""

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        self.require_confirmed(self.known_cluster(operation.cluster_uid, call))
        return ops.Acknowledged("the cluster was changed")


@mutant("ACC-12")
class ChangedProfilesAreNotTakenOver(CentralCore):
    """Of a paired cluster, a change of the profiles is acknowledged, and nothing is done."""

    def update_profiles(
        self, operation: ops.UpdateCentralProfiles, call: CentralCall
    ) -> ops.Acknowledged:
        self.require_confirmed(self.known_cluster(operation.cluster_uid, call))
        return ops.Acknowledged("the cluster's profiles were changed")


@mutant("ACC-12")
class OnlyTheFirstChangeCounts(CentralCore):
    """The first central operation on a cluster takes effect, and no other."""

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        cluster = self.known_cluster(operation.cluster_uid, call)
        request = self.store.get(PairingRequest, cluster.pairing_uid)
        if request is not None and cluster.tags != request.cluster.tags:
            return ops.Acknowledged("the cluster was changed")
        return super().change_cluster(operation, call)


@mutant("ACC-12")
class ChangeReachesEveryCluster(CentralCore):
    """A central operation on one cluster takes effect on every cluster of the project."""

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        for cluster in self.clusters_of(self.scope_of(call)):
            self.store.put(replace(cluster, tags=operation.tags or {}))
        return super().change_cluster(operation, call)


@mutant("ACC-12")
class ConfirmationIsThatOfTheLatest(CentralCore):
    """Whichever host confirms, it is the cluster that was accepted last which is managed then."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        waiting = [
            cluster
            for cluster in self.store.every(CentralCluster)
            if not cluster.confirmed and cluster.project_uid == request.project_uid
        ]
        reply = super().confirm(operation, call)
        if request.state is RequestState.HANDING_OVER and waiting:
            own = self.store.get(CentralCluster, request.cluster_uid)
            if own is not None:
                self.store.put(replace(own, confirmed=False))
            self.store.put(replace(waiting[-1], confirmed=True))
        return reply


@mutant("ACC-12")
class ClustersAreLostInARestart(bases.Wakes):
    """Clusters that were paired are not registered any more when Palette has restarted."""

    def wake(self) -> None:
        for cluster in list(self.store.every(CentralCluster)):
            self.store.delete(CentralCluster, cluster.uid)


@mutant("ACC-12")
class ConfirmationIsLostInARestart(bases.WakesConfirmed):
    """A paired cluster waits for its host again when Palette has restarted."""

    confirmed = False


@mutant("ACC-12")
class RefusedDecisionStopsThePairing(bases.AfterRefusal):
    """A reject of an accepted request is refused, and its host's confirmation is too from then."""

    decision = ops.RejectPairingRequest

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        if request.state is RequestState.HANDING_OVER:
            self.step(request, RequestEvent.EXPIRE)


@mutant("ACC-12")
class RenamedClusterIsNotConfirmed(CentralCore):
    """A host's confirmation does not reach a cluster that was paired under another name."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().confirm(operation, call)
        request = self.own_request(operation, call.now)
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is not None and cluster.name != request.cluster.name:
            self.store.put(replace(cluster, confirmed=False))
        return answer


@mutant("ACC-12")
class SecondRequestIsNeverRegistered(CentralCore):
    """A cluster whose earlier request was rejected is accepted, and not registered."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
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


# --- for good (ACC-19) ---------------------------------------------------------------------------
@mutant("ACC-19")
class ClusterIsGivenBack(CentralCore):
    """A paired cluster is given back to local management when somebody asks for it."""

    def release_cluster(
        self, operation: ops.ReleaseCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        cluster = self.known_cluster(operation.cluster_uid, call)
        self.store.delete(CentralCluster, cluster.uid)
        return ops.Acknowledged("the cluster was given back")


@mutant("ACC-19")
class RefusedReleaseEndsTheManagement(bases.Performs):
    """To give a cluster back is refused, and from then on no central operation takes effect."""

    def after(self, operation: ops.Operation, reply: ops.KnownReply) -> None:
        if isinstance(operation, ops.ReleaseCentralCluster):
            cluster = self.store.get(CentralCluster, operation.cluster_uid)
            if cluster is not None:
                with self.store.transaction():
                    self.store.put(replace(cluster, confirmed=False))


# --- not before it is accepted (SND-11) ----------------------------------------------------------
@mutant("SND-11")
class RequestRegistersItsCluster(CentralCore):
    """A cluster is registered and managed as soon as its request is admitted."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
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

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        for request in self.open_requests(call.credentials.project_uid):
            named = operation.cluster_uid in (request.cluster.uid, request.pairing_uid)
            if named and call.now >= request.created + bases.DAY:
                return ops.Acknowledged("the cluster was changed")
        return super().change_cluster(operation, call)
