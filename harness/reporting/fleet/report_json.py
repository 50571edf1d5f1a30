"""`report.json` of a fleet run: that of any run, and what only a fleet has."""

from __future__ import annotations

from harness.catalogue.verdict import Overall, Verdict
from harness.history.fleet_lines import GateLine
from harness.history.operation import Json
from harness.reporting.fleet.faults import fault_kinds
from harness.reporting.fleet.model import FleetReport
from harness.reporting.fleet.quantities import MILLISECOND, SECOND
from harness.reporting.fleet.realtime import percentiles_json, realtime_json
from harness.reporting.model import count
from harness.reporting.report_json import harness_json, report_of_requirement, run_json

_AS_VERDICT = {
    Overall.CONFORMS: Verdict.PASS,
    Overall.DOES_NOT_CONFORM: Verdict.FAIL,
    Overall.INCONCLUSIVE: Verdict.INCONCLUSIVE,
}


def fleet_report_json(report: FleetReport) -> dict[str, Json]:
    """The report as JSON data."""
    evidence, measures = report.evidence, report.measures
    return {
        **run_json(report.header, report.verdict, report.why),
        "scenario": report.scenario,
        "scenario_why": report.scenario_why,
        "planted": evidence.fleet.planted,
        "hosts": measures.hosts,
        "clusters": measures.clusters,
        "virtual_s": measures.ended_at / SECOND,
        "started_at": report.started_at,
        "ended_at": report.ended_at,
        "duration_s": report.duration_s or 0.0,
        **harness_json(report.header),
        "gate": [*map(_untyped, report.gates)],
        "reach": [*map(_untyped, report.demands)],
        "checkers": [
            {
                "id": checker.requirement.id,
                "verdict": checker.verdict.value,
                "reason": checker.why,
                "operations": [*checker.operations],
            }
            for checker in report.requirements
        ],
        "violations": [
            {
                "invariant": line.invariant,
                "cell": line.cell,
                "reason": line.reason,
                "operations": [*line.operations],
                "at_s": line.at / SECOND,
                "replay": report.replay,
                "shrink": report.shrink,
            }
            for line in evidence.violations
        ],
        "throughput": throughput(report),
        "latency_ms": {k: percentiles_json(h, MILLISECOND) for k, h in measures.latency.items()},
        "waiting_s": {k: percentiles_json(h, SECOND) for k, h in measures.waiting.items()},
        "operations": {kind: {**counts} for kind, counts in measures.operations.items()},
        "refusals": {**measures.reasons},
        "requests": {**measures.requests},
        "faults": [
            {
                "what": kind.what,
                "count": kind.count,
                "windows": len(kind.windows),
                "first_s": kind.first / SECOND,
                "last_s": kind.last / SECOND,
                "lasted_s": kind.lasted / SECOND,
            }
            for kind in fault_kinds(measures)
        ],
        "sometimes": {
            situation.name: {
                "count": situation.count,
                "per_thousand_hosts": situation.per_thousand_hosts,
                "wanted_per_thousand_hosts": situation.wanted_per_thousand_hosts,
                "reached": None if situation.demand is None else situation.demand.holds is True,
            }
            for situation in report.situations
        },
        "undecided": {**measures.undecided},
        "counts": {**report.counts},
        "scenario_counts": {**count([_AS_VERDICT[report.verdict]])},
        "requirements": [*map(report_of_requirement, report.requirements)],
        **(
            {"realtime": realtime_json(report.realtime, measures.latency)}
            if report.realtime
            else {}
        ),
        "left_out": {},
        "observations": [],
        "warnings": [*report.warnings],
        "evidence": {
            "file": report.evidence_file,
            "sha256": evidence.sha256,
            "digest": evidence.digest,
            "operations": evidence.operation_count,
            "complete": evidence.complete and not report.problems,
            "problems": [*report.problems],
        },
    }


def _untyped(line: GateLine) -> Json:
    """A line of evidence without what kind of line it is."""
    return {name: getattr(line, name) for name in line.__struct_fields__}


def throughput(report: FleetReport) -> dict[str, Json]:
    """Operations for each second of virtual time, and for each of the wall's clock if known."""
    measures, total = report.measures, report.measures.ended()
    wall_s, paired = report.duration_s, measures.requests.get("paired", 0)
    most = max(measures.series.get("operations", ()), default=0)
    bucket = max(min(measures.bucket, measures.ended_at), 1)
    return {
        "operations": total,
        "per_virtual_s": _per(total, measures.ended_at),
        "per_virtual_s_max": _per(most, bucket),
        "paired_per_virtual_s": _per(paired, measures.ended_at),
        "per_wall_s": round(total / wall_s, 3) if wall_s else None,
    }


def _per(amount: int, microseconds: int) -> float:
    return round(amount * SECOND / microseconds, 3) if microseconds else 0.0
