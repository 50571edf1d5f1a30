"""Checks on what an error or an answer says in words (the requirements of level *should*)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from harness.catalogue.verdict import Verdict
from harness.checkers.registry import Finding, check
from harness.history.operation import History, OperationRecord, Outcome

TOPICS: Mapping[str, tuple[str, ...]] = {
    "the registration token": ("token",),
    "central management": ("central", "managed by palette", "managed in palette"),
    "the endpoint": (
        *("endpoint", "palette", "url", "address", "reach", "connect", "server"),
        *("dial", "lookup", "resolve", "request to", "timeout", "timed out", "deadline"),
        *("tls", "x509", "certificate"),
    ),
}
"""What a message may be about, and words of which it then has one."""

_UNEXPECTED = ("unexpected answer", "unexpected response", "unexpected status", "invalid response")

TROUBLES: Mapping[str, tuple[str, ...]] = {
    "missing": ("missing", "required", "empty", "must not be blank"),
    "malformed": ("malformed", "invalid", "not valid", "not a url", "cannot be parsed"),
    "not resolved": ("resolve", "resolution", "no such host", "name or service", "unknown host"),
    "no connection": ("refuse", "cannot connect", "could not connect", "no connection"),
    "no answer": (
        *("no answer", "timed out", "timeout", "no response", "not answer", "in time"),
        "deadline exceeded",
    ),
    "not a Palette": ("not a palette", "no palette", "not palette", *_UNEXPECTED),
    "not trusted": ("trust", "certificate", "x509", "unknown authority", "self-signed"),
}
"""What may be wrong with an endpoint, and words of which an error then has one."""


@check
def error_is_about(history: History, *, operation: str, topic: str) -> Finding:
    """The error names this topic as the reason. Without an error there is nothing to judge."""
    return _says(history, operation, topic, TOPICS[topic])


@check
def error_tells_trouble(history: History, *, operation: str, trouble: str) -> Finding:
    """The error tells this trouble with the endpoint."""
    return _says(history, operation, f"that the endpoint is {trouble}", TROUBLES[trouble])


@check
def token_is_not_repeated(history: History, *, operation: str) -> Finding:
    """The error holds nowhere the token that was sent.

    Evidence shows a label in place of each secret; the label of this token is looked for.
    """
    record = history[operation]
    label = str(record.args.get("token", ""))
    answer = json.dumps([record.error, dict(record.response or {})], default=str)
    if label.strip() and label in answer:
        return Finding(Verdict.FAIL, "the error repeats the registration token", (operation,))
    return Finding(Verdict.PASS, "the error does not repeat the registration token", (operation,))


@check
def answer_names(
    history: History, *, operation: str, named: list[str], not_named: list[str]
) -> Finding:
    """What says no, be it an error or an answer, has one of these names and none of those."""
    record = history[operation]
    if record.outcome is Outcome.INFO or (record.value or {}).get("verified") is True:
        reason = f"{record.kind} did not say no, so that nobody is to blame"
        return Finding(Verdict.INCONCLUSIVE, reason, (operation,))
    text = _text(record)
    strays = [name for name in not_named if _has_name(text, name)]
    if not any(_has_name(text, name) for name in named):
        reason = f"the answer names none of {', '.join(named)}: {text!r}"
        return Finding(Verdict.FAIL, reason, (operation,))
    if strays:
        return Finding(Verdict.FAIL, f"the answer also names {', '.join(strays)}", (operation,))
    return Finding(Verdict.PASS, "the answer names who is to blame, and nobody else", (operation,))


def _says(history: History, operation: str, what: str, words: tuple[str, ...]) -> Finding:
    record = history[operation]
    if record.outcome is not Outcome.FAIL:
        reason = f"{record.kind} was not refused, so that there is no error to judge"
        return Finding(Verdict.INCONCLUSIVE, reason, (operation,))
    text = _text(record)
    if any(word in text.lower() for word in words):
        return Finding(Verdict.PASS, f"the error says {what}: {text!r}", (operation,))
    return Finding(
        Verdict.FAIL,
        f"the error should say {what} (one of: {', '.join(words)}), and says {text!r}",
        (operation,),
    )


def _text(record: OperationRecord) -> str:
    """The words of an error or an answer: its message and the facts beside it."""
    told = record.error or record.value or {}
    details = told.get("details")
    facts = details.values() if isinstance(details, dict) else ()
    return " ".join(str(part) for part in (told.get("message", ""), *facts) if part)


def _has_name(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
