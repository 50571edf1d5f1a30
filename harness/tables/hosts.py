"""What a host of another cluster says of a request that is not its own (INV-7)."""

from __future__ import annotations

from harness.tables.covering import Constraint, Row, Table

_WITHDRAWALS = ("withdraws", "has ended")


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
)
