"""What messages meet on the way: each of them, each fault, and what goes on around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.tables.covering import Constraint, Row, Table, at_most

_OUTLINE = "Its next <message> <fate>, <besides>, <meanwhile>, and then it is <next>"

_HOSTS = (
    "check of the connection",
    "submission",
    "news of the acceptance",
    "news of the rejection",
    "confirmation",
    "withdrawal",
)
_DECISIONS = ("acceptance", "rejection")
_FOLLOWED_UP = ("question", "news of the acceptance", "news of the rejection", "confirmation")
"""What a host sends again until it is answered."""

_TWICE, _LATE = "arrives twice", ("comes late", "arrives again late")
_UNHEARD, _LOST = "is lost after it took effect", "is lost before it takes effect"
_AT_ONCE = (
    _LOST,
    _UNHEARD,
    _TWICE,
    "is answered with an error",
    "is answered with 503",
    "is answered with 429",
    "is answered with garbage",
)
_ANSWERED = (_TWICE, "arrives again late")
_WELL, _QUIET = "nothing else goes wrong", "nothing happens meanwhile"
_AGAIN = (f"the one after it {_LOST}", f"the one after it {_UNHEARD}")
_WITHDRAWAL = "its next withdrawal is answered with an error"

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "message": (*_HOSTS, *_DECISIONS),
    "fate": _AT_ONCE,
    "besides": (_WELL, *_AGAIN, _WITHDRAWAL),
    "meanwhile": (_QUIET, "the edge restarts", "Palette restarts"),
    "next": ("left alone", "sent", "cancelled", "accepted", "rejected"),
}


def _can_meet(row: Row) -> bool:
    """A decision is sent by the harness, which sees to it how often, and when, it arrives."""
    return row["message"] not in _DECISIONS or row["fate"] in (_TWICE, *_LATE)


def _leads_on(row: Row) -> bool:
    """What comes next is not what was done already, and a check of the connection makes nothing
    that could be decided.
    """
    message, then = row["message"], row["next"]
    if message == "check of the connection":
        return then in ("left alone", "sent")
    accepts = message in ("news of the acceptance", "confirmation", "acceptance")
    return then != ("accepted" if accepts else "rejected" if "rejection" in message else "")


def _has_come(row: Row) -> bool:
    """Nobody decides on a request that has not come."""
    comes = row["message"] != "submission" or row["fate"] in (_UNHEARD, *_ANSWERED)
    return comes or row["next"] not in ("accepted", "rejected")


def _comes_again(row: Row) -> bool:
    """There is one after it only where its sender was not answered, and goes on."""
    goes_on = row["message"] in (*_FOLLOWED_UP, "submission") and row["fate"] not in _ANSWERED
    return goes_on or row["besides"] not in _AGAIN


def _is_sent_again(row: Row) -> bool:
    """A submission that was not answered comes again by the next send, and what is followed up
    where nobody ends that.
    """
    then = ("sent",) if row["message"] == "submission" else ("left alone", "accepted", "rejected")
    return row["next"] in then or row["besides"] not in _AGAIN


def _still_waits(row: Row) -> bool:
    """Only the request that still waits is withdrawn."""
    late, message = row["fate"] == "comes late", row["message"]
    waits = message == "question" or (late and message in ("submission", *_DECISIONS))
    unheard = message == "submission" and row["fate"] == _UNHEARD
    return waits or unheard or row["besides"] != _WITHDRAWAL


def _is_withdrawn(row: Row) -> bool:
    """A withdrawal is sent by a cancel."""
    return row["besides"] != _WITHDRAWAL or row["next"] == "cancelled"


_CONSTRAINTS = (
    Constraint(("message", "fate"), _can_meet),
    Constraint(("message", "next"), _leads_on),
    Constraint(("message", "fate", "next"), _has_come),
    Constraint(("message", "fate", "besides"), _comes_again),
    Constraint(("message", "besides", "next"), _is_sent_again),
    Constraint(("message", "fate", "besides"), _still_waits),
    Constraint(("besides", "next"), _is_withdrawn),
    *at_most(1, {"besides": (*_AGAIN, _WITHDRAWAL), "meanwhile": _COLUMNS["meanwhile"][1:]}),
)

_ALL = Table("lost_messages", _COLUMNS, lambda row: _OUTLINE, constraints=_CONSTRAINTS)


def _only(strength: int = 2, **columns: tuple[str, ...]) -> Table:
    return replace(_ALL, columns={**_COLUMNS, **columns}, strength=strength)


_MAKES_OR_ENDS = ("submission", "withdrawal", *_DECISIONS)
"""Where it matters what comes in between, if they come late: each is drawn before each of that."""

TABLES = (
    _ALL,
    *(_only(message=_MAKES_OR_ENDS, fate=(fate,), besides=(_WELL,)) for fate in _LATE),
    _only(1, message=_MAKES_OR_ENDS, fate=_LATE, besides=_COLUMNS["besides"][1:]),
    _only(1, message=(_HOSTS[0], *_FOLLOWED_UP), fate=_LATE),
    _only(1, message=("question",)),
)
"""Rows that no two of these tables share, and that are all there are where all are drawn."""
