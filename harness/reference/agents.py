"""The host agents at work: a thread that lets the edge follow up what is pending."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from harness.domain.errors import PairproofError


class AgentsStopped(PairproofError):
    """The host agents ended because of a defect; the cause says which."""


class Agents:
    """Calls `tick` again and again until it is stopped.

    An exception in it ends the thread. It is printed as any thread's is, and is raised by
    `check` and `stop` besides, so that nobody waits for agents that are not there.
    `interval` is in microseconds.
    """

    def __init__(self, tick: Callable[[], None], interval: int) -> None:
        self._tick = tick
        self._pause_s = interval / 1_000_000
        self._stopping = threading.Event()
        self._defect: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="pairproof-agents", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Make sure that the agents are at work.

        Raises:
            AgentsStopped: they ended because of a defect.
        """
        if self._defect is not None:
            told = f"{type(self._defect).__name__}: {self._defect}"
            raise AgentsStopped(f"the host agents have stopped: {told}") from self._defect

    def stop(self) -> None:
        """Let the round that is under way end, and begin no other. May be called twice.

        Raises:
            AgentsStopped: they had ended before, because of a defect.
        """
        self._stopping.set()
        self._thread.join()
        self.check()

    def _work(self) -> None:
        try:
            while not self._stopping.wait(self._pause_s):
                self._tick()
        finally:
            self._defect = sys.exc_info()[1]
