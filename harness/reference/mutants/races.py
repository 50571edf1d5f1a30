"""Planted defects that show in a history only: by what came earlier, or went on at the same time,
by a message that comes late or once more, or by several things that nobody would think of together.

What a core keeps beside its store is memory: a restart of its side wipes it.
"""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.match import MatchResult
from harness.domain.pairing import DECIDED, LocalEvent, LocalState, RequestEvent, RequestState
from harness.domain.permission import PairPermission
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Carrying, EdgeCore, Probing, Work, is_final
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.records import (
    CentralCluster,
    EndedSubmission,
    LocalRequest,
    PairingRequest,
    SlotState,
    User,
    submission_key,
)
from harness.reference.mutants import bases
from harness.reference.mutants.accepting import AcceptDoesNotMatch, AcceptsEnded
from harness.reference.mutants.rejecting import RejectionIsNotHeard
from harness.reference.planting import Lane, Memory, mutant


# --- on the walk over every interleaving ---------------------------------------------------------
@mutant("INV-1", lane=Lane.INTERLEAVING, found_by="handed-over")
class ObeysOnlyAfterTheAnswer(EdgeCore):
    """The host begins to obey when its confirmation was answered, not before it confirms."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        question = ops.PollPairing(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("polling", request, question)
        event = self.event_of(reply)
        if event is LocalEvent.LEARNED_ACCEPTED:
            confirming = ops.ConfirmPairing(request.pairing_uid, request.cluster_token)
            reply = yield from self.carried("confirming", request, confirming)
            event = event if isinstance(reply, ops.Done) else None
        site = self.slot_state(slot)
        if event and site and self.is_same(site.request, request):
            self.learned(site, request, event)


@mutant("INV-1", lane=Lane.INTERLEAVING, found_by="confirm-or-expire")
class ConfirmsWhatHasExpired(CentralCore):
    """A confirmation that comes after the hand-over ran out is answered as if it were in time."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        if request.state is RequestState.FAILED:
            return self._poll_answer(request)
        return super().confirm(operation, call)


@mutant("INV-1", lane=Lane.INTERLEAVING, found_by="accept-or-cancel")
class GivesUpOnAnUnansweredConfirmation(EdgeCore):
    """A host whose confirmation was not answered goes back to local management."""

    def ends_handover(self, reply: LinkReply) -> bool:
        return not isinstance(reply, NotDelivered)


@mutant("INV-2", lane=Lane.INTERLEAVING, found_by="send-again")
class WithdrawsWhateverIsPending(CentralCore):
    """A withdrawal ends the newest request of the cluster, which may be a later one."""

    def request_to_withdraw(self, operation: ops.WithdrawPairing, now: int) -> PairingRequest:
        pending = [
            request
            for request in self.store.find(PairingRequest, "any_open", "yes")
            if request.cluster.uid == operation.local_cluster_uid
        ]
        return pending[-1] if pending else super().request_to_withdraw(operation, now)


@mutant("INV-3", lane=Lane.INTERLEAVING, found_by="revised-between")
class RemembersTheMatch(bases.Keeps[bool]):
    """A selection that matched once is taken at the acceptance without another look."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        if result.valid:
            self.kept[(operation.pairing_uid, operation.selection)] = True
        return result

    def require_match(self, request: PairingRequest, selection: ops.Selected) -> None:
        if (request.pairing_uid, selection) not in self.kept:
            super().require_match(request, selection)


@mutant("INV-9", lane=Lane.INTERLEAVING, found_by="send-beside")
class ALostSendEndsTheOneAfterIt(EdgeCore):
    """A submission that is not admitted ends whatever request has taken its place meanwhile."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        told = super().admitted(host_uid, request, reply)
        if not isinstance(reply, ops.Done):
            self.store.put(replace(self.site_of(host_uid), request=None))
        return told


