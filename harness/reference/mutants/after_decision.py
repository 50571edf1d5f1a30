"""Planted defects: the edge after a decision (ACC-12, ACC-13, ACC-19, REJ-7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.domain.cluster import ClusterState
from harness.domain.draws import Draws
from harness.domain.errors import Refusal
from harness.domain.operations import (
    Acknowledged,
    Credentials,
    DeleteCluster,
    Done,
    LocalClusterOperation,
    LocalOperation,
    LogIn,
    PatchCluster,
    PatchNamedCluster,
    Probe,
    RestoreLocalManagement,
    SendPairingRequest,
    Session,
    SubmitPairing,
    UpdateStack,
)
from harness.domain.pairing import CENTRALLY_MANAGED, LocalEvent, LocalState
from harness.reference.core.choices import EdgeChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import EdgeCore, Work
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.records import LocalRequest, Site
from harness.reference.core.store import Store
from harness.reference.mutants.edge_bases import Remembers, busy, cluster_uid, is_in, of_request
from harness.reference.planting import mutant

# --- central management -----------------------------------------------------------------------


@mutant("ACC-12")
class RestartForgetsThatItIsInsecure(EdgeCore):
    """After a restart of the edge a request that was sent insecurely is followed securely."""

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(Site)):
            if site.request is not None:
                self.store.put(replace(site, request=replace(site.request, insecure=False)))


@mutant("ACC-12")
class HostNeverConfirms(EdgeCore):
    """A host learns that it was accepted, obeys, and never tells Palette so."""

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        yield from ()


@mutant("ACC-12")
class RestartEndsTheFollowing(Remembers):
    """After a restart of the edge no host follows the request that it sent before."""

    def begin(
        self, operation: SendPairingRequest, call: EdgeCall, url: str
    ) -> tuple[LocalRequest, SubmitPairing]:
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
class LaterRequestIsNotConfirmed(Remembers):
    """A cluster whose first request came to nothing never confirms a later one."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        self.keep(cluster_uid(self.site_of(request.host_uid)), request.pairing_uid)
        yield from super().follow_pending(slot, request)

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        first = self.kept.get(cluster_uid(self.site_of(request.host_uid)))
        if first == request.pairing_uid:
            yield from super().follow_confirming(slot, request)


# --- local operations are refused -------------------------------------------------------------


class _LeavesOpen(EdgeCore):
    """Refuses local operations of a paired cluster, with exceptions."""

    def changeable(self, operation: LocalClusterOperation, call: EdgeCall) -> Site:
        site = self.site_of(call.host_uid)
        if self.is_open(operation, call, site):
            self.authenticate(call)
            return site
        return super().changeable(operation, call)

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: Site) -> bool:
        """Whether an operation is let through."""
        raise NotImplementedError


@mutant("ACC-13")
class NamedPatchIsStillOpen(_LeavesOpen):
    """A paired cluster can still be changed locally by the patch that names it."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: Site) -> bool:
        return isinstance(operation, PatchNamedCluster)


@mutant("ACC-13")
class ProfilesAreStillOpen(_LeavesOpen):
    """The profiles of a paired cluster can still be changed locally."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: Site) -> bool:
        return isinstance(operation, UpdateStack)


@mutant("ACC-13")
class DeprecatedPatchIsOpenElsewhere(_LeavesOpen):
    """The deprecated patch is refused at the host that sent the request, and at no other."""

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: Site) -> bool:
        elsewhere = site.request is not None and site.request.host_uid != call.host_uid
        return isinstance(operation, PatchCluster) and elsewhere


@mutant("ACC-13")
class DeletionIsOpenAfterARestart(_LeavesOpen, Remembers):
    """After a restart of the edge, a paired cluster can be deleted locally."""

    def learned(self, site: Site, request: LocalRequest, event: LocalEvent) -> None:
        self.keep(request.pairing_uid)
        super().learned(site, request, event)

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: Site) -> bool:
        paired = is_in(site, *CENTRALLY_MANAGED)
        known = of_request(site.request) in self.kept
        return isinstance(operation, DeleteCluster) and paired and not known


