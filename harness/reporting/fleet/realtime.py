"""What only the report of a run in real time has: what it took, and whether it proves anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from harness.checkers.fleet.durations import merged
from harness.domain import operations
from harness.history import fleet_lines
from harness.history.operation import Json
from harness.reporting.fleet.quantities import MILLISECOND, SECOND, number
from harness.reporting.fleet.wording import PERCENTILES

_LATE_P99: Final = 100 * MILLISECOND
"""A harness that is later than this with one thing of a hundred measures itself."""
_LEFT_SHOWN: Final = 3
_HDR_MAX: Final = 3_600_000_000_000
"""What is more counts as this in an HdrHistogram."""
_BUSY: Final = 0.9
"""Of a processor: an event loop that has no more to give."""


def warnings_of(realtime: fleet_lines.RealtimeLine) -> Iterator[str]:
    """Why somebody should not believe all that a report says."""
    effort = realtime.effort
    late = effort.lag.percentile(990)
    busy = effort.cpu / effort.wall if effort.wall else 0.0
    if late > _LATE_P99 or busy > _BUSY:
        yield (
            "the harness itself was the bottleneck: one thing of a hundred began"
            f" {number(late / MILLISECOND)} ms late or later, and it used {busy:.0%} of a"
            " processor; take more --workers, fewer hosts, or another machine"
        )
    if effort.starved:
        yield (
            f"the harness itself was late by {effort.starved / SECOND:.1f} s of"
            f" {effort.within / SECOND:g} s: what was not seen in time then is inconclusive, and"
            " fails nobody; take another machine, or fewer hosts"
        )
    if realtime.speed != 1_000:
        yield (
            f"durations were divided by {realtime.speed / 1_000:g}: the gate was made for the"
            " scenario's own pace"
        )
    if not effort.requests:
        yield "no request was sent, so nothing is proved"
    for what in effort.late:
        yield f"could not be arranged when it was due: {what}"


def every_answer(effort: fleet_lines.EffortLine) -> fleet_lines.DurationBuckets:
    """How long answers took, whatever was asked."""
    return merged(effort.answered.values())


def hdr_text(histogram: fleet_lines.DurationBuckets) -> str:
    """A histogram in HdrHistogram's compressed form, in base64, for its own tools. In
    microseconds, of which each bucket has its longest.
    """
    from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

    whole = HdrHistogram(1, _HDR_MAX, 3)
    for bound, count in zip(histogram.bounds, histogram.counts, strict=True):
        whole.record_value(min(bound, _HDR_MAX), count)
    return str(whole.encode().decode("ascii"))


def asked_of_played(
    realtime: fleet_lines.RealtimeLine | None, kinds: Iterable[str]
) -> tuple[str, ...]:
    """Those kinds of operations that were asked of a side which the harness played."""
    played = realtime.played if realtime is not None else ()
    asked = {kind: getattr(operations, kind, None) for kind in kinds}
    return tuple(
        name
        for name, kind in asked.items()
        if kind is not None
        and ("edge" if kind.surface is operations.Surface.LOCAL_UI else "central") in played
    )


def realtime_json(realtime: fleet_lines.RealtimeLine, kinds: Iterable[str] = ()) -> dict[str, Json]:
    """What `report.json` says of it. `kinds` of operations are those in its `latency_ms`."""
    effort = realtime.effort
    return {
        "target": realtime.target,
        "speed": realtime.speed / 1_000,
        "rate": realtime.rate,
        "budget": realtime.budget,
        "stopped": realtime.stopped,
        "left_out": [{"what": what, "why": why} for what, why in realtime.left_out],
        "played": [*realtime.played],
        "asked_of_played": [*asked_of_played(realtime, kinds)],
        "requests": effort.requests,
        "unanswered": {**effort.unanswered},
        "answered_ms": {
            "all": percentiles_json(every_answer(effort), MILLISECOND),
            **{k: percentiles_json(found, MILLISECOND) for k, found in effort.answered.items()},
        },
        "answered_hdr": hdr_text(every_answer(effort)),
        "harness": {
            "lag_ms": percentiles_json(effort.lag, MILLISECOND),
            "processor": round(effort.cpu / effort.wall, 3) if effort.wall else 0.0,
        },
        **({"storm": _storm_json(effort.storm)} if effort.storm else {}),
        "late": [*effort.late],
        "left_on_target": [*effort.left],
    }


def _storm_json(storm: fleet_lines.StormLine) -> dict[str, Json]:
    return {
        "stood": storm.stood,
        "failed": {**storm.failed},
        "p50_ms": storm.p50 / MILLISECOND,
        "p99_ms": storm.p99 / MILLISECOND,
        "max_ms": storm.longest / MILLISECOND,
    }


def percentiles_json(histogram: fleet_lines.DurationBuckets, unit: int) -> Json:
    """How many there were, and the percentiles in units of so many microseconds."""
    percentiles = {p: histogram.percentile(n) / unit for p, n in PERCENTILES.items()}
    return {"count": histogram.count, **percentiles}


def describe(realtime: fleet_lines.RealtimeLine) -> Iterator[tuple[str, str]]:
    """The same in a few lines for people, each with its heading."""
    effort = realtime.effort
    answers, wall_s = every_answer(effort), effort.wall / SECOND
    a_second = f", {number(round(effort.requests / wall_s))} a second" if wall_s else ""
    unanswered = sum(effort.unanswered.values())
    open_ = f", {number(unanswered)} without an answer" if unanswered else ""
    yield "asked", f"{number(effort.requests)} requests to {realtime.target}{a_second}{open_}"
    yield "answers", _spread(answers)
    busy = f", {effort.cpu / effort.wall:.0%} of a processor" if effort.wall else ""
    yield "harness", f"late by {_spread(effort.lag)}{busy}"
    if (storm := effort.storm) is not None:
        failed = sum(storm.failed.values())
        p99, longest = (number(round(n / MILLISECOND, 1)) for n in (storm.p99, storm.longest))
        yield (
            "storm",
            f"{number(storm.stood)} connections stood, {number(failed)} did not;"
            f" p99 {p99} ms · max {longest} ms",
        )
    for what, why in realtime.left_out:
        yield "left out", f"{what}: {why}"
    for what in effort.left[:_LEFT_SHOWN]:
        yield "left there", what
    if len(effort.left) > _LEFT_SHOWN:
        yield "left there", f"and {len(effort.left) - _LEFT_SHOWN} more things"


def _spread(histogram: fleet_lines.DurationBuckets) -> str:
    parts = (
        f"{name} {number(round(histogram.percentile(n) / MILLISECOND, 1))} ms"
        for name, n in PERCENTILES.items()
        if name in ("p50", "p99", "max")
    )
    return " · ".join(parts) if histogram.count else "none"
