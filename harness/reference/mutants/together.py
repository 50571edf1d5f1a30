"""Planted defects that lose what was acknowledged, and those that show only at one instant."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.errors import Reason, Refusal
from harness.domain.match import MatchResult
from harness.domain.pairing import LocalEvent, LocalState, RequestEvent, RequestState
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import Begun, EdgeCore, Work
from harness.reference.core.records import (
    CentralCluster,
    LocalRequest,
    PairingRequest,
    SlotState,
)
from harness.reference.mutants import bases
from harness.reference.planting import Memory, mutant

_MILLISECOND = 1_000


# --- a local operation that was acknowledged (SND-6, WDR-3) --------------------------------------
class _CancelsSlowly(EdgeCore):
    """Ends a request with something that it had read before Palette was told."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        before = self.slot_state(slot)
        yield from super().end(slot, request)
        after = self.slot_state(slot)
        if before is not None and after is not None and after.request is None:
            self.store.put(self.ended(before, after))

    def ended(self, before: SlotState, after: SlotState) -> SlotState:
        """What is written: `after` is as it should be."""
        raise NotImplementedError


@mutant("WDR-3")
class CancelWritesBackWhatItHadRead(_CancelsSlowly):
    """A cancel writes the whole cluster back as it was before Palette was told."""

    def ended(self, before: SlotState, after: SlotState) -> SlotState:
        return replace(after, cluster=before.cluster)


@mutant("WDR-3")
class CancelWritesTheSettingsBack(_CancelsSlowly):
    """A cancel writes the settings back as they were before Palette was told."""

    def ended(self, before: SlotState, after: SlotState) -> SlotState:
        return replace(after, settings=before.settings)


class _KeepsTheClusterThatWasSent(EdgeCore):
    """Keeps the cluster as a request carries it, by the request's secret."""

    sent = Memory[dict[str, Cluster]](dict)

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        self.sent[request.cluster_token] = submission.cluster
        return request, submission


@mutant("SND-6")
class RejectionBringsTheStackBack(_KeepsTheClusterThatWasSent):
    """A rejection puts the profiles back as the request carried them."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        sent = self.sent.get(request.cluster_token)
        if event is LocalEvent.LEARNED_REJECTED and sent and site.cluster:
            site = replace(site, cluster=replace(site.cluster, stack=sent.stack))
        super().learned(site, request, event)


@mutant("SND-6")
class CancelBringsTheTagsBack(_KeepsTheClusterThatWasSent):
    """A cancel puts the tags back as the request carried them."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        yield from super().end(slot, request)
        site, sent = self.slot_state(slot), self.sent.get(request.cluster_token)
        if site is not None and site.cluster and site.request is None and sent:
            self.store.put(replace(site, cluster=replace(site.cluster, tags=sent.tags)))


@mutant("SND-6")
class RestartLosesTheSettings(EdgeCore):
    """Settings that were changed while a request is pending do not outlive a restart."""

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(SlotState)):
            if site.request is not None and site.request.state is LocalState.PENDING:
                self.store.put(replace(site, settings=ops.ClusterSettings()))


# --- a central operation that was acknowledged (ACC-12) ------------------------------------------
class _ReadsTheClusterOnce(bases.Keeps[CentralCluster]):
    """Goes by a cluster as it was when it was first changed, in what is not asked for."""

    def require_confirmed(self, cluster: CentralCluster) -> None:
        super().require_confirmed(cluster)
        self.keep(cluster.uid, cluster)


@mutant("ACC-12")
class MetadataBringsTheProfilesBack(_ReadsTheClusterOnce):
    """A change of the metadata writes the profiles back as they were at the first change."""

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        done = super().change_cluster(operation, call)
        changed, known = self.known_cluster(operation.cluster_uid, call), self.kept
        self.store.put(replace(changed, profiles=known[changed.uid].profiles))
        return done


@mutant("ACC-12")
class ProfilesBringTheTagsBack(_ReadsTheClusterOnce):
    """A change of the profiles writes the tags back as they were at the first change."""

    def update_profiles(
        self, operation: ops.UpdateCentralProfiles, call: CentralCall
    ) -> ops.Acknowledged:
        done = super().update_profiles(operation, call)
        changed, known = self.known_cluster(operation.cluster_uid, call), self.kept
        self.store.put(replace(changed, tags=known[changed.uid].tags))
        return done


