"""Two runs side by side: what broke, what was mended, and what else changed.

A requirement broke when it failed in the second run and did not in the first; it was lost when it
passed in the first and could not be judged in the second. A waiver changes no verdict here: what
is excused has failed all the same, and only does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from harness.catalogue.lawful import without_details
from harness.catalogue.requirement import Level, Requirement
from harness.catalogue.verdict import RED, Overall, Verdict
from harness.checkers.fleet.durations import Durations
from harness.history.fleet_lines import DurationBuckets, GateLine
from harness.history.lines import EvidenceHeader
from harness.history.manifest import is_fleet, read_whole
from harness.history.operation import Json
from harness.history.reader import Evidence
from harness.history.wording import WAITS, counted
from harness.reporting.causes import causes, without_particulars
from harness.reporting.diagram import HARNESS
from harness.reporting.files import read_report
from harness.reporting.fleet.model import build_fleet_report
from harness.reporting.fleet.quantities import MILLISECOND
from harness.reporting.fleet.realtime import percentiles_json
from harness.reporting.model import JudgedRun, RequirementReport, ScenarioReport
from harness.reporting.report_json import plain_json, requirement_json
from harness.reporting.words import uncapitalized

_ABSENT = "the run has nothing of it"
_GREEN = (Verdict.PASS, Verdict.OBSERVED)


class Change(StrEnum):
    """How a requirement, or a scenario, differs from one run to the other."""

    BROKE = "broke"
    LOST = "lost"
    MENDED = "mended"
    CHANGED = "changed"
    ADDED = "added"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """What one run says, of a suite or of a fleet.

    `name` is how it was named, `folder` where its evidence lies, `why` a sentence for the verdict
    on the whole, `unsound` why the evidence is not that of a whole run, if it is not.
    """

    name: str
    header: EvidenceHeader
    overall: Overall
    headline: str
    requirements: Mapping[str, RequirementReport]
    why: str = ""
    unsound: Sequence[str] = ()
    folder: Path = Path()
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why a requirement does not count in it."""
    findings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By scenario that did not pass, what tells its cause from others."""
    observations: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By requirement and situation."""
    latency: Mapping[str, DurationBuckets] = field(default_factory=dict)
    """How long operations of each kind took."""
    gates: Mapping[str, GateLine] = field(default_factory=dict)
    """The expressions by which the run of a fleet is judged."""
    scenario: str = ""
    """Of a fleet: which one it ran, with how many hosts."""


def read_run(path: Path) -> ComparedRun:
    """Judge the run whose evidence lies there.

    Raises:
        EvidenceError: it is no evidence, or is damaged.
    """
    if is_fleet(path):
        fleet = build_fleet_report(read_whole(path), str(path))
        gates = {g.expression: g for g in (*fleet.gates, *fleet.demands, *fleet.notes)}
        run = _run_of(path, fleet, fleet.problems)
        scenario = f"{fleet.scenario}, with {counted(fleet.hosts, 'host')} in {fleet.time}"
        return replace(run, latency=fleet.measures.latency, gates=gates, scenario=scenario)
    report = read_report(path)
    observed: dict[tuple[str, str], dict[str, None]] = {}
    for o in report.observations:
        observed.setdefault((o.requirement, o.situation), {})[o.observed] = None
    found = (cause for verdict in RED for cause in causes(report, verdict))
    return replace(
        _run_of(path, report, report.evidence.problems),
        left_out=report.left_out,
        findings={s.line.id: cause.finding for cause in found for s in cause.stories},
        observations={key: "; ".join(seen) for key, seen in observed.items()},
        latency=_latency(report.evidence),
    )


def _run_of(path: Path, report: JudgedRun, problems: Sequence[str]) -> ComparedRun:
    return ComparedRun(
        name=str(path),
        header=report.header,
        overall=report.verdict,
        headline=report.headline,
        requirements={r.requirement.id: r for r in report.requirements},
        why=report.why,
        unsound=problems,
        folder=path if path.is_dir() else path.parent,
    )


def _latency(evidence: Evidence) -> Mapping[str, DurationBuckets]:
    """Of what was asked of the target once: a wait takes as long as it waits."""
    found: dict[str, Durations] = {}
    for history in evidence.histories.values():
        for o in history.operations:
            if o.end is not None and o.actor != HARNESS and o.kind not in WAITS:
                found.setdefault(o.kind, Durations()).add(o.end - o.start)
    return {kind: durations.histogram() for kind, durations in sorted(found.items())}


@dataclass(frozen=True, slots=True)
class ScenarioChange:
    """How one scenario of a requirement differs. `None`: it is not there.

    `cause` is the same for what has one finding behind it.
    """

    scenario: str
    before: ScenarioReport | None
    after: ScenarioReport | None
    cause: tuple[str, ...] = ()

    @property
    def change(self) -> Change:
        """What it is by itself, whatever becomes of its requirement."""
        before, after = (s.verdict if s else None for s in (self.before, self.after))
        return _change(before, after)

    @property
    def reason(self) -> str:
        """Why it did not pass, in the later run if it does not there."""
        sides = [s for s in (self.after, self.before) if s is not None]
        return next((s.reason for s in sides if s.verdict in RED), sides[0].reason)