@mutant("INV-4", lane=Lane.INTERLEAVING, found_by="accept-or-cancel")
class ALateAnswerBringsItBack(EdgeCore):
    """A poll that is answered after the cancel takes the ended request over all the same."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        question = ops.PollPairing(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("polling", request, question)
        event = self.event_of(reply)
        site = self.slot_state(slot)
        if event and site:
            self.learned(site, request, event)


@mutant("INV-4", lane=Lane.INTERLEAVING, found_by="accept-or-cancel")
class KeepsARequestWhoseCancelWasUnanswered(EdgeCore):
    """A cancel whose message was not answered is acknowledged, and the request stays pending."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        reply = yield from self.inform(request, self.withdrawal(slot, request, ended=False))
        site = self.slot_state(slot)
        if site is None or not self.is_same(site.request, request):
            return
        if isinstance(reply, Refused) and reply.reason is Reason.ALREADY_ACCEPTED:
            self.learned(site, request, LocalEvent.LEARNED_ACCEPTED)
        elif isinstance(reply, ops.Done) or is_final(reply):
            self.store.put(replace(site, request=None))
        elif isinstance(reply, NotDelivered):
            self.store.put(replace(site, request=None))
            self.owe(replace(site, request=None), request)


@mutant("INV-5", lane=Lane.INTERLEAVING, found_by="send-again")
class CountsFromOneAfterARestart(bases.CountsIds):
    """Pairing ids are counted in memory, so that they come again after a restart."""


@mutant("INV-6", lane=Lane.INTERLEAVING, found_by="accept-or-reject")
class DecidesOnWhatWasLookedAt(bases.Keeps[PairingRequest]):
    """An acceptance goes by the state that the request had when it was last viewed."""

    def view_request(self, operation: ops.ViewPairingRequest, call: CentralCall) -> bases.View:
        view = super().view_request(operation, call)
        found = self.current(operation.pairing_uid, call.now)
        if found is not None:
            self.kept[operation.pairing_uid] = found
        return view

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        found = self.kept.pop(operation.pairing_uid, None)
        if found is not None:
            self.store.put(found)
        return super().accept(operation, call)


@mutant("INV-6", lane=Lane.INTERLEAVING, found_by="two-accept")
class TwoAdministratorsAcceptAtOnce(CentralCore):
    """Whoever has seen the profiles match may accept, even if another did so meanwhile."""

    matching = Memory[list[str]](list)

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        self.matching.append(operation.pairing_uid)
        return result

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None and operation.pairing_uid in self.matching:
            self.matching.remove(operation.pairing_uid)
            if request.state is RequestState.HANDING_OVER:
                self.store.put(replace(request, state=RequestState.PENDING))
        return super().accept(operation, call)


