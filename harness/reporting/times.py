"""When a run was, and how long things took, as its evidence tells it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from harness.history.operation import OperationRecord
from harness.history.reader import Evidence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def span_s(operations: Iterable[OperationRecord]) -> float:
    """From the first start to the last end, in seconds."""
    times = [t for o in operations for t in (o.start, o.end) if t is not None]
    return round((max(times) - min(times)) / 1e6, 6) if times else 0.0


def times_of(evidence: Evidence) -> tuple[str, str, float]:
    """When the run started and ended, and its length in seconds.

    A run that was cut off has no end of its own: its last operation is its end.
    """
    started_at = evidence.header.run.started_at
    ended_at = evidence.footer.run.ended_at if evidence.footer else ""
    passed_s = seconds_between(started_at, ended_at)
    if passed_s is not None:
        return started_at, ended_at, passed_s
    started = _moment(started_at)
    lasted_s = span_s(o for h in evidence.histories.values() for o in h.operations)
    if started:
        last = started + timedelta(seconds=lasted_s)
        return started_at, last.isoformat().replace("+00:00", "Z"), lasted_s
    return started_at, ended_at, lasted_s


def seconds_between(started_at: str, ended_at: str) -> float | None:
    """From one wall time to another, RFC 3339 both; `None` when either is none."""
    started, ended = _moment(started_at), _moment(ended_at)
    return round((ended - started).total_seconds(), 6) if started and ended else None


def microseconds_of(at: str) -> int:
    """A wall time, RFC 3339, since the epoch; 0 where it is none."""
    moment = _moment(at)
    since = moment - _EPOCH if moment else timedelta()
    return since // timedelta(microseconds=1)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
