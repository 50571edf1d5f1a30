"""Which seed is reported depends on nothing but the seeds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.catalogue.verdict import Overall
from harness.fleet.hunting import Hunted, SeedResult, hunt
from harness.fleet.pool.coordinator import Watching
from harness.fleet.pool.orders import PoolError
from harness.fleet.port import Cell, Job
from tests.unit.fleet.pool.fake import FakeCell, Habits, scenario

QUIET = Habits(arrivals=5)


@dataclass(frozen=True, slots=True)
class ByScenario:
    """Makes cells that get into trouble in the runs of some seeds. New processes can import it."""

    troubles: tuple[tuple[int, str], ...] = ()
    scar: Path | None = None

    def __call__(self, job: Job, number: int) -> Cell:
        trouble = dict(self.troubles).get(job.scenario.seed, "")
        return FakeCell(replace(QUIET, trouble=trouble, at=1, scar=self.scar), job, number)


def job(seed: int) -> Job:
    return Job(replace(scenario(cells=1), seed=seed))


def hunted(
    seeds: range,
    *troubles: tuple[int, str],
    workers: int = 2,
    watching: Watching[SeedResult] = Watching(),
    scar: Path | None = None,
) -> Hunted:
    return hunt(job, seeds, ByScenario(troubles, scar), workers, watching)


def test_all_seeds_are_run_where_none_fails() -> None:
    seen: list[SeedResult] = []
    watching = Watching(progress=seen.append)
    found = hunted(range(3, 8), workers=1, watching=watching)
    assert [tried.seed for tried in found.tried] == [3, 4, 5, 6, 7]
    assert all(tried.verdict is Overall.CONFORMS for tried in found.tried)
    assert (found.failing, found.stopped) == (None, False)
    assert sorted(tried.seed for tried in seen) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("workers", [1, 3])
def test_the_lowest_of_the_seeds_that_fail_is_reported(workers: int) -> None:
    troubles = [(seed, "violation") for seed in (2, 3, 4, 6)]
    found = hunted(range(9), *troubles, workers=workers)
    assert found.failing is not None
    assert [tried.seed for tried in found.tried] == [0, 1, 2]
    assert (found.failing.seed, found.stopped) == (2, False)
    assert "an invariant was violated" in found.failing.why


def test_a_process_that_is_killed_is_noticed_and_its_seed_run_again(tmp_path: Path) -> None:
    said: list[str] = []
    watching: Watching[SeedResult] = Watching(warn=said.append)
    found = hunted(range(3), (1, "killed"), workers=1, watching=watching, scar=tmp_path / "scar")
    assert [tried.seed for tried in found.tried] == [0, 1, 2]
    assert len(said) == 1
    assert "was ended by SIGKILL; seed 1 is run again" in said[0]


def test_what_a_run_refuses_reaches_the_user() -> None:
    with pytest.raises(PoolError, match="seed 1: the disk is full; choose another one"):
        hunted(range(3), (1, "refuses"), workers=1)


def test_it_ends_when_somebody_has_had_enough() -> None:
    seen: list[SeedResult] = []
    watching = Watching(progress=seen.append, stopped=lambda: bool(seen))
    found = hunted(range(100), workers=1, watching=watching)
    assert [tried.seed for tried in found.tried] == [0]
    assert found.stopped
