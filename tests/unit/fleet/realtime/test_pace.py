"""When operators arrive, and what becomes of a scenario's durations."""

from __future__ import annotations

from itertools import islice

import pytest

from harness.catalogue.limits import Limits
from harness.fleet import scenario
from harness.fleet.realtime.pace import PaceError, at_speed, patience, rate_of
from harness.fleet.scenario import InvariantLimits as ScenarioLimits


def starts(text: str, count: int) -> list[int]:
    return list(islice(rate_of(text).starts(), count))


def test_a_steady_rate_goes_on_for_ever() -> None:
    assert starts("20/s", 1_000)[-1] == 999 * scenario.SECOND // 20


def test_steps_come_one_after_the_other_and_the_last_one_stays() -> None:
    found = starts("1,2,4/s every 2s", 40)
    seconds = [sum(1 for at in found if at // scenario.SECOND == second) for second in range(8)]
    assert seconds == [1, 1, 2, 2, 4, 4, 4, 4]


def test_a_ramp_rises_evenly_and_its_end_stays() -> None:
    found = starts("0/s..10/s over 10s", 200)
    in_ramp = [at for at in found if at < 10 * scenario.SECOND]
    assert len(in_ramp) == 50
    assert abs(in_ramp[12] - 5 * scenario.SECOND) < scenario.SECOND // 5
    assert sum(1 for at in found if 12 * scenario.SECOND <= at < 13 * scenario.SECOND) == 10


@pytest.mark.parametrize(
    "text", ["", "20", "fast", "0/s", "10/s..0/s over 1m", "1/s..2/s", "1,2/s every", "1/s over 5x"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(PaceError, match="no rate of arrivals"):
        rate_of(text)


# --- speed ----------------------------------------------------------------------------------

PLAIN = scenario.Scenario(
    "plain",
    "to try",
    scenario.HOUR,
    operators=scenario.OperatorPlan(begin=scenario.Spread(0, 2 * scenario.MINUTE), watch=None),
    agents=scenario.AgentPlan(
        poll=scenario.Spread(20 * scenario.SECOND, 40 * scenario.SECOND),
        deadline=10 * scenario.SECOND,
    ),
    network=scenario.NetworkPlan(
        latency=scenario.fixed(50_000), delay=scenario.fixed(20 * scenario.SECOND)
    ),
    faults=(
        scenario.FaultPlan(
            scenario.FaultKind.LINK,
            at=30 * scenario.MINUTE,
            lasts=scenario.fixed(2 * scenario.MINUTE),
        ),
    ),
    limits=ScenarioLimits(
        list_lag=scenario.SECOND, edge_lag=2 * scenario.MINUTE, settle=10 * scenario.MINUTE
    ),
)


def test_durations_are_divided() -> None:
    fast = at_speed(PLAIN, 60_000, Limits())
    assert fast.duration == scenario.MINUTE
    assert fast.operators.begin == scenario.Spread(0, 2 * scenario.SECOND)
    assert fast.operators.watch is None
    assert fast.faults[0].at == 30 * scenario.SECOND
    assert fast.faults[0].lasts == scenario.fixed(2 * scenario.SECOND)
    assert fast.network.delay == scenario.fixed(scenario.SECOND // 3)


def test_what_is_the_networks_and_the_targets_stays() -> None:
    fast = at_speed(PLAIN, 60_000, Limits())
    assert fast.network.latency == PLAIN.network.latency
    assert fast.agents.deadline == PLAIN.agents.deadline
    assert at_speed(PLAIN, 1_000, Limits()).operators == PLAIN.operators


def test_bounds_are_never_narrower_than_the_target_states() -> None:
    fast = at_speed(PLAIN, 60_000, Limits(list_lag_s=7.0, edge_lag_s=40.0, settle_s=50.0))
    assert fast.limits.list_lag == 7 * scenario.SECOND
    assert fast.limits.edge_lag > 60 * scenario.SECOND
    assert fast.limits.settle >= 50 * scenario.SECOND


def test_the_bound_has_room_for_a_poll_that_is_not_answered() -> None:
    fast = at_speed(PLAIN, 600_000, Limits(edge_lag_s=0.1))
    assert fast.limits.edge_lag >= 2 * (fast.agents.deadline + fast.agents.poll.high)


def test_a_message_that_the_harness_loses_is_waited_for_no_longer_than_it_pays() -> None:
    assert patience(PLAIN, 1_000) == 10 * scenario.SECOND
    assert patience(PLAIN, 10_000) == scenario.SECOND
    assert patience(PLAIN, 1_000_000) == scenario.SECOND // 2
