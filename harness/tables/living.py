"""What becomes of a request, however it came about and whatever happens while it waits."""

from __future__ import annotations

from harness.tables.covering import Constraint, Row, Table, tags_of
from harness.tables.sending import GROWN, LAST_ASKED

_ENDS = {"accepted": "ACC-12", "rejected": "REJ-7", "cancelled": "WDR-3"}
"""How it ends, and what demands what follows."""
_OVER = {"rejected": "ACC-20", "withdrawn": "ACC-20", "paired": "ACC-14"}
"""How it has ended, and what keeps it from being accepted after all."""
_AFTERWARDS = {"rejected": "REJ-6", "cancelled": "WDR-1"}
"""What keeps it from ending otherwise."""
_SINCE = (
    "nothing has happened",
    "the edge has restarted",
    "Palette has restarted",
    "the link has come back",
    "a day has passed",
    "its tags have changed",
    "its token has been deleted",
)
_WHOM = (
    "the project's administrator",
    "another administrator",
    "the tenant's administrator",
    "the operator",
)
_THE_OPERATOR_CANCELS = Constraint(
    ("next", "whom"),
    lambda row: (row["next"] == "cancelled") is (row["whom"] == "the operator"),
)
_A_TOKEN_MAY_BE_NEEDED = Constraint(
    ("next", "since"), lambda row: row["next"] != "accepted" or "token" not in row["since"]
)
"""To be handed over (SND-9); to be turned down or taken back it is not."""
_AROUND = {
    "shape": ("of one node", "of three nodes", LAST_ASKED, GROWN),
    "past": ("nothing", "a cancelled one", "a rejected one"),
    "endpoint": ("URL", "bare host"),
    "certificate": ("to be trusted", "any"),
    "beside": ("no other", "its namesake", "its namesake elsewhere", "a paired one"),
    "since": (*_SINCE, "an acceptance was refused"),
}
"""What must not matter."""


def _what_keeps(row: Row) -> str:
    if row["next"] == "cancelled" and row["fate"] == "paired":
        return "WDR-6"
    return _AFTERWARDS.get(row["next"]) or _OVER[row["fate"]]


TABLES = (
    Table(
        "journeys",
        {
            "next": tuple(_ENDS),
            "whom": _WHOM,
            **_AROUND,
        },
        lambda row: (
            "However it was sent, a request that is accepted by <whom> hands its cluster over"
            if row["next"] == "accepted"
            else "However it was sent, a request that is <next> by <whom> leaves its cluster alone"
        ),
        lambda row: tags_of(_ENDS[row["next"]]),
        (
            _THE_OPERATOR_CANCELS,
            _A_TOKEN_MAY_BE_NEEDED,
            Constraint(  # where a restart may take it for another, most is asked there
                ("next", "since", "endpoint"),
                lambda row: (
                    "restarted" not in row["since"]
                    or row["endpoint"] == "URL"
                    or row["next"] == "accepted"
                ),
            ),
            Constraint(
                ("since", "endpoint"),
                lambda row: "link" not in row["since"] or row["endpoint"] == "URL",
            ),
        ),
    ),
    Table(
        "journeys",
        {"fate": tuple(_OVER), "next": tuple(_ENDS), "whom": _WHOM, "since": _SINCE},
        lambda row: "A request that was <fate> is not <next> by <whom> when <since>",
        lambda row: tags_of(_what_keeps(row)),
        (
            _THE_OPERATOR_CANCELS,
            Constraint(
                ("fate", "since"), lambda r: r["fate"] != "paired" or "tags" not in r["since"]
            ),
        ),
    ),
)
"""Every way to send with all that may come in between, and each end, after which is no other."""
