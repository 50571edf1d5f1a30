"""The kill matrix: each mutant has to be caught at the requirement that it breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from harness.catalogue.requirement import Level
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.proving.fleets import HOSTS, SEED, FleetTrial, try_fleets
from harness.proving.trials import Trial, TrialResult, run_trials
from harness.proving.walks import try_walks
from harness.reference.planting import Lane, Mutant, Wire
from harness.tables.declared import drawn_outlines

Progress = Callable[["Caught"], None]


class Mechanism(StrEnum):
    """What finds a mutant first. Scenarios of the feature `sizes` are no documented ones."""

    SCENARIO = "documented scenario"
    TABLE = "drawn table"
    SIZES = "sizes"
    WALK = "walk"
    SEQUENCES = "explore"
    FLEET = "fleet"
    BROWSER = "browser"


def mechanism_of(scenario: str) -> Mechanism:
    """Which mechanism of the suite a scenario belongs to, by its id."""
    feature = scenario.partition("/")[0]
    if scenario.partition("[")[0] in drawn_outlines():
        return Mechanism.TABLE
    return Mechanism.SIZES if feature == Mechanism.SIZES else Mechanism.SCENARIO


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of one mutant.

    Attributes:
        killed_by: the scenarios that failed at its requirement; for the lane `interleaving`
            the interleaving that found it, for `explore` how many sequences it took, for the lane
            `fleet` the fleet's scenario.
        reds: every requirement that failed in what was run, its own among them.
        alone: the one driver through which it is caught, where another one misses it.
        without: the invariants that are broken in the lane `fleet` without its nemesis.
        by_suite: the scenarios of the suite that fail on it, in the lane `fleet`.
        problem: why it could not be tried; empty if it could.
    """

    mutant: Mutant
    killed_by: tuple[str, ...] = ()
    reds: tuple[str, ...] = ()
    alone: str = ""
    without: tuple[str, ...] = ()
    by_suite: tuple[str, ...] = ()
    problem: str = ""

    @property
    def at_its_requirement(self) -> bool:
        """Whether it was caught where it has to be."""
        return bool(self.killed_by)

    @property
    def found_by(self) -> Mechanism | None:
        """What finds it first where it has to be found; `None` if nothing does."""
        if not self.killed_by:
            return None
        return _OF_LANE.get(self.mutant.lane) or mechanism_of(self.killed_by[0])

    @property
    def killed(self) -> bool:
        """Whether anything caught it."""
        return bool(self.killed_by or self.reds)

    @property
    def wrong(self) -> str:
        """What is wrong with this row of the matrix, in a few words; empty if nothing is."""
        if self.problem:
            return self.problem
        if not self.killed:
            return "survived: nothing failed"
        if not self.at_its_requirement:
            return f"caught elsewhere only: {', '.join(self.reds)}"
        if self.alone:
            return f"caught only through the driver {self.alone}"
        if self.without:
            spared = f"without the nemesis {self.mutant.nemesis}"
            return f"caught {spared} as well: {', '.join(self.without)}"
        return f"the suite catches it as well: {', '.join(self.by_suite)}" if self.by_suite else ""


_OF_LANE = {
    Lane.INTERLEAVING: Mechanism.WALK,
    Lane.EXPLORE: Mechanism.SEQUENCES,
    Lane.FLEET: Mechanism.FLEET,
    Lane.BROWSER: Mechanism.BROWSER,
}


@dataclass(frozen=True, slots=True)
class Matrix:
    """The rows, and the requirements that are judged and have no mutant."""

    rows: tuple[Caught, ...]
    without: tuple[str, ...] = ()
    baseline: str = ""
    """What is wrong with the reference as it is; empty if nothing is."""

    @property
    def survived(self) -> tuple[Caught, ...]:
        """Those that nothing caught."""
        return tuple(row for row in self.rows if not row.killed)

    @property
    def sound(self) -> bool:
        """Whether every row is as it has to be, and no requirement is without one."""
        return not (self.baseline or self.without or any(row.wrong for row in self.rows))


