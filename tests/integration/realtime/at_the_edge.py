"""A small fleet in real time at the Local UIs of the reference's edge, with a Palette played."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from harness.cli.fleet_reaching import CellEndpointFactory, Source, at_slots, needs_of
from harness.domain.arrangements import Side
from harness.fleet.pool.local import LocalTransport
from harness.fleet.port import Job
from harness.fleet.realtime.cell import make_real_cell
from harness.fleet.realtime.pace import Rate
from harness.fleet.realtime.settings import Settings
from harness.fleet.realtime.translation import new_mark
from harness.fleet.run import FleetResult, Telling, folder_of_parts, run_fleet
from harness.fleet.scenario import (
    SECOND,
    AdminPlan,
    InvariantLimits,
    OperatorPlan,
    Scenario,
    Spread,
)
from harness.history.fleet_lines import RealtimeLine
from harness.reference.behaviour import Behaviour
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from harness.reference.layout import Layout
from harness.targets.reading import env_file_of
from tests.integration.realtime.over_http import MS, QUICK

PLACES = 10
TEN = replace(
    at_slots(QUICK, None, PLACES),
    duration=SECOND,
    operators=OperatorPlan(
        begin=Spread(0, 300 * MS),
        think=Spread(5 * MS, 20 * MS),
        watch=Spread(100 * MS, 200 * MS),
        cancels_ppm=400_000,
        cancel_after=Spread(10 * MS, 50 * MS),
        retry=Spread(50 * MS, 100 * MS),
        again=Spread(20 * MS, 50 * MS),
    ),
    admins=AdminPlan(
        team=3,
        notice=Spread(100 * MS, 200 * MS),
        think=Spread(5 * MS, 10 * MS),
        deadline=2 * SECOND,
    ),
    limits=InvariantLimits(list_lag=200 * MS, edge_lag=400 * MS, settle=300 * MS),
    reach=(),
)
"""Ten clusters, one at each place; some operators cancel before anybody decides."""


@contextmanager
def edge(folder: Path, behaviour: Behaviour = Behaviour(), more: str = "") -> Iterator[Path]:
    """The target file of the reference's edge alone."""
    layout = Layout(clusters=PLACES, hosts=1, tls=False, sides=frozenset({Side.EDGE}))
    with EmbeddedReference(5, layout, behaviour=behaviour) as reference:
        yield described(folder, reference, target_text(reference) + more)


def described(folder: Path, reference: EmbeddedReference, text: str) -> Path:
    """A target file of an edge, with its credentials beside it."""
    file = folder / "edge.toml"
    file.write_text(f"{text}\n[peer]\ntls = false\n")
    env = env_file_of(file)
    env.touch(0o600)
    lines = [f"{name}={value}" for name, value in environment(reference).items()]
    env.write_text("\n".join(lines))
    return file


def run(
    target: Path, folder: Path, scenario: Scenario = TEN, rate: Rate | None = None
) -> FleetResult:
    """Run it to its end, with its evidence in a folder."""
    mark, handover = new_mark(), scenario.central.handover
    source = Source(target, side=Side.EDGE, seed=scenario.seed, handover=handover)
    reach = CellEndpointFactory(source, folder, mark, needs_of(scenario))
    job = Job(scenario, keep_going=True, parts=folder_of_parts(folder), repeatable=False)
    telling = Telling(
        realtime=lambda course: RealtimeLine(
            target="the edge",
            played=["central"],
            effort=next(o.effort for o in course.outcomes if o.effort is not None),
        )
    )
    settings = Settings(reach, mark, rate)
    return run_fleet(job, LocalTransport(partial(make_real_cell, settings)), telling)
