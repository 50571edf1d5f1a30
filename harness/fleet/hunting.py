"""Runs one seed after the other, a whole run in each process, until one of them fails.

Nothing is written: a run that fails is made again from its seed. Seeds are begun in their order,
and once one has failed, those before it are run to their ends. So which seed is reported does
not depend on how many processes there are, nor on which of them is the quickest.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec

from harness.catalogue.verdict import Overall
from harness.domain.errors import PairproofError
from harness.fleet.pool.local import LocalTransport, TaskPool
from harness.fleet.pool.orders import PoolError, WorkerLost, WorkFailed
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
        PoolError: a run cannot be carried out, or processes were lost too often.
    """

    def warn(seed: int, lost: WorkerLost) -> None:
        watching.warn(f"{lost}; seed {seed} is run again")

    some = min(workers, len(seeds))
    with closing(TaskPool(partial(try_seeds, make), "pairproof-hunt", some, warn)) as pool:
        return _Hunt(job, seeds, pool, watching).run()


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
    """The seeds that are left, and what came of the others."""

    def __init__(
        self,
        job: Callable[[int], Job],
        seeds: Sequence[int],
        pool: TaskPool,
        watching: HuntWatching,
    ) -> None:
        self._job = job
        self._pool = pool
        self._watching = watching
        self._left = list(reversed(seeds))
        self._tried: list[SeedResult] = []
        self._lowest: int | None = None
        """The lowest seed that has failed so far."""

    def run(self) -> Hunted:
        """Until a seed fails, all have been run, or somebody has had enough."""
        while self._deal() and not self._watching.stopped():
            for seed, answer in self._pool.answers(_LOOK_EVERY_S):
                if isinstance(answer, WorkerLost):
                    raise PoolError(f"a worker failed: {answer}")
                self._hear(seed, _ANSWERS.decode(answer))
        counting = [t for t in self._tried if self._lowest is None or t.seed <= self._lowest]
        return Hunted(
            tried=tuple(sorted(counting, key=lambda t: t.seed)),
            stopped=bool(self._pool.tasks) or (self._lowest is None and bool(self._left)),
        )

    def _deal(self) -> bool:
        """Give each idle process a seed, as long as none has failed; whether any is at work."""
        while self._pool.has_room and self._left and self._lowest is None:
            seed = self._left.pop()
            self._pool.give(seed, pickle.dumps(self._job(seed)))
        return bool(self._pool.tasks)

    def _hear(self, seed: int, answer: SeedResult | WorkFailed) -> None:
        """What came of a seed; one that failed makes those after it needless."""
        if isinstance(answer, WorkFailed):
            raise PoolError(f"seed {seed}: {answer.message}")
        self._tried.append(answer)
        self._watching.progress(answer)
        if answer.verdict is Overall.DOES_NOT_CONFORM:
            self._lowest = seed if self._lowest is None else min(seed, self._lowest)
            for later in [other for other in self._pool.tasks if other > seed]:
                self._pool.drop(later)
