"""The clock of a cell: virtual time in microseconds, which SimPy lets pass."""

from __future__ import annotations

import simpy
from simpy.core import Infinity


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

        SimPy's `run` would do, but that its end is an event of its own and leaves the time there.
        """
        env, events = self._env, 0
        while not self.is_stopped and env.peek() < until:
            env.step()
            events += 1
        return events

    def next_event(self) -> int | None:
        """When something happens next, if anything does."""
        coming = Infinity if self.is_stopped else self._env.peek()
        return None if coming == Infinity else int(coming)
