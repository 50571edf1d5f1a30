"""Percentiles are exact to three digits, add up over workers, and travel as text."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.load.histogram import HIGHEST, Histogram

VALUES = st.lists(st.integers(0, HIGHEST), min_size=1, max_size=200)


def made(values: list[int]) -> Histogram:
    histogram = Histogram()
    histogram.record_all(values)
    return histogram


@settings(deadline=None, max_examples=40)
@given(VALUES, st.sampled_from([1.0, 50.0, 90.0, 99.0, 99.9, 100.0]))
def test_percentiles_are_the_exact_ones_to_three_digits(values: list[int], percent: float) -> None:
    rank = ceil(Fraction(str(percent)) / 100 * len(values))
    exact = sorted(values)[rank - 1]
    assert exact <= made(values).percentile(percent) <= exact + exact // 1_000 + 1


@settings(deadline=None, max_examples=40)
@given(VALUES)
def test_counting_alike_values_together_changes_nothing(values: list[int]) -> None:
    plain = HdrHistogram(1, HIGHEST, 3)
    for value in values:
        plain.record_value(value)
    assert made(values).to_text() == plain.encode().decode()


@settings(deadline=None, max_examples=40)
@given(VALUES, VALUES)
def test_histograms_add_up(one: list[int], other: list[int]) -> None:
    both = made(one)
    both.merge(made(other))
    assert both.to_text() == made(one + other).to_text()
    assert both.count == len(one) + len(other)


@settings(deadline=None, max_examples=40)
@given(VALUES)
def test_a_histogram_travels_as_text(values: list[int]) -> None:
    again = Histogram.from_text(made(values).to_text())
    assert again.to_text() == made(values).to_text()
    assert (again.count, again.max, again.min) == (len(values), made(values).max, made(values).min)


def test_an_empty_one_has_no_figures() -> None:
    empty = Histogram()
    assert (empty.count, empty.max, empty.min, empty.mean, empty.percentile(99)) == (0, 0, 0, 0, 0)
    assert Histogram.from_text(empty.to_text()).count == 0


def test_what_is_beyond_counts_and_is_told() -> None:
    histogram = made([HIGHEST * 2, 5])
    assert (histogram.count, histogram.beyond) == (2, 1)
    assert histogram.max >= HIGHEST * 0.999
    assert histogram.mean > 0


def test_nothing_is_less_than_0() -> None:
    with pytest.raises(ValueError, match="from 0 on"):
        Histogram().record(-1)


@pytest.mark.parametrize("text", ["", "x", "AAAA", "HISTFAAAAAd42pN=", "é", "HISTFAAAAAEA"])
def test_what_is_no_histogram_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no HdrHistogram"):
        Histogram.from_text(text)
