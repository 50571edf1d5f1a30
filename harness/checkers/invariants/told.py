"""Why a part of a history fits no order, in a sentence."""

from __future__ import annotations

from harness.checkers.invariants.register import Move
from harness.checkers.linear import Call, Unexplained

_DONE = {
    "send": "its send was acknowledged",
    "accept": "an acceptance was acknowledged",
    "reject": "a rejection was acknowledged",
    "withdraw": "its cancel was acknowledged",
    "confirm": "its host's confirmation was acknowledged",
    "there": "it was there",
    "not there": "somebody who had read it was told that there is no such request",
    "decided": "a decision was refused because it was decided already",
    "was accepted": "a decision was refused because it was accepted already",
}


def in_words(uid: str, found: Unexplained[Move]) -> str:
    """What cannot be, and what it contradicts."""
    said = _said(found.at)
    others = [_said(call) for call in found.calls if call is not found.at]
    if not others:
        return f"request {uid}: {said}, and nothing that happened before explains it"
    return f"request {uid}: {said}, although {_listed(others)}"


def seconds(at: int) -> str:
    """A time of the run, as a person reads it."""
    return f"{at / 1_000_000:.3f} s"


def _said(call: Call[Move]) -> str:
    verb, state = call.move or ("", "")
    if verb == "view":
        return f"a view at {seconds(call.end)} says {state or 'that it is there'}"
    if verb == "seen":
        return f"a list at {seconds(call.end)} says {state or 'that it is there'}"
    return f"{_DONE.get(verb, verb)} at {seconds(call.end)}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
