"""The report of a fleet run: what its evidence says, put together.

The rules of the verdict are those of `harness.checkers.fleet.gate`; besides, evidence that is not
sound allows no `conforms`. All but `told` is a pure function of a manifest; that one fetches from
the parts the operations that broke an invariant.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.catalogue.requirement import Requirement
from harness.catalogue.requirements.invariants import INVARIANTS
from harness.catalogue.verdict import Overall, Verdict, worst
from harness.checkers.fleet.gate import reached, verdict_of
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.history.errors import EvidenceError
from harness.history.fleet_lines import GateLine, MeasuresLine, RealtimeLine, ViolationLine
from harness.history.lines import ScenarioLine
from harness.history.manifest import FleetEvidence
from harness.history.operation import OperationRecord
from harness.history.parts import GRANTS, operations
from harness.reporting.diagram import Diagram, diagram
from harness.reporting.fleet.faults import never_struck
from harness.reporting.fleet.quantities import SECOND
from harness.reporting.fleet.realtime import warnings_of
from harness.reporting.model import JudgedRun, RequirementReport, ScenarioReport
from harness.reporting.story import OperationDetail, exchange_of
from harness.reporting.times import seconds_between
from harness.reporting.words import OVERALL_NAMES, command

NOT_JUDGED = "the run ended before it was judged"


@dataclass(frozen=True, slots=True)
class SituationReport:
    """How often a situation was reached. `demand` is the scenario's, if it has one on it."""

    name: str
    sentence: str
    count: int
    per_thousand_hosts: float
    wanted_per_thousand_hosts: float | None = None
    demand: GateLine | None = None


@dataclass(frozen=True, kw_only=True)
class FleetReport(JudgedRun):
    """A fleet run, judged. Its requirements are the invariants, and what is said of each, the one
    scenario of the run says.

    `gates` are the expressions of the gate, `demands` the situations to reach in the same form;
    `notes` are those of either that decide nothing, as the pace was not that of the scenario.
    """

    evidence: FleetEvidence
    evidence_file: str
    gates: tuple[GateLine, ...]
    notes: tuple[GateLine, ...]
    demands: tuple[GateLine, ...]
    situations: tuple[SituationReport, ...]
    problems: tuple[str, ...]

    @property
    def headline(self) -> str:
        passes = self.verdict is Overall.CONFORMS
        return "Fleet passes" if passes else OVERALL_NAMES[self.verdict]

    @property
    def measures(self) -> MeasuresLine:
        """What was measured of it."""
        return self.evidence.measures

    @property
    def scenario(self) -> str:
        """The name of its scenario."""
        return _name(self.evidence)

    @property
    def scenario_why(self) -> str:
        """Why the scenario exists, as it says."""
        return str(self.evidence.fleet.scenario.get("why") or "")

    @property
    def hosts(self) -> int:
        """How many hosts were asked for; of a run that did not end, fewer may have been there. A
        target's clusters may have more than were asked for.
        """
        match self.evidence.fleet.scenario.get("fleet"):
            case {"hosts": int(hosts)}:
                return max(hosts, self.measures.hosts)
            case _:
                return self.measures.hosts

    @property
    def cells(self) -> int:
        """In how many cells it ran."""
        return sum(part.name != GRANTS for part in self.evidence.parts)

    @property
    def started_at(self) -> str:
        """When it was started, by the wall's clock."""
        return self.header.run.started_at

    @property
    def ended_at(self) -> str:
        """When it was over, by the wall's clock; empty when nobody knows."""
        return self.evidence.footer.run.ended_at if self.evidence.footer else ""

    @property
    def duration_s(self) -> float | None:
        """How long it took by the wall's clock; `None` when nobody knows."""
        return seconds_between(self.started_at, self.ended_at)

    @property
    def realtime(self) -> RealtimeLine | None:
        """How it was in real time; `None` for a run in virtual time."""
        return self.evidence.fleet.in_real_time

    @property
    def time(self) -> str:
        """Which time it is that passed in the run."""
        return "real time" if self.realtime is not None else "virtual time"

    @property
    def replay(self) -> str:
        """The command that does the same run again; in real time, another one like it."""
        return _replay(self.evidence, self.evidence_file)

    @property
    def shrink(self) -> str:
        """The command that finds the smallest run that still fails; empty where nothing was broken,
        or in real time, which nobody can run again.
        """
        can = self.evidence.violations and self.realtime is None
        return command("shrink", self.evidence_file) if can else ""