@mutant("INV-7", lane=Lane.INTERLEAVING, found_by="revoked-between")
class RemembersTheToken(bases.Keeps[RegistrationToken]):
    """A registration token that admitted a host is not looked up again until a restart."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        if value not in self.kept:
            self.kept[value] = super().usable_token(value, now)
        return self.kept[value]


@mutant("INV-8", lane=Lane.INTERLEAVING, found_by="accept-or-reject")
class ShowsWhatItShowedBefore(bases.Keeps[bases.View]):
    """A request that was viewed once is shown from memory, whatever was decided since."""

    def view_request(self, operation: ops.ViewPairingRequest, call: CentralCall) -> bases.View:
        view = super().view_request(operation, call)
        return self.kept.setdefault(operation.pairing_uid, view)


@mutant("INV-9", lane=Lane.INTERLEAVING, found_by="send-again")
class GivesUpOnAnUnansweredPoll(EdgeCore):
    """A host whose look at its request was not answered takes the request for failed."""

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        if isinstance(reply, ops.Unknown):
            return LocalEvent.LEARNED_FAILED
        return super().event_of(reply)


@mutant("INV-9", lane=Lane.INTERLEAVING, found_by="send-again")
class ForgetsItsRequestWhenRestarted(EdgeCore):
    """A host that is restarted while its request is pending does not know of it any more."""

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(SlotState):
            if site.request is not None and site.request.state is LocalState.PENDING:
                self.store.put(replace(site, request=None))


@mutant("INV-9", lane=Lane.INTERLEAVING, found_by="send-again")
class RecoversNothing(EdgeCore):
    """After a restart a submission that was in flight is forgotten."""

    def recover(self) -> None:
        for site in self.store.every(SlotState):
            if site.request is not None and site.request.state is LocalState.SUBMITTING:
                self.store.put(replace(site, request=None))


@mutant("INV-9")
class ForgetsItsRequestAtTheSecondRestart(EdgeCore):
    """A host that is restarted twice while its request is pending does not know of it any more."""

    def recover(self) -> None:
        super().recover()
        for site in [s for s in self.store.every(SlotState) if bases.is_in(s, LocalState.PENDING)]:
            request = site.request
            if request is not None:
                kept = None if request.message else replace(request, message="restarted")
                self.store.put(replace(site, request=kept))


@mutant("INV-10", lane=Lane.INTERLEAVING, found_by="handed-over")
class StaysOpenWhileItConfirms(EdgeCore):
    """Local operations are refused only when the confirmation was answered."""

    def require_local(self, site: SlotState) -> None:
        confirming = site.request is not None and site.request.state is LocalState.CONFIRMING
        if not confirming:
            super().require_local(site)


@mutant("INV-10", lane=Lane.INTERLEAVING, found_by="handed-over")
class AsksAgainAfterARestart(EdgeCore):
    """A host that is restarted while it confirms takes itself for one whose request is pending."""

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(SlotState):
            request = site.request
            if request is not None and request.state is LocalState.CONFIRMING:
                pending = replace(request, state=LocalState.PENDING)
                self.store.put(replace(site, request=pending))


@mutant("INV-9")
class RestartForgetsWhatItOwes(EdgeCore):
    """A withdrawal that Palette has not heard of when the edge restarts is never told."""

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(SlotState):
            self.store.put(replace(site, owed=()))


@mutant("INV-9", lane=Lane.INTERLEAVING, found_by="send-again")
class AdmitsWhatEndedBeforeItCame(CentralCore):
    """A submission that its own withdrawal has overtaken is admitted all the same."""

    def require_not_ended(self, submission: str) -> None: ...


# --- in a whole history (INV-1 to INV-10, ACC-14) ------------------------------------------------
@mutant("INV-1")
class OperatesBeforeTheConfirmation(CentralCore):
    """A central operation takes effect before the host has confirmed the pairing."""

    def require_confirmed(self, cluster: CentralCluster) -> None: ...


@mutant("INV-1")
class HandoverThatFailedLeavesItClosed(bases.Remembers):
    """A cluster that is closed as its host confirms stays closed where that comes to nothing."""

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        self.keep(request.pairing_uid)
        yield from super().follow_confirming(slot, request)

    def require_local(self, site: SlotState) -> None:
        super().require_local(site)
        if bases.is_in(site, LocalState.FAILED) and bases.of_request(site.request) in self.kept:
            raise Refusal(Reason.CENTRALLY_MANAGED, "this cluster is being handed over")


@mutant("INV-1")
class RefusedProfilesAreTheDesiredOnes(bases.Performs, bases.Keeps[ops.UpdateCentralProfiles]):
    """Profiles that were refused before the host confirmed come with the next change."""

    def after(self, operation: ops.Operation, reply: ops.KnownReply) -> None:
        if isinstance(operation, ops.UpdateCentralProfiles) and isinstance(reply, Refused):
            self.keep(operation.cluster_uid, operation)

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        changed = super().change_cluster(operation, call)
        if (wanted := self.kept.pop(operation.cluster_uid, None)) is not None:
            self.update_profiles(wanted, call)
        return changed


@mutant("INV-1")
class RestartTakesAcceptedForPaired(bases.WakesConfirmed):
    """Clusters whose hosts have still to confirm are paired when Palette has restarted."""

    confirmed = True


@mutant("INV-1")
class OneConfirmationConfirmsAll(CentralCore):
    """When one host confirms, Palette manages every cluster that was accepted by then."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().confirm(operation, call)
        for cluster in list(self.store.every(CentralCluster)):
            self.store.put(replace(cluster, confirmed=True))
        return answer


@mutant("INV-1")
class GivesUpConfirming(bases.InARow):
    """A host whose fifth confirmation has no answer either takes its acceptance for failed."""

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        asked, is_so = point == "confirming", isinstance(reply, ops.Unknown)
        if asked and self.in_a_row(request.pairing_uid, is_so=is_so) >= 5:
            return Refused(Reason.NOTHING_PENDING, "given up")
        return reply


