"""What hosts are refused, and what is refused at them: of another cluster's request (INV-7), of a
paired cluster, and to who is not logged in; and what works at them while a request is pending.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.tables.covering import Constraint, Row, Table

_HOSTS: Mapping[str, tuple[str, ...]] = {
    "shape": ("of one node", "of three nodes"),
    "host": ("first", "last"),
}
_OF_ONE_THE_FIRST_IS_THE_LAST = Constraint(
    ("shape", "host"), lambda row: row["host"] == "first" or row["shape"] != "of one node"
)

_WITHDRAWALS = ("withdraws", "has ended")

_OPERATIONS = (
    "update of the cluster",
    "patch of the named cluster",
    "change of the settings",
    "change of the profiles",
    "deletion of the cluster",
)
_LINK_CAME_BACK = "the edge has restarted before its link came back"
_PAST = ("nothing", "a cancelled one", "a rejected one")
_SINCE = (
    "nothing has happened",
    "the edge has restarted",
    "the edge has restarted without a link",
    "Palette has restarted",
    "the link has gone down",
    "a day has passed",
)


def _is_possible(row: Row) -> bool:
    """Whether the request's own host could say it: that it can is seen beside the refusal."""
    unlike = {"pending": "confirms", "being handed over": "withdraws"}
    return row["message"] != unlike[row["request"]]


TABLES = (
    Table(
        "invariants",
        {
            "request": ("pending", "being handed over"),
            "message": (*_WITHDRAWALS, "asks for", "confirms"),
            "cluster": ("its own", "the request's", "no"),
            "secret": (
                "its own secret",
                "a secret that nobody has",
                "the request's, cut short",
                "no secret",
            ),
        },
        lambda row: f"The host of another cluster <message> a request that is {row['request']}",
        constraints=(
            Constraint(("request", "message"), _is_possible),
            Constraint(
                ("message", "cluster"),
                lambda row: row["message"] in _WITHDRAWALS or row["cluster"] == "its own",
            ),
        ),
    ),
    Table(
        "send",
        {"operation": _OPERATIONS, "shape": _HOSTS["shape"], "past": _PAST, "since": _SINCE},
        lambda row: "The <operation> works while a request is pending, after <past>, when <since>",
    ),
    Table(
        "after_decision",
        {
            "operation": (*_OPERATIONS, "creation of a cluster"),
            **_HOSTS,
            "past": _PAST,
            "since": (*_SINCE, _LINK_CAME_BACK, "its last node has fallen ill"),
            "login": ("a login", "an extended login"),
        },
        lambda row: "The <operation> is refused at its <host> host, after <past>, when <since>",
        constraints=(_OF_ONE_THE_FIRST_IS_THE_LAST,),
    ),
    Table(
        "withdraw",
        {"session": ("no", "a made-up", "a cut-short", "a logged-out", "an expired"), **_HOSTS},
        lambda row: "Somebody with <session> session cancels nothing",
        constraints=(_OF_ONE_THE_FIRST_IS_THE_LAST,),
    ),
)
"""What holds at the host that sent holds at its siblings, whatever came before and since."""
