"""How long the suite takes to prove itself: every mutant and every variant, two at a time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.figure import Figure


def figures() -> Iterator[Figure]:
    """The mutants, the variants, and both, in seconds."""
    took = {kind: _run(kind) for kind in ("mutants", "variants")}
    for kind, seconds in took.items():
        yield Figure(f"pairproof {kind} run", seconds, "s")
    yield Figure("the whole matrix, mutants and variants", sum(took.values()), "s", 300.0)


def _run(kind: str) -> float:
    command = [sys.executable, "-m", "harness.cli", kind, "run", "--workers", "2"]
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began
