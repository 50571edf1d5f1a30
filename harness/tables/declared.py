"""Every table that there is."""

from __future__ import annotations

from functools import cache
from typing import Final

from harness.gherkin import outline_id
from harness.tables import (
    clocks,
    deciding,
    hosts,
    living,
    losing,
    sending,
    writing,
)

TABLES: Final = (
    *clocks.TABLES,
    *deciding.TABLES,
    *hosts.TABLES,
    *living.TABLES,
    *losing.TABLES,
    *sending.TABLES,
    *writing.TABLES,
)


@cache
def drawn_outlines() -> frozenset[str]:
    """What the ids of the scenarios begin with that carry out a row of a table."""
    return frozenset(
        outline_id(table.feature, name) for table in TABLES for name in table.outlines()
    )
