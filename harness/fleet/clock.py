"""The clock of a cell: virtual time in microseconds, which SimPy lets pass."""

from __future__ import annotations

import simpy


class CellClock:
    """Tells the time since the run began; for both sides of the reference that is the date."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env

    def now(self) -> int:
        """Microseconds since the run began."""
        return int(self._env.now)

    def sleep(self, duration: int) -> None:
        """Nothing sleeps in here: whoever waits yields an event."""
        raise AssertionError("a cell's time passes by events only")
