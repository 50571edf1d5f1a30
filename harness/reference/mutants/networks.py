"""Planted defects that show only where networks are hostile: errors in place of answers, links that
are half open, copies that come late, and reads that lag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.domain.flows import AgentFlow, agent_follows
from harness.domain.match import MatchResult
from harness.domain.pairing import LocalState, RequestEvent, RequestState
from harness.reference.core import records
from harness.reference.core.central import CentralCall
from harness.reference.core.edge_flows import Carrying, EdgeCore, Work
from harness.reference.core.link import LinkReply
from harness.reference.mutants import bases
from harness.reference.mutants.fleet import MINUTE, SECOND, Timed, TimedEdge
from harness.reference.planting import Lane, Nemesis, mutant


# --- the central side ----------------------------------------------------------------------------
@mutant("INV-9", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.REPEATED_LATE)
class LateCopyOfASubmissionIsAnother(Timed):
    """A submission that comes again ten seconds later becomes another request."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        known = self.repeated(operation, call.now)
        if known is None or call.now < known.created + 10 * SECOND:
            return super().submit(operation, call)
        uid = self.new_pairing_uid(call.draws)
        again = replace(known, pairing_uid=uid, state=RequestState.PENDING, cluster_uid="")
        self.store.put(replace(again, created=call.now))
        return ops.PairingId(uid)


@mutant("INV-8", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.REPEATED_LATE)
class LateCopyOfAWithdrawalEndsTheNext(Timed):
    """A withdrawal that comes again ten seconds later ends what its cluster has sent since."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        at, event, _ = self.stepped.get(operation.pairing_uid, (call.now, None, None))
        was = event is RequestEvent.WITHDRAW and not operation.ended
        if was and call.now > at + 10 * SECOND:
            about = operation.local_cluster_uid
            for request in list(self.store.find(records.PairingRequest, "open_of_cluster", about)):
                self.step(request, RequestEvent.WITHDRAW)
            return ops.Acknowledged("the pairing request was withdrawn")
        return super().withdraw(operation, call)


@mutant("INV-1", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.DECISION_REPEATED_LATE)
class LateCopyOfAnAcceptanceBeginsAgain(Timed):
    """An acceptance that comes again half a minute later begins the handover anew."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        request = self.visible(operation.pairing_uid, self.scope_of(call), call.now)
        is_late = call.now > request.accepted_at + 30 * SECOND
        cluster = self.store.get(records.CentralCluster, request.cluster_uid)
        if request.state is not RequestState.PAIRED or not is_late or cluster is None:
            return super().accept(operation, call)
        handed = replace(request, state=RequestState.HANDING_OVER, accepted_at=call.now)
        self.store.put(handed)
        self.store.put(replace(cluster, confirmed=False))
        return ops.Accepted(cluster.uid)


@mutant("INV-6", lane=Lane.FLEET, found_by="bad-gateway", nemesis=Nemesis.DECISION_DELAYED)
class LateAcceptanceGoesByItsMatch(Timed, bases.Keeps[int]):
    """An acceptance that comes half a minute after its match goes by the state of that time."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        self.kept[operation.pairing_uid] = call.now
        return super().match(operation, call)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        request = self.visible(operation.pairing_uid, self.scope_of(call), call.now)
        matched = self.kept.get(request.pairing_uid, call.now)
        if request.state is RequestState.REJECTED and call.now > matched + MINUTE // 2:
            self.store.put(replace(request, state=RequestState.PENDING))
        return super().accept(operation, call)


@mutant("INV-8", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.REPEATED_LATE)
class LateCopyOfAConfirmationWritesBack(Timed, bases.Keeps[Mapping[str, str]]):
    """A confirmation that comes again gives its cluster the tags of the time when it was paired."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        cluster = self.store.get(records.CentralCluster, request.cluster_uid)
        if cluster is not None:
            tags = self.keep(cluster.uid, cluster.tags)
            if request.state is RequestState.PAIRED and tags != cluster.tags:
                self.store.put(replace(cluster, tags=tags))
        return super().confirm(operation, call)


