"""INV-4: an acknowledged cancel has ended the request, and it does not come back."""

from __future__ import annotations

from harness.checkers.invariants.entities import (
    OPEN_STATES,
    PAIRED,
    ObservedRequest,
    Sighting,
    reason_of,
)
from harness.checkers.invariants.hearing import NO_REQUEST_SHOWN
from harness.checkers.invariants.known import NOTHING, ObservedWorld, Rule, Violations
from harness.domain.pairing import RequestState
from harness.history.operation import OK, OperationRecord

_ALIVE = OPEN_STATES | {RequestState.HANDING_OVER.value, PAIRED}


class CancelStaysDone(Rule):
    """Made with a link: gone centrally, a lag apart. With or without one: gone locally.

    Where the messages of hosts are recorded, a withdrawal that the central side acknowledged
    is what ends a request there; else every host must have had its link all the time.

    A lag excuses a look that is behind, and none that goes back: once the host that sent it has
    shown that the request is gone, no restart brings it back.
    """

    id = "INV-4"

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self.on = {
            "ListPairingRequests": self._list,
            "ViewPairingRequest": self._view,
            "PollPairing": self._view,
            "AcceptPairingRequest": self._decided,
            "RejectPairingRequest": self._decided,
            "ViewPairing": self._local,
        }

    def _list(self, operation: OperationRecord) -> Violations:
        found = NOTHING
        if operation.outcome is OK:
            for request, state, _ in self.known.listed:
                if request is not None and request.over and state in _ALIVE:
                    found += self._still_there(request, operation, f"is listed as {state}")
        return found

    def _view(self, operation: OperationRecord) -> Violations:
        request = self.known.about
        if request is None or not request.over:
            return NOTHING
        state = self.known.shown
        if operation.outcome is not OK or state not in _ALIVE:
            return NOTHING
        return self._still_there(request, operation, f"is shown as {state}")

    def _decided(self, operation: OperationRecord) -> Violations:
        request = self.known.about
        if request is None or operation.outcome is not OK:
            return NOTHING
        done = "could be accepted" if operation.kind.startswith("Accept") else "could be rejected"
        return self._still_there(request, operation, done)

    def _still_there(
        self, request: ObservedRequest, operation: OperationRecord, how: str
    ) -> Violations:
        gone = request.withdrawn
        if gone is None and request.cancelled_online and not request.submitted:
            gone = request.cancelled
        if gone is None or gone.tick >= self.known.started:
            return NOTHING
        lag = self.known.limits.list_lag
        if operation.start < gone.at + lag:
            return NOTHING
        reason = f"request {request.uid} was cancelled with a link, and afterwards {how} centrally"
        return self.blame(request.uid, reason, gone.operation, operation.id, within=lag)

    def _local(self, operation: OperationRecord) -> Violations:
        status, request = self.known.shown, self.known.about
        self._gone(operation)
        gone = request.cancelled if request else None
        if status not in ("Pairing", PAIRED) or request is None or gone is None:
            return NOTHING
        if gone.tick >= self.known.started:
            return NOTHING
        sender = operation.tags.get("host") == request.host
        if sender and request.unseen is not None and operation.start >= request.unseen.at:
            return self._back(request, operation, gone, request.unseen)
        limits = self.known.limits
        lag = limits.list_lag if sender else limits.edge_lag
        if operation.start < gone.at + lag:
            return NOTHING
        reason = (
            f"the cancel of request {request.uid} was acknowledged, and afterwards Local UI"
            f" shows it as {status}"
        )
        return self.blame(request.uid, reason, gone.operation, operation.id, within=lag)

    def _gone(self, operation: OperationRecord) -> None:
        """Keep in mind that the host that sent it shows a cancelled request no more."""
        slot = self.known.slot(operation)
        told = operation.outcome is OK or reason_of(operation) in NO_REQUEST_SHOWN
        if slot is None or not told:
            return
        for request in slot.requests.values():
            gone = request.cancelled
            if gone is None or request.unseen is not None or gone.tick >= self.known.started:
                continue
            pending = request is self.known.about and self.known.shown in ("Pairing", PAIRED)
            if operation.tags.get("host") == request.host and not pending:
                request.unseen = self.known.sighted(operation)

    def _back(
        self, request: ObservedRequest, operation: OperationRecord, gone: Sighting, unseen: Sighting
    ) -> Violations:
        reason = (
            f"the cancel of request {request.uid} was acknowledged, Local UI showed it no more,"
            f" and afterwards shows it as {self.known.shown}"
        )
        return self.blame(request.uid, reason, gone.operation, unseen.operation, operation.id)
