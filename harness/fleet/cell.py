"""One cell: its clusters, its people, its share of the central plane, its part of the evidence."""

from __future__ import annotations

from dataclasses import replace

import simpy

from harness.checkers.fleet.judge import CellJudge
from harness.checkers.fleet.terms import terms_of
from harness.fleet.clock import CellClock
from harness.fleet.course import Course
from harness.fleet.hosts import Hosts
from harness.fleet.loading import as_plain
from harness.fleet.network import Network
from harness.fleet.operators import PASSWORD, USERNAME
from harness.fleet.plane import Plane
from harness.fleet.port import CellOutcome, Job, WindowReport
from harness.fleet.recorder import FleetRecorder
from harness.fleet.scenario import Scenario
from harness.fleet.world import CellWorld, Happenings
from harness.history.fleet_lines import MeasuresLine, PartLine
from harness.history.parts import PartWriter
from harness.reference.behaviour import Behaviour
from harness.reference.core.store import MemoryStore
from harness.reference.planting import behaviour_with
from harness.reference.sides import CentralSide


def behaviour_for(scenario: Scenario, planted: str) -> Behaviour:
    """The reference with what is planted, and with the scenario's own choices."""
    behaviour = behaviour_with(planted)
    central = replace(behaviour.central, handover=scenario.central.handover)
    edge = replace(behaviour.edge, username=USERNAME, password=PASSWORD)
    return replace(behaviour, central=central, edge=edge)


class FleetCell:
    """A cell on SimPy, in virtual time. See `harness.fleet.port.Cell`."""

    def __init__(self, job: Job, number: int) -> None:
        self.number = number
        self._job = job
        self._scenario = scenario = job.scenario
        self._events = 0
        self._told = 0
        name = f"{number:02d}"
        terms = terms_of(as_plain(scenario))
        self._judge = CellJudge(terms.bounds, bucket=terms.bucket)
        self._part = job.part(name)
        env = simpy.Environment()
        clock = CellClock(env)
        recorder = FleetRecorder(name, self._judge if job.judge else None, self._part)
        behaviour = behaviour_for(scenario, job.planted)
        seed, make = scenario.seed, behaviour.central_factory()
        sides = {
            tenant: CentralSide(MemoryStore(), clock, f"{seed}:{number}:{tenant}", make)
            for tenant in range(scenario.fleet.tenants)
        }
        plane = Plane(env, scenario.central, scenario.fleet.window, sides)
        network = Network(scenario.network, heals_at=scenario.duration)
        hosts = Hosts(
            env, clock, behaviour.edge_factory(), plane, network, recorder, scenario.agents
        )
        happenings = Happenings(scenario.only, collect=job.collect)
        self._world = CellWorld(scenario, env, clock, recorder, plane, network, hosts, happenings)
        course = Course(self._world, number)
        for tenant, change in course.beginnings():
            course.disturbing.change(tenant, change)
        course.begin()

    def run(self, until: int, grant: int) -> WindowReport:
        """Go on to the end of a window (exclusive)."""
        world, clock = self._world, self._world.clock
        world.plane.begin_window(grant, until - self._scenario.fleet.window)
        self._events += clock.pass_until(until)
        coming = clock.next_event()
        if not clock.is_stopped and world.plane.is_behind(until):
            coming = until  # its grant of the next window decides how it goes on
        found = world.recorder.violations[self._told :]
        self._told += len(found)
        return WindowReport(
            asked=world.plane.asked,
            backlog=world.plane.backlog,
            next_event=coming,
            operations=world.recorder.count,
            events=self._events,
            pending=self._judge.pending,
            violations=found,
        )

    def finish(self, *, whole: bool) -> CellOutcome:
        """Close the part, and judge what is judged at the end of a run that got there."""
        recorder, now = self._world.recorder, self._world.clock.now()
        part = closed(self._part, self._judge, recorder, now, whole=whole)
        measures = self._judge.measures() if self._job.judge else MeasuresLine()
        return CellOutcome(
            cell=self.number,
            measures=measures,
            part=part,
            ids=self._judge.ids(),
            happenings=self._world.happenings.names,
            violations=recorder.violations[self._told :],
        )

    def close(self) -> None:
        """Close the part as it is."""
        if self._part is not None:
            self._part.close()


def closed(
    part: PartWriter | None, judge: CellJudge, recorder: FleetRecorder, now: int, *, whole: bool
) -> PartLine | None:
    """The line of a part that is closed now; what is still open ends as unknown, and is judged."""
    line = None
    if part is not None:
        for record in part.end_open():
            recorder.record_violations(judge.ended(record), now)
        line = part.close(ended_at=now)
    if whole:
        recorder.record_violations(judge.end(now), now)
    return line


def make_cell(job: Job, number: int) -> FleetCell:
    """Make a cell by its number. See `harness.fleet.port.MakeCell`."""
    return FleetCell(job, number)
