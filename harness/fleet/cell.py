"""One cell: its clusters, its people, its share of the central plane, its part of the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import simpy

from harness.checkers.fleet.judge import CellJudge
from harness.checkers.fleet.terms import terms_of
from harness.domain.arrangements import InstallCluster
from harness.domain.operations import Credentials, ViewManagement, ViewPairing
from harness.fleet.admins import Admins
from harness.fleet.clock import CellClock
from harness.fleet.disturbing import Disturbing
from harness.fleet.draws import Stream
from harness.fleet.happenings import Happenings
from harness.fleet.hosts import Hosts
from harness.fleet.loading import as_plain
from harness.fleet.network import Network
from harness.fleet.operators import PASSWORD, USERNAME, Desk, Operators
from harness.fleet.place import Place
from harness.fleet.plane import Plane
from harness.fleet.port import CellOutcome, Job, Report
from harness.fleet.recorder import Recorder
from harness.fleet.roster import Member, Roster
from harness.fleet.scenario import SECOND, FaultKind, Scenario
from harness.fleet.timelines import Tokens, beginnings, changes
from harness.fleet.world import Step, World
from harness.history.fleet_lines import MeasuresLine, PartLine
from harness.history.parts import PartWriter, part_file
from harness.reference.behaviour import Behaviour
from harness.reference.core.store import MemoryStore
from harness.reference.planting import behaviour_with
from harness.reference.sides import CentralSide

_LOOKS_WITHIN = 60 * SECOND
"""The looks at the end are spread over so long."""
_ENDS_AFTER = 600 * SECOND
"""So long after the last of them begins a run is over, even if a host goes on asking."""


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
        self._roster = Roster(scenario)
        self._members = self._roster.indices_of_cell(number)
        self._places: dict[int, Place] = {}
        self._retired: dict[int, Credentials] = {}
        # A paired cluster that is rebooted has to show that it still is.
        self._may_retire = all(f.kind is not FaultKind.REBOOT for f in scenario.faults)
        self._events = 0
        self._told = 0
        name = f"{number:02d}"
        terms = terms_of(as_plain(scenario))
        self._judge = CellJudge(terms.bounds, bucket=terms.bucket)
        self._part: PartWriter | None = None
        if job.parts is not None:
            self._part = PartWriter(job.parts / Path(part_file(name)).name, name)
        self._env = env = simpy.Environment()
        clock = CellClock(env)
        recorder = Recorder(name, self._judge if job.judge else None, self._part)
        behaviour = behaviour_for(scenario, job.planted)
        plane = Plane(env, scenario.central, scenario.fleet.window, self._sides(clock, behaviour))
        network = Network(scenario.network, heals_at=scenario.duration)
        hosts = Hosts(
            env, clock, behaviour.edge_factory(), plane, network, recorder, scenario.agents
        )
        happenings = Happenings(scenario.only, collect=job.collect)
        hosts.on_rest = self._may_rest
        self._world = World(scenario, env, clock, recorder, plane, network, hosts, happenings)
        self._admins = Admins(self._world)
        self._operators = Operators(self._world, self._desk())
        self._admins.operators = self._operators
        self._disturbing = Disturbing(self._world, self._places)
        if len(self._members):
            self._set_going()

    def _sides(self, clock: CellClock, behaviour: Behaviour) -> dict[int, CentralSide]:
        seed, make = self._scenario.seed, behaviour.central_factory()
        return {
            tenant: CentralSide(MemoryStore(), clock, f"{seed}:{self.number}:{tenant}", make)
            for tenant in range(self._scenario.fleet.tenants)
        }

    def _desk(self) -> Desk:
        tokens: dict[tuple[int, int], Tokens] = {}

        def token(place: Place, now: int) -> str:
            member = place.member
            key = (member.tenant, member.project)
            if key not in tokens:
                tokens[key] = Tokens(self._scenario, *key)
            return tokens[key].at(now).value

        return Desk(token, self._admins.told, self._admins.told_of_stale)

    # --- how it begins ----------------------------------------------------------------

    def _set_going(self) -> None:
        env, scenario = self._env, self._scenario
        for tenant, project in self._projects():
            for change in beginnings(scenario, tenant, project, self.number):
                self._disturbing.change(tenant, change)
            timeline = changes(scenario, tenant, project, self.number)
            env.process(self._disturbing.changing(tenant, timeline))
            env.process(self._admins.sweeps(tenant, project))
        if scenario.faults:
            members = [self._roster.member(index) for index in self._members]
            env.process(self._disturbing.striking(members))
        env.process(self._begin())
        env.process(self._end())

    def _projects(self) -> Iterator[tuple[int, int]]:
        plan = self._scenario.fleet
        for tenant in range(plan.tenants):
            for project in range(plan.projects):
                yield tenant, project

    def _begin(self) -> Step[None]:
        """Each cluster is installed as its operator begins."""
        begin, seed = self._scenario.operators.begin, self._scenario.seed
        drawn = [(Stream(seed, f"begin:{i}").spread(begin), i) for i in self._members]
        for at, index in sorted(drawn):
            pause = at - self._world.clock.now()
            if pause > 0:
                yield self._env.timeout(pause)
            if self._world.is_over:
                return
            self._install(self._roster.member(index))

    def _install(self, member: Member) -> None:
        world = self._world
        place = self._places[member.index] = Place(self._scenario.seed, member)
        cluster = world.hosts.install(place)
        world.arranged("harness", InstallCluster(place.slot, cluster), place.tags)
        self._env.process(self._operates(place))
        if self._scenario.operators.work is not None:
            self._env.process(self._operators.works(place))

    def _operates(self, place: Place) -> Step[None]:
        """An operator's work."""
        yield from self._operators.operator(place)
        place.is_left = True
        self._may_rest(place)

    def _may_rest(self, place: Place) -> None:
        """Little has to be known of a place where nothing is to be done any more."""
        if self._may_retire and place.is_left and self._world.hosts.is_at_rest(place):
            index = place.member.index
            self._retired[index] = place.session
            del self._places[index]

    # --- how it ends ------------------------------------------------------------------

    def _end(self) -> Step[None]:
        """Once everything has healed and settled, everybody looks at both sides."""
        settled = self._scenario.duration + self._scenario.limits.settle
        yield self._env.timeout(settled + SECOND)
        requests = self._world.superseded
        for place in self._places.values():
            member = place.member
            if place.pairing_uid and not place.is_paired:
                due = requests.setdefault((member.tenant, member.project), [])
                due.append(place.pairing_uid)
        for tenant, project in self._projects():
            stream = Stream(self._scenario.seed, f"looks:{self.number}:{tenant}:{project}")
            uids = requests.get((tenant, project), [])
            self._env.process(self._admins.looks(tenant, project, uids, stream))
        yield from self._look_everywhere()

    def _look_everywhere(self) -> Step[None]:
        """At each Local UI from which anything was sent, one after the other."""
        seed, sent = self._scenario.seed, [i for i, p in self._places.items() if p.has_sent]
        drawn = [
            (Stream(seed, f"look:{i}").below(_LOOKS_WITHIN), i) for i in (*sent, *self._retired)
        ]
        began = self._world.clock.now()
        for after, index in sorted(drawn):
            pause = began + after - self._world.clock.now()
            if pause > 0:
                yield self._env.timeout(pause)
            self._env.process(self._looks(index))
        yield self._env.timeout(_ENDS_AFTER)
        self._world.clock.is_stopped = True

    def _looks(self, index: int) -> Step[None]:
        place = self._places.get(index)
        if place is None:
            place = Place(self._scenario.seed, self._roster.member(index))
            place.session = self._retired.pop(index)
        for look in (ViewPairing(), ViewManagement()):
            yield from self._operators.asks(place, look)

    # --- as a cell --------------------------------------------------------------------

    def run(self, until: int, grant: int) -> Report:
        """Go on to the end of a window (exclusive)."""
        world, clock = self._world, self._world.clock
        world.plane.begin_window(grant, until - self._scenario.fleet.window)
        self._events += clock.pass_until(until)
        coming = clock.next_event()
        if not clock.is_stopped and world.plane.is_behind(until):
            coming = until  # its grant of the next window decides how it goes on
        found = world.recorder.violations[self._told :]
        self._told += len(found)
        return Report(
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
        part: PartLine | None = None
        if self._part is not None:
            for record in self._part.end_open():
                recorder.found(self._judge.ended(record), now)
            part = self._part.close(ended_at=now)
        if whole:
            recorder.found(self._judge.end(now), now)
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


def make_cell(job: Job, number: int) -> FleetCell:
    """Make a cell by its number. See `harness.fleet.port.MakeCell`."""
    return FleetCell(job, number)