@mutant("ACC-13")
class ExtendedSessionIsAnAdmins(_LeavesOpen, Remembers):
    """An extended session may still change a paired cluster, as an administrator's might."""

    def log_in(self, operation: LogIn, call: EdgeCall) -> Session:
        session = super().log_in(operation, call)
        if operation.extended:
            self.keep(session.token)
        return session

    def is_open(self, operation: LocalClusterOperation, call: EdgeCall, site: Site) -> bool:
        return call.credentials.session in self.kept


@mutant("ACC-13")
class RefusedDeletionIsCarriedOut(EdgeCore):
    """The deletion of a paired cluster is refused, and begins all the same."""

    def perform(
        self,
        host_uid: str,
        operation: LocalOperation,
        credentials: Credentials,
        now: int,
        draws: Draws,
    ) -> EdgeFlow:
        site = self.site_of(host_uid)
        try:
            return (yield from super().perform(host_uid, operation, credentials, now, draws))
        except Refusal as refusal:
            if isinstance(operation, DeleteCluster) and self.is_central(site) and site.cluster:
                deleting = replace(site.cluster, state=ClusterState.DELETING)
                self.store.put(replace(site, cluster=deleting))
            return refusal.refused


@mutant("ACC-13")
class ForbiddenChangeIsAcknowledged(EdgeCore):
    """A local operation on a paired cluster is acknowledged, and nothing comes of it."""

    def patch_cluster(self, operation: PatchCluster, call: EdgeCall) -> Acknowledged:
        self.authenticate(call)
        if self.is_central(self.site_of(call.host_uid)):
            return Acknowledged("the change was taken")
        return super().patch_cluster(operation, call)


@mutant("ACC-13")
class NeighbourOfAPairedClusterIsLocked(EdgeCore):
    """Once a cluster is paired, no other cluster takes local operations either."""

    def require_local(self, site: Site) -> None:
        for other in self.store.every(Site):
            super().require_local(other)


# --- the transfer is for good -----------------------------------------------------------------


@mutant("ACC-19")
class PairedClusterIsTakenBack(EdgeCore):
    """A paired cluster returns to local management when Local UI is asked for it."""

    def restore_local_management(
        self, operation: RestoreLocalManagement, call: EdgeCall
    ) -> Acknowledged:
        self.authenticate(call)
        self.store.put(replace(self.site_of(call.host_uid), request=None))
        return Acknowledged("this cluster is locally managed")


