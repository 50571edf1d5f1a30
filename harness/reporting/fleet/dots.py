"""Percentiles of several things side by side: a row each, on one axis of durations.

Each percentile has a shape of its own, so that rows can be compared down the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from harness.reporting.fleet.frame import Frame
from harness.reporting.fleet.scales import Scale

_LINE: Final = 20
_KEY: Final = 30
_NARROW: Final = 600
"""In a picture that is not so wide, the name of a row stands above it."""


@dataclass(frozen=True, slots=True)
class DotRow:
    """One thing: its name, how many there were, and a value for each of the picture's marks."""

    name: str
    note: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Dots:
    """The whole picture. `marks` name the values of each row, five at most, in their order."""

    title: str
    shows: str
    marks: Sequence[str]
    rows: Sequence[DotRow]


def draw_dots(picture: Dots, across: Scale, frame: Frame, key: str) -> Markup:
    """Draw it. `key` makes the ids within it unique on its page."""
    above = frame.width < _NARROW
    if above:
        frame = replace(frame, left=10)
    height = 2 * _LINE if above else _LINE + 2
    bottom = _KEY + height * len(picture.rows) + 4.0
    body = [*_legend(picture.marks, frame, above), *frame.axis(across, _KEY - 4, bottom, "")]
    for number, row in enumerate(picture.rows):
        top = _KEY + number * height
        name = f"{row.name}, {row.note}" if above else row.name
        body.append(frame.label(name, top + 14))
        if not above:
            body.append(frame.margin(row.note, top + 14))
        body.extend(_row(row, across, frame, top + height - _LINE / 2 - 1))
    return frame.whole(
        body,
        key=key,
        title=picture.title,
        shows=picture.shows,
        height=int(bottom) + frame.below_axis,
    )


def _legend(marks: Sequence[str], frame: Frame, above: bool) -> Iterator[Markup]:
    x = 8.0 if above else frame.left + 6.0
    for shape, mark in zip(_SHAPES, marks, strict=False):
        yield shape(x, 11)
        yield Markup('<text class="tick" x="{x:.1f}" y="15">{mark}</text>\n').format(
            x=x + 9, mark=mark
        )
        x += 9 + len(mark) * 6.6 + (12 if above else 26)


def _row(row: DotRow, across: Scale, frame: Frame, y: float) -> Iterator[Markup]:
    places = [frame.x(across, value) for value in row.values]
    yield Markup('<path class="reach" d="M{left:.1f} {y:.1f}H{right:.1f}"/>').format(
        left=min(places), y=y, right=max(places)
    )
    for shape, x in reversed([*zip(_SHAPES, places, strict=False)]):
        yield shape(x, y)
    yield Markup("\n")


def _circle(x: float, y: float, look: str) -> Markup:
    return Markup('<circle class="{look}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>').format(
        look=look, x=x, y=y
    )


def _diamond(x: float, y: float, look: str) -> Markup:
    return Markup('<path class="{look}" d="M{x:.1f} {y:.1f}l5 5 5 -5 -5 -5z"/>').format(
        look=look, x=x - 5, y=y
    )


def _stroke(x: float, y: float) -> Markup:
    return Markup('<path class="stop" d="M{x:.1f} {y:.1f}v12"/>').format(x=x, y=y - 6)


_SHAPES: Final[tuple[Callable[[float, float], Markup], ...]] = (
    lambda x, y: _circle(x, y, "full"),
    lambda x, y: _circle(x, y, "open"),
    lambda x, y: _diamond(x, y, "full"),
    lambda x, y: _diamond(x, y, "open"),
    _stroke,
)
