"""Cells in processes of this machine."""

from __future__ import annotations

import signal
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Final

from harness.fleet.crew.errors import HandLost
from harness.fleet.crew.orders import ANSWERS, ENCODER, ORDERS, Answer, Hand, Order
from harness.fleet.crew.station import Station
from harness.fleet.port import Job, MakeCell

_GONE: Final = (EOFError, ConnectionError)
_SPAWN: Final = get_context("spawn")
_PATIENCE_S: Final = 10.0


def work(job: Job, make: MakeCell, wire: Connection) -> None:
    """What a worker does, until nobody talks to it any more."""
    station = Station(job, make)
    with suppress(*_GONE):
        while True:
            order = ORDERS.decode(wire.recv_bytes())
            wire.send_bytes(ENCODER.encode(station.carry_out(order)))


class ProcessHand:
    """A worker process, and the wire to it."""

    def __init__(self, job: Job, make: MakeCell, place: int) -> None:
        self._wire, theirs = _SPAWN.Pipe()
        self._process: SpawnProcess = _SPAWN.Process(
            target=work, args=(job, make, theirs), name=f"pairproof-fleet-{place}", daemon=True
        )
        # Ctrl-C reaches every process on a terminal. Only the coordinator is to hear it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    def ask(self, order: Order) -> None:
        """Send the order."""
        try:
            self._wire.send_bytes(ENCODER.encode(order))
        except _GONE:
            raise self._lost() from None

    def answer(self) -> Answer:
        """Receive the answer."""
        try:
            return ANSWERS.decode(self._wire.recv_bytes())
        except _GONE:
            raise self._lost() from None

    def dismiss(self) -> None:
        """Close the wire, at which the process ends; one that is in the middle is ended."""
        self._wire.close()
        if self._process.is_alive():
            self._process.terminate()
        self._process.join()

    def _lost(self) -> HandLost:
        """How the process ended. One that ended by itself would do so again: it has a defect."""
        self._process.join(_PATIENCE_S)
        code = self._process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            return HandLost(f"worker process {self._process.pid} was ended by {name}")
        why = f"worker process {self._process.pid} ended with {code}; what it said stands above"
        return HandLost(why, again=False)


class ProcessTransport:
    """So many worker processes. `make` is a function that a new process can import."""

    def __init__(self, make: MakeCell, workers: int) -> None:
        self._make = make
        self._workers = workers

    @property
    def hands(self) -> int:
        """How many there are."""
        return self._workers

    def hire(self, job: Job, place: int) -> Hand:
        """A new process."""
        return ProcessHand(job, self._make, place)

    def close(self) -> None:
        """Nothing is held but what the hands hold."""
