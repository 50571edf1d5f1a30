"""Cells on this machine: all of them in this process, or in worker processes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from harness.fleet.pool.cells import WorkerCells
from harness.fleet.pool.orders import ANSWERS, ENCODER, ORDERS, Answer, Order, WorkerHandle
from harness.fleet.pool.worker import Worker
from harness.fleet.port import Job, MakeCell


class LocalWorkerHandle:
    """Does at once what it is told."""

    def __init__(self, job: Job, make: MakeCell) -> None:
        self._worker_cells = WorkerCells(job, make)
        self._answers: list[Answer] = []

    def ask(self, order: Order) -> None:
        self._answers.append(self._worker_cells.carry_out(order))

    def answer(self) -> Answer:
        return self._answers.pop()

    def dismiss(self) -> None:
        self._worker_cells.close()


class LocalTransport:
    """One hand, here."""

    def __init__(self, make: MakeCell) -> None:
        self._make = make

    @property
    def handles(self) -> int:
        return 1

    def hire(self, job: Job, slot: int) -> WorkerHandle:
        return LocalWorkerHandle(job, self._make)

    def close(self) -> None: ...


def carrying_out(job: Job, make: MakeCell) -> Callable[[bytes], bytes]:
    """In a worker: what carries out its orders, and answers them."""
    worker_cells = WorkerCells(job, make)
    return lambda order: ENCODER.encode(worker_cells.carry_out(ORDERS.decode(order)))


class ProcessWorkerHandle:
    """A worker process."""

    def __init__(self, job: Job, make: MakeCell, slot: int) -> None:
        self._worker = Worker(partial(carrying_out, job, make), f"pairproof-fleet-{slot}")

    def ask(self, order: Order) -> None:
        self._worker.send(ENCODER.encode(order))

    def answer(self) -> Answer:
        return ANSWERS.decode(self._worker.receive())

    def dismiss(self) -> None:
        self._worker.end()


class ProcessTransport:
    """So many worker processes. `make` is a function that a new process can import."""

    def __init__(self, make: MakeCell, workers: int) -> None:
        self._make = make
        self._workers = workers

    @property
    def handles(self) -> int:
        return self._workers

    def hire(self, job: Job, slot: int) -> WorkerHandle:
        return ProcessWorkerHandle(job, self._make, slot)

    def close(self) -> None: ...
