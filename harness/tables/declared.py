"""Every table that there is."""

from __future__ import annotations

from typing import Final

from harness.tables import deciding, hosts, matching, sending

TABLES: Final = (*deciding.TABLES, *hosts.TABLES, *sending.TABLES, *matching.TABLES)
