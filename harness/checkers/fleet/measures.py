"""What is measured of a stream: counts, latencies, waiting, and how things went over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.checkers.fleet.durations import Durations
from harness.checkers.fleet.faults import Faults
from harness.checkers.fleet.requests import ENDS, FAILED, PAIRED, REJECTED, WITHDRAWN, Ledger
from harness.checkers.invariants.entities import reason_of
from harness.history.fleet_lines import MeasuresLine
from harness.history.operation import INFO, OK, OperationRecord

GAUGES: Final = ("pending", "paired")
"""Series that say how many there were at the end of each step."""

COUNTERS: Final = ("sent", *(e for e in ENDS if e != PAIRED), "operations", "refused", "unknown")
"""Series that say how many came in each step."""

INTENDED: Final = "intended"
"""The tag of an operation that began later than it was due: when that was, in microseconds."""

_NOBODY_ASKED: Final = frozenset({"harness", "nemesis"})
"""Actors whose operations arrange the world: how long these take says nothing."""


class _Tally:
    """How the operations of one kind ended, and how long they took."""

    __slots__ = ("fail", "info", "latency", "ok")

    def __init__(self, latency: Durations | None) -> None:
        self.ok = self.fail = self.info = 0
        self.latency = latency


class Meter:
    """Measures one stream; `bucket` is the width of a step of the series, in microseconds.

    An operation that was not answered counts with the time for which it was waited for, and one
    that began late with the time since it was due.
    `ended` is to be told of an operation before the ledger is.
    """

    def __init__(self, ledger: Ledger, bucket: int) -> None:
        self._ledger = ledger
        self._bucket = bucket
        self._tallies: dict[str, _Tally] = {}
        self._reasons: dict[str, int] = {}
        self._series: dict[str, list[int]] = {name: [] for name in (*GAUGES, *COUNTERS)}
        self._before = dict.fromkeys(COUNTERS, 0)
        """The totals at the end of the last full step."""
        self._step_ends = bucket
        self._ended_at = 0
        self.faults = Faults(bucket)

    def ended(self, operation: OperationRecord) -> None:
        """An operation has its outcome."""
        end = operation.end
        if end is None:
            end = operation.start
        if end >= self._step_ends:
            self.passed(end)
        elif end > self._ended_at:
            self._ended_at = end
        tally = self._tallies.get(operation.kind) or self._new(operation)
        if operation.outcome is OK:
            tally.ok += 1
        elif operation.outcome is INFO:
            tally.info += 1
        else:
            tally.fail += 1
            reason = reason_of(operation)
            self._reasons[reason] = self._reasons.get(reason, 0) + 1
        if tally.latency is not None:
            start = operation.start
            if INTENDED in operation.tags:  # in real time, where the harness itself was late
                start = operation.tags[INTENDED]  # type: ignore[assignment]
            tally.latency.add(end - start)

    def passed(self, at: int) -> None:
        """So much time has passed."""
        self._ended_at = max(at, self._ended_at)
        steps = (at - self._step_ends) // self._bucket + 1
        if steps > 0:
            self._close_step(self._series, self._before)
            self._step_ends += steps * self._bucket
        if steps > 1:
            for name, values in self._series.items():  # nothing came in those that follow
                values += [values[-1] if name in GAUGES else 0] * (steps - 1)

    def line(self, sometimes: Mapping[str, int], undecided: Mapping[str, str]) -> MeasuresLine:
        """What was measured so far."""
        ledger = self._ledger
        series = {name: list(values) for name, values in self._series.items()}
        self._close_step(series, dict(self._before))
        tallies = sorted(self._tallies.items())
        return MeasuresLine(
            clusters=ledger.clusters,
            hosts=ledger.hosts,
            ended_at=self._ended_at,
            operations={k: {"ok": t.ok, "fail": t.fail, "info": t.info} for k, t in tallies},
            reasons=dict(sorted(self._reasons.items())),
            latency={k: t.latency.histogram() for k, t in tallies if t.latency is not None},
            waiting={
                "to_pair": ledger.to_pair.histogram(),
                "to_decide": ledger.to_decide.histogram(),
            },
            sometimes=dict(sometimes),
            bucket=self._bucket,
            series=series,
            faults=self.faults.windows(self._ended_at),
            requests=dict(ledger.count),
            undecided=dict(undecided),
        )

    def _new(self, operation: OperationRecord) -> _Tally:
        asked = operation.actor not in _NOBODY_ASKED
        tally = self._tallies[operation.kind] = _Tally(Durations() if asked else None)
        return tally

    def _close_step(self, series: Mapping[str, list[int]], before: dict[str, int]) -> None:
        """Write down what the step that ends has brought."""
        series["pending"].append(self._ledger.pending)
        series["paired"].append(self._ledger.count[PAIRED])
        for name, total in self._totals().items():
            series[name].append(total - before[name])
            before[name] = total

    def _totals(self) -> dict[str, int]:
        count, tallies = self._ledger.count, self._tallies.values()
        refused, unknown = sum(t.fail for t in tallies), sum(t.info for t in tallies)
        return {
            "sent": self._ledger.sent,
            REJECTED: count[REJECTED],
            WITHDRAWN: count[WITHDRAWN],
            FAILED: count[FAILED],
            "operations": sum(t.ok for t in tallies) + refused + unknown,
            "refused": refused,
            "unknown": unknown,
        }
