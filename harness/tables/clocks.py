"""Clocks that are set while something is under way, and tokens around their end."""

from __future__ import annotations

from collections.abc import Mapping

from harness.tables.covering import Constraint, Row, Table

_NEXT = {
    "about to be sent": ("sent",),
    "pending": ("left alone", "accepted", "rejected", "cancelled"),
    "pending, cut off": ("left alone", "accepted"),
    "cancelled": ("sent", "left alone"),
    "cancelled unheard": ("left alone", "rejected"),
    "rejected": ("sent", "left alone"),
    "being handed over": ("left alone", "cancelled"),
    "accepted in vain": ("left alone",),
    "paired": ("left alone",),
}
"""What a request has come to, and what may come next."""


def _leads_on(row: Row) -> bool:
    return row["next"] in _NEXT[row["phase"]]


_TAKEN = {"a second before": "taken", "right after": "refused"}

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "whose": ("Palette's", "the edge's", "each side's, on a leap day"),
    "goes": ("forth", "back", "forth and back"),
    "by": ("a second", "a minute", "ten minutes", "an hour", "a day", "31 days"),
    "phase": tuple(phase for phase in _NEXT if phase != "pending, cut off"),
    "next": ("left alone", "sent", "accepted", "rejected", "cancelled"),
}
_LONGEST = {"whose": _COLUMNS["whose"][:2], "goes": ("forth and back",), "by": ("31 days",)}
"""What finds most: each side's clock, in each phase, is far ahead for a while."""
_FORTH = {
    "goes": ("forth",),
    "by": ("a second", "a day"),
    "phase": ("pending", "being handed over"),
}
_BACK = {
    "goes": ("back",),
    "by": ("a minute", "an hour"),
    "phase": ("pending", "cancelled", "accepted in vain"),
}
_CUT_OFF = {
    "whose": ("the edge's",),
    "goes": ("forth",),
    "by": ("a day",),
    "phase": ("pending, cut off",),
}


def _jumps(columns: Mapping[str, tuple[str, ...]], least: int = 0, *rules: Constraint) -> Table:
    return Table(
        "clocks",
        {**_COLUMNS, **columns},
        lambda row: "<whose> clock goes <goes> by <by>: a request is <phase>, and then <next>",
        constraints=(Constraint(("phase", "next"), _leads_on), *rules),
        least=least,
    )


def _is_left(row: Row) -> bool:
    """Whether none of the other tables has the row."""
    return not any(
        all(row[column] in values for column, values in columns.items())
        for columns in (_LONGEST, _FORTH, _BACK)
    )


TABLES = (
    _jumps(_LONGEST),
    _jumps(_FORTH),
    _jumps(_BACK),
    _jumps(_CUT_OFF),
    _jumps({}, len(_COLUMNS), Constraint(tuple(_COLUMNS), _is_left)),
    Table(
        "clocks",
        {
            "lasts": ("a minute", "a day", "31 days"),
            "moment": ("a second before", "right after"),
            "day": ("any day", "a day before summer time", "a day before winter time"),
            "edge": ("right", "a day ahead", "a day behind"),
        },
        lambda row: f"A token that lasts <lasts> is {_TAKEN[row['moment']]} <moment> its end",
    ),
)
"""Each clock, set in each phase of a request; each length of a token, on either side of its end."""
