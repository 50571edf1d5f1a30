"""`report.json`: the report for scripts, in the form of `schemas/report-1.schema.json`."""

from __future__ import annotations

from typing import cast

import msgspec

from harness.history.operation import Json
from harness.reporting.model import Report, RequirementReport, ScenarioReport

SCHEMA = "pairproof/report/1"


def report_json(report: Report, evidence_file: str = "") -> dict[str, Json]:
    """The report as JSON data. `evidence_file` is how the report names its evidence."""
    header = report.header
    return {
        "schema": SCHEMA,
        "kind": header.kind,
        "verdict": report.verdict.value,
        "why": report.why,
        "implementation": _plain(header.implementation),
        "edition": header.edition,
        "roles": [*header.roles],
        "profile": header.profile,
        "driver": header.driver,
        "seed": header.seed,
        "repeat": header.repeat,
        "features": [*header.features],
        "selection": _plain(header.selection),
        "started_at": report.started_at,
        "ended_at": report.ended_at,
        "duration_s": report.duration_s,
        "harness": {"version": header.harness.version, "commit": header.run.commit},
        "platform": _plain(header.run.platform),
        "counts": {**report.counts},
        "scenario_counts": {**report.scenario_counts},
        "requirements": [_requirement(r) for r in report.requirements],
        "left_out": {**report.left_out},
        "observations": [_plain(o) for o in report.observations],
        "warnings": [*report.warnings],
        "evidence": {
            "file": evidence_file or report.evidence.path.name,
            "sha256": report.evidence.sha256,
            "operations": report.evidence.operation_count,
            "complete": report.evidence.complete,
            "problems": [*report.evidence.problems],
        },
    }


def encode_json(document: Json) -> bytes:
    """The document as indented UTF-8 text with its end of line."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _requirement(report: RequirementReport) -> Json:
    requirement = report.requirement
    return {
        "id": requirement.id,
        "role": requirement.role.value,
        "level": requirement.level.value,
        "profile": requirement.profile.value,
        "title": requirement.title,
        "source": requirement.source,
        "verdict": report.verdict.value,
        "reason": report.reason,
        "waived": None if report.waived is None else _plain(report.waived),
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
    }


def _plain(value: object) -> Json:
    return cast(Json, msgspec.to_builtins(value))
