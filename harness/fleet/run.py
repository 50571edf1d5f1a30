"""One run of a fleet: its cells to the end, the gate, and the manifest of its evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness import __version__
from harness.catalogue.edition import EDITION
from harness.catalogue.requirement import Role
from harness.catalogue.requirements.invariants import INVARIANTS
from harness.catalogue.verdict import Overall, Verdict
from harness.checkers.fleet.gate import evaluate, reached, verdict_of
from harness.checkers.fleet.merging import merge, shared_ids
from harness.fleet.crew.coordinator import Watching, run_cells
from harness.fleet.crew.orders import Transport
from harness.fleet.loading import as_plain
from harness.fleet.port import CellOutcome, Job
from harness.history.fleet_lines import (
    PARTS,
    FleetLine,
    GateLine,
    GrantsLine,
    MeasuresLine,
    PartLine,
    ViolationLine,
)
from harness.history.lines import HarnessInfo, Header, Implementation, Run, VerdictLine
from harness.history.manifest import MANIFEST, write_manifest
from harness.history.parts import GRANTS, PartWriter, part_file
from harness.history.scan import FLEET

DRIVER: Final = "simpy"
_STOPPED: Final = "the run was stopped before its end"
_IDS_NAMED: Final = 20
"""So many ids that two cells have given are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What the evidence says of how a run was made."""

    run: Run = Run()
    now: Callable[[], str] = lambda: ""
    """Wall time, RFC 3339 in UTC; asked for when the run is over."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a run.

    Attributes:
        evidence: the manifest; none where nothing was to be written.
        digest: that of the manifest: equal runs have equal ones. Empty without a manifest.
        verdict, why: on the whole run, by its violations and its gate.
        complete: it got to its end. Otherwise a violation or somebody (`interrupted`) stopped it.
        happenings: the names of all that a shrunk scenario could leave out, if they were asked
            for (`Job.collect`).
    """

    evidence: Path | None
    digest: str
    verdict: Overall
    why: str
    violations: tuple[ViolationLine, ...]
    measures: MeasuresLine
    gates: tuple[GateLine, ...]
    complete: bool
    interrupted: bool
    happenings: tuple[str, ...]


def run_fleet(
    job: Job,
    transport: Transport,
    telling: Telling = Telling(),
    watching: Watching = Watching(),
) -> Finished:
    """Run a job to its end, to its first violation, or until it is stopped.

    With `job.parts` (`folder_of_parts`) the evidence is written: the parts there and the
    manifest beside the folder.

    Raises:
        CrewError: the run cannot be carried out.
        EvidenceError: the evidence cannot be written.
    """
    grants = _grants(job)
    course = run_cells(job, transport, grants.grants if grants else _nowhere, watching)
    outcomes = course.outcomes
    measures = merge(outcome.measures for outcome in outcomes)
    scenario, complete = job.scenario, course.ended
    violations = (*course.violations, *_found_at_the_end(outcomes, measures.ended_at))
    gates = (
        *evaluate(scenario.gate, measures, len(violations), complete),
        *reached(scenario.reach, measures),
    )
    verdict, why = verdict_of(gates, len(violations), measures.undecided, complete)
    evidence, digest = None, ""
    if job.parts is not None and grants is not None:
        evidence = job.parts.parent / MANIFEST
        digest = write_manifest(
            evidence,
            _header(job, telling.run),
            FleetLine(scenario=as_plain(scenario), planted=job.planted, keep_going=job.keep_going),
            [*_parts(outcomes), grants.close()],
            _verdicts(job, violations, measures, complete),
            violations,
            measures,
            gates,
            interrupted=not complete,
            ended_at=telling.now(),
        )
    return Finished(
        evidence=evidence,
        digest=digest,
        verdict=verdict,
        why=why,
        violations=violations,
        measures=measures,
        gates=gates,
        complete=complete,
        interrupted=course.interrupted,
        happenings=tuple(name for outcome in outcomes for name in outcome.happenings),
    )


def folder_of_parts(folder: Path) -> Path:
    """Where the parts lie of the run whose folder this is."""
    return folder / PARTS


def _nowhere(_: GrantsLine) -> None:
    """Grants that nobody asks for again."""


def _grants(job: Job) -> PartWriter | None:
    if job.parts is None:
        return None
    job.parts.mkdir(parents=True, exist_ok=True)
    return PartWriter(job.parts / Path(part_file(GRANTS)).name, GRANTS)


def _parts(outcomes: Iterable[CellOutcome]) -> Iterator[PartLine]:
    return (outcome.part for outcome in outcomes if outcome.part is not None)


def _found_at_the_end(outcomes: Sequence[CellOutcome], at: int) -> Iterator[ViolationLine]:
    """What each cell found when it was closed, and the ids that more than one has given."""
    for outcome in outcomes:
        yield from outcome.violations
    shared = shared_ids(outcome.ids for outcome in outcomes)
    for digest, places in shared[:_IDS_NAMED]:
        cells = [f"{outcomes[place].cell:02d}" for place in places]
        more = f" ({len(shared) - _IDS_NAMED} more are so)" if len(shared) > _IDS_NAMED else ""
        yield ViolationLine(
            invariant="INV-5",
            cell=cells[0],
            reason=f"the pairing id with the digest {digest.hex()} was given in the cells"
            f" {' and '.join(cells)}{more}",
            operations=[],
            at=at,
        )


def _header(job: Job, run: Run) -> Header:
    return Header(
        harness=HarnessInfo(__version__),
        edition=EDITION,
        kind=FLEET,
        implementation=Implementation("pairproof reference", __version__),
        roles=[Role.CENTRAL.value, Role.EDGE.value],
        driver=DRIVER,
        seed=job.scenario.seed,
        run=run,
    )


def _verdicts(
    job: Job, violations: Sequence[ViolationLine], measures: MeasuresLine, complete: bool
) -> list[VerdictLine]:
    """One for each invariant: its first violation decides."""
    first = {violation.invariant: violation for violation in reversed(violations)}
    lines = []
    for requirement in INVARIANTS.requirements:
        found = first.get(requirement.id)
        undecided = measures.undecided.get(requirement.id, "" if complete else _STOPPED)
        verdict = Verdict.INCONCLUSIVE if undecided else Verdict.PASS
        lines.append(
            VerdictLine(
                requirement=requirement.id,
                scenario=job.scenario.name,
                verdict=Verdict.FAIL if found else verdict,
                reason=found.reason if found else undecided,
                operations=found.operations if found else [],
                at=measures.ended_at,
            )
        )
    return lines
