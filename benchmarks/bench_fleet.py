"""The fleet: time, memory and disk of whole runs, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from statistics import median

from benchmarks.bench_deadlines import REQUESTS, requests_a_second_apart
from benchmarks.figure import Figure
from benchmarks.fleet_run import Cost, measured

ROLLOUT = "rollout-wave"
TURNS = 3


def figures() -> Iterator[Figure]:
    """A rollout of 100,000, a day of 1,000, and what parts of it cost."""
    yield from _full_stack()
    yield from _faults_at_rate_zero()
    yield from _day()
    yield from _rollout()


def _rollout() -> Iterator[Figure]:
    workers = min(2, os.cpu_count() or 1)
    one, two = measured(ROLLOUT, 100_000, 1), measured(ROLLOUT, 100_000, workers)
    yield Figure("fleet: 100k pairings, 2 workers", two.wall, "s", 30)
    yield Figure("fleet: operations for each", two.per_pairing, "", goal_min=12)
    yield Figure("fleet: 2 workers against 1", one.wall / two.wall, "times", goal_min=1.8)
    yield Figure("fleet: memory, 1 worker", one.rss / one.hosts, "KiB a host", 4)
    yield Figure("fleet: evidence", two.disk / two.operations, "bytes an operation")
    yield Figure("fleet: equal digests", float(one.digest == two.digest), "", goal_min=1)


def _day() -> Iterator[Figure]:
    day = measured("steady-day", 1_000, min(2, os.cpu_count() or 1))
    yield Figure("fleet: a day of 1,000 hosts", day.wall, "s", 90)
    yield Figure("fleet: operations a host", day.operations / day.hosts, "", goal_min=500)


def _full_stack() -> Iterator[Figure]:
    """Against requests with deadlines on SimPy alone: no flow, no model, nothing written."""
    hosts = max(REQUESTS)
    bare = median(requests_a_second_apart("reusable deadline", hosts) for _ in range(TURNS))
    full = _a_second(measured(ROLLOUT, 10_000))
    engine = _a_second(measured(ROLLOUT, 10_000, judge=False))
    yield Figure("fleet: operations, full stack", full, "1/s")
    yield Figure("fleet: the same, not judged or written", engine, "1/s")
    yield Figure("fleet: bare SimPy, requests", bare, "1/s")
    yield Figure("fleet: full stack against bare", full / bare, "times", goal_min=0.3)


def _faults_at_rate_zero() -> Iterator[Figure]:
    without, at_zero = [], []
    for _ in range(TURNS):
        without.append(measured(ROLLOUT, 2_000).cpu)
        at_zero.append(measured(ROLLOUT, 2_000, zero=True).cpu)
    share = median(at_zero) / median(without) - 1
    yield Figure("fleet: faults at rate zero", 100 * share, "% more", 10)


def _a_second(cost: Cost) -> float:
    return cost.operations / cost.wall
