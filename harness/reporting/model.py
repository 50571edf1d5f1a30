"""The report of a run: what its evidence says of each requirement, and of the whole.

Everything here is a pure function of evidence, catalogue and waivers. The rules are those of
docs/evidence.md: a requirement gets the worst verdict of its scenarios; a run does not
conform when a MUST fails that is not waived; else it is inconclusive when a MUST is, when it
is not whole, when nothing was judged or when most of it could not be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.catalogue.requirement import Level, Profile, Requirement, Role
from harness.catalogue.verdict import EXIT_CODES as EXIT_CODES
from harness.catalogue.verdict import Overall as Overall
from harness.catalogue.verdict import Verdict, worst
from harness.history.lines import Header, ScenarioLine, VerdictLine, WaiverLine
from harness.history.operation import OperationRecord
from harness.history.reader import Evidence
from harness.reporting.reproduce import reproduce

NOT_JUDGED = "the run ended before this scenario was judged"
NO_SCENARIO = "no scenario of this run asks for it"
ENDED_BEFORE = "the run ended before any scenario asked for it"
OVER_HISTORIES = "judged over whole histories, by fleet runs"


@dataclass(frozen=True, slots=True)
class ScenarioReport:
    """What one scenario says of one requirement. `operations` is what its verdict rests on."""

    line: ScenarioLine
    verdict: Verdict
    reason: str
    duration_s: float
    operations: tuple[str, ...]
    reproduce: str


@dataclass(frozen=True, slots=True)
class RequirementReport:
    """What the run says of one requirement; `reason` is for one that no scenario asked for."""

    requirement: Requirement
    verdict: Verdict
    scenarios: tuple[ScenarioReport, ...]
    waived: WaiverLine | None = None
    reason: str = ""

    @property
    def counts_as_failed(self) -> bool:
        """Whether this alone makes a run not conform."""
        return (
            self.requirement.level is Level.MUST
            and self.verdict is Verdict.FAIL
            and self.waived is None
        )


@dataclass(frozen=True, slots=True)
class Observation:
    """What the target did where the procedure is silent."""

    requirement: str
    situation: str
    observed: str
    scenario: str


@dataclass(frozen=True, slots=True)
class Report:
    """A run, judged. `why` is one sentence for the verdict; times are RFC 3339, or empty."""

    evidence: Evidence
    verdict: Overall
    why: str
    requirements: tuple[RequirementReport, ...]
    observations: tuple[Observation, ...]
    warnings: tuple[str, ...]
    scenario_verdicts: Mapping[str, Verdict]
    """The worst verdict of each scenario that binds the target, by its id."""
    left_out: Mapping[str, str]
    """Requirements of the catalogue that do not count in this run, by id, and why not."""
    started_at: str
    ended_at: str
    duration_s: float

    @property
    def exit_code(self) -> int:
        """The exit code of `pairproof` for this verdict."""
        return EXIT_CODES[self.verdict]

    @property
    def header(self) -> Header:
        """How the run was made."""
        return self.evidence.header

    @property
    def counts(self) -> dict[str, int]:
        """How many requirements got each verdict."""
        return count(r.verdict for r in self.requirements)

    @property
    def scenario_counts(self) -> dict[str, int]:
        """How many scenarios got each verdict."""
        return count(self.scenario_verdicts.values())


def build_report(
    evidence: Evidence,
    requirements: Sequence[Requirement],
    waivers: Iterable[WaiverLine] = (),
) -> Report:
    """Judge a run by its evidence.

    `requirements` is the catalogue. `waivers` add to those that the header holds.
    """
    header = evidence.header
    verdicts = _verdicts(evidence)
    waived = _waivers(header, waivers)
    known = (*requirements, *_unknown(requirements, verdicts))
    left_out = _left_out(header, known, verdicts)
    judged = tuple(
        _requirement(r, verdicts.get(r.id, ()), evidence, waived.get(r.id))
        for r in known
        if r.id not in left_out
    )
    overall, why = _overall(judged, evidence)
    started_at, ended_at, duration_s = _times(evidence)
    return Report(
        evidence=evidence,
        verdict=overall,
        why=why,
        requirements=judged,
        observations=_observations(evidence, [r.requirement.id for r in judged]),
        warnings=tuple(_warnings(judged, waived.values(), header)),
        scenario_verdicts=_scenario_verdicts(judged, evidence),
        left_out=left_out,
        started_at=started_at,
        ended_at=ended_at,
        duration_s=duration_s,
    )


def count(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How often each verdict occurs, in the order of their declaration, zeros included."""
    found = list(verdicts)
    return {verdict.value: found.count(verdict) for verdict in Verdict}


