"""What a whole run costs, over HTTP and in process, and how much of it is the harness itself."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from time import perf_counter

from benchmarks.figure import Figure
from harness.history.reader import Evidence, read_evidence


def figures() -> Iterator[Figure]:
    """One run with each driver: the whole, a scenario, and the share outside of operations."""
    for driver, goal_s in (("http", 45.0), ("inprocess", 15.0)):
        seconds, evidence = _certify(driver)
        yield Figure(f"pairproof certify --driver {driver}", seconds, "s", goal_max=goal_s)
        running = _running_s(evidence)
        per_scenario = running * evidence.header.run.workers / len(evidence.scenarios) * 1000
        yield Figure(f"a scenario, {driver}", per_scenario, "ms")
        if driver == "http":  # in process time is virtual, so that operations last as they like
            ours = 1 - _in_operations_s(evidence) / (running * evidence.header.run.workers)
            yield Figure("share outside of operations and waits", ours * 100, "%")


def _certify(driver: str) -> tuple[float, Evidence]:
    with tempfile.TemporaryDirectory() as out:
        words = [sys.executable, "-m", "harness.cli", "certify", "--driver", driver, "--out", out]
        start = perf_counter()
        subprocess.run(words, check=True, capture_output=True)
        return perf_counter() - start, read_evidence(Path(out))


def _running_s(evidence: Evidence) -> float:
    """From the moment the target was open to the last verdict."""
    footer = evidence.footer
    ended = footer.run.ended_at if footer else ""
    began = evidence.header.run.started_at
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def _in_operations_s(evidence: Evidence) -> float:
    operations = (o for h in evidence.histories.values() for o in h.operations)
    return sum((o.end or o.start) - o.start for o in operations) / 1e6
