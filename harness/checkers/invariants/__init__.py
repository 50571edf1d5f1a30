"""What must hold over any history: one invariant a file, all of them over one stream.

Imports `domain`, `catalogue`, `history`. Begin with `stream`.
"""

from harness.checkers.invariants import stream

__all__ = ["stream"]
