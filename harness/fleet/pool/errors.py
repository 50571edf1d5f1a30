"""What can go wrong while a fleet runs, and how often it may before that is given up.

PairproofError
+-- PoolError        a run cannot go on: a cell said why, or its hands were lost too often
"""

from __future__ import annotations

from typing import Final

from harness.domain.errors import PairproofError

LOSSES_MAX: Final = 5
"""So many times a worker is replaced in a run; then something is wrong that will not go away."""


class PoolError(PairproofError):
    """A run cannot go on: what happened, and what to do about it."""


class WorkerLost(Exception):
    """A hand does not answer any more, with all its cells; `str` of it says why.

    `again` is false where another hand would only be lost in the same way.
    """

    def __init__(self, why: str, *, again: bool = True) -> None:
        super().__init__(why)
        self.again = again


class Losses:
    """The workers that were lost so far."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, lost: WorkerLost) -> None:
        """One more is lost; another is to take its place.

        Raises:
            PoolError: another would be lost in the same way, or too many were.
        """
        self._count += 1
        if not lost.again:
            raise PoolError(f"a worker failed: {lost}")
        if self._count > LOSSES_MAX:
            raise PoolError(
                f"workers were lost {self._count} times, the last time because {lost}; if that"
                " was for want of memory, take fewer --workers or fewer --hosts"
            )
