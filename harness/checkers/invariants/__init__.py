"""What must hold over any history: one invariant a file, all of them over one stream."""

from harness.checkers.invariants import stream

__all__ = ["stream"]
