"""What broke an invariant: its operations, fetched from the parts, drawn and told in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.catalogue.requirement import Requirement
from harness.catalogue.requirements.invariants import INVARIANTS
from harness.history.errors import EvidenceError
from harness.history.fleet_lines import ViolationLine
from harness.history.manifest import FleetEvidence
from harness.history.operation import OperationRecord
from harness.history.parts import operations
from harness.reporting.diagram import Diagram, diagram
from harness.reporting.story import Row, rows_of

TOLD_MAX: Final = 20
"""Violations that are told in full; more of them say no more to a person."""

_REQUIREMENTS: Final = {r.id: r for r in INVARIANTS.requirements}


@dataclass(frozen=True, slots=True)
class Told:
    """One violation. `missing` says why not all of its operations are here, if they are not."""

    line: ViolationLine
    requirement: Requirement | None
    """As the catalogue has it; none where this version does not know it."""
    rows: tuple[Row, ...]
    rows_left_out: int
    diagram: Diagram | None
    missing: str


def told(evidence: FleetEvidence) -> tuple[Told, ...]:
    """The first violations of a run, each with its operations."""
    chosen = evidence.violations[:TOLD_MAX]
    found, problems = _fetched(evidence, [id_ for line in chosen for id_ in line.operations])
    return tuple(_told(line, n, found, problems) for n, line in enumerate(chosen, 1))


def _fetched(
    evidence: FleetEvidence, ids: Iterable[str]
) -> tuple[dict[str, OperationRecord], dict[str, str]]:
    """The operations by their ids; and why those of a cell are not there, by its name."""
    by_cell: dict[str, list[str]] = {}
    for id_ in dict.fromkeys(ids):
        by_cell.setdefault(id_.partition("#")[0], []).append(id_)
    found: dict[str, OperationRecord] = {}
    problems: dict[str, str] = {}
    for part in evidence.parts:
        if wanted := by_cell.get(part.name):
            try:
                found.update(operations([evidence.path_of(part)], wanted))
            except EvidenceError as error:
                problems[part.name] = str(error)
    return found, problems


def _told(
    line: ViolationLine,
    number: int,
    found: Mapping[str, OperationRecord],
    problems: Mapping[str, str],
) -> Told:
    own = _by_host([found[id_] for id_ in line.operations if id_ in found])
    rows, left_out = rows_of(own, set())
    return Told(
        line=line,
        requirement=_REQUIREMENTS.get(line.invariant),
        rows=rows,
        rows_left_out=left_out,
        diagram=diagram("Who did what, in order", own, f"violation-{number}") if own else None,
        missing=_missing([id_ for id_ in line.operations if id_ not in found], problems),
    )


def _by_host(found: Iterable[OperationRecord]) -> Sequence[OperationRecord]:
    """In order of time. Where several hosts take part, who acts is told by host too."""
    ordered = sorted(found, key=lambda o: (o.start, o.id))
    if len({o.tags.get("host") for o in ordered} - {None}) < 2:
        return ordered
    return [replace(o, actor=f"{o.actor} {o.tags.get('host') or ''}".strip()) for o in ordered]


def _missing(ids: Sequence[str], problems: Mapping[str, str]) -> str:
    if not ids:
        return ""
    reasons = dict.fromkeys(
        problems.get(id_.partition("#")[0], "the parts of this evidence do not have it")
        for id_ in ids
    )
    return f"Not to be found: {', '.join(ids)} ({'; '.join(reasons)})"