def build_fleet_report(evidence: FleetEvidence, evidence_file: str = "") -> FleetReport:
    """Judge a run by its manifest. `evidence_file` is how the report names it."""
    evidence_file = evidence_file or evidence.path.name
    wanted = _reach(evidence)
    realtime = evidence.fleet.in_real_time
    noted = frozenset(realtime.notes) if realtime else frozenset()
    every = tuple(_demand(name, n, evidence.measures) for name, n in wanted.items())
    demands = tuple(demand for demand in every if demand.expression not in noted)
    demanded = {demand.expression for demand in every}
    asked = tuple(gate for gate in evidence.gates if gate.expression not in demanded)
    gates = tuple(gate for gate in asked if gate.expression not in noted)
    notes = tuple(line for line in (*asked, *every) if line.expression in noted)
    problems = _problems(evidence)
    violated, undecided = len(evidence.violations), evidence.measures.undecided
    verdict, why = verdict_of((*gates, *demands), violated, undecided, evidence.complete)
    if verdict is Overall.CONFORMS and problems:
        verdict, why = Overall.INCONCLUSIVE, f"the evidence is not sound ({problems[0]})"
    return FleetReport(
        evidence=evidence,
        evidence_file=evidence_file,
        verdict=verdict,
        why=f"{why[:1].upper()}{why[1:]}.",
        requirements=tuple(
            _requirement(r, evidence, evidence_file) for r in INVARIANTS.requirements
        ),
        gates=gates,
        notes=notes,
        demands=demands,
        situations=tuple(_situations(evidence.measures, wanted, every)),
        warnings=(*_warnings(evidence), *_noted(notes)),
        problems=problems,
    )


def _reach(evidence: FleetEvidence) -> dict[str, int]:
    """What the scenario wants to reach, in thousandths for each thousand hosts."""
    reach = evidence.fleet.scenario.get("reach")
    found: dict[str, int] = {}
    for pair in reach if isinstance(reach, list) else ():
        match pair:
            case [str(name), int(wanted)]:
                found[name] = wanted
    return found


def _demand(name: str, wanted: int, measures: MeasuresLine) -> GateLine:
    """A situation to reach as an expression. What nobody can count, nobody has reached."""
    if name in SITUATIONS:
        return reached([(name, wanted)], measures)[0]
    text = f"sometimes.{name} >= {wanted / 1000:g}"
    reason = "this version does not know this situation"
    return GateLine(expression=text, value=None, holds=None, reason=reason)


def _problems(evidence: FleetEvidence) -> tuple[str, ...]:
    footer = evidence.footer
    if footer is None or not footer.interrupted:
        return evidence.problems
    stopped = "a violation stopped it" if evidence.violations else "it was interrupted"
    return (*evidence.problems, f"the run did not get to its end: {stopped}")


def _warnings(evidence: FleetEvidence) -> Iterator[str]:
    if planted := evidence.fleet.planted:
        yield f"the reference was not as it should be: {planted} was planted"
    if realtime := evidence.fleet.in_real_time:
        yield from warnings_of(realtime)
    hears_hosts = realtime is None or "edge" in realtime.played
    for what in never_struck(evidence.fleet.scenario, evidence.measures, hears_hosts=hears_hosts):
        yield f"{what} never took hold: nothing was tried by it"


def _noted(notes: Iterable[GateLine]) -> Iterator[str]:
    for line in notes:
        if line.holds is not True:
            yield (
                f"only a note, as the pace was not the scenario's: {line.expression}"
                f" ({line.reason})"
            )


