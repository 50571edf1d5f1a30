"""What was counted step by step, as the points of a picture: no more than can be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from harness.history.fleet_lines import MeasuresLine
from harness.reporting.fleet.quantities import SECOND
from harness.reporting.fleet.strips import Point

COLUMNS: Final = 180
"""So many bars a picture has at most; more would be narrower than a pixel of a phone."""


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
