"""Hosts whose messages are lost, repeated, delayed or cut, before a Palette that is told of all."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
import simpy

from harness.domain.errors import Reason, Refused
from harness.domain.operations import Acknowledged, Done, LogIn, VerifyConnection
from harness.fleet.cell import behaviour_for
from harness.fleet.clock import CellClock, when
from harness.fleet.network import Network
from harness.fleet.operators import PASSWORD, USERNAME
from harness.fleet.realtime.asker import TargetRequest
from harness.fleet.realtime.edge import RealHosts, done_first
from harness.fleet.realtime.environment import Environment, Event
from harness.fleet.realtime.translation import Translation
from harness.fleet.realtime.world import Palette, RealClock, RealRecorder, RealWorld
from harness.fleet.roster import FleetSlot, Roster
from harness.fleet.scenario import AgentPlan, FleetPlan, NetworkPlan, Scenario, fixed
from harness.fleet.world import Happenings
from harness.history.operation import OperationRecord

MS = 1_000
ALWAYS = 1_000_000
SCENARIO = Scenario(
    "plain",
    "to try",
    60_000 * MS,
    fleet=FleetPlan(hosts=1, cells=1),
    agents=AgentPlan(poll=fixed(10 * MS), deadline=10_000 * MS),
)


@dataclass
class InstantAnswers:
    """Answers everything at once, and remembers what it was asked."""

    env: Environment
    asked: list[TargetRequest] = field(default_factory=list)

    def ask(self, question: TargetRequest) -> Event:
        self.asked.append(question)
        return self.env.event().succeed(Done(Acknowledged()))


class Book:
    """Keeps what is written down."""

    def __init__(self) -> None:
        self.ended: list[OperationRecord] = []

    def invoke(self, record: OperationRecord) -> None:
        pass

    def outcome(self, record: OperationRecord) -> None:
        self.ended.append(record)


def verify(network: NetworkPlan, *, cut: bool = False) -> tuple[object, InstantAnswers, Book]:
    """Somebody at Local UI verifies the connection, over such a network."""

    async def played() -> tuple[object, InstantAnswers, Book]:
        env, book = Environment(), Book()
        env.start()
        told, scenario = InstantAnswers(env), replace(SCENARIO, network=network)
        clock: CellClock = RealClock(env)
        recorder, palette = RealRecorder("00", env, None, book), cast("Palette", told)
        around, happenings = Network(network), Happenings(scenario.only)
        world = RealWorld(scenario, env, clock, recorder, palette, around, happenings)
        edge = behaviour_for(scenario, "").edge_factory()
        hosts = RealHosts(world, edge, Translation("m", 0), patience=30 * MS)
        slot = FleetSlot(1, Roster(scenario).member(0))
        hosts.install(slot)
        if cut:
            hosts.set_link(slot, 0, up=False)
        over = asyncio.get_running_loop().create_future()

        def works() -> Generator[simpy.Event, object, object]:
            reply = yield from hosts.perform(slot, LogIn(USERNAME, PASSWORD))
            assert isinstance(reply, Done)
            slot.session = replace(slot.session, session=reply.value.token)  # type: ignore[union-attr]
            reply = yield from hosts.perform(slot, VerifyConnection("http://t", "<token:1>"))
            return reply

        process = env.process(cast("Generator[Event, object, object]", works()))
        assert process.callbacks is not None
        process.callbacks.append(lambda happened: over.set_result(happened.value))
        value = await asyncio.wait_for(over, 5)
        env.stop()
        return value, told, book

    return asyncio.run(played())


def is_verified(reply: object) -> bool:
    assert isinstance(reply, Done)
    return bool(reply.value.verified)  # type: ignore[union-attr]


def test_a_message_goes_to_where_the_operator_said_and_is_measured() -> None:
    reply, told, _ = verify(NetworkPlan())
    assert is_verified(reply)
    (question,) = told.asked
    assert (question.base_url, question.within) == ("http://t", 10_000 * MS)
    assert question.measured


@pytest.mark.parametrize(
    ("network", "times"),
    [(NetworkPlan(lost_before_ppm=ALWAYS), 0), (NetworkPlan(lost_after_ppm=ALWAYS), 1)],
)
def test_a_lost_message_is_waited_for_no_longer_than_it_pays(
    network: NetworkPlan, times: int
) -> None:
    reply, told, book = verify(network)
    assert not is_verified(reply)
    assert len(told.asked) == times
    assert not any(question.measured for question in told.asked)
    assert [record.kind for record in book.ended] == [
        "LogIn",
        "FaultNextMessage",
        "VerifyConnection",
    ]
    waited = (book.ended[2].end or 0) - book.ended[2].start
    assert 30 * MS <= waited < 5_000 * MS


def test_of_copies_that_overlap_what_one_has_done_is_heard() -> None:
    """A product may refuse the first as a conflict with the second, which it does."""
    done, refused = Done(Acknowledged()), Refused(Reason.CONFLICT, "one is under way")
    for replies, heard in (
        ([refused, done], done),
        ([done, refused], done),
        ([refused] * 2, refused),
    ):
        assert heard_of(replies) == heard


def heard_of(replies: list[object]) -> object:
    async def played() -> object:
        env = Environment()
        env.start()
        copies = [env.event() for _ in replies]
        heard = done_first(env, *copies)
        over = asyncio.get_running_loop().create_future()
        when(heard, over.set_result)
        for copy, reply in zip(copies, replies, strict=True):
            copy.succeed(reply)
        value = await asyncio.wait_for(over, 5)
        env.stop()
        return value

    return asyncio.run(played())


def test_a_repeated_message_arrives_twice_and_is_answered_once() -> None:
    reply, told, _ = verify(NetworkPlan(repeated_ppm=ALWAYS))
    assert is_verified(reply)
    assert len(told.asked) == 2


def test_a_delayed_message_arrives_later() -> None:
    reply, told, book = verify(NetworkPlan(delayed_ppm=ALWAYS, delay=fixed(10 * MS)))
    assert is_verified(reply)
    assert len(told.asked) == 1
    assert (book.ended[2].end or 0) - book.ended[2].start >= 10 * MS


def test_where_the_link_is_cut_nothing_leaves() -> None:
    reply, told, _ = verify(NetworkPlan(), cut=True)
    assert not is_verified(reply)
    assert told.asked == []
    assert not isinstance(reply, Refused)