def _requirement(
    requirement: Requirement, evidence: FleetEvidence, evidence_file: str
) -> RequirementReport:
    lines = [line for line in evidence.verdicts if line.requirement == requirement.id]
    broken = [v for v in evidence.violations if v.invariant == requirement.id]
    verdict = worst(line.verdict for line in lines) if lines else Verdict.INCONCLUSIVE
    decisive = [line for line in lines if line.verdict is verdict]
    reasons = dict.fromkeys(line.reason for line in decisive if line.reason)
    operations = dict.fromkeys(o for line in decisive for o in line.operations)
    if broken:
        verdict = Verdict.FAIL
        reasons = dict.fromkeys(reasons or [broken[0].reason])
        operations = dict.fromkeys(operations or broken[0].operations)
    reason = "; ".join(reasons) or ("" if lines else NOT_JUDGED)
    name = _name(evidence)
    line = ScenarioLine(id=name, name=name, feature=name, line=1, requirements=[requirement.id])
    said = ScenarioReport(
        line=line,
        verdict=verdict,
        reason=reason,
        duration_s=evidence.measures.ended_at / SECOND,
        operations=tuple(operations),
        reproduce=_replay(evidence, evidence_file),
    )
    return RequirementReport(requirement, verdict, (said,))


def _name(evidence: FleetEvidence) -> str:
    return str(evidence.fleet.scenario.get("name") or "unnamed")


def _replay(evidence: FleetEvidence, evidence_file: str) -> str:
    if evidence.fleet.in_real_time is not None:
        return shlex.join(evidence.header.run.command)
    return command("replay", evidence_file)


def _situations(
    measures: MeasuresLine, wanted: Mapping[str, int], demands: Sequence[GateLine]
) -> Iterator[SituationReport]:
    """What was asked for, then all that this version knows, then what else was counted."""
    demanded = dict(zip(wanted, demands, strict=True))
    for name in dict.fromkeys((*wanted, *SITUATIONS, *measures.sometimes)):
        known, found = SITUATIONS.get(name), measures.sometimes.get(name, 0)
        yield SituationReport(
            name=name,
            sentence=known.sentence if known else "not known to this version",
            count=found,
            per_thousand_hosts=round(1000 * found / measures.hosts, 3) if measures.hosts else 0.0,
            wanted_per_thousand_hosts=wanted[name] / 1000 if name in wanted else None,
            demand=demanded.get(name),
        )


# --- what broke an invariant -----------------------------------------------------------------

TOLD_MAX: Final = 20
"""Violations that are told in full; more of them say no more to a person."""

_REQUIREMENTS: Final = {r.id: r for r in INVARIANTS.requirements}


@dataclass(frozen=True, slots=True)
class ViolationDetail:
    """One violation. `missing` says why not all of its operations are here, if they are not."""

    line: ViolationLine
    requirement: Requirement | None
    """As the catalogue has it; none where this version does not know it."""
    exchanges: tuple[OperationDetail, ...]
    diagram: Diagram | None
    missing: str


def violation_details(evidence: FleetEvidence) -> tuple[ViolationDetail, ...]:
    """The first violations of a run, each with its operations."""
    chosen = evidence.violations[:TOLD_MAX]
    found, problems = _fetched(evidence, [id_ for line in chosen for id_ in line.operations])
    return tuple(_violation_detail(line, n, found, problems) for n, line in enumerate(chosen, 1))


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


def _violation_detail(
    line: ViolationLine,
    number: int,
    found: Mapping[str, OperationRecord],
    problems: Mapping[str, str],
) -> ViolationDetail:
    own = _by_host([found[id_] for id_ in line.operations if id_ in found])
    key = f"violation-{number}"
    exchanges = tuple(
        exchange_of(o, n, own[0].start, f"{key}-{n}", decisive=False) for n, o in enumerate(own, 1)
    )
    return ViolationDetail(
        line=line,
        requirement=_REQUIREMENTS.get(line.invariant),
        exchanges=exchanges,
        diagram=diagram("Who did what, in order", own, key) if own else None,
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
