"""Evidence of fleets, made by hand: each as its name says. Nothing here is drawn by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from harness.catalogue.verdict import Verdict
from harness.checkers.fleet.gate import evaluate
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.history import fleet_lines
from harness.history.lines import EvidenceHeader, HarnessInfo, Implementation, RunInfo, VerdictLine
from harness.history.manifest import write_manifest
from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.parts import PartWriter, part_file

MS, S = 1_000, 1_000_000
MIN, H = 60 * S, 3_600 * S

HEADER = EvidenceHeader(
    harness=HarnessInfo("0.4.0"),
    edition="2026-11",
    kind="fleet",
    implementation=Implementation(name="pairproof reference", version="0.4.0"),
    roles=["central", "edge"],
    profile="resilience",
    driver="inprocess",
    seed=4711,
    run=RunInfo(
        command=["pairproof", "fleet", "flaky-wan", "--hosts", "2000", "--seed", "4711"],
        started_at="2026-11-24T10:00:00Z",
        platform={"python": "3.11.7", "system": "Linux"},
        workers=2,
        commit="0123456789abcdef0123456789abcdef01234567",
    ),
)
INVARIANTS = tuple(f"INV-{n}" for n in range(1, 11))


@dataclass
class Fleet:
    """What a manifest is made of."""

    scenario: dict[str, object]
    measures: fleet_lines.MeasuresLine
    gate: Sequence[str] = ("violations == 0",)
    violations: Sequence[fleet_lines.ViolationLine] = ()
    operations: Sequence[OperationRecord] = ()
    verdicts: Mapping[str, tuple[Verdict, str]] = field(default_factory=dict)
    planted: str = ""
    interrupted: bool = False
    realtime: fleet_lines.RealtimeLine | UnsetType = UNSET
    header: EvidenceHeader = HEADER
    ended_at: str = "2026-11-24T10:00:41.500000Z"

    def write(self, folder: Path) -> Path:
        """Write parts and manifest; returns the manifest."""
        path = folder / "evidence.jsonl"
        cells = dict.fromkeys([o.scenario for o in self.operations] or ["00"])
        write_manifest(
            path,
            self.header,
            fleet_lines.FleetLine(
                scenario=self.scenario, planted=self.planted, realtime=self.realtime
            ),
            [self._part(folder, cell) for cell in cells],
            [self._verdict(id_) for id_ in INVARIANTS],
            self.violations,
            self.measures,
            evaluate(self.gate, self.measures, len(self.violations), not self.interrupted),
            interrupted=self.interrupted,
            ended_at=self.ended_at,
        )
        return path

    def _part(self, folder: Path, cell: str) -> fleet_lines.PartLine:
        writer = PartWriter(folder / part_file(cell), cell)
        for operation in self.operations:
            if operation.scenario == cell:
                writer.invoke(operation)
                writer.outcome(operation)
        return writer.close()

    def _verdict(self, id_: str) -> VerdictLine:
        broken = next((v for v in self.violations if v.invariant == id_), None)
        verdict, reason = self.verdicts.get(id_, (Verdict.PASS, ""))
        if broken:
            verdict, reason = Verdict.FAIL, broken.reason
        return VerdictLine(
            requirement=id_,
            scenario=str(self.scenario["name"]),
            verdict=verdict,
            reason=reason,
            operations=broken.operations if broken else [],
            at=self.measures.ended_at,
        )


def scenario(name: str, why: str, reach: Mapping[str, int] | None = None) -> dict[str, object]:
    return {"name": name, "why": why, "reach": [list(pair) for pair in (reach or {}).items()]}


def histogram(median: int, count: int, spread: int = 40) -> fleet_lines.DurationBuckets:
    """So many durations around a median, with a long tail; `spread` in per cent a step."""
    steps = [(2, -4), (12, -3), (90, -2), (240, -1), (330, 0), (200, 1), (90, 2), (25, 3)]
    steps += [(8, 5), (2, 7), (1, 10)]
    bounds = [int(median * (1 + spread / 100) ** power) for _, power in steps]
    counts = [max(count * share // 1000, 1) for share, _ in steps]
    return fleet_lines.DurationBuckets(sorted(set(bounds)), counts[: len(set(bounds))])


def wave(n: int, length: int, height: int, at: float, wide: float) -> int:
    """The n-th of so many steps of one hill; `at` and `wide` are shares of the whole."""
    distance = abs(n / max(length, 1) - at) / wide
    return int(height * max(1 - distance * distance, 0))


def calm() -> Fleet:
    """Two hours of 1,000 hosts; everything holds."""
    steps, bucket = 120, MIN
    sent = [wave(n, steps, 18, 0.2, 0.22) + n % 2 for n in range(steps)]
    decided = [0, 0, 0, *sent[:-3]]
    rejected = [d // 9 for d in decided]
    withdrawn = [1 if n % 17 == 5 else 0 for n in range(steps)]
    levels = {"pending": [0] * steps, "paired": [0] * steps}
    for n in range(steps):
        before = n - 1 if n else 0
        levels["paired"][n] = levels["paired"][before] + decided[n] - rejected[n]
        levels["pending"][n] = max(sum(sent[: n + 1]) - sum(decided[: n + 1]), 0)
    operations = [40 * s + 900 + 70 * (n % 7) for n, s in enumerate(sent)]
    measures = fleet_lines.MeasuresLine(
        clusters=1_000,
        hosts=1_000,
        ended_at=2 * H,
        operations={
            "SendPairingRequest": {"ok": sum(sent), "fail": 12, "info": 0},
            "SubmitPairing": {"ok": sum(sent), "fail": 9, "info": 0},
            "PollPairing": {"ok": sum(operations) - 9_000, "fail": 0, "info": 3},
            "AcceptPairingRequest": {"ok": sum(decided) - sum(rejected), "fail": 4, "info": 0},
            "RejectPairingRequest": {"ok": sum(rejected), "fail": 2, "info": 0},
            "CancelPairingRequest": {"ok": sum(withdrawn), "fail": 1, "info": 0},
            "MatchProfiles": {"ok": sum(decided) + 30, "fail": 0, "info": 0},
            "ViewCluster": {"ok": 4_100, "fail": 0, "info": 0},
        },
        reasons={"ClusterNotRunning": 12, "RequestDecided": 6, "TokenRefused": 9},
        latency={
            "SendPairingRequest": histogram(180 * MS, sum(sent)),
            "SubmitPairing": histogram(110 * MS, sum(sent)),
            "PollPairing": histogram(92 * MS, 100_000, 20),
            "AcceptPairingRequest": histogram(74 * MS, sum(decided)),
            "RejectPairingRequest": histogram(71 * MS, sum(rejected)),
            "CancelPairingRequest": histogram(140 * MS, sum(withdrawn)),
            "MatchProfiles": histogram(88 * MS, sum(decided)),
            "ViewCluster": fleet_lines.DurationBuckets([0], [4_100]),
        },
        waiting={
            "to_decide": histogram(150 * S, sum(decided), 35),
            "to_pair": histogram(190 * S, sum(decided) - sum(rejected), 35),
        },
        sometimes={name: (n * 7) % 40 for n, name in enumerate(SITUATIONS)},
        bucket=bucket,
        series={
            **levels,
            "sent": sent,
            "rejected": rejected,
            "withdrawn": withdrawn,
            "failed": [0] * steps,
            "operations": operations,
            "refused": [n % 3 for n in range(steps)],
            "unknown": [1 if n % 40 == 0 else 0 for n in range(steps)],
        },
        requests={"open": 0, "paired": levels["paired"][-1], "rejected": sum(rejected),
                  "withdrawn": sum(withdrawn), "failed": 0},
    )  # fmt: skip
    return Fleet(
        scenario(
            "steady-day",
            "A fleet at work: what goes wrong here goes wrong everywhere.",
            {"cancel_refused_accepted": 1000, "submit_again_after_lost_answer": 1000},
        ),
        measures,
        gate=(
            "violations == 0",
            "latency_ms.accept.p99 < 5000",
            "waiting_s.to_pair.p50 < 600",
            "requests.open == 0",
        ),
    )


def faulty() -> Fleet:
    """The calm run with every kind of fault, two violations and a gate that does not hold."""
    base = calm()
    faults = [
        fleet_lines.FaultWindow("message", 0, 2 * H, 4_211),
        *(
            fleet_lines.FaultWindow("link", n * 9 * MIN, (n * 9 + 2 + n % 3) * MIN, 40 + n)
            for n in range(1, 12)
        ),
        fleet_lines.FaultWindow("central", 31 * MIN, 36 * MIN),
        fleet_lines.FaultWindow("central", 80 * MIN, 82 * MIN),
        fleet_lines.FaultWindow("clock", 60 * MIN, 60 * MIN),
        fleet_lines.FaultWindow("health", 20 * MIN, 55 * MIN, 33),
        fleet_lines.FaultWindow("reboot", 90 * MIN, 97 * MIN, 120),
    ]
    series = dict(base.measures.series)
    series["unknown"] = [40 if 31 <= n < 36 or 80 <= n < 82 else n % 4 for n in range(120)]
    series["operations"] = [60 if 31 <= n < 36 else v for n, v in enumerate(series["operations"])]
    series["failed"] = [1 if n % 13 == 4 else 0 for n in range(120)]
    measures = msgspec.structs.replace(
        base.measures,
        faults=faults,
        series=series,
        undecided={"INV-8": "18 decisions on one request have no answer, more than can be tried"},
        requests={**base.measures.requests, "open": 3, "stale": 2},
    )
    operations = one_manager_is_broken()
    ids = [o.id for o in operations]
    return Fleet(
        scenario(
            "flaky-wan", base.scenario["why"], {"cancel_in_flight": 5000, "confirmed_twice": 0}
        ),
        measures,
        gate=(
            "violations == 0",
            "latency_ms.accept.p99 < 250",
            "waiting_s.to_pair.p50 < 600",
            "requests.open == 0",
            "latency_ms.verify.p99 < 5000",
        ),
        violations=[
            fleet_lines.ViolationLine(
                invariant="INV-1",
                cell="07",
                reason="cluster c-0000412 took a central change (07#19) while its host was still"
                " local: <b>no</b> confirmation of 6f0c1d9a7b3e4f5a8c2d1e0f had come",
                operations=ids[:5],
                at=operations[4].end or 0,
            ),
            fleet_lines.ViolationLine(
                invariant="INV-5",
                cell="07",
                reason="pairing id 6f0c1d9a7b3e4f5a8c2d1e0f was given to two clusters",
                operations=[ids[0], ids[5]],
                at=operations[5].end or 0,
            ),
        ],
        operations=operations,
        verdicts={"INV-8": (Verdict.INCONCLUSIVE, measures.undecided["INV-8"])},
        planted="mutant:takes_over_before_confirmation",
    )


def one_manager_is_broken() -> list[OperationRecord]:
    """A central change that takes effect before the host has confirmed; and an id given twice."""
    uid = "6f0c1d9a7b3e4f5a8c2d1e0f"
    request: dict[str, Json] = {"pairing_uid": uid}
    start = 31 * MIN + 12 * S
    return [
        operation(3, "operator", "SendPairingRequest", start, 240 * MS, "host-412", value=request),
        operation(11, "admin:ana@acme.example", "AcceptPairingRequest", start + 70 * S, 80 * MS,
                  "", args=request, value={"cluster_uid": "c-0000412"}),
        operation(14, "agent", "ConfirmPairing", start + 71 * S, 10 * S, "host-412",
                  args=request, outcome=Outcome.INFO, error={"why": "no answer within 10 s"}),
        operation(19, "admin:ben@acme.example", "ChangeCentralCluster", start + 74 * S, 65 * MS,
                  "", args={"cluster_uid": "c-0000412", "change": {"tags": {"x": "1"}}}, value={}),
        operation(22, "operator", "PatchCluster", start + 75 * S, 30 * MS, "host-412",
                  outcome=Outcome.FAIL,
                  error={"reason": "CentrallyManaged", "message": "<i>no</i>", "details": {}}),
        operation(31, "operator", "SendPairingRequest", start + 90 * S, 300 * MS, "host-413",
                  value=request),
    ]  # fmt: skip


def operation(
    number: int,
    actor: str,
    kind: str,
    start: int,
    took: int,
    host: str,
    *,
    args: Mapping[str, Json] | None = None,
    outcome: Outcome = Outcome.OK,
    value: Mapping[str, Json] | None = None,
    error: Mapping[str, Json] | None = None,
    cell: str = "07",
) -> OperationRecord:
    return OperationRecord(
        id=f"{cell}#{number}",
        scenario=cell,
        actor=actor,
        kind=kind,
        args=args or {},
        start=start,
        end=start + took,
        outcome=outcome,
        value=value,
        error=error,
        tags={"host": host} if host else {},
    )


def empty() -> Fleet:
    """A run in which nothing happened at all."""
    return Fleet(scenario("nobody-there", ""), fleet_lines.MeasuresLine(), ended_at="")


def day() -> Fleet:
    """24 hours of 1,000 hosts, with shifts, in steps of a minute; faults all the time."""
    steps = 1_440
    at_work = [n for n in range(steps) if 8 * 60 <= n < 17 * 60]
    sent = [3 + wave(n, steps, 9, 0.45, 0.4) + n % 3 for n in range(steps)]
    decided = [0] * steps
    waiting = 0
    pending = [0] * steps
    for n in range(steps):
        waiting += sent[n]
        decided[n] = min(waiting, 18 + n % 5) if at_work[0] <= n <= at_work[-1] else 0
        waiting -= decided[n]
        pending[n] = waiting
    rejected = [d // 8 for d in decided]
    paired = [sum(decided[: n + 1]) - sum(rejected[: n + 1]) for n in range(steps)]
    operations = [
        400 + 60 * s + 300 * (n % 5) + 40 * d
        for n, (s, d) in enumerate(zip(sent, decided, strict=True))
    ]
    base = calm().measures
    measures = msgspec.structs.replace(
        base,
        clusters=400,
        ended_at=24 * H + 15 * MIN,
        bucket=MIN,
        series={
            "pending": pending,
            "paired": paired,
            "sent": sent,
            "rejected": rejected,
            "withdrawn": [1 if n % 50 == 9 else 0 for n in range(steps)],
            "failed": [1 if n == 700 else 0 for n in range(steps)],
            "operations": operations,
            "refused": [n % 11 for n in range(steps)],
            "unknown": [n % 7 // 6 for n in range(steps)],
        },
        waiting={
            "to_decide": histogram(90 * MIN, sum(decided), 70),
            "to_pair": histogram(95 * MIN, sum(decided) - sum(rejected), 70),
        },
        faults=[
            fleet_lines.FaultWindow("link", n * 4 * MIN, (n * 4 + 1 + n % 3) * MIN, 1 + n % 9)
            for n in range(360)
        ]
        + [fleet_lines.FaultWindow("central", 11 * H, 11 * H + 20 * MIN)],
    )
    return Fleet(scenario("steady-day", "A whole day."), measures)


def million() -> Fleet:
    """Six hours of a million hosts."""
    base = calm().measures
    scale = 4_321
    series = {name: [v * scale for v in values] for name, values in base.series.items()}
    measures = msgspec.structs.replace(
        base,
        clusters=1_000_000,
        hosts=1_000_000,
        ended_at=6 * H,
        bucket=3 * MIN,
        series=series,
        operations={k: {o: n * scale for o, n in c.items()} for k, c in base.operations.items()},
        latency={
            kind: fleet_lines.DurationBuckets(h.bounds, [c * scale for c in h.counts])
            for kind, h in base.latency.items()
        },
        sometimes={name: n * scale for name, n in base.sometimes.items()},
        requests={state: n * scale for state, n in base.requests.items()},
        faults=[fleet_lines.FaultWindow("link", 2 * H, 2 * H + 40 * MIN, 1_000_000)],
    )
    return Fleet(scenario("million", "Whether size alone breaks anything."), measures)


def stopped() -> Fleet:
    """The faulty run, stopped by its first violation."""
    base = faulty()
    return replace(base, violations=base.violations[:1], interrupted=True)


ALL = {f.__name__: f for f in (calm, faulty, stopped, empty, day, million)}