@mutant("ACC-19")
class CutOffClusterIsTakenBack(EdgeCore):
    """A paired cluster returns to local management while Palette cannot object."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        more: Mapping[type, Callable[[Any, EdgeCall], EdgeFlow]] = {
            RestoreLocalManagement: self.restored
        }
        self.calling = {**self.calling, **more}

    def restored(self, operation: RestoreLocalManagement, call: EdgeCall) -> EdgeFlow:
        """Ask Palette first, and let go where nobody answers."""
        request = self.site_of(call.host_uid).request
        if request is not None:
            answer = yield self.call("probing", request, Probe())
            if isinstance(answer.reply, NotDelivered):
                self.authenticate(call)
                self.store.put(replace(self.site_of(call.host_uid), request=None))
        return Done(self.restore_local_management(operation, call))


@mutant("ACC-19")
class RefusedReturnHappens(EdgeCore):
    """The return to local management is refused, and happens all the same."""

    def perform(
        self,
        host_uid: str,
        operation: LocalOperation,
        credentials: Credentials,
        now: int,
        draws: Draws,
    ) -> EdgeFlow:
        try:
            return (yield from super().perform(host_uid, operation, credentials, now, draws))
        except Refusal as refusal:
            if isinstance(operation, RestoreLocalManagement):
                self.store.put(replace(self.site_of(host_uid), request=None))
            return refusal.refused


@mutant("ACC-19")
class RestartMakesTheTransferUndoable(Remembers):
    """After a restart of the edge, a paired cluster returns to local management when asked."""

    def learned(self, site: Site, request: LocalRequest, event: LocalEvent) -> None:
        self.keep(request.pairing_uid)
        super().learned(site, request, event)

    def restore_local_management(
        self, operation: RestoreLocalManagement, call: EdgeCall
    ) -> Acknowledged:
        site = self.site_of(call.host_uid)
        if of_request(site.request) not in self.kept:
            self.authenticate(call)
            self.store.put(replace(site, request=None))
        return super().restore_local_management(operation, call)


# --- after a reject ---------------------------------------------------------------------------


@mutant("REJ-7")
class RejectedClusterIsCentral(EdgeCore):
    """A cluster counts as centrally managed once its request was decided, also if rejected."""

    def is_central(self, site: Site) -> bool:
        return super().is_central(site) or is_in(site, LocalState.REJECTED)


@mutant("REJ-7")
class RejectedClusterSendsNoMore(EdgeCore):
    """A cluster that was rejected cannot send a new request."""

    def sendable(self, operation: SendPairingRequest, call: EdgeCall) -> Site:
        site = super().sendable(operation, call)
        if is_in(site, LocalState.REJECTED):
            raise busy()
        return site


@mutant("REJ-7")
class TwoRejectionsAreEnough(Remembers):
    """A cluster that was rejected twice cannot send a third request."""

    def learned(self, site: Site, request: LocalRequest, event: LocalEvent) -> None:
        if event is LocalEvent.LEARNED_REJECTED:
            uid = cluster_uid(site)
            self.kept[uid] = f"{self.kept.get(uid, '')}x"
        super().learned(site, request, event)

    def sendable(self, operation: SendPairingRequest, call: EdgeCall) -> Site:
        site = super().sendable(operation, call)
        if len(self.kept.get(cluster_uid(site), "")) > 1:
            raise busy()
        return site


@mutant("REJ-7")
class RejectionIsNotHeard(EdgeCore):
    """A host takes a rejected request for one that still waits."""

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        event = super().event_of(reply)
        return None if event is LocalEvent.LEARNED_REJECTED else event


@mutant("REJ-7")
class LostLinkEndsTheFollowing(Remembers):
    """A host that could not ask about its request once does not ask again."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        answer = yield self.call("polling", request, Probe())
        if isinstance(answer.reply, NotDelivered):
            self.keep(request.pairing_uid)
        if request.pairing_uid not in self.kept:
            yield from super().follow_pending(slot, request)


@mutant("REJ-7")
class RejectedClusterKeepsItsStack(EdgeCore):
    """After a reject the cluster's profiles cannot be changed; all else can."""

    def update_stack(self, operation: UpdateStack, call: EdgeCall) -> Acknowledged:
        if is_in(self.changeable(operation, call), LocalState.REJECTED):
            raise busy()
        return super().update_stack(operation, call)


@mutant("REJ-7")
class RestartForgetsTheRejection(EdgeCore):
    """After a restart of the edge a rejected request is pending again, and is not asked about."""

    def recover(self) -> None:
        super().recover()
        for site in [s for s in self.store.every(Site) if is_in(s, LocalState.REJECTED)]:
            if site.request is not None:
                pending = replace(site.request, state=LocalState.PENDING, message="")
                self.store.put(replace(site, request=pending))

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if request.message:
            yield from super().follow_pending(slot, request)


@mutant("REJ-7")
class RejectionReachesTheNeighbours(EdgeCore):
    """A rejection of one cluster's request ends the pending requests of the others locally."""

    def learned(self, site: Site, request: LocalRequest, event: LocalEvent) -> None:
        super().learned(site, request, event)
        if event is LocalEvent.LEARNED_REJECTED:
            for other in [s for s in self.store.every(Site) if is_in(s, LocalState.PENDING)]:
                if other.request is not None:
                    super().learned(other, other.request, event)
