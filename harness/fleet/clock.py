"""The clock of a cell: virtual time in microseconds, which SimPy lets pass."""

from __future__ import annotations

import simpy


class CellTime(simpy.Environment):
    """SimPy's time, which passes from one window to the next."""

    is_stopped = False
    """Whether it goes on no more, whatever may be due."""

    def pass_until(self, until: int) -> int:
        """Let everything happen that is due before `until`. Returns how many events it was."""
        queue, step, events = self._queue, self.step, 0
        while queue and queue[0][0] < until and not self.is_stopped:
            step()
            events += 1
        return events

    def next_event(self) -> int | None:
        """When something happens next, if anything does."""
        return None if self.is_stopped or not self._queue else int(self.peek())


class CellClock:
    """Tells the time since the run began; for both sides of the reference that is the date."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env

    def now(self) -> int:
        """Microseconds since the run began."""
        # Not `now`, a property, which is one more call: a fleet asks sixty times a pairing.
        return self._env._now  # type: ignore[return-value]  # nothing here waits for fractions

    def sleep(self, duration: int) -> None:
        """Nothing sleeps in here: whoever waits yields an event."""
        raise AssertionError("a cell's time passes by events only")
