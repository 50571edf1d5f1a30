"""The rules of the central side (Palette).

Imports `domain`. Begin with `core`.
"""

from harness.reference.core.central.access import CentralCall
from harness.reference.core.central.core import CentralCore

__all__ = ["CentralCall", "CentralCore"]
