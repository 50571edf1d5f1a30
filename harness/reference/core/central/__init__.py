"""The rules of the central side (Palette)."""

from harness.reference.core.central.core import CentralCore

__all__ = ["CentralCore"]
