"""Runs one seed after the other, a whole run in each process, until one of them fails.

Nothing is written: a run that fails is made again from its seed. Seeds are begun in their order,
and once one has failed, those before it are run to their ends. So which seed is reported does
not depend on how many processes there are, nor on which of them is the quickest.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from typing import Final

import msgspec

from harness.catalogue.verdict import Overall
from harness.domain.errors import PairproofError
from harness.fleet.pool.errors import Losses, PoolError, WorkerLost
from harness.fleet.pool.local import LocalTransport
from harness.fleet.pool.orders import WorkFailed
from harness.fleet.pool.worker import Worker
from harness.fleet.port import Job, MakeCell
from harness.fleet.run import run_fleet

_LOOK_EVERY_S: Final = 0.25
"""So often somebody is asked whether it is enough."""


class SeedResult(msgspec.Struct, frozen=True, tag=True):
    """A seed that was run to its end, or to its first violation.

    Attributes:
        verdict, why: those of the run.
        operations: how many there were.
    """

    seed: int
    verdict: Overall
    why: str
    operations: int = 0


_ENCODER: Final = msgspec.msgpack.Encoder()
_ANSWERS: Final[msgspec.msgpack.Decoder[SeedResult | WorkFailed]] = msgspec.msgpack.Decoder(
    SeedResult | WorkFailed
)


@dataclass(frozen=True, slots=True)
class Hunted:
    """What came of a hunt.

    Attributes:
        tried: the seeds that were run, in their order, without those after one that failed.
        stopped: it was enough for somebody before all seeds were run.
    """

    tried: tuple[SeedResult, ...]
    stopped: bool

    @property
    def failing(self) -> SeedResult | None:
        """The lowest seed that does not conform."""
        return self._first(Overall.DOES_NOT_CONFORM)

    @property
    def inconclusive(self) -> SeedResult | None:
        """The lowest seed whose run could not be judged."""
        return self._first(Overall.INCONCLUSIVE)

    def _first(self, verdict: Overall) -> SeedResult | None:
        return next((tried for tried in self.tried if tried.verdict is verdict), None)


@dataclass(frozen=True, slots=True)
class HuntWatching:
    """Who looks on: all of it may be left out."""

    progress: Callable[[SeedResult], None] = lambda _: None
    """Called with each seed that was run, as they come."""
    warn: Callable[[str], None] = lambda _: None
    """Called with what went wrong and was mended."""
    stopped: Callable[[], bool] = lambda: False
    """Asked a few times a second: whether somebody has had enough."""


def hunt(
    job: Callable[[int], Job],
    seeds: Sequence[int],
    make: MakeCell,
    workers: int,
    watching: HuntWatching = HuntWatching(),
) -> Hunted:
    """Run the job of each seed, `workers` of them at a time, until one fails.

    `seeds` ascend, and each job has no parts. `make` is a function that a new process can import.

    Raises:
        CrewError: a run cannot be carried out, or processes were lost too often.
    """
    chase = _Hunt(job, seeds, make, watching)
    try:
        return chase.run(min(workers, len(seeds)))
    finally:
        chase.end()


def try_seeds(make: MakeCell) -> Callable[[bytes], bytes]:
    """In a worker: what runs the job that it is sent, and answers what came of it."""
    return lambda message: _ENCODER.encode(_tried(pickle.loads(message), make))


def _tried(job: Job, make: MakeCell) -> SeedResult | WorkFailed:
    try:
        finished = run_fleet(job, LocalTransport(make))
    except PairproofError as error:
        return WorkFailed(str(error))
    by_kind = finished.measures.operations.values()
    operations = sum(sum(outcomes.values()) for outcomes in by_kind)
    return SeedResult(job.scenario.seed, finished.verdict, finished.why, operations)


class _Hunt:
    """The processes, and the seed that each of them is running."""

    def __init__(
        self,
        job: Callable[[int], Job],
        seeds: Sequence[int],
        make: MakeCell,
        watching: HuntWatching,
    ) -> None:
        self._job = job
        self._make = make
        self._watching = watching
        self._left = list(reversed(seeds))
        self._idle: list[Worker] = []
        self._busy: dict[int, Worker] = {}
        self._tried: list[SeedResult] = []
        self._lowest: int | None = None
        """The lowest seed that has failed so far."""
        self._losses = Losses()

    def run(self, workers: int) -> Hunted:
        """Until a seed fails, all have been run, or somebody has had enough."""
        self._idle = [self._hired() for _ in range(workers)]
        while self._deal() and not self._watching.stopped():
            seeds = {worker.wire: seed for seed, worker in self._busy.items()}
            for wire in wait(list(seeds), _LOOK_EVERY_S):
                self._hear(seeds[wire])  # type: ignore[index]
        counting = [t for t in self._tried if self._lowest is None or t.seed <= self._lowest]
        return Hunted(
            tried=tuple(sorted(counting, key=lambda t: t.seed)),
            stopped=bool(self._busy) or (self._lowest is None and bool(self._left)),
        )

    def end(self) -> None:
        """End every process."""
        for worker in (*self._idle, *self._busy.values()):
            worker.end()

    def _deal(self) -> bool:
        """Give each idle process a seed, as long as none has failed; whether any is at work."""
        while self._idle and self._left and self._lowest is None:
            self._send(self._left.pop(), self._idle.pop())
        return bool(self._busy)

    def _send(self, seed: int, worker: Worker) -> None:
        self._busy[seed] = worker
        try:
            worker.send(pickle.dumps(self._job(seed)))
        except WorkerLost as lost:
            self._again(seed, lost)

    def _hear(self, seed: int) -> None:
        """What came of a seed; one that failed makes those after it needless."""
        if seed not in self._busy:
            return
        try:
            answer = _ANSWERS.decode(self._busy[seed].receive())
        except WorkerLost as lost:
            self._again(seed, lost)
            return
        if isinstance(answer, WorkFailed):
            raise PoolError(f"seed {seed}: {answer.message}")
        self._idle.append(self._busy.pop(seed))
        self._tried.append(answer)
        self._watching.progress(answer)
        if answer.verdict is Overall.DOES_NOT_CONFORM:
            self._lowest = seed if self._lowest is None else min(seed, self._lowest)
            for later in [other for other in self._busy if other > seed]:
                self._busy.pop(later).end()

    def _again(self, seed: int, lost: WorkerLost) -> None:
        """Another process runs the seed of one that is lost."""
        self._busy.pop(seed).end()
        self._losses.add(lost)
        self._watching.warn(f"{lost}; seed {seed} is run again")
        self._send(seed, self._hired())

    def _hired(self) -> Worker:
        return Worker(partial(try_seeds, self._make), "pairproof-hunt")
