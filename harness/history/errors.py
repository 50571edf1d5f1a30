"""What can go wrong with evidence.

PairproofError
+-- EvidenceError   a file of evidence cannot be written or read
"""

from __future__ import annotations

from pathlib import Path

from harness.domain.errors import PairproofError


class EvidenceError(PairproofError):
    """Evidence cannot be written or read: where, what is wrong, and what to do about it."""

    def __init__(self, path: Path, problem: str, hint: str) -> None:
        super().__init__(f"{path}: {problem}; {hint}")
        self.path = path
        self.problem = problem
        self.hint = hint
