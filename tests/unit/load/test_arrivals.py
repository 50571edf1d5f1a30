"""Requests start when the schedule says, whatever its shape."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fleet.realtime.pace import Stretch, evenly

RATES = st.floats(0, 100)
STRETCHES = st.lists(st.builds(Stretch, st.floats(0.01, 5), RATES, RATES), min_size=1, max_size=4)


def test_a_steady_rate_is_even() -> None:
    assert list(evenly([Stretch(1.5, 4, 4)])) == [i * 250_000_000 for i in range(6)]


def test_a_ramp_ends_at_its_rate() -> None:
    times = list(evenly([Stretch(10, 0, 1_000)]))
    assert len(times) == 5_000
    in_second = [sum(s <= t / 1e9 < s + 1 for t in times) for s in range(10)]
    assert in_second == pytest.approx([50 + 100 * s for s in range(10)], abs=1)


def test_a_ramp_may_fall_to_nothing() -> None:
    times = list(evenly([Stretch(2, 100, 0)]))
    assert len(times) == 100
    assert sum(t < 1_000_000_000 for t in times) == pytest.approx(75, abs=1)


def test_steps_follow_one_another_and_may_be_pauses() -> None:
    times = list(evenly([Stretch(1, rate, rate) for rate in (10, 0, 20)]))
    assert [sum(s <= t / 1e9 < s + 1 for t in times) for s in range(3)] == [10, 0, 20]


@given(STRETCHES)
def test_arrivals_are_in_order_in_time_and_as_many_as_expected(stretches: list[Stretch]) -> None:
    times = list(evenly(stretches))
    assert all(a <= b for a, b in pairwise(times))
    assert all(0 <= t <= round(sum(s.seconds for s in stretches) * 1e9) for t in times)
    expected = sum(stretch.expected for stretch in stretches)
    assert abs(len(times) - expected) <= 1


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_a_rate_is_a_number_from_0_on(bad: float) -> None:
    for arguments in ((bad, 1.0, 1.0), (1.0, bad, 1.0), (1.0, 1.0, bad)):
        with pytest.raises(ValueError, match="out of range"):
            Stretch(*arguments)
