"""Workers on this machine: in this process, or in processes that answer what they are sent."""

from __future__ import annotations

import pickle
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.resource_tracker import ensure_running
from typing import Final, Generic, TypeVar

from harness.fleet.pool.orders import Losses, WorkerCells, WorkerHandle, WorkerLost
from harness.fleet.port import Job, MakeCell

_GONE: Final = (EOFError, ConnectionError)
_SPAWN: Final = get_context("spawn")
_PATIENCE_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.25
"""So often somebody is asked whether it is enough."""
_NOT_THEIRS: Final = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
"""Ctrl-C, or a supervisor, reaches every process of a group. Only the one that the workers
belong to is to hear it: it lets them end the window that they are in."""

TaskT = TypeVar("TaskT")
AnswerT = TypeVar("AnswerT")
MakeAnswer = Callable[[], Callable[[bytes], bytes]]
"""Makes, in a worker, what gives its answers."""


class LocalTransport:
    """This process: a single worker, that does at once what it is told."""

    handles = 1

    def __init__(self, make: MakeCell) -> None:
        self._make = make

    def hire(self, job: Job, slot: int) -> WorkerHandle:
        return _AtOnce(WorkerCells(job, self._make))

    def close(self) -> None: ...


class _AtOnce:
    def __init__(self, cells: WorkerCells) -> None:
        self._cells = cells
        self._answer = b""
        self.end = cells.close

    def send(self, message: bytes) -> None:
        self._answer = self._cells(message)

    def receive(self) -> bytes:
        return self._answer


class ProcessTransport(LocalTransport):
    """So many worker processes. `make` is a function that a new process can import."""

    def __init__(self, make: MakeCell, workers: int) -> None:
        super().__init__(make)
        self.handles = workers

    def hire(self, job: Job, slot: int) -> WorkerHandle:
        return Worker(partial(WorkerCells, job, self._make), f"pairproof-fleet-{slot}")


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
        try:
            self.wire.send_bytes(message)
        except _GONE:
            raise self._lost() from None

    def receive(self) -> bytes:
        try:
            return self.wire.recv_bytes()
        except _GONE:
            raise self._lost() from None

    def end(self) -> None:
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


def answering(do: Callable[[TaskT], AnswerT]) -> Callable[[bytes], bytes]:
    """In a worker: what does each task that it is sent, and answers what came of it."""
    return lambda task: pickle.dumps(do(pickle.loads(task)))


class TaskPool(Generic[TaskT, AnswerT]):
    """So many processes, each at one task. What one was at that is lost, another does again.

    Each task has a number of its own. `do` is something that a new process can import; `warn` is
    told of what is done again, and why.
    """

    def __init__(
        self,
        do: Callable[[TaskT], AnswerT],
        name: str,
        workers: int,
        warn: Callable[[int, WorkerLost], None] = lambda *_: None,
    ) -> None:
        self._hire = partial(Worker, partial(answering, do), name)
        self._warn = warn
        self._losses = Losses()
        self._busy: dict[Worker, tuple[int, bytes] | None] = {}
        """What each of them is at; none: it is not through with what nobody waits for."""
        self._idle = [self._hire() for _ in range(workers)]

    @property
    def tasks(self) -> list[int]:
        """The tasks that are under way."""
        return [task[0] for task in self._busy.values() if task]

    def run(
        self, tasks: Iterable[tuple[int, TaskT]], stopped: Callable[[], bool]
    ) -> Iterator[tuple[int, AnswerT | WorkerLost]]:
        """What comes of each, as it comes; the loss, where a task would break another as well.

        A task is drawn once a process is idle. It ends when all are answered, or `stopped`, which
        is asked a few times a second.

        Raises:
            PoolError: processes were lost too often.
        """
        coming, is_dealt = iter(tasks), False
        while True:
            while self._idle and not is_dealt:
                task = next(coming, None)
                if task is not None:
                    self._give(task[0], pickle.dumps(task[1]))
                is_dealt = task is None
            if (is_dealt and not self.tasks) or stopped():
                return
            yield from self._answers()

    def _give(self, number: int, message: bytes) -> None:
        worker = self._idle.pop()
        self._busy[worker] = number, message
        try:
            worker.send(message)
        except WorkerLost as lost:
            self._replace(worker)
            self._again(number, message, lost)

    def _answers(self) -> Iterator[tuple[int, AnswerT | WorkerLost]]:
        by_wire: dict[object, Worker] = {worker.wire: worker for worker in self._busy}
        for wire in wait([worker.wire for worker in self._busy], _LOOK_EVERY_S):
            worker = by_wire[wire]
            if worker not in self._busy:
                continue
            try:
                answer: AnswerT | WorkerLost = pickle.loads(worker.receive())
                task = self._busy.pop(worker)
                self._idle.append(worker)
            except WorkerLost as lost:
                answer, task = lost, self._replace(worker)
                if lost.again and task:
                    self._again(*task, lost)
                    continue
            if task:
                yield task[0], answer

    def forget(self) -> None:
        """Nobody waits for what is under way; who is at it goes on."""
        self._busy = dict.fromkeys(self._busy)

    def drop(self, number: int) -> None:
        """End the process that is at a task, and hire no other."""
        worker = next(worker for worker, task in self._busy.items() if task and task[0] == number)
        del self._busy[worker]
        worker.end()

    def close(self) -> None:
        """End every process, whatever it is doing."""
        for worker in (*self._idle, *self._busy):
            worker.end()

    def _again(self, number: int, message: bytes, lost: WorkerLost) -> None:
        self._losses.add(lost)
        self._warn(number, lost)
        self._give(number, message)

    def _replace(self, worker: Worker) -> tuple[int, bytes] | None:
        """Another for one that is lost; what that was at."""
        worker.end()
        self._idle.append(self._hire())
        return self._busy.pop(worker)
