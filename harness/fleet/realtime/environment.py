"""Real time for the people of a fleet: SimPy's environment, but that asyncio lets its time pass.

Operators, administrators and host agents are SimPy's processes here as they are in virtual time.
Time is in microseconds since the run began.

When something happens because its time has come, `due` is that time, however late we are: what
begins then was meant to begin at `due`. All that is needed to measure from the intended start.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final

from simpy.core import Environment as VirtualTime
from simpy.core import SimTime
from simpy.events import NORMAL, Event, EventPriority, Process, Timeout

from harness.checkers.fleet.durations import FineDurations

__all__ = ["Environment", "Event", "Process"]

_AT_ONCE_MAX: Final = 200
"""So many happenings in a row; then the network has its turn."""
_NOTED_FROM: Final = 1_000
"""From so many microseconds on it is noted that something began later than it was due."""
_IN_TIME: Final = 5_000
"""What comes so many microseconds late has come in time: an event loop is no finer."""
_STRETCHES_MAX: Final = 1 << 16
"""So many times that the harness was late are remembered."""


class OnceEvent(Event):
    """Something that somebody makes happen, once: later calls change nothing."""

    def succeed(self, value: object = None) -> Event:
        return self if self.triggered else super().succeed(value)


class Timer(Timeout):
    """Happens by itself, when its time has come. A negative delay was due before."""

    def __init__(self, env: Environment, delay: SimTime, value: object) -> None:
        Event.__init__(self, env)
        self._ok, self._value, self._delay = True, value, delay
        env.happens_at(env.now + delay, self, NORMAL)


class Environment(VirtualTime):
    """Lets time pass for everybody, on the running event loop. `clock` gives nanoseconds.

    What a process raises goes to the loop's exception handler: it is a defect of the harness.

    Attributes:
        lag: how much later than they were due timers went off.
    """

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__()
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._start = 0
        self._wake: asyncio.TimerHandle | asyncio.Handle | None = None
        self._wakes_at: SimTime = 0
        self._is_over = False
        self._is_passing = False
        self.lag = FineDurations()
        self._late: list[tuple[int, int]] = []
        """Until when something was late, and for how long anything was so far."""

    def start(self) -> None:
        """Time begins to pass now, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._start = self._clock()
        self._sleep()

    def stop(self) -> None:
        """Nothing happens any more."""
        self._is_over = True
        if self._wake is not None:
            self._wake.cancel()

    @property
    def now(self) -> int:
        """Microseconds since the start; 0 before it."""
        return (self._clock() - self._start) // 1_000 if self._loop is not None else 0

    @property
    def due(self) -> int:
        """When that was meant to happen which happens now, in microseconds."""
        return int(self._now)

    def began(self, at: int) -> int:
        """When that is taken to have begun which begins now, `at`: when it was due, if the harness
        is late with it. What any timer is late by is left out.
        """
        return self.due if at - self.due >= _NOTED_FROM else at

    def came(self, due: int) -> None:
        """Something of the harness's own comes now that was due then."""
        now = self.now
        until, total = self._late[-1] if self._late else (0, 0)
        if now - due > _IN_TIME and now > until:
            # What was late together with something else has been counted.
            self._late.append((now, total + now - max(due, until)))
            del self._late[: len(self._late) - _STRETCHES_MAX]

    def late_within(self, span: int) -> int:
        """For how many of the last so many microseconds the harness itself was late."""
        if not self._late:
            return 0
        before = bisect_right(self._late, (max(0, self.now - span), self._late[-1][1]))
        return min(span, self._late[-1][1] - (self._late[before - 1][1] if before else 0))

    def event(self) -> Event:
        """Something that somebody will make happen."""
        return OnceEvent(self)

    def timeout(self, delay: SimTime = 0, value: Any = None) -> Timeout:
        """Happens in so many microseconds. A negative one was due before, and happens at once."""
        return Timer(self, delay, value)

    def schedule(self, event: Event, priority: EventPriority = NORMAL, delay: SimTime = 0) -> None:
        """What people make happen is due with what they do it for."""
        now = self._now if self._is_passing else self.now
        self.happens_at(now + delay, event, priority)

    def happens_at(self, at: SimTime, event: Event, priority: EventPriority) -> None:
        """Called by an event that is due then."""
        heappush(self._queue, (at, priority, next(self._eid), event))
        self._sleep()

    # --- how time passes ------------------------------------------------------------------

    def _sleep(self) -> None:
        """See to it that we wake when something is due, and no sooner than that."""
        loop, at = self._loop, self.peek()
        if loop is None or self._is_over or self._is_passing or not self._queue:
            return
        if self._wake is not None:
            if self._wakes_at <= at:
                return
            self._wake.cancel()
        pause = at - self.now
        self._wakes_at = at
        self._wake = (
            loop.call_soon(self._pass) if pause <= 0 else loop.call_later(pause / 1e6, self._pass)
        )

    def _pass(self) -> None:
        """Let happen what is due, in the order of time."""
        self._wake, self._is_passing = None, True
        try:
            for _ in range(_AT_ONCE_MAX):
                if self._is_over or self.peek() > self.now:
                    break
                self.step()
        finally:
            self._is_passing = False
        self._sleep()

    def step(self) -> None:
        """Let one thing happen."""
        self._now, _, _, event = heappop(self._queue)
        if isinstance(event, Timer):
            self.lag.add(self.now - self.due)
            self.came(self.due)
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
        for callback in callbacks:
            callback(event)
        if not event.ok and not event.defused:
            raise event._value
