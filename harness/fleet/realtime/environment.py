"""Real time for the people of a fleet: what SimPy is to them in virtual time, on asyncio.

Operators, administrators and host agents are generators that yield what they wait for: a pause,
another process, or something that somebody makes happen. Of SimPy they use no more than
`timeout`, `event`, `process`, `now` and `active_process`, and these are here. Time is in
microseconds since the run began.

When something happens because its time has come, `due` is that time, however late we are: what
begins then was meant to begin at `due`. All that is needed to measure from the intended start.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Final

from simpy.exceptions import Interrupt

from harness.checkers.fleet.durations import FineDurations

_AT_ONCE_MAX: Final = 200
"""So many happenings in a row; then the network has its turn."""
_UNSET: Final = object()


class Event:
    """Something that happens once. Whoever waits for it is in `callbacks`; `value` goes to them."""

    __slots__ = ("callbacks", "env", "value")

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.callbacks: list[Callable[[Event], object]] | None = []
        self.value: object = _UNSET

    @property
    def triggered(self) -> bool:
        """Whether it happens now or has happened."""
        return self.value is not _UNSET

    def succeed(self, value: object = None) -> Event:
        """It happens now. Only once; later calls change nothing."""
        if not self.triggered:
            self.value = value
            self.env.happens(self)
        return self

    def take_slot(self) -> None:
        """Tell everybody who waits for it."""
        callbacks, self.callbacks = self.callbacks, None
        for callback in callbacks or ():
            callback(self)


class Timer(Event):
    """Happens by itself, when its time has come."""

    __slots__ = ("then",)

    def __init__(self, env: Environment, then: object) -> None:
        super().__init__(env)
        self.then = then


Steps = Generator[Event, object, object]


class Process(Event):
    """A generator on its way. It happens when the generator is at its end."""

    __slots__ = ("_steps", "_waits_for")

    def __init__(self, env: Environment, steps: Steps) -> None:
        super().__init__(env)
        self._steps = steps
        self._waits_for: Event | None = None
        first = Event(env)
        first.callbacks = [self._goes_on]
        first.succeed()

    def interrupt(self) -> None:
        """End what it waits for, with `Interrupt`, as soon as everybody else has had his turn."""
        waits_for = self._waits_for
        if self.triggered or waits_for is None:
            return
        if waits_for.callbacks is not None:
            waits_for.callbacks.remove(self._goes_on)
        self._waits_for = None
        torn = Event(self.env)
        torn.callbacks = [lambda _: self._step(Interrupt(None))]
        torn.succeed()

    def _goes_on(self, happened: Event) -> None:
        self._step(happened.value)

    def _step(self, value: object) -> None:
        env = self.env
        while True:
            env.active_process, before = self, env.active_process
            try:
                if isinstance(value, Interrupt):
                    waits_for = self._steps.throw(value)
                else:
                    waits_for = self._steps.send(None if value is _UNSET else value)
            except StopIteration as stop:
                self.succeed(stop.value)
                return
            finally:
                env.active_process = before
            if waits_for.callbacks is not None:
                waits_for.callbacks.append(self._goes_on)
                self._waits_for = waits_for
                return
            value = waits_for.value


class Environment:
    """Lets time pass for everybody, on the running event loop. `clock` gives nanoseconds.

    What a process raises goes to the loop's exception handler: it is a defect of the harness.

    Attributes:
        due: when that was meant to happen which happens now, in microseconds.
        lag: how much later than they were due timers went off.
        active_process: the process that takes a step at this moment.
    """

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._start = 0
        self._timers: list[tuple[int, int, Timer]] = []
        self._count = 0
        self._happening: deque[tuple[int, Event]] = deque()
        self._wake: asyncio.TimerHandle | asyncio.Handle | None = None
        self._wakes_at = 0
        self._is_over = False
        self._is_passing = False
        self.due = 0
        self.lag = FineDurations()
        self.active_process: Process | None = None

    # --- time ---------------------------------------------------------------------------

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

    # --- what people wait for -------------------------------------------------------------

    def event(self) -> Event:
        """Something that somebody will make happen."""
        return Event(self)

    def timeout(self, delay: int, value: object = None) -> Timer:
        """Happens in so many microseconds. A negative one was due before, and happens at once."""
        timer = Timer(self, value)
        self._count += 1
        due = self.now + delay
        heappush(self._timers, (due, self._count, timer))
        if self._wake is None or due < self._wakes_at:
            self._sleep()
        return timer

    def process(self, steps: Steps) -> Process:
        """Set a generator on its way; its first step comes once everybody had his turn."""
        return Process(self, steps)

    def happens(self, event: Event) -> None:
        """Called by an event that happens now."""
        self._happening.append((self.due if self._is_passing else self.now, event))
        self._sleep()

    # --- how time passes ------------------------------------------------------------------

    def _sleep(self) -> None:
        """See to it that we wake when something is due, and no sooner than that."""
        loop = self._loop
        if loop is None or self._is_over:
            return
        if self._happening:
            at = 0
        elif self._timers:
            at = self._timers[0][0]
        else:
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
        """Let happen what is due: what people made happen first, then whose time has come."""
        self._wake, self._is_passing = None, True
        try:
            for _ in range(_AT_ONCE_MAX):
                if self._is_over or not self._next():
                    break
        finally:
            self._is_passing = False
        self._sleep()

    def _next(self) -> bool:
        """Let one thing happen; whether there was one."""
        if self._happening:
            self.due, event = self._happening.popleft()
            event.take_slot()
            return True
        now = self.now
        if not self._timers or self._timers[0][0] > now:
            return False
        self.due, _, timer = heappop(self._timers)
        self.lag.add(now - self.due)
        timer.value = timer.then
        timer.take_slot()
        return True
