"""RFC 3339 with microseconds, exactly."""

from __future__ import annotations

import pytest
from hypothesis import given

from harness.wire.model import Malformed
from harness.wire.timestamps import from_timestamp, to_timestamp
from tests.unit.wire.strategies import times


@given(times)
def test_every_microsecond_comes_back(moment: int) -> None:
    assert from_timestamp(to_timestamp(moment), "t") == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("1970-01-01t01:00:00.5+01:00", 500_000),
        ("1970-01-01T00:00:00.123456789z", 123_456),
        ("1969-12-31T18:30:00-05:30", 0),
    ],
)
def test_other_spellings_are_read(text: str, moment: int) -> None:
    assert from_timestamp(text, "t") == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-24",
        "2026-11-24T14:05:00",
        "2026-11-24 14:05:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-24T14:05:00.Z",
        "20261124T140500Z",
        "2026-W48-2T14:05:00Z",
        "٢٠٢٦-11-24T14:05:00Z",
        "0001-01-01T00:00:00+24:00",
    ],
)
def test_what_is_no_such_time_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="expiry"):
        from_timestamp(text, "expiry")


def test_a_time_beyond_the_calendar_becomes_its_last_or_first() -> None:
    assert to_timestamp(2**62) == "9999-12-31T23:59:59.999999Z"
    assert to_timestamp(-(2**62)) == "0001-01-01T00:00:00.000000Z"
