"""How many drawn sequences a second of one processor is enough for, in process."""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time

from benchmarks.figure import Figure
from harness.explore.recording import Recording
from harness.explore.search import Explored, SearchBudget, explore
from harness.opening import open_inprocess
from harness.running.session import seldom_collecting


def figures() -> Iterator[Figure]:
    """Sequences of at most twenty actions, each looked at from all sides at its end."""
    _explored(2, 20)  # what is made once is made by now
    with seldom_collecting():
        start = process_time()
        explored = _explored(1, 400)
        seconds = process_time() - start
    yield Figure("explore: sequences", explored.drawn / seconds, "1/s", goal_min=200)
    yield Figure("explore: an operation in them", seconds / explored.operations * 1e6, "µs")
    yield Figure("explore: states reached", explored.states, "")


def _explored(seed: int, sequences: int) -> Explored:
    """On a target of its own: two runs of one seed would give the same ids to different people."""
    driver = open_inprocess(1)
    explored = explore(Recording(driver, 1), driver, seed, SearchBudget(sequences))
    assert explored.drawn == sequences, explored.first
    return explored
