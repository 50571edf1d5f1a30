"""Checks on what Palette shows and on what the edge answers."""

from __future__ import annotations

from collections.abc import Mapping

from harness.catalogue.verdict import Verdict
from harness.checkers.answers import last_sample, refused, succeeded
from harness.checkers.registry import Finding, check, failed, passed, says, then, unjudged
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.predicates import contrary, is_borne
from harness.history.wording import since


@then("they match", of="the match")
@check
def profiles_match(history: History, *, operation: str) -> Finding:
    """The answer to a match says that the selection is valid."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    problems = _each(record, "problems", "text")
    if not problems:
        return passed("the selection is a valid match", operation)
    why = "; ".join(problems)
    return failed(f"the selection should match, and Palette finds: {why}", operation)


@then("they do not match", of="the match")
@check
def profiles_do_not_match(history: History, *, operation: str) -> Finding:
    """The match was refused, or its answer says why the selection is not valid."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return refused(history, operation=operation)
    problems = _each(record, "problems", "text")
    if problems:
        return passed(f"no match: {'; '.join(problems)}", operation)
    return failed("the selection is no valid match, and Palette says that it is", operation)


@check
def listed_once(history: History, *, operation: str, pairing_uid: str) -> Finding:
    """The list holds this request exactly once."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    times = _each(record, "items", "pairing_uid").count(pairing_uid)
    verdict = Verdict.PASS if times == 1 else Verdict.FAIL
    told = "once" if times == 1 else f"{times} times"
    return Finding(verdict, f"request {pairing_uid} is listed {told}", (operation,))


@check
def not_shown_in_list(history: History, *, operation: str, pairing_uid: str) -> Finding:
    """The list was refused, or it does not hold this request."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return refused(history, operation=operation)
    if pairing_uid not in _each(record, "items", "pairing_uid"):
        return passed(f"request {pairing_uid} is not listed", operation)
    return failed(f"request {pairing_uid} should not be seen here, and is listed", operation)


@then("it is refused, or shows no request")
@check
def refused_or_shows_none(history: History, *, operation: str) -> Finding:
    """The operation was refused; a list may be empty in place of that."""
    record = history[operation]
    is_list = record.outcome is Outcome.OK and "items" in (record.value or {})
    if is_list and not _each(record, "items", "pairing_uid"):
        return passed("the list is empty", operation)
    return refused(history, operation=operation)


def _shows_says(history: History, *, operation: str, fields: Mapping[str, Json]) -> str:
    """By the answer, of a wait by the last."""
    record, n = history[operation], history.operations.index(history[operation])
    seen = last_sample(record)
    if seen.outcome is Outcome.INFO:
        raise ValueError("no answer shows anything")
    when = since(history.operations[:n], record.end or record.start)
    polls = str(record.args.get("polls", record.kind))
    return contrary("bears", polls, {"fields": dict(fields)}, seen, False, when)


