"""One timer for all deadlines: they are kept by tick, and looked at when their tick is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

Clock: TypeAlias = Callable[[], int]
"""Nanoseconds by a clock that is never set."""

TICK_NS: Final = 10_000_000
"""So much later than its deadline, at most, something is noticed to be late."""


class Expiring(Protocol):
    """What has a deadline that may move."""

    def expire(self, now_ns: int) -> int:
        """Act if the deadline is over; return when to look again, or 0 for never."""


class DeadlineWheel:
    """Asks what was added whether it is over, never before its deadline.

    A request a connection at a time has one entry a connection here, however many requests
    there are: an entry whose deadline has moved on is put where it belongs when its turn comes.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, tick_ns: int = TICK_NS):
        self._loop = loop
        self._clock = clock
        self._tick_ns = tick_ns
        self._slots: dict[int, list[Expiring]] = {}
        self._turned = clock() // tick_ns
        self._timer: asyncio.TimerHandle | None = None

    def add(self, deadline_ns: int, what: Expiring) -> None:
        """Ask `what` once the deadline is over."""
        tick = max(deadline_ns // self._tick_ns, self._turned) + 1
        self._slots.setdefault(tick, []).append(what)
        if self._timer is None:
            self._wait()

    def _wait(self) -> None:
        self._timer = self._loop.call_later(self._tick_ns / 1e9, self.turn)

    def turn(self) -> None:
        """Ask all whose tick is over."""
        now = self._clock()
        last, self._turned = self._turned, max(now // self._tick_ns, self._turned)
        for tick in self._over(last + 1, self._turned):
            for what in self._slots.pop(tick):
                again = what.expire(now)
                if again:
                    self.add(again, what)
        self.stop()
        if self._slots:
            self._wait()

    def _over(self, first: int, last: int) -> list[int]:
        """The ticks between these that something waits for, in order."""
        if last - first < len(self._slots):
            return [tick for tick in range(first, last + 1) if tick in self._slots]
        return sorted(tick for tick in self._slots if tick <= last)

    def stop(self) -> None:
        """Let go of the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def waiting(self) -> int:
        """How many entries it holds."""
        return sum(map(len, self._slots.values()))
