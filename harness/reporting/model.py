"""The report of a run: what its evidence says of each requirement, and of the whole.

Everything here is a pure function of evidence, catalogue and waivers. The rules are those of
docs/evidence.md: a requirement gets the worst verdict of its scenarios; a run does not
conform when a MUST fails that is not waived; else it is inconclusive when a MUST is, when it
is not whole, when nothing was judged, when most of it could not be, or when it left something
behind on the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.catalogue.requirement import Level, Requirement, Role
from harness.catalogue.requirements import OWN
from harness.catalogue.verdict import EXIT_CODES, Overall, Verdict, worst
from harness.checkers.answers import why_unread
from harness.checkers.sentences import sentence_of, sentences_of
from harness.history import lines
from harness.history.manifest import FleetEvidence
from harness.history.operation import History
from harness.history.reader import Evidence
from harness.history.wording import counted
from harness.reporting.doubts import doubts
from harness.reporting.repeating import Repeated, RepeatVerdict
from harness.reporting.times import span_s, times_of
from harness.reporting.waiving import Seen, Standing, WaiverReport, Waivers, describe
from harness.reporting.words import OVERALL_NAMES, describe_budget, describe_lack, reproduce

NOT_JUDGED = "the run ended before this scenario was judged"
NO_SCENARIO = "no scenario of this run asks for it"
ENDED_BEFORE = "the run ended before any scenario asked for it"
NOT_SELECTED = "not selected"
SELECTION = "selection"
"""The tone of a selection that passes."""
OVER_HISTORIES = "judged over whole histories, by fleet runs"


@dataclass(frozen=True, slots=True)
class ScenarioReport:
    """What one scenario says of one requirement. `operations` is what its verdict rests on.

    `repeats` is what each repeat says where they do not agree, and empty where they do.
    """

    line: lines.ScenarioLine
    verdict: Verdict
    reason: str
    duration_s: float
    operations: tuple[str, ...]
    reproduce: str
    waived: lines.WaiverLine | None = None
    repeats: tuple[RepeatVerdict, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it failed, be it in one repeat of several."""
        return self.verdict is Verdict.FAIL or any(r.verdict is Verdict.FAIL for r in self.repeats)


@dataclass(frozen=True, slots=True)
class RequirementReport:
    """What the run says of one requirement; `reason` is for a verdict that no scenario gave."""

    requirement: Requirement
    verdict: Verdict
    scenarios: tuple[ScenarioReport, ...]
    waived: lines.WaiverLine | None = None
    reason: str = ""

    @property
    def why(self) -> str:
        """What its scenarios say, each reason once, or else its own."""
        return "; ".join(dict.fromkeys(s.reason for s in self.scenarios if s.reason)) or self.reason

    @property
    def operations(self) -> tuple[str, ...]:
        """What its verdict rests on."""
        return tuple(dict.fromkeys(o for s in self.scenarios for o in s.operations))

    @property
    def unstable(self) -> bool:
        """Whether repeats do not agree on it."""
        return any(scenario.repeats for scenario in self.scenarios)

    @property
    def counts_as_failed(self) -> bool:
        """Whether this alone makes a run not conform."""
        must = self.requirement.level is Level.MUST
        return must and self.verdict is Verdict.FAIL and self.waived is None

    @property
    def counts_as_unsure(self) -> bool:
        """Whether this alone makes a run inconclusive, unless it does not conform.

        A waiver for one scenario says nothing of the others.
        """
        if self.requirement.level is not Level.MUST:
            return False
        if self.waived is None:
            return self.verdict is Verdict.INCONCLUSIVE
        return bool(self.waived.scenario) and any(
            s.verdict is Verdict.INCONCLUSIVE and s.waived is None for s in self.scenarios
        )


@dataclass(frozen=True, slots=True)
class Observation:
    """What the target did where the procedure is silent."""

    requirement: str
    situation: str
    observed: str
    scenario: str