def binds(requirement: Requirement, roles: Iterable[str]) -> bool:
    """Whether the requirement binds a target with these roles."""
    sides = {requirement.role.value, Role.BOTH.value}
    return requirement.role is Role.BOTH or bool(sides & set(roles))


# --- one requirement ------------------------------------------------------------------------

_Judged = tuple[ScenarioLine, VerdictLine | None]


def _verdicts(evidence: Evidence) -> dict[str, list[_Judged]]:
    """By requirement: the scenarios that are tagged with it or judge it, each with its verdict."""
    given = {(v.scenario, v.requirement): v for v in evidence.verdicts}
    scenarios = {scenario.id: scenario for scenario in evidence.scenarios}
    tagged = [(s.id, requirement) for s in evidence.scenarios for requirement in s.requirements]
    found: dict[str, list[_Judged]] = {}
    for scenario, requirement in dict.fromkeys((*tagged, *given)):
        if scenario in scenarios:
            judged = (scenarios[scenario], given.get((scenario, requirement)))
            found.setdefault(requirement, []).append(judged)
    return found


def _unknown(requirements: Sequence[Requirement], judged: Iterable[str]) -> list[Requirement]:
    """Stand-ins for what the catalogue lacks, so that no failure of theirs goes unseen."""
    known = {requirement.id for requirement in requirements}
    return [
        Requirement(
            id=id_,
            role=Role.BOTH,
            level=Level.MUST,
            profile=Profile.CORE,
            title="Not in the catalogue of this version",
            text="The evidence judges it, and the catalogue of this version does not have it.",
            source="",
        )
        for id_ in judged
        if id_ not in known
    ]


