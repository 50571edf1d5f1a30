"""Every table that there is."""

from __future__ import annotations

from typing import Final

from harness.tables import deciding, losing

TABLES: Final = (*deciding.TABLES, *losing.TABLES)