@dataclass(slots=True)
class _Sheet:
    """Fills in the matrix as trials end."""

    progress: Progress
    rows: dict[str, Caught] = field(default_factory=dict)

    def put(self, row: Caught) -> None:
        self.rows[row.mutant.name] = row
        self.progress(row)


def try_mutants(
    mutants: Sequence[Mutant],
    *,
    workers: int,
    full: bool = False,
    both_drivers: bool = False,
    whole: bool = False,
    first: Mapping[str, str] = MappingProxyType({}),
    progress: Progress = lambda row: None,
) -> Matrix:
    """Try each mutant in its lane.

    A mutant runs the scenarios of its requirement, and stops at the kill; one that these do not
    kill runs the whole suite, to tell a survivor from one that is caught elsewhere. `full` runs
    the whole suite for each, for all that turns red with it; on those of the lane `fleet` nothing
    may. `both_drivers` tries those that
    show through either driver over HTTP as well. `whole` says that these are all mutants there
    are, so that a requirement without one can be told. `first` has the scenario that each begins
    with: the one that has caught it before.

    Raises:
        TrialsFailed: the suite cannot be collected.
    """
    sheet = _Sheet(progress)
    in_suite = [m for m in mutants if m.lane in (Lane.SUITE, Lane.BROWSER)]
    reference = _try_in_suite(in_suite, workers, full, first, sheet)
    if both_drivers:
        _through_the_other_driver(in_suite, workers, sheet)
    walked = [m for m in mutants if m.lane in (Lane.INTERLEAVING, Lane.EXPLORE)]
    for mutant, found_by, problem in try_walks(walked, workers):
        found = (found_by,) if found_by else ()
        reds = (mutant.requirement,) if found_by else ()
        sheet.put(Caught(mutant, found, reds, problem=problem))
    wrong = _try_in_fleet([m for m in mutants if m.lane is Lane.FLEET], workers, full, sheet)
    rows = tuple(sheet.rows[m.name] for m in mutants)
    broken = {m.requirement for m in mutants}
    without = tuple(r for r in judgeable(reference) if r not in broken) if whole else ()
    return Matrix(rows, without, "; ".join(filter(None, (_baseline(reference), wrong))))


def _try_in_fleet(mutants: Sequence[Mutant], workers: int, full: bool, sheet: _Sheet) -> str:
    """Fill in the rows of the fleet's lane; returns what is wrong with the reference in it."""
    by_suite: dict[str, tuple[str, ...]] = {}

    def note(trial: Trial, result: TrialResult) -> None:
        red = result.with_verdict(Verdict.FAIL)
        by_suite[trial.planted] = tuple(ended.scenario for ended in red)

    def report(trial: FleetTrial) -> None:
        mutant = trial.mutant
        found = (mutant.found_by,) if mutant.requirement in trial.reds else ()
        seen = by_suite.get(f"mutant:{mutant.name}", ())
        sheet.put(Caught(mutant, found, trial.reds, "", trial.without, seen, problem=trial.problem))

    if full:
        run_trials([Trial(f"mutant:{m.name}") for m in mutants], workers, note)
    return try_fleets(mutants, workers, report)


