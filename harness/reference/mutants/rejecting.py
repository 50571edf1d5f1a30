"""Planted defects: rejections, and what comes after one (REJ-1, REJ-4 to REJ-7, WDR-5)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.pairing import LocalEvent, LocalState, RequestEvent, RequestState
from harness.domain.permission import PairPermission
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Carrying, EdgeCore, Work
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.records import CentralCluster, LocalRequest, PairingRequest, SlotState
from harness.reference.mutants import bases
from harness.reference.planting import Memory, mutant


# --- a pending request (REJ-1) -------------------------------------------------------------------
@mutant("REJ-1")
class RejectOnlySaysSo(CentralCore):
    """A reject is acknowledged, and nothing is done."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        scope = self.authorise(call, PairPermission.DELETE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state is not RequestState.PENDING:
            raise self.already_decided(request)
        return ops.Acknowledged("the pairing request was rejected")


@mutant("REJ-1")
class RejectTakesTheFirst(CentralCore):
    """A reject takes the oldest pending request, whichever is named."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        pending = self.open_requests(call.credentials.project_uid)
        if operation.pairing_uid in {request.pairing_uid for request in pending}:
            operation = replace(operation, pairing_uid=pending[0].pairing_uid)
        return super().reject(operation, call)


@mutant("REJ-1")
class RejectedIsPendingAfterARestart(bases.WakesPending):
    """A request that was rejected is pending again when Palette has restarted."""

    was = RequestState.REJECTED


@mutant("REJ-1")
class RejectWaitsForTheHost(bases.Keeps[bool]):
    """A reject takes effect when the host asks for its request the next time."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        scope = self.authorise(call, PairPermission.DELETE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state is not RequestState.PENDING or request.pairing_uid in self.kept:
            raise self.already_decided(request)
        self.kept[request.pairing_uid] = True
        return ops.Acknowledged("the pairing request was rejected")

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        pending = request.state is RequestState.PENDING
        if pending and request.pairing_uid in self.kept:
            self.step(request, RequestEvent.REJECT)
        return super().poll(operation, call)


# --- what is listed afterwards (REJ-4, REJ-5) ----------------------------------------------------
@mutant("REJ-4")
class LastRequestCannotLeave(CentralCore):
    """A reject of the only request that is left is acknowledged, and the request stays."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        scope = self.authorise(call, PairPermission.DELETE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state is RequestState.PENDING and len(self.open_requests(scope)) == 1:
            return ops.Acknowledged("the pairing request was rejected")
        return super().reject(operation, call)


@mutant("REJ-4")
class EmptyListShowsTheLastOne(bases.Keeps[ops.PairingList]):
    """When nothing is pending any more, the list shows what it has shown before."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        pending = self.open_requests(call.credentials.project_uid)
        answer = super().reject(operation, call)
        self.kept[call.credentials.project_uid] = ops.PairingList(tuple(map(self._item, pending)))
        return answer

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        listed = super().list_requests(operation, call)
        return listed if listed.items else self.kept.get(self.scope_of(call), listed)


class RejectsMore(CentralCore):
    """Rejects a request and others with it."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        answer = super().reject(operation, call)
        rejected = self.store.get(PairingRequest, operation.pairing_uid)
        for request in self.open_requests(call.credentials.project_uid):
            if rejected is not None and self.goes_with(request, rejected):
                self.step(request, RequestEvent.REJECT)
        return answer

    def goes_with(self, request: PairingRequest, rejected: PairingRequest) -> bool:
        """Whether a pending request is rejected as well."""
        raise NotImplementedError


@mutant("REJ-5")
class RejectTakesTheSameTags(RejectsMore):
    """A reject takes every pending request with the same name and the same tags."""

    def goes_with(self, request: PairingRequest, rejected: PairingRequest) -> bool:
        one, other = request.cluster, rejected.cluster
        return (one.name, one.tags) == (other.name, other.tags)


@mutant("WDR-5")
class RejectTakesTheSameCluster(RejectsMore):
    """A reject takes every pending request of the same cluster."""

    def goes_with(self, request: PairingRequest, rejected: PairingRequest) -> bool:
        return request.cluster.uid == rejected.cluster.uid


@mutant("REJ-5")
class RejectTakesWhatCameLater(RejectsMore):
    """A reject takes the requests with it that came after the one that is named."""

    def goes_with(self, request: PairingRequest, rejected: PairingRequest) -> bool:
        return request.created > rejected.created


@mutant("REJ-5")
class RejectTakesTheSameToken(RejectsMore):
    """A reject takes every pending request that was sent with the same token."""

    def goes_with(self, request: PairingRequest, rejected: PairingRequest) -> bool:
        return request.token_uid == rejected.token_uid


# --- a request that is not pending (REJ-6) -------------------------------------------------------
class RejectsAgain(CentralCore):
    """Acknowledges the reject of requests that are in certain states."""

    states: ClassVar[Container[RequestState]]

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        scope = self.authorise(call, PairPermission.DELETE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state in self.states:
            return self.again(request)
        return super().reject(operation, call)

    def again(self, request: PairingRequest) -> ops.Acknowledged:
        """What is done with a request in such a state."""
        return ops.Acknowledged("the pairing request was rejected")


@mutant("REJ-6")
class SecondRejectIsAcknowledged(RejectsAgain):
    """A second reject of a request is acknowledged like the first one."""

    states = (RequestState.REJECTED,)


@mutant("REJ-6")
class RejectOfAWithdrawnRequest(RejectsAgain):
    """A reject of a request that its host has withdrawn is acknowledged."""

    states = (RequestState.WITHDRAWN,)


@mutant("REJ-6")
class RejectTakesTheAcceptanceBack(RejectsAgain):
    """A reject of a request that is being handed over takes the acceptance back."""

    states = (RequestState.HANDING_OVER,)

    def again(self, request: PairingRequest) -> ops.Acknowledged:
        self.store.put(replace(request, state=RequestState.REJECTED))
        self.store.delete(CentralCluster, request.cluster_uid)
        return ops.Acknowledged("the pairing request was rejected")


@mutant("REJ-6")
class RejectUnregistersTheCluster(bases.AfterRefusal):
    """A reject of an accepted request is refused, and unregisters its cluster all the same."""

    decision = ops.RejectPairingRequest

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        self.store.delete(CentralCluster, request.cluster_uid)


@mutant("REJ-6")
class RejectOfAnUnknownRequest(CentralCore):
    """A reject of a request that never was is acknowledged."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        self.authorise(call, PairPermission.DELETE)
        if self.store.get(PairingRequest, operation.pairing_uid) is None:
            return ops.Acknowledged("there is no such pairing request any more")
        return super().reject(operation, call)


