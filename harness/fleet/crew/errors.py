"""What can go wrong while a fleet runs.

PairproofError
+-- CrewError        a run cannot go on: a cell said why, or its hands were lost too often
"""

from __future__ import annotations

from harness.domain.errors import PairproofError


class CrewError(PairproofError):
    """A run cannot go on: what happened, and what to do about it."""


class HandLost(Exception):
    """A hand does not answer any more, with all its cells; `str` of it says why.

    `again` is false where another hand would only be lost in the same way.
    """

    def __init__(self, why: str, *, again: bool = True) -> None:
        super().__init__(why)
        self.again = again
