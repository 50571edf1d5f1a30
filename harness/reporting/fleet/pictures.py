"""The pictures of a run, made of what was measured: each wide, and narrow for a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from harness.history.fleet_lines import DurationBuckets, MeasuresLine
from harness.history.wording import describe_kind
from harness.reporting.fleet import strips
from harness.reporting.fleet.faults import describe, lanes
from harness.reporting.fleet.frame import (
    Frame,
    Scale,
    amount_scale,
    duration_scale,
    share_scale,
    time_scale,
)
from harness.reporting.fleet.quantities import brief, duration, number, short
from harness.reporting.fleet.wording import PERCENTILES, VIRTUAL, WAITINGS, not_of_target

_WIDE: Final = Frame("wide", width=920, left=140, right=64, steps=9)
_NARROW: Final = Frame("narrow", width=360, left=96, right=58, steps=4)
_WIDE_DOTS: Final = Frame("wide", width=920, left=220, right=80, steps=9)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture. `about` stands below its title; `data` is the file with its figures."""

    title: str
    about: str
    data: str
    wide: Markup
    narrow: Markup


def pictures(measures: MeasuresLine, time: str = VIRTUAL, own: Sequence[str] = ()) -> list[Picture]:
    """All that there is to be seen of a run; of an empty one, nothing. The kinds of operations that
    are its `own` were asked of a side that the harness played.
    """
    seen = strips.busy(measures)
    rest = ""
    if seen is not measures:
        rest = (
            f" Of {duration(measures.ended_at)} the first {duration(seen.ended_at)} are shown:"
            " nothing happened after that."
        )
    over_time = (make(seen, rest, time) for make in (requests_over_time, operations_over_time))
    others = (latencies(measures, time, own), waitings(measures))
    return [picture for picture in (*over_time, *others) if picture]


def requests_over_time(
    measures: MeasuresLine, rest: str = "", time: str = VIRTUAL
) -> Picture | None:
    """What became of requests as time went by; nothing when there were none."""
    flows = {"sent": "blue", "rejected": "orange", "withdrawn": "purple", "failed": "red"}
    if not any(any(measures.series.get(name, ())) for name in ("pending", "paired", *flows)):
        return None
    rows = [_level(measures, "pending", "blue"), _level(measures, "paired", "green")]
    rows += [_flow(measures, name, tint) for name, tint in flows.items()]
    about = (
        "Pending and paired are as they were at each moment, the others as many as came in each"
        f" {duration(strips.steps_of(measures, 'sent').width)}. Each row has its own scale.{rest}"
    )
    return _over_time(f"Requests over {time}", about, rows, measures, "requests", time)


def operations_over_time(
    measures: MeasuresLine, rest: str = "", time: str = VIRTUAL
) -> Picture | None:
    """How many operations there were a second, and how many were refused or unknown."""
    if not any(measures.series.get("operations", ())):
        return None
    rows = [
        _rate(measures, "operations", "blue", 4, strips.TALL),
        _rate(measures, "refused", "orange"),
        _rate(measures, "unknown", "red"),
    ]
    about = (
        "All of them; those that were answered with a refusal, as many must be; and those to"
        " which no well-formed answer came. Means over"
        f" {duration(strips.steps_of(measures, 'operations').width)}.{rest}"
    )
    title = f"Operations a second of {time}"
    return _over_time(title, about, rows, measures, "operations", time)


def latencies(
    measures: MeasuresLine, time: str = VIRTUAL, own: Sequence[str] = ()
) -> Picture | None:
    """Percentiles of how long each kind of operation took, the slowest first."""
    timed = [(kind, h) for kind, h in measures.latency.items() if h.percentile(1000)]
    timed.sort(key=lambda pair: (-pair[1].percentile(990), pair[0]))
    if not timed:
        return None
    rows = []
    for kind, h in timed:
        values = [h.percentile(n) for n in PERCENTILES.values()]
        rows.append(DotRow(describe_kind(kind), f"× {short(h.count)}", values))
    picture = Dots(
        title="How long operations took",
        shows="; ".join(f"{row.name}: {_describe_percentiles(row.values)}" for row in rows),
        marks=("p50 (half)", "p90", "p99", "p99.9", "longest"),
        rows=rows,
    )
    kinds = [describe_kind(k) for k, h in measures.latency.items() if not h.percentile(1000)]
    at_once = f" These took no {time}: {', '.join(kinds)}." if kinds else ""
    across = duration_scale(value for row in rows for value in row.values)
    return Picture(
        picture.title,
        f"In {time} from the call to its answer, the network and the central side's"
        f" queue included, the slowest first.{at_once}{not_of_target(own)}",
        "latency.csv",
        draw_dots(picture, across, _WIDE_DOTS, "latency-wide"),
        draw_dots(picture, across, _NARROW, "latency-narrow"),
    )


