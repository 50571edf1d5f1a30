"""The clock of a cell: virtual time in microseconds, which SimPy lets pass."""

from __future__ import annotations

from heapq import heappop

import simpy


class CellClock:
    """Tells the time since the run began; for both sides of the reference that is the date.

    Where `is_stopped`, nothing happens any more, whatever may be due.
    """

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self.is_stopped = False

    def now(self) -> int:
        """Microseconds since the run began."""
        # Not `now`, a property, which is one more call: a fleet asks sixty times a pairing.
        return self._env._now  # type: ignore[return-value]  # nothing here waits for fractions

    def sleep(self, duration: int) -> None:
        """Nothing sleeps in here: whoever waits yields an event."""
        raise AssertionError("a cell's time passes by events only")

    def pass_until(self, until: int) -> int:
        """Let everything happen that is due before `until`. Returns how many events it was.

        This is SimPy's `run`, whose end is an event of its own and leaves the time at `until`.
        """
        env, events = self._env, 0
        queue = env._queue
        while queue and queue[0][0] < until and not self.is_stopped:
            env._now, _, _, event = heappop(queue)
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not hasattr(event, "_defused"):
                raise event._value
            events += 1
        return events

    def next_event(self) -> int | None:
        """When something happens next, if anything does."""
        queue = self._env._queue
        return int(queue[0][0]) if queue and not self.is_stopped else None
