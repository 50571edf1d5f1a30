"""How much the suite finds of defects that nobody planted."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from harness.catalogue.requirement import Level
from harness.catalogue.requirements import by_id
from harness.catalogue.verdict import Verdict
from harness.proving.matrix import Mechanism, mechanism_of
from harness.proving.trials import Trial, TrialOutcome, TrialResult, TrialsFailed, run_trials
from harness.proving.walks import walk_drawn
from harness.reference.drawn import RULES, DrawnMutant


@dataclass(frozen=True, slots=True)
class DrawnOutcome:
    """What is found of a drawn mutant: what it fails first, or cannot be judged."""

    mutant: DrawnMutant
    failed: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    scenario: str = ""
    """The one that failed."""
    walked: str = ""
    """What breaks on a walk over the interleavings, where the suite fails nothing."""
    equivalent: str = ""
    """Why no suite could tell it from the reference; empty if one could."""
    problem: str = ""

    @property
    def found_by(self) -> Mechanism | None:
        """What tells it from the reference first; `None` if nothing does."""
        if self.scenario:
            return mechanism_of(self.scenario)
        return Mechanism.WALK if self.walked else None


Progress = Callable[[DrawnOutcome], None]


def why_equivalent(mutant: DrawnMutant) -> str:
    """Why no suite may or can tell this one from the reference; empty if one could.

    The reasons stand in a file, each with what it holds for: a function, what is changed in one
    (how that begins, and after a `*` what it has as well), or one mutant by its name.
    """
    return next((why for named, why in reasons() if is_named(mutant, named)), "")


def is_named(mutant: DrawnMutant, named: str) -> bool:
    """Whether a reason for what is named so holds for the mutant."""
    function, _, change = named.partition(": ")
    if function not in (mutant.name, mutant.name.rpartition(":")[0]):
        return False
    begins, _, has = change.partition("*")
    what = mutant.says.partition(": ")[2]
    return what.startswith(begins) and has in what


@cache
def reasons() -> tuple[tuple[str, str], ...]:
    """What is set aside, by what it is named, each with the reason."""
    groups = tomllib.loads(files(__package__).joinpath("equivalent.toml").read_text("utf-8"))
    return tuple((named, group["why"]) for group in groups["aside"] for named in group["of"])


def try_drawn(
    mutants: Sequence[DrawnMutant], *, workers: int, progress: Progress = lambda row: None
) -> tuple[DrawnOutcome, ...]:
    """Run the suite in process on each, until it fails a requirement that must hold; what passes
    is walked through every interleaving.

    What runs the changed lines of the reference as it is comes first, so that a kill is soon.

    Raises:
        TrialsFailed: the suite cannot be collected.
    """
    set_aside = {m.name: why for m in mutants if (why := why_equivalent(m))}
    rows: dict[str, DrawnOutcome] = {}
    tried = [m for m in mutants if m.name not in set_aside]
    reach = _traced() if tried else TrialResult()
    by_trial = {
        Trial(f"drawn:{m.name}", stops=True, first=soonest(m, reach.ended)): m for m in tried
    }

    def report(trial: Trial, result: TrialResult) -> None:
        row = _outcome(by_trial[trial], result)
        rows[row.mutant.name] = row
        progress(row)

    run_trials(list(by_trial), workers, report)
    alive = [m for m in tried if not (rows[m.name].failed or rows[m.name].problem)]
    for mutant, walked in walk_drawn(alive, workers):
        if walked:
            rows[mutant.name] = replace(rows[mutant.name], walked=walked)
            progress(rows[mutant.name])
    for mutant in mutants:
        if mutant.name in set_aside:
            rows[mutant.name] = DrawnOutcome(mutant, equivalent=set_aside[mutant.name])
    return tuple(rows[mutant.name] for mutant in mutants)


def _traced() -> TrialResult:
    """The suite on the reference as it is, with the lines of its rules that each scenario runs."""
    found: list[TrialResult] = []
    run_trials([Trial(traced=RULES)], 1, lambda trial, result: found.append(result))
    if found[0].problem:
        raise TrialsFailed(f"the suite cannot be carried out on the reference: {found[0].problem}")
    return found[0]


def soonest(mutant: DrawnMutant, ended: Sequence[TrialOutcome]) -> tuple[str, ...]:
    """The tests that run what is changed, in the order in which they are likely to tell.

    One of each requirement comes before a second of any, and what is done soon before what lasts.
    """
    nth: Counter[str] = Counter()
    ranked = []
    for one in sorted(ended, key=lambda one: one.took_s):
        if any(line in mutant.lines for line in one.ran.get(mutant.module, ())):
            about = one.requirements[0] if one.requirements else ""
            ranked.append((nth[about], one.took_s, one.test))
            nth[about] += 1
    return tuple(test for _, _, test in sorted(ranked))


def _outcome(mutant: DrawnMutant, result: TrialResult) -> DrawnOutcome:
    red = next((e for e in result.with_verdict(Verdict.FAIL) if _musts([e])), None)
    return DrawnOutcome(
        mutant,
        _musts(result.with_verdict(Verdict.FAIL)),
        _musts(result.with_verdict(Verdict.INCONCLUSIVE)),
        scenario=red.scenario if red else "",
        problem=result.problem,
    )


def _musts(ended: Iterable[TrialOutcome]) -> tuple[str, ...]:
    told = (r for one in ended for r in one.requirements)
    return tuple(r for r in dict.fromkeys(told) if by_id(r).level is Level.MUST)
