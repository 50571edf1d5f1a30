"""Planted defects that show only after several things that nobody would think of together."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.pairing import RequestEvent, RequestState
from harness.reference.core import records
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.mutants import bases
from harness.reference.planting import Lane, mutant


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
        by_secret = records.submission_key(about, operation.cluster_token)
        if not operation.pairing_uid and self.submitted(by_secret, call.now) is None:
            waiting = [
                r
                for r in self.store.every(records.PairingRequest)
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
