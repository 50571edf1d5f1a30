"""Every table that there is."""

from __future__ import annotations

from typing import Final

from harness.tables import (
    clocks,
    deciding,
    hosts,
    losing,
    matching,
    sending,
    tokens,
    writing,
)

TABLES: Final = (
    *clocks.TABLES,
    *deciding.TABLES,
    *hosts.TABLES,
    *losing.TABLES,
    *matching.TABLES,
    *sending.TABLES,
    *tokens.TABLES,
    *writing.TABLES,
)
