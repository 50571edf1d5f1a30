"""Registration tokens whose values change, and people who may not change them."""

from __future__ import annotations

from harness.tables.covering import Row, Table, at_most, tags_of

_EXPIRIES = ("in an hour", "in two days", "a while ago")
"""Of a token that is made to expire in a day: sooner, later, and before now."""


def _admits(row: Row) -> bool:
    return row["then"] != "a while ago" and row["state"] != "off"


TABLES = (
    Table(
        "tokens",
        {
            "first": _EXPIRIES,
            "then": _EXPIRIES,
            "name": ("its own", "another", "a deleted one's"),
            "project": ("its own", "another"),
            "state": ("on", "off and on", "off"),
            "restart": ("none", "Palette"),
            "used": ("new", "used"),
        },
        lambda row: (
            f"A token that is {'good' if _admits(row) else 'no good'} after its changes:"
            " to expire <first>, then <then>"
        ),
        lambda row: tags_of("PRE-9" if _admits(row) and row["project"] == "another" else "PRE-4"),
        (
            *at_most(1, {"then": _EXPIRIES[2:], "state": ("off",)}),
            # A restart may forget what a use has left.
            *at_most(1, {"restart": ("Palette",), "used": ("used",)}),
        ),
    ),
    Table(
        "tokens",
        {
            "action": ("create", "change", "deactivate", "delete"),
            "who": (
                "may only list requests",
                "has every right in another project",
                "administers tokens no more",
            ),
            "way": ("an API key", "a login"),
        },
        lambda row: "Somebody who <who> may not <action> a token",
    ),
)
"""Each change of an expiry after each other one; each action for each who may not do it."""
