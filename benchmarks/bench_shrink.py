"""Runs with a planted failure, among hundreds of faults of every kind, shrunk by the command.

One failure is about a single host; the other one hangs on a coincidence of many, so that hardly
anything can go without its going too. The time is that of the whole command: the run made again,
what is tried, and what is left run once more and drawn.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.figure import Figure
from harness.fleet.cell import make_cell
from harness.fleet.loading import read
from harness.fleet.pool.local import LocalTransport
from harness.fleet.port import Job
from harness.fleet.run import folder_of_parts, run_fleet

FAILURES = {
    "at one host": "restart_forgets_the_rejection",
    "a coincidence": "second_withdrawal_revives",
}
AT_MOST = "45s"
"""So long smaller runs are tried; the rest of the minute is for what comes before and after."""

SCENARIO = """
schema = "pairproof/scenario/1"
name = "everything"
why = "People who err and faults of every kind, so that there is much to leave out."
duration = "2h"

[fleet]
hosts = 1000
cells = 16

[operators]
begin = "0s..30m"
cancels = 0.2
cancels_decided = 0.05
forgets = 0.05
sends_twice = 0.05

[admins]
rejects = 0.05
mistypes = 0.05
doubles = 0.05
accepts_stale = 0.3

[timelines]
token_revoked = "~40m"
publish = "~30m"
grants = "~1h"

[[faults]]
kind = "link"
every = "~1h"
lasts = "1m..10m"

[[faults]]
kind = "reboot"
every = "~2h"
lasts = "10s..60s"

[[faults]]
kind = "health"
every = "~2h"
lasts = "1m..5m"

[[faults]]
kind = "central"
every = "~1h"
lasts = "10s..60s"

[[faults]]
kind = "slow"
scope = "region"
every = "~1h"
lasts = "1m..5m"

[[faults]]
kind = "loss"
every = "~2h"
lasts = "1m..5m"
lost_before = 0.2
lost_after = 0.2
"""


def fail(folder: Path, mutant: str) -> None:
    """Leave the evidence of a failing run there."""
    job = Job(read(SCENARIO, "it"), f"mutant:{mutant}", parts=folder_of_parts(folder))
    if not run_fleet(job, LocalTransport(make_cell)).violations:
        raise AssertionError(f"{mutant} breaks nothing in this run")


def shrink(folder: Path) -> tuple[float, str]:
    """How many seconds the command took, and what it printed."""
    command = [sys.executable, "-m", "harness.cli", "shrink", str(folder), "--for", AT_MOST]
    began = perf_counter()
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return perf_counter() - began, told


def figures() -> Iterator[Figure]:
    """Shrink each of them once."""
    for what, mutant in FAILURES.items():
        with TemporaryDirectory() as folder:
            fail(Path(folder), mutant)
            seconds, told = shrink(Path(folder))
        found = re.search(r"^faults +([\d,]+) → ([\d,]+)$", told, re.M)
        assert found is not None, told
        before, after = (int(number.replace(",", "")) for number in found.groups())
        yield Figure(f"shrink, {what}, the whole command", seconds, "s", 60.0)
        yield Figure(f"shrink, {what}, faults left of {before:,}", 100 * after / before, "%", 10.0)