@says(_shows_says)
@check
def shows(history: History, *, operation: str, fields: Mapping[str, Json]) -> Finding:
    """The answer has these values in these fields; see `is_borne`."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    return _compared(record, record.value or {}, fields)


@says(_shows_says)
@check
def shown_at_last(history: History, *, operation: str, fields: Mapping[str, Json]) -> Finding:
    """What a wait saw last has these values in these fields; see `is_borne`."""
    record = history[operation]
    last = record.samples[-1] if record.samples else {}
    if last.get("outcome") != Outcome.OK.value:
        return _never_shown(record, last)
    value = last.get("value")
    return _compared(record, value if isinstance(value, Mapping) else {}, fields)


def _never_shown(record: OperationRecord, last: Mapping[str, Json]) -> Finding:
    error = last.get("error")
    told = error if isinstance(error, Mapping) else {}
    why = told.get("message") or told.get("why") or "no answer"
    refusal = last.get("outcome") == Outcome.FAIL.value
    verdict = Verdict.FAIL if refusal else Verdict.INCONCLUSIVE
    return Finding(verdict, f"{record.args['polls']} showed nothing: {why}", (record.id,))


def _compared(
    record: OperationRecord, value: Mapping[str, Json], fields: Mapping[str, Json]
) -> Finding:
    wrong = [
        f"{name} should be {expected!r}, and {_shown_as(value, name)}"
        for name, expected in fields.items()
        if not is_borne(value, name, expected)
    ]
    asked = record.args.get("polls", record.kind)
    if wrong:
        return failed(f"{asked}: {'; '.join(wrong)}", record.id)
    return passed(f"{asked} shows {', '.join(fields)} as expected", record.id)


def _shown_as(value: Mapping[str, Json], name: str) -> str:
    return f"is {value.get(name)!r}" if name != "without_tags" else f"tags is {value.get('tags')!r}"


@check
def became_one_cluster(history: History, *, pairing_uid: str, cluster_uid: str) -> Finding:
    """Whatever tells of the request after its acceptance names this cluster, if it names any."""
    about = [o for o in history.operations if o.args.get("pairing_uid") == pairing_uid]
    named = [o for o in about if o.outcome is Outcome.OK and (o.value or {}).get("cluster_uid")]
    others = [o for o in named if (o.value or {})["cluster_uid"] != cluster_uid]
    if others:
        other = (others[0].value or {})["cluster_uid"]
        reason = f"the request became cluster {cluster_uid}, and {others[0].kind} names {other}"
        return failed(reason, *(o.id for o in others))
    if not named:
        return unjudged("nothing tells which cluster the request has become")
    return passed(f"{len(named)} answers name one cluster", *(o.id for o in named))


def _each(record: OperationRecord, name: str, field: str) -> list[str]:
    """A field of each item of a list in the answer."""
    found = (record.value or {}).get(name)
    items = found if isinstance(found, list) else []
    return [str(item.get(field)) for item in items if isinstance(item, Mapping)]


# --- the edge: the connection check, bounded answers, pairing ids, what stays as it was -----------


@check
def answered_within(history: History, *, operation: str, limit_s: float) -> Finding:
    """An answer came, and the operation took less than the limit.

    Without any answer the driver gives up at a limit of its own: at this one it fails, before it
    nothing is known.
    """
    record = history[operation]
    took_s = float("inf") if record.end is None else (record.end - record.start) / 1_000_000
    if took_s < limit_s:
        if record.outcome is Outcome.INFO:
            return succeeded(history, operation=operation)
        return passed(f"an answer came within {limit_s:g} s", operation)
    return failed(
        f"{record.kind} should be answered within {limit_s:g} s, and took {took_s:.1f} s", operation
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
        return passed(f"the connection check says {words[said]}", operation)
    return failed(
        f"the connection check should say {words[verified]}, and says {words[said]}", operation
    )


@check
def ids_are_unique(history: History, *, at_least: int) -> Finding:
    """The sends that succeeded, `at_least` so many, were answered with an id of its own each."""
    sends = [o for o in history.of_kind("SendPairingRequest") if o.outcome is Outcome.OK]
    rests_on = tuple(o.id for o in sends)
    ids = [str((o.value or {}).get("pairing_uid", "")) for o in sends]
    if len(ids) < at_least:
        reason = f"only {len(ids)} of {at_least} sends succeeded"
        return unjudged(reason, *rests_on)
    again = sorted({i for i in ids if ids.count(i) > 1 or not i})
    if again:
        reason = f"pairing ids should be unique, and these came more than once: {again}"
        return failed(reason, *rests_on)
    return passed(f"{len(ids)} sends have {len(ids)} pairing ids", *rests_on)


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
        return unjudged(reason, *rests_on)
    central_wins = cancelled.outcome is not Outcome.OK
    expected = "central" if central_wins else "local"
    answer = "was refused" if central_wins else "succeeded"
    managed = last_sample(history[mode]).mode or "nothing"
    obeys = central_operation.outcome is Outcome.OK
    took = "takes effect" if obeys else "is refused"
    seen = f"the cancel {answer}, Local UI says {managed}, and a central operation {took}"
    agreed = managed == expected and obeys is central_wins
    return Finding(Verdict.PASS if agreed else Verdict.FAIL, seen, rests_on)


@check
def unchanged(history: History, *, before: str, after: str) -> Finding:
    """Two looks at the same thing were answered alike."""
    first, second = history[before], history[after]
    for record in (first, second):
        if record.outcome is not Outcome.OK:
            return succeeded(history, operation=record.id)
    was, now = first.value or {}, second.value or {}
    if was == now:
        reason = f"{second.kind} shows what it showed before"
        return passed(reason, before, after)
    differing = ", ".join(sorted(k for k in {*was, *now} if was.get(k) != now.get(k)))
    reason = f"{second.kind} should show what it showed before; differing: {differing}"
    return failed(reason, before, after)
