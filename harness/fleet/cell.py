"""One cell: its clusters, its people, its share of the central plane, its part of the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import simpy

from harness.checkers.fleet.concluding import terms_of
from harness.checkers.fleet.judge import CellJudge
from harness.domain.arrangements import InstallCluster, MessageFault
from harness.domain.operations import CentralOperation, Credentials, Done, SetTokenState
from harness.fleet.admins import Admins
from harness.fleet.clock import CellClock, Deadlines, Ended, PendingReply, Step
from harness.fleet.disturbing import Disturbing
from harness.fleet.draws import Stream
from harness.fleet.hosts import Hosts
from harness.fleet.loading import as_plain
from harness.fleet.nemesis import MessageFate
from harness.fleet.network import Network
from harness.fleet.operators import ENDPOINT, PASSWORD, USERNAME, OperatorCallbacks, Operators
from harness.fleet.plane import Plane, Take
from harness.fleet.port import CellOutcome, Job, WindowReport
from harness.fleet.recorder import FleetRecorder
from harness.fleet.roster import FleetSlot, Member, Roster
from harness.fleet.scenario import SECOND, FaultKind, Scenario, Spread
from harness.fleet.timelines import AS_IT_IS, Change, Tokens, beginnings, changes
from harness.fleet.world import Happenings, World
from harness.history.fleet_lines import MeasuresLine, ViolationLine
from harness.history.operation import OperationRecord
from harness.reference.behaviour import Behaviour
from harness.reference.core.link import LinkReply
from harness.reference.core.store import MemoryStore
from harness.reference.planting import behaviour_with
from harness.reference.sides import CentralSide


def behaviour_for(scenario: Scenario, planted: str) -> Behaviour:
    """The reference with what is planted, and with the scenario's own choices."""
    behaviour = behaviour_with(planted)
    central = replace(behaviour.central, handover=scenario.central.handover)
    edge = replace(behaviour.edge, username=USERNAME, password=PASSWORD)
    return replace(behaviour, central=central, edge=edge)


class JudgedCell:
    """What a cell is in whatever time: a judge, and a part of the evidence."""

    def __init__(self, job: Job, number: int, *, watch: bool = True) -> None:
        self.number = number
        self._job = job
        self._name = f"{number:02d}"
        terms = terms_of(as_plain(job.scenario))
        self._bounds = terms.bounds
        self._judge = CellJudge(terms.bounds, bucket=terms.bucket, watch=watch)
        self._listener = self._judge if job.judge else None
        self._part = job.part(self._name)
        self._told = 0

    def _new_violations(self, recorder: FleetRecorder) -> list[ViolationLine]:
        """What was found since somebody was told last."""
        found = recorder.violations[self._told :]
        self._told += len(found)
        return found

    def _outcome(self, world: World, *, whole: bool) -> CellOutcome:
        """Close the part: what is still open ends as unknown, and is judged."""
        recorder, now, part = world.recorder, world.clock.now(), None
        if self._part is not None:
            for record in self._part.end_open():
                recorder.record_violations(self._judge.ended(record), now)
            part = self._part.close(ended_at=now)
        if whole:
            recorder.record_violations(self._judge.end(now), now)
        return CellOutcome(
            cell=self.number,
            measures=self._judge.measures() if self._job.judge else MeasuresLine(),
            part=part,
            ids=self._judge.ids(),
            happenings=world.happenings.names,
            violations=self._new_violations(recorder),
        )

    def close(self) -> None:
        if self._part is not None:
            self._part.close()


@dataclass(slots=True)
class CellWorld(World):
    """One cell's in virtual time: it has a central plane of its own, and plays the edge hosts."""

    central: Plane
    hosts: Hosts = field(init=False)
    deadlines: Deadlines = field(init=False)

    def __post_init__(self) -> None:
        self.deadlines = Deadlines(self.env, self.scenario.admins.deadline)

    def asked(
        self,
        operation: CentralOperation,
        credentials: Credentials,
        stream: Stream,
        tenant: int,
        record: OperationRecord,
        fate: MessageFate | None = None,
    ) -> simpy.Event:
        question = self.deadlines.ask()
        if heard := self.network.answer_to_people(stream):
            question.answer(heard, stream.spread(_LATENCY) + stream.spread(_LATENCY))
            return question

        def take(reply: LinkReply, later: int) -> PendingReply | None:
            back = later + stream.spread(_LATENCY)
            if comes_again is not None and isinstance(reply, Done):
                again = self.env.timeout(comes_again)
                again.callbacks.append(lambda _: arrive(lambda *_: None))
            return question if question.answer(reply, back) else None

        def arrive(take: Take) -> None:
            self.central.arrive(tenant, operation, credentials, stream, take)

        there, comes_again = stream.spread(_LATENCY), None
        if fate is not None and fate.fault is MessageFault.REPEATED_LATE:
            comes_again = fate.delay
        elif fate is not None:
            there += fate.delay
        arrival = self.env.timeout(there)
        arrival.callbacks.append(lambda _: arrive(take))
        return question

    def revoked(
        self, change: SetTokenState, owner: Credentials, tenant: int, record: OperationRecord
    ) -> Ended:
        return self.central.side(tenant).perform(change, owner)


