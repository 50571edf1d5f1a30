"""What Local UI refuses of a paired cluster: at which host, after what, and in which login."""

from __future__ import annotations

from harness.tables.covering import Constraint, Table

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
            "shape": ("of one node", "of three nodes"),
            "host": ("first", "last"),
            "past": ("nothing", "a cancelled one", "a rejected one"),
            "since": (
                "nothing has happened",
                "the edge has restarted",
                "Palette has restarted",
                "the link has gone down",
            ),
            "login": ("a login", "an extended login"),
        },
        lambda row: "The <operation> is refused at its <host> host, after <past>, when <since>",
        constraints=(
            Constraint(  # of one node, the first host is the last
                ("shape", "host"),
                lambda row: row["host"] == "first" or row["shape"] != "of one node",
            ),
        ),
    ),
)
"""What holds at the host that sent holds at its siblings, whatever came before and since."""