@mutant("INV-2")
class UntaggedRequestsAreNotListed(CentralCore):
    """A request whose cluster has no tags is on no list."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        return [r for r in super().open_requests(scope, cluster_uid) if r.cluster.tags]


@mutant("INV-2")
class RestartForgetsWhatWaits(bases.Wakes):
    """A restart of the central side loses the requests that wait for a decision."""

    def wake(self) -> None:
        for request in list(self.store.find(PairingRequest, "any_open", "yes")):
            self.store.delete(PairingRequest, request.pairing_uid)


@mutant("INV-3")
class AcceptsWhateverIsSelected(AcceptDoesNotMatch):
    """An acceptance does not ask whether the selected profiles match."""


@mutant("INV-4")
class CancelIsOnlyAcknowledged(CentralCore):
    """A withdrawal is acknowledged, and the request goes on waiting."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        self.request_to_withdraw(operation, call.now)
        return ops.Acknowledged("the pairing request was withdrawn")


@mutant("INV-5")
class IdsBeginAgainWithEachStart(bases.CountsIds):
    """Pairing ids are counted from one again after each start."""


@mutant("INV-5")
class NextClusterInheritsTheRequest(EdgeCore):
    """A request outlives its cluster, and is that of the next one which is created there."""

    outlives = Memory[dict[str, LocalRequest | None]](dict)

    def delete_cluster(self, operation: ops.DeleteCluster, call: EdgeCall) -> ops.Acknowledged:
        site = self.site_of(call.host_uid)
        self.outlives[site.slot] = site.request
        return super().delete_cluster(operation, call)

    def create_cluster(self, operation: ops.CreateCluster, call: EdgeCall) -> ops.Acknowledged:
        reply, site = super().create_cluster(operation, call), self.site_of(call.host_uid)
        request = self.outlives.pop(site.slot, None)
        self.store.put(replace(self.arrived(site), request=request))
        return reply


@mutant("INV-6")
class RejectedRequestIsStillAccepted(AcceptsEnded):
    """A request that was rejected can still be accepted."""

    ended = RequestState.REJECTED


@mutant("INV-6")
class RepeatedConfirmationIsRefused(CentralCore):
    """A confirmation that comes again, its answer being lost, is refused as too late."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
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

    def view_request(self, operation: ops.ViewPairingRequest, call: CentralCall) -> bases.View:
        return replace(super().view_request(operation, call), state=RequestState.PENDING.value)


@mutant("INV-9")
class RequestLeavesWithItsHost(EdgeCore):
    """A request is followed no more once the host that sent it has no node of the cluster."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        site = self.slot_state(slot)
        cluster = site.cluster if site else None
        if cluster is None or request.host_uid in cluster.host_uids():
            yield from super().follow_pending(slot, request)


@mutant("INV-9")
class UnansweredSubmissionIsForgotten(EdgeCore):
    """A submission that was not answered counts as one that never arrived."""

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if point == "submitting" and isinstance(reply, ops.Unknown):
            return NotDelivered(reply.why)
        return reply


@mutant("INV-9")
class HostNeverHearsOfARejection(RejectionIsNotHeard):
    """The host takes no notice of a rejection, and shows the request as pending for ever."""


@mutant("INV-10")
class PairedClusterIsStillChangedLocally(EdgeCore):
    """Local operations still take effect once the cluster is paired."""

    def require_local(self, site: SlotState) -> None: ...


@mutant("INV-10")
class LocalChangeIsQueued(EdgeCore):
    """A change of tags that follows another one is made 600 ms later, whoever manages by then."""

    queued = Memory[dict[str, tuple[int, dict[str, str]]]](dict)
    changed = Memory[dict[str, bool]](dict)

    def perform(self, operation: ops.LocalOperation, call: EdgeCall) -> EdgeFlow:
        for slot, (due, tags) in list(self.queued.items()):
            site = self.slot_state(slot)
            if call.now >= due:
                del self.queued[slot]
                if site is not None and site.cluster is not None:
                    self.store.put(replace(site, cluster=replace(site.cluster, tags=tags)))
        return (yield from super().perform(operation, call))

    def patch_named_cluster(
        self, operation: ops.PatchNamedCluster, call: EdgeCall
    ) -> ops.Acknowledged:
        site = self.changeable(operation, call)
        tags = {**self.named(site, operation.cluster_name).tags, **operation.tags}
        if site.slot not in self.changed:
            self.changed[site.slot] = True
            return super().patch_named_cluster(operation, call)
        self.queued[site.slot] = (call.now + 600_000, tags)
        return ops.Acknowledged("the change was taken")


