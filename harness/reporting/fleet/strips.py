"""A picture of several rows over one axis: each has its name, its scale and its own line or bars.

As the rows stand one above the other, what happened at the same time is seen to have; as each
has its name beside it, nothing is told by a colour alone, and no label can lie on another. What
was counted step by step becomes no more points than can be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from markupsafe import Markup

from harness.checkers.fleet.judge import GAUGES
from harness.history.fleet_lines import MeasuresLine
from harness.reporting.fleet.frame import Frame, Scale
from harness.reporting.fleet.quantities import SECOND

Point = tuple[float, float]
"""A place on the axis across, and a value on a row's own axis."""

TALL = 96
LOW = 40
_LANE = 18
_GAP = 18
_DOT = 3.5


@dataclass(frozen=True, slots=True)
class StripRow:
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
class StripBand:
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
    rows: Sequence[StripRow]
    lanes: Sequence[StripBand] = ()


def draw_strips(picture: Strips, across: Scale, frame: Frame, key: str) -> Markup:
    """Draw it. `key` makes the ids within it unique on its page."""
    top = 6.0
    body: list[Markup] = []
    lanes_height = _LANE * len(picture.lanes) + (8 if picture.lanes else 0)
    bottom = top + lanes_height + sum(row.height + _GAP for row in picture.rows) - _GAP + 10
    for lane in picture.lanes:
        if lane.shaded:
            body.append(_boxes("shade", lane, across, frame, top, bottom - top))
    body.extend(frame.axis(across, top + lanes_height, bottom, picture.unit))
    for lane in picture.lanes:
        body.append(frame.label(lane.name, top + 11))
        body.append(_boxes("fault", lane, across, frame, top + 2, _LANE - 8))
        body.append(frame.margin(lane.note, top + 11))
        top += _LANE
    top += 8 if picture.lanes else 0
    for row in picture.rows:
        body.extend(_row(row, across, frame, top))
        top += row.height + _GAP
    height = int(bottom) + frame.below_axis
    return frame.whole(body, key=key, title=picture.title, shows=picture.shows, height=height)


# --- lanes ----------------------------------------------------------------------------------


def _boxes(
    look: str, lane: StripBand, across: Scale, frame: Frame, top: float, height: float
) -> Markup:
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


def _row(row: StripRow, across: Scale, frame: Frame, top: float) -> Iterator[Markup]:
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


def _height(row: StripRow, value: float) -> float:
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


# --- the points of a row ---------------------------------------------------------------------

COLUMNS: Final = 180
"""So many bars a picture has at most; more would be narrower than a pixel of a phone."""


def busy(measures: MeasuresLine) -> MeasuresLine:
    """The run up to where nothing more happened, if a quarter of it or more is left then.

    After the work of a scenario follows a long time in which everything may settle. Where it
    had settled before, that would be most of a picture, and show nothing.
    """
    steps = max((_last_step(name, v) for name, v in measures.series.items()), default=0)
    until = max([steps * measures.bucket, *(window.end for window in measures.faults)])
    if not until or (measures.ended_at - until) * 4 < measures.ended_at:
        return measures
    steps = -(-until // measures.bucket)
    series = {name: values[:steps] for name, values in measures.series.items()}
    return msgspec.structs.replace(measures, ended_at=until, series=series)


def _last_step(name: str, values: Sequence[int]) -> int:
    """The number of the last step in which anything came, or a level changed; 0 for none."""
    before = [0, *values] if name in GAUGES else [0] * len(values)
    return max(
        (n for n, (was, now) in enumerate(zip(before, values, strict=False), 1) if was != now),
        default=0,
    )


def level_points(measures: MeasuresLine, name: str) -> list[Point]:
    """A level as it was at the end of each bucket; of many, the extremes of so many columns."""
    values = measures.series.get(name, [])
    kept = _extremes(values, max(-(-len(values) // COLUMNS), 1))
    ends = ((min((i + 1) * measures.bucket, measures.ended_at), values[i]) for i in kept)
    return [(0.0, 0.0), *((float(at), float(value)) for at, value in ends)]


def _extremes(values: Sequence[int], each: int) -> Iterator[int]:
    """Where the least and the largest of each column stand, and the last of all."""
    for first in range(0, len(values), each):
        column = range(first, min(first + each, len(values)))
        found = {min(column, key=values.__getitem__), max(column, key=values.__getitem__)}
        yield from sorted(found | {column[-1]} if column[-1] == len(values) - 1 else found)


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a series. Each is as many buckets as it takes for them not to be too many."""

    values: Sequence[int]
    width: int
    """In microseconds."""
    ended_at: int

    @property
    def points(self) -> list[Point]:
        """As many as came in each step."""
        return self._points([float(value) for value in self.values])

    @property
    def rates(self) -> list[Point]:
        """As many a second as came in each step."""
        length = max(min(self.width, self.ended_at), 1)
        return self._points([value * SECOND / length for value in self.values])

    def _points(self, values: Sequence[float]) -> list[Point]:
        starts = [(float(i * self.width), value) for i, value in enumerate(values)]
        return [*starts, (float(self.ended_at), 0.0)]


def steps_of(measures: MeasuresLine, name: str) -> Steps:
    """The steps of this series; those of all series of a run are equally wide."""
    longest = max(map(len, measures.series.values()), default=0)
    each = max(-(-longest // COLUMNS), 1)
    series = measures.series.get(name, [])
    values = [sum(series[i : i + each]) for i in range(0, len(series), each)]
    return Steps(values, each * measures.bucket, measures.ended_at)