def waitings(measures: MeasuresLine) -> Picture | None:
    """Which share of requests had been decided, and of clusters paired, after how long."""
    waited = {name: h for name in WAITINGS if (h := measures.waiting.get(name, _NONE)).count}
    if not waited:
        return None
    across = duration_scale(b for h in waited.values() for b in (h.bounds[0], h.bounds[-1]))
    rows = [_waiting(name, h) for name, h in waited.items()]
    picture = strips.Strips(
        title="How long it took to decide and to pair",
        shows="; ".join(f"{row.name}: {', '.join(row.notes)}" for row in rows),
        unit="after",
        rows=rows,
    )
    about = "; ".join(WAITINGS[name].sentence for name in waited)
    return Picture(
        title=picture.title,
        about=f"Which share was over after how long: {about}. What never came is not counted."
        " The dots are at 50, 90 and 99 %.",
        data="waiting.csv",
        wide=strips.draw_strips(picture, across, _WIDE, "waiting-wide"),
        narrow=strips.draw_strips(picture, across, _NARROW, "waiting-narrow"),
    )


def _over_time(
    title: str,
    about: str,
    rows: Sequence[strips.StripRow],
    measures: MeasuresLine,
    key: str,
    time: str,
) -> Picture:
    told = [f"{row.name}: {', '.join(row.notes)}" for row in rows]
    told += [f"{lane.name}: {lane.note}" for lane in lanes(measures)]
    picture = strips.Strips(title, "; ".join(told), time, rows, lanes(measures))

    def draw(frame: Frame, size: str) -> Markup:
        across = time_scale(measures.ended_at, frame.steps)
        return strips.draw_strips(picture, across, frame, f"{key}-{size}")

    about += describe(measures)
    return Picture(title, about, "series.csv", draw(_WIDE, "wide"), draw(_NARROW, "narrow"))


# --- rows -----------------------------------------------------------------------------------

_NONE: Final = DurationBuckets()


def _level(measures: MeasuresLine, name: str, tint: str) -> strips.StripRow:
    values = measures.series.get(name) or [0]
    return strips.StripRow(
        name=name.capitalize(),
        notes=(f"most {number(max(values))}", f"end {number(values[-1])}"),
        points=strips.level_points(measures, name),
        up=amount_scale(max(values), 4),
        tint=tint,
        height=strips.TALL,
    )


def _flow(measures: MeasuresLine, name: str, tint: str) -> strips.StripRow:
    steps = strips.steps_of(measures, name)
    return strips.StripRow(
        name=name.capitalize(),
        notes=(f"in all {number(sum(steps.values))}",),
        points=steps.points,
        up=amount_scale(max(steps.values, default=0), 2),
        tint=tint,
        bars=True,
    )


def _rate(
    measures: MeasuresLine, name: str, tint: str, ticks: int = 2, height: int = strips.LOW
) -> strips.StripRow:
    steps = strips.steps_of(measures, name)
    most = max(rate for _, rate in steps.rates)
    return strips.StripRow(
        name=name.capitalize(),
        notes=(f"in all {number(sum(steps.values))}", f"most {number(most)}/s"),
        points=steps.rates,
        up=amount_scale(most, ticks, whole=False),
        tint=tint,
        bars=True,
        height=height,
    )


def _waiting(name: str, histogram: DurationBuckets) -> strips.StripRow:
    tints = {"to_decide": "blue", "to_pair": "green"}
    percentiles = {per_mille: histogram.percentile(per_mille) for per_mille in (500, 900, 990)}
    return strips.StripRow(
        name=WAITINGS[name].short,
        notes=(
            f"in all {number(histogram.count)}",
            f"half by {brief(percentiles[500])}",
            f"99 % by {brief(percentiles[990])}",
        ),
        points=[*_shares(histogram)],
        up=share_scale(),
        tint=tints.get(name, "blue"),
        height=strips.TALL,
        dots=[(float(at), per_mille / 10) for per_mille, at in percentiles.items()],
    )


def _shares(histogram: DurationBuckets) -> Iterator[tuple[float, float]]:
    """Which share was over after how long, in steps; those too small to be seen are left out."""
    so_far = drawn = 0
    least = histogram.count // 400
    yield 0.0, 0.0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=True):
        so_far += count
        if so_far - drawn > least or so_far == histogram.count:
            yield float(bound), drawn * 100 / histogram.count
            yield float(bound), so_far * 100 / histogram.count
            drawn = so_far


def _describe_percentiles(values: Sequence[int]) -> str:
    return ", ".join(
        f"{name} {duration(value)}" for name, value in zip(PERCENTILES, values, strict=True)
    )


# --- percentiles side by side: a row each, on one axis of durations --------------------------

_LINE: Final = 20
_KEY: Final = 30
_NARROW_WIDTH: Final = 600
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
    above = frame.width < _NARROW_WIDTH
    if above:
        frame = replace(frame, left=10)
    height = 2 * _LINE if above else _LINE + 2
    bottom = _KEY + height * len(picture.rows) + 4.0
    body = [*_legend(picture.marks, frame, above), *frame.axis(across, _KEY - 4, bottom, "")]
    for line, row in enumerate(picture.rows):
        top = _KEY + line * height
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
