"""What a send needs, crossed: one prerequisite a row that is not met, or none; and the registration
tokens for it, whose values change, or would by people who may not change them.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.tables.covering import Constraint, Row, Table, at_most, tags_of

_AMISS = {
    "is Provisioning": "PRE-1",
    "is in Error": "PRE-1",
    "has its last host cut off": "PRE-5",
    "has an ill node, the first": "PRE-2",
    "has an ill node, the last": "PRE-2",
    "has a token that was deactivated": "PRE-4",
    "has a token that was deleted": "PRE-4",
    "has a token that was expired": "PRE-4",
    "has an endpoint that is malformed": "PRE-6",
    "has an endpoint that is refusing": "PRE-6",
}
"""What is not met, and what demands it."""

LAST_ASKED = "of three nodes, the last asked"
GROWN = "of two nodes, and then of three"
_AROUND: Mapping[str, tuple[str, ...]] = {
    "shape": ("of one node", "of three nodes", LAST_ASKED, GROWN),
    "past": (
        *("nothing", "a cancelled one", "a rejected one", "a link that was cut"),
        "one of another cluster",
    ),
    "token": ("as before", "new", "activated again"),
    "endpoint": ("URL", "bare host"),
    "certificate": ("to be trusted", "any"),
    "restart": ("none", "the edge", "Palette"),
}
"""What must not matter."""
_LINKS_HAVE_THEIR_OWN = Constraint(
    ("past", "endpoint"), lambda row: "link" not in row["past"] or row["endpoint"] == "URL"
)
_USES_IT = ("a cancelled one", "a rejected one", "one of another cluster")
"""What is behind a cluster that has used the token of before."""
_HAS_ITS_OWN = {"endpoint", "cut"}
"""Words of what is amiss that goes by an endpoint of its own."""
_PECULIAR: tuple[tuple[Row, str], ...] = (
    ({"shape": LAST_ASKED, "past": "a rejected one"}, "REJ-7"),
    ({"shape": LAST_ASKED, "past": "a cancelled one"}, "WDR-7"),
    ({"past": "a link that was cut"}, "PRE-5"),
    ({"was": "in Error"}, "PRE-1"),
    ({"was": "without a healthy node"}, "PRE-2"),
    ({"token": "activated again"}, "PRE-4"),
    ({"endpoint": "bare host"}, "SND-8"),
)
"""What makes a row one of a requirement; the first of them does."""


def _tags(row: Row) -> tuple[str, ...]:
    found = (id_ for some, id_ in _PECULIAR if some.items() <= row.items())
    return tags_of(next(found, "SND-1"))


def _is_of_hosts(row: Row) -> bool:
    """Whether what is amiss with a host would be, where its cluster has grown."""
    return row["shape"] == GROWN and not {"ill", "cut"}.isdisjoint(row["amiss"].split())


_EXPIRIES = ("in an hour", "in two days", "a while ago")
"""Of a token that is made to expire in a day: sooner, later, and before now."""


_GONE = ("off", "deleted")
_CHANGES: Mapping[str, tuple[str, ...]] = {
    "first": _EXPIRIES,
    "then": _EXPIRIES,
    "name": ("its own", "another", "a deleted one's"),
    "project": ("its own", "another"),
    "state": ("on", "off and on", *_GONE),
    "restart": ("none", "Palette"),
    "used": ("new", "used", "still used"),
}
_A_RESTART_MAY_FORGET = at_most(1, {"restart": ("Palette",), "used": ("used", "still used")})
"""What a use has left."""


def _has_one_fault(row: Row) -> bool:
    return (row["then"] == "a while ago") is (row["state"] not in _GONE)


TABLES = (
    Table(
        "prerequisites",
        {"was": ("fit", "in Error", "without a healthy node"), **_AROUND},
        lambda row: (
            "A cluster with all that it needs sends its request: it was <was>, after <past>"
        ),
        _tags,
        (_LINKS_HAVE_THEIR_OWN,),
    ),
    Table(
        "prerequisites",
        {"amiss": tuple(_AMISS), **_AROUND},
        lambda row: "A cluster that <amiss> sends no request, after <past>",
        lambda row: tags_of(_AMISS[row["amiss"]]),
        (
            _LINKS_HAVE_THEIR_OWN,
            Constraint(
                ("amiss", "endpoint"),
                lambda row: not _HAS_ITS_OWN & {*row["amiss"].split()} or row["endpoint"] == "URL",
            ),
            Constraint(  # what has become of a token is of interest where it was used
                ("amiss", "past", "token"),
                lambda row: (
                    "token" not in row["amiss"]
                    or row["past"] not in _USES_IT
                    or row["token"] == "as before"
                ),
            ),
            Constraint(  # what is known of its hosts is of interest where it was asked for before
                ("amiss", "shape", "past"),
                lambda row: not _is_of_hosts(row) or row["past"] in _USES_IT[:2],
            ),
            Constraint(  # and was not forgotten since
                ("amiss", "shape", "restart"),
                lambda row: not _is_of_hosts(row) or row["restart"] != "the edge",
            ),
            Constraint(  # of one node, the first is the last
                ("amiss", "shape"),
                lambda row: "last" not in row["amiss"] or row["shape"] != "of one node",
            ),
            Constraint(  # who is asked reaches the endpoint
                ("amiss", "shape"),
                lambda row: "cut off" not in row["amiss"] or row["shape"] != LAST_ASKED,
            ),
        ),
    ),
    Table(
        "prerequisites",
        {
            "amiss": ("is in Error", "has an ill node, the first"),
            "besides": tuple(text for text, id_ in _AMISS.items() if id_ in ("PRE-4", "PRE-6")),
        },
        lambda row: "A cluster that <amiss> and <besides> sends no request",
        lambda row: tags_of(_AMISS[row["amiss"]]),
    ),
    Table(
        "tokens",
        {**_CHANGES, "then": _EXPIRIES[:2], "state": ("on", "off and on")},
        lambda row: "A token that is good after its changes: to expire <first>, then <then>",
        lambda row: tags_of("PRE-9" if row["project"] == "another" else "PRE-4"),
        _A_RESTART_MAY_FORGET,
    ),
    Table(
        "tokens",
        _CHANGES,
        lambda row: "A token that is no good after its changes: to expire <first>, then <then>",
        lambda row: tags_of("PRE-4"),
        (Constraint(("then", "state"), _has_one_fault), *_A_RESTART_MAY_FORGET),
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
"""Those that are sent, those that are refused for one reason, and those for either of two; each
change of an expiry after each other one, and each action for each who may not do it.
"""
