"""How long a message takes, and which faults lose it: to the microsecond."""

from __future__ import annotations

import pytest

from harness.domain.arrangements import MessageFault
from harness.domain.errors import Reason, Refused
from harness.domain.operations import PollPairing, SubmitPairing
from harness.fleet.draws import Stream
from harness.fleet.network import MESSAGE, SUBMISSION, Network
from harness.fleet.roster import FleetSlot, Roster
from harness.fleet.scenario import FaultKind, FaultPlan, FaultScope, NetworkPlan, Spread, fixed
from tests.unit.fleet.worlds import LATENCY, PLAIN, with_plans

FLEET = with_plans(PLAIN, fleet={"hosts": 2})
PLAN = NetworkPlan(latency=fixed(LATENCY))
SLOW, SLOWER = FaultPlan(FaultKind.SLOW, factor=3), FaultPlan(FaultKind.SLOW, factor=5)
LOSS = FaultPlan(FaultKind.LOSS, lost_before_ppm=10)
POLL = PollPairing("uid", "secret")


def slot(index: int = 0) -> FleetSlot:
    return FleetSlot(1, Roster(FLEET).member(index))


def submission() -> SubmitPairing:
    return SubmitPairing("token", "secret", Roster(FLEET).member(0).cluster, "1")


def test_latency_is_drawn_anew_for_each_message_from_the_streams_of_its_cluster() -> None:
    network = Network(NetworkPlan(latency=Spread(10, 99)))
    here, there, again = slot(0), slot(1), slot(0)
    drawn = [network.latency(here, POLL) for _ in range(50)]
    assert set(drawn) <= set(range(10, 100))
    assert len(set(drawn)) > 20
    assert drawn != [network.latency(there, POLL) for _ in range(50)]
    assert drawn == [network.latency(again, POLL) for _ in range(50)]


def test_latency_is_multiplied_by_every_fault_that_slows_this_cluster() -> None:
    network, here, there = Network(PLAN), slot(0), slot(1)
    for struck, factor in ((SLOW, 3), (SLOWER, 15), (SLOW, 45)):
        network.strike(0, struck)
        assert network.latency(here, POLL) == factor * LATENCY
    for relents, factor in ((SLOW, 15), (SLOWER, 3), (SLOW, 1)):
        network.relent(0, relents)
        assert network.latency(here, POLL) == factor * LATENCY
    network.strike(0, SLOW)
    assert network.latency(there, POLL) == LATENCY


def test_faults_that_lose_messages_are_those_of_the_cluster_for_as_long_as_they_last() -> None:
    network, here, there = Network(PLAN), slot(0), slot(1)
    assert list(network.losses(here)) == []
    network.strike(0, LOSS)
    network.strike(0, LOSS)
    assert list(network.losses(here)) == [LOSS, LOSS]
    assert list(network.losses(there)) == []
    assert network.latency(here, POLL) == LATENCY
    network.relent(0, LOSS)
    network.relent(0, LOSS)
    assert list(network.losses(here)) == []


def test_a_fault_that_never_began_may_end() -> None:
    network = Network(PLAN)
    network.relent(0, SLOW)
    network.relent(0, LOSS)
    assert network.latency(slot(0), POLL) == LATENCY


@pytest.mark.parametrize(("kbit", "a_byte_takes"), [(8, 1_000), (512, 15.625), (8_000, 1)])
def test_a_narrow_link_takes_time_over_each_byte(kbit: int, a_byte_takes: float) -> None:
    network = Network(NetworkPlan(latency=fixed(LATENCY), bandwidth_kbit=kbit))
    here, large = slot(), submission()
    assert network.latency(here, POLL) == LATENCY + MESSAGE * a_byte_takes
    assert network.latency(here, large) == LATENCY + SUBMISSION * a_byte_takes
    assert network.latency(here, large, answer=True) == LATENCY + MESSAGE * a_byte_takes


def test_of_faults_that_are_over_nothing_is_kept() -> None:
    network = Network(PLAN)
    for index in range(100):
        network.strike(index, SLOW)
        network.strike(index, LOSS)
        network.relent(index, SLOW)
        network.relent(index, LOSS)
    assert not network._slowed
    assert not network._lossy


def test_nothing_happens_to_messages_any_more_once_the_world_has_healed() -> None:
    network = Network(NetworkPlan(lost_before_ppm=1_000_000), heals_at=1_000)
    fate = network.fate(slot(0), 999)
    assert fate is not None
    assert fate.fault is MessageFault.LOST_BEFORE
    assert network.fate(slot(0), 1_000) is None


def test_nothing_is_on_its_way_any_more_once_the_world_has_healed() -> None:
    plan = NetworkPlan(delayed_ppm=1_000_000, delay=fixed(500))
    fates = [Network(plan, heals_at=1_000).fate(slot(), now) for now in (100, 900)]
    assert [fate and fate.delay for fate in fates] == [500, 100]


def test_people_meet_errors_of_the_whole_side_for_as_long_as_any_cluster_does() -> None:
    network, stream = Network(PLAN), Stream(1, "people")
    here = FaultPlan(FaultKind.ERRORS, FaultScope.SITE, answered_ppm=1_000_000)
    busy = FaultPlan(
        FaultKind.ERRORS, FaultScope.ALL, answered_ppm=1_000_000, answer="rate-limited"
    )
    network.strike(0, here)
    assert network.answer_to_people(stream) is None
    for index in (0, 1):
        network.strike(index, busy)
    for index in (0, 1):
        heard = network.answer_to_people(stream)
        assert isinstance(heard, Refused)
        assert (heard.reason, heard.details) == (Reason.RATE_LIMITED, {"retry_after": "1"})
        network.relent(index, busy)
    assert network.answer_to_people(stream) is None
