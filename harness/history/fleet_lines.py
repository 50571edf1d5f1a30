"""The lines that only the evidence of a fleet run has, and what a run has measured.

The evidence of a fleet is a manifest, `evidence.jsonl`, and beside it, in `parts/`, one file of
operations for each cell. The manifest's lines stand in this order: header (`kind` is `fleet`),
`fleet`, a `part` for each cell in cell order, a `verdict` for each invariant, a `violation` for
each that was found, one `measures`, a `gate` for each expression, and the footer.

Everything here is data in integers: times in microseconds since the run began, shares in
millionths. What differs between equal runs (workers, wall times) stands in the header's `run`
object and in the footer's, nowhere else.
"""

from __future__ import annotations

from typing import Final

import msgspec

from harness.history.lines import Object

PARTS: Final = "parts"
"""The folder beside the manifest."""


class DurationBuckets(msgspec.Struct, frozen=True):
    """Durations in buckets: `counts[i]` of them were at most `bounds[i]` microseconds.

    `bounds` is sorted and lists only buckets that hold any; neighbours lie within 1/64 of each
    other, so that a percentile is right to less than 2 %.
    """

    bounds: list[int] = []
    counts: list[int] = []

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.counts)

    def percentile(self, per_mille: int) -> int:
        """The duration that so many of a thousand do not exceed; 0 when there are none."""
        due = -(-self.count * per_mille // 1000)
        for bound, count in zip(self.bounds, self.counts, strict=True):
            due -= count
            if due <= 0:
                return bound
        return self.bounds[-1] if self.bounds else 0


class StormLine(msgspec.Struct, frozen=True):
    """Connections that were opened all at once, and kept: how many stand, and why others do not.

    `p50`, `p99` and `longest` are how long it took until they stood, in microseconds.
    """

    stood: int
    failed: dict[str, int]
    p50: int
    p99: int
    longest: int


class EffortLine(msgspec.Struct, frozen=True):
    """What a run in real time took, of the network and of the harness itself.

    Attributes:
        requests: how many went out.
        answered: by kind of operation, from the moment at which a request was due until its
            answer was there; those that a fault of the harness's spoiled are not among them.
        unanswered: how many had no answer, by kind of operation.
        lag: how late the harness itself was with what was due.
        starved: for how long it was late at most, of the longest bound (`within`), where that was
            too much to blame anybody by the shortest.
        cpu: processor time of the harness, in microseconds; `wall`: how long it ran.
        late: what could not be arranged when it was due, each with the reason.
        left: what could not be removed from the target.
        storm: how the connections came to stand that were opened all at once before anything
            else, if any were.
    """

    requests: int = 0
    answered: dict[str, DurationBuckets] = {}
    unanswered: dict[str, int] = {}
    lag: DurationBuckets = DurationBuckets()
    starved: int = 0
    within: int = 0
    cpu: int = 0
    wall: int = 0
    late: list[str] = []
    left: list[str] = []
    storm: StormLine | None = None


class RealtimeLine(msgspec.Struct, frozen=True, kw_only=True):
    """How a fleet ran in real time.

    Attributes:
        target: the address that was asked.
        speed: by how much the durations of the scenario were divided, in thousandths.
        rate: how operators arrived, as it was asked for; empty: as the scenario says.
        budget: what the run was allowed, as it was asked for.
        stopped: why the harness stopped the run before its end; empty where it did not.
        left_out: what the scenario asks for and the target offers no way to: what, and why.
        played: the sides that the harness played itself.
        effort: what it took.
        notes: expressions of a shipped gate that decide nothing, as the pace was not its own.
    """

    target: str
    speed: int = 1000
    rate: str = ""
    budget: str = ""
    stopped: str = ""
    left_out: list[list[str]] = []
    played: list[str] = []
    effort: EffortLine = EffortLine()
    notes: list[str] = []


class FleetLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="fleet"):
    """All that a replay needs besides the seed, which stands in the header.

    `scenario` is the whole scenario as plain data (`harness.fleet.scenario`), with `hosts` and
    `until` as they were asked for. `planted` is `mutant:NAME`, `variant:NAME` or empty.
    `stopped_at` is the end of the window, in microseconds, after which somebody stopped the run.
    `capacity` is the service time of the central plane in one window, in microseconds: what the
    grants of a window come to.
    """

    scenario: Object
    planted: str = ""
    keep_going: bool = False
    stopped_at: int | None = None
    capacity: int = 0
    realtime: RealtimeLine | msgspec.UnsetType = msgspec.UNSET
    """Only where time was real."""

    @property
    def in_real_time(self) -> RealtimeLine | None:
        """How it was in real time; `None` for a run in virtual time."""
        return self.realtime if isinstance(self.realtime, RealtimeLine) else None


class PartLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="part"):
    """The operations of one cell, or the grants of all (`name` is `grants`).

    `file` is relative to the manifest. `digest` is `sha256:…` of the uncompressed lines.
    `ended_at` is the last moment of the cell, in microseconds of the run.
    """

    name: str
    file: str
    lines: int
    operations: int
    digest: str
    ended_at: int = 0


class GrantsLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="grants"):
    """What each cell was granted of one window's service time, in microseconds of service.

    Stands in the part `grants`. A window in which nobody asked for anything has no line.
    """

    window: int
    grants: list[int]


class ViolationLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="violation"):
    """An invariant that does not hold. `at` is the end of the operation that showed it."""

    invariant: str
    cell: str
    reason: str
    operations: list[str]
    at: int


class FaultWindow(msgspec.Struct, frozen=True):
    """From when to when something was wrong, and how often: what a picture shades.

    `what` is `link`, `central`, `message`, `loss`, `slow`, `clock`, `health` or `reboot`; `end`
    is that of the run when it never ended.
    """

    what: str
    start: int
    end: int
    count: int = 1


class MeasuresLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="measures"):
    """What was measured of a run, from its operations alone.

    Attributes:
        clusters, hosts: how many were installed.
        ended_at: the last moment of the run.
        operations: how many of each kind ended how, `kind -> {"ok", "fail", "info"}`.
        reasons: how often each reason was given for a refusal.
        latency: by kind of operation, from its invocation to its end.
        waiting: from the first send of a cluster to its pairing (`to_pair`), from a send to the
            decision on it (`to_decide`).
        sometimes: how often each situation was reached, zeros included.
        bucket: the width of a step of the series.
        series: by name (`sent`, `pending`, `paired`, `rejected`, `withdrawn`, `failed`,
            `operations`, `refused`, `unknown`), a value for each step: `pending` and `paired`
            as they were at its end, the others as many as came in it.
        faults: when something was wrong, in order of start.
        requests: how many requests ended in each state, and are `open`.
        undecided: invariants that could not be judged, and why.
    """

    clusters: int = 0
    hosts: int = 0
    ended_at: int = 0
    operations: dict[str, dict[str, int]] = {}
    reasons: dict[str, int] = {}
    latency: dict[str, DurationBuckets] = {}
    waiting: dict[str, DurationBuckets] = {}
    sometimes: dict[str, int] = {}
    bucket: int = 60_000_000
    series: dict[str, list[int]] = {}
    faults: list[FaultWindow] = []
    requests: dict[str, int] = {}
    undecided: dict[str, str] = {}

    def ended(self, *outcomes: str) -> int:
        """How many operations ended so; without a word of it, in any way."""
        every = (ended for kind in self.operations.values() for ended in kind.items())
        return sum(count for how, count in every if how in outcomes or not outcomes)

    def with_undecided(self, undecided: dict[str, str]) -> MeasuresLine:
        """The same measures of a run of which this could not be judged."""
        return msgspec.structs.replace(self, undecided=undecided)


class GateLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="gate"):
    """One expression of the gate: whether it holds, by which value, and why not.

    `holds` is `None` when it could not be judged (the run never got there, or did not end).
    """

    expression: str
    value: float | None
    holds: bool | None
    reason: str = ""
