"""What can go wrong with evidence.

PairproofError
+-- EvidenceError   a file of evidence cannot be written or read
    +-- CutOff      it breaks off; what stands before can be read
"""

from __future__ import annotations

from pathlib import Path

from harness.domain.errors import PairproofError


class EvidenceError(PairproofError):
    """Evidence cannot be written or read: where, what is wrong, and what to do about it."""

    def __init__(self, path: Path, problem: str, hint: str) -> None:
        super().__init__(path, problem, hint)  # as they came: SimPy makes it again from them
        self.path = path
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.hint}"


class CutOff(EvidenceError):
    """A file breaks off in the middle: its writer was stopped, or it is no whole copy."""
