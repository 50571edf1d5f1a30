"""Two runs side by side: what broke, what was mended, and what else changed.

A requirement broke when it failed in the second run and did not in the first; it was lost when it
passed in the first and could not be judged in the second. A waiver changes no verdict here: what
is excused has failed all the same, and only does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.catalogue.requirement import Level, Requirement
from harness.catalogue.verdict import Overall, Verdict
from harness.history.lines import EvidenceHeader
from harness.history.operation import Json
from harness.reporting.report_json import plain_json, requirement_json

_GREEN = (Verdict.PASS, Verdict.OBSERVED)
_RED = (Verdict.FAIL, Verdict.INCONCLUSIVE)


class Change(StrEnum):
    """How a requirement, or a scenario, differs from one run to the other."""

    BROKE = "broke"
    LOST = "lost"
    MENDED = "mended"
    CHANGED = "changed"
    ADDED = "added"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one run says: of requirements by their ids, and of their scenarios.

    `reasons` is why a requirement, or a scenario of it, has its verdict.
    """

    name: str
    header: EvidenceHeader
    overall: Overall
    requirements: Mapping[str, tuple[Requirement, Verdict, bool]]
    """With whether a waiver excuses it."""
    scenarios: Mapping[tuple[str, str], tuple[Verdict, str]]
    """By requirement and scenario, with the reason."""
    why: str = ""
    """One sentence for the verdict on the whole."""
    unsound: Sequence[str] = ()
    """Why the evidence is not that of a whole run, if it is not."""


@dataclass(frozen=True, slots=True)
class ScenarioChange:
    """How one scenario of a requirement differs. `None`: it is not there."""

    scenario: str
    before: Verdict | None
    after: Verdict | None
    reason: str


@dataclass(frozen=True, slots=True)
class RequirementChange:
    """How one requirement differs, with the scenarios that do. `None`: it does not count there."""

    requirement: Requirement
    change: Change
    before: Verdict | None
    after: Verdict | None
    waived: bool
    scenarios: tuple[ScenarioChange, ...]

    @property
    def counts(self) -> bool:
        """Whether it must hold and no waiver excuses it."""
        return self.requirement.level is Level.MUST and not self.waived


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs, compared. `unlike` is what makes them hard to compare."""

    before: Verdicts
    after: Verdicts
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


def compare(before: Verdicts, after: Verdicts) -> RunComparison:
    """Compare two runs of the same suite, by the ids of requirements and scenarios."""
    ids = dict.fromkeys((*before.requirements, *after.requirements))
    changes = (_requirement(id_, before, after) for id_ in ids)
    found = [change for change in changes if change is not None]
    order = list(Change)
    found.sort(key=lambda c: (order.index(c.change), not c.counts))
    return RunComparison(before, after, tuple(found), tuple(_unlike(before.header, after.header)))


def _requirement(id_: str, before: Verdicts, after: Verdicts) -> RequirementChange | None:
    first, second = before.requirements.get(id_), after.requirements.get(id_)
    scenarios = tuple(_scenarios(id_, before, after))
    was, now = first and first[1], second and second[1]
    if was is now and not scenarios:
        return None
    there = second or first
    assert there is not None
    return RequirementChange(
        requirement=there[0],
        change=_change(was, now),
        before=was,
        after=now,
        waived=second is not None and second[2],
        scenarios=scenarios,
    )


def _change(before: Verdict | None, after: Verdict | None) -> Change:
    if before is None:
        return Change.BROKE if after is Verdict.FAIL else Change.ADDED
    if after is None:
        return Change.GONE
    if after is Verdict.FAIL and before is not Verdict.FAIL:
        return Change.BROKE
    if after is Verdict.INCONCLUSIVE and before in _GREEN:
        return Change.LOST
    if after in _GREEN and before in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        return Change.MENDED
    return Change.CHANGED


def _scenarios(id_: str, before: Verdicts, after: Verdicts) -> Iterator[ScenarioChange]:
    """Those whose verdicts differ; one that only one run has counts if it is red there."""
    own = [s for r, s in dict.fromkeys((*before.scenarios, *after.scenarios)) if r == id_]
    for scenario in own:
        was, now = before.scenarios.get((id_, scenario)), after.scenarios.get((id_, scenario))
        first, second = was and was[0], now and now[0]
        is_in_both = was is not None and now is not None
        if first is not second and (is_in_both or (first or second) in _RED):
            reason = now[1] if now else was[1] if was else ""
            yield ScenarioChange(scenario, first, second, reason)


def _unlike(before: EvidenceHeader, after: EvidenceHeader) -> Iterator[str]:
    """In what the two runs were asked for different things."""
    asked: Sequence[tuple[str, object, object]] = (
        ("kind", before.kind, after.kind),
        ("edition", before.edition, after.edition),
        ("sides", sorted(before.roles), sorted(after.roles)),
        ("profile", before.profile or "all", after.profile or "all"),
        ("selection", before.selection, after.selection),
        ("driver", before.driver, after.driver),
        ("features", sorted(before.features), sorted(after.features)),
        ("harness", before.harness.version, after.harness.version),
    )
    for what, first, second in asked:
        if first != second:
            yield f"{what}: {_display(first)} and {_display(second)}"


def _display(value: object) -> str:
    match value:
        case list():
            return ", ".join(map(str, value)) or "none"
        case str():
            return value
        case int() if not isinstance(value, bool):
            return str(value)
        case _:
            parts = plain_json(value)
            told = parts.values() if isinstance(parts, dict) else ()
            return "; ".join(_display(part) for part in told if part) or "everything"


def comparison_json(comparison: RunComparison) -> dict[str, Json]:
    """The comparison as JSON data."""
    kinds = [change.change for change in comparison.changes]
    return {
        "schema": "pairproof/compare/1",
        "before": _run(comparison.before),
        "after": _run(comparison.after),
        "unlike": [*comparison.unlike],
        "counts": {kind.value: kinds.count(kind) for kind in Change},
        "changes": [_as_json(change) for change in comparison.changes],
        "exit_code": comparison.exit_code,
    }


def _run(verdicts: Verdicts) -> Json:
    header = verdicts.header
    return {
        "evidence": verdicts.name,
        "verdict": verdicts.overall.value,
        "implementation": plain_json(header.implementation),
        "started_at": header.run.started_at,
    }


def _as_json(change: RequirementChange) -> Json:
    return {
        **requirement_json(change.requirement),
        "change": change.change.value,
        "before": change.before and change.before.value,
        "after": change.after and change.after.value,
        "waived": change.waived,
        "scenarios": [
            {
                "id": s.scenario,
                "before": s.before and s.before.value,
                "after": s.after and s.after.value,
                "reason": s.reason,
            }
            for s in change.scenarios
        ],
    }