@mutant("REJ-6")
class EarlierIdRejectsTheNewRequest(CentralCore):
    """The id of a cluster's earlier request rejects the one that it has sent since."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        earlier = self.store.get(PairingRequest, operation.pairing_uid)
        for request in self.open_requests(call.credentials.project_uid):
            if earlier is not None and request.cluster.uid == earlier.cluster.uid:
                operation = replace(operation, pairing_uid=request.pairing_uid)
        return super().reject(operation, call)


@mutant("REJ-6")
class RefusedRejectTakesTheOthers(bases.AfterRefusal):
    """A reject of a request that was withdrawn is refused, and takes the pending ones instead."""

    decision = ops.RejectPairingRequest

    def goes_on(self, request: PairingRequest, operation: bases.Decision, refused: Refused) -> None:
        if request.state is RequestState.WITHDRAWN:
            for pending in self.open_requests(request.project_uid):
                self.step(pending, RequestEvent.REJECT)


# --- a request whose host has gone silent (WDR-5) ------------------------------------------------
@mutant("WDR-5")
class ListHasTheNewestOfEachCluster(CentralCore):
    """A list of all requests has no more than the one that each cluster has sent last."""

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        listed = super().list_requests(operation, call).items
        newest = {item.local_cluster_uid: item for item in listed}
        return ops.PairingList(listed if operation.local_cluster_uid else tuple(newest.values()))


@mutant("WDR-5")
class SilentHostsRequestIsForgotten(CentralCore):
    """A request whose host has not asked for it for a day is not found any more."""

    def visible(self, pairing_uid: str, scope: str, now: int) -> PairingRequest:
        request = super().visible(pairing_uid, scope, now)
        if request.state is RequestState.PENDING and now >= request.created + bases.DAY:
            raise self.no_request(pairing_uid)
        return request


@mutant("WDR-5")
class RejectNeedsAHostThatAsks(bases.Keeps[bool]):
    """A reject is refused unless the request's host has asked since Palette was started."""

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        self.kept[operation.pairing_uid] = True
        return super().poll(operation, call)

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        scope = self.authorise(call, PairPermission.DELETE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.pairing_uid not in self.kept:
            raise Refusal(Reason.CONFLICT, "the host of this request cannot be reached")
        return super().reject(operation, call)


# --- after a reject (REJ-7) ----------------------------------------------------------------------
@mutant("REJ-7")
class RejectedClusterIsCentral(EdgeCore):
    """A cluster counts as centrally managed once its request was decided, also if rejected."""

    def is_central(self, site: SlotState) -> bool:
        return super().is_central(site) or bases.is_in(site, LocalState.REJECTED)


@mutant("REJ-7")
class RejectedClusterSendsNoMore(EdgeCore):
    """A cluster that was rejected cannot send a new request."""

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if bases.is_in(site, LocalState.REJECTED):
            raise bases.busy()
        return site


@mutant("REJ-7")
class TwoRejectionsAreEnough(bases.Remembers):
    """A cluster that was rejected twice cannot send a third request."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        if event is LocalEvent.LEARNED_REJECTED:
            uid = bases.cluster_uid(site)
            self.kept[uid] = f"{self.kept.get(uid, '')}x"
        super().learned(site, request, event)

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if len(self.kept.get(bases.cluster_uid(site), "")) > 1:
            raise bases.busy()
        return site


@mutant("REJ-7")
class ListOfRejectionsIsFull(bases.Remembers):
    """Rejected requests are kept in a list of five; once it is full, no further one can be sent."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        if event is LocalEvent.LEARNED_REJECTED:
            self.keep(request.pairing_uid, bases.cluster_uid(site))
        super().learned(site, request, event)

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if list(self.kept.values()).count(bases.cluster_uid(site)) >= 5:
            raise bases.busy()
        return site


@mutant("REJ-7")
class RejectionIsNotHeard(EdgeCore):
    """A host takes a rejected request for one that still waits."""

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        event = super().event_of(reply)
        return None if event is LocalEvent.LEARNED_REJECTED else event


@mutant("REJ-7")
class LostLinkEndsTheFollowing(bases.Remembers):
    """A host that could not ask about its request once does not ask again."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        answer = yield self.call("polling", request, ops.Probe())
        if isinstance(answer.reply, NotDelivered):
            self.keep(request.pairing_uid)
        if request.pairing_uid not in self.kept:
            yield from super().follow_pending(slot, request)


@mutant("REJ-7")
class RejectedClusterKeepsItsStack(EdgeCore):
    """After a reject the cluster's profiles cannot be changed; all else can."""

    def update_stack(self, operation: ops.UpdateStack, call: EdgeCall) -> ops.Acknowledged:
        if bases.is_in(self.changeable(operation, call), LocalState.REJECTED):
            raise bases.busy()
        return super().update_stack(operation, call)


@mutant("REJ-7")
class RestartForgetsTheRejection(EdgeCore):
    """After a restart of the edge a rejected request is pending again, and is not asked about."""

    def recover(self) -> None:
        super().recover()
        for site in [s for s in self.store.every(SlotState) if bases.is_in(s, LocalState.REJECTED)]:
            if site.request is not None:
                pending = replace(site.request, state=LocalState.PENDING, message="")
                self.store.put(replace(site, request=pending))

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if request.message:
            yield from super().follow_pending(slot, request)


class _RejectionIsOvertaken(EdgeCore):
    """An answer that was under way when the request was rejected comes later, and is taken over."""

    at = Memory[dict[str, int]](dict)
    after = 0
    """How long it takes from the first time that Local UI is asked, in microseconds."""

    def perform(self, operation: ops.LocalOperation, call: EdgeCall) -> EdgeFlow:
        for site in [s for s in self.store.every(SlotState) if bases.is_in(s, LocalState.REJECTED)]:
            request = site.request
            began = self.at.setdefault(request.pairing_uid, call.now) if request else call.now
            if request and call.now >= began + self.after:
                pending = replace(request, state=LocalState.PENDING, message="")
                self.store.put(replace(site, request=pending))
        return (yield from super().perform(operation, call))

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if request.message:
            yield from super().follow_pending(slot, request)


@mutant("REJ-7")
class OldAnswerUndoesTheRejection(_RejectionIsOvertaken):
    """A rejected request is pending again 150 ms later, for good: an old answer came last."""

    after = 150_000


@mutant("REJ-7S")
class RejectedIsShownAtFirstAlone(_RejectionIsOvertaken):
    """Local UI shows a request as rejected for 100 ms, and then as pending for good."""

    after = 100_000


@mutant("REJ-7")
class RejectionReachesTheNeighbours(EdgeCore):
    """A rejection of one cluster's request ends the pending requests of the others locally."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        super().learned(site, request, event)
        if event is LocalEvent.LEARNED_REJECTED:
            for other in [
                s for s in self.store.every(SlotState) if bases.is_in(s, LocalState.PENDING)
            ]:
                if other.request is not None:
                    super().learned(other, other.request, event)


@mutant("REJ-7S")
class RejectionIsSilent(EdgeCore):
    """A request that was rejected is gone from Local UI without a word."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        if event is LocalEvent.LEARNED_REJECTED:
            self.store.put(replace(site, request=None))
        else:
            super().learned(site, request, event)


@mutant("REJ-7S")
class RejectionIsAFailure(EdgeCore):
    """A request that was rejected is shown as failed."""

    def view_of(self, request: LocalRequest) -> ops.PairingView:
        view = super().view_of(request)
        rejected = request.state is LocalState.REJECTED
        return replace(view, status=LocalState.FAILED.value) if rejected else view


@mutant("REJ-7S")
class LateRejectionIsAFailure(EdgeCore):
    """A rejection that the host hears of only when its link is back is shown as a failure."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        late = event is LocalEvent.LEARNED_REJECTED and request.pairing_uid in self._cut_off
        super().learned(site, request, LocalEvent.LEARNED_FAILED if late else event)

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if isinstance(reply, NotDelivered):
            self._cut_off |= {request.pairing_uid}
        return reply

    _cut_off: frozenset[str] = frozenset()