def _left_out(
    header: Header, requirements: Iterable[Requirement], judged: Mapping[str, object]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for requirement in requirements:
        if not binds(requirement, header.roles):
            found[requirement.id] = f"binds the {requirement.role.value} side, which is not tested"
        elif requirement.id not in judged and not _asked_for(header, requirement):
            found[requirement.id] = "not selected"
    return found


def _asked_for(header: Header, requirement: Requirement) -> bool:
    selection = header.selection
    if selection.requirements:
        return requirement.id in selection.requirements
    if selection.tags or selection.keyword:
        return False
    return header.profile in (None, "", requirement.profile.value)


def _requirement(
    requirement: Requirement,
    judged: Iterable[_Judged],
    evidence: Evidence,
    waiver: WaiverLine | None,
) -> RequirementReport:
    scenarios = tuple(_scenario(requirement.id, s, v, evidence) for s, v in judged)
    if not scenarios:
        return _unasked(requirement, evidence)
    verdict = worst(scenario.verdict for scenario in scenarios)
    return RequirementReport(
        requirement=requirement,
        verdict=verdict,
        scenarios=scenarios,
        waived=waiver if verdict is Verdict.FAIL and _in_force(waiver, evidence.header) else None,
    )


def _unasked(requirement: Requirement, evidence: Evidence) -> RequirementReport:
    """What must hold and was selected, and no scenario asked for it, is not simply skipped."""
    if requirement.id.startswith("INV-"):
        verdict, reason = Verdict.SKIPPED, OVER_HISTORIES
    elif requirement.feature and requirement.feature.value not in evidence.header.features:
        verdict, reason = Verdict.NOT_SUPPORTED, requirement.feature.value
    else:
        must = requirement.level is Level.MUST
        verdict = Verdict.INCONCLUSIVE if must else Verdict.SKIPPED
        reason = NO_SCENARIO if evidence.complete else ENDED_BEFORE
    return RequirementReport(requirement, verdict, (), reason=reason)


def _scenario(
    requirement: str, line: ScenarioLine, verdict: VerdictLine | None, evidence: Evidence
) -> ScenarioReport:
    history = evidence.histories.get(line.id)
    return ScenarioReport(
        line=line,
        verdict=verdict.verdict if verdict else Verdict.INCONCLUSIVE,
        reason=verdict.reason if verdict else NOT_JUDGED,
        duration_s=_span_s(history.operations if history else ()),
        operations=tuple(verdict.operations) if verdict else (),
        reproduce=reproduce(evidence.header, requirement, line.id),
    )


def _span_s(operations: Iterable[OperationRecord]) -> float:
    times = [t for o in operations for t in (o.start, o.end) if t is not None]
    return round((max(times) - min(times)) / 1e6, 6) if times else 0.0


def _scenario_verdicts(
    requirements: Iterable[RequirementReport], evidence: Evidence
) -> dict[str, Verdict]:
    given: dict[str, list[Verdict]] = {}
    for requirement in requirements:
        for scenario in requirement.scenarios:
            given.setdefault(scenario.line.id, []).append(scenario.verdict)
    return {s.id: worst(given[s.id]) for s in evidence.scenarios if s.id in given}


# --- the whole ------------------------------------------------------------------------------


def _overall(requirements: Sequence[RequirementReport], evidence: Evidence) -> tuple[Overall, str]:
    failed = [r.requirement.id for r in requirements if r.counts_as_failed]
    if failed:
        what = "A requirement that must hold does" if len(failed) == 1 else (
            f"{len(failed)} requirements that must hold do"
        )  # fmt: skip
        return Overall.DOES_NOT_CONFORM, f"{what} not: {some(failed)}."
    why = _why_inconclusive(requirements, evidence)
    if why:
        return Overall.INCONCLUSIVE, f"The run does not allow a judgement: {why}."
    passed = sum(r.verdict is Verdict.PASS for r in requirements)
    waived = sum(r.waived is not None for r in requirements)
    but = f", apart from {waived} that a waiver excuses" if waived else ""
    return Overall.CONFORMS, f"Nothing that must hold was seen to fail{but}; {passed} passed."


def _why_inconclusive(requirements: Sequence[RequirementReport], evidence: Evidence) -> str:
    if not evidence.complete:
        return "the evidence is not that of a whole run"
    if evidence.problems:
        return f"the evidence is not sound ({evidence.problems[0]})"
    unsure = [r.requirement for r in requirements if r.verdict is Verdict.INCONCLUSIVE]
    must = [r.id for r in unsure if r.level is Level.MUST]
    if must:
        return f"what must hold could not be judged for {some(must)}"
    answered = (Verdict.PASS, Verdict.FAIL, Verdict.OBSERVED)
    judged = sum(r.verdict in answered for r in requirements)
    if not judged:
        return "nothing was judged"
    if len(unsure) > judged:
        return f"most of it could not be judged ({len(unsure)} of {len(unsure) + judged})"
    return ""


def some(ids: Sequence[str], most: int = 12) -> str:
    """The ids in a row; of many, the first few and how many more."""
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more


def _observations(evidence: Evidence, order: Sequence[str]) -> tuple[Observation, ...]:
    """Each once, by requirement in the order of the catalogue, then in that of the run."""
    place = {requirement: number for number, requirement in enumerate(order)}
    found = (
        Observation(
            c.requirement, str(c.args.get("situation") or c.step), c.reason or "—", c.scenario
        )
        for c in evidence.checks
        if c.verdict is Verdict.OBSERVED and c.requirement in place
    )
    return tuple(sorted(dict.fromkeys(found), key=lambda o: place[o.requirement]))


# --- waivers and warnings -------------------------------------------------------------------


def _waivers(header: Header, more: Iterable[WaiverLine]) -> dict[str, WaiverLine]:
    return {waiver.requirement: waiver for waiver in (*header.waivers, *more)}


def _in_force(waiver: WaiverLine | None, header: Header) -> bool:
    """Whether it had not expired on the day of the run; dates compare as text."""
    return waiver is not None and header.run.started_at[:10] <= waiver.expires


def _warnings(
    requirements: Sequence[RequirementReport], waivers: Iterable[WaiverLine], header: Header
) -> Iterator[str]:
    for report in requirements:
        requirement = report.requirement
        if report.verdict is Verdict.FAIL and requirement.level is not Level.MUST:
            yield f"{requirement.id} does not hold, as it should: {requirement.title}"
        if report.waived is not None:
            yield (
                f"{requirement.id} fails and is waived until {report.waived.expires}"
                f" by {report.waived.owner}: {report.waived.reason}"
            )
    failed = {r.requirement.id for r in requirements if r.verdict is Verdict.FAIL}
    for waiver in waivers:
        if not _in_force(waiver, header):
            yield f"the waiver for {waiver.requirement} expired on {waiver.expires}"
        elif waiver.requirement not in failed:
            yield f"the waiver for {waiver.requirement} is not needed: it did not fail"


# --- times ----------------------------------------------------------------------------------


def _times(evidence: Evidence) -> tuple[str, str, float]:
    """When the run started and ended, and its length in seconds.

    A run that was cut off has no end of its own: its last operation is its end.
    """
    started_at = evidence.header.run.started_at
    ended_at = evidence.footer.run.ended_at if evidence.footer else ""
    passed_s = seconds_between(started_at, ended_at)
    if passed_s is not None:
        return started_at, ended_at, passed_s
    started = _moment(started_at)
    span_s = _span_s(o for h in evidence.histories.values() for o in h.operations)
    if started:
        last = started + timedelta(seconds=span_s)
        return started_at, last.isoformat().replace("+00:00", "Z"), span_s
    return started_at, ended_at, span_s


def seconds_between(started_at: str, ended_at: str) -> float | None:
    """From one wall time to another, RFC 3339 both; `None` when either is none."""
    started, ended = _moment(started_at), _moment(ended_at)
    return round((ended - started).total_seconds(), 6) if started and ended else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
