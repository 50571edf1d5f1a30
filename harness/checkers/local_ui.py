"""Checks on the edge: the connection check, bounded answers, pairing ids, what stays as it was."""

from __future__ import annotations

from harness.catalogue.verdict import Verdict
from harness.checkers.answers import succeeded
from harness.checkers.registry import Finding, check
from harness.history.operation import History, Json, OperationRecord, Outcome


@check
def answered_within(history: History, *, operation: str, limit_s: float) -> Finding:
    """An answer came, and the operation took less than the limit.

    Without any answer the driver gives up at the limit; then this fails, whatever the unknown
    outcome was.
    """
    record = history[operation]
    took_s = _took_s(record)
    if took_s < limit_s:
        return Finding(Verdict.PASS, f"an answer came within {limit_s:g} s", (operation,))
    return Finding(
        Verdict.FAIL,
        f"{record.kind} should be answered within {limit_s:g} s, and took {took_s:.1f} s",
        (operation,),
    )


@check
def connection_check_says(history: History, *, operation: str, verified: bool) -> Finding:
    """The connection check says that every host reaches Palette, or that one does not.

    To refuse the check with an error is a way to say no.
    """
    record = history[operation]
    if record.outcome is Outcome.INFO:
        return succeeded(history, operation=operation)
    said = record.outcome is Outcome.OK and (record.value or {}).get("verified") is True
    words = {True: "that every host reaches Palette", False: "that a host cannot reach Palette"}
    if said is verified:
        return Finding(Verdict.PASS, f"the connection check says {words[said]}", (operation,))
    return Finding(
        Verdict.FAIL,
        f"the connection check should say {words[verified]}, and says {words[said]}",
        (operation,),
    )


@check
def ids_are_unique(history: History, *, at_least: int) -> Finding:
    """The sends that succeeded, `at_least` so many, were answered with an id of its own each."""
    sends = [o for o in history.of_kind("SendPairingRequest") if o.outcome is Outcome.OK]
    rests_on = tuple(o.id for o in sends)
    ids = [str((o.value or {}).get("pairing_uid", "")) for o in sends]
    if len(ids) < at_least:
        reason = f"only {len(ids)} of {at_least} sends succeeded"
        return Finding(Verdict.INCONCLUSIVE, reason, rests_on)
    again = sorted({i for i in ids if ids.count(i) > 1 or not i})
    if again:
        reason = f"pairing ids should be unique, and these came more than once: {again}"
        return Finding(Verdict.FAIL, reason, rests_on)
    return Finding(Verdict.PASS, f"{len(ids)} sends have {len(ids)} pairing ids", rests_on)


@check
def cancel_or_acceptance_holds(
    history: History, *, cancel: str, mode: str, central: str
) -> Finding:
    """A cancel that met an acceptance: one of the two holds, and both sides obey that one.

    After a cancel that succeeded the cluster is locally managed and no central operation takes
    effect; after one that was refused it is the other way round (WDR-6, WDR-3).
    """
    cancelled, central_operation = history[cancel], history[central]
    rests_on = (cancel, mode, central)
    if Outcome.INFO in (cancelled.outcome, central_operation.outcome):
        reason = "an answer is missing, so it cannot be told which of the two holds"
        return Finding(Verdict.INCONCLUSIVE, reason, rests_on)
    central_wins = cancelled.outcome is not Outcome.OK
    expected = "central" if central_wins else "local"
    answer = "was refused" if central_wins else "succeeded"
    managed = (history[mode].value or {}).get("mode")
    obeys = central_operation.outcome is Outcome.OK
    took = "takes effect" if obeys else "is refused"
    seen = f"the cancel {answer}, Local UI says {managed}, and a central operation {took}"
    agreed = managed == expected and obeys is central_wins
    return Finding(Verdict.PASS if agreed else Verdict.FAIL, seen, rests_on)


@check
def unchanged(
    history: History, *, before: str, after: str, fields: list[str] | None = None
) -> Finding:
    """Two looks at the same thing were answered alike, in these fields or in all of them."""
    first, second = history[before], history[after]
    for record in (first, second):
        if record.outcome is not Outcome.OK:
            return succeeded(history, operation=record.id)
    if _part(first, fields) == _part(second, fields):
        reason = f"{second.kind} shows what it showed before"
        return Finding(Verdict.PASS, reason, (before, after))
    reason = f"{second.kind} should show what it showed before; differing: "
    return Finding(Verdict.FAIL, reason + _differing(first, second), (before, after))


def _part(record: OperationRecord, fields: list[str] | None) -> dict[str, Json]:
    value = record.value or {}
    return {name: value.get(name) for name in (value if fields is None else fields)}


def _took_s(record: OperationRecord) -> float:
    return float("inf") if record.end is None else (record.end - record.start) / 1_000_000


def _differing(first: OperationRecord, second: OperationRecord) -> str:
    was, now = first.value or {}, second.value or {}
    return ", ".join(sorted(k for k in {*was, *now} if was.get(k) != now.get(k)))
