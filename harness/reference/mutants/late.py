"""Planted defects that show when a message comes late or again, or is answered with an error."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.domain.pairing import DECIDED, RequestEvent
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.records import EndedSubmission, LocalRequest, PairingRequest
from harness.reference.mutants import bases
from harness.reference.planting import Lane, mutant


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
