"""Faults on the way, over a link that only counts."""

from __future__ import annotations

import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import (
    FaultEffect,
    FaultNextMessage,
    MessageFault,
    MessageKind,
    SetLink,
)
from harness.domain.errors import Reason, Refused
from harness.reference.behaviour import Behaviour
from harness.reference.clock import VirtualClock
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.faults import FaultyLink
from harness.reference.world import DirectLink
from harness.wire.codec import decode
from harness.wire.http import INSTEAD
from tests.unit.core.world import SmallWorld


class CountingLink:
    """Acknowledges everything, and remembers what arrived."""

    def __init__(self) -> None:
        self.arrived: list[ops.AgentOperation] = []

    def carry(
        self, host_uid: str, base_url: str, insecure: bool, operation: ops.AgentOperation
    ) -> LinkReply:
        self.arrived.append(operation)
        return ops.Done(ops.Acknowledged(str(len(self.arrived))))


class Road:
    """A faulty link over a counting one, and the time that it slept."""

    def __init__(self) -> None:
        self.inner = CountingLink()
        self.clock = VirtualClock(0)
        self.reworded: list[str] = []
        self.link = FaultyLink(self.inner, self.clock, reword=self.reworded.append)

    @property
    def slept(self) -> int:
        return self.clock.now()

    def carry(self, operation: ops.AgentOperation = ops.Probe(), host: str = "h1") -> LinkReply:
        return self.link.carry(host, "https://palette.test", False, operation)

    def spoil(self, fault: MessageFault, delay: int = 0) -> None:
        self.link.spoil_next(FaultNextMessage("h1", MessageKind.PROBE, fault, delay))


@pytest.fixture
def road() -> Road:
    return Road()


@pytest.mark.parametrize(
    ("fault", "arrives", "answer"),
    [
        (MessageFault.LOST_BEFORE, 0, ops.Unknown),
        (MessageFault.LOST_AFTER, 1, ops.Unknown),
        (MessageFault.SERVER_ERROR, 0, Refused),
        (MessageFault.RATE_LIMITED, 0, Refused),
        (MessageFault.UNAVAILABLE, 0, ops.Unknown),
        (MessageFault.GARBLED, 0, ops.Unknown),
        (MessageFault.LATE, 0, ops.Unknown),
        (MessageFault.REPEATED, 2, ops.Done),
        (MessageFault.REPEATED_LATE, 1, ops.Done),
        (MessageFault.DELAYED, 1, ops.Done),
        (MessageFault.REWORDED, 1, ops.Done),
    ],
)
def test_each_fault_does_what_it_says_once(
    road: Road, fault: MessageFault, arrives: int, answer: type
) -> None:
    road.spoil(fault, delay=7)
    assert isinstance(road.carry(), answer)
    assert road.reworded == (["h1"] if fault is MessageFault.REWORDED else [])
    assert len(road.inner.arrived) == arrives
    assert road.slept == (7 if fault is MessageFault.DELAYED else 0)
    assert isinstance(road.carry(), ops.Done)
    assert len(road.inner.arrived) == arrives + 1


def test_it_befalls_so_many_messages_and_no_more(road: Road) -> None:
    lost = FaultNextMessage("h1", MessageKind.PROBE, MessageFault.LOST_BEFORE, times=3)
    road.link.spoil_next(lost)
    assert [type(road.carry()) for _ in range(4)] == [ops.Unknown] * 3 + [ops.Done]
    assert len(road.inner.arrived) == 1
    seen = road.link.seen(lost)
    assert (len(seen.met), seen.left) == (3, 0)


@pytest.mark.parametrize("fault", [MessageFault.LATE, MessageFault.REPEATED_LATE])
def test_what_comes_late_arrives_after_what_came_later(road: Road, fault: MessageFault) -> None:
    late, later = ops.PollPairing("late", "s"), ops.PollPairing("later", "s")
    road.link.spoil_next(FaultNextMessage("h1", MessageKind.POLL, fault))
    road.carry(late)
    road.carry(later)
    road.link.set_link("h2", up=True)
    assert road.inner.arrived[-1] == later
    assert road.link.set_link("h1", up=True)
    assert road.inner.arrived[-1] == late
    road.link.set_link("h1", up=True)
    assert len(road.inner.arrived) == (2 if fault is MessageFault.LATE else 3)


def test_what_comes_late_is_forgotten_with_its_cluster(road: Road) -> None:
    road.spoil(MessageFault.LATE)
    road.carry()
    road.link.heal(("h1",))
    road.link.set_link("h1", up=True)
    assert road.inner.arrived == []


@pytest.mark.parametrize("fault", INSTEAD)
def test_a_host_hears_what_it_would_read_from_the_wire(road: Road, fault: MessageFault) -> None:
    road.spoil(fault)
    heard, read = road.carry(), decode(ops.Probe(), INSTEAD[fault])
    assert type(heard) is type(read)
    assert getattr(heard, "reason", None) == getattr(read, "reason", None)


class Unreached:
    """Palette cannot be reached."""

    def carry(self, *_: object) -> LinkReply:
        return NotDelivered("the connection was refused")


def test_it_tells_that_what_comes_late_cannot_arrive() -> None:
    link = FaultyLink(Unreached(), VirtualClock(0))
    link.spoil_next(FaultNextMessage("h1", MessageKind.PROBE, MessageFault.LATE))
    link.carry("h1", "https://palette.test", False, ops.Probe())
    assert not link.set_link("h1", up=True)


