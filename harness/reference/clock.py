"""Clocks of the reference, in microseconds since the Unix epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Tells the time, and lets it pass."""

    def now(self) -> int:
        """Microseconds since the Unix epoch."""

    def sleep(self, duration: int) -> None:
        """Let `duration` microseconds pass."""


class VirtualClock:
    """Time that passes only when it is told to; starts at a fixed moment."""

    START = 1_767_225_600_000_000
    """2026-01-01T00:00:00Z."""

    def __init__(self, start: int = START) -> None:
        self._now = start
        self.meanwhile: list[Callable[[], None]] = []
        """What others do while somebody waits for the first time."""

    def now(self) -> int:
        return self._now

    def sleep(self, duration: int) -> None:
        works, self.meanwhile = self.meanwhile, []
        for work in works:
            work()
        self._now += duration

    def advance(self, duration: int) -> None:
        """Let time pass while nobody waits."""
        self._now += duration


class WallClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000

    def sleep(self, duration: int) -> None:
        time.sleep(duration / 1_000_000)


class ShiftedClock:
    """A side's own clock: the common one, and how far it was put forward."""

    def __init__(self, base: Callable[[], int]) -> None:
        self._base = base
        self._shift = 0

    def now(self) -> int:
        """Microseconds since the Unix epoch, as this side sees them."""
        return self._base() + self._shift

    def put_forward(self, by: int) -> None:
        """Put this side's clock forward by `by` microseconds."""
        self._shift += by

    def set_right(self) -> None:
        """Follow the common clock again."""
        self._shift = 0