class FleetCell(JudgedCell):
    """A cell on SimPy, in virtual time. See `harness.fleet.port.Cell`."""

    def __init__(self, job: Job, number: int) -> None:
        super().__init__(job, number)
        scenario = job.scenario
        self._events = 0
        env = simpy.Environment()
        clock = CellClock(env)
        recorder = FleetRecorder(self._name, self._listener, self._part)
        behaviour = behaviour_for(scenario, job.planted)
        seed, make = scenario.seed, behaviour.central_factory()
        sides = {
            tenant: CentralSide(MemoryStore(), clock, f"{seed}:{number}:{tenant}", make)
            for tenant in range(scenario.fleet.tenants)
        }
        plane = Plane(env, scenario.central, scenario.fleet.window, sides)
        network = Network(scenario.network, heals_at=scenario.duration)
        happenings = Happenings(scenario.only, collect=job.collect)
        self._world = CellWorld(scenario, env, clock, recorder, plane, network, happenings)
        self._world.hosts = Hosts(self._world, behaviour.edge_factory(), plane)
        course = Course(self._world, number)
        for tenant, change in course.beginnings():
            course.disturbing.change(tenant, change)
        course.begin()

    def run(self, until: int, grant: int) -> WindowReport:
        world, clock, plane = self._world, self._world.clock, self._world.central
        plane.begin_window(grant, until - world.scenario.fleet.window)
        self._events += clock.pass_until(until)
        coming = clock.next_event()
        if not clock.is_stopped and plane.is_behind(until):
            coming = until  # its grant of the next window decides how it goes on
        return WindowReport(
            asked=plane.asked,
            backlog=plane.backlog,
            next_event=coming,
            operations=world.recorder.count,
            events=self._events,
            pending=self._judge.pending,
            violations=self._new_violations(world.recorder),
        )

    def finish(self, *, whole: bool) -> CellOutcome:
        return self._outcome(self._world, whole=whole)


def make_cell(job: Job, number: int) -> FleetCell:
    """Make a cell by its number. See `harness.fleet.port.MakeCell`."""
    return FleetCell(job, number)


# --- the course of a cell, in whatever time ---------------------------------------------------

_LATENCY = Spread(20_000, 80_000)
"""Between an administrator and the central plane, one way."""
_LOOKS_WITHIN = 60 * SECOND
"""The looks at the end are spread over so long."""
_ENDS_AFTER = 600 * SECOND
"""So long after the last of them begins a run is over, even if a host goes on asking."""


