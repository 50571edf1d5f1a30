"""When operators arrive, and what becomes of a scenario's durations."""

from __future__ import annotations

from itertools import islice

import pytest

from harness.catalogue.limits import Limits
from harness.fleet.realtime.pace import PaceError, at_speed, patience, rate_of
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    SECOND,
    AgentPlan,
    FaultKind,
    FaultPlan,
    NetworkPlan,
    OperatorPlan,
    Scenario,
    Spread,
    fixed,
)
from harness.fleet.scenario import Limits as ScenarioLimits


def starts(text: str, count: int) -> list[int]:
    return list(islice(rate_of(text).starts(), count))


def test_a_steady_rate_goes_on_for_ever() -> None:
    assert starts("20/s", 1_000)[-1] == 999 * SECOND // 20


def test_steps_come_one_after_the_other_and_the_last_one_stays() -> None:
    found = starts("1,2,4/s every 2s", 40)
    seconds = [sum(1 for at in found if at // SECOND == second) for second in range(8)]
    assert seconds == [1, 1, 2, 2, 4, 4, 4, 4]


def test_a_ramp_rises_evenly_and_its_end_stays() -> None:
    found = starts("0/s..10/s over 10s", 200)
    in_ramp = [at for at in found if at < 10 * SECOND]
    assert len(in_ramp) == 50
    assert abs(in_ramp[12] - 5 * SECOND) < SECOND // 5
    assert sum(1 for at in found if 12 * SECOND <= at < 13 * SECOND) == 10


@pytest.mark.parametrize(
    "text", ["", "20", "fast", "0/s", "10/s..0/s over 1m", "1/s..2/s", "1,2/s every", "1/s over 5x"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(PaceError, match="no rate of arrivals"):
        rate_of(text)


# --- speed ----------------------------------------------------------------------------------

PLAIN = Scenario(
    "plain",
    "to try",
    HOUR,
    operators=OperatorPlan(begin=Spread(0, 2 * MINUTE), watch=None),
    agents=AgentPlan(poll=Spread(20 * SECOND, 40 * SECOND), deadline=10 * SECOND),
    network=NetworkPlan(latency=fixed(50_000), delay=fixed(20 * SECOND)),
    faults=(FaultPlan(FaultKind.LINK, at=30 * MINUTE, lasts=fixed(2 * MINUTE)),),
    limits=ScenarioLimits(list_lag=SECOND, edge_lag=2 * MINUTE, settle=10 * MINUTE),
)


def test_durations_are_divided() -> None:
    fast = at_speed(PLAIN, 60_000, Limits())
    assert fast.duration == MINUTE
    assert fast.operators.begin == Spread(0, 2 * SECOND)
    assert fast.operators.watch is None
    assert fast.faults[0].at == 30 * SECOND
    assert fast.faults[0].lasts == fixed(2 * SECOND)
    assert fast.network.delay == fixed(SECOND // 3)


def test_what_is_the_networks_and_the_targets_stays() -> None:
    fast = at_speed(PLAIN, 60_000, Limits())
    assert fast.network.latency == PLAIN.network.latency
    assert fast.agents.deadline == PLAIN.agents.deadline
    assert at_speed(PLAIN, 1_000, Limits()).operators == PLAIN.operators


def test_bounds_are_never_narrower_than_the_target_states() -> None:
    fast = at_speed(PLAIN, 60_000, Limits(list_lag_s=7.0, edge_lag_s=40.0, settle_s=50.0))
    assert fast.limits.list_lag == 7 * SECOND
    assert fast.limits.edge_lag > 60 * SECOND
    assert fast.limits.settle >= 50 * SECOND


def test_the_bound_has_room_for_a_poll_that_is_not_answered() -> None:
    fast = at_speed(PLAIN, 600_000, Limits(edge_lag_s=0.1))
    assert fast.limits.edge_lag >= 2 * (fast.agents.deadline + fast.agents.poll.high)


def test_a_message_that_the_harness_loses_is_waited_for_no_longer_than_it_pays() -> None:
    assert patience(PLAIN, 1_000) == 10 * SECOND
    assert patience(PLAIN, 10_000) == SECOND
    assert patience(PLAIN, 1_000_000) == SECOND // 2
