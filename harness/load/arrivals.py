"""When requests are to start: a schedule that no answer has an influence on.

A load is stretches of time, each with a rate that stays or changes evenly. Arrivals are
nanoseconds after the start of the run, in order, and as even as the rate allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many seconds, over which the rate goes from one number a second to another.

    Raises:
        ValueError: a rate or the duration is negative or no number.
    """

    seconds: float
    rate_from: float
    rate_to: float

    def __post_init__(self) -> None:
        for what in (self.seconds, self.rate_from, self.rate_to):
            if not 0 <= what < 1e12:
                raise ValueError(f"a rate or duration of {what} is out of range; give 0 or more")

    @property
    def expected(self) -> float:
        """How many arrivals it has, on average."""
        return self.seconds * (self.rate_from + self.rate_to) / 2

    def time_of(self, arrivals: float) -> float:
        """After how many seconds there have been so many arrivals."""
        slope = (self.rate_to - self.rate_from) / self.seconds
        # The root of rate * t + slope / 2 * t^2 = arrivals in the form that takes a slope of 0.
        root = sqrt(max(self.rate_from**2 + 2 * slope * arrivals, 0.0))
        return 2 * arrivals / (self.rate_from + root) if arrivals else 0.0


def steady(rate: float, seconds: float) -> Stretch:
    """The same rate a second all along."""
    return Stretch(seconds, rate, rate)


def ramp(rate_from: float, rate_to: float, seconds: float) -> Stretch:
    """A rate that rises or falls evenly."""
    return Stretch(seconds, rate_from, rate_to)


def steps(rates: Iterable[float], seconds: float) -> tuple[Stretch, ...]:
    """One rate after another, each for so many seconds."""
    return tuple(steady(rate, seconds) for rate in rates)


def evenly(stretches: Sequence[Stretch]) -> Iterator[int]:
    """Arrivals as even as the rate allows, the first at once."""
    arrived, before, begins = 0, 0.0, 0.0
    for stretch in stretches:
        while arrived < before + stretch.expected:
            yield round((begins + stretch.time_of(arrived - before)) * 1e9)
            arrived += 1
        before += stretch.expected
        begins += stretch.seconds
