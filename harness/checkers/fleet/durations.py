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
        """By the number of each bucket."""

    def add(self, duration: int) -> None:
        """One more. It falls into the bucket of those with the same leading bits."""
        # Buckets are numbered: their longest durations end in so many ones, all the same, that
        # most of them would collide as keys.
        rest = duration.bit_length() - _EXACT_BITS
        bucket = duration if rest <= 0 else (rest << _EXACT_BITS) + (duration >> rest)
        counts = self.counts
        counts[bucket] = counts.get(bucket, 0) + 1

    def histogram(self) -> Histogram:
        """What there is so far, by the longest duration of each bucket."""
        buckets = sorted(self.counts)
        return Histogram(list(map(_longest, buckets)), [self.counts[b] for b in buckets])


def _longest(bucket: int) -> int:
    """The longest duration of the bucket of this number."""
    rest = bucket >> _EXACT_BITS
    leading = bucket - (rest << _EXACT_BITS)
    return ((leading + 1) << rest) - 1 if rest > 0 else bucket


def merged(parts: Iterable[Histogram]) -> Histogram:
    """All that is in any of the parts."""
    whole: dict[int, int] = {}
    for part in parts:
        for bound, count in zip(part.bounds, part.counts, strict=True):
            whole[bound] = whole.get(bound, 0) + count
    bounds = sorted(whole)
    return Histogram(bounds, [whole[bound] for bound in bounds])
