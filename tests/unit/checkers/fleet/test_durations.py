"""Durations in buckets: a percentile is right to less than 2 %."""

from __future__ import annotations

from itertools import pairwise

import pytest

from harness.checkers.fleet.durations import Durations, merged
from harness.fleet.draws import Stream
from harness.fleet.scenario import Distribution, Spread
from harness.history.fleet_lines import DurationBuckets
from tests.unit.checkers.invariants.handwritten import MS, SECOND


@pytest.mark.parametrize("duration", [0, 1, 63, 127, 128, 129, 1000, 999_999, 86_400_000_000])
def test_a_duration_falls_into_a_bucket_that_is_at_most_a_64th_above_it(duration: int) -> None:
    durations = Durations()
    durations.add(duration)
    (bound,) = durations.histogram().bounds
    assert duration <= bound <= duration + duration // 64


def test_buckets_that_are_full_lie_within_a_64th_of_each_other() -> None:
    durations = Durations()
    for duration in range(100, 20_000):
        durations.add(duration)
    histogram = durations.histogram()
    assert histogram.count == 19_900
    assert all(b - a <= max(1, -(-a // 64)) for a, b in pairwise(histogram.bounds))
    assert abs(histogram.percentile(500) - 10_050) <= 10_050 // 64


def counted(durations: list[int]) -> DurationBuckets:
    counter = Durations()
    for duration in durations:
        counter.add(duration)
    return counter.histogram()


@pytest.mark.parametrize("mean", [90, 5 * MS, 700 * MS, 40 * SECOND, 3_600 * SECOND])
@pytest.mark.parametrize("shape", Distribution)
def test_a_percentile_is_right_to_less_than_two_per_cent(mean: int, shape: Distribution) -> None:
    stream = Stream(1, f"{mean}")
    drawn = sorted(stream.spread(Spread(mean // 10, mean, shape)) for _ in range(3_000))
    histogram = counted(drawn)
    for per_mille in (1, 10, 250, 500, 900, 990, 999, 1000):
        exact = drawn[-(-len(drawn) * per_mille // 1000) - 1]
        assert exact <= histogram.percentile(per_mille) <= exact + exact * 2 // 100


def test_a_day_of_durations_takes_a_few_thousand_buckets_at_most() -> None:
    day = 86_400 * SECOND
    assert len(counted([day * n // 200_000 for n in range(200_000)]).bounds) < 2_000


def test_of_none_there_is_no_percentile() -> None:
    assert DurationBuckets().percentile(990) == 0
    assert counted([]).count == 0


def test_parts_together_are_as_if_they_had_been_one() -> None:
    durations = [n * n for n in range(1_000)]
    parts = [counted(durations[n::3]) for n in range(3)]
    assert merged(parts) == counted(durations)
    assert merged([]) == DurationBuckets()