def _try_in_suite(
    mutants: Sequence[Mutant], workers: int, full: bool, first: Mapping[str, str], sheet: _Sheet
) -> TrialResult:
    """Fill in the rows of the suite's lane; returns what the reference itself gives."""
    if not mutants:
        return TrialResult()
    found: dict[Trial, TrialResult] = {}
    # Who is reached over HTTP mostly waits: so that others can be tried meanwhile, they begin.
    waiting_first = sorted(mutants, key=lambda mutant: mutant.wire is not Wire.HTTP)
    by_trial = {_trial(m, full, first.get(m.name, "")): m for m in waiting_first}
    again: list[Trial] = []

    def report(trial: Trial, result: TrialResult) -> None:
        found[trial] = result
        mutant = by_trial.get(trial)
        if mutant is None:
            return
        row = _row(mutant, result)
        if full or row.at_its_requirement or row.problem:
            sheet.put(row)
        else:
            again.append(replace(trial, requirement="", stops=False))

    run_trials([Trial(), *by_trial], workers, report)
    named = {f"mutant:{m.name}": m for m in mutants}
    run_trials(again, workers, lambda trial, result: sheet.put(_row(named[trial.planted], result)))
    return found[Trial()]


def _trial(mutant: Mutant, full: bool, first: str) -> Trial:
    driver = "http" if mutant.wire is Wire.HTTP else "inprocess"
    planted = f"mutant:{mutant.name}"
    pages = mutant.lane is Lane.BROWSER
    if full:
        return Trial(planted, driver, pages=pages)
    return Trial(
        planted,
        driver,
        mutant.requirement,
        first=(first,) if first else (),
        stops=True,
        pages=pages,
    )


def _row(mutant: Mutant, result: TrialResult) -> Caught:
    red = result.with_verdict(Verdict.FAIL)
    killed_by = tuple(e.scenario for e in red if mutant.requirement in e.requirements)
    among = {r for e in red for r in e.requirements}
    reds = tuple(r.id for r in REQUIREMENTS if r.id in among)
    return Caught(mutant, killed_by, reds, problem=result.problem)


def _through_the_other_driver(mutants: Sequence[Mutant], workers: int, sheet: _Sheet) -> None:
    """What is said to show through any driver has to be caught through HTTP as well."""
    anywhere = {
        Trial(f"mutant:{m.name}", "http", m.requirement, stops=True): m
        for m in mutants
        if m.wire is Wire.ANY
    }

    def report(trial: Trial, result: TrialResult) -> None:
        row = sheet.rows[anywhere[trial].name]
        if row.at_its_requirement and not _row(row.mutant, result).at_its_requirement:
            sheet.put(replace(row, alone="inprocess", problem=result.problem))

    run_trials(list(anywhere), workers, report)


def judgeable(reference: TrialResult) -> tuple[str, ...]:
    """The MUSTs and SHOULDs that the suite is able to judge: the reference passes them."""
    passed = {r for e in reference.with_verdict(Verdict.PASS) for r in e.requirements}
    levels = (Level.MUST, Level.SHOULD)
    return tuple(r.id for r in REQUIREMENTS if r.id in passed and r.level in levels)


def _baseline(reference: TrialResult) -> str:
    if reference.problem:
        return reference.problem
    red = reference.with_verdict(Verdict.FAIL)
    return f"the reference itself fails {', '.join(e.scenario for e in red)}" if red else ""


def as_json(matrix: Matrix) -> Mapping[str, object]:
    """The matrix as `pairproof mutants run --format json` prints it."""
    return {
        "mutants": [
            {
                "name": row.mutant.name,
                "requirement": row.mutant.requirement,
                "lane": row.mutant.lane.value,
                "killed": row.killed,
                "killed_by": list(row.killed_by),
                "at_its_requirement": row.at_its_requirement,
                "found_by": row.found_by,
                "says": row.mutant.says,
                "driver": row.mutant.wire.value,
                "red": list(row.reds),
                "wrong": row.wrong,
                **(_fleet_json(row.mutant) if row.mutant.lane is Lane.FLEET else {}),
            }
            for row in matrix.rows
        ],
        "killed": sum(row.killed for row in matrix.rows),
        "survived": len(matrix.survived),
        "requirements_without": list(matrix.without),
    }


def _fleet_json(mutant: Mutant) -> Mapping[str, object]:
    needs = mutant.nemesis.value if mutant.nemesis else None
    return {"hosts": HOSTS, "seed": SEED, "nemesis": needs}
