"""Percentiles are exact to three digits, and travel as text."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.histogram import HIGHEST, Histogram

VALUES = st.lists(st.integers(0, HIGHEST), min_size=1, max_size=200)


def made(values: list[int]) -> Histogram:
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


@given(VALUES, st.sampled_from([1.0, 50.0, 90.0, 99.0, 99.9, 100.0]))
def test_percentiles_are_the_exact_ones_to_three_digits(values: list[int], percent: float) -> None:
    rank = ceil(Fraction(str(percent)) / 100 * len(values))
    exact = sorted(values)[rank - 1]
    assert exact <= made(values).percentile(percent) <= exact + exact // 1_000 + 1


@given(VALUES)
def test_counting_alike_values_together_changes_nothing(values: list[int]) -> None:
    plain = HdrHistogram(1, HIGHEST, 3)
    for value in values:
        plain.record_value(value)
    assert made(values).to_text() == plain.encode().decode()


@given(VALUES)
def test_a_histogram_travels_as_text(values: list[int]) -> None:
    again = HdrHistogram.decode(made(values).to_text())
    assert again.encode().decode() == made(values).to_text()
    assert again.get_total_count() == len(values)
    assert again.get_max_value() == made(values).percentile(100)


def test_an_empty_one_has_no_figures() -> None:
    empty = Histogram()
    assert (empty.count, empty.percentile(99), empty.percentile(100)) == (0, 0, 0)
    assert HdrHistogram.decode(empty.to_text()).get_total_count() == 0


def test_what_is_beyond_counts() -> None:
    histogram = made([HIGHEST * 2, 5])
    assert histogram.count == 2
    assert histogram.percentile(100) >= HIGHEST * 0.999


def test_nothing_is_less_than_0() -> None:
    with pytest.raises(ValueError, match="from 0 on"):
        Histogram().record(-1)
