"""Planted defects: who cancels, and how a cancel ends a request (WDR-1 to WDR-7)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.cluster import ManagementMode
from harness.domain.errors import Reason, Refusal
from harness.domain.pairing import CENTRALLY_MANAGED, LocalEvent, LocalState, RequestState
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Begun, Carrying, EdgeCore, Work
from harness.reference.core.link import Call, LinkReply, NotDelivered, TimedReply
from harness.reference.core.records import (
    CentralCluster,
    LocalRequest,
    LoginSession,
    OwedWithdrawal,
    SlotState,
)
from harness.reference.mutants import bases
from harness.reference.planting import mutant


# --- who cancels ---------------------------------------------------------------------------------
class _CancelsFirst(EdgeCore):
    """Looks at a cancel before the rules do."""

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        self.authenticate(call)
        if self.is_fine_with(self.site_of(call.host_uid)):
            return ops.Done(ops.Acknowledged("the pairing request was cancelled"))
        return (yield from super().cancel(operation, call))

    def is_fine_with(self, site: SlotState) -> bool:
        """Whether there is nothing to do."""
        raise NotImplementedError


@mutant("WDR-1")
class NothingToCancelIsFine(_CancelsFirst):
    """A cancel succeeds on a cluster that never sent anything."""

    def is_fine_with(self, site: SlotState) -> bool:
        return site.request is None and not site.owed and not self.is_central(site)


@mutant("WDR-1")
class RejectedRequestIsCancelled(_CancelsFirst):
    """A request that was rejected can be cancelled, with success."""

    def is_fine_with(self, site: SlotState) -> bool:
        return bases.is_in(site, LocalState.REJECTED)


@mutant("WDR-1")
class UntoldCancelIsRepeated(_CancelsFirst):
    """A second cancel succeeds as long as Palette has not heard of the first."""

    def is_fine_with(self, site: SlotState) -> bool:
        return bool(site.owed)


@mutant("WDR-1")
class CancelAsksForNoLogin(EdgeCore):
    """A cancel asks for no session; everything else does."""

    def cancellable(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> LocalRequest:
        try:
            return super().cancellable(operation, call)
        except Refusal:
            request = self.pending(self.site_of(call.host_uid))
            if request is None:
                raise
            return request


@mutant("WDR-1")
class ExpiredSessionStillCancels(EdgeCore):
    """A session that has expired, or belongs to another cluster, is still good for a cancel."""

    def cancellable(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> LocalRequest:
        session = self.store.get(LoginSession, call.credentials.session)
        request = self.pending(self.site_of(call.host_uid))
        if session is not None and request is not None:
            return request
        return super().cancellable(operation, call)


@mutant("WDR-1")
class RefusedCancelIsTold(EdgeCore):
    """A cancel without a login is refused, after Palette has been told of it."""

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        site = self.site_of(call.host_uid)
        request = self.pending(site)
        if request is not None:
            yield from self.inform(request, self.withdrawal(site.slot, request, ended=False))
        return (yield from super().cancel(operation, call))


# --- with a link ---------------------------------------------------------------------------------
@mutant("WDR-3")
class CancelClearsBeforeItTells(EdgeCore):
    """A cancel clears the request locally first, and then finds nothing left to tell Palette."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        site = self.slot_state(slot)
        if site is not None:
            self.store.put(replace(site, request=None))
        site = self.slot_state(slot)
        left = self.pending(site) if site else None
        if left is not None:
            yield from super().end(slot, left)


@mutant("WDR-3")
class CancelIsForgottenByARestart(bases.Remembers):
    """The secret of a request is kept in memory, and after a restart no cancel is believed."""

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        self.keep(request.cluster_token)
        return request, submission

    def withdrawal(self, slot: str, request: LocalRequest, *, ended: bool) -> ops.WithdrawPairing:
        message = super().withdrawal(slot, request, ended=ended)
        known = message.cluster_token in self.kept
        return message if known else replace(message, cluster_token="")


