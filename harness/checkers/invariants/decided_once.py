"""INV-6: of accept, reject and withdraw one prevails, and both sides end with that one."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checkers.invariants import entities
from harness.checkers.invariants.hearing import SHOW_EFFECT
from harness.checkers.invariants.known import NOTHING, ObservedWorld, Rule, Violation, Violations
from harness.domain.pairing import RequestState
from harness.history.operation import OK, OperationRecord

REJECTED = RequestState.REJECTED.value
_UNDECIDED = entities.OPEN_STATES | {RequestState.HANDING_OVER.value}
_NOT_PAIRED = entities.FINAL_STATES - {entities.PAIRED}


class DecidedOnce(Rule):
    """An answer is not yet a decision: what took effect is, and what is shown as decided.

    A request that is shown as paired may still fail at its host, until something shows that
    the pairing took effect.
    """

    id = "INV-6"

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self.on = {
            "ViewPairingRequest": self._viewed,
            "PollPairing": self._viewed,
            "ConfirmPairing": self._viewed,
            "ListPairingRequests": self._listed,
            "AcceptPairingRequest": self._accepted,
            "RejectPairingRequest": self._decided,
            "WithdrawPairing": self._decided,
            "ViewPairing": self._seen,
            "CancelPairingRequest": self._cancelled,
            **dict.fromkeys(SHOW_EFFECT, self._seen),
        }

    def _viewed(self, operation: OperationRecord) -> Violations:
        request = self.known.about
        if request is None:
            return NOTHING
        if other := self._named_otherwise(request, operation):
            return other
        if not request.over and request.final is None:
            return NOTHING
        lag = self.known.limits.list_lag if operation.kind == "PollPairing" else 0
        return self._state(request, self.known.shown, operation, lag) + self._agree(
            request, operation
        )

    def _named_otherwise(
        self, request: entities.ObservedRequest, operation: OperationRecord
    ) -> Violations:
        """A request becomes one cluster, whoever tells of it."""
        uid, known = (
            entities.text(entities.fields_of(operation), "cluster_uid"),
            request.cluster_uid,
        )
        if not uid or not known or uid == known:
            return NOTHING
        reason = f"request {request.uid} is the cluster {known}, and then is told as {uid}"
        first = request.accepted.operation if request.accepted else ""
        return self.blame(request.uid, reason, first, operation.id)

    def _listed(self, operation: OperationRecord) -> Violations:
        found, lag = NOTHING, self.known.limits.list_lag
        for request, state, _ in self.known.listed if operation.outcome is OK else ():
            if request is not None and (request.final is not None or request.rejected is not None):
                found += self._state(request, state, operation, lag)
                found += self._agree(request, operation)
        return found

    def _state(
        self, request: entities.ObservedRequest, state: str, operation: OperationRecord, lag: int
    ) -> Violations:
        """What is shown now must not contradict what was decided."""
        final, rejected = request.final, request.rejected
        if rejected is not None and state in entities.FINAL_STATES and state != REJECTED:
            return self._two(request, "Rejected", state, rejected.operation, operation.id)
        if final is not None and state in entities.FINAL_STATES and state != final.state:
            fails = final.state == entities.PAIRED and state != REJECTED and request.paired is None
            if not fails:
                return self._two(request, final.state, state, final.operation, operation.id)
        if state not in _UNDECIDED or not state:
            return NOTHING
        for was, mark, at in (
            (final.state if final else "", final, final.start if final else 0),
            (REJECTED, rejected, rejected.at if rejected else 0),
        ):
            earlier = mark is not None and mark.tick < self.known.started
            if mark is not None and earlier and operation.start >= at + lag:
                return self._two(request, was, state, mark.operation, operation.id, within=lag)
        return NOTHING

    def _two(
        self,
        request: entities.ObservedRequest,
        was: str,
        now: str,
        *operations: str,
        within: int = 0,
    ) -> Violations:
        reason = f"request {request.uid} was decided as {was}, and then is {now or 'undecided'}"
        return self.blame(request.uid, reason, *operations, within=within)

    def _accepted(self, operation: OperationRecord) -> Violations:
        request = self.known.about
        if request is None or operation.outcome is not OK:
            return NOTHING
        uid, first = entities.text(entities.fields_of(operation), "cluster_uid"), request.accepted
        if first is not None and first.operation != operation.id and uid != request.cluster_uid:
            reason = f"request {request.uid} was accepted twice, as two clusters"
            return self.blame(request.uid, reason, first.operation, operation.id)
        return self._agree(request, operation)

    def _decided(self, operation: OperationRecord) -> Violations:
        request = self.known.about
        if request is None or operation.outcome is not OK:
            return NOTHING
        final = request.final
        if operation.kind == "RejectPairingRequest" and final and final.state != REJECTED:
            return self._two(request, final.state, REJECTED, final.operation, operation.id)
        return self._agree(request, operation)

    def _cancelled(self, operation: OperationRecord) -> Violations:
        slot = self.known.slot(operation)
        request = slot.paired if slot else None
        return self._agree(request, operation) if request else NOTHING

    def _seen(self, operation: OperationRecord) -> Violations:
        request = self.known.about
        return self._agree(request, operation) if request else NOTHING

    def _agree(self, request: entities.ObservedRequest, operation: OperationRecord) -> Violations:
        """A pairing that took effect excludes every other end."""
        paired = request.paired
        other = _other_end(request) if paired else None
        if paired is None or other is None:
            return NOTHING
        what, mark = other
        reason = f"request {request.uid} {what}, and its pairing took effect"
        return self.blame(request.uid, reason, mark, paired.operation, operation.id)

    def end(self, at: int) -> Iterator[Violation]:
        for request in list(self.known.requests.values()):
            slot, final, local = request.slot, request.final, request.local
            if slot is None or slot.gone or slot.arranged or final is None or local is None:
                continue
            if local.state in ("Pairing", "") or entities.PAIRED not in (final.state, local.state):
                continue
            if final.state != local.state and self.known.is_settled(slot, local.start):
                reason = (
                    f"request {request.uid} is {final.state} centrally, and Local UI shows"
                    f" {local.state} after everything has settled"
                )
                ids = final.operation, local.operation
                yield from self.blame(request.uid, reason, *ids, within=self.known.limits.settle)


def _other_end(request: entities.ObservedRequest) -> tuple[str, str] | None:
    if request.rejected is not None:
        return "was rejected", request.rejected.operation
    if request.cancelled is not None:
        return "was cancelled", request.cancelled.operation
    if request.withdrawn is not None:
        return "was withdrawn", request.withdrawn.operation
    for shown in (request.final, request.local):
        if shown is not None and shown.state in _NOT_PAIRED:
            return f"is shown as {shown.state}", shown.operation
    return None
