"""One run of a fleet in a process of its own, and what it cost."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter

from harness.checkers.fleet.gate import METRICS
from harness.fleet import loading
from harness.fleet.cell import make_cell
from harness.fleet.loading import with_overrides
from harness.fleet.pool.coordinator import Moment, Watching
from harness.fleet.pool.local import LocalTransport, ProcessTransport
from harness.fleet.port import Job
from harness.fleet.run import folder_of_parts, run_fleet
from harness.fleet.scenario import FaultKind, FaultPlan, FaultScope, Scenario, fixed


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run cost. Seconds of wall time and of all processors; KiB at the peak, all processes.

    `operations` is how many were recorded or would have been, `per_pairing` how many for each
    pairing, `disk` the bytes of its evidence.
    """

    verdict: str
    wall: float
    cpu: float
    rss: int
    operations: int
    hosts: int
    paired: int
    per_pairing: float
    disk: int
    digest: str


def at_rate_zero(scenario: Scenario) -> Scenario:
    """The scenario with every kind of fault switched on, and striking nobody."""
    kinds = [kind for kind in FaultKind if kind not in (FaultKind.CENTRAL, FaultKind.CLOCK)]
    faults = tuple(
        FaultPlan(kind, FaultScope.HOST, every=fixed(3_600_000_000), share_ppm=0) for kind in kinds
    )
    return replace(scenario, faults=faults)


def run_here(name: str, hosts: int | None, workers: int, *, zero: bool, judge: bool) -> Cost:
    """One run in this process (and its workers), with evidence in a folder that is removed."""
    scenario = with_overrides(loading.find(name), hosts)
    if zero:
        scenario = at_rate_zero(scenario)
    moments: list[Moment] = []
    transport = ProcessTransport(make_cell, workers) if workers > 1 else LocalTransport(make_cell)
    with tempfile.TemporaryDirectory() as folder:
        job = Job(scenario, parts=folder_of_parts(Path(folder)) if judge else None, judge=judge)
        start = perf_counter()
        done = run_fleet(job, transport, watching=Watching(moments.append))
        wall = perf_counter() - start
        transport.close()
        disk = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    paired = done.measures.requests.get("paired", 0)
    per_pairing = METRICS["per_pairing.operations"](done.measures, len(done.violations))
    return Cost(
        verdict=done.verdict.value,
        wall=wall,
        cpu=sum(u.ru_utime + u.ru_stime for u in usage),
        # Of the children, the largest is told: they are alike.
        rss=usage[0].ru_maxrss + usage[1].ru_maxrss * (workers if workers > 1 else 0),
        operations=moments[-1].operations if moments else 0,
        hosts=scenario.fleet.hosts,
        paired=paired,
        per_pairing=0.0 if isinstance(per_pairing, str) else float(per_pairing),
        disk=disk,
        digest=done.digest,
    )


def measured(
    name: str,
    hosts: int | None = None,
    workers: int = 1,
    *,
    zero: bool = False,
    judge: bool = True,
) -> Cost:
    """One run in a process of its own.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    command = [sys.executable, "-m", "benchmarks.fleet_run", name, "--workers", str(workers)]
    command += ["--hosts", str(hosts)] if hosts is not None else []
    command += ["--zero"] if zero else []
    command += ["--bare"] if not judge else []
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(ran.stdout))


def main() -> None:
    """`python -m benchmarks.fleet_run SCENARIO [--hosts N] [--workers N] [--zero] [--bare]`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario")
    parser.add_argument("--hosts", type=int)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--zero", action="store_true", help="faults switched on, at rate zero")
    parser.add_argument("--bare", action="store_true", help="without checkers and evidence")
    asked = parser.parse_args()
    cost = run_here(
        asked.scenario, asked.hosts, asked.workers, zero=asked.zero, judge=not asked.bare
    )
    print(json.dumps(asdict(cost)))


if __name__ == "__main__":
    main()
