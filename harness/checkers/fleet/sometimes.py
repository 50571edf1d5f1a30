"""All situations that a run may be meant to reach. A new one is declared in a module named here."""

from __future__ import annotations

from typing import Final

from harness.checkers.fleet import sometimes_people, sometimes_trouble
from harness.checkers.fleet.situations import REGISTERED

__all__ = ["SITUATIONS", "sometimes_people", "sometimes_trouble"]

SITUATIONS: Final = REGISTERED
"""Every situation by its name, each with its sentence, as reports list them."""
