"""Runs one seed after the other, a whole run in each process, until one of them fails.

Nothing is written: a run that fails is made again from its seed. Seeds are begun in their order,
and once one has failed, those before it are run to their ends. So which seed is reported does
not depend on how many processes there are, nor on which of them is the quickest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from harness.catalogue.verdict import Overall
from harness.domain.errors import PairproofError
from harness.fleet.pool.coordinator import Watching
from harness.fleet.pool.local import LocalTransport, TaskPool
from harness.fleet.pool.orders import PoolError, WorkerLost, WorkFailed
from harness.fleet.port import Job, MakeCell
from harness.fleet.run import run_fleet


@dataclass(frozen=True, slots=True)
class SeedResult:
    """A seed that was run to its end, or to its first violation.

    Attributes:
        verdict, why: those of the run.
        operations: how many there were.
    """

    seed: int
    verdict: Overall
    why: str
    operations: int = 0


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


def hunt(
    job: Callable[[int], Job],
    seeds: Sequence[int],
    make: MakeCell,
    workers: int,
    watching: Watching[SeedResult] = Watching(),
) -> Hunted:
    """Run the job of each seed, `workers` of them at a time, until one fails.

    `seeds` ascend, and each job has no parts. `make` is a function that a new process can import.

    Raises:
        PoolError: a run cannot be carried out, or processes were lost too often.
    """
    tried: list[SeedResult] = []
    lowest: int | None = None
    """The lowest seed that has failed so far."""
    left = list(reversed(seeds))

    def dealt() -> Iterator[tuple[int, Job]]:
        while left and lowest is None:
            seed = left.pop()
            yield seed, job(seed)

    def warn(seed: int, lost: WorkerLost) -> None:
        watching.warn(f"{lost}; seed {seed} is run again")

    some = min(workers, len(seeds))
    with closing(TaskPool(partial(_tried, make), "pairproof-hunt", some, warn)) as pool:
        for seed, result in pool.run(dealt(), watching.stopped):
            if isinstance(result, WorkerLost):
                raise PoolError(f"a worker failed: {result}")
            if isinstance(result, WorkFailed):
                raise PoolError(f"seed {seed}: {result.message}")
            tried.append(result)
            watching.progress(result)
            if result.verdict is Overall.DOES_NOT_CONFORM:
                lowest = seed if lowest is None else min(seed, lowest)
                for later in [other for other in pool.tasks if other > seed]:
                    pool.drop(later)
        stopped = bool(pool.tasks) or (lowest is None and bool(left))
    counting = (t for t in tried if lowest is None or t.seed <= lowest)
    return Hunted(tuple(sorted(counting, key=lambda t: t.seed)), stopped)


def _tried(make: MakeCell, job: Job) -> SeedResult | WorkFailed:
    """In a worker: what came of a job."""
    try:
        finished = run_fleet(job, LocalTransport(make))
    except PairproofError as error:
        return WorkFailed(str(error))
    return SeedResult(job.scenario.seed, finished.verdict, finished.why, finished.measures.ended())
