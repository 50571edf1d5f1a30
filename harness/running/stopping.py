"""Stops a run on a signal at a moment that leaves its evidence whole."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from harness.domain.arrangements import Arrangement
from harness.targets.port import Driver, DriverAround, Exchange, Outgoing

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a run to stop: Ctrl-C, a supervisor, a terminal that goes away."""

ECHO_S = 1.0
"""Within this time, a second signal is the echo of the first."""

_Handler = Callable[[int, FrameType | None], Any] | int | None


class Stopping:
    """Turns a signal into `KeyboardInterrupt`, at once or as soon as it does no harm.

    While `guarded`, a first signal is only noted; it takes effect where the guarded code is
    `exposed`, which is where it waits for the target. A second signal takes effect at once,
    unless it comes so soon that it is the first one by another way: Ctrl-C reaches a worker of
    a run both from the terminal and through its controller.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.asked = False
        """A signal has come."""
        self._now = now
        self._asked_at = 0.0
        self._told = False
        self._guarded = False
        self._earlier: dict[signal.Signals, _Handler] = {}

    def install(self) -> None:
        """Listen. Handlers that somebody else has set stay; so do all off the main thread."""
        for number in SIGNALS:
            earlier = signal.getsignal(number)
            if earlier in (signal.SIG_DFL, signal.default_int_handler):
                try:
                    signal.signal(number, self.ask)
                except ValueError:
                    return  # only the main thread may; then its owner sees to signals
                self._earlier[number] = earlier

    def restore(self) -> None:
        """Give the handlers back that were there before."""
        while self._earlier:
            number, handler = self._earlier.popitem()
            signal.signal(number, handler)

    def ask(self, number: int = 0, frame: FrameType | None = None) -> None:
        """A signal has come.

        Raises:
            KeyboardInterrupt: now, unless guarded and asked for the first time, or an echo.
        """
        if not self.asked:
            self.asked, self._asked_at = True, self._now()
            if not self._guarded:
                self._tell()
        elif self._now() - self._asked_at >= ECHO_S:
            self._tell()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """What is done here is not torn apart by a first signal."""
        earlier, self._guarded = self._guarded, True
        try:
            yield
        finally:
            self._guarded = earlier

    def guard(self, on: bool) -> None:
        """Begin or end a stretch that is guarded, where `guarded` does not fit."""
        self._guarded = on

    @contextmanager
    def exposed(self) -> Iterator[None]:
        """Here a signal may take effect, and one that was noted does.

        Raises:
            KeyboardInterrupt: a signal was noted before, or comes meanwhile.
        """
        if not self._guarded:
            yield
            return
        if self.asked and not self._told:
            self._tell()
        self._guarded = False
        try:
            yield
        finally:
            self._guarded = True

    def take_effect(self) -> None:
        """Let a signal that has come take effect.

        Raises:
            KeyboardInterrupt: one has.
        """
        if self.asked:
            self._tell()

    def _tell(self) -> None:
        self._told = True
        raise KeyboardInterrupt


class StoppableDriver(DriverAround):
    """A driver whose waits for the target end when the run is asked to stop."""

    def __init__(self, driver: Driver, stopping: Stopping) -> None:
        super().__init__(driver)
        self._stopping = stopping

    def send(self, outgoing: Outgoing) -> Exchange:
        with self._stopping.exposed():
            return super().send(outgoing)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        with self._stopping.exposed():
            return super().arrange(arrangement)

    def sleep(self, duration: int) -> None:
        with self._stopping.exposed():
            super().sleep(duration)
