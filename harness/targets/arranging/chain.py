"""The ways of a target, tried one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

from harness.domain.arrangements import Arrangement
from harness.targets.arranging.commands import Commands
from harness.targets.arranging.person import Person
from harness.targets.arranging.way import Arranger, ArrangingFailed
from harness.targets.port import CannotArrange, Confirmation

W = TypeVar("W")


class Chain:
    """Arranges by the first way that can.

    A way that says beforehand that it cannot is passed over, as is one that finds out without
    having changed anything. One that was tried and went wrong is the last.
    """

    def __init__(self, ways: Iterable[Arranger]) -> None:
        self.ways = tuple(ways)

    def cannot(self, kind: type[Arrangement]) -> str:
        """Why no way can arrange this kind, and what it would take; empty if one can."""
        told = []
        for way in self.ways:
            why = way.cannot(kind)
            if not why:
                return ""
            told.append(f"{way.name}: {why}")
        return "; ".join(told) or NO_WAY

    def way_for(self, kind: type[Arrangement]) -> str:
        """The name of the way that is tried first for this kind; empty if there is none."""
        return next((way.name for way in self.ways if not way.cannot(kind)), "")

    def way(self, kind: type[W]) -> W | None:
        """The way of this type, if the target file names it."""
        return next((way for way in self.ways if isinstance(way, kind)), None)

    def confirmation(self) -> Confirmation | None:
        """What a person has confirmed since this was asked last, if anything."""
        person = self.way(Person)
        return person.confirmation() if person else None

    def close(self) -> None:
        """Let go of what ways have started."""
        for way in self.ways:
            if isinstance(way, Commands):
                way.close()

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange it by the first way that can.

        Raises:
            CannotArrange: none can; says of each why not.
            ArrangingFailed: the way that was tried went wrong.
        """
        told = []
        for way in self.ways:
            why = way.cannot(type(arrangement))
            if not why:
                try:
                    return way.arrange(arrangement)
                except ArrangingFailed:
                    raise
                except CannotArrange as error:
                    why = error.how
            told.append(f"{way.name}: {why}")
        raise CannotArrange(type(arrangement).__name__, "; ".join(told) or NO_WAY)


NO_WAY: Final = "the target file names no way: see [arrange] in docs/arranging.md"
