"""Axes: where a value lies on one, and at which values it is labelled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from harness.reporting.fleet.quantities import (
    DAY,
    HOUR,
    MILLISECOND,
    MINUTE,
    SECOND,
    duration,
    short,
)

Tick = tuple[float, str]
"""A value and how it is written."""

_TIMES: Final = (
    *((MILLISECOND, n) for n in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *((SECOND, n) for n in (1, 2, 5, 10, 15, 30)),
    *((MINUTE, n) for n in (1, 2, 5, 10, 15, 30)),
    *((HOUR, n) for n in (1, 2, 3, 6, 12)),
    *((DAY, n * 10**power) for power in range(5) for n in (1, 2, 5)),
)
"""Steps between which people count time: a unit, and how many of it."""

_NAMES: Final = {MILLISECOND: "ms", SECOND: "s", MINUTE: "min", HOUR: "h", DAY: "d"}

_DECADES: Final = (
    *(10**power for power in range(8)),
    *(MINUTE, 10 * MINUTE, HOUR, 10 * HOUR, DAY),
    *(DAY * 10**power for power in range(1, 5)),
)
_BETWEEN: Final = (
    *(n * 10**power for power in range(3) for n in (1, 2, 5)),
    *(unit * n for unit, n in _TIMES),
)
"""Durations at which a logarithmic axis is labelled, when it is long, and when it is short."""


class Scale(Protocol):
    """One axis, from 0 at its beginning to 1 at its end."""

    @property
    def ticks(self) -> Sequence[Tick]:
        """Where it is labelled, in order."""
        ...

    def at(self, value: float) -> float:
        """Where a value lies; what lies beyond an end lies on it."""
        ...


@dataclass(frozen=True, slots=True)
class Linear:
    """Equal steps are equally far apart. It begins with 0."""

    top: float
    ticks: Sequence[Tick]

    def at(self, value: float) -> float:
        """Where a value lies."""
        return min(max(value / self.top, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """Equal ratios are equally far apart. What is below `low` lies on it."""

    low: float
    top: float
    ticks: Sequence[Tick]

    def at(self, value: float) -> float:
        """Where a value lies."""
        inside = min(max(value, self.low), self.top)
        return math.log(inside / self.low) / math.log(self.top / self.low)


def time_scale(end: int, most: int) -> Linear:
    """Time since the beginning, in microseconds, with `most` steps at most.

    It ends where the run does, not at a tick.
    """
    top = max(end, 1)
    unit, n = next(((u, n) for u, n in _TIMES if u * n * most >= top), (DAY, 10**5))
    marks = range(0, top + 1, unit * n)
    return Linear(top, [(at, f"{at // unit} {_NAMES[unit]}" if at else "0") for at in marks])


def amount_scale(largest: float, most: int, *, whole: bool = True) -> Linear:
    """Amounts from 0 to at least `largest`, in `most` steps at most of 1, 2 or 5 times a power.

    With `whole` no step is smaller than 1.
    """
    step = _round_step(largest / most) if largest > 0 else 1.0
    step = max(step, 1.0) if whole else step
    steps = max(math.ceil(round(largest / step, 9)), 1)
    return Linear(steps * step, [(step * n, short(round(step * n, 9))) for n in range(steps + 1)])


def share_scale() -> Linear:
    """Shares of a whole, in per cent."""
    return Linear(100.0, [(0, "0"), (50, "50 %"), (100, "100 %")])


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20 … (or 0.5, 0.2 …) that is no less than `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(n * power for n in (1, 2, 5, 10) if round(n * power, 12) >= round(least, 12))


def duration_scale(durations: Iterable[int]) -> Logarithmic:
    """Durations in microseconds, some of them above 0, from the tick below to the tick above."""
    found = [d for d in durations if d > 0] or [MILLISECOND]
    low = max(t for t in (1, *_BETWEEN) if t <= min(found))
    top = min((t for t in _BETWEEN if t >= max(found)), default=max(found))
    top = top if top > low else next(t for t in (*_BETWEEN, 2 * low) if t > low)
    decades = [t for t in _DECADES if low <= t <= top]
    ticks = decades if len(decades) >= 3 else [t for t in _BETWEEN if low <= t <= top]
    return Logarithmic(low, top, [(t, duration(t)) for t in ticks])
