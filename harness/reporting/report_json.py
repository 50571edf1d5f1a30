"""`report.json`: the report for scripts, in the form of `schemas/report-1.schema.json`."""

from __future__ import annotations

from typing import cast

import msgspec

from harness.catalogue.requirement import Requirement
from harness.catalogue.verdict import Overall
from harness.history.lines import EvidenceHeader
from harness.history.operation import Json
from harness.reporting.model import Report, RequirementReport, ScenarioReport

SCHEMA = "pairproof/report/1"


def report_json(report: Report, evidence_file: str = "") -> dict[str, Json]:
    """The report as JSON data. `evidence_file` is how the report names its evidence."""
    evidence = report.evidence
    return {
        **run_json(report.header, report.verdict, report.why),
        "started_at": report.started_at,
        "ended_at": report.ended_at,
        "duration_s": report.duration_s,
        **({"resumed_at": [*at]} if (at := report.header.run.resumed_at) else {}),
        **harness_json(report.header),
        "counts": {**report.counts},
        "scenario_counts": {**report.scenario_counts},
        "requirements": [*map(report_of_requirement, report.requirements)],
        "left_out": {**report.left_out},
        "observations": [plain_json(o) for o in report.observations],
        "warnings": [*report.warnings],
        "waivers": [
            {**_fields(w.waiver), "standing": w.standing.value, "told": w.told}
            for w in report.waivers
        ],
        "repeats": [plain_json(r) for r in report.repeats],
        "leaks": [
            {name: v for name, v in _fields(line).items() if name not in ("type", "n")}
            for line in evidence.leaks
        ],
        "evidence": {
            "file": evidence_file or evidence.path.name,
            "sha256": evidence.sha256,
            "operations": evidence.operation_count,
            "complete": evidence.complete and not evidence.problems,
            "problems": [*evidence.problems],
        },
    }


def run_json(header: EvidenceHeader, verdict: Overall, why: str) -> dict[str, Json]:
    """What every report of whatever kind begins with: its verdict, and what was tested."""
    return {
        "schema": SCHEMA,
        "kind": header.kind,
        "verdict": verdict.value,
        "why": why,
        "implementation": plain_json(header.implementation),
        "edition": header.edition,
        "roles": [*header.roles],
        "profile": header.profile,
        "driver": header.driver,
        "seed": header.seed,
        "repeat": header.repeat,
        "features": [*header.features],
        "selection": plain_json(header.selection),
    }


def harness_json(header: EvidenceHeader) -> dict[str, Json]:
    """What ran it, and on what."""
    return {
        "harness": {"version": header.harness.version, "commit": header.run.commit},
        "platform": plain_json(header.run.platform),
    }


def encode_json(document: Json) -> bytes:
    """The document as indented UTF-8 text with its end of line."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def requirement_json(requirement: Requirement) -> dict[str, Json]:
    """What the catalogue says of a requirement, as far as a report repeats it."""
    return {
        "id": requirement.id,
        "role": requirement.role.value,
        "level": requirement.level.value,
        "profile": requirement.profile.value,
        "title": requirement.title,
        "source": requirement.source,
    }


def report_of_requirement(report: RequirementReport) -> Json:
    """What was found of a requirement, and what each of its scenarios says."""
    return {
        **requirement_json(report.requirement),
        "verdict": report.verdict.value,
        "reason": report.reason,
        "unstable": report.unstable,
        "waived": None if report.waived is None else plain_json(report.waived),
        "scenarios": [_scenario(s) for s in report.scenarios],
    }


def _scenario(report: ScenarioReport) -> Json:
    return {
        "id": report.line.id,
        "name": report.line.name,
        "feature": report.line.feature,
        "line": report.line.line,
        "verdict": report.verdict.value,
        "reason": report.reason,
        "duration_s": report.duration_s,
        "operations": [*report.operations],
        "reproduce": report.reproduce,
        "waived": None if report.waived is None else plain_json(report.waived),
        "repeats": [plain_json(r) for r in report.repeats],
    }


def _fields(value: object) -> dict[str, Json]:
    return cast("dict[str, Json]", plain_json(value))


def plain_json(value: object) -> Json:
    """A value as JSON data: objects by the names of their fields."""
    return cast(Json, msgspec.to_builtins(value))