@mutant("WDR-3")
class SiblingsLackTheSecret(bases.Remembers):
    """The secret of a request is on the host that sent it; others tell of a cancel without it."""

    def cancellable(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> LocalRequest:
        request = super().cancellable(operation, call)
        if request.host_uid != call.host_uid:
            self.keep(request.cluster_token)
        return request

    def withdrawal(self, slot: str, request: LocalRequest, *, ended: bool) -> ops.WithdrawPairing:
        message = super().withdrawal(slot, request, ended=ended)
        lacking = request.cluster_token in self.kept
        return replace(message, cluster_token="") if lacking else message


@mutant("WDR-3")
class SiblingsRefuseAndTell(EdgeCore):
    """A cancel at another host than the one that sent is refused, after Palette was told of it."""

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        request, slot = self.cancellable(operation, call), self.site_of(call.host_uid).slot
        if request.host_uid != call.host_uid:
            yield from self.inform(request, self.withdrawal(slot, request, ended=False))
            raise bases.busy()
        return (yield from super().cancel(operation, call))


@mutant("WDR-3")
class CancelWaitsForTheNextPoll(EdgeCore):
    """A cancel is told to Palette, and cleared locally only when that cannot be told."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        reply = yield from self.inform(request, self.withdrawal(slot, request, ended=False))
        site = self.slot_state(slot)
        if site is not None and not isinstance(reply, ops.Done):
            self.store.put(replace(site, request=None))

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        event = super().event_of(reply)
        return None if event is LocalEvent.LEARNED_WITHDRAWN else event


@mutant("WDR-3")
class CancelledClusterStaysLocked(bases.Remembers):
    """A cluster that has cancelled takes no local operation until the edge is restarted."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        site = self.slot_state(slot)
        if site is not None:
            self.keep(bases.cluster_uid(site))
        yield from super().end(slot, request)

    def require_local(self, site: SlotState) -> None:
        super().require_local(site)
        if bases.cluster_uid(site) in self.kept:
            raise bases.busy()


# --- without a link ------------------------------------------------------------------------------
@mutant("WDR-4")
class CancelNeedsTheLink(EdgeCore):
    """A cancel is refused as long as Palette cannot be told of it."""

    def inform(self, request: LocalRequest, message: ops.WithdrawPairing) -> Carrying:
        reply = yield from super().inform(request, message)
        if isinstance(reply, NotDelivered):
            raise Refusal(Reason.HOST_UNREACHABLE, "Palette cannot be reached: cancel later")
        return reply


@mutant("WDR-4")
class RequestSurvivesALostAnswer(EdgeCore):
    """A request survives its cancel when the answer of Palette was lost."""

    def inform(self, request: LocalRequest, message: ops.WithdrawPairing) -> Carrying:
        reply = yield from super().inform(request, message)
        if isinstance(reply, ops.Unknown):
            raise Refusal(Reason.HOST_UNREACHABLE, "Palette did not answer: look again later")
        return reply


@mutant("WDR-4")
class LinkBringsTheRequestBack(EdgeCore):
    """When the link is back, the host finds its cancelled request in Palette and takes it up."""

    def settle_debt(self, slot: str, owed: OwedWithdrawal) -> Work:
        question = ops.PollPairing(owed.pairing_uid, owed.cluster_token)
        answer = yield Call("owing", owed.host_uid, owed.base_url, owed.insecure, question)
        site = self.slot_state(slot)
        if site is not None and isinstance(answer.reply, ops.Done):
            self.store.put(replace(site, owed=(), request=_taken_up(owed)))


@mutant("WDR-4")
class RestartBringsTheRequestBack(EdgeCore):
    """A start of the edge takes up a request whose cancel could not be told."""

    def recover(self) -> None:
        super().recover()
        for site in [site for site in self.store.every(SlotState) if site.owed]:
            self.store.put(replace(site, owed=(), request=_taken_up(site.owed[0])))


@mutant("WDR-4")
class UntoldCancelLocksTheCluster(EdgeCore):
    """The cluster takes no local operation until Palette has heard of the cancel."""

    def require_local(self, site: SlotState) -> None:
        super().require_local(site)
        if site.owed:
            raise bases.busy()


@mutant("WDR-4")
class CancelAsksTheSiblingsFirst(EdgeCore):
    """A cancel in a cluster of several hosts needs one of them to reach Palette."""

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        request = self.cancellable(operation, call)
        hosts = self.hosts_to_probe(self.site_of(call.host_uid))
        reached = len(hosts) == 1
        for host in hosts:
            answer = yield Call("probing", host, request.base_url, request.insecure, ops.Probe())
            reached = reached or isinstance(answer.reply, ops.Done)
        if not reached:
            raise Refusal(Reason.HOST_UNREACHABLE, "no host of the cluster reaches Palette")
        return (yield from super().cancel(operation, call))


@mutant("WDR-4")
class CancelIsUndoneByARejection(EdgeCore):
    """A cancel that Palette answers with a rejection shows the request as pending again."""

    def settle_debt(self, slot: str, owed: OwedWithdrawal) -> Work:
        yield from super().settle_debt(slot, owed)
        question = ops.PollPairing(owed.pairing_uid, owed.cluster_token)
        answer = yield Call("owing", owed.host_uid, owed.base_url, owed.insecure, question)
        site = self.slot_state(slot)
        if site and self.event_of(answer.reply) is LocalEvent.LEARNED_REJECTED:
            self.store.put(replace(site, request=_taken_up(owed)))

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if request.message != _TAKEN_UP:
            yield from super().follow_pending(slot, request)


@mutant("INV-4")
class RestartUndoesTheCancel(EdgeCore):
    """A cancelled request is shown as failed, until a restart of the edge brings it back."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        yield from super().end(slot, request)
        site = self.slot_state(slot)
        if site is not None and site.request is None:
            ended = replace(request, state=LocalState.FAILED, message=_TAKEN_UP)
            self.store.put(replace(site, request=ended))

    def recover(self) -> None:
        super().recover()
        for site in [s for s in self.store.every(SlotState) if bases.is_in(s, LocalState.FAILED)]:
            if site.request is not None and site.request.message == _TAKEN_UP:
                again = replace(site.request, state=LocalState.PENDING)
                self.store.put(replace(site, request=again))

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        if request.message != _TAKEN_UP:
            yield from super().follow_pending(slot, request)


_TAKEN_UP = "the request goes on"


def _taken_up(owed: OwedWithdrawal) -> LocalRequest:
    """A request that was cancelled, as if it had not been."""
    return LocalRequest(
        LocalState.PENDING,
        owed.host_uid,
        owed.base_url,
        owed.base_url,
        owed.insecure,
        owed.cluster_token,
        owed.pairing_uid,
        _TAKEN_UP,
    )


# --- not after an acceptance ---------------------------------------------------------------------
class _CancelsMore(EdgeCore):
    """Lets go of a cluster that was accepted, in some cases."""

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        if bases.is_in(site, *CENTRALLY_MANAGED) and (yield from self.lets_go(site)):
            self.store.put(replace(self.site_of(call.host_uid), request=None))
            return ops.Done(ops.Acknowledged("the pairing request was cancelled"))
        return (yield from super().cancel(operation, call))

    def lets_go(self, site: SlotState) -> Generator[Call, TimedReply, bool]:
        """Whether this cluster is let go of."""
        raise NotImplementedError


@mutant("WDR-6")
class CancelEndsAnUnconfirmedPairing(_CancelsMore):
    """A cancel succeeds until the host has confirmed, although it obeys Palette already."""

    def lets_go(self, site: SlotState) -> Generator[Call, TimedReply, bool]:
        yield from ()
        return bases.is_in(site, LocalState.CONFIRMING)


@mutant("WDR-6")
class OfflineCancelEndsAPairing(_CancelsMore):
    """A cancel ends even a pairing that is complete, as long as Palette cannot object."""

    def lets_go(self, site: SlotState) -> Generator[Call, TimedReply, bool]:
        request = site.request
        if request is None:
            return False
        answer = yield self.call("cancelling", request, ops.Probe())
        return isinstance(answer.reply, NotDelivered)


@mutant("WDR-6")
class RefusedCancelEndsThePairing(EdgeCore):
    """A cancel of a paired cluster is refused, and has ended the pairing locally."""

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        site = self.site_of(call.host_uid)
        reply: ops.KnownReply
        try:
            reply = yield from super().cancel(operation, call)
        except Refusal as refusal:
            reply = refusal.refused
        if bases.is_in(site, LocalState.PAIRED):
            self.store.put(replace(site, request=None))
        return reply


@mutant("WDR-6")
class RefusedCancelChangesTheMode(bases.Remembers):
    """After a cancel that was refused, Local UI says that the cluster is locally managed."""

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        self.keep(bases.cluster_uid(self.site_of(call.host_uid)))
        return (yield from super().cancel(operation, call))

    def view_management(self, operation: ops.ViewManagement, call: EdgeCall) -> ops.Management:
        seen = super().view_management(operation, call)
        tried = bases.cluster_uid(self.site_of(call.host_uid)) in self.kept
        return ops.Management(ManagementMode.LOCAL) if tried else seen


@mutant("WDR-6")
class LateCancelIsAcknowledged(EdgeCore):
    """A cancel that meets an acceptance is acknowledged, although the acceptance holds."""

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        request = self.cancellable(operation, call)
        yield from self.end(self.site_of(call.host_uid).slot, request)
        return ops.Done(ops.Acknowledged("the pairing request was cancelled"))


# --- a new request -------------------------------------------------------------------------------
@mutant("WDR-7")
class CancelledClusterSendsNoMore(bases.Remembers):
    """A cluster that has cancelled once cannot send again until the edge is restarted."""

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        reply = yield from super().cancel(operation, call)
        self.keep(bases.cluster_uid(self.site_of(call.host_uid)))
        return reply

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if bases.cluster_uid(site) in self.kept:
            raise bases.busy()
        return site


@mutant("WDR-7")
class CancelsLeaveConnectionsOpen(bases.Remembers):
    """A cancel never closes its connection; with five of them open, a cluster cannot send."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        site = self.slot_state(slot)
        self.keep(request.cluster_token, bases.cluster_uid(site) if site else "")
        yield from super().end(slot, request)

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if list(self.kept.values()).count(bases.cluster_uid(site)) >= 5:
            raise bases.busy()
        return site


@mutant("WDR-7")
class DebtBlocksTheNextSend(EdgeCore):
    """After a cancel that Palette was not told of at once, no new request can be sent."""

    _owing: ClassVar[set[str]] = set()

    def owe(self, site: SlotState, request: LocalRequest) -> None:
        self._owing.add(site.cluster.uid if site.cluster else "")
        super().owe(site, request)

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if site.cluster is not None and site.cluster.uid in self._owing:
            raise bases.busy()
        return site


@mutant("WDR-7")
class LateWordEndsTheNewRequest(EdgeCore):
    """When Palette hears of an earlier cancel at last, the new request is cleared locally."""

    def settle_debt(self, slot: str, owed: OwedWithdrawal) -> Work:
        yield from super().settle_debt(slot, owed)
        site = self.slot_state(slot)
        if site is not None and owed not in site.owed:
            self.store.put(replace(site, request=None))


@mutant("WDR-7")
class RefusedDebtIsTheNewRequests(EdgeCore):
    """When Palette has rejected a cancelled request, the host takes the new one for rejected."""

    def settle_debt(self, slot: str, owed: OwedWithdrawal) -> Work:
        yield from super().settle_debt(slot, owed)
        question = ops.PollPairing(owed.pairing_uid, owed.cluster_token)
        answer = yield Call("owing", owed.host_uid, owed.base_url, owed.insecure, question)
        site, event = self.slot_state(slot), self.event_of(answer.reply)
        if site and site.request and event is LocalEvent.LEARNED_REJECTED:
            self.learned(site, site.request, event)


@mutant("WDR-7")
class SecretIsTheClustersUid(bases.SubmitsAnotherSecret):
    """A cluster submits under one secret always, so that a new request is taken for the old."""

    def secret(self, submission: ops.SubmitPairing) -> str:
        return submission.cluster.uid


# --- what hosts are answered ---------------------------------------------------------------------
@mutant("WDR-3")
class WithdrawalOnlySaysSo(CentralCore):
    """A withdrawal is acknowledged, and the request goes on waiting."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        request = self.request_to_withdraw(operation, call.now)
        if request.state is not RequestState.PENDING:
            return super().withdraw(operation, call)
        return ops.Acknowledged("the pairing request was withdrawn")


@mutant("WDR-3")
class WithdrawalTakesTheSameToken(CentralCore):
    """A withdrawal takes every pending request with it that was sent with the same token."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        own = self.request_to_withdraw(operation, call.now)
        answer = super().withdraw(operation, call)
        for request in self.open_requests(own.project_uid):
            if request.token_uid == own.token_uid:
                self.store.put(replace(request, state=RequestState.WITHDRAWN))
        return answer


@mutant("WDR-3")
class WithdrawalNeedsTheToken(CentralCore):
    """A withdrawal is refused when the registration token was revoked since."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        request = self.request_to_withdraw(operation, call.now)
        bases.require_token(self.store, request, call.now)
        return super().withdraw(operation, call)


@mutant("WDR-3")
class SecondWithdrawalRevives(CentralCore):
    """A withdrawal that arrives twice takes the request out of the list and puts it back."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        request = self.request_to_withdraw(operation, call.now)
        if request.state is not RequestState.WITHDRAWN:
            return super().withdraw(operation, call)
        self.store.put(replace(request, state=RequestState.PENDING))
        return ops.Acknowledged("the pairing request was withdrawn")


@mutant("WDR-6")
class WithdrawalForgetsTheAcceptance(CentralCore):
    """A request that was accepted is withdrawn, and its cluster stays registered and managed."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        request = self.request_to_withdraw(operation, call.now)
        if request.state is not RequestState.HANDING_OVER:
            return super().withdraw(operation, call)
        self.store.put(replace(request, state=RequestState.WITHDRAWN))
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is not None:
            self.store.put(replace(cluster, confirmed=True))
        return ops.Acknowledged("the pairing request was withdrawn")
