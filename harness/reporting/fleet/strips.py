"""A picture of several rows over one axis: each has its name, its scale and its own line or bars.

As the rows stand one above the other, what happened at the same time is seen to have; as each
has its name beside it, nothing is told by a colour alone, and no label can lie on another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.reporting.fleet.frame import Frame
from harness.reporting.fleet.scales import Scale

Point = tuple[float, float]
"""A place on the axis across, and a value on a row's own axis."""

TALL = 96
LOW = 40
_LANE = 18
_GAP = 18
_DOT = 3.5


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `points` are in order of their places across.

    With `bars` each value holds from its place to the next one's, and the last point only ends
    the one before it. `dots` are points that are marked. `notes` stand below the name.
    """

    name: str
    notes: Sequence[str]
    points: Sequence[Point]
    up: Scale
    tint: str
    bars: bool = False
    height: int = LOW
    dots: Sequence[Point] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """When something was so, above the rows. `shaded` spans are shaded in the rows too."""

    name: str
    note: str
    spans: Sequence[tuple[int, int]]
    shaded: bool


@dataclass(frozen=True, slots=True)
class Strips:
    """The whole picture. `unit` says what the axis across counts; `shows` is for who is told."""

    title: str
    shows: str
    unit: str
    rows: Sequence[Row]
    lanes: Sequence[Lane] = ()


def draw_strips(picture: Strips, across: Scale, frame: Frame, key: str) -> Markup:
    """Draw it. `key` makes the ids within it unique on its page."""
    top = 6.0
    body: list[Markup] = []
    lanes_height = _LANE * len(picture.lanes) + (8 if picture.lanes else 0)
    bottom = top + lanes_height + sum(row.height + _GAP for row in picture.rows) - _GAP + 10
    body.extend(_shades(picture.lanes, across, frame, top, bottom))
    body.extend(frame.axis(across, top + lanes_height, bottom, picture.unit))
    for lane in picture.lanes:
        body.extend(_lane(lane, across, frame, top))
        top += _LANE
    top += 8 if picture.lanes else 0
    for row in picture.rows:
        body.extend(_row(row, across, frame, top))
        top += row.height + _GAP
    height = int(bottom) + frame.below_axis
    return frame.whole(body, key=key, title=picture.title, shows=picture.shows, height=height)


# --- lanes ----------------------------------------------------------------------------------


def _shades(
    lanes: Iterable[Lane], across: Scale, frame: Frame, top: float, bottom: float
) -> Iterator[Markup]:
    for lane in lanes:
        if lane.shaded:
            yield _boxes("shade", lane, across, frame, top, bottom - top)


def _lane(lane: Lane, across: Scale, frame: Frame, top: float) -> Iterator[Markup]:
    yield frame.label(lane.name, top + 11)
    yield _boxes("fault", lane, across, frame, top + 2, _LANE - 8)
    yield frame.margin(lane.note, top + 11)


def _boxes(look: str, lane: Lane, across: Scale, frame: Frame, top: float, height: float) -> Markup:
    """One path for all spans of a lane; those that lie within a pixel are drawn as one."""
    path = "".join(
        f"M{left:.1f} {top:.1f}h{right - left:.1f}v{height:.1f}H{left:.1f}z"
        for left, right in _merged(lane.spans, across, frame)
    )
    return Markup('<path class="{look}" d="{path}"/>\n').format(look=look, path=path)


def _merged(
    spans: Iterable[tuple[int, int]], across: Scale, frame: Frame
) -> Iterator[tuple[float, float]]:
    left = right = -1.0
    for start, end in sorted(spans):
        here = frame.x(across, start)
        there = max(frame.x(across, end), here + 1.5)
        if here > right + 0.5:
            if right > left:
                yield left, right
            left, right = here, there
        right = max(right, there)
    if right > left:
        yield left, right


# --- rows -----------------------------------------------------------------------------------


def _row(row: Row, across: Scale, frame: Frame, top: float) -> Iterator[Markup]:
    base = top + row.height
    yield frame.label(row.name, top + 11, strong=True)
    for number, note in enumerate(row.notes, 1):
        yield frame.label(note, top + 11 + 15 * number, muted=True)
    for value, label in row.up.ticks:
        y = base - row.up.at(value) * row.height
        yield frame.rule(y, strong=value == 0)
        yield frame.margin(label, y + 4)
    places = [(frame.x(across, x), _height(row, y)) for x, y in row.points]
    path = _bars(places, base) if row.bars else _line(places, base)
    look = "bars" if row.bars else "line"
    if path:
        yield Markup('<path class="{look} {tint}" d="{path}"/>\n').format(
            look=look, tint=row.tint, path=path
        )
    for x, y in row.dots:
        yield Markup('<circle class="dot {tint}" cx="{x:.1f}" cy="{y:.1f}" r="{r}"/>\n').format(
            tint=row.tint, x=frame.x(across, x), y=base - _height(row, y), r=_DOT
        )


def _height(row: Row, value: float) -> float:
    """How high it is drawn, in pixels. However little, it is seen to be more than nothing."""
    return max(row.up.at(value) * row.height, 1.5) if value > 0 else 0.0


def _line(places: Sequence[Point], base: float) -> str:
    text = "L".join(f"{x:.1f} {base - y:.1f}" for x, y in places)
    return f"M{text}" if text else ""


def _bars(places: Sequence[Point], base: float) -> str:
    if not places:
        return ""
    steps = [f"M{places[0][0]:.1f} {base:.1f}"]
    last = 0.0
    for x, y in [*places[:-1], (places[-1][0], 0.0)]:
        if y != last:
            steps.append(f"H{x:.1f}V{base - y:.1f}")
            last = y
    return "".join(steps) if len(steps) > 1 else ""
