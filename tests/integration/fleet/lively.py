"""A small fleet in which everything happens that there is, as a scenario and as a command.

`python -m tests.integration.fleet.lively FOLDER` prints the digest of its evidence, and those
of runs that depend on something that no run may depend on.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from harness.fleet.cell import make_cell
from harness.fleet.draws import Stream
from harness.fleet.pool.local import LocalTransport
from harness.fleet.pool.orders import Transport
from harness.fleet.port import Job
from harness.fleet.run import FleetResult, Telling, folder_of_parts, run_fleet
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    SECOND,
    AdminPlan,
    CentralPlan,
    Distribution,
    FaultKind,
    FaultPlan,
    FaultScope,
    FleetPlan,
    NetworkPlan,
    OperatorPlan,
    Scenario,
    Spread,
    TimelinePlan,
    fixed,
)


def about(mean: int) -> Spread:
    return Spread(0, mean, Distribution.EXPONENTIAL)


FAULTS = tuple(
    FaultPlan(
        kind,
        scope,
        every=about(HOUR),
        heal=Spread(0, MINUTE),
        lost_before_ppm=100_000,
        lost_after_ppm=100_000,
        by=Spread(0, 10 * SECOND),
    )
    for kind, scope in [
        (FaultKind.LINK, FaultScope.HOST),
        (FaultKind.LINK, FaultScope.REGION),
        (FaultKind.CENTRAL, FaultScope.ALL),
        (FaultKind.LOSS, FaultScope.SITE),
        (FaultKind.SLOW, FaultScope.CLUSTER),
        (FaultKind.CLOCK, FaultScope.ALL),
        (FaultKind.HEALTH, FaultScope.HOST),
        (FaultKind.REBOOT, FaultScope.CLUSTER),
    ]
)

LIVELY = Scenario(
    "lively",
    "whatever can happen does",
    HOUR,
    fleet=FleetPlan(
        hosts=40,
        sizes=((1, 2), (3, 1)),
        clusters_per_site=3,
        regions=2,
        tenants=2,
        projects=2,
        cells=4,
    ),
    operators=OperatorPlan(
        begin=Spread(0, 30 * MINUTE),
        cancels_ppm=200_000,
        cancels_decided_ppm=200_000,
        forgets_ppm=100_000,
        sends_twice_ppm=200_000,
        wrong_token_ppm=100_000,
        work=about(20 * MINUTE),
    ),
    admins=AdminPlan(
        rejects_ppm=100_000,
        mistypes_ppm=200_000,
        renames_ppm=100_000,
        doubles_ppm=200_000,
        accepts_stale_ppm=500_000,
        sweep=fixed(10 * MINUTE),
        work=about(20 * MINUTE),
    ),
    timelines=TimelinePlan(
        token_lasts=30 * MINUTE,
        token_revoked=about(HOUR),
        publish=about(10 * MINUTE),
        grants=about(HOUR),
    ),
    network=NetworkPlan(
        lost_before_ppm=20_000,
        lost_after_ppm=20_000,
        repeated_ppm=20_000,
        delayed_ppm=20_000,
        bandwidth_kbit=512,
    ),
    central=CentralPlan(workers=1, service=Spread(20_000, 60_000), rate_per_minute=20),
    faults=FAULTS,
)
"""One worker for all of it, so that the grants matter."""


def run(
    folder: Path,
    scenario: Scenario = LIVELY,
    transport: Transport | None = None,
    telling: Telling = Telling(),
) -> FleetResult:
    """Run it to its end, and write its evidence into a folder."""
    job = Job(scenario, keep_going=True, parts=folder_of_parts(folder))
    return run_fleet(job, transport or LocalTransport(make_cell), telling)


TAINTS: Mapping[str, Callable[[], int]] = {
    "the order of a set": lambda: int("".join({"1", "2", "3", "4", "5", "6", "7"})),
    "a hash": lambda: hash("a") & 0xFFFFF,
    "the clock": lambda: time.time_ns() & 0xFFFFF,
    "global chance": lambda: random.randrange(0xFFFFF),
}
"""What no run may depend on."""

SMALL = replace(LIVELY, fleet=replace(LIVELY.fleet, hosts=4))


@contextmanager
def tainted(name: str) -> Iterator[None]:
    """Meanwhile every duration that is drawn depends on this."""
    drawn, more = Stream.spread, TAINTS[name]
    Stream.spread = lambda stream, spread: drawn(stream, spread) + more()  # type: ignore[method-assign]
    try:
        yield
    finally:
        Stream.spread = drawn  # type: ignore[method-assign]


def digests(folder: Path) -> dict[str, str]:
    """Of the fleet, and of a small one with each taint."""
    found = {"": run(folder / "clean").digest}
    for number, name in enumerate(TAINTS):
        with tainted(name):
            found[name] = run(folder / str(number), SMALL).digest
    return found


if __name__ == "__main__":
    json.dump(digests(Path(sys.argv[1])), sys.stdout)
