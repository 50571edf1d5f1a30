"""The pictures of a run, made of what was measured: each wide, and narrow for a phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from harness.history.fleet_lines import Histogram, MeasuresLine
from harness.reporting.fleet.dots import DotRow, Dots, draw_dots
from harness.reporting.fleet.faults import in_words, lanes
from harness.reporting.fleet.frame import Frame
from harness.reporting.fleet.quantities import brief, duration, number, short
from harness.reporting.fleet.scales import amount_scale, duration_scale, share_scale, time_scale
from harness.reporting.fleet.series import busy, level_points, steps_of
from harness.reporting.fleet.strips import LOW, TALL, Row, Strips, draw_strips
from harness.reporting.fleet.wording import PERCENTILES, VIRTUAL, WAITINGS
from harness.reporting.words import kind_in_words

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


def pictures(measures: MeasuresLine, time: str = VIRTUAL) -> list[Picture]:
    """All that there is to be seen of a run; of an empty one, nothing."""
    seen = busy(measures)
    rest = ""
    if seen is not measures:
        rest = (
            f" Of {duration(measures.ended_at)} the first {duration(seen.ended_at)} are shown:"
            " nothing happened after that."
        )
    over_time = (make(seen, rest, time) for make in (requests_over_time, operations_over_time))
    others = (latencies(measures, time), waitings(measures))
    return [picture for picture in (*over_time, *others) if picture]


def requests_over_time(
    measures: MeasuresLine, rest: str = "", time: str = VIRTUAL
) -> Picture | None:
    """What became of requests as time went by; nothing when there were none."""
    flows = {"sent": "blue", "rejected": "orange", "withdrawn": "purple", "failed": "red"}
    if not any(any(measures.series.get(name, ())) for name in ("pending", "paired", *flows)):
        return None
    rows = [
        *(
            _level(measures, name, tint)
            for name, tint in (("pending", "blue"), ("paired", "green"))
        ),
        *(_flow(measures, name, tint) for name, tint in flows.items()),
    ]
    about = (
        "Pending and paired are as they were at each moment, the others as many as came in each"
        f" {duration(steps_of(measures, 'sent').width)}. Each row has its own scale.{rest}"
    )
    return _over_time(f"Requests over {time}", about, rows, measures, "requests", time)


def operations_over_time(
    measures: MeasuresLine, rest: str = "", time: str = VIRTUAL
) -> Picture | None:
    """How many operations there were a second, and how many were refused or unknown."""
    if not any(measures.series.get("operations", ())):
        return None
    rows = [
        _rate(measures, "operations", "blue", 4, TALL),
        _rate(measures, "refused", "orange"),
        _rate(measures, "unknown", "red"),
    ]
    about = (
        "All of them; those that were answered with a refusal, as many must be; and those to"
        " which no well-formed answer came. Means over"
        f" {duration(steps_of(measures, 'operations').width)}.{rest}"
    )
    title = f"Operations a second of {time}"
    return _over_time(title, about, rows, measures, "operations", time)


def latencies(measures: MeasuresLine, time: str = VIRTUAL) -> Picture | None:
    """Percentiles of how long each kind of operation took, the slowest first."""
    timed = [(kind, h) for kind, h in measures.latency.items() if h.percentile(1000)]
    timed.sort(key=lambda pair: (-pair[1].percentile(990), pair[0]))
    rows = [DotRow(kind_in_words(k), f"× {short(h.count)}", _percentiles(h)) for k, h in timed]
    if not rows:
        return None
    picture = Dots(
        title="How long operations took",
        shows="; ".join(f"{row.name}: {_percentiles_in_words(row.values)}" for row in rows),
        marks=("p50 (half)", "p90", "p99", "p99.9", "longest"),
        rows=rows,
    )
    at_once = [kind_in_words(k) for k, h in measures.latency.items() if not h.percentile(1000)]
    across = duration_scale(value for row in rows for value in row.values)
    return Picture(
        title=picture.title,
        about=f"In {time} from the call to its answer, the network and the central side's"
        f" queue included, the slowest first.{_at_once(at_once, time)}",
        data="latency.csv",
        wide=draw_dots(picture, across, _WIDE_DOTS, "latency-wide"),
        narrow=draw_dots(picture, across, _NARROW, "latency-narrow"),
    )


def waitings(measures: MeasuresLine) -> Picture | None:
    """Which share of requests had been decided, and of clusters paired, after how long."""
    waited = {name: h for name in WAITINGS if (h := measures.waiting.get(name, _NONE)).count}
    if not waited:
        return None
    across = duration_scale(b for h in waited.values() for b in (h.bounds[0], h.bounds[-1]))
    rows = [_waiting(name, h) for name, h in waited.items()]
    picture = Strips(
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
        wide=draw_strips(picture, across, _WIDE, "waiting-wide"),
        narrow=draw_strips(picture, across, _NARROW, "waiting-narrow"),
    )


def _over_time(
    title: str,
    about: str,
    rows: Sequence[Row],
    measures: MeasuresLine,
    key: str,
    time: str,
) -> Picture:
    told = [f"{row.name}: {', '.join(row.notes)}" for row in rows]
    told += [f"{lane.name}: {lane.note}" for lane in lanes(measures)]
    picture = Strips(title, "; ".join(told), time, rows, lanes(measures))

    def draw(frame: Frame, size: str) -> Markup:
        across = time_scale(measures.ended_at, frame.steps)
        return draw_strips(picture, across, frame, f"{key}-{size}")

    return Picture(
        title=title,
        about=f"{about}{in_words(measures)}",
        data="series.csv",
        wide=draw(_WIDE, "wide"),
        narrow=draw(_NARROW, "narrow"),
    )


# --- rows -----------------------------------------------------------------------------------

_NONE: Final = Histogram()


def _level(measures: MeasuresLine, name: str, tint: str) -> Row:
    values = measures.series.get(name) or [0]
    return Row(
        name=name.capitalize(),
        notes=(f"most {number(max(values))}", f"end {number(values[-1])}"),
        points=level_points(measures, name),
        up=amount_scale(max(values), 4),
        tint=tint,
        height=TALL,
    )


def _flow(measures: MeasuresLine, name: str, tint: str) -> Row:
    steps = steps_of(measures, name)
    return Row(
        name=name.capitalize(),
        notes=(f"in all {number(sum(steps.values))}",),
        points=steps.points,
        up=amount_scale(max(steps.values, default=0), 2),
        tint=tint,
        bars=True,
    )


def _rate(measures: MeasuresLine, name: str, tint: str, ticks: int = 2, height: int = LOW) -> Row:
    steps = steps_of(measures, name)
    most = max(rate for _, rate in steps.rates)
    return Row(
        name=name.capitalize(),
        notes=(f"in all {number(sum(steps.values))}", f"most {number(most)}/s"),
        points=steps.rates,
        up=amount_scale(most, ticks, whole=False),
        tint=tint,
        bars=True,
        height=height,
    )


def _waiting(name: str, histogram: Histogram) -> Row:
    tints = {"to_decide": "blue", "to_pair": "green"}
    percentiles = {per_mille: histogram.percentile(per_mille) for per_mille in (500, 900, 990)}
    return Row(
        name=WAITINGS[name].short,
        notes=(
            f"in all {number(histogram.count)}",
            f"half by {brief(percentiles[500])}",
            f"99 % by {brief(percentiles[990])}",
        ),
        points=[*_shares(histogram)],
        up=share_scale(),
        tint=tints.get(name, "blue"),
        height=TALL,
        dots=[(float(at), per_mille / 10) for per_mille, at in percentiles.items()],
    )


def _shares(histogram: Histogram) -> Iterator[tuple[float, float]]:
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


def _percentiles(histogram: Histogram) -> list[int]:
    return [histogram.percentile(per_mille) for per_mille in PERCENTILES.values()]


def _percentiles_in_words(values: Sequence[int]) -> str:
    return ", ".join(
        f"{name} {duration(value)}" for name, value in zip(PERCENTILES, values, strict=True)
    )


def _at_once(kinds: Sequence[str], time: str) -> str:
    return f" These took no {time}: {', '.join(kinds)}." if kinds else ""
