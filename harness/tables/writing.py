"""How a body is written: each message in each of the writings of `harness/wire/writings.py`."""

from __future__ import annotations

from harness.tables.covering import Constraint, Row, Table, tags_of
from harness.wire.writings import SILENT, WRITINGS

_BY = {"a submission": "ACC-24", "an acceptance": "ACC-6", "a send": "SND-13"}
"""What each message is judged by."""

_OF_BYTES = (
    "white space in between",
    "every letter escaped",
    "two hundred thousand letters more",
    "a field two hundred levels deep",
)
"""What is read before anybody knows which message it is: once for each side is enough."""


def _has_such(row: Row) -> bool:
    """A send has no lists, and an acceptance neither numbers nor flags."""
    message, written = row["message"], row["written"]
    if message == "a send":
        return written != "its lists in another order"
    lacks = ("its numbers and flags as texts", *_OF_BYTES)
    return message == "a submission" or written not in lacks


_SUCH = (Constraint(("message", "written"), _has_such),)


TABLES = (
    Table(
        "writings",
        {"message": tuple(_BY), "written": tuple(WRITINGS)},
        lambda row: "Written with <written>, <message> is refused or means the same",
        lambda row: tags_of(_BY[row["message"]]),
        _SUCH,
    ),
    Table(
        "writings",
        {"message": tuple(_BY), "written": tuple(SILENT)},
        lambda row: "What comes of <message> written with <written> is observed",
        lambda row: tags_of(_BY[row["message"]]),
        _SUCH,
    ),
)
"""Those that mean the same, and those of which nobody says so."""