@dataclass(frozen=True, slots=True)
class RepeatReport:
    """One run of several that were judged together. `file` is its evidence."""

    name: str
    file: str
    verdict: Overall
    why: str
    sha256: str
    operations: int
    complete: bool
    duration_s: float


@dataclass(frozen=True, kw_only=True)
class JudgedRun:
    """A run of scenarios or of a fleet, judged. `why` is one sentence for the verdict."""

    evidence: Evidence | FleetEvidence
    verdict: Overall
    why: str
    requirements: tuple[RequirementReport, ...]
    warnings: tuple[str, ...]

    @property
    def header(self) -> lines.EvidenceHeader:
        """How the run was made."""
        return self.evidence.header

    @property
    def headline(self) -> str:
        """The verdict in words that nobody takes for more than was judged."""
        return OVERALL_NAMES[self.verdict]

    @property
    def tone(self) -> str:
        """By what it is coloured."""
        return self.verdict.value

    @property
    def exit_code(self) -> int:
        """The exit code of `pairproof` for this verdict."""
        return EXIT_CODES[self.verdict]

    @property
    def counts(self) -> dict[str, int]:
        """How many requirements got each verdict."""
        return count(r.verdict for r in self.requirements)


@dataclass(frozen=True, kw_only=True)
class Report(JudgedRun):
    """The run of a suite, judged. Times are RFC 3339, or empty."""

    evidence: Evidence
    observations: tuple[Observation, ...]
    scenario_verdicts: Mapping[str, Verdict]
    """The worst verdict of each scenario that binds the target, by its id."""
    left_out: Mapping[str, str]
    """Requirements of the catalogue that do not count in this run, by id, and why not."""
    started_at: str
    ended_at: str
    duration_s: float
    waivers: tuple[WaiverReport, ...] = ()
    repeats: tuple[RepeatReport, ...] = ()

    @property
    def unstable(self) -> tuple[RequirementReport, ...]:
        """The requirements on which the repeats do not agree."""
        return tuple(r for r in self.requirements if r.unstable)

    @property
    def headline(self) -> str:
        name, passes = OVERALL_NAMES[self.verdict], self.verdict is Overall.CONFORMS
        if not self.header.is_whole:
            asked = [r for r in self.requirements if r.verdict is not Verdict.SKIPPED]
            among = len(self.requirements) + list(self.left_out.values()).count(NOT_SELECTED)
            scope = f"{len(asked)} of {among} requirements"
            name = f"Selection passes: {scope}" if passes else f"{name}, a selection of {scope}"
        musts = [r.verdict for r in self.requirements if r.requirement.level is Level.MUST]
        lacking = musts.count(Verdict.NOT_SUPPORTED)
        judged = f", {lacking} of {len(musts)} MUSTs not supported"
        return name + judged if passes and lacking else name

    @property
    def tone(self) -> str:
        """A selection that passes is no certificate, and not green."""
        passes = self.verdict is Overall.CONFORMS and not self.header.is_whole
        return SELECTION if passes else self.verdict.value

    @property
    def scenario_counts(self) -> dict[str, int]:
        """How many scenarios got each verdict."""
        return count(self.scenario_verdicts.values())


def build_report(evidence: Evidence, requirements: Sequence[Requirement]) -> Report:
    """Judge a run by its evidence; `requirements` is the catalogue."""
    return _built(_Judging.of(evidence), requirements)


def build_repeated(repeated: Repeated, requirements: Sequence[Requirement]) -> Report:
    """Judge repeats of a run together; `requirements` as for `build_report`."""
    each = ((r, build_report(r.evidence, requirements)) for r in repeated.repeats)
    return replace(
        _built(_Judging.of(repeated.evidence, repeated), requirements),
        repeats=tuple(
            RepeatReport(
                name=repeat.name,
                file=repeat.file,
                verdict=report.verdict,
                why=report.why,
                sha256=repeat.evidence.sha256,
                operations=repeat.evidence.operation_count,
                complete=repeat.evidence.complete,
                duration_s=report.duration_s,
            )
            for repeat, report in each
        ),
    )


