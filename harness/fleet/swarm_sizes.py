"""How strong things are in a swarm: shares, pauses and parts of a run, all drawn as integers.

Durations are round, so that a scenario that was drawn reads like one that was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from harness.fleet.draws import PPM, Stream
from harness.fleet.scenario import MINUTE, SECOND, Shape, Spread

Chosen = TypeVar("Chosen")

_PERCENT: Final = PPM // 100
_ROUND: Final = ((10 * MINUTE, MINUTE), (20 * SECOND, SECOND), (100_000, 10_000), (1_000, 1_000))
"""From each duration on, so fine are durations drawn."""
_EXPONENTIAL_IN: Final = 4
"""One spread in so many is exponential."""


def share(stream: Stream, most_ppm: int) -> int:
    """Some whole percent, at least one, in millionths."""
    return _PERCENT * (1 + stream.below(max(1, most_ppm // _PERCENT)))


def whole(stream: Stream, least: int, most: int) -> int:
    """A whole number within bounds, each alike."""
    return least + stream.below(most - least + 1)


def one_of(stream: Stream, choices: Sequence[Chosen]) -> Chosen:
    """One of these, each alike."""
    return choices[stream.below(len(choices))]


def upto(stream: Stream, least: int, most: int) -> int:
    """A duration within bounds: whichever power of two above `least`, each alike."""
    if most <= least:
        return least
    scale = least << stream.below((most // least).bit_length())
    return min(most, max(least, rounded(scale + stream.below(scale))))


def rounded(duration: int) -> int:
    """The duration without the digits that nobody would write."""
    step = next((step for bound, step in _ROUND if duration >= bound), 1)
    return duration - duration % step


def part(stream: Stream, run: int, least: int, most: int) -> int:
    """A part of a run, between so many hundredths of it."""
    return rounded(run * whole(stream, least, most) // 100)


def pause(stream: Stream, least: int, most: int, *, bounded: bool = False) -> Spread:
    """A spread of durations within bounds. `bounded` ones are never exponential."""
    high = upto(stream, least, most)
    low = upto(stream, least, high)
    if not bounded and not stream.below(_EXPONENTIAL_IN):
        return Spread(0, high, Shape.EXPONENTIAL)
    return Spread(low, high)


def about(stream: Stream, least: int, most: int) -> Spread:
    """An exponential spread with a mean within bounds."""
    return Spread(0, upto(stream, least, most), Shape.EXPONENTIAL)