# --- what a restart of the central side undoes ---------------------------------------------------
@mutant("ACC-14")
class PairedIsPendingAfterARestart(bases.WakesPending):
    """The request of a paired cluster is pending again when Palette has restarted."""

    was = RequestState.PAIRED


@mutant("ACC-14")
class AcceptedIsPendingAfterARestart(bases.WakesPending):
    """A request whose host has still to confirm is pending again when Palette has restarted."""

    was = RequestState.HANDING_OVER


@mutant("ACC-12")
class AcceptancesEndInARestart(bases.Wakes):
    """An acceptance that its host has not confirmed has failed when Palette has restarted."""

    def wake(self) -> None:
        for request in list(self.store.every(PairingRequest)):
            if request.state is RequestState.HANDING_OVER:
                self.store.put(replace(request, state=RequestState.FAILED))
                self.store.delete(CentralCluster, request.cluster_uid)


@mutant("WDR-3")
class WithdrawnIsPendingAfterARestart(bases.WakesPending):
    """A request that its host has withdrawn is pending again when Palette has restarted."""

    was = RequestState.WITHDRAWN


@mutant("ACC-6")
class ConfirmedValuesAreLostInARestart(bases.Wakes):
    """When Palette has restarted, a cluster bears again what its request brought along."""

    def wake(self) -> None:
        for cluster in list(self.store.every(CentralCluster)):
            request = self.store.get(PairingRequest, cluster.pairing_uid)
            if request is not None:
                own = request.cluster
                self.store.put(
                    replace(cluster, name=own.name, description=own.description, tags=own.tags)
                )


# --- what came earlier rules what comes later, at the edge ---------------------------------------
@mutant("WDR-3")
class FollowsWhatWasEnteredLast(EdgeCore):
    """A pending request is followed at the endpoint that was entered last, for whatever purpose."""

    def verify(self, operation: ops.VerifyConnection, call: EdgeCall) -> EdgeFlow:
        self.redirect(operation, call)
        return (yield from super().verify(operation, call))

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        self.redirect(operation, call)
        return (yield from super().send(operation, call))

    def redirect(self, operation: ops.PairingInput, call: EdgeCall) -> None:
        """Let the pending request have this endpoint."""
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        url = self.usable_entries(operation)
        if site.request is not None and bases.is_in(site, LocalState.PENDING):
            other = replace(site.request, base_url=url, insecure=bool(operation.insecure))
            self.store.put(replace(site, request=other))


@mutant("ACC-13")
class KeptLocalByAnEarlierCancel(bases.Remembers):
    """A cluster that has cancelled a request is not locked when a later one is paired."""

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().cancel(operation, call)
        if isinstance(reply, ops.Done):
            self.keep(bases.cluster_uid(self.site_of(call.host_uid)))
        return reply

    def require_local(self, site: SlotState) -> None:
        if bases.cluster_uid(site) not in self.kept:
            super().require_local(site)


@mutant("INV-1")
class FailedPairingStaysLocked(EdgeCore):
    """A cluster whose pairing has failed goes on refusing local operations."""

    def is_central(self, site: SlotState) -> bool:
        return bases.is_in(site, LocalState.FAILED) or super().is_central(site)


# --- and at the central side ---------------------------------------------------------------------
class KeepsTheFirst(bases.Keeps[PairingRequest]):
    """Keeps the first request of each cluster, by the uid that the cluster has locally."""

    def first(self, request: PairingRequest) -> PairingRequest:
        """The first request of the same cluster."""
        return self.keep(request.cluster.uid, request)


@mutant("SND-13")
class ProjectSticksToTheCluster(KeepsTheFirst):
    """A further request of a cluster goes to the project of its first one, whatever its token."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        answer = super().submit(operation, call)
        request = self.store.get(PairingRequest, answer.pairing_uid)
        if request is not None:
            project_uid = self.first(request).project_uid
            self.store.put(replace(request, project_uid=project_uid))
        return answer


@mutant("ACC-7")
class StackIsKeptByCluster(KeepsTheFirst):
    """The match goes by the stack that the cluster's first request carried."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        answer = super().submit(operation, call)
        request = self.store.get(PairingRequest, answer.pairing_uid)
        if request is not None:
            self.first(request)
        return answer

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        old = replace(request.cluster, stack=self.first(request).cluster.stack)
        return super().matched(replace(request, cluster=old), selection)