@dataclass(frozen=True, slots=True)
class _Judging:
    """What every requirement of a run is judged with."""

    evidence: Evidence
    waivers: Waivers
    checks: Mapping[str, Sequence[lines.CheckLine]]
    repeated: Repeated | None = None

    @classmethod
    def of(cls, evidence: Evidence, repeated: Repeated | None = None) -> _Judging:
        checks: dict[str, list[lines.CheckLine]] = {}
        for line in evidence.checks:
            checks.setdefault(line.scenario, []).append(line)
        return cls(evidence, Waivers(evidence.header), checks, repeated)

    def describe(self, scenario: str, verdict: lines.VerdictLine) -> str:
        """The reason of a verdict, in the words of the procedure."""
        if not verdict.reason or scenario not in self.evidence.histories:
            return verdict.reason
        history = self.evidence.histories[scenario]
        own = [c for c in self.checks.get(scenario, ()) if c.requirement == verdict.requirement]
        return sentences_of(own, history, verdict.verdict, verdict.reason)

    def repeats(self, scenario: str, requirement: str) -> tuple[RepeatVerdict, ...]:
        """What each repeat says, where they do not agree."""
        return self.repeated.unstable.get((scenario, requirement), ()) if self.repeated else ()


def _built(judging: _Judging, requirements: Sequence[Requirement]) -> Report:
    evidence, header = judging.evidence, judging.evidence.header
    verdicts = _verdicts(evidence)
    known = (*requirements, *_unknown(requirements, verdicts))
    left_out = _left_out(header, known, verdicts)
    judged = tuple(
        _requirement(r, verdicts.get(r.id, ()), judging) for r in known if r.id not in left_out
    )
    scenario_verdicts = _scenario_verdicts(judged, evidence)
    verdict, why = overall(judged, evidence, scenario_verdicts)
    if not header.is_whole:
        told = describe_budget(evidence) or describe_lack(header)
        why = f"{why} It is a selection, and no certificate{told and f': {told}'}."
    elif header.profiles:
        why = f"{why} Asked for was {' and '.join(header.profiles)}."
    started_at, ended_at, duration_s = times_of(evidence)
    seen = (
        Seen(r.requirement.id, s.line.id, s.verdict, s.failed) for r in judged for s in r.scenarios
    )
    waivers = tuple(judging.waivers.reports(seen))
    return Report(
        evidence=evidence,
        verdict=verdict,
        why=why,
        requirements=judged,
        observations=_observations(evidence, [r.requirement.id for r in judged]),
        warnings=(*doubts(evidence, scenario_verdicts), *_warnings(judged, waivers)),
        scenario_verdicts=scenario_verdicts,
        left_out=left_out,
        started_at=started_at,
        ended_at=ended_at,
        duration_s=duration_s,
        waivers=waivers,
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

_Judged = tuple[lines.ScenarioLine, lines.VerdictLine | None]


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
        OWN
        if id_ == OWN.id
        else Requirement(
            id=id_,
            role=Role.BOTH,
            title="Not in the catalogue of this version",
            text="The evidence judges it, and the catalogue of this version does not have it.",
            source="",
        )
        for id_ in judged
        if id_ not in known
    ]


