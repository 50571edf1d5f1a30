"""Whether both sides have come to the same, once nothing disturbs them any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.catalogue.verdict import Verdict
from harness.checkers.answers import SAYS_NOTHING
from harness.checkers.invariants.hearing import CENTRAL_CHANGES, LOCAL_CHANGES
from harness.checkers.registry import Finding, check, failed, passed, unjudged
from harness.domain.errors import Reason
from harness.domain.pairing import RequestState
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.predicates import (
    Sample,
    bears,
    borne,
    not_being_handed_over,
    open_ids_of,
    starved_s,
)


@dataclass(frozen=True, slots=True)
class _Looks:
    """One look at each side, and a try on each to change the cluster."""

    pairing: OperationRecord
    listed: OperationRecord
    mode: OperationRecord
    local: OperationRecord
    central: OperationRecord | None
    handover: OperationRecord | None
    request: OperationRecord | None

    @property
    def all(self) -> tuple[OperationRecord, ...]:
        of_the_cluster = (self.mode, self.local, self.central, self.handover)
        looks = (self.pairing, self.listed, *of_the_cluster, self.request)
        return tuple(look for look in looks if look is not None)

    @property
    def is_central(self) -> bool:
        return Sample.of(self.mode).mode == "central"

    @property
    def status(self) -> str:
        return str((self.pairing.value or {}).get("status", ""))

    @property
    def pending(self) -> str:
        """The id of the request that Local UI shows as pending, or empty."""
        uid = (self.pairing.value or {}).get("pairing_uid")
        return str(uid or "without an id") if self.status == "Pairing" else ""


@check
def both_sides_agree(
    history: History,
    *,
    cluster_uid: str,
    pairing: str,
    listed: str,
    mode: str,
    local: str,
    central: str = "",
    handover: str = "",
    request: str = "",
    late_us: int = 0,
    within_s: float = 0,
    may_lapse: bool = False,
    untold: bool = False,
) -> Finding:
    """One side manages the cluster, and each shows as pending what the other does.

    `pairing`, `listed` and `mode` are looks at Local UI's request, at Palette's list and at who
    manages the cluster, `handover` at the central cluster, and `request` at its request in Palette;
    `local` and `central` tried to change it. A request that was cancelled without its message
    getting through may wait in Palette alone (WDR-5). One that nobody has decided for long
    `may_lapse`, if both sides know of that. The Palette that the harness plays is `untold` that a
    second send has replaced the first, where the submission itself says so (SND-7).
    """
    looks = _Looks(
        *(history[name] for name in (pairing, listed, mode, local)),
        *(history[name] if name else None for name in (central, handover, request)),
    )
    rests_on = tuple(look.id for look in looks.all)
    missing = [look.kind for look in looks.all if look.outcome is Outcome.INFO]
    if missing:
        reason = f"no answer to {', '.join(missing)}, so it cannot be told whether both agree"
        return Finding(Verdict.INCONCLUSIVE, reason, rests_on)
    left = _stale(history) | (_replaced(history) if untold else frozenset())
    told = _managed(looks) or _pending(looks, cluster_uid, left)
    told = told or _broken(history, looks, may_lapse=may_lapse)
    if told and (late_s := starved_s(late_us, {"within_s": within_s})):
        reason = f"{told}; but the harness itself was late by {late_s:.1f} s of {within_s:g} s"
        return Finding(Verdict.INCONCLUSIVE, reason, rests_on)
    if told:
        return Finding(Verdict.FAIL, told, rests_on)
    manager = "Palette manages" if looks.is_central else "Local UI manages"
    reason = f"both sides agree: {manager} the cluster, and {looks.pending or 'nothing'} is pending"
    return Finding(Verdict.PASS, reason, rests_on)


def _managed(looks: _Looks) -> str:
    """What says that it has two managers or none; empty if it has one."""
    by_local = looks.local.outcome is Outcome.OK
    by_palette = looks.central is not None and looks.central.outcome is Outcome.OK
    mode = Sample.of(looks.mode).mode
    if mode and (by_local, by_palette) == (
        not looks.is_central,
        looks.is_central,
    ):
        return ""
    effects = {True: "takes effect", False: "is refused"}
    tried = f", and a central one {effects[by_palette]}" if looks.central else ""
    return f"Local UI says {mode or 'nothing'}, a local operation {effects[by_local]}{tried}"


def _pending(looks: _Looks, cluster_uid: str, left: frozenset[str]) -> str:
    """What one side shows as pending or paired and the other does not."""
    if looks.listed.outcome is not Outcome.OK:
        return f"Palette lists nothing: {(looks.listed.error or {}).get('message')}"
    waiting = set(open_ids_of(Sample.of(looks.listed), cluster_uid))
    if waiting - left - {looks.pending}:
        unknown = ", ".join(sorted(waiting - left - {looks.pending}))
        return f"{unknown} waits in Palette, and is not pending in Local UI"
    if looks.pending and looks.pending not in waiting:
        return f"{looks.pending} is pending in Local UI, and does not wait in Palette"
    if looks.status == "Paired" and not looks.is_central:
        return "Local UI shows the request as paired, and the cluster as locally managed"
    if looks.handover and not not_being_handed_over(Sample.of(looks.handover)):
        return "the cluster waits in Palette for its host to confirm"
    if looks.request and not looks.is_central and not looks.pending:
        uid, accepted = _uid(looks.request.value), {"state": RequestState.HANDING_OVER.value}
        if uid not in left and bears(Sample.of(looks.request), fields=accepted):
            return f"{uid} waits in Palette for its host to confirm, and is over in Local UI"
    if looks.pending and looks.is_central:
        return f"{looks.pending} is pending, and the cluster is centrally managed"
    return ""


@check
def handed_over_in_time(history: History, *, operations: list[str], within_s: float) -> Finding:
    """Local operations take effect, then central ones: never both, and neither not for long.

    A central one that was taken took effect by the end of the first look that shows it.
    """
    asked = [history[operation] for operation in operations]
    central = [o for o in asked if o.kind in CENTRAL_CHANGES]
    local = [o for o in asked if o.kind in LOCAL_CHANGES]
    first, effect = _first_effect(asked)
    taken = [o for o in local if o.outcome is Outcome.OK]
    begun = taken[-1].id if taken else ""
    later = [o for o in local if not taken or o.start > taken[-1].start]
    refused = next((o for o in later if _is_refused(o)), None)
    if first is None or effect is None:
        if refused is None:
            return unjudged("the cluster was not handed over in the time to settle", *operations)
        # It may be one that never works here: ACC-12 demands that one does, and is judged for it.
        last = central[-1]
        why = f"{refused.kind} is refused, and {last.kind} was never seen to take effect"
        return unjudged(f"{why} in all the time to settle", refused.id, last.id)
    ended = effect.end or effect.start
    if taken and taken[-1].start >= ended:
        why = f"{first.kind} took effect, and afterwards {taken[-1].kind} did locally"
        return failed(f"both sides manage the cluster: {why}", first.id, begun)
    back = next((o for o in central if o.start >= ended and _says_unconfirmed(o)), None)
    if back is not None:
        why = f"{first.kind} took effect, and afterwards it was refused as not confirmed"
        return failed(f"the handover is taken back: {why}", first.id, back.id)
    gap_s = ((first.end or first.start) - refused.start) / 1_000_000 if refused else 0
    if refused is not None and gap_s > within_s:
        return failed(f"neither side manages the cluster for {gap_s:.1f} s", refused.id, first.id)
    return passed("one side after the other managed the cluster", *filter(None, [begun, first.id]))


def _first_effect(
    asked: list[OperationRecord],
) -> tuple[OperationRecord | None, OperationRecord | None]:
    """The first central operation that is seen to have taken effect, and the look that shows it."""
    taken: OperationRecord | None = None
    for operation in asked:
        if operation.kind in CENTRAL_CHANGES and operation.outcome is Outcome.OK:
            taken = operation
        is_look = operation.kind == "ViewCentralCluster"
        if taken and is_look and bears(Sample.of(operation), fields=borne(taken)):
            return taken, operation
    return None, None


def _is_refused(operation: OperationRecord) -> bool:
    reason = (operation.error or {}).get("reason")
    return operation.outcome is Outcome.FAIL and reason not in SAYS_NOTHING


def _says_unconfirmed(operation: OperationRecord) -> bool:
    return Sample.of(operation).is_for(Reason.NOT_CONFIRMED)


def _stale(history: History) -> frozenset[str]:
    """The requests of cancels that succeeded while their message could not get through."""
    spoiled, current, stale = False, "", set[str]()
    for operation in history.operations:
        match operation.kind:
            case "FaultNextMessage" if operation.args.get("message") == "withdraw":
                spoiled |= operation.args.get("fault") in _NEVER_THERE
            case "SetLink":
                spoiled = not operation.args.get("up")
            case "SendPairingRequest" if operation.outcome is Outcome.OK:
                current = _uid(operation.value)
            case "CancelPairingRequest" if operation.outcome is Outcome.OK and spoiled:
                stale.add(current)
    return frozenset(stale)


def _replaced(history: History) -> frozenset[str]:
    """The requests that nobody had ended when another send succeeded."""
    current, replaced = "", set[str]()
    for operation in history.operations:
        if operation.kind == "SendPairingRequest" and operation.outcome is Outcome.OK:
            sent = _uid(operation.value)
            replaced |= {current} - {"", sent}
            current = sent
        elif operation.kind in _ENDING and operation.outcome is not Outcome.FAIL:
            current = ""
    return frozenset(replaced)


_ENDING = ("CancelPairingRequest", "AcceptPairingRequest", "RejectPairingRequest")

_NEVER_THERE = (
    "lost-before",
    "unanswered",
    "server-error",
    "unavailable",
    "rate-limited",
    "garbled",
)
"""The faults by which a message has no effect."""


def _broken(history: History, looks: _Looks, *, may_lapse: bool) -> str:
    """What was answered with success, and does not hold; empty if all does."""
    sent, ended = "", None
    for operation in history.operations:
        if operation.kind == "SendPairingRequest" and operation.outcome is Outcome.OK:
            if _uid(operation.value) != sent:  # else it is the same request, decided or not
                sent, ended = _uid(operation.value), None
        elif operation.kind == "CancelPairingRequest" or (
            operation.kind in ("AcceptPairingRequest", "RejectPairingRequest")
            and operation.outcome is not Outcome.FAIL
            and _uid(operation.args) == sent
        ):
            ended = operation
    if ended is None:
        lost = sent not in ("", looks.pending) and not may_lapse
        return f"{sent} was sent, and is not pending any more" if lost else ""
    left = looks.pending or (looks.is_central and ended.kind != "AcceptPairingRequest")
    if ended.outcome is Outcome.OK and left:
        return f"{ended.kind} succeeded, and does not hold"
    return ""


def _uid(fields: Mapping[str, Json] | None) -> str:
    return str((fields or {}).get("pairing_uid") or "")
