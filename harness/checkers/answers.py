"""Checks on how single operations ended, on what was seen while waiting, and on what was said."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.catalogue.limits import DAY_S
from harness.catalogue.troubles import CENTRAL_MANAGEMENT, TROUBLES
from harness.catalogue.verdict import Verdict
from harness.checkers.registry import Finding, check, failed, passed, says, then, unjudged
from harness.checkers.sentences import describe_wait
from harness.domain.errors import Reason, without_message
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.predicates import Sample, expectation, holds, starved_s
from harness.history.redaction import is_told, without_labels
from harness.history.wording import (
    WAITS,
    begun,
    briefly,
    fields,
    happened,
    noun,
    seconds,
    since,
    why,
)


@then("it succeeds", "the request is sent")
@check
def succeeded(history: History, *, operation: str) -> Finding:
    """The operation happened."""
    record = history[operation]
    if record.outcome is Outcome.OK:
        return passed(f"{record.kind} succeeded", operation)
    if record.outcome is Outcome.FAIL:
        return failed(f"{record.kind} should succeed, and was refused: {_why(record)}", operation)
    return _unknown(record)


@then("it is refused", "the request is refused")
@check
def refused(history: History, *, operation: str) -> Finding:
    """The operation was refused with a well-formed error."""
    record = history[operation]
    if record.outcome is Outcome.FAIL:
        return passed(f"{record.kind} was refused: {_why(record)}", operation)
    if record.outcome is Outcome.OK:
        return failed(f"{record.kind} should be refused, and succeeded", operation)
    return _unknown(record)


@check
def login_has_ended(history: History, *, operation: str, after_s: float) -> Finding:
    """A login is good no more after this time; a target may say that its logins last longer."""
    found = refused(history, operation=operation)
    if found.verdict is not Verdict.FAIL:
        return found
    told = f"a login still works after {after_s / DAY_S:g} days"
    return failed(f"{told}; if they last longer there, set limits.login_s", operation)


@then("it is refused, or nothing comes of it")
@check
def refused_or_in_vain(history: History, *, operation: str) -> Finding:
    """The operation was refused, or acknowledged; then it is seen next that nothing came of it."""
    if history[operation].outcome is Outcome.OK:
        return passed(f"{history[operation].kind} was acknowledged", operation)
    return refused(history, operation=operation)


UNREAD_SHARE_MAX = 0.1
"""The share of unreadable answers up to which a requirement is judged by the others."""

REFUSALS = (
    *("refused", "refused_or_in_vain", "refused_or_shows_none"),
    *("not_shown_in_list", "profiles_do_not_match"),
)
"""The checks that a refusal passes, if it is one for the reason in question."""

NEVER_TRIED = frozenset(
    "DeleteCluster CreateCluster RemoveMachinePool RemoveNode"
    " RestoreLocalManagement ReleaseCentralCluster".split()
)
"""What destroys, or cannot succeed anyway: no control shows that it is allowed elsewhere."""

ARRANGES = "harness"
"""The actor that arranges; what it does says nothing of a target."""

SAYS_NOTHING = (Reason.RATE_LIMITED, Reason.UNAUTHENTICATED)
"""Reasons that say nothing of what was asked for, wherever they are not what is asked about."""


def tells_reason(record: OperationRecord, reasons: Sequence[str]) -> bool:
    """Whether a refusal proves by itself what it is about: it names one of these reasons.

    That nothing is there proves nothing: it may be the path that is not.
    """
    reason = (record.error or {}).get("reason")
    return reason in reasons and reason != Reason.NOT_FOUND


@check
def refused_for_that(
    history: History, *, operation: str, reasons: list[str], control: str = ""
) -> Finding:
    """The refusal names its reason, or the same operation is seen to be allowed elsewhere."""
    record = history[operation]
    if record.outcome is not Outcome.FAIL:
        return refused(history, operation=operation)
    reason, details = (record.error or {}).get("reason"), (record.error or {}).get("details")
    status = details.get("status") if isinstance(details, Mapping) else None
    if tells_reason(record, reasons):
        return passed(f"{record.kind} was refused as {reason}", operation)
    if reason in SAYS_NOTHING or status == "503":
        return unjudged(f"{record.kind} was refused for another reason: {_why(record)}", operation)
    if control and history[control].outcome is Outcome.OK:
        told = f"{record.kind} was refused, and succeeds where it is allowed ({control})"
        return passed(told, operation, control)
    tried = f"; it is refused elsewhere, too: {_why(history[control])}" if control else ""
    why = f"{record.kind} was refused, and why cannot be told ({_why(record)}){tried}"
    return unjudged(why, operation, *filter(None, [control]))


def unread(operations: Iterable[OperationRecord]) -> tuple[int, Counter[str]]:
    """How many answers came, and how many of each operation could not be read, in their order."""
    came, ids = 0, Counter[str]()
    for record in operations:
        value = record.value or {}
        asked, lost = value.get("asked"), value.get("unread")
        if not (isinstance(asked, int) and isinstance(lost, int)):
            unsure = record.outcome is Outcome.INFO
            lost = int(unsure and record.response is not None)
            # What was understood has come, though a driver need not tell how.
            asked = lost if unsure else int(record.actor != ARRANGES)
        came += asked
        if lost > 0:
            ids[record.id] += lost
    return came, ids


def why_unread(operations: Sequence[OperationRecord]) -> str:
    """Why what rests on these answers cannot be judged; empty where all but a tenth were read."""
    came, lost = unread(operations)
    if lost.total() <= UNREAD_SHARE_MAX * came:
        return ""
    first = next(record for record in operations if record.id in lost)
    return f"{lost.total()} of {came} answers could not be read: {_why_unread(first)}"


def _wait_says(history: History, *, operation: str) -> str:
    record = history[operation]
    told = describe_wait(record, history)
    late_s = starved_s((record.value or {}).get("late_us"), record.args)
    if late_s and record.kind != "stays":
        return f"{told}; but the harness itself was late by {late_s:.1f} s of that time"
    return told


@says(_wait_says)
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
    what = f"{record.args['polls']}: {name}{_describe_fields(record.args['predicate_args'])}"
    if samples and fulfilled:
        return passed(f"{what} held", operation)
    telling = [s for s in against if s.outcome is not Outcome.INFO]
    if not telling:
        last = samples[-1].error.get("why") if samples else ""
        why = f"{what}: no well-formed answer came{f': {last}' if last else ''}"
        return unjudged(why, operation)
    late_s = starved_s((record.value or {}).get("late_us"), record.args)
    if late_s and record.kind != "stays":
        why = (
            f"the harness itself was late by {late_s:.1f} s of the time in which it had to be seen"
        )
        return unjudged(f"{what} was not seen, and {why}", operation)
    seen = telling[0] if record.kind == "stays" else telling[-1]
    return failed(f"{what} did not hold; seen: {_seen(seen)}", operation)


def _effect_says(
    history: History, *, operation: str, predicate: str, args: Mapping[str, Json]
) -> str:
    record, n = history[operation], history.operations.index(history[operation])
    if not holds(predicate, Sample.of(record), args):
        return f"{begun(noun(record.kind))} shows nothing: {why(record)}"
    seen = expectation(predicate, record.kind, args)
    when = since(history.operations[:n], record.end or record.start)
    return f"What was refused took effect: {seen}{when}"


@says(_effect_says)
@check
def has_not_happened(
    history: History, *, operation: str, predicate: str, args: Mapping[str, Json]
) -> Finding:
    """A look does not show the effect of what was refused, whatever else it shows."""
    record = history[operation]
    sample = Sample.of(record)
    if holds(predicate, sample, args):
        return failed(f"{record.kind}: what was refused took effect: {_seen(sample)}", operation)
    if record.outcome is not Outcome.OK:
        return unjudged(f"{record.kind} shows nothing: {_why(record)}", operation)
    return passed(f"{record.kind} shows no effect", operation)


def _observation_says(history: History, *, situation: str, operations: list[str]) -> str:
    return "; ".join(_observation(history[id_], history) for id_ in operations)


def _observation(record: OperationRecord, history: History) -> str:
    if record.kind not in WAITS:
        detail = fields(record.value or {}, _UNTELLING) if record.outcome is Outcome.OK else ""
        refused = f": {why(record)}" if record.outcome is not Outcome.OK else ""
        return begun(happened(record)) + (f" ({detail})" if detail else refused)
    if not (record.value or {}).get("held"):
        return describe_wait(record, history)
    args, polls = record.args["predicate_args"], str(record.args["polls"])
    looked = args if isinstance(args, dict) else {}
    after = seconds((record.end or record.start) - record.start)
    return f"{expectation(str(record.args['predicate']), polls, looked)} within {after}"


@says(_observation_says)
@check
def observed(history: History, *, situation: str, operations: list[str]) -> Finding:
    """The procedure is silent: what the target did, in words."""
    told = [_describe(history[operation]) for operation in operations]
    return Finding(Verdict.OBSERVED, "; ".join(told), tuple(operations))


def _unknown(record: OperationRecord) -> Finding:
    why = f"{record.kind} got no well-formed answer, so it may or may not have happened"
    return unjudged(f"{why}: {_why(record)}", record.id)


def _why_unread(record: OperationRecord) -> str:
    """What was wrong with one: of a wait, with the first that could not be read."""
    lost = (s.error for s in _samples(record) if s.outcome is Outcome.INFO)
    return str(next(lost, record.error or {}).get("why", "no reason was given"))


def _samples(record: OperationRecord) -> list[Sample]:
    return [Sample.from_json(sample) for sample in record.samples]


def _describe(record: OperationRecord) -> str:
    """How an operation ended, or what a wait saw, in a few words."""
    if record.kind in WAITS:
        samples = _samples(record)
        held = "held" if (record.value or {}).get("held") else "did not hold"
        after_s = ((record.end or record.start) - record.start) / 1_000_000
        told = f"{record.args['polls']}: {record.args['predicate']} {held} after {after_s:.1f} s"
        return f"{told}, seen: {_seen(samples[-1])}" if samples else told
    if record.outcome is Outcome.OK:
        return f"{record.kind} succeeded{_describe_fields(record.value)}"
    ended = "was refused" if record.outcome is Outcome.FAIL else "got no well-formed answer"
    return f"{record.kind} {ended}: {_why(record)}"


def last_seen(record: OperationRecord) -> str:
    """What a wait saw last, in a few words."""
    samples = _samples(record)
    return _seen(samples[-1]) if samples else "nothing"


def last_sample(record: OperationRecord) -> Sample:
    """What a wait saw last; the answer itself of what was no wait."""
    return _samples(record)[-1] if record.samples else Sample.of(record)


def last_value(record: OperationRecord) -> Mapping[str, Json]:
    """The fields that a wait saw last."""
    return last_sample(record).value if record.samples else {}


def _why(record: OperationRecord) -> str:
    error = record.error or {}
    if "message" in error:
        return f"{error['message']} ({error.get('reason')})"
    return str(error.get("why", "no reason was given"))


def _seen(sample: Sample) -> str:
    if sample.outcome is Outcome.OK:
        return _describe_fields(sample.value).strip() or "an empty answer"
    return str(sample.error.get("message") or sample.error.get("why") or sample.outcome.value)


_UNTELLING = frozenset({"description", "endpoint", "insecure", "local_cluster_uid", "cluster_uid"})
"""Fields that say nothing to a person who reads what a target did; the evidence has them."""


def _describe_fields(data: Json | Mapping[str, Json] | None) -> str:
    """Plain fields and tags in brackets, lists as a count; the rest is left to the evidence."""
    if not isinstance(data, Mapping):
        return ""
    telling = ((k, briefly(v)) for k, v in data.items() if k not in _UNTELLING)
    told = ", ".join(f"{k} {v}" for k, v in telling if v)
    return f" ({told})" if told else ""


# --- what an error or an answer says in words (the requirements of level *should*) ----------------


@check
def error_tells(
    history: History, *, operation: str, trouble: str, words: list[str], others: list[str]
) -> Finding:
    """The error says what is wrong: in the target's own words for it, where its file has some.

    Otherwise it has to name what is wrong, or to differ from what is said of other troubles;
    with only one of the two, whether that tells a person enough is left open.
    """
    record = history[operation]
    if record.outcome is not Outcome.FAIL:
        reason = f"{record.kind} was not refused, so that there is no error to judge"
        return unjudged(reason, operation)
    said = _text(record)
    text = without_labels(said)
    told = f"{trouble} by {said!r}"
    if not said:
        reason = "the error has no message, so that nobody is told what is wrong"
        return Finding(Verdict.OBSERVED, reason, (operation,))
    if any(word.lower() in text.lower() for word in words):
        return passed(f"the error tells {told}", operation)
    if words:
        why = f"the error should tell {told}, and has none of the words {', '.join(words)}"
        return failed(why, operation)
    entered = any(name.lower() in said.lower() for name in _entered(record, trouble))
    names = entered or TROUBLES[trouble].lower() in text.lower()
    same = [other for other in others if _anywhere(history[other]) == _anywhere(record)]
    if names and not same:
        return passed(f"the error tells {told}", operation, *others)
    if not names and same:
        why = f"the error names nothing, and says the same where nothing like it is wrong: {said!r}"
        return failed(why, operation, *same)
    why = "says the same of another trouble" if same else "does not name it in words that are known"
    hint = f"give the words that do under [words] {trouble}"
    return Finding(Verdict.OBSERVED, f"what tells {told} {why}; {hint}", (operation, *same))


def _entered(record: OperationRecord, trouble: str) -> Iterator[str]:
    """What a trouble concerns, as it was entered."""
    endpoint = str(record.args.get("endpoint", "")) if TROUBLES[trouble] == "endpoint" else ""
    yield from filter(str.strip, (endpoint, endpoint.partition("://")[2]))


def _anywhere(record: OperationRecord) -> str:
    """What an error says, whatever it was asked with and whenever."""
    text = _text(record).replace(str(record.args.get("endpoint") or "\0"), "#")
    return re.sub(r"\S*\d\S*", "#", text).lower()


@check
def refused_as_centrally_managed(
    history: History, *, operation: str, words: list[str], others: list[str]
) -> Finding:
    """It was refused because the cluster is centrally managed: it says so, or has the code with
    which the others, that worked before, were refused.
    """
    record = history[operation]
    if record.outcome is not Outcome.FAIL:
        return refused(history, operation=operation)
    text = _text(record).lower()
    told = any(word.lower() in text for word in words or [TROUBLES[CENTRAL_MANAGEMENT]])
    if told or _code(record) in {_code(history[other]) for other in others} - {""}:
        return passed(f"{record.kind} was refused as centrally managed", operation, *others)
    why = f"{record.kind} was refused, perhaps for another reason: {_why(record)}"
    return unjudged(why, operation, *others)


def _code(record: OperationRecord) -> str:
    error = record.error or {}
    details = error.get("details")
    code = details.get("code") if isinstance(details, dict) else ""
    return str(code or error.get("reason") or "")


@then("the error does not repeat the token")
@check
def token_is_not_repeated(history: History, *, operation: str) -> Finding:
    """The error holds nowhere the token that was sent, in no answer of several calls."""
    record = history[operation]
    told = dict(record.response or {})
    calls = told.pop("calls", None)
    if isinstance(calls, list):
        told["answers"] = [call.get("response") for call in calls if isinstance(call, dict)]
    answer = json.dumps([record.error, told], default=str)
    if is_told(str(record.args.get("token", "")), answer):
        return failed("the error repeats the registration token", operation)
    return passed("the error does not repeat the registration token", operation)


@check
def answer_names(
    history: History, *, operation: str, named: list[str], not_named: list[str]
) -> Finding:
    """What says no, be it an error or an answer, has one of these names and none of those."""
    record = history[operation]
    if record.outcome is Outcome.INFO or (record.value or {}).get("verified") is True:
        reason = f"{record.kind} did not say no, so that nobody is to blame"
        return unjudged(reason, operation)
    text = _text(record)
    strays = [name for name in not_named if _has_name(text, name)]
    if not any(_has_name(text, name) for name in named):
        reason = f"the answer names none of {', '.join(named)}: {text!r}"
        return failed(reason, operation)
    if strays:
        return failed(f"the answer also names {', '.join(strays)}", operation)
    return passed("the answer names who is to blame, and nobody else", operation)


def _text(record: OperationRecord) -> str:
    """The words of an error or an answer: its message and the facts beside it, without what the
    harness says itself where nothing was said.
    """
    told = record.error or record.value or {}
    details = told.get("details")
    facts = dict(details) if isinstance(details, dict) else {}
    message, status = told.get("message", ""), facts.pop("status", "")
    if status and message == without_message(str(status)):
        message = ""
    return " ".join(str(part) for part in (message, *facts.values()) if part)


def _has_name(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
