"""Checks on how single operations ended, and on what was seen while waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.catalogue.verdict import Verdict
from harness.checkers.registry import Finding, check
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.predicates import Sample, holds


@check
def succeeded(history: History, *, operation: str) -> Finding:
    """The operation happened."""
    record = history[operation]
    if record.outcome is Outcome.OK:
        return Finding(Verdict.PASS, f"{record.kind} succeeded", (operation,))
    if record.outcome is Outcome.FAIL:
        return Finding(
            Verdict.FAIL,
            f"{record.kind} should succeed, and was refused: {_why(record)}",
            (operation,),
        )
    return _unknown(record)


@check
def refused(history: History, *, operation: str) -> Finding:
    """The operation was refused with a well-formed error."""
    record = history[operation]
    if record.outcome is Outcome.FAIL:
        return Finding(Verdict.PASS, f"{record.kind} was refused: {_why(record)}", (operation,))
    if record.outcome is Outcome.OK:
        return Finding(
            Verdict.FAIL, f"{record.kind} should be refused, and succeeded", (operation,)
        )
    return _unknown(record)


def _last_why(samples: Sequence[Sample]) -> str:
    """What came instead of an answer, as the last look saw it."""
    why = samples[-1].error.get("why") if samples else ""
    return f": {why}" if why else ""


@check
def held(history: History, *, operation: str) -> Finding:
    """What was waited for was seen in time; what had to stay so stayed so.

    Asks the predicate again of every answer that the wait saw.
    """
    record = history[operation]
    samples = _samples(record)
    name = str(record.args["predicate"])
    args = record.args["predicate_args"]
    against = [s for s in samples if not holds(name, s, args if isinstance(args, dict) else {})]
    fulfilled = not against if record.kind == "stays" else samples[-1:] != against[-1:]
    what = f"{record.args['polls']}: {name}{_in_words(record.args['predicate_args'])}"
    if samples and fulfilled:
        return Finding(Verdict.PASS, f"{what} held", (operation,))
    telling = [s for s in against if s.outcome is not Outcome.INFO]
    if not telling:
        why = f"{what}: no well-formed answer came{_last_why(samples)}"
        return Finding(Verdict.INCONCLUSIVE, why, (operation,))
    seen = telling[0] if record.kind == "stays" else telling[-1]
    return Finding(Verdict.FAIL, f"{what} did not hold; seen: {_seen(seen)}", (operation,))


@check
def value_is(history: History, *, operation: str, field: str, expected: Json) -> Finding:
    """A field of the answer has this value."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    found = (record.value or {}).get(field)
    if found == expected:
        return Finding(Verdict.PASS, f"{field} is {expected!r}", (operation,))
    return Finding(
        Verdict.FAIL,
        f"{record.kind}: {field} should be {expected!r}, and is {found!r}",
        (operation,),
    )


@check
def observed(history: History, *, situation: str, operations: list[str]) -> Finding:
    """The procedure is silent: what the target did, in words."""
    told = [_told(history[operation]) for operation in operations]
    return Finding(Verdict.OBSERVED, "; ".join(told), tuple(operations))


def _unknown(record: OperationRecord) -> Finding:
    why = f"{record.kind} got no well-formed answer, so it may or may not have happened"
    return Finding(Verdict.INCONCLUSIVE, f"{why}: {_why(record)}", (record.id,))


def _samples(record: OperationRecord) -> list[Sample]:
    seen = (record.value or {}).get("samples")
    items = seen if isinstance(seen, list) else []
    return [Sample.from_json(item) for item in items if isinstance(item, dict)]


def _told(record: OperationRecord) -> str:
    """How an operation ended, or what a wait saw, in a few words."""
    if record.kind in ("await_state", "stays"):
        return _told_of_wait(record)
    if record.outcome is Outcome.OK:
        return f"{record.kind} succeeded{_in_words(record.value)}"
    ended = "was refused" if record.outcome is Outcome.FAIL else "got no well-formed answer"
    return f"{record.kind} {ended}: {_why(record)}"


def _told_of_wait(record: OperationRecord) -> str:
    samples = _samples(record)
    held = "held" if (record.value or {}).get("held") else "did not hold"
    after_s = ((record.end or record.start) - record.start) / 1_000_000
    told = f"{record.args['polls']}: {record.args['predicate']} {held} after {after_s:.1f} s"
    return f"{told}, seen: {_seen(samples[-1])}" if samples else told


def _why(record: OperationRecord) -> str:
    error = record.error or {}
    if "message" in error:
        return f"{error['message']} ({error.get('reason')})"
    return str(error.get("why", "no reason was given"))


def _seen(sample: Sample) -> str:
    if sample.outcome is Outcome.OK:
        return _in_words(sample.value).strip() or "an empty answer"
    return str(sample.error.get("message") or sample.error.get("why") or sample.outcome.value)


_UNTELLING = frozenset({"description", "endpoint", "insecure", "local_cluster_uid", "cluster_uid"})
"""Fields that say nothing to a person who reads what a target did; the evidence has them."""


def _in_words(data: Json | Mapping[str, Json] | None) -> str:
    """Plain fields and tags in brackets, lists as a count; the rest is left to the evidence."""
    if not isinstance(data, Mapping):
        return ""
    telling = ((k, _briefly(v)) for k, v in data.items() if k not in _UNTELLING)
    told = ", ".join(f"{k} {v}" for k, v in telling if v)
    return f" ({told})" if told else ""


def _briefly(value: Json) -> str:
    if isinstance(value, list):
        return str(len(value))
    if isinstance(value, dict):
        plain = all(isinstance(v, str) for v in value.values())
        return ", ".join(f"{k}={v}" for k, v in value.items()) if plain else ""
    return "" if value is None else str(value)
