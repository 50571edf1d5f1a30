"""Planted defects: what came earlier rules what comes later (ACC-7, ACC-12, ACC-13, WDR-3)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.errors import Reason, Refused
from harness.domain.match import MatchResult
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    CancelPairingRequest,
    Done,
    PairingId,
    SelectedProfile,
    SendPairingRequest,
    SubmitPairing,
    VerifyConnection,
)
from harness.domain.pairing import LocalState, RequestState
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import CentralCluster, PairingRequest, Site
from harness.reference.core.store import Store
from harness.reference.mutants.central_bases import AfterRefusal, Decision
from harness.reference.mutants.edge_bases import Entries, Remembers, cluster_uid, is_in
from harness.reference.planting import mutant

# --- at the edge --------------------------------------------------------------------------------


@mutant("WDR-3")
class FollowsWhatWasEnteredLast(EdgeCore):
    """A pending request is followed at the endpoint that was entered last, for whatever purpose."""

    def verify(self, operation: VerifyConnection, call: EdgeCall) -> EdgeFlow:
        self.redirect(operation, call)
        return (yield from super().verify(operation, call))

    def send(self, operation: SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        self.redirect(operation, call)
        return (yield from super().send(operation, call))

    def redirect(self, operation: Entries, call: EdgeCall) -> None:
        """Let the pending request have this endpoint."""
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        url = self.usable_entries(operation)
        if site.request is not None and is_in(site, LocalState.PENDING):
            other = replace(site.request, base_url=url, insecure=operation.insecure)
            self.store.put(replace(site, request=other))


@mutant("ACC-13")
class KeptLocalByAnEarlierCancel(Remembers):
    """A cluster that has cancelled a request is not locked when a later one is paired."""

    def cancel(self, operation: CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().cancel(operation, call)
        if isinstance(reply, Done):
            self.keep(cluster_uid(self.site_of(call.host_uid)))
        return reply

    def require_local(self, site: Site) -> None:
        if cluster_uid(site) not in self.kept:
            super().require_local(site)


@mutant("INV-1")
class FailedPairingStaysLocked(EdgeCore):
    """A cluster whose pairing has failed goes on refusing local operations."""

    def is_central(self, site: Site) -> bool:
        return is_in(site, LocalState.FAILED) or super().is_central(site)


# --- at the central side ------------------------------------------------------------------------


class RemembersCentrally(CentralCore):
    """Keeps something of each cluster in memory, by the uid that the cluster has locally."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.kept: dict[str, PairingRequest] = {}

    def keep(self, request: PairingRequest) -> PairingRequest:
        """Remember the first request of a cluster; it is returned from then on."""
        return self.kept.setdefault(request.cluster.uid, request)


@mutant("SND-13")
class ProjectSticksToTheCluster(RemembersCentrally):
    """A further request of a cluster goes to the project of its first one, whatever its token."""

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        answer = super().submit(operation, call)
        request = self.store.get(PairingRequest, answer.pairing_uid)
        if request is not None:
            first = self.keep(request)
            self.store.put(replace(request, project_uid=first.project_uid))
        return answer


@mutant("ACC-7")
class StackIsKeptByCluster(RemembersCentrally):
    """The match goes by the stack that the cluster's first request carried."""

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        answer = super().submit(operation, call)
        request = self.store.get(PairingRequest, answer.pairing_uid)
        if request is not None:
            self.keep(request)
        return answer

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        old = replace(request.cluster, stack=self.keep(request).cluster.stack)
        return super().matched(replace(request, cluster=old), selection)


@mutant("ACC-12")
class DeadlineOfTheFirstAcceptance(RemembersCentrally):
    """An acceptance that ran out leaves its deadline behind for the cluster's next one."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        accepted = super().accept(operation, call)
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None:
            self.keep(request)
        return accepted

    def handover_is_over(self, request: PairingRequest, now: int) -> bool:
        if request.state is not RequestState.HANDING_OVER:
            return False
        return now >= self.keep(request).accepted_at + self.choices.handover


@mutant("ACC-12")
class RegisteredByName(CentralCore):
    """A cluster that is registered takes the place of the one of its name in the project."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        accepted = super().accept(operation, call)
        new = self.store.get(CentralCluster, accepted.cluster_uid)
        request = self.store.get(PairingRequest, operation.pairing_uid)
        for old in [c for c in self.store.every(CentralCluster) if new is not None]:
            if new and request and old.uid != new.uid and old.name == new.name:
                self.store.delete(CentralCluster, new.uid)
                self.store.put(replace(new, uid=old.uid))
                self.store.put(replace(request, cluster_uid=old.uid))
                return replace(accepted, cluster_uid=old.uid)
        return accepted


@mutant("ACC-15")
class RefusedAcceptLeavesItsEntries(AfterRefusal):
    """What was entered for an acceptance stays in the request when its match is refused."""

    decision = AcceptPairingRequest

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        if refused.reason is not Reason.PROFILES_MISMATCH:
            return
        entered = {
            field: value
            for field in ("name", "description", "tags")
            if (value := getattr(operation, field, None)) is not None
        }
        self.store.put(replace(request, cluster=replace(request.cluster, **entered)))
