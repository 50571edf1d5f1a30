"""Durations as they stream by, in buckets whose neighbours lie within 1/64 of each other."""

from __future__ import annotations

from collections.abc import Iterable

from harness.history.fleet_lines import DurationBuckets

_EXACT_BITS = 7
"""Durations of so many bits have a bucket each; of longer ones so many leading bits count."""
_FINE_BITS = 11
"""So many tell three digits."""


class Durations:
    """Counts durations in microseconds."""

    __slots__ = ("counts",)

    bits = _EXACT_BITS

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

    def histogram(self) -> DurationBuckets:
        """What there is so far, by the longest duration of each bucket."""
        buckets = sorted(self.counts)
        longest = [self._longest(bucket) for bucket in buckets]
        return DurationBuckets(longest, [self.counts[bucket] for bucket in buckets])

    def _longest(self, bucket: int) -> int:
        rest = bucket >> self.bits
        leading = bucket - (rest << self.bits)
        return ((leading + 1) << rest) - 1 if rest > 0 else bucket


class FineDurations(Durations):
    """The same in the buckets of an HdrHistogram of three digits: within 1/1024 of each other.

    For what is measured of real answers. Costs more buckets, so it is not for virtual time.
    """

    __slots__ = ()

    bits = _FINE_BITS

    def add(self, duration: int) -> None:
        rest = duration.bit_length() - _FINE_BITS
        bucket = duration if rest <= 0 else (rest << _FINE_BITS) + (duration >> rest)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1


def merged(parts: Iterable[DurationBuckets]) -> DurationBuckets:
    """All that is in any of the parts."""
    whole: dict[int, int] = {}
    for part in parts:
        for bound, count in zip(part.bounds, part.counts, strict=True):
            whole[bound] = whole.get(bound, 0) + count
    bounds = sorted(whole)
    return DurationBuckets(bounds, [whole[bound] for bound in bounds])
