"""A cell's world in a few lines: everything takes a fixed time unless a test says otherwise.

One host, one project, one administrator. A message takes 50 ms each way and 4 ms of service;
people think for a second between two steps, and a request is taken up after ten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import simpy

from harness.domain.operations import LocalOperation, Reply
from harness.fleet.admins import Admins
from harness.fleet.cell import CellWorld, behaviour_for
from harness.fleet.clock import CellClock
from harness.fleet.disturbing import Disturbing
from harness.fleet.hosts import Hosts
from harness.fleet.network import Network
from harness.fleet.operators import OperatorCallbacks, Operators
from harness.fleet.plane import Plane
from harness.fleet.recorder import FleetRecorder
from harness.fleet.roster import FleetSlot, Roster
from harness.fleet.scenario import (
    HOUR,
    SECOND,
    AdminPlan,
    AgentPlan,
    CentralPlan,
    FleetPlan,
    NetworkPlan,
    OperatorPlan,
    Scenario,
    fixed,
)
from harness.fleet.timelines import Tokens, beginnings
from harness.fleet.world import Happenings
from harness.history.operation import OperationRecord
from harness.reference.core.store import MemoryStore
from harness.reference.sides import CentralSide

MS = 1_000
LATENCY, SERVICE, CONNECT = 50 * MS, 4 * MS, 200 * MS
EXCHANGE = 2 * LATENCY + SERVICE
"""From a host's asking to its hearing the answer."""

END = 12 * HOUR
"""Whatever still goes on by then goes on for ever."""

PLAIN = Scenario(
    "plain",
    "to try",
    HOUR,
    fleet=FleetPlan(hosts=1, projects=1, cells=1),
    operators=OperatorPlan(
        think=fixed(SECOND), watch=fixed(60 * SECOND), retry=fixed(30 * SECOND), again=None
    ),
    agents=AgentPlan(poll=fixed(20 * SECOND)),
    admins=AdminPlan(team=1, notice=fixed(10 * SECOND), think=fixed(SECOND), contradicts_ppm=0),
    network=NetworkPlan(latency=fixed(LATENCY)),
    central=CentralPlan(service=fixed(SERVICE)),
)


class Book:
    """Keeps what is written down."""

    def __init__(self) -> None:
        self.begun: list[OperationRecord] = []
        self.ended: list[OperationRecord] = []

    def invoke(self, record: OperationRecord) -> None:
        self.begun.append(record)

    def outcome(self, record: OperationRecord) -> None:
        self.ended.append(record)

    def of(self, *kinds: str) -> list[OperationRecord]:
        """The operations of these kinds, in the order in which they ended."""
        return [record for record in self.ended if record.kind in kinds]

    def kinds(self, actor: str = "") -> list[str]:
        """What was done, in the order in which it began; by those whose name begins so."""
        return [record.kind for record in self.begun if record.actor.startswith(actor)]


class Recorder:
    """A world with its people, in which nothing happens until a test lets it."""

    def __init__(self, scenario: Scenario = PLAIN, *, collect: bool = False) -> None:
        self.scenario = scenario
        self.book = Book()
        self.env = env = simpy.Environment()
        clock = CellClock(env)
        recorder = FleetRecorder("00", None, self.book)
        behaviour = behaviour_for(scenario, "")
        side = CentralSide(MemoryStore(), clock, "1:0:0", behaviour.central_factory())
        plane = Plane(env, scenario.central, scenario.fleet.window, {0: side})
        plane.begin_window(scenario.central.workers * scenario.fleet.window, 0)
        network = Network(scenario.network)
        edge = behaviour.edge_factory()
        happenings = Happenings(scenario.only, collect=collect)
        self.world = CellWorld(scenario, env, clock, recorder, plane, network, happenings)
        self.world.hosts = Hosts(self.world, edge, plane)
        self.admins = Admins(self.world)
        tokens = Tokens(scenario, 0, 0)
        callbacks = OperatorCallbacks(
            lambda slot, now: tokens.at(now).value,
            self.admins.request_sent,
            self.admins.request_stale,
        )
        self.operators = self.admins.operators = Operators(self.world, callbacks)
        self.slots: dict[int, FleetSlot] = {}
        self.disturbing = Disturbing(self.world, self.slots)
        for change in beginnings(scenario, 0, 0, 0):
            plane.arrange(0, change)
        self.token = tokens.at(0).value

    @property
    def now(self) -> int:
        return int(self.env.now)

    def install(self, index: int = 0) -> FleetSlot:
        """A cluster of the fleet, at its hosts."""
        member = Roster(self.scenario).member(index)
        slot = self.slots[index] = FleetSlot(self.scenario.seed, member)
        self.world.hosts.install(slot)
        return slot

    def asks(self, slot: FleetSlot, operation: LocalOperation) -> simpy.Process:
        """Somebody at Local UI asks, now."""
        return self.env.process(self.operators.asks(slot, operation))

    def answer(self, slot: FleetSlot, operation: LocalOperation) -> Reply:
        """The same, and the answer to it."""
        reply: Reply = self.env.run(self.asks(slot, operation))
        return reply

    def later(self, after: int, act: Callable[[], object]) -> None:
        """Call this after so long."""
        self.env.timeout(after).callbacks.append(lambda _: act())

    def pairs(self, slot: FleetSlot | None = None) -> Book:
        """An operator pairs a cluster, with whatever comes between; to the end of it all."""
        self.env.process(self.operators.operator(slot or self.install()))
        self.env.run(until=END)
        return self.book


def with_plans(scenario: Scenario, **plans: dict[str, object]) -> Scenario:
    """The scenario with some fields of its plans set: `with_plans(PLAIN, admins={"team": 2})`."""
    changed = {name: replace(getattr(scenario, name), **fields) for name, fields in plans.items()}
    return replace(scenario, **changed)  # type: ignore[arg-type]
