"""INV-10: from the host's confirmation on, no local cluster operation takes effect."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checkers.invariants.entities import PAIRED, ObservedSlot
from harness.checkers.invariants.hearing import LOCAL_CHANGES, SHOW_EFFECT
from harness.checkers.invariants.known import NOTHING, ObservedWorld, Rule, Violation, Violations
from harness.history.operation import OK, OperationRecord


class NothingLocalAfter(Rule):
    """The confirmation is seen by what it brings: a central operation that took effect, or
    Local UI that shows the request as paired.

    A host that says it is centrally managed, or that its request is paired, may still be about to
    confirm, and fail. Only if it does not, a local operation that took effect afterwards was wrong.

    A local operation that began before the confirmation is not judged, even if its answer came
    after it: it may have taken effect before. That it did not could be told only by a look at
    the cluster in between that shows nothing of it yet. But what a look shows may be behind by
    `edge_lag`, and what a later one shows may come from a central operation on the same fields,
    or from a host that has just taken up what was changed before. So one that was under way for
    less than that lag cannot be blamed, and none is under way for longer without being refused.
    """

    id = "INV-10"

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self.on = {
            **dict.fromkeys(sorted(LOCAL_CHANGES), self._changed),
            **dict.fromkeys(SHOW_EFFECT, self._ruled),
            "ConfirmPairing": self._confirmed,
            "ViewPairing": self._on_answer,
        }

    def _changed(self, operation: OperationRecord) -> Violations:
        slot = self.known.slot(operation)
        if slot is None or slot.gone or operation.outcome is not OK:
            return NOTHING
        request, seen = slot.paired, slot.central_seen
        paired = request.paired if request else None
        if paired is not None and paired.tick >= self.known.started:
            paired = None
        if request is not None and paired is not None and request.held:
            reason = (
                f"the pairing of request {request.uid} took effect, and afterwards so did a"
                f" local {operation.kind}"
            )
            return self.blame(request.uid, reason, paired.operation, operation.id)
        obeyed = seen is not None and seen.tick < self.known.started
        if (obeyed or paired is not None) and not slot.suspect:
            slot.suspect = operation.id
        return NOTHING

    def _ruled(self, operation: OperationRecord) -> Violations:
        request = self.known.about
        ruled = operation.outcome is OK and request is not None and request.ruled is not None
        return self._confirm(request.slot if request and ruled else None, operation)

    def _confirmed(self, operation: OperationRecord) -> Violations:
        request = self.known.about
        paired = self.known.shown == PAIRED
        return self._confirm(request.slot if request and paired else None, operation)

    def _on_answer(self, operation: OperationRecord) -> Violations:
        if self.known.shown != PAIRED:
            return NOTHING
        return self._confirm(self.known.slot(operation), operation)

    def _confirm(self, slot: ObservedSlot | None, operation: OperationRecord) -> Violations:
        """The host had obeyed the central side for good when it first said so."""
        if slot is None or slot.gone or slot.arranged or not slot.suspect:
            return NOTHING
        found = self._held(slot, operation.id)
        slot.suspect = ""
        return found

    def _held(self, slot: ObservedSlot, look: str) -> Violations:
        shown = slot.central_seen or (slot.paired.paired if slot.paired else None)
        reason = (
            f"the host of {slot.cluster_uid or slot.key} said that it is"
            f" {'centrally managed' if slot.central_seen else 'paired'},"
            " then a local operation took effect, and the pairing held"
        )
        seen = shown.operation if shown else ""
        return self.blame(f"{slot.key}@{slot.born}", reason, seen, slot.suspect, look)

    def end(self, at: int) -> Iterator[Violation]:
        for slot in list(self.known.slots.values()):
            mode = slot.mode
            if mode is None or mode.state != "central" or not slot.suspect:
                continue
            if slot.paired is not None and self.known.is_settled(slot, mode.start):
                yield from self._held(slot, mode.operation)
