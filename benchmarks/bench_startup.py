"""How long a person waits before the command says anything."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.figure import Figure, best_of


def figures() -> Iterator[Figure]:
    """The command that does nothing, beside an interpreter that does nothing."""
    run = partial(subprocess.run, check=True, capture_output=True)
    bare = partial(run, [sys.executable, "-c", "pass"])
    version = partial(run, [Path(sys.executable).with_name("pairproof"), "--version"])
    yield Figure("python -c pass (yardstick)", best_of(5, bare), "s")
    yield Figure("pairproof --version", best_of(5, version), "s", goal_max=0.3)
