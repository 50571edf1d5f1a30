"""What Local UI refuses, at which host: of a paired cluster, and to who is not logged in."""

from __future__ import annotations

from collections.abc import Mapping

from harness.tables.covering import Constraint, Table

_HOSTS: Mapping[str, tuple[str, ...]] = {
    "shape": ("of one node", "of three nodes"),
    "host": ("first", "last"),
}
_OF_ONE_THE_FIRST_IS_THE_LAST = Constraint(
    ("shape", "host"), lambda row: row["host"] == "first" or row["shape"] != "of one node"
)

TABLES = (
    Table(
        "after_decision",
        {
            "operation": (
                "update of the cluster",
                "patch of the named cluster",
                "change of the settings",
                "change of the profiles",
                "deletion of the cluster",
                "creation of a cluster",
            ),
            **_HOSTS,
            "past": ("nothing", "a cancelled one", "a rejected one"),
            "since": (
                "nothing has happened",
                "the edge has restarted",
                "Palette has restarted",
                "the link has gone down",
                "a day has passed",
            ),
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
