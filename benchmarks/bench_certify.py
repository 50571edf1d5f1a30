"""What a whole run costs, over HTTP and in process, and how much of it is the harness itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from time import perf_counter

from benchmarks.figure import Figure
from harness.history.reader import Evidence, read_evidence

_RUNS = (("--driver http", 45.0), ("--profile core,extended", 30.0), ("--driver inprocess", 15.0))
"""What is asked for, with how many seconds it may take."""


def figures() -> Iterator[Figure]:
    """Runs without pages: what each takes, a scenario, and the share outside of operations."""
    for words, goal_s in _RUNS:
        seconds, evidence = _certify(words)
        yield Figure(f"pairproof certify {words}", seconds, "s", goal_max=goal_s)
        running = _running_s(evidence)
        per_scenario = running * evidence.header.run.workers / len(evidence.scenarios) * 1000
        yield Figure("a scenario of it", per_scenario, "ms")
        if evidence.header.driver == "http":  # in process time is virtual: it lasts as it likes
            ours = 1 - _in_operations_s(evidence) / (running * evidence.header.run.workers)
            yield Figure("share outside of operations and waits", ours * 100, "%")


def _certify(words: str) -> tuple[float, Evidence]:
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "harness.cli", "certify", *words.split(), "--out", out]
        without_pages = {**os.environ, "PAIRPROOF_BROWSER": "no"}
        start = perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=without_pages)
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
