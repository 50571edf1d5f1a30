"""Planted defects that show when a message is late, comes once more, or meets a busy Palette."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.domain.flows import AgentFlow
from harness.domain.pairing import DECIDED, LocalEvent, RequestEvent, RequestState
from harness.reference.core.central import CentralCore
from harness.reference.core.edge_flows import Carrying, EdgeCore, Probing, Work
from harness.reference.core.link import LinkReply
from harness.reference.core.records import EndedSubmission, LocalRequest, PairingRequest, SlotState
from harness.reference.mutants import bases
from harness.reference.planting import mutant


def _is_busy(reply: LinkReply) -> bool:
    return isinstance(reply, Refused) and reply.reason is Reason.RATE_LIMITED


# --- what is late, and what comes once more ------------------------------------------------------
@mutant("INV-9")
class AdmitsOnceMoreWhatWasDecided(CentralCore):
    """A submission that comes once more when its request is decided makes another request."""

    def repeated(self, operation: ops.SubmitPairing, now: int) -> PairingRequest | None:
        known = super().repeated(operation, now)
        return None if known is not None and known.state in DECIDED else known


@mutant("INV-9")
class ForgetsInARestartWhatEndedBeforeItCame(bases.Wakes):
    """A withdrawal that has overtaken its submission is forgotten when Palette restarts."""

    def wake(self) -> None:
        for ended in list(self.store.every(EndedSubmission)):
            self.store.delete(EndedSubmission, ended.submission)


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

    def carried(self, point: str, request: LocalRequest, flow: AgentFlow) -> Carrying:
        reply = yield from super().carried(point, request, flow)
        if point == "polling" and _is_busy(reply):
            self.keep(request.pairing_uid)
        return reply


@mutant("INV-9")
class TakesABusyPaletteForAYes(EdgeCore):
    """A confirmation that is answered with 429 counts as heard."""

    def carried(self, point: str, request: LocalRequest, flow: AgentFlow) -> Carrying:
        reply = yield from super().carried(point, request, flow)
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
