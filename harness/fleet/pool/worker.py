"""A process of this machine that answers, message by message, what it is sent."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.resource_tracker import ensure_running
from typing import Final

from harness.fleet.pool.errors import WorkerLost

_GONE: Final = (EOFError, ConnectionError)
_SPAWN: Final = get_context("spawn")
_PATIENCE_S: Final = 10.0
_NOT_THEIRS: Final = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
"""Ctrl-C, or a supervisor, reaches every process of a group. Only the one that the workers
belong to is to hear it: it lets them end the window that they are in."""

MakeAnswer = Callable[[], Callable[[bytes], bytes]]
"""Makes, in a worker, what gives its answers."""


def work(make: MakeAnswer, wire: Connection) -> None:
    """What a worker does, until nobody talks to it any more."""
    answer = make()
    with suppress(*_GONE):
        while True:
            wire.send_bytes(answer(wire.recv_bytes()))


class Worker:
    """The process, and the wire to it. `make` is something that a new process can import."""

    def __init__(self, make: MakeAnswer, name: str) -> None:
        self.wire, theirs = _SPAWN.Pipe()
        self._process: SpawnProcess = _SPAWN.Process(
            target=work, args=(make, theirs), name=name, daemon=True
        )
        # The tracker's start, which the first of these brings about, would undo the mask.
        ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _NOT_THEIRS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    def send(self, message: bytes) -> None:
        """Send it a message.

        Raises:
            HandLost: it is not there any more.
        """
        try:
            self.wire.send_bytes(message)
        except _GONE:
            raise self._lost() from None

    def receive(self) -> bytes:
        """Wait for its answer.

        Raises:
            HandLost: it is not there any more.
        """
        try:
            return self.wire.recv_bytes()
        except _GONE:
            raise self._lost() from None

    def end(self) -> None:
        """End it, whatever it is doing."""
        self.wire.close()
        self._process.kill()
        self._process.join()

    def _lost(self) -> WorkerLost:
        """How the process ended. One that ended by itself would do so again: it has a defect."""
        self._process.join(_PATIENCE_S)
        code = self._process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            return WorkerLost(f"worker process {self._process.pid} was ended by {name}")
        why = f"worker process {self._process.pid} ended with {code}; what it said stands above"
        return WorkerLost(why, again=False)