def test_a_fault_meets_its_own_kind_and_host_only(road: Road) -> None:
    road.spoil(MessageFault.LOST_BEFORE)
    assert isinstance(road.carry(ops.PollPairing("u", "s")), ops.Done)
    assert isinstance(road.carry(host="h2"), ops.Done)
    assert isinstance(road.carry(), ops.Unknown)


def test_faults_queue(road: Road) -> None:
    road.spoil(MessageFault.SERVER_ERROR)
    road.spoil(MessageFault.LOST_BEFORE)
    first, second = road.carry(), road.carry()
    assert isinstance(first, Refused)
    assert first.reason is Reason.INTERNAL
    assert isinstance(second, ops.Unknown)


def test_a_link_that_is_down_delivers_nothing_and_keeps_the_queue(road: Road) -> None:
    road.spoil(MessageFault.REPEATED)
    road.link.set_link("h1", up=False)
    assert isinstance(road.carry(), NotDelivered)
    assert isinstance(road.carry(host="h2"), ops.Done)
    road.link.set_link("h1", up=True)
    assert isinstance(road.carry(), ops.Done)
    assert len(road.inner.arrived) == 3


def test_healing_mends_links_and_forgets_faults(road: Road) -> None:
    road.spoil(MessageFault.LOST_BEFORE)
    road.link.set_link("h1", up=False)
    road.link.set_link("h2", up=False)
    road.link.heal(("h1",))
    assert isinstance(road.carry(), ops.Done)
    assert isinstance(road.carry(host="h2"), NotDelivered)
    road.link.heal()
    assert isinstance(road.carry(host="h2"), ops.Done)


def test_it_tells_when_its_faults_were_met_and_how_many_are_left(road: Road) -> None:
    fault = FaultNextMessage("h1", MessageKind.PROBE, MessageFault.LOST_BEFORE)
    assert road.link.seen(fault) == FaultEffect()
    road.spoil(MessageFault.LOST_BEFORE)
    road.spoil(MessageFault.LOST_BEFORE)
    road.carry(host="h2")
    assert road.link.seen(fault) == FaultEffect(left=2)
    for expected in (FaultEffect((5,), left=1), FaultEffect((5, 10)), FaultEffect((5, 10))):
        road.clock.sleep(5)
        road.carry()
        assert road.link.seen(fault) == expected
    road.link.set_link("h1", up=False)
    road.link.set_link("h1", up=True)
    assert road.link.seen(fault) == FaultEffect((5, 10))


def test_a_link_that_is_up_and_is_set_up_lets_the_rest_be(road: Road) -> None:
    road.spoil(MessageFault.LOST_BEFORE)
    road.link.set_link("h1", up=True)
    assert isinstance(road.carry(), ops.Done)


class LeakyLink(FaultyLink):
    """Says that it is cut, and lets everything pass."""

    def _is_cut(self, host_uid: str) -> bool:
        return False


@pytest.mark.parametrize(("link", "passed"), [(FaultyLink, 0), (LeakyLink, 1)])
def test_it_tells_what_passes_while_it_is_cut(link: type[FaultyLink], passed: int) -> None:
    cut = link(CountingLink(), VirtualClock(0))
    cut.carry("h1", "https://palette.test", False, ops.Probe())
    cut.set_link("h1", up=False)
    cut.carry("h1", "https://palette.test", False, ops.Probe())
    cut.carry("h2", "https://palette.test", False, ops.Probe())
    seen = [cut.seen(SetLink(host, up=False)) for host in ("h1", "h2")]
    assert seen == [FaultEffect(passed=passed), FaultEffect()]


class CutMeanwhile(CountingLink):
    """Its host is cut off while a message is under way."""

    link: FaultyLink

    def carry(
        self, host_uid: str, base_url: str, insecure: bool, operation: ops.AgentOperation
    ) -> LinkReply:
        self.link.set_link(host_uid, up=False)
        return super().carry(host_uid, base_url, insecure, operation)


def test_the_answer_that_is_under_way_when_a_link_goes_down_never_comes() -> None:
    inner = CutMeanwhile()
    inner.link = FaultyLink(inner, VirtualClock(0))
    reply = inner.link.carry("h1", "https://palette.test", False, ops.Probe())
    assert isinstance(reply, ops.Unknown)
    assert inner.link.seen(SetLink("h1", up=False)) == FaultEffect()


class BrokenCentral(CentralCore):
    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        if isinstance(operation, ops.PollPairing):
            raise ZeroDivisionError("the list is gone")
        return super().perform(operation, call)


def test_a_central_side_that_breaks_down_answers_an_error_as_over_http() -> None:
    world = SmallWorld(behaviour=Behaviour(make_central=BrokenCentral))
    uid = world.send()
    world.reference.edge.tick()  # the agent's poll finds it broken, and the host goes on
    assert world.status() == "Pairing"
    link = DirectLink(world.reference.central, lambda _: None)
    reply = link.carry(world.host, "https://palette.test", False, ops.PollPairing(uid, "secret"))
    assert reply == Refused(Reason.INTERNAL, "it broke down: ZeroDivisionError: the list is gone")
