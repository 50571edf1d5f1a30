"""Checks on what Palette shows: matches, lists, requests and clusters."""

from __future__ import annotations

from collections.abc import Mapping

from harness.catalogue.verdict import Verdict
from harness.checkers.answers import refused, succeeded
from harness.checkers.registry import Finding, check
from harness.history.operation import History, Json, OperationRecord, Outcome


@check
def profiles_match(history: History, *, operation: str) -> Finding:
    """The answer to a match says that the selection is valid."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    problems = _problems(record)
    if not problems:
        return Finding(Verdict.PASS, "the selection is a valid match", (operation,))
    why = "; ".join(problems)
    return Finding(
        Verdict.FAIL, f"the selection should match, and Palette finds: {why}", (operation,)
    )


@check
def profiles_do_not_match(history: History, *, operation: str) -> Finding:
    """The match was refused, or its answer says why the selection is not valid."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return refused(history, operation=operation)
    problems = _problems(record)
    if problems:
        return Finding(Verdict.PASS, f"no match: {'; '.join(problems)}", (operation,))
    return Finding(
        Verdict.FAIL, "the selection is no valid match, and Palette says that it is", (operation,)
    )


@check
def listed_once(history: History, *, operation: str, pairing_uid: str) -> Finding:
    """The list holds this request exactly once."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    times = _listed_ids(record).count(pairing_uid)
    verdict = Verdict.PASS if times == 1 else Verdict.FAIL
    return Finding(verdict, f"request {pairing_uid} is listed {_times(times)}", (operation,))


@check
def not_shown_in_list(history: History, *, operation: str, pairing_uid: str) -> Finding:
    """The list was refused, or it does not hold this request."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return refused(history, operation=operation)
    if pairing_uid not in _listed_ids(record):
        return Finding(Verdict.PASS, f"request {pairing_uid} is not listed", (operation,))
    return Finding(
        Verdict.FAIL, f"request {pairing_uid} should not be seen here, and is listed", (operation,)
    )


@check
def refused_or_shows_none(history: History, *, operation: str) -> Finding:
    """The operation was refused; a list may be empty in place of that."""
    record = history[operation]
    is_list = record.outcome is Outcome.OK and "items" in (record.value or {})
    if is_list and not _listed_ids(record):
        return Finding(Verdict.PASS, "the list is empty", (operation,))
    return refused(history, operation=operation)


@check
def shows(history: History, *, operation: str, fields: Mapping[str, Json]) -> Finding:
    """The answer has just these values in these fields."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    return _compared(record, record.value or {}, fields)


@check
def shown_at_last(history: History, *, operation: str, fields: Mapping[str, Json]) -> Finding:
    """What a wait saw last has just these values in these fields."""
    record = history[operation]
    samples = (record.value or {}).get("samples")
    last = samples[-1] if isinstance(samples, list) and samples else None
    if not isinstance(last, Mapping) or last.get("outcome") != Outcome.OK.value:
        return _never_shown(record, last if isinstance(last, Mapping) else {})
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
        f"{name} should be {expected!r}, and is {value.get(name)!r}"
        for name, expected in fields.items()
        if value.get(name) != expected
    ]
    asked = record.args.get("polls", record.kind)
    if wrong:
        return Finding(Verdict.FAIL, f"{asked}: {'; '.join(wrong)}", (record.id,))
    return Finding(Verdict.PASS, f"{asked} shows {', '.join(fields)} as expected", (record.id,))


def _problems(record: OperationRecord) -> list[str]:
    found = (record.value or {}).get("problems")
    items = found if isinstance(found, list) else []
    return [str(item.get("text")) for item in items if isinstance(item, Mapping)]


def _listed_ids(record: OperationRecord) -> list[str]:
    found = (record.value or {}).get("items")
    items = found if isinstance(found, list) else []
    return [str(item.get("pairing_uid")) for item in items if isinstance(item, Mapping)]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