# --- the edge ------------------------------------------------------------------------------------
def is_error(reply: LinkReply) -> bool:
    """Whether it was an internal error that answered."""
    return isinstance(reply, Refused) and reply.reason is Reason.INTERNAL


class InARow(bases.Remembers):
    """Counts what comes in a row, by what it is about."""

    def in_a_row(self, about: str, *, is_so: bool) -> int:
        """How often it was so since it was last not."""
        self.kept[about] = f"{self.kept.get(about, '')}x" if is_so else ""
        return len(self.kept[about])


@mutant("INV-8", lane=Lane.FLEET, found_by="bad-gateway", nemesis=Nemesis.ERRORS)
class ThreeErrorsAreARejection(InARow):
    """A host whose question is answered with an error for the third time takes that for a no."""

    def carried(self, point: str, request: records.LocalRequest, flow: AgentFlow) -> Carrying:
        reply = yield from super().carried(point, request, flow)
        asked, is_so = point == "polling", is_error(reply)
        if asked and self.in_a_row(request.pairing_uid, is_so=is_so) >= 3:
            return ops.Done(ops.PollAnswer(RequestState.REJECTED.value))
        return reply


@mutant("INV-9", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.HALF_OPEN)
class DeadConnectionIsKept(InARow):
    """A host waits for ever on a connection over which four questions were not answered."""

    def follow_pending(self, slot: str, request: records.LocalRequest) -> Work:
        if len(self.kept.get(request.pairing_uid, "")) < 4:
            yield from super().follow_pending(slot, request)

    def carried(self, point: str, request: records.LocalRequest, flow: AgentFlow) -> Carrying:
        reply = yield from super().carried(point, request, flow)
        if point == "polling":
            self.in_a_row(request.pairing_uid, is_so=isinstance(reply, ops.Unknown))
        return reply


@mutant("INV-1", lane=Lane.FLEET, found_by="bad-gateway", nemesis=Nemesis.STALE)
class StaleAnswerUndoesThePairing(EdgeCore):
    """A host that has confirmed asks once more, and is local again if it is not told so."""

    def follow_confirming(self, slot: str, request: records.LocalRequest) -> Work:
        yield from super().follow_confirming(slot, request)
        site = self.slot_state(slot)
        if site is None or site.request is None or not bases.is_in(site, LocalState.PAIRED):
            return
        flow = agent_follows(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("asking again", request, flow)
        value = reply.value if isinstance(reply, ops.Done) else None
        site = self.slot_state(slot)
        if site and isinstance(value, ops.PollAnswer) and value.state != RequestState.PAIRED.value:
            self.store.put(replace(site, request=None))


@mutant("INV-1", lane=Lane.FLEET, found_by="bad-gateway", nemesis=Nemesis.ERRORS)
class ThreeErrorsAreAYes(InARow):
    """A host whose confirmation is answered with an error for the third time takes it for yes."""

    def carried(self, point: str, request: records.LocalRequest, flow: AgentFlow) -> Carrying:
        reply = yield from super().carried(point, request, flow)
        told, is_so = point == "confirming", is_error(reply)
        if told and self.in_a_row(request.pairing_uid, is_so=is_so) >= 3:
            return ops.Done(ops.PollAnswer(RequestState.PAIRED.value))
        return reply


@mutant("INV-7", lane=Lane.FLEET, found_by="half-open", nemesis=Nemesis.HALF_OPEN)
class UnansweredPollWritesBackTheCluster(TimedEdge):
    """A host whose question was not answered puts its cluster back to how it was when it asked."""

    def follow_pending(self, slot: str, request: records.LocalRequest) -> Work:
        before, began = self.slot_state(slot), self.now
        yield from super().follow_pending(slot, request)
        site = self.slot_state(slot)
        if before is not None and site is not None and self.now > began + 5 * SECOND:
            self.store.put(replace(site, cluster=before.cluster))
