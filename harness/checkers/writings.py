"""Checks on what came of a body that was written otherwise than the plain one beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from harness.catalogue.verdict import Verdict
from harness.checkers.answers import succeeded
from harness.checkers.registry import Finding, check, failed, passed
from harness.history.operation import History, Json, Outcome


@check
def shows_the_same(
    history: History,
    *,
    operation: str,
    plain: str,
    written: str,
    fields: list[str],
    own: Mapping[str, str],
) -> Finding:
    """A look at what came of a body in another writing shows what came of the plain one.

    `own` has each text that is the former's own, with that of the latter. The order of lists is
    nobody's matter. A field that neither shows is not compared.
    """
    for look in (plain, operation):
        if history[look].outcome is not Outcome.OK:
            return succeeded(history, operation=look)
    values, expected = (_said(history[look].value or {}, own) for look in (operation, plain))
    wrong = [
        f"{name} is {values.get(name)!r}, and of the plain one it is {expected.get(name)!r}"
        for name in fields
        if values.get(name) != expected.get(name)
    ]
    if wrong:
        return failed(f"written with {written}: {'; '.join(wrong)}", operation, plain)
    return passed(f"written with {written}, it is the same as the plain one", operation, plain)


@check
def shows_something(
    history: History,
    *,
    operation: str,
    plain: str,
    written: str,
    fields: list[str],
    own: Mapping[str, str],
) -> Finding:
    """What comes of a body of which nobody says what it means: the same, or something else."""
    found = shows_the_same(
        history, operation=operation, plain=plain, written=written, fields=fields, own=own
    )
    return Finding(Verdict.OBSERVED, found.reason, found.operations)


@check
def refuses_the_writing(history: History, *, operation: str, written: str) -> Finding:
    """A body in another writing is refused, as it may be; or is not answered."""
    record = history[operation]
    if record.outcome is Outcome.OK:
        told = f"{record.kind} was answered with success, and came to nothing"
        return failed(f"written with {written}, {told}", operation)
    why = (record.error or {}).get("message") or (record.error or {}).get("why")
    told = "refused" if record.outcome is Outcome.FAIL else "not answered"
    return Finding(
        Verdict.OBSERVED, f"{record.kind} written with {written} is {told}: {why}", (operation,)
    )


@check
def pairs_with_what_fits(history: History, *, operation: str, fits: list[str]) -> Finding:
    """A cluster bears no other profiles than those that fit; one that tells none is not judged."""
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    found = (record.value or {}).get("profiles")
    others = [uid for uid in found if uid not in fits] if isinstance(found, list) else []
    if others:
        told = f"it was paired with {', '.join(map(str, others))}, which does not fit"
        return failed(told, operation)
    return passed("it was paired with what fits", operation)


def _said(value: Mapping[str, Json], own: Mapping[str, str]) -> dict[str, Json]:
    """A value in which each one's own is named by the plain one's, with its lists in order."""
    text = json.dumps(value)
    for mine, plain in own.items():
        text = text.replace(json.dumps(mine)[1:-1], json.dumps(plain)[1:-1])
    return {name: _in_order(field) for name, field in json.loads(text).items()}


def _in_order(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _in_order(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return sorted(map(_in_order, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value
