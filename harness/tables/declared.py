"""Every table that there is."""

from __future__ import annotations

from typing import Final

from harness.tables import deciding, hosts, losing, matching, sending, writing

TABLES: Final = (
    *deciding.TABLES,
    *hosts.TABLES,
    *losing.TABLES,
    *matching.TABLES,
    *sending.TABLES,
    *writing.TABLES,
)
