"""INV-1: never managed by both sides, and once everything has settled by exactly one."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checkers.invariants import entities
from harness.checkers.invariants.hearing import CENTRAL_CHANGES, LOCAL_CHANGES
from harness.checkers.invariants.known import NOTHING, ObservedWorld, Rule, Violation, Violations
from harness.history.operation import OK, OperationRecord


class OneManager(Rule):
    """A central operation that took effect is what shows that the central side manages. One that
    is taken while the pairing is under way may wait for its end: it took effect when a look at the
    cluster shows it.
    """

    id = "INV-1"

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self._sees: set[tuple[str, str]] = set()
        """Who has changed clusters in which project, since anybody's permissions were changed."""
        self.on = {
            **dict.fromkeys(CENTRAL_CHANGES, self._ruled),
            "PutUser": self._anew,
            "ViewManagement": self._mode,
            "ViewCentralCluster": self._cluster,
            "SeeEffect": self._unconfirmed,
            **dict.fromkeys(sorted(LOCAL_CHANGES), self._changed),
        }

    def _anew(self, operation: OperationRecord) -> Violations:
        self._sees.clear()
        return NOTHING

    def _ruled(self, operation: OperationRecord) -> Violations:
        """A central operation takes effect only once the host has confirmed."""
        request = self.known.about
        if operation.outcome is OK:
            self._sees.add((operation.actor, entities.text(operation.tags, "project")))
        if request is None:
            return NOTHING
        if operation.outcome is not OK:
            return self._refused(request, operation)
        return self._too_early(request, operation) if request.ruled else NOTHING

    def _too_early(
        self, request: entities.ObservedRequest, operation: OperationRecord
    ) -> Violations:
        if request.submitted and not request.confirms:
            why = "took effect, and its host had not asked to confirm"
        elif self._cut_off_since_accept(request):
            why = "took effect, and its hosts have been cut off since before it was accepted"
        else:
            return NOTHING
        accept = request.accepted.operation if request.accepted else ""
        reason = f"a central operation on the cluster of request {request.uid} {why}"
        return self.blame(request.uid, reason, accept, operation.id)

    def _unconfirmed(self, operation: OperationRecord) -> Violations:
        """Confirmations that were all lost so far leave the cluster in local hands: the fault has
        met some, and waits for more.
        """
        seen, fault = entities.fields_of(operation), operation.args.get("fields")
        if operation.args.get("fault") != "FaultNextMessage" or not isinstance(fault, dict):
            return NOTHING
        slot = self.known.hosts.get(entities.text(fault, "host_uid"))
        lost = fault.get("message") == "confirm" and fault.get("fault") == "lost-before"
        if slot is None or not (lost and seen.get("told") and seen.get("met") and seen.get("left")):
            return NOTHING
        for request in (*slot.requests.values(), *filter(None, [slot.paired])):
            ruled = request.ruled
            if ruled is None or not 0 < slot.unconfirmed < request.accept_invoked < entities.NEVER:
                continue
            if ruled.tick < self.known.started:
                why = "took effect, and no confirmation of its host had come through"
                reason = f"a central operation on the cluster of request {request.uid} {why}"
                return self.blame(request.uid, reason, ruled.operation, operation.id)
        return NOTHING

    def _refused(self, request: entities.ObservedRequest, operation: OperationRecord) -> Violations:
        """A cluster that was shown as paired cannot wait for its host any more."""
        final = request.final
        if entities.reason_of(operation) != "PairingNotConfirmed" or final is None:
            return NOTHING
        if final.state != entities.PAIRED or final.tick >= self.known.started:
            return NOTHING
        reason = (
            f"request {request.uid} was paired, and afterwards a central operation on its cluster"
            " was refused because its host had still to confirm"
        )
        return self.blame(request.uid, reason, final.operation, operation.id)

    @staticmethod
    def _cut_off_since_accept(request: entities.ObservedRequest) -> bool:
        slot = request.slot
        if slot is None or slot.gone or slot.unsure or not slot.cluster_uid:
            return False
        is_down = slot.down.issuperset(slot.hosts)
        return is_down and slot.link_tick < request.accept_invoked < 1 << 61

    def _changed(self, operation: OperationRecord) -> Violations:
        slot = self.known.slot(operation)
        if operation.outcome is not OK or slot is None or slot.paired is None:
            return NOTHING
        what = f"{operation.kind} took effect locally"
        return self._still_local(slot.paired, operation, what, 0)

    def _mode(self, operation: OperationRecord) -> Violations:
        slot = self.known.slot(operation)
        if (
            slot is None
            or slot.paired is None
            or entities.text(entities.fields_of(operation), "mode") != "local"
        ):
            return NOTHING
        what, lag = "its host said that it is locally managed", self.known.limits.edge_lag
        return self._still_local(slot.paired, operation, what, lag)

    def _still_local(
        self, request: entities.ObservedRequest, operation: OperationRecord, what: str, lag: int
    ) -> Violations:
        ruled = request.ruled
        if ruled is None or ruled.tick >= self.known.started or operation.start < ruled.at + lag:
            return NOTHING
        reason = (
            f"a central operation on the cluster of request {request.uid} took effect, and"
            f" afterwards {what}"
        )
        return self.blame(request.uid, reason, ruled.operation, operation.id, within=lag)

    def _cluster(self, operation: OperationRecord) -> Violations:
        """A cluster that still waits for its host cannot have been changed before."""
        value = entities.fields_of(operation)
        request = self.known.about
        if request is not None and entities.reason_of(operation) == "NotFound":
            return self._gone(request, operation)
        ruled = request.ruled if request else None
        if request is None or ruled is None:
            return NOTHING
        if ruled.operation == operation.id:
            return self._too_early(request, operation)
        if entities.text(value, "state") != "Pairing":
            return NOTHING
        if ruled.tick >= self.known.started:
            return NOTHING
        reason = (
            f"a central operation on the cluster of request {request.uid} took effect, and"
            " afterwards Palette showed that its host had still to confirm"
        )
        return self.blame(request.uid, reason, ruled.operation, operation.id)

    def _gone(self, request: entities.ObservedRequest, operation: OperationRecord) -> Violations:
        """A cluster whose host says that it is paired is there for whoever may manage clusters."""
        slot, local = request.slot, request.local
        who = (operation.actor, entities.text(operation.tags, "project"))
        if slot is None or slot.gone or local is None or who not in self._sees:
            return NOTHING
        if local.state != entities.PAIRED or not self.known.is_settled(slot, local.start):
            return NOTHING
        reason = (
            f"neither side manages the cluster of request {request.uid}: its host says that it is"
            " paired, and Palette that there is no such cluster"
        )
        ids = local.operation, operation.id
        return self.blame(request.uid, reason, *ids, within=self.known.limits.settle)

    def end(self, at: int) -> Iterator[Violation]:
        for slot in list(self.known.slots.values()):
            mode = slot.mode
            if mode is None or slot.gone or slot.arranged:
                continue
            if self.known.is_settled(slot, mode.start):
                yield from self._at_last(slot, mode.state, mode.operation)

    def _is_paired(self, request: entities.ObservedRequest, slot: entities.ObservedSlot) -> bool:
        """Whether the pairing took effect, as Palette shows, or the host, once all has settled."""
        final, local = request.final, request.local
        if request.held or (final is not None and final.state == entities.PAIRED):
            return True
        said = local is not None and local.state == entities.PAIRED
        return said and local is not None and self.known.is_settled(slot, local.start)

    def _at_last(self, slot: entities.ObservedSlot, mode: str, look: str) -> Violations:
        requests = list(dict.fromkeys([*slot.requests.values(), *filter(None, [slot.paired])]))
        taken = next((r for r in requests if self._is_paired(r, slot)), None)
        if mode == "local" and taken is not None:
            mark = taken.final.operation if taken.final else ""
            reason = f"request {taken.uid} is paired, and its host says that it is locally managed"
            return self.blame(taken.uid, reason, mark, look, within=self.known.limits.settle)
        if mode == "central" and requests and all(map(_is_ended, requests)):
            last = requests[-1]
            reason = (
                f"its host says that {slot.cluster_uid or slot.key} is centrally managed, and"
                f" every request of it has ended without a pairing, the last one {last.uid}"
            )
            ended = last.final or last.rejected or last.withdrawn
            ids = ended.operation if ended else "", look
            return self.blame(last.uid, reason, *ids, within=self.known.limits.settle)
        refused = taken.refused if taken else None
        if mode != "central" or taken is None or refused is None:
            return NOTHING
        if refused.state != "PairingNotConfirmed":
            return NOTHING
        if not self.known.is_settled(slot, refused.start):
            return NOTHING
        reason = f"neither side manages the cluster of request {taken.uid}"
        return self.blame(
            taken.uid, reason, look, refused.operation, within=self.known.limits.settle
        )


def _is_ended(request: entities.ObservedRequest) -> bool:
    final = request.final
    if final is not None and final.state in entities.FINAL_STATES:
        return final.state != entities.PAIRED
    return request.rejected is not None or request.withdrawn is not None
