"""Cells on a real Dask cluster: a scheduler and two workers, each a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.fleet.pool.coordinator import Moment, PoolRun, Watching, run_cells
from harness.fleet.pool.local import LocalTransport
from harness.fleet.pool.orders import PoolError, Transport
from harness.fleet.port import Job, MakeCell
from tests.unit.fleet.pool.fake import Habits, fakes, scenario
from tests.unit.fleet.tiny import evidence

pytestmark = pytest.mark.skipif(not find_spec("distributed"), reason="Dask is not installed")
ROOT = Path(__file__).resolve().parents[3]
HABITS = Habits(arrivals=60, service=100_000)


@contextmanager
def dask(*words: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of Dask, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def dask_transport(make: MakeCell, address: str) -> Transport:
    # Dask is imported where it is used: each worker of the tests collects this module.
    from harness.fleet.pool.dask import DaskTransport

    return DaskTransport(make, address)


class Cluster:
    """A scheduler, and two workers without nannies."""

    def __init__(self, held: ExitStack, folder: Path, workers: int = 2) -> None:
        self._held = held
        self._folder = folder
        scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = _sent_words(scheduler, "Scheduler at:")
        self.workers = [self.start_worker() for _ in range(workers)]

    def start_worker(self) -> subprocess.Popen[str]:
        """One more, once it is there."""
        words = (self.address, "--no-dashboard", "--nthreads", "1", "--no-nanny")
        worker = self._start("worker", *words)
        _sent_words(worker, "Registered to:")
        return worker

    def _start(self, *words: str) -> subprocess.Popen[str]:
        return self._held.enter_context(dask(*words, folder=self._folder))


def _sent_words(process: subprocess.Popen[str], what: str) -> str:
    """What a process of Dask logs after these words."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if what in line:
            return line.split(what)[1].strip()
    raise AssertionError("".join(said))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with ExitStack() as held:
        yield Cluster(held, tmp_path_factory.mktemp("dask"))


def run(
    cluster: Cluster, parts: Path, watching: Watching[Moment] = Watching(), habits: Habits = HABITS
) -> PoolRun:
    transport = dask_transport(fakes(habits), cluster.address)
    try:
        return run_cells(Job(scenario(), parts=parts), transport, watching=watching)
    finally:
        transport.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[PoolRun, dict[str, bytes]]:
    parts = tmp_path_factory.mktemp("undisturbed")
    return run_cells(Job(scenario(), parts=parts), LocalTransport(fakes(HABITS))), files(parts)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_cluster_comes_to_the_same_as_one_process(
    cluster: Cluster, undisturbed: tuple[PoolRun, dict[str, bytes]], tmp_path: Path
) -> None:
    assert (run(cluster, tmp_path), files(tmp_path)) == undisturbed


def test_a_real_run_leaves_the_same_evidence_on_a_cluster(cluster: Cluster, tmp_path: Path) -> None:
    alone = evidence(tmp_path / "alone", LocalTransport)
    shared = evidence(tmp_path / "shared", lambda make: dask_transport(make, cluster.address))
    assert shared == alone


def test_parts_are_fetched_where_the_folder_is_not_shared(
    cluster: Cluster,
    undisturbed: tuple[PoolRun, dict[str, bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    parts = Path("not-there-where-the-workers-are")
    parts.mkdir()
    assert (run(cluster, parts), files(parts)) == undisturbed


@pytest.mark.parametrize("windows", [1, 20])
def test_a_worker_that_is_killed_loses_nothing(
    cluster: Cluster,
    undisturbed: tuple[PoolRun, dict[str, bytes]],
    tmp_path: Path,
    windows: int,
) -> None:
    said: list[str] = []
    seen: list[Moment] = []

    def kill_one(moment: Moment) -> None:
        seen.append(moment)
        if len(seen) == windows:
            cluster.workers.pop().kill()

    watching = Watching(progress=kill_one, warn=said.append)
    course = run(cluster, tmp_path, watching)
    cluster.workers.append(cluster.start_worker())
    assert "is not there any more" in said[0]
    assert (course, files(tmp_path)) == undisturbed


def test_no_scheduler_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.fleet.pool.dask.PATIENCE_S", 1)
    with pytest.raises(PoolError, match="no Dask scheduler answers there"):
        dask_transport(fakes(HABITS), "tcp://127.0.0.1:1")


@pytest.mark.slow
def test_a_scheduler_without_workers_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.fleet.pool.dask.PATIENCE_S", 1)
    with ExitStack() as held:
        alone = Cluster(held, tmp_path, workers=0)
        with pytest.raises(PoolError, match="it has no workers; start one or more"):
            run(alone, tmp_path)
