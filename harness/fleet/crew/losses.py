"""How many workers a run may lose before it is given up."""

from __future__ import annotations

from typing import Final

from harness.fleet.crew.errors import CrewError, HandLost

LOSSES_MAX: Final = 5
"""So many times a worker is replaced in a run; then something is wrong that will not go away."""


class Losses:
    """The workers that were lost so far."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, lost: HandLost) -> None:
        """One more is lost; another is to take its place.

        Raises:
            CrewError: another would be lost in the same way, or too many were.
        """
        self._count += 1
        if not lost.again:
            raise CrewError(f"a worker failed: {lost}")
        if self._count > LOSSES_MAX:
            raise CrewError(
                f"workers were lost {self._count} times, the last time because {lost}; if that"
                " was for want of memory, take fewer --workers or fewer --hosts"
            )
