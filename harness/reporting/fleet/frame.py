"""Where the parts of a picture lie: names on the left, values on the right, the axis below.

An axis says where a value lies on it, and at which values it is labelled.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from markupsafe import Markup

from harness.reporting.fleet import quantities
from harness.reporting.svg import drawing

_LETTER: Final = 6.9
"""About how wide a letter is, in pixels: labels that would touch are left out."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture so wide, with so much room at either side of what is drawn, in pixels.

    `look` is the class by which a page shows it where it fits: `wide` or `narrow`.
    """

    look: str
    width: int
    left: int
    right: int
    steps: int
    """How many steps the axis of time may have."""

    @property
    def below_axis(self) -> int:
        """How high the labels of the axis are."""
        return 24

    def x(self, across: Scale, value: float) -> float:
        """Where this value of the axis lies."""
        return self.left + across.at(value) * (self.width - self.left - self.right)

    def axis(self, across: Scale, top: float, bottom: float, unit: str) -> Iterator[Markup]:
        """The axis across, with a line up from each tick."""
        yield self.label(unit, bottom + 17, muted=True)
        free = float(self.left) - 14
        for value, label in across.ticks:
            x = self.x(across, value)
            yield Markup('<path class="grid" d="M{x:.1f} {top:.1f}V{y:.1f}"/>').format(
                x=x, top=top, y=bottom + 4
            )
            half = len(label) * _LETTER / 2
            if x - half >= free:
                free = x + half + 8
                yield Markup(
                    '<text class="tick middle" x="{x:.1f}" y="{y:.1f}">{label}</text>\n'
                ).format(x=x, y=bottom + 17, label=label)

    def rule(self, y: float, *, strong: bool = False) -> Markup:
        """A line across, at the height of a tick."""
        return Markup('<path class="{look}" d="M{left} {y:.1f}H{right}"/>').format(
            look="base" if strong else "grid", left=self.left, y=y, right=self.width - self.right
        )

    def label(self, text: str, y: float, *, strong: bool = False, muted: bool = False) -> Markup:
        """Text on the left."""
        look = "name" if strong else "tick" if muted else "lane"
        return Markup('<text class="{look}" x="0" y="{y:.1f}">{text}</text>').format(
            look=look, y=y, text=text
        )

    def margin(self, text: str, y: float) -> Markup:
        """Text on the right."""
        return Markup('<text class="tick" x="{x}" y="{y:.1f}">{text}</text>\n').format(
            x=self.width - self.right + 7, y=y, text=text
        )

    def whole(
        self, body: Iterable[Markup], *, key: str, title: str, shows: str, height: int
    ) -> Markup:
        """The drawing itself."""
        return drawing(
            Markup("").join(body),
            look=f"plot {self.look}",
            key=key,
            title=title,
            shows=shows,
            width=self.width,
            height=height,
        )


Tick = tuple[float, str]
"""A value and how it is written."""

# --- axes ------------------------------------------------------------------------------------

_TIMES: Final = (
    *((quantities.MILLISECOND, n) for n in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *((quantities.SECOND, n) for n in (1, 2, 5, 10, 15, 30)),
    *((quantities.MINUTE, n) for n in (1, 2, 5, 10, 15, 30)),
    *((quantities.HOUR, n) for n in (1, 2, 3, 6, 12)),
    *((quantities.DAY, n * 10**power) for power in range(5) for n in (1, 2, 5)),
)
"""Steps between which people count time: a unit, and how many of it."""

_NAMES: Final = {
    quantities.MILLISECOND: "ms",
    quantities.SECOND: "s",
    quantities.MINUTE: "min",
    quantities.HOUR: "h",
    quantities.DAY: "d",
}

_DECADES: Final = (
    *(10**power for power in range(8)),
    *(n * unit for unit in (quantities.MINUTE, quantities.HOUR) for n in (1, 10)),
    *(quantities.DAY * 10**power for power in range(5)),
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

    def at(self, value: float) -> float:
        """Where a value lies; what lies beyond an end lies on it."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Equal steps are equally far apart. It begins with 0."""

    top: float
    ticks: Sequence[Tick]

    def at(self, value: float) -> float:
        return min(max(value / self.top, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """Equal ratios are equally far apart. What is below `low` lies on it."""

    low: float
    top: float
    ticks: Sequence[Tick]

    def at(self, value: float) -> float:
        inside = min(max(value, self.low), self.top)
        return math.log(inside / self.low) / math.log(self.top / self.low)


def time_scale(end: int, most: int) -> Linear:
    """Time since the beginning, in microseconds, with `most` steps at most.

    It ends where the run does, not at a tick.
    """
    top = max(end, 1)
    unit, n = next(((u, n) for u, n in _TIMES if u * n * most >= top), (quantities.DAY, 10**5))
    marks = range(0, top + 1, unit * n)
    return Linear(top, [(at, f"{at // unit} {_NAMES[unit]}" if at else "0") for at in marks])


def amount_scale(largest: float, most: int, *, whole: bool = True) -> Linear:
    """Amounts from 0 to at least `largest`, in `most` steps at most of 1, 2 or 5 times a power.

    With `whole` no step is smaller than 1.
    """
    step = _round_step(largest / most) if largest > 0 else 1.0
    step = max(step, 1.0) if whole else step
    steps = max(math.ceil(round(largest / step, 9)), 1)
    return Linear(
        steps * step, [(step * n, quantities.short(round(step * n, 9))) for n in range(steps + 1)]
    )


def share_scale() -> Linear:
    """Shares of a whole, in per cent."""
    return Linear(100.0, [(0, "0"), (50, "50 %"), (100, "100 %")])


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, 20 … (or 0.5, 0.2 …) that is no less than `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(n * power for n in (1, 2, 5, 10) if round(n * power, 12) >= round(least, 12))


def duration_scale(durations: Iterable[int]) -> Logarithmic:
    """Durations in microseconds, some of them above 0, from the tick below to the tick above."""
    found = [d for d in durations if d > 0] or [quantities.MILLISECOND]
    low = max(t for t in (1, *_BETWEEN) if t <= min(found))
    top = min((t for t in _BETWEEN if t >= max(found)), default=max(found))
    top = top if top > low else next(t for t in (*_BETWEEN, 2 * low) if t > low)
    decades = [t for t in _DECADES if low <= t <= top]
    ticks = decades if len(decades) >= 3 else [t for t in _BETWEEN if low <= t <= top]
    return Logarithmic(low, top, [(t, quantities.duration(t)) for t in ticks])
