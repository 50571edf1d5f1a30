"""What was counted step by step, as the points of a picture: no more than can be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from harness.checkers.fleet.measures import GAUGES
from harness.history.fleet_lines import MeasuresLine
from harness.reporting.fleet.quantities import SECOND
from harness.reporting.fleet.strips import Point

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
