"""Axes are labelled at round numbers, and hold what is drawn on them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from harness.reporting.fleet.frame import amount_scale, duration_scale, time_scale
from tests.unit.reporting.fleet.fleets import MIN, MS, H, S

DAY = 24 * H


@pytest.mark.parametrize(
    ("end", "most", "labels"),
    [
        (2 * H, 4, ["0", "30 min", "60 min", "90 min", "120 min"]),
        (12 * H + 16 * MIN, 9, ["0", "2 h", "4 h", "6 h", "8 h", "10 h", "12 h"]),
        (DAY, 4, ["0", "6 h", "12 h", "18 h", "24 h"]),
        (30 * DAY, 4, ["0", "10 d", "20 d", "30 d"]),
        (90 * S, 4, ["0", "30 s", "60 s", "90 s"]),
        (0, 9, ["0"]),
    ],
)  # fmt: skip
def test_time_is_labelled_as_people_count_it(end: int, most: int, labels: list[str]) -> None:
    scale = time_scale(end, most)
    assert [label for _, label in scale.ticks] == labels
    assert (scale.at(0), scale.at(max(end, 1))) == (0, 1)


@pytest.mark.parametrize("end", [1, 999, 7 * S, 61 * S, 5 * H, 49 * H, 400 * DAY, 90_000 * DAY])
@pytest.mark.parametrize("most", [4, 9])
def test_time_of_any_length_has_few_ticks_at_equal_steps(end: int, most: int) -> None:
    places = [at for at, _ in time_scale(end, most).ticks]
    assert len(places) <= most + 1
    assert places[-1] <= max(end, 1)
    assert len({after - before for before, after in pairwise(places)}) <= 1


@pytest.mark.parametrize(
    ("largest", "most", "labels"),
    [
        (13, 4, ["0", "5", "10", "15"]),
        (294, 4, ["0", "100", "200", "300"]),
        (1, 4, ["0", "1"]),
        (0, 2, ["0", "1"]),
        (100, 4, ["0", "50", "100"]),
        (1_234_567, 4, ["0", "500k", "1M", "1.5M"]),
        (25_000, 2, ["0", "20k", "40k"]),
    ],
)
def test_amounts_are_labelled_at_round_numbers(largest: int, most: int, labels: list[str]) -> None:
    scale = amount_scale(largest, most)
    assert [label for _, label in scale.ticks] == labels
    assert scale.top >= largest


@pytest.mark.parametrize("largest", [0.0001, 0.087, 0.3, 1.98, 7.1, 99.9, 12_345.6])
def test_rates_have_steps_of_one_two_or_five(largest: float) -> None:
    scale = amount_scale(largest, 4, whole=False)
    step = scale.ticks[1][0]
    assert f"{step:e}"[0] in "125"
    assert 2 <= len(scale.ticks) <= 5
    assert scale.top >= largest


@pytest.mark.parametrize(
    ("durations", "labels"),
    [
        ([MIN, 50 * MIN], ["1 min", "10 min", "1 h"]),
        ([80 * MS, 315 * MS], ["50 ms", "100 ms", "200 ms", "500 ms"]),
        ([0, 0], ["1 ms", "2 ms"]),
    ],
)
def test_durations_are_labelled_from_below_to_above(
    durations: list[int], labels: list[str]
) -> None:
    scale = duration_scale(durations)
    assert [label for _, label in scale.ticks] == labels
    assert scale.at(scale.low) == 0
    assert scale.at(scale.top) == 1
    assert scale.at(0) == 0


@pytest.mark.parametrize("durations", [[1], [7], [10**15], [1, 10**15], [S, S], [3 * DAY]])
def test_any_durations_have_a_scale(durations: list[int]) -> None:
    scale = duration_scale(durations)
    assert scale.low < scale.top
    assert all(0 <= scale.at(d) <= 1 for d in durations)
    places = [scale.at(at) for at, _ in scale.ticks]
    assert places == sorted(places)
