"""The measures of a whole run from those of its cells, and ids that two cells have given."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from harness.checkers.fleet import durations
from harness.checkers.fleet.errors import MergeError
from harness.checkers.fleet.faults import SHARED, joined
from harness.checkers.fleet.measures import GAUGES
from harness.checkers.fleet.requests import ID_BYTES
from harness.checkers.invariants.ids import digests
from harness.history.fleet_lines import FaultWindow, MeasuresLine

PartT = TypeVar("PartT")
T = TypeVar("T")


def merge(parts: Iterable[MeasuresLine]) -> MeasuresLine:
    """What was measured of all parts together.

    Merging some first and then the others gives the same. Only of what could not be decided,
    the first part that says so in the order given is the one that says why.

    Raises:
        MergeError: their series have steps of different width.
    """
    every = list(parts)
    if not every:
        return MeasuresLine()
    buckets = {part.bucket for part in every}
    if len(buckets) > 1:
        raise MergeError(f"parts have steps of {', '.join(map(str, sorted(buckets)))} µs")
    bucket = every[0].bucket
    return MeasuresLine(
        clusters=sum(part.clusters for part in every),
        hosts=sum(part.hosts for part in every),
        ended_at=max(part.ended_at for part in every),
        operations=_by_key([part.operations for part in every], _summed),
        reasons=dict(sorted(_summed([part.reasons for part in every]).items())),
        latency=_by_key([part.latency for part in every], durations.merged),
        waiting=_by_key([part.waiting for part in every], durations.merged),
        sometimes=_summed([part.sometimes for part in every]),
        bucket=bucket,
        series=_series(every),
        faults=joined(_faults(every), bucket),
        requests=_summed([part.requests for part in every]),
        undecided=_by_key([part.undecided for part in every], itemgetter(0)),
    )


def shared_ids(parts: Iterable[bytes]) -> list[tuple[bytes, tuple[int, ...]]]:
    """Each digest that more than one part holds, with the places of these parts (INV-5).

    The parts are sorted digests of ids, `ID_BYTES` each, as `CellJudge.ids` gives them.
    """
    places = (_placed(place, part) for place, part in enumerate(parts))
    found = []
    for digest, same in groupby(heapq.merge(*places), key=itemgetter(0)):
        of_parts = tuple(place for _, place in same)
        if len(of_parts) > 1:
            found.append((digest, of_parts))
    return found


def _placed(place: int, part: bytes) -> Iterator[tuple[bytes, int]]:
    return ((digest, place) for digest in digests(part, ID_BYTES))


def _faults(parts: Sequence[MeasuresLine]) -> Iterator[FaultWindow]:
    """Those of all parts; what every part tells of counts once, as the fullest part has it."""
    for part in parts:
        yield from (window for window in part.faults if window.what not in SHARED)
    for what in SHARED:
        told = ([window for window in part.faults if window.what == what] for part in parts)
        yield from max(told, key=_fullness)


def _fullness(windows: Sequence[FaultWindow]) -> tuple[int, list[tuple[int, int]]]:
    return sum(w.count for w in windows), [(w.start, w.end) for w in windows]


def _summed(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """The sums by key, in the order in which the parts have them."""
    keys = dict.fromkeys(key for part in parts for key in part)
    return {key: sum(part.get(key, 0) for part in parts) for key in keys}


def _by_key(parts: Sequence[Mapping[str, PartT]], join: Callable[[list[PartT]], T]) -> dict[str, T]:
    keys = sorted({key for part in parts for key in part})
    return {key: join([part[key] for part in parts if key in part]) for key in keys}


def _series(parts: Sequence[MeasuresLine]) -> dict[str, list[int]]:
    """Step by step; a part that ended before the others stays as it was."""
    names = dict.fromkeys(name for part in parts for name in part.series)
    return {name: _steps([p.series.get(name, []) for p in parts], name) for name in names}


def _steps(parts: Sequence[Sequence[int]], name: str) -> list[int]:
    length = max(map(len, parts))
    holds = name in GAUGES
    filled = [
        [*part, *[part[-1] if holds and part else 0] * (length - len(part))] for part in parts
    ]
    return [sum(step) for step in zip(*filled, strict=True)]
