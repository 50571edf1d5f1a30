"""Cells on the workers of a Dask cluster (the extra `pairproof[dask]`).

A worker is an actor on one worker process. Its cells write their parts into a folder of its own:
inside of the run's folder, where the worker shares that with us, otherwise on the worker's
machine. They are moved or fetched once the cells are closed. So a worker that was given up
for lost, and goes on, spoils nothing.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Final, TypeVar

from distributed import CancelledError, Client, Future, KilledWorker
from distributed.actor import Actor, BaseActorFuture

from harness import __version__
from harness.fleet.pool import orders
from harness.fleet.port import Job, MakeCell

CHUNK_BYTES: Final = 4 * 1024 * 1024
"""So much of a part is fetched at a time."""
PATIENCE_S: Final = 30
"""So long we wait for the scheduler, and for a worker where there is none at the moment."""
_LOOK_EVERY_S: Final = 2
"""While a worker is at work, so often we look whether it is still there."""
_PRIVATE: Final = ".workers-"
T = TypeVar("T")


class DaskCells:
    """The cells of a worker, there. `marker` is a file of ours in the folder for parts."""

    def __init__(self, job: Job, make: MakeCell, marker: Path | None) -> None:
        self._folder: Path | None = None
        if job.parts is not None and marker is not None:
            within = job.parts if marker.exists() else None
            self._folder = Path(tempfile.mkdtemp(prefix=_PRIVATE, dir=within))
        self._worker_cells = orders.WorkerCells(replace(job, parts=self._folder), make)
        self._answered = (0, b"")

    def version(self) -> str:
        """The version of the harness here."""
        return __version__

    def folder(self) -> str:
        """Where the parts are written; empty where they are not."""
        return str(self._folder or "")

    def carry_out(self, serial: int, order: bytes) -> bytes:
        """Do it, once: an order that comes again is answered again.

        Where orders are missing before it, the answer is empty: their cells were elsewhere.
        """
        if serial == self._answered[0] + 1:
            self._answered = (serial, self._worker_cells(order))
        return self._answered[1] if serial == self._answered[0] else b""

    def read(self, name: str, offset: int) -> bytes:
        """Some of a part; empty at its end."""
        with (Path(self._folder or "") / name).open("rb") as file:
            file.seek(offset)
            return file.read(CHUNK_BYTES)

    def close(self) -> bool:
        """Let go of the cells and of what was written."""
        self._worker_cells.close()
        if self._folder is not None:
            rmtree(self._folder, ignore_errors=True)
        return True


class DaskWorkerHandle:
    """An actor on one worker."""

    def __init__(
        self, client: Client, worker: str, job: Job, make: MakeCell, marker: Path | None
    ) -> None:
        self.worker = worker
        self._client = client
        self._parts = job.parts
        self._serial = 0
        self._waiting: BaseActorFuture[object] | None = None
        self._future: Future[object] = client.submit(
            DaskCells, job, make, marker,
            actor=True, workers=[worker], allow_other_workers=False, pure=False,
        )  # fmt: skip
        self._actor = self._patiently(self._future.result, Actor)
        version = self._result_of(str, "version")
        self._folder = Path(self._result_of(str, "folder"))
        if version != __version__:
            raise orders.PoolError(
                f"the worker at {worker} has pairproof {version}, and this is {__version__};"
                " install the same one everywhere"
            )

    def send(self, message: bytes) -> None:
        self._serial += 1
        self._waiting = self._called("carry_out", self._serial, message)

    def receive(self) -> bytes:
        assert self._waiting is not None
        told = self._patiently(self._waiting.result, bytes)
        if not told:
            raise self._lost()
        answer = orders.ANSWERS.decode(told)
        if isinstance(answer, orders.Outcomes) and self._parts is not None:
            for outcome in answer.outcomes:
                if outcome.part is not None:
                    self._bring(Path(outcome.part.file).name, self._parts)
        return told

    def end(self) -> None:
        with suppress(orders.WorkerLost):
            self._result_of(bool, "close")
        self._future.cancel()  # type: ignore[no-untyped-call]

    def _bring(self, name: str, parts: Path) -> None:
        if self._folder.parent == parts:
            (self._folder / name).replace(parts / name)
            return
        with (parts / name).open("wb") as file:
            while chunk := self._result_of(bytes, "read", name, file.tell()):
                file.write(chunk)

    def _result_of(self, kind: type[T], method: str, *args: object) -> T:
        """What the actor answers."""
        return self._patiently(self._called(method, *args).result, kind)

    def _called(self, method: str, *args: object) -> BaseActorFuture[object]:
        if self._future.status != "finished":
            raise self._lost()
        try:
            call = getattr(self._actor, method)
        except RuntimeError:
            raise self._lost() from None
        future: BaseActorFuture[object] = call(*args)
        return future

    def _patiently(self, result: Callable[[int], object], kind: type[T]) -> T:
        """The result, however long it takes, as long as the worker is there."""
        while True:
            try:
                value = result(_LOOK_EVERY_S)
            except TimeoutError:
                if self.worker not in workers_of(self._client):
                    raise self._lost() from None
            except (OSError, CancelledError, KilledWorker):
                raise self._lost() from None
            except ImportError as error:
                raise orders.PoolError(
                    f"the worker at {self.worker} cannot import what it has to run ({error});"
                    f" install pairproof {__version__} with all that it needs there"
                ) from None
            else:
                assert isinstance(value, kind)
                return value

    def _lost(self) -> orders.WorkerLost:
        return orders.WorkerLost(f"the worker at {self.worker} is not there any more")


class DaskTransport:
    """The workers of a cluster, one of ours each. `make` is a function that they can import."""

    def __init__(self, make: MakeCell, address: str) -> None:
        self._make = make
        self._address = address
        self._marker: Path | None = None
        try:
            self._client = Client(address, timeout=PATIENCE_S)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise orders.PoolError(
                f"--scheduler {address}: no Dask scheduler answers there ({error}); start one with"
                " `dask scheduler`, and workers with `dask worker ADDRESS`"
            ) from None
        self._handles = max(1, len(workers_of(self._client)))

    @property
    def handles(self) -> int:
        return self._handles

    def hire(self, job: Job, slot: int) -> orders.WorkerHandle:
        if job.parts is not None and self._marker is None:
            self._marker = job.parts / f"{_PRIVATE}{uuid.uuid4().hex}"
            self._marker.touch()
        workers = workers_of(self._client) or self._awaited()
        worker = workers[slot % len(workers)]
        return DaskWorkerHandle(self._client, worker, job, self._make, self._marker)

    def close(self) -> None:
        self._client.close()  # type: ignore[no-untyped-call]
        if self._marker is not None:
            self._marker.unlink()
            for folder in self._marker.parent.glob(f"{_PRIVATE}*"):
                rmtree(folder, ignore_errors=True)

    def _awaited(self) -> list[str]:
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError:
            raise orders.PoolError(
                f"--scheduler {self._address}: it has no workers; start one or more with"
                f" `dask worker {self._address}`"
            ) from None
        return workers_of(self._client)


def workers_of(client: Client) -> list[str]:
    """The addresses of all workers."""
    return sorted(client.scheduler_info(n_workers=-1)["workers"])
