"""Starts what is due, when it is due, and says how late it was itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from harness.load.deadlines import Clock
from harness.load.histogram import Histogram

_WAKE_NS: Final = 1_000_000
"""The event loop wakes to the millisecond."""

_LOOK_S: Final = 0.05
"""It looks this often whether it is to stop."""

_BURST: Final = 32
"""So many are started before answers get their turn, when it is behind."""


class Pacer:
    """Starts things at their times, whatever became of those before.

    It never drifts, as each start is reckoned from the schedule, not from the start before. What
    it could not start in time it starts late and leaves none out: `lag` says how late. A lag
    that is not small beside the latencies means that the load generator was overloaded.

    Attributes:
        lag: nanoseconds from when each was due until it was started.
    """

    def __init__(
        self,
        clock: Clock = time.monotonic_ns,
        *,
        precise: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Make a pacer. A precise one does not sleep through the last two milliseconds before a
        start, which takes a whole core, and is late by microseconds in place of a millisecond.
        """
        self._clock = clock
        self._precise = precise
        self._sleep = sleep
        self._is_stopped = False
        self._late: list[int] = []
        self._lag = Histogram()

    @property
    def lag(self) -> Histogram:
        """How late each was started, so far."""
        self._lag.record_all(self._late)
        self._late.clear()
        return self._lag

    def stop(self) -> None:
        """Start nothing more."""
        self._is_stopped = True

    async def run(
        self,
        arrivals: Iterable[int],
        fire: Callable[[int, int], None],
        start_ns: int | None = None,
    ) -> int:
        """Call `fire(index, intended_ns)` for each arrival; returns how many were started.

        `intended_ns` is on the clock; `start_ns` is where the arrivals' 0 is, now by default.
        `fire` must not block.
        """
        start = self._clock() if start_ns is None else start_ns
        index = -1
        for index, offset_ns in enumerate(arrivals):
            due = start + offset_ns
            await self._until(due, index)
            if self._is_stopped:
                return index
            self._late.append(max(self._clock() - due, 0))
            fire(index, due)
            if len(self._late) >= 4_096:
                _ = self.lag
        return index + 1

    async def _until(self, due: int, index: int) -> None:
        left = due - self._clock()
        if left <= 0 and index % _BURST == _BURST - 1:
            await self._sleep(0)
        while left > 0 and not self._is_stopped:
            if not self._precise:
                await self._sleep(min(max(left, _WAKE_NS) / 1e9, _LOOK_S))
            else:
                await self._sleep(min(max(left - 2 * _WAKE_NS, 0) / 1e9, _LOOK_S))
            left = due - self._clock()