def _left_out(
    header: lines.EvidenceHeader, requirements: Iterable[Requirement], judged: Mapping[str, object]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for requirement in requirements:
        if not binds(requirement, header.roles):
            found[requirement.id] = f"binds the {requirement.role.value} side, which is not tested"
        elif requirement.id not in judged and not _asked_for(header, requirement):
            found[requirement.id] = NOT_SELECTED
    return found


def _asked_for(header: lines.EvidenceHeader, requirement: Requirement) -> bool:
    selection = header.selection
    if selection.requirements:
        return requirement.id in selection.requirements
    if selection.tags or selection.keyword or selection.scenarios or selection.own is True:
        return False
    return not header.profiles or requirement.profile.value in header.profiles


def _requirement(
    requirement: Requirement, judged: Iterable[_Judged], judging: _Judging
) -> RequirementReport:
    scenarios = tuple(_scenario(requirement.id, s, v, judging) for s, v in judged)
    if not scenarios:
        return _unasked(requirement, judging.evidence)
    verdict = worst(scenario.verdict for scenario in scenarios)
    # It may have failed in each of several repeats, though not by the same scenario.
    if judging.repeated is not None and requirement.id in judging.repeated.failing:
        verdict = Verdict.FAIL
    reason = ""
    if verdict is Verdict.PASS:
        histories = judging.evidence.histories
        found = (histories[s.line.id].operations for s in scenarios if s.line.id in histories)
        reason = why_unread([operation for operations in found for operation in operations])
        verdict = Verdict.INCONCLUSIVE if reason else verdict
    late = any(scenario.reason == lines.TIME_UP for scenario in scenarios)
    if verdict is Verdict.SKIPPED and late and requirement.level is Level.MUST:
        verdict, reason = Verdict.INCONCLUSIVE, lines.TIME_UP
    # It is waived if each of its failures is.
    waivers = [scenario.waived for scenario in scenarios if scenario.failed]
    waived = waivers[0] if waivers and all(waivers) else None
    return RequirementReport(requirement, verdict, scenarios, waived, reason)


def _unasked(requirement: Requirement, evidence: Evidence) -> RequirementReport:
    """What must hold and was selected, and no scenario asked for it, is not simply skipped."""
    if requirement.is_invariant:
        verdict, reason = Verdict.SKIPPED, OVER_HISTORIES
    elif lacking := requirement.lacks(evidence.header.features):
        verdict, reason = Verdict.NOT_SUPPORTED, lacking
    else:
        must = requirement.level is Level.MUST
        verdict = Verdict.INCONCLUSIVE if must else Verdict.SKIPPED
        reason = NO_SCENARIO if evidence.complete else ENDED_BEFORE
    return RequirementReport(requirement, verdict, (), reason=reason)


def _scenario(
    requirement: str, line: lines.ScenarioLine, verdict: lines.VerdictLine | None, judging: _Judging
) -> ScenarioReport:
    history = judging.evidence.histories.get(line.id)
    repeats = judging.repeats(line.id, requirement)
    again = reproduce(judging.evidence.header, requirement, line.id)
    report = ScenarioReport(
        line=line,
        verdict=verdict.verdict if verdict else Verdict.INCONCLUSIVE,
        reason=judging.describe(line.id, verdict) if verdict else NOT_JUDGED,
        duration_s=span_s(history.operations if history else ()),
        operations=tuple(verdict.operations) if verdict else (),
        reproduce=f"{again} --repeat {judging.evidence.header.repeat}" if repeats else again,
        repeats=repeats,
    )
    waiver = judging.waivers.excusing(requirement, line.id) if report.failed else None
    return replace(report, waived=waiver)


def _scenario_verdicts(
    requirements: Iterable[RequirementReport], evidence: Evidence
) -> dict[str, Verdict]:
    given: dict[str, list[Verdict]] = {}
    for requirement in requirements:
        for scenario in requirement.scenarios:
            given.setdefault(scenario.line.id, []).append(scenario.verdict)
    return {s.id: worst(given[s.id]) for s in evidence.scenarios if s.id in given}


# --- the whole ------------------------------------------------------------------------------


def overall(
    requirements: Sequence[RequirementReport], evidence: Evidence, scenarios: Mapping[str, Verdict]
) -> tuple[Overall, str]:
    """What these requirements and scenarios of a run come to, and why in a sentence."""
    failed = [r.requirement.id for r in requirements if r.counts_as_failed]
    if failed:
        what = "A requirement that must hold does" if len(failed) == 1 else (
            f"{len(failed)} requirements that must hold do"
        )  # fmt: skip
        return Overall.DOES_NOT_CONFORM, f"{what} not: {some(failed)}."
    why = _why_inconclusive(requirements, evidence, scenarios)
    if why:
        return Overall.INCONCLUSIVE, f"The run does not allow a judgement: {why}."
    judged = [(r.requirement.level, r.verdict is Verdict.PASS) for r in requirements]
    held = (
        f"{judged.count((level, True))} of {counted(count_, level.name)} passed"
        for level in (Level.MUST, Level.SHOULD)
        if (count_ := sum(own is level for own, _ in judged))
    )
    waived = sum(r.waived is not None for r in requirements)
    but = f", apart from {waived} that a waiver excuses" if waived else ""
    told = "; ".join([f"Nothing that must hold was seen to fail{but}", *held])
    return Overall.CONFORMS, f"{told}."


def _why_inconclusive(
    requirements: Sequence[RequirementReport], evidence: Evidence, scenarios: Mapping[str, Verdict]
) -> str:
    if not evidence.complete:
        return "the evidence is not that of a whole run"
    if evidence.problems:
        return f"the evidence is not sound ({evidence.problems[0]})"
    if must := [r for r in requirements if r.counts_as_unsure]:
        return _unsure(must)
    return (
        _mostly_unsure([r.verdict for r in requirements if r.waived is None])
        or _mostly_unsure(scenarios.values(), " by their scenarios")
        or left_behind(evidence.leaks)
    )


def _unsure(must: Sequence[RequirementReport]) -> str:
    unstable = [r.requirement.id for r in must if r.unstable]
    others = [r.requirement.id for r in must if not r.unstable]
    told = [f"what must hold could not be judged for {some(others)}"] * bool(others)
    told += [f"repeats do not agree on {some(unstable)}"] * bool(unstable)
    return ", and ".join(told)


def left_behind(leaks: Sequence[lines.LeakLine]) -> str:
    """That something is left on the target and what to do; empty if nothing is."""
    if not leaks:
        return ""
    things = "1 thing is" if len(leaks) == 1 else f"{len(leaks)} things are"
    return f"{things} left on the target; `pairproof cleanup` with the run's ledger tries again"


def _mostly_unsure(verdicts: Iterable[Verdict], what: str = "") -> str:
    """A suite of which most could not be judged is no success."""
    found = list(verdicts)
    answered = (Verdict.PASS, Verdict.FAIL, Verdict.OBSERVED)
    judged = sum(verdict in answered for verdict in found)
    unsure = found.count(Verdict.INCONCLUSIVE)
    if not judged:
        return "nothing was judged"
    if unsure > judged:
        return f"most of it could not be judged ({unsure} of {unsure + judged}{what})"
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
            c.requirement,
            str(c.args.get("situation") or c.step),
            sentence_of(c, evidence.histories.get(c.scenario, History(()))) or "—",
            c.scenario,
        )
        for c in evidence.checks
        if c.verdict is Verdict.OBSERVED and c.requirement in place
    )
    return tuple(sorted(dict.fromkeys(found), key=lambda o: place[o.requirement]))


# --- waivers and warnings -------------------------------------------------------------------


def _warnings(
    requirements: Iterable[RequirementReport], waivers: Iterable[WaiverReport]
) -> Iterator[str]:
    for report in requirements:
        requirement = report.requirement
        if report.verdict is Verdict.FAIL and requirement.level is not Level.MUST:
            yield f"{requirement.id} should hold, and does not: {requirement.title}"
        if report.verdict is Verdict.OBSERVED and requirement.level is Level.SHOULD:
            yield f"{requirement.id} should hold, and was not seen to: {requirement.title}"
        if report.waived is not None:
            yield f"{requirement.id} fails and is {describe(report.waived)}"
    yield from (w.told for w in waivers if w.standing is not Standing.USED)
