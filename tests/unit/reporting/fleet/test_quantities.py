"""Numbers and durations as they are written for people."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.history.wording import counted
from harness.reporting.fleet.quantities import brief, duration, exact, number, short
from tests.unit.reporting.fleet.fleets import MIN, MS, H, S


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (duration, 0, "0"),
        (duration, 85, "85 µs"),
        (duration, 40_250, "40.2 ms"),
        (duration, 59_999_999, "59.9 s"),
        (duration, 12 * MIN + 5 * S, "12 min 5 s"),
        (duration, 30 * H, "1 d 6 h"),
        (brief, 0, "0"),
        (brief, 36 * MIN + 20 * S, "36.3 min"),
        (brief, 10 * H + 33 * MIN, "10.5 h"),
        (brief, 250 * MS, "250 ms"),
        (number, 1_204, "1,204"),
        (number, 0.25, "0.25"),
        (number, 155.647, "156"),
        (exact, 0, "0"),
        (exact, 155.647, "155.647"),
        (exact, 4_999.6, "4,999.6"),
        (exact, 0.868613, "0.868613"),
        (exact, 1_234_567, "1,234,567"),
        (exact, -0.5, "-0.5"),
        (short, 950, "950"),
        (short, 9_500, "9,500"),
        (short, 25_000, "25k"),
        (short, 1_500_000, "1.5M"),
        (short, 432_100_000, "432M"),
        (short, 6_904_958, "6.9M"),
    ],
)
def test_it_reads_well(write: Callable[[float], str], value: float, text: str) -> None:
    assert write(value) == text


def test_what_misses_a_bound_never_reads_as_if_it_met_it() -> None:
    assert exact(4_999.6) != exact(5_000)
    assert duration(MIN - 1) != duration(MIN)


def test_things_are_counted_in_words() -> None:
    assert counted(1, "host") == "1 host"
    assert counted(2_000, "host") == "2,000 hosts"
    assert counted(0, "entry", "entries") == "0 entries"