@mutant("ACC-12")
class DeadlineOfTheFirstAcceptance(KeepsTheFirst):
    """An acceptance that ran out leaves its deadline behind for the cluster's next one."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        accepted = super().accept(operation, call)
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None:
            self.first(request)
        return accepted

    def handover_is_over(self, request: PairingRequest, now: int) -> bool:
        if request.state is not RequestState.HANDING_OVER:
            return False
        return now >= self.first(request).accepted_at + self.choices.handover


@mutant("ACC-12")
class RegisteredByName(CentralCore):
    """A cluster that is registered takes the place of the one of its name in the project."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
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
class RefusedAcceptLeavesItsEntries(bases.AfterRefusal):
    """What was entered for an acceptance stays in the request when its match is refused."""

    decision = ops.AcceptPairingRequest

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        if refused.reason is not Reason.PROFILES_MISMATCH:
            return
        entered = {
            field: value
            for field in ("name", "description", "tags")
            if (value := getattr(operation, field, None)) is not None
        }
        self.store.put(replace(request, cluster=replace(request.cluster, **entered)))


# --- in sequences that are drawn -----------------------------------------------------------------
class KeepsTheLockOfARefusedAcceptance(bases.Keeps[bool]):
    """A request whose acceptance was refused stays locked until Palette is restarted."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        try:
            return super().accept(operation, call)
        except Refusal:
            self.keep(operation.pairing_uid, True)
            raise


@mutant("REJ-1", lane=Lane.EXPLORE)
class CannotBeRejectedAfterARefusedAcceptance(KeepsTheLockOfARefusedAcceptance):
    """A request whose acceptance was refused cannot be rejected until Palette is restarted."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        if operation.pairing_uid in self.kept:
            raise bases.busy()
        return super().reject(operation, call)


@mutant("WDR-3", lane=Lane.EXPLORE)
class CannotBeWithdrawnAfterARefusedAcceptance(KeepsTheLockOfARefusedAcceptance):
    """A request whose acceptance was refused goes on waiting when its cluster has cancelled it."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        if operation.pairing_uid in self.kept:
            raise bases.busy()
        return super().withdraw(operation, call)


@mutant("INV-2", lane=Lane.EXPLORE)
class UnknownWithdrawalEndsWhatCameLast(CentralCore):
    """The withdrawal of a submission that never came ends what another cluster sent last."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        about = operation.local_cluster_uid
        by_secret = submission_key(about, operation.cluster_token)
        if not operation.pairing_uid and self.submitted(by_secret, call.now) is None:
            waiting = [
                r
                for r in self.store.every(PairingRequest)
                if r.state is RequestState.PENDING and r.cluster.uid != about
            ]
            for request in waiting[-1:]:
                self.step(request, RequestEvent.WITHDRAW)
        return super().withdraw(operation, call)


@mutant("PRE-4", lane=Lane.EXPLORE)
class UnansweredSendIsRepeated(bases.Remembers):
    """A send after one that was not answered goes with the token that was entered then."""

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        uid = bases.cluster_uid(self.site_of(call.host_uid))
        entered = replace(operation, token=self.kept.pop(uid, operation.token))
        reply = yield from super().send(entered, call)
        if isinstance(reply, Refused) and reply.reason is Reason.HOST_UNREACHABLE:
            self.kept[uid] = entered.token
        return reply


# --- on the walk again: what comes late or again, or is answered with an error -------------------
@mutant("INV-9", lane=Lane.INTERLEAVING, found_by="send-and-cancel")
class ADecidedSubmissionIsNewAgain(CentralCore):
    """A submission that comes once more, when its request is decided, is admitted as another."""

    def repeated(self, operation: ops.SubmitPairing, now: int) -> PairingRequest | None:
        known = super().repeated(operation, now)
        return known if known is not None and known.state not in DECIDED else None


