"""INV-9: after the last fault has healed, every request is decided, or plainly pending."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checkers.invariants.entities import (
    OPEN_STATES,
    PAIRED,
    ObservedRequest,
    ObservedSlot,
    reason_of,
    text,
)
from harness.checkers.invariants.known import ObservedWorld, Rule, Violation, Violations
from harness.domain.errors import Reason
from harness.domain.pairing import RequestState
from harness.history.operation import FAIL, OK, OperationRecord

TRIES = 3
"""Of so many sends that meet every prerequisite, one after the other, one has to succeed."""

_NO_ANSWER = frozenset(
    {Reason.RATE_LIMITED, Reason.INTERNAL, Reason.UNAUTHENTICATED, Reason.TOKEN_UNUSABLE}
)
"""Refusals that tell nothing of the cluster: somebody is too busy, or the person is to blame."""

_OF_OTHERS = _NO_ANSWER - {Reason.INTERNAL}
"""Answers to a submission that tell nothing either; whoever breaks down each time admits none."""

_MESSAGE_MAX = 120
"""So much of a message is told."""

_OF_PALETTE = "ListPairingRequests ViewPairingRequest SubmitPairing".split()
"""What tells that Palette is there; polls would as well, and are too many."""

_THERE = frozenset({"Pairing", PAIRED})


class EverythingSettles(Rule):
    """Judged at the end, by looks at both sides that began when all had had its time."""

    id = "INV-9"

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self._due: dict[str, int] = {}
        """The sends under way that meet every prerequisite: how many before were refused so."""
        self._refused: dict[ObservedSlot, tuple[int, int]] = {}
        """How many sends in a row were refused that met every prerequisite, and when the last."""
        self.on_invoked = {"SendPairingRequest": self._sending}
        self._answered_at = -1
        """When Palette last answered somebody."""
        self._turned_down: dict[ObservedSlot, OperationRecord] = {}
        """The submission that Palette refused last, until its send has ended."""
        self.on = {"SendPairingRequest": self._sent, **dict.fromkeys(_OF_PALETTE, self._answered)}

    def _sending(self, operation: OperationRecord) -> None:
        known, slot = self.known, self.known.slot(operation)
        if slot is None or not self._can_send(slot, operation):
            return
        before, at = self._refused.get(slot, (0, -1))
        since = max(known.disturbed, slot.unsure_until)
        if known.is_settled(slot, operation.start):
            before = before if slot.moved == at else 0
        elif slot.down or slot.moved != at or operation.start < since + known.limits.settle:
            return
        self._due[operation.id] = before

    def _can_send(self, slot: ObservedSlot, operation: OperationRecord) -> bool:
        """Whether its host says that it is locally managed and waits for nothing, and nothing that
        a send needs was arranged to be otherwise.
        """
        known, host = self.known, text(operation.tags, "host")
        token = (operation.scenario, text(operation.args, "token"))
        # One that others took the place of since may have had its time.
        lasts = token in known.labels and known.tokens_moved <= slot.born
        is_local = slot.mode is not None and slot.mode.state == "local" and slot.paired is None
        as_installed = not (slot.gone or slot.arranged or slot.unfit)
        return is_local and as_installed and lasts and slot.busy == 1 and host in known.looks

    def _sent(self, operation: OperationRecord) -> Violations:
        slot, before = self.known.slot(operation), self._due.pop(operation.id, None)
        submitted = self._turned_down.pop(slot, None) if slot else None
        if slot is None or before is None:
            return ()
        reason = reason_of(operation)
        if submitted is not None and submitted.start < operation.start:
            submitted = None
        unheard = slot.unheard_at >= operation.start or (
            reason == Reason.HOST_UNREACHABLE and not self._is_in_reach(operation, submitted)
        )
        if operation.outcome is not FAIL or reason in _NO_ANSWER or unheard:
            self._refused.pop(slot, None)
            return ()
        self._refused[slot] = (before + 1, slot.moved)
        if before + 1 < TRIES:
            return ()
        told = (
            f"the cluster {slot.cluster_uid or slot.key} is locally managed and waits for nothing,"
            f" everything has had its time to settle, and {TRIES} sends in a row were refused, the"
            f" last one as {reason or 'it was'}"
        )
        if submitted is not None:
            told += f", where Palette answered its submission as {_said(submitted)}"
        elif reason == Reason.HOST_UNREACHABLE:
            told = told.removesuffix(reason) + _said(operation)
        about, ids = f"{slot.key}@{slot.born}", (operation.id, submitted.id if submitted else "")
        return self.blame(about, told, *ids, within=self.known.limits.settle)

    def _answered(self, operation: OperationRecord) -> Violations:
        if operation.outcome is OK:
            self._answered_at = operation.start
        if operation.kind == "SubmitPairing" and operation.outcome is FAIL:
            slot = self.known.slot(operation)
            if slot is not None and slot.sending:
                self._turned_down[slot] = operation
        return ()

    def _is_in_reach(self, operation: OperationRecord, submitted: OperationRecord | None) -> bool:
        """Whether Palette could be reached by a host that says it could not: somebody was answered
        there not long ago. Hosts whose messages are heard have tried, and what came of that tells
        it: whether Palette turned down what this one submitted.
        """
        known = self.known
        if submitted is not None:
            return reason_of(submitted) not in _OF_OTHERS
        lately = self._answered_at >= operation.start - known.limits.settle
        return lately and not known.hears_agents

    def end(self, at: int) -> Iterator[Violation]:
        for request in list(self.known.requests.values()):
            slot = request.slot
            if slot is None or slot.gone or slot.arranged:
                continue
            if request.sent is not None:
                yield from self._judge(request)
            else:
                yield from self._judge_unacknowledged(request, slot)

    def _judge_unacknowledged(self, request: ObservedRequest, slot: ObservedSlot) -> Violations:
        """Of a request whose send was never acknowledged no host may be without knowledge.

        What was sent, and not answered, has settled like everything else: it is pending on
        both sides, or withdrawn. Only where something happened after which it may be stale
        nobody is blamed: a cancel without a link (WDR-5), a change of the cluster (SND-9), a
        token that is not what it was.
        """
        known = self.known
        if self._late(request)[0] not in OPEN_STATES or slot.excused or not slot.senders:
            return ()
        if known.tokens_moved > slot.first_sent and not self._was_admitted(request, slot):
            return ()
        looks = [known.looks.get(host) or _another(request, host) for host in slot.senders]
        if not all(look and known.is_settled(slot, look[1]) for look in looks):
            return ()
        reason = (
            f"request {request.uid}, whose send was not acknowledged, is pending centrally, and"
            " not in Local UI, after everything has had its time to settle"
        )
        central = request.central.operation if request.central else ""
        seen = (look[0] for look in looks if look)
        return self.blame(request.uid, reason, *seen, central, within=known.limits.settle)

    def _was_admitted(self, request: ObservedRequest, slot: ObservedSlot) -> bool:
        """Whether its host got its id, and had time to use it, while its token was what it was."""
        token, submitted = self.known.tokens.get(request.token), request.submitted
        if token is None or submitted is None or token.moved > slot.first_sent:
            return False
        return token.expiry > submitted.at + self.known.limits.edge_lag

    def _judge(self, request: ObservedRequest) -> Violations:
        central, local = self._late(request)
        if central == RequestState.HANDING_OVER:
            return self._unsettled(request, "is still being handed over")
        if local == "Pairing" and (request.final or request.rejected or request.withdrawn):
            return self._unsettled(request, "is decided, and pending in Local UI")
        if central in OPEN_STATES and request.accepted and local is not None:
            return self._unsettled(request, "was accepted, and is neither paired nor failed")
        if central in OPEN_STATES and local not in (None, "Pairing") and not request.enders:
            return self._unsettled(request, "is pending centrally, and not in Local UI")
        if central in OPEN_STATES and local is None and self._has_another(request):
            return self._unsettled(request, "is pending centrally, and its host shows another")
        if not request.over and (central is None or local is None):
            self.undecided = self.undecided or (
                f"nobody looked at request {request.uid} on both sides after it had had its"
                " time to settle"
            )
        return ()

    def _has_another(self, request: ObservedRequest) -> bool:
        """Whether its host shows another one, and nobody has cancelled this one (INV-4, WDR-5)."""
        slot, look = request.slot, _another(request, request.host)
        if slot is None or look is None or slot.excused or request.excused or request.cancelled:
            return False
        return self.known.is_settled(slot, look[1])

    def _late(self, request: ObservedRequest) -> tuple[str | None, str | None]:
        """What either side showed last, if that look began late enough."""
        slot, known = request.slot, self.known
        shown = [request.central, request.local]
        late = [s.state if s and slot and known.is_settled(slot, s.start) else None for s in shown]
        return late[0], late[1]

    def _unsettled(self, request: ObservedRequest, what: str) -> Violations:
        looks = [s.operation for s in (request.central, request.local) if s is not None]
        reason = f"request {request.uid} {what}, after everything has had its time to settle"
        sent = request.sent.operation if request.sent else ""
        return self.blame(request.uid, reason, sent, *looks, within=self.known.limits.settle)


def _said(operation: OperationRecord) -> str:
    """As what it was refused, and in whose words."""
    message = " ".join(text(operation.error or {}, "message").split())
    if len(message) > _MESSAGE_MAX:
        message = f"{message[:_MESSAGE_MAX]}…"
    return reason_of(operation) + (message and f" ({message})")


def _another(request: ObservedRequest, host: str) -> tuple[str, int] | None:
    """The look that shows, at this host, another request of the cluster as pending or paired."""
    slot = request.slot
    for other in (slot.paired, *slot.open.values()) if slot else ():
        shown = other.local if other and other is not request and other.host == host else None
        if shown is not None and shown.state in _THERE:
            return shown.operation, shown.start
    return None
