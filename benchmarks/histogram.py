"""Latencies in bounded memory, three digits exact: an HdrHistogram.

hdrhistogram has no types of its own. The text of a histogram
is the compressed form that other HdrHistogram tools read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import ceil
from typing import Final, Protocol, cast

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

HIGHEST: Final = 3_600_000_000_000
"""An hour in nanoseconds. What is more counts as this."""

_DIGITS: Final = 3
_BITS: Final = 11
"""Of a value the highest so many bits count: that is how the library tells three digits."""


class _Hdr(Protocol):
    """What is used of the library."""

    def record_value(self, value: int, count: int = 1) -> bool: ...
    def get_total_count(self) -> int: ...
    def get_value_at_percentile(self, percentile: float) -> int: ...
    def encode(self) -> bytes: ...


class Histogram:
    """Counts of whole numbers from 0 to `HIGHEST`, most often nanoseconds."""

    __slots__ = ("_hdr",)

    def __init__(self) -> None:
        self._hdr = cast(_Hdr, HdrHistogram(1, HIGHEST, _DIGITS))

    def record(self, value: int) -> None:
        """Count one value."""
        self.record_all((value,))

    def record_many(self, value: int, count: int) -> None:
        """Count one value so many times.

        Raises:
            ValueError: it is negative.
        """
        if value < 0:
            raise ValueError(f"a histogram counts from 0 on, and {value} is less")
        self._hdr.record_value(min(value, HIGHEST), count)

    def record_all(self, values: Iterable[int]) -> None:
        """Count many values; those that are alike to three digits are counted together first.

        Raises:
            ValueError: one of them is negative.
        """
        alike = Counter(
            value >> shift << shift if (shift := value.bit_length() - _BITS) > 0 else value
            for value in values
        )
        for value, count in alike.items():
            self.record_many(value, count)

    @property
    def count(self) -> int:
        """How many values there are."""
        return self._hdr.get_total_count()

    def percentile(self, percent: float) -> int:
        """The value that `percent` of all do not exceed, rounded up to the third digit."""
        count = self.count
        if not count:
            return 0
        # The library takes the nearest rank, which of few values may be the one before.
        rank = ceil(round(percent * count / 100, 6))
        return self._hdr.get_value_at_percentile(100 * rank / count)

    def to_text(self) -> str:
        """As HdrHistogram's compressed V2 form, in base64."""
        return self._hdr.encode().decode("ascii")
