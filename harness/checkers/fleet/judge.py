"""Judges and measures the stream of one cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from harness.checkers.fleet.durations import Durations
from harness.checkers.fleet.requests import (
    ENDS,
    FAILED,
    PAIRED,
    REJECTED,
    WITHDRAWN,
    RequestTracker,
)
from harness.checkers.fleet.sometimes import ANY, SITUATIONS, Count, Situation
from harness.checkers.invariants.entities import reason_of, text
from harness.checkers.invariants.known import NOTHING, Bounds, Violations
from harness.checkers.invariants.stream import Watch, by_kind
from harness.history.fleet_lines import FaultWindow, MeasuresLine
from harness.history.operation import INFO, OK, Json, OperationRecord

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

    def __init__(self, ledger: RequestTracker, bucket: int) -> None:
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
        tally = self._tallies.get(operation.kind)
        if tally is None:
            asked = operation.actor not in _NOBODY_ASKED
            tally = self._tallies[operation.kind] = _Tally(Durations() if asked else None)
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

    def _close_step(self, series: Mapping[str, list[int]], before: dict[str, int]) -> None:
        """Write down what the step that ends has brought."""
        count, tallies = self._ledger.count, self._tallies.values()
        series["pending"].append(self._ledger.pending)
        series["paired"].append(count[PAIRED])
        refused, unknown = sum(t.fail for t in tallies), sum(t.info for t in tallies)
        totals = {
            "sent": self._ledger.sent,
            REJECTED: count[REJECTED],
            WITHDRAWN: count[WITHDRAWN],
            FAILED: count[FAILED],
            "operations": sum(t.ok for t in tallies) + refused + unknown,
            "refused": refused,
            "unknown": unknown,
        }
        for name, total in totals.items():
            series[name].append(total - before[name])
            before[name] = total


# --- when something was wrong, as a picture shades it ---------------------------------------------

KINDS: Final = (
    *("link", "central", "message", "loss", "half_open", "errors", "stale", "slow", "clock"),
    *("health", "reboot"),
)
"""What a window may be of, in the order in which windows that start together stand."""

SHARED: Final = ("central", "clock", "stale")
"""What strikes the whole fleet at once: every part of a run tells of the same ones."""


def joined(windows: Iterable[FaultWindow], gap: int) -> list[FaultWindow]:
    """Windows of the same kind in one, where no more than `gap` lies between them.

    In order of start. Joining parts that were joined before gives the same as joining all at
    once, and there are never more of a kind than the run has gaps.
    """
    found: dict[str, list[FaultWindow]] = {kind: [] for kind in KINDS}
    for window in sorted(windows, key=lambda w: (w.start, w.end)):
        of_kind = found.setdefault(window.what, [])
        if of_kind and window.start - of_kind[-1].end <= gap:
            last = of_kind.pop()
            end, count = max(last.end, window.end), last.count + window.count
            window = FaultWindow(window.what, last.start, end, count)
        of_kind.append(window)
    every = [window for of_kind in found.values() for window in of_kind]
    return sorted(every, key=lambda w: w.start)


class Faults:
    """Watches for the faults of a stream. `gap` is in microseconds, as in `joined`."""

    def __init__(self, gap: int) -> None:
        self._gap = gap
        self._windows: dict[str, list[FaultWindow]] = {kind: [] for kind in KINDS}
        self._open: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
        """What is wrong now, by a name of its own, and since when."""
        self.on_invoked: Mapping[str, Callable[[OperationRecord], None]] = {
            "Restart": lambda o: self._begins(_side(o), o.id, o.start),
            "LagBehind": lambda o: self._begins("stale", o.id, o.start),
        }
        self.on: Mapping[str, Callable[[OperationRecord], None]] = {
            "Restart": lambda o: self._ends(_side(o), o.id, o),
            "LagBehind": lambda o: self._ends("stale", o.id, o),
            "SetLink": lambda o: self._turns(
                "link", text(o.args, "host_uid"), o, right=o.args.get("up") is True
            ),
            "SetNodeHealth": lambda o: self._turns(
                "health",
                f"{text(o.args, 'slot')}/{text(o.args, 'node')}",
                o,
                right=o.args.get("health") == "Healthy",
            ),
            "DisturbMessages": self._messages,
            "FaultNextMessage": lambda o: self._over("message", o.start, o),
            "AdvanceClock": lambda o: self._over("clock", o.start, o),
        }

    def windows(self, at: int) -> list[FaultWindow]:
        """The windows so far; what is still wrong lasts until `at`."""
        lasting = [
            FaultWindow(what, since, max(since, at))
            for what, open_now in self._open.items()
            for since in open_now.values()
        ]
        past = [window for windows in self._windows.values() for window in windows]
        return joined([*past, *lasting], self._gap)

    def _begins(self, what: str, name: str, at: int) -> None:
        self._open[what].setdefault(name, at)

    def _over(self, what: str, start: int, operation: OperationRecord) -> None:
        """One is over, and takes up the windows that it overlaps or nearly does."""
        windows, count = self._windows[what], 1
        end = max(start, operation.end or operation.start)
        while windows and start - windows[-1].end <= self._gap:
            last = windows.pop()
            start, end = min(start, last.start), max(end, last.end)
            count += last.count
        windows.append(FaultWindow(what, start, end, count))

    def _ends(self, what: str, name: str, operation: OperationRecord) -> None:
        since = self._open[what].pop(name, None)
        if since is not None:
            self._over(what, since, operation)

    def _turns(self, what: str, name: str, operation: OperationRecord, *, right: bool) -> None:
        if right:
            self._ends(what, name, operation)
        else:
            self._begins(what, name, operation.start)

    def _messages(self, operation: OperationRecord) -> None:
        """Each cause disturbs the messages of a cluster once at a time, in one way."""
        args = operation.args
        name = f"{text(args, 'host_uid')}/{text(operation.tags, 'cause')}"
        kind = next((kind for kind, is_so in _DISTURBED.items() if is_so(args)), "")
        if kind:
            self._begins(kind, name, operation.start)
            return
        for kind in _DISTURBED:
            self._ends(kind, name, operation)


_DISTURBED: Final[Mapping[str, Callable[[Mapping[str, Json]], object]]] = {
    "half_open": lambda args: args.get("half_open"),
    "errors": lambda args: args.get("answered"),
    "slow": lambda args: args.get("slowed") != 1,
    "loss": lambda args: args.get("lost_before") or args.get("lost_after"),
}
"""As what a disturbance of messages counts."""


def _side(operation: OperationRecord) -> str:
    return "central" if operation.args.get("side") == "central" else "reboot"


AT_LAST: Final = "at_last"
"""The tag of what is asked only to see whether a cluster can still send: it is judged, and counts
neither as a request nor as a situation.
"""


class CellJudge:
    """All invariants, situations and measures over one stream of operations.

    `bucket` is the width of a step of the series, in microseconds. Without `watch` no invariant
    is judged, and everything is measured all the same.
    """

    def __init__(self, bounds: Bounds, *, bucket: int, watch: bool = True) -> None:
        self._ledger = RequestTracker()
        self._meter = Meter(self._ledger, bucket)
        self._sometimes = Sometimes(SITUATIONS, self._ledger)
        self._watch = Watch(limits=bounds) if watch else None
        faults = self._meter.faults
        shown = dict.fromkeys(self._sometimes.invoked_kinds, self._sometimes.invoked)
        self._invoked = by_kind([shown, faults.on_invoked, self._ledger.on_invoked])
        # Situations are shown an operation before the ledger takes it over.
        self._ended = by_kind([faults.on, self._ledger.on])

    @property
    def pending(self) -> int:
        """How many requests wait for a decision now."""
        return self._ledger.pending

    def invoked(self, operation: OperationRecord) -> None:
        for hear in () if AT_LAST in operation.tags else self._invoked.get(operation.kind, ()):
            hear(operation)
        if self._watch is not None:
            self._watch.invoked(operation)

    def ended(self, operation: OperationRecord) -> Violations:
        self._meter.ended(operation)
        if AT_LAST not in operation.tags:
            self._sometimes.ended(operation)
            for hear in self._ended.get(operation.kind, ()):
                hear(operation)
        return self._watch.ended(operation) if self._watch is not None else NOTHING

    def end(self, at: int) -> Violations:
        """Nothing more comes; by `at` everything has healed and had its time to settle."""
        self._meter.passed(at)
        return self._watch.end(at) if self._watch is not None else NOTHING

    def measures(self) -> MeasuresLine:
        """What was measured so far."""
        undecided = self._watch.undecided if self._watch is not None else {}
        return self._meter.line(self._sometimes.counts, undecided)

    def ids(self) -> bytes:
        """The digests of all pairing ids that were given, 8 bytes each, sorted, each once."""
        return self._ledger.ids()


# --- how often situations are reached ---------------------------------------------------------

_Found = tuple[str, Count]
_ShownT = TypeVar("_ShownT")


class Sometimes:
    """Counts the situations of one stream."""

    def __init__(self, situations: Mapping[str, Situation], ledger: RequestTracker) -> None:
        self.counts = dict.fromkeys(situations, 0)
        self._ledger = ledger
        counted = [(s, (s.name, s.make())) for s in situations.values()]
        self.invoked_kinds = _by_kind((s.invoked, found) for s, found in counted)
        self._ok = _by_kind((s.ok, found) for s, found in counted)
        self._info = _by_kind((s.info, found) for s, found in counted)
        self._refused = _by_kind((s.reasons, (s.refused, found)) for s, found in counted)

    def invoked(self, operation: OperationRecord) -> None:
        self._count(self.invoked_kinds[operation.kind], operation)

    def ended(self, operation: OperationRecord) -> None:
        if operation.outcome is OK:
            if found := self._ok.get(operation.kind):
                self._count(found, operation)
        elif operation.outcome is INFO:
            self._count(self._info.get(operation.kind, ()), operation)
        else:
            for kinds, one in self._refused.get(reason_of(operation), ()):
                if operation.kind in kinds or ANY in kinds:
                    self._count((one,), operation)

    def _count(self, found: Iterable[_Found], operation: OperationRecord) -> None:
        for name, count in found:
            if times := count(self._ledger, operation):
                self.counts[name] += times


def _by_kind(shown: Iterable[tuple[tuple[str, ...], _ShownT]]) -> dict[str, tuple[_ShownT, ...]]:
    """What is shown operations of each kind, or refusals for each reason, in order."""
    found: dict[str, tuple[_ShownT, ...]] = {}
    for kinds, one in shown:
        for kind in kinds:
            found[kind] = (*found.get(kind, ()), one)
    return found
