"""How many schedules a second the walk over every interleaving covers."""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time

from benchmarks.figure import Figure
from harness.explore.walk import WalkResult, walk


def figures() -> Iterator[Figure]:
    """All plots, with at most one fault in a schedule; in seconds of one processor.

    The goal is 10,000 schedules a second, that is 100 µs for one.
    """
    start = process_time()
    result: WalkResult = walk()
    seconds = process_time() - start
    yield Figure("interleavings: a schedule", seconds / result.schedules * 1e6, "µs", 100)
    yield Figure("interleavings: schedules", result.schedules / seconds, "1/s")
    yield Figure("interleavings: states", result.states / seconds, "1/s")
    yield Figure("interleavings: schedules covered", result.schedules, "")
    yield Figure("interleavings: histories judged", result.histories, "")
    yield Figure("interleavings: the whole walk", seconds, "s")