@dataclass(frozen=True, slots=True)
class RequirementChange:
    """How one requirement differs, with the scenarios that do. `None`: it does not count there, and
    `absent` says why.
    """

    requirement: Requirement
    change: Change
    before: Verdict | None
    after: Verdict | None
    waived: bool
    scenarios: tuple[ScenarioChange, ...]
    absent: str = ""

    @property
    def counts(self) -> bool:
        """Whether it must hold and no waiver excuses it."""
        return self.requirement.level is Level.MUST and not self.waived


@dataclass(frozen=True, slots=True)
class ChangedCause:
    """Changes of one kind with one and the same finding behind them, which `told` says."""

    told: str
    requirements: tuple[RequirementChange, ...]
    scenarios: tuple[ScenarioChange, ...]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs, compared. `unlike` is what makes them hard to compare."""

    before: ComparedRun
    after: ComparedRun
    changes: tuple[RequirementChange, ...]
    unlike: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """1 if something that must hold broke, 3 if it is no longer known to hold, or the evidence
        of one of the two is not whole, else 0.

        A gate of a fleet that no longer holds, or a waiver that has expired, shows in the verdict
        on the whole alone.
        """
        counting = {c.change for c in self.changes if c.counts}
        fell = self.after.overall is not self.before.overall
        if Change.BROKE in counting or (fell and self.after.overall is Overall.DOES_NOT_CONFORM):
            return 1
        sure = self.before.overall is Overall.CONFORMS
        unsound = self.before.unsound or self.after.unsound
        if Change.LOST in counting or (fell and sure) or unsound:
            return 3
        return 0

    @property
    def counts(self) -> dict[Change, int]:
        """How many requirements there are of each kind, zeros included."""
        kinds = [change.change for change in self.changes]
        return {kind: kinds.count(kind) for kind in Change}

    @property
    def whole(self) -> str:
        """What became of the verdict on the whole; empty where it is the same."""
        if self.before.overall is self.after.overall:
            return ""
        before, after = (uncapitalized(run.headline) for run in (self.before, self.after))
        return f"{before} → {after}, {uncapitalized(self.after.why)}"

    def of(self, change: Change) -> list[ChangedCause]:
        """The changes of a kind by what is behind them: a finding, or why it is not there."""
        grouped: dict[tuple[str, ...], list[tuple[RequirementChange, ScenarioChange | None]]] = {}
        for requirement in (c for c in self.changes if c.change is change):
            alone = requirement.absent if change in (Change.ADDED, Change.GONE) else ""
            behind = [s for s in requirement.scenarios if s.change is change]
            for scenario in (not alone and (behind or requirement.scenarios)) or (None,):
                key = scenario.cause if scenario else (alone or requirement.requirement.id,)
                grouped.setdefault(key, []).append((requirement, scenario))
        return [
            ChangedCause(
                told=scenario.reason if scenario else key[0],
                requirements=tuple({r.requirement.id: r for r, _ in pairs}.values()),
                scenarios=tuple({s.scenario: s for _, s in pairs if s is not None}.values()),
            )
            for key, pairs in grouped.items()
            for _, scenario in pairs[:1]
        ]

    @property
    def observations(self) -> list[tuple[str, str, str, str]]:
        """Requirement, situation, and what each did there, of what both were asked."""
        first, second = self.before.observations, self.after.observations
        return [
            (id_, situation, first.get((id_, situation), ""), second.get((id_, situation), ""))
            for id_, situation in dict.fromkeys((*first, *second))
            if id_ in self.before.requirements and id_ in self.after.requirements
        ]

    @property
    def other_observations(self) -> list[tuple[str, str, str, str]]:
        """Those that are not the same, whosever it was and whenever."""
        return [o for o in self.observations if _plain(o[2]) != _plain(o[3])]


def _plain(observed: str) -> str:
    return without_particulars(without_details(observed))


def compare(before: ComparedRun, after: ComparedRun) -> RunComparison:
    """Compare two runs of the same suite, by the ids of requirements and scenarios."""
    ids = dict.fromkeys((*before.requirements, *after.requirements))
    changes = (_requirement(id_, before, after) for id_ in ids)
    found = [change for change in changes if change is not None]
    order = list(Change)
    found.sort(key=lambda c: (order.index(c.change), not c.counts))
    first, second = (asked(r.header) | {"scenario": r.scenario} for r in (before, after))
    unlike = tuple(
        f"{k}: {v}; in the other {second[k]}" for k, v in first.items() if v != second[k]
    )
    return RunComparison(before, after, tuple(found), unlike)


def _requirement(id_: str, before: ComparedRun, after: ComparedRun) -> RequirementChange | None:
    other = before.header.edition != after.header.edition
    first, second = (_counting(run.requirements.get(id_), other) for run in (before, after))
    scenarios = tuple(_scenarios(id_, before, after, first, second))
    was = first.verdict if first else None
    now = second.verdict if second else None
    there = second or first
    if there is None or (was is now and not scenarios):
        return None
    lacking = before if first is None else after if second is None else None
    return RequirementChange(
        requirement=there.requirement,
        change=_change(was, now),
        before=was,
        after=now,
        waived=second is not None and second.waived is not None,
        scenarios=scenarios,
        absent=lacking.left_out.get(id_, _ABSENT) if lacking else "",
    )


def _counting(report: RequirementReport | None, other_edition: bool) -> RequirementReport | None:
    """A run of another edition may know nothing of what this version asks for."""
    unasked = report is None or (other_edition and not report.scenarios)
    return None if unasked else report


def _change(before: Verdict | None, after: Verdict | None) -> Change:
    if before is None:
        return Change.BROKE if after is Verdict.FAIL else Change.ADDED
    if after is None:
        return Change.GONE
    if after is Verdict.FAIL and before is not Verdict.FAIL:
        return Change.BROKE
    if after is Verdict.INCONCLUSIVE and before in _GREEN:
        return Change.LOST
    if after in _GREEN and before in RED:
        return Change.MENDED
    return Change.CHANGED


def _scenarios(
    id_: str,
    before: ComparedRun,
    after: ComparedRun,
    first: RequirementReport | None,
    second: RequirementReport | None,
) -> Iterator[ScenarioChange]:
    """Those whose verdicts differ; one that only one run has counts if it is red there."""
    was, now = ({s.line.id: s for s in r.scenarios} if r else {} for r in (first, second))
    for scenario in dict.fromkeys((*was, *now)):
        sides = [s for s in (was.get(scenario), now.get(scenario)) if s is not None]
        differ = len({s.verdict for s in sides}) > 1
        if differ or (len(sides) == 1 and sides[0].verdict in RED):
            red = [r for r in (after, before) if scenario in r.findings]
            cause = red[0].findings[scenario] if red else (id_,)
            yield ScenarioChange(scenario, was.get(scenario), now.get(scenario), cause)


def asked(header: EvidenceHeader) -> dict[str, str]:
    """What a run was asked, by what is the same of runs that are easily compared."""
    selection = plain_json(header.selection)
    parts = selection.values() if isinstance(selection, dict) else ()
    told = (", ".join(map(str, p)) if isinstance(p, list) else str(p) for p in parts if p)
    return {
        "kind": header.kind,
        "edition": header.edition,
        "sides": ", ".join(sorted(header.roles)),
        "profile": ", ".join(header.profiles) or "all",
        "selection": "; ".join(told) or "everything",
        "driver": header.driver,
        "features": ", ".join(sorted(header.features)) or "none",
        "harness": header.harness.version,
    }


def comparison_json(comparison: RunComparison) -> dict[str, Json]:
    """The comparison as JSON data."""
    before, after = comparison.before, comparison.after
    both = {"before": before, "after": after}
    return {
        "schema": "pairproof/compare/1",
        **{side: _run(run) for side, run in both.items()},
        "unlike": [*comparison.unlike],
        "counts": {kind.value: count for kind, count in comparison.counts.items()},
        "changes": [_as_json(change) for change in comparison.changes],
        "observations": [
            {"requirement": id_, "situation": situation, "before": first, "after": second}
            for id_, situation, first, second in comparison.other_observations
        ],
        "latency_ms": {
            kind: {side: _percentiles(run.latency.get(kind)) for side, run in both.items()}
            for kind in dict.fromkeys((*before.latency, *after.latency))
        },
        "gate": [
            {
                "expression": expression,
                **{side: _gate(run.gates.get(expression)) for side, run in both.items()},
            }
            for expression in dict.fromkeys((*before.gates, *after.gates))
        ],
        "exit_code": comparison.exit_code,
    }


def _run(run: ComparedRun) -> Json:
    return {
        "evidence": run.name,
        "verdict": run.overall.value,
        "implementation": plain_json(run.header.implementation),
        "started_at": run.header.run.started_at,
    }


def _percentiles(histogram: DurationBuckets | None) -> Json:
    return None if histogram is None else percentiles_json(histogram, MILLISECOND)


def _gate(line: GateLine | None) -> Json:
    return None if line is None else {"value": line.value, "holds": line.holds}


def _as_json(change: RequirementChange) -> Json:
    return {
        **requirement_json(change.requirement),
        "change": change.change.value,
        "before": change.before and change.before.value,
        "after": change.after and change.after.value,
        "waived": change.waived,
        "absent": change.absent,
        "scenarios": [
            {
                "id": s.scenario,
                "before": s.before.verdict.value if s.before else None,
                "after": s.after.verdict.value if s.after else None,
                "reason": s.reason,
            }
            for s in change.scenarios
        ],
    }
