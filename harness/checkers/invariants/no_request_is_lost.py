"""INV-2: a request whose send was acknowledged is shown centrally until something ends it."""

from __future__ import annotations

from collections.abc import Iterable

from harness.checkers.invariants import entities
from harness.checkers.invariants.known import NOTHING, ObservedWorld, Rule, Violations
from harness.history.operation import OK, OperationRecord

_NEEDS = {
    "ListPairingRequests": "list",
    "ViewPairingRequest": "get",
    "MatchProfiles": "get",
    "AcceptPairingRequest": "update",
    "RejectPairingRequest": "delete",
}


_ANEW = ("ForgetProject", "LogOutOfPalette", "AdvanceClock", "RemoveUser", "Reset")
"""After these somebody who was let in may not be any more."""


class NoRequestIsLost(Rule):
    """Whoever is not shown a request counts only if he is known to see those of its project: he has
    seen one, or was let in where everybody may. Others may be told that there is nothing.

    What is shown may be behind, and a list that is read while others decide may slip over a line:
    it counts when nothing else went on, or when a later list misses the request again.
    """

    id = "INV-2"

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self._sees: set[tuple[str, str, str]] = set()
        self._grants: dict[str, frozenset[tuple[str, str]]] = {}
        self.on = {
            "ListPairingRequests": self._list,
            **dict.fromkeys(sorted(set(_NEEDS) - {"ListPairingRequests"}), self._by_id),
            "PutUser": self._user,
            **dict.fromkeys(_ANEW, self._anew),
        }

    def _anew(self, operation: OperationRecord) -> Violations:
        self._sees.clear()
        if operation.kind == "Reset":
            self._grants.clear()
        return NOTHING

    def _user(self, operation: OperationRecord) -> Violations:
        self._sees.clear()
        held = operation.args.get("grants") if operation.outcome is OK else None
        self._grants[entities.text(operation.args, "email")] = entities.grants_of(held)
        return NOTHING

    def _may(self, operation: OperationRecord, scope: str) -> bool:
        """Whether the caller has shown that he may, or was let in and everybody may."""
        need, everyone = _NEEDS[operation.kind], self._grants.values()
        if (operation.actor, scope, need) in self._sees:
            return True
        is_in = operation.outcome is OK or any(
            (operation.actor, scope, any_need) in self._sees for any_need in _NEEDS.values()
        )
        return is_in and bool(everyone) and all((need, scope) in grants for grants in everyone)

    def _is_due(
        self, request: entities.ObservedRequest, operation: OperationRecord, lag: int
    ) -> bool:
        """Whether nothing may have ended the request by the end of the look."""
        sent = request.sent
        if sent is None or request.enders or request.excused or request.over:
            return False
        return sent.tick < self.known.started and operation.start >= sent.at + lag

    def _list(self, operation: OperationRecord) -> Violations:
        scope = entities.text(operation.tags, "project")
        if operation.outcome is not OK or not scope:
            return NOTHING
        listed = self.known.listed
        if listed:
            self._sees.add((operation.actor, scope, "list"))
        due = self.known.of_project.get(scope)
        if not due or operation.args.get("local_cluster_uid"):
            return NOTHING
        if operation.args.get("state", "") not in entities.OPEN_STATES:
            return NOTHING
        shown = set()
        for request, _, _ in listed:
            if request is not None:
                request.missed = None
                shown.add(request.uid)
        missing = due.keys() - shown
        if not missing or not self._may(operation, scope):
            return NOTHING
        return self._missing([due[uid] for uid in sorted(missing)], operation)

    def _missing(
        self, requests: Iterable[entities.ObservedRequest], operation: OperationRecord
    ) -> Violations:
        known, found = self.known, NOTHING
        alone = known.tick - known.started == 1 and not known.under_way
        for request in requests:
            if not self._is_due(request, operation, known.limits.list_lag):
                continue
            missed = request.missed
            if alone or (missed is not None and missed.tick < known.started):
                earlier = missed.operation if missed else ""
                found += self._lost(request, operation, earlier, known.limits.list_lag)
            elif missed is None:
                request.missed = known.sighted(operation)
        return found

    def _by_id(self, operation: OperationRecord) -> Violations:
        scope = entities.text(operation.tags, "project")
        if operation.outcome is OK:
            self._sees.add((operation.actor, scope, _NEEDS[operation.kind]))
            if self.known.about:
                self.known.about.opened = True
            return NOTHING
        if entities.reason_of(operation) != "NotFound":
            return NOTHING
        request = self.known.about
        if request is None or request.project != scope or not self._may(operation, scope):
            return NOTHING
        lag = 0 if request.opened else self.known.limits.list_lag
        if operation.kind in ("MatchProfiles", "AcceptPairingRequest") or not self._is_due(
            request, operation, lag
        ):
            return NOTHING  # what was not found may be a profile
        return self._lost(request, operation, lag=lag)

    def _lost(
        self,
        request: entities.ObservedRequest,
        operation: OperationRecord,
        earlier: str = "",
        lag: int = 0,
    ) -> Violations:
        sent = request.sent.operation if request.sent else ""
        reason = (
            f"request {request.uid} was sent and nothing has ended it, and"
            f" {operation.kind} does not find it"
        )
        return self.blame(request.uid, reason, sent, earlier, operation.id, within=lag)
