"""Durations as they stream by, in buckets whose neighbours lie within 1/64 of each other."""

from __future__ import annotations

from collections.abc import Iterable

from harness.history.fleet_lines import Histogram

_EXACT_BITS = 7
"""Durations of so many bits have a bucket each; of longer ones so many leading bits count."""


class Durations:
    """Counts durations in microseconds."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        """By the longest duration of each bucket."""

    def add(self, duration: int) -> None:
        """One more. It falls into the bucket of those with the same leading bits."""
        rest = duration.bit_length() - _EXACT_BITS
        bound = duration if rest <= 0 else duration | ((1 << rest) - 1)
        counts = self.counts
        counts[bound] = counts.get(bound, 0) + 1

    def histogram(self) -> Histogram:
        """What there is so far."""
        bounds = sorted(self.counts)
        return Histogram(bounds, [self.counts[bound] for bound in bounds])


def merged(parts: Iterable[Histogram]) -> Histogram:
    """All that is in any of the parts."""
    whole = Durations()
    for part in parts:
        for bound, count in zip(part.bounds, part.counts, strict=True):
            whole.counts[bound] = whole.counts.get(bound, 0) + count
    return whole.histogram()