# --- around the confirmation (INV-1) -------------------------------------------------------------
@mutant("INV-1")
class LocalUiAsksNowAndThen(EdgeCore):
    """Local UI asks its agent who manages the cluster not oftener than every 40 milliseconds."""

    LASTS: ClassVar = 40 * _MILLISECOND
    local_until = Memory[dict[str, int]](dict)

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> SlotState:
        site = self.site_of(call.host_uid)
        if site.request is not None and call.now < self.local_until.get(site.slot, 0):
            self.authenticate(call)
            return site
        site = super().changeable(operation, call)
        self.local_until[site.slot] = call.now + self.LASTS
        return site


@mutant("INV-1")
class AnotherNodeLearnsOfItLater(bases.Keeps[int]):
    """Of Palette's two nodes, which are asked in turn, one learns of a confirmation later."""

    LASTS: ClassVar = 40 * _MILLISECOND
    asked = 0

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().confirm(operation, call)
        self.keep(answer.cluster_uid, call.now)
        return answer

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        self.asked += 1
        confirmed = self.kept.get(operation.cluster_uid, 0)
        if self.asked % 2 == 0 and call.now < confirmed + self.LASTS:
            raise Refusal(Reason.NOT_CONFIRMED, "the cluster's host has not confirmed yet")
        return super().change_cluster(operation, call)


# --- decisions at one instant (INV-6) ------------------------------------------------------------
@mutant("INV-6")
class WithdrawalOpensARejectedRequest(CentralCore):
    """A withdrawal that comes upon a rejection is refused, and leaves the request pending."""

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        reply = super().perform(operation, call)
        if not isinstance(operation, ops.WithdrawPairing) or isinstance(reply, ops.Done):
            return reply
        found = self.store.get(PairingRequest, operation.pairing_uid)
        if found is not None and found.state is RequestState.REJECTED and not operation.ended:
            self.store.put(replace(found, state=RequestState.PENDING))
        return reply


@mutant("INV-6")
class WithdrawalOfARejectedRequestIsHeldAgainstIt(bases.Keeps[bool]):
    """A cluster that withdraws what was rejected is not admitted any more."""

    def step(self, request: PairingRequest, event: RequestEvent) -> PairingRequest:
        if event is RequestEvent.WITHDRAW and request.state is RequestState.REJECTED:
            self.kept[request.cluster.uid] = True
        return super().step(request, event)

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        if operation.cluster.uid in self.kept:
            raise Refusal(Reason.CONFLICT, "this cluster has withdrawn too late before")
        return super().submit(operation, call)


# --- a reject after a match (REJ-1) --------------------------------------------------------------
@mutant("REJ-1")
class MatchReservesTheRequest(bases.Keeps[bool]):
    """A request whose profiles were found to match is reserved for its acceptance."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        self.kept[operation.pairing_uid] = result.valid
        return result

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        if self.kept.get(operation.pairing_uid):
            raise Refusal(Reason.CONFLICT, "this pairing request is being accepted")
        return super().reject(operation, call)


@mutant("REJ-1")
class MatchIsWrittenBack(bases.Keeps[PairingRequest]):
    """A reject of a request that was matched is acknowledged, and the matched one written back."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        found = self.store.get(PairingRequest, operation.pairing_uid)
        if found is not None and result.valid:
            self.kept[operation.pairing_uid] = found
        return result

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        done = super().reject(operation, call)
        if operation.pairing_uid in self.kept:
            self.store.put(self.kept.pop(operation.pairing_uid))
        return done


# --- what comes back within the bound (WDR-3, REJ-1) ---------------------------------------------
class _ShowsItAgain(bases.Keeps[int]):
    """Lists a request again a while after it has left the list, until Palette is restarted."""

    AFTER: ClassVar = 2_000_000
    due: tuple[str, ...] = ()

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        back = [self.store.get(PairingRequest, str(uid)) for uid in self.due]
        again = [r for r in back if r and self.belongs(r.project_uid, scope)]
        return [*super().open_requests(scope, cluster_uid), *again]

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        self.due = tuple(str(u) for u, at in self.kept.items() if call.now >= at + self.AFTER)
        items = super().list_requests(operation, call).items
        pending = RequestState.PENDING.value
        return ops.PairingList(tuple(replace(item, state=pending) for item in items))


@mutant("WDR-3")
class WithdrawnIsListedAgain(_ShowsItAgain):
    """A withdrawn request stands in the list again when two seconds have passed."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        done = super().withdraw(operation, call)
        self.keep(operation.pairing_uid, call.now)
        return done


@mutant("REJ-1")
class RejectedIsListedAgain(_ShowsItAgain):
    """A rejected request stands in the list again when two seconds have passed."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        done = super().reject(operation, call)
        self.keep(operation.pairing_uid, call.now)
        return done
