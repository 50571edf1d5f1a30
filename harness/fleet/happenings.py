"""What may happen or not: single acts of people and single faults, each by a name of its own.

A shrunk scenario keeps some of them and leaves the others out. Everything is drawn all the
same, so that leaving one out does not move the others.
"""

from __future__ import annotations

from harness.fleet.scenario import Only


class Happenings:
    """Asked before anything happens that could be left out."""

    def __init__(self, only: Only, *, collect: bool = False) -> None:
        self._kept = only.happenings
        self._collect = collect
        self.names: list[str] = []
        """Those that happened, where they are collected, in order."""

    def allows(self, name: str) -> bool:
        """Whether this one happens, now that it was drawn."""
        if self._kept is not None and name not in self._kept:
            return False
        if self._collect:
            self.names.append(name)
        return True