class Course:
    """Everybody of one cell: who is installed when, and how all look at both sides at its end.

    `disturbing` changes the world. Nothing happens before `begin`. `speed_milli` is by how much
    the scenario's durations were divided, in thousandths.
    """

    disturbs: type[Disturbing] = Disturbing
    """What disturbs the world."""

    def __init__(
        self, world: World, number: int, endpoint: str = ENDPOINT, speed_milli: int = AS_IT_IS
    ) -> None:
        self.number = number
        self._speed_milli = speed_milli
        self._world = world
        self._scenario = world.scenario
        self._env = world.env
        self._roster = Roster(world.scenario)
        self._members = self._roster.indices_of_cell(number)
        self._slots: dict[int, FleetSlot] = {}
        self._retired: dict[int, tuple[Credentials, str]] = {}
        """Of places that are known no more: the login there, and the cluster's uid at Palette."""
        # A paired cluster that is rebooted has to show that it still is.
        self._may_retire = all(f.kind is not FaultKind.REBOOT for f in world.scenario.faults)
        world.hosts.on_rest = self._may_rest
        self._admins = Admins(world)
        self._operators = Operators(world, self._callbacks(endpoint))
        self._admins.operators = self._operators
        self.disturbing = self.disturbs(world, self._slots)

    def _callbacks(self, endpoint: str) -> OperatorCallbacks:
        tokens: dict[tuple[int, int], Tokens] = {}

        def token(slot: FleetSlot, now: int) -> str:
            member = slot.member
            key = (member.tenant, member.project)
            if key not in tokens:
                tokens[key] = Tokens(self._scenario, *key, self._speed_milli)
            return tokens[key].at(now).value

        admins = self._admins
        return OperatorCallbacks(token, admins.request_sent, admins.request_stale, endpoint)

    # --- how it begins ----------------------------------------------------------------

    def beginnings(self) -> Iterator[tuple[int, Change]]:
        """What has to be there before anybody does anything, each with its tenant."""
        for tenant, project in self._projects() if len(self._members) else ():
            for change in beginnings(self._scenario, tenant, project, self.number):
                yield tenant, change

    def begin(self) -> None:
        """Set everybody going, now that their projects are there."""
        env, scenario = self._env, self._scenario
        if not len(self._members):
            return
        for tenant, project in self._projects():
            timeline = changes(scenario, tenant, project, self.number, self._speed_milli)
            env.process(self.disturbing.changing(tenant, timeline))
            env.process(self._admins.sweeps(tenant, project))
        if scenario.faults:
            members = [self._roster.member(index) for index in self._members]
            env.process(self.disturbing.striking(members))
        env.process(self._begin())
        env.process(self._end())

    def _projects(self) -> Iterator[tuple[int, int]]:
        plan = self._scenario.fleet
        return product(range(plan.tenants), range(plan.projects))

    def arrivals(self, members: Sequence[int]) -> list[tuple[int, int]]:
        """When the operator of each of these clusters begins, with the cluster, in order."""
        begin, seed = self._scenario.operators.begin, self._scenario.seed
        return sorted((Stream(seed, f"begin:{i}").spread(begin), i) for i in members)

    def _begin(self) -> Step[None]:
        """Each cluster is installed as its operator begins."""
        for at, index in self.arrivals(self._members):
            # Negative only where time is real and we are late: then it began at `at` all the same.
            if pause := at - self._world.clock.now():
                yield self._env.timeout(pause)
            if self._world.is_over:
                return
            slot = self._install(self._roster.member(index))
            if slot is not None:
                self._slots[index] = slot
                self._env.process(self._operates(slot))
                if self._scenario.operators.work is not None:
                    self._env.process(self._operators.works(slot))

    def _install(self, member: Member) -> FleetSlot | None:
        """The place of a cluster that stands there from now on, if it can."""
        world, slot = self._world, FleetSlot(self._scenario.seed, member)
        cluster = world.hosts.install(slot)
        world.arranged("harness", InstallCluster(slot.slot, cluster), slot.tags)
        return slot

    def _operates(self, slot: FleetSlot) -> Step[None]:
        """An operator's work."""
        yield from self._operators.operator(slot)
        slot.is_left = True
        self._may_rest(slot)

    def _may_rest(self, slot: FleetSlot) -> None:
        """Little has to be known of a place where nothing is to be done any more."""
        if self._may_retire and slot.is_left and self._world.hosts.is_at_rest(slot):
            index = slot.member.index
            self._retired[index] = slot.session, slot.cluster_uid
            del self._slots[index]

    # --- how it ends ------------------------------------------------------------------

    def _end(self) -> Step[None]:
        """Once everything has healed and settled, everybody looks at both sides."""
        yield from self.settles()
        requests = self._world.superseded
        for slot in self._slots.values():
            member = slot.member
            if slot.pairing_uid and not slot.is_paired:
                requests.setdefault((member.tenant, member.project), []).append(slot.pairing_uid)
        looks = []
        for tenant, project in self._projects():
            stream = Stream(self._scenario.seed, f"looks:{self.number}:{tenant}:{project}")
            uids = requests.get((tenant, project), [])
            looks.append(self._env.process(self._admins.final_views(tenant, project, uids, stream)))
        yield from self._view_everywhere(looks)
        self._world.clock.is_stopped = True

    def _view_everywhere(self, looks: list[simpy.Process]) -> Step[None]:
        """At each Local UI from which anything was sent, one after the other."""
        seed, sent = self._scenario.seed, [i for i, p in self._slots.items() if p.has_sent]
        within = self.views_within()
        drawn = [(Stream(seed, f"look:{i}").below(within), i) for i in (*sent, *self._retired)]
        began = self._world.clock.now()
        for after, index in sorted(drawn):
            pause = began + after - self._world.clock.now()
            if pause > 0:
                yield self._env.timeout(pause)
            looks.append(self._env.process(self._final_views(index)))
        yield from self.lasts(looks)

    def settles(self) -> Step[None]:
        """How long it takes until everybody looks."""
        settled = self._scenario.duration + self._scenario.limits.settle
        yield self._env.timeout(settled + SECOND)

    def views_within(self) -> int:
        """Over how long the looks at the Local UIs are spread, in microseconds."""
        return _LOOKS_WITHIN

    def lasts(self, looks: Sequence[simpy.Process]) -> Step[None]:
        """How long it goes on once the last look has begun."""
        yield self._env.timeout(_ENDS_AFTER)

    def _final_views(self, index: int) -> Step[None]:
        slot = self._slots.get(index)
        if slot is None:
            slot = FleetSlot(self._scenario.seed, self._roster.member(index))
            slot.session, slot.cluster_uid = self._retired.pop(index)
        pairing_uid = yield from self._operators.tries_at_last(slot)
        if pairing_uid:
            yield from self._admins.reads_back(slot, pairing_uid)
