"""The rules of the edge that need the other side: verify, send, cancel, and following up."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

from harness.domain import operations as ops
from harness.domain import pairing
from harness.domain.cluster import ClusterState
from harness.domain.errors import IllegalTransition, Reason, Refusal, Refused
from harness.reference.core.choices import AfterOfflineCancel, EdgeChoices, SecondSend
from harness.reference.core.edge import EdgeCall, EdgeFlow, EdgeRules
from harness.reference.core.link import Call, LinkReply, NotDelivered, TimedReply
from harness.reference.core.records import LocalRequest, OwedWithdrawal, SlotState
from harness.reference.core.store import Store

Work = Generator[Call, TimedReply, None]
Probing = Generator[Call, TimedReply, str]
Carrying = Generator[Call, TimedReply, LinkReply]
Begun = tuple[LocalRequest, ops.SubmitPairing]
"""A request as it is written down, and the submission that carries it."""

_LEARNED: Mapping[str, pairing.LocalEvent] = {
    pairing.RequestState.HANDING_OVER: pairing.LocalEvent.LEARNED_ACCEPTED,
    pairing.RequestState.PAIRED: pairing.LocalEvent.LEARNED_ACCEPTED,
    pairing.RequestState.REJECTED: pairing.LocalEvent.LEARNED_REJECTED,
    pairing.RequestState.WITHDRAWN: pairing.LocalEvent.LEARNED_WITHDRAWN,
    pairing.RequestState.FAILED: pairing.LocalEvent.LEARNED_FAILED,
}
_MESSAGES = {
    pairing.LocalState.PENDING: "the pairing request waits for a decision in Palette",
    pairing.LocalState.CONFIRMING: "the pairing request was accepted",
    pairing.LocalState.PAIRED: "the cluster is paired: Palette manages it",
    pairing.LocalState.REJECTED: "the pairing request was rejected in Palette",
    pairing.LocalState.FAILED: "the pairing request failed: the cluster stays locally managed",
}


class EdgeCore(EdgeRules):
    """Every rule of the edge."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.calling: Mapping[type, Callable[[Any, EdgeCall], EdgeFlow]] = {
            ops.VerifyConnection: self.verify,
            ops.SendPairingRequest: self.send,
            ops.CancelPairingRequest: self.cancel,
        }

    def perform(self, operation: ops.LocalOperation, call: EdgeCall) -> EdgeFlow:
        """One operation as a flow of calls; its return value is the reply.

        Raises:
            Refusal: a rule said no. What was committed at an earlier call stays.
        """
        calling = self.calling.get(type(operation))
        if calling is not None:
            return (yield from calling(operation, call))
        return ops.Done(self.plain[type(operation)](operation, call))

    # --- verify -----------------------------------------------------------------------

    def verify(self, operation: ops.VerifyConnection, call: EdgeCall) -> EdgeFlow:
        """Can every host of the cluster reach Palette (PRE-5, PRE-5S)?"""
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        self.cluster_at(site)
        url = self.usable_entries(operation)
        why = yield from self.unreachable(site, url, operation)
        message = why or "every host of the cluster reaches Palette"
        return ops.Done(ops.Verification(not why, message))

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        """Which host cannot reach the endpoint and why; empty when all can (PRE-5, PRE-6)."""
        for host_uid in self.hosts_to_probe(site):
            answer = yield Call("probing", host_uid, url, bool(entries.insecure), ops.Probe())
            if not isinstance(answer.reply, ops.Done):
                why = why_not(answer.reply)
                return f"host {host_uid} cannot reach {entries.endpoint}: {why}"
        return ""

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        """Every host of the cluster (PRE-5)."""
        return self.cluster_at(site).host_uids()

    # --- send -------------------------------------------------------------------------

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        """Send the pairing request, if everything that it needs is given."""
        site = self.sendable(operation, call)
        url = self.usable_entries(operation)
        earlier = self.pending(site)
        if earlier is not None and self.choices.second_send is SecondSend.SAME:
            return ops.Done(ops.PairingId(earlier.pairing_uid))
        self.require_nothing_pending(earlier)
        why = yield from self.unreachable(site, url, operation)
        if why:
            raise Refusal(Reason.HOST_UNREACHABLE, why)
        if earlier is not None:
            yield from self.end(site.slot, earlier)
        request, submission = self.begin(operation, call, url)
        reply = yield from self.carried("submitting", request, submission)
        return self.admitted(call.host_uid, request, reply)

    def pending(self, site: SlotState) -> LocalRequest | None:
        """The request that is pending at a site, if any."""
        request = site.request
        return request if request and request.state in pairing.PENDING_LOCALLY else None

    def require_nothing_pending(self, earlier: LocalRequest | None) -> None:
        """A second send while one is pending, where it is refused (SND-7)."""
        if earlier is not None and self.choices.second_send is SecondSend.REFUSE:
            raise Refusal(
                Reason.REQUEST_PENDING,
                f"the pairing request {earlier.pairing_uid} is pending: cancel it first",
                pairing_uid=earlier.pairing_uid,
            )

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        """Write down that a request is on its way, after looking at everything once more."""
        site = self.sendable(operation, call)
        if self.pending(site) is not None:
            raise Refusal(Reason.REQUEST_PENDING, "another pairing request is being sent")
        cluster = self.cluster_at(site)
        secret = f"{call.draws.bits128('cluster-token'):032x}"
        request = LocalRequest(
            pairing.LocalState.SUBMITTING,
            call.host_uid,
            operation.endpoint,
            url,
            bool(operation.insecure),
            secret,
        )
        self.store.put(replace(site, request=request))
        version, keyed = self.choices.agent_version, self.choices.keys_submissions
        key = f"{call.draws.bits128('submission-key'):032x}" if keyed else ""
        return request, ops.SubmitPairing(operation.token, secret, cluster, version, key)

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        """What the answer to a submission means here (SND-3, PRE-4)."""
        site = self.site_of(host_uid)
        mine = self.is_same(site.request, request)
        if isinstance(reply, ops.Done) and isinstance(reply.value, ops.PairingId):
            uid = reply.value.pairing_uid
            if mine:
                admitted = replace(request, pairing_uid=uid)
                self.put_state(site, admitted, pairing.LocalEvent.ADMITTED)
                return ops.Done(ops.PairingId(uid))
            return Refused(Reason.CONFLICT, "the pairing request was cancelled meanwhile")
        if mine:
            self.store.put(replace(site, request=None))
        if isinstance(reply, Refused) and reply.reason is not Reason.INTERNAL:
            return reply
        if not isinstance(reply, NotDelivered):
            self.owe(self.site_of(host_uid), request)
        why = why_not(reply)
        return Refused(Reason.HOST_UNREACHABLE, f"Palette did not admit the request: {why}")

    # --- cancel -----------------------------------------------------------------------

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        """Withdraw the pending request, with or without the other side (WDR-3, WDR-4)."""
        request = self.cancellable(operation, call)
        slot = self.site_of(call.host_uid).slot
        yield from self.end(slot, request)
        try:
            self.require_not_accepted(self.site_of(call.host_uid))
        except Refusal as refusal:
            return refusal.refused  # raised, it would undo what the host has just learned
        return ops.Done(ops.Acknowledged("the pairing request was cancelled"))

    def end(self, slot: str, request: LocalRequest) -> Work:
        """End a request here, and tell the central side if it can be told."""
        reply = yield from self.inform(request, self.withdrawal(slot, request, ended=False))
        site = self.slot_state(slot)
        if site is None or not self.is_same(site.request, request):
            return
        if isinstance(reply, Refused) and reply.reason is Reason.ALREADY_ACCEPTED:
            self.learned(site, request, pairing.LocalEvent.LEARNED_ACCEPTED)
            return
        ended = replace(site, request=None)
        self.store.put(ended)
        if self.is_untold(reply):
            self.owe(ended, request)

    def is_untold(self, reply: LinkReply) -> bool:
        """Whether the withdrawal has still to be told, where that is chosen (WDR-8)."""
        told = isinstance(reply, ops.Done) or is_final(reply)
        return not told and self.choices.after_offline_cancel is AfterOfflineCancel.TELL

    def inform(self, request: LocalRequest, message: ops.WithdrawPairing) -> Carrying:
        """Inform Palette that the request is cancelled (WDR-3)."""
        return (yield from self.carried("cancelling", request, message))

    def withdrawal(self, slot: str, request: LocalRequest, *, ended: bool) -> ops.WithdrawPairing:
        """The message that withdraws a request."""
        site = self.slot_state(slot)
        uid = site.cluster.uid if site and site.cluster else ""
        return ops.WithdrawPairing(uid, request.cluster_token, request.pairing_uid, ended)

    def owe(self, site: SlotState, request: LocalRequest) -> None:
        """Write down that a withdrawal has still to be told (WDR-8)."""
        owed = OwedWithdrawal(
            request.host_uid,
            request.base_url,
            request.insecure,
            site.cluster.uid if site.cluster else "",
            request.cluster_token,
            request.pairing_uid,
        )
        self.store.put(replace(site, owed=(*site.owed, owed)))

    # --- following up -----------------------------------------------------------------

    def working_slots(self) -> list[str]:
        """The slots where an agent has something to follow up."""
        return [site.slot for site in self.store.find(SlotState, "work", "yes")]

    def follow(self, slot: str) -> Work:
        """One round of a site's agents: owed withdrawals, the request, then the cluster."""
        site = self.slot_state(slot)
        for owed in site.owed if site else ():
            yield from self.settle_debt(slot, owed)
        site = self.slot_state(slot)
        request = site.request if site else None
        if request is not None and request.state is pairing.LocalState.PENDING:
            yield from self.follow_pending(slot, request)
        site = self.slot_state(slot)
        request = site.request if site else None
        if request is not None and request.state is pairing.LocalState.CONFIRMING:
            yield from self.follow_confirming(slot, request)
        site = self.slot_state(slot)
        if site is not None and site.may_arrive:
            self.store.put(self.arrived(site))

    def arrived(self, site: SlotState) -> SlotState:
        """A cluster that was created runs; one that was deleted is gone, and its hosts are free."""
        cluster = site.cluster
        if cluster is not None and cluster.state is ClusterState.PROVISIONING:
            return replace(
                site, cluster=replace(cluster, state=ClusterState.RUNNING), changing=False
            )
        return SlotState(site.slot, site.host_uids, site.mode, owed=site.owed)

    def settle_debt(self, slot: str, owed: OwedWithdrawal) -> Work:
        """Tell a withdrawal that could not be told before (WDR-8)."""
        message = ops.WithdrawPairing(
            owed.local_cluster_uid, owed.cluster_token, owed.pairing_uid, ended=True
        )
        answer = yield Call("owing", owed.host_uid, owed.base_url, owed.insecure, message)
        site = self.slot_state(slot)
        if site is not None and (isinstance(answer.reply, ops.Done) or is_final(answer.reply)):
            self.store.put(replace(site, owed=tuple(o for o in site.owed if o != owed)))

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        """Ask what became of the request, and take it over (WDR-6, REJ-7S)."""
        question = ops.PollPairing(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("polling", request, question)
        event = self.event_of(reply)
        site = self.slot_state(slot)
        if event and site and self.is_same(site.request, request):
            self.learned(site, request, event)

    def event_of(self, reply: LinkReply) -> pairing.LocalEvent | None:
        """What a poll's answer says has happened; nothing while the request is pending."""
        if isinstance(reply, Refused) and reply.reason is Reason.NOT_FOUND:
            return pairing.LocalEvent.LEARNED_FAILED
        if isinstance(reply, ops.Done) and isinstance(reply.value, ops.PollAnswer):
            return _LEARNED.get(reply.value.state)
        return None

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        """Confirm, until the central side has said that it knows (ACC-12, INV-1)."""
        message = ops.ConfirmPairing(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("confirming", request, message)
        site = self.slot_state(slot)
        if site is None or not self.is_same(site.request, request):
            return
        if isinstance(reply, ops.Done) and isinstance(reply.value, ops.PollAnswer):
            self.taken_over(site, request, reply.value)
        elif self.ends_handover(reply):
            self.learned(site, request, pairing.LocalEvent.LEARNED_FAILED)

    def ends_handover(self, reply: LinkReply) -> bool:
        """Whether this answer to a confirmation means that the acceptance came to nothing."""
        return is_final(reply)

    def taken_over(self, site: SlotState, request: LocalRequest, answer: ops.PollAnswer) -> None:
        """The pairing has committed (ACC-13); the local name may follow (ACC-22)."""
        cluster = site.cluster
        if cluster is not None and self.choices.local_follows_central:
            cluster = replace(cluster, name=answer.name or cluster.name, tags=answer.tags)
        self.put_state(replace(site, cluster=cluster), request, pairing.LocalEvent.CONFIRMED)

    def learned(self, site: SlotState, request: LocalRequest, event: pairing.LocalEvent) -> None:
        """Take over what the central side decided."""
        if event is pairing.LocalEvent.LEARNED_WITHDRAWN:
            self.store.put(replace(site, request=None))
        else:
            self.put_state(site, request, event)

    def recover(self) -> None:
        """After a start: a submission that was in flight may or may not have arrived."""
        for site in self.store.every(SlotState):
            request = site.request
            if request is not None and request.state is pairing.LocalState.SUBMITTING:
                self.owe(replace(site, request=None), request)

    # --- small change -----------------------------------------------------------------

    def slot_state(self, slot: str) -> SlotState | None:
        """The site of a slot."""
        return self.store.get(SlotState, slot)

    def put_state(self, site: SlotState, request: LocalRequest, event: pairing.LocalEvent) -> None:
        """Take one edge of the edge's table of transitions."""
        try:
            state = pairing.next_local_state(request.state, event)
        except IllegalTransition as error:
            raise Refusal(Reason.CONFLICT, str(error)) from None
        stepped = replace(request, state=state, message=_MESSAGES.get(state, ""))
        self.store.put(replace(site, request=stepped))

    @staticmethod
    def is_same(found: LocalRequest | None, request: LocalRequest) -> bool:
        """Whether a request is still there as it was before a call."""
        return (
            found is not None
            and found.cluster_token == request.cluster_token
            and found.state is request.state
        )

    @staticmethod
    def call(point: str, request: LocalRequest, operation: ops.AgentOperation) -> Call:
        """A call about a request, from the host that sent it."""
        return Call(point, request.host_uid, request.base_url, request.insecure, operation)

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        """What comes back on the link of the host that sent the request."""
        answer = yield self.call(point, request, operation)
        return answer.reply


def is_final(reply: LinkReply) -> bool:
    """Whether a refusal will not change: the central side has decided otherwise."""
    final = (
        Reason.REQUEST_DECIDED,
        Reason.NOT_FOUND,
        Reason.ALREADY_ACCEPTED,
        Reason.NOTHING_PENDING,
    )
    return isinstance(reply, Refused) and reply.reason in final


def why_not(reply: LinkReply) -> str:
    """In a few words, why a message did not bring what it should."""
    if isinstance(reply, Refused):
        return reply.message
    return "" if isinstance(reply, ops.Done) else reply.why
