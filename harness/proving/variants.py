"""The other half of the proof: no lawful choice may fail anywhere in the suite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.catalogue.requirement import Feature
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.proving.trials import Trial, TrialOutcome, TrialResult, run_trials
from harness.reference.planting import Variant, Wire

SPINE = ("PRE-4", "SND-4", "ACC-3", "ACC-6", "ACC-7", "ACC-12", "ACC-14", "WDR-3", "REJ-5")
"""Requirements whose scenarios meet every operation of both sides: send, list, look, match,
accept, withdraw, reject."""

ON_PAGES = tuple(r.id for r in REQUIREMENTS if Feature.PAGES in r.features)
"""What is tried of a variant that shows on pages."""

SPINE_ON_PAGES = ("SND-12", "ACC-18", "WDR-3P", "REJ-9")
"""Requirements whose scenarios meet every page."""


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """What the suite says of one variant.

    Attributes:
        failed: the scenarios that fail on it: false alarms.
        unclear: those that are inconclusive on it, and not on the reference.
        observed: what was observed that differs from the reference, by requirement.
        passed: how many scenarios passed.
        problem: why it could not be tried; empty if it could.
    """

    variant: Variant
    failed: tuple[TrialOutcome, ...] = ()
    unclear: tuple[TrialOutcome, ...] = ()
    observed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    passed: int = 0
    problem: str = ""

    @property
    def wrong(self) -> str:
        """What is wrong with it, in a few words; empty if nothing is.

        Each alone leaves everything to be judged. Several together may lawfully keep a situation
        from coming about, such as a handover that is over before Palette has started again.
        """
        if self.problem:
            return self.problem
        blamed = [f"fails {e.scenario}: {e.reason}" for e in self.failed]
        if len(self.variant.parts) == 1:
            blamed += [f"cannot judge {e.scenario}: {e.reason}" for e in self.unclear]
        return "; ".join(blamed)


Progress = Callable[[LeftAlone], None]


def try_variants(
    variants: Sequence[Variant],
    *,
    workers: int,
    full: bool = False,
    progress: Progress = lambda row: None,
) -> tuple[LeftAlone, ...]:
    """Run the suite on each variant, and compare with the reference as it is.

    It is the whole suite, but over HTTP only with `full`; without, it is the spine of the
    procedure there, and what the variant concerns. One of pages is tried on those alone, on what
    only pages show.

    Raises:
        TrialsFailed: the suite cannot be collected.
    """
    rows: dict[str, LeftAlone] = {}
    baseline: dict[tuple[str, bool], TrialResult] = {}
    waiting: list[tuple[Variant, TrialResult]] = []
    by_trial = {_trial(v, full): v for v in variants}
    references = _references(by_trial)

    def settle() -> None:
        for variant, result in list(waiting):
            reference = baseline.get((_driver(variant), variant.behaviour.needs_a_browser))
            if reference is not None:
                waiting.remove((variant, result))
                rows[variant.name] = _row(variant, result, reference)
                progress(rows[variant.name])

    def report(trial: Trial, result: TrialResult) -> None:
        if trial.planted:
            waiting.append((by_trial[trial], result))
        else:
            baseline[trial.driver, trial.pages] = result
        settle()

    run_trials([*references, *by_trial], workers, report)
    return tuple(rows[v.name] for v in variants)


def _driver(variant: Variant) -> str:
    return "http" if variant.wire is Wire.HTTP else "inprocess"


def _trial(variant: Variant, full: bool) -> Trial:
    driver = _driver(variant)
    pages = variant.behaviour.needs_a_browser
    spine, whole = (SPINE_ON_PAGES, ON_PAGES) if pages else (SPINE, ())
    concerned = (*spine, *variant.requirement.split(","))
    among = concerned if driver == "http" and not full else whole
    return Trial(f"variant:{variant.name}", driver, among=among, pages=pages)


def _references(trials: Iterable[Trial]) -> list[Trial]:
    """The reference as it is through each driver, on all that the variants are tried on."""
    among: dict[tuple[str, bool], tuple[str, ...]] = {}
    for trial in trials:
        through = trial.driver, trial.pages
        among[through] = tuple(dict.fromkeys((*among.get(through, ()), *trial.among)))
    return [
        Trial(driver=driver, among=tags, pages=pages)
        for (driver, pages), tags in sorted(among.items())
    ]


def _row(variant: Variant, result: TrialResult, reference: TrialResult) -> LeftAlone:
    unclear = {e.scenario for e in reference.with_verdict(Verdict.INCONCLUSIVE)}
    return LeftAlone(
        variant,
        tuple(result.with_verdict(Verdict.FAIL)),
        tuple(e for e in result.with_verdict(Verdict.INCONCLUSIVE) if e.scenario not in unclear),
        _differing(result, reference),
        len(result.with_verdict(Verdict.PASS)),
        result.problem or reference.problem,
    )


def _differing(result: TrialResult, reference: TrialResult) -> dict[str, tuple[str, ...]]:
    """What was observed on the variant and not on the reference, by requirement."""
    usual = {(e.scenario, e.reason) for e in reference.with_verdict(Verdict.OBSERVED)}
    differing: dict[str, list[str]] = {}
    for ended in result.with_verdict(Verdict.OBSERVED):
        if (ended.scenario, ended.reason) not in usual:
            for requirement in ended.requirements:
                differing.setdefault(requirement, []).append(ended.reason)
    return {r: tuple(dict.fromkeys(reasons)) for r, reasons in sorted(differing.items())}


def as_json(rows: Sequence[LeftAlone]) -> Mapping[str, object]:
    """The rows as `pairproof variants run --format json` prints them."""
    return {
        "variants": [
            {
                "name": row.variant.name,
                "requirement": row.variant.requirement,
                "says": row.variant.says,
                "driver": row.variant.wire.value,
                "failed": [e.scenario for e in row.failed],
                "inconclusive": [e.scenario for e in row.unclear],
                "observed": {r: list(o) for r, o in row.observed.items()},
                "passed": row.passed,
                "wrong": row.wrong,
            }
            for row in rows
        ],
        "false_alarms": sum(len(row.failed) for row in rows),
    }
