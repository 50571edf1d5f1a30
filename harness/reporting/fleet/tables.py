"""The figures behind the pictures, as CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from harness.history.fleet_lines import Histogram, MeasuresLine
from harness.reporting.fleet.model import FleetReport
from harness.reporting.fleet.quantities import MILLISECOND, SECOND
from harness.reporting.fleet.wording import PERCENTILES

Cell = str | int | float | None
DATA: Final = "data"
"""The folder of the files, beside the report."""


def tables(report: FleetReport) -> Mapping[str, bytes]:
    """Every file by its name."""
    measures = report.measures
    return {
        "series.csv": _csv(_series(measures)),
        "latency.csv": _csv(_latency(measures)),
        "waiting.csv": _csv(_waiting(measures)),
        "faults.csv": _csv(_faults(measures)),
        "sometimes.csv": _csv(_sometimes(report)),
    }


def _csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _harmless(cell: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula begins with a quote."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


def _series(measures: MeasuresLine) -> Iterator[Sequence[Cell]]:
    """A row for each step: when it began, and each series."""
    names = list(measures.series)
    yield ["start_s", *names]
    for i in range(max(map(len, measures.series.values()), default=0)):
        values = (measures.series[name] for name in names)
        yield [i * measures.bucket / SECOND, *(v[i] if i < len(v) else None for v in values)]


def _latency(measures: MeasuresLine) -> Iterator[Sequence[Cell]]:
    yield ["operation", "count", *(f"{name}_ms" for name in PERCENTILES)]
    for kind, h in measures.latency.items():
        yield [kind, h.count, *(h.percentile(n) / MILLISECOND for n in PERCENTILES.values())]


def _waiting(measures: MeasuresLine) -> Iterator[Sequence[Cell]]:
    """How many waited at most so long, and no less than the row before says."""
    yield ["waiting", "at_most_s", "count", "share_so_far"]
    for name, histogram in measures.waiting.items():
        for bound, count, share in _so_far(histogram):
            yield [name, bound / SECOND, count, share]


def _so_far(histogram: Histogram) -> Iterator[tuple[int, int, float]]:
    so_far = 0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=True):
        so_far += count
        yield bound, count, round(so_far / histogram.count, 6)


def _faults(measures: MeasuresLine) -> Iterator[Sequence[Cell]]:
    yield ["what", "start_s", "end_s", "count"]
    for w in measures.faults:
        yield [w.what, w.start / SECOND, w.end / SECOND, w.count]


def _sometimes(report: FleetReport) -> Iterator[Sequence[Cell]]:
    yield ["situation", "count", "per_thousand_hosts", "wanted_per_thousand_hosts"]
    for s in report.situations:
        yield [s.name, s.count, s.per_thousand_hosts, s.wanted_per_thousand_hosts]