@mutant("INV-2", lane=Lane.INTERLEAVING, found_by="overtaken")
class TheLastToComeReplacesTheRest(CentralCore):
    """A submission ends whatever else of its cluster waits, even what was sent after it."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        admitted = super().submit(operation, call)
        of_cluster = self.store.find(PairingRequest, "open_of_cluster", operation.cluster.uid)
        for request in list(of_cluster):
            if request.pairing_uid != admitted.pairing_uid:
                self.step(request, RequestEvent.WITHDRAW)
        return admitted


@mutant("INV-9", lane=Lane.INTERLEAVING, found_by="cancel-while-sending")
class ForgetsWhatWasOvertaken(bases.Wakes):
    """After a restart of Palette a submission that its withdrawal has overtaken is admitted."""

    def wake(self) -> None:
        for ended in list(self.store.every(EndedSubmission)):
            self.store.delete(EndedSubmission, ended.submission)


@mutant("INV-1", lane=Lane.INTERLEAVING, found_by="handed-over")
class GivesUpOnAnErrorToItsConfirmation(EdgeCore):
    """A host whose confirmation was answered with an internal error stays locally managed."""

    def ends_handover(self, reply: LinkReply) -> bool:
        return isinstance(reply, Refused)


@mutant("INV-9", lane=Lane.INTERLEAVING, found_by="cancel-while-sending")
class TakesAnErrorForARefusal(EdgeCore):
    """A submission that was answered with an internal error is taken for one without effect."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        if isinstance(reply, Refused) and reply.reason is Reason.INTERNAL:
            reply = NotDelivered(reply.message)
        return super().admitted(host_uid, request, reply)


def _is_busy(reply: LinkReply) -> bool:
    return isinstance(reply, Refused) and reply.reason is Reason.RATE_LIMITED


# --- what is late, and what comes once more ------------------------------------------------------
@mutant("INV-9")
class AdmitsOnceMoreWhatWasDecided(ADecidedSubmissionIsNewAgain):
    """A submission that comes once more when its request is decided makes another request."""


@mutant("INV-9")
class ForgetsInARestartWhatEndedBeforeItCame(ForgetsWhatWasOvertaken):
    """A withdrawal that has overtaken its submission is forgotten when Palette restarts."""


@mutant("INV-9")
class ALateSubmissionEndsTheNext(bases.Performs):
    """A submission that is refused ends what its cluster has sent since all the same."""

    def after(self, operation: ops.Operation, reply: ops.KnownReply) -> None:
        if isinstance(operation, ops.SubmitPairing) and isinstance(reply, Refused):
            with self.store.transaction():
                for request in list(self.store.find(PairingRequest, "any_open", "yes")):
                    if request.cluster.uid == operation.cluster.uid:
                        self.step(request, RequestEvent.WITHDRAW)


# --- a busy Palette ------------------------------------------------------------------------------
@mutant("INV-9")
class TakesABusyPaletteForAnEnd(EdgeCore):
    """A host whose question is answered with 429 takes its request for failed."""

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        return LocalEvent.LEARNED_FAILED if _is_busy(reply) else super().event_of(reply)


@mutant("INV-9")
class WaitsForEverWhereItIsToldToWait(bases.Remembers):
    """A host whose question is answered with 429 asks no more until it is restarted."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if request.pairing_uid not in self.kept:
            yield from super().follow_pending(slot, request)

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if point == "polling" and _is_busy(reply):
            self.keep(request.pairing_uid)
        return reply


@mutant("INV-9")
class TakesABusyPaletteForAYes(EdgeCore):
    """A confirmation that is answered with 429 counts as heard."""

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if point == "confirming" and _is_busy(reply):
            return ops.Done(ops.PollAnswer(RequestState.PAIRED.value))
        return reply


@mutant("INV-9")
class MeansToSubmitLater(EdgeCore):
    """A request whose submission is answered with 429 counts as pending, and is never submitted."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        if isinstance(reply, Refused) and _is_busy(reply):
            return reply
        return super().admitted(host_uid, request, reply)


@mutant("INV-9")
class NeverForgetsABusyPalette(bases.Remembers):
    """An endpoint that was busy at a check of the connection is no Palette from then on."""

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        key = f"{bases.cluster_uid(site)} {url}"
        if key in self.kept:
            return f"{entries.endpoint} is no Palette"
        why = yield from super().unreachable(site, url, entries)
        if "too many requests" in why:
            self.keep(key)
        return why
