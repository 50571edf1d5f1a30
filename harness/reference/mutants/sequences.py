"""Planted defects that show only after several things that nobody would think of together."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.domain.errors import Refusal
from harness.reference.core.central.access import CentralCall
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
