"""How much the suite finds of defects that nobody planted."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from harness.catalogue.requirement import Level
from harness.catalogue.requirements import by_id
from harness.catalogue.verdict import Verdict
from harness.proving.trials import Trial, TrialResult, run_trials
from harness.reference.drawn import DrawnMutant


@dataclass(frozen=True, slots=True)
class DrawnOutcome:
    """What the suite says of a drawn mutant: what it fails first, or cannot judge."""

    mutant: DrawnMutant
    failed: tuple[str, ...]
    unclear: tuple[str, ...]
    equivalent: str = ""
    """Why no suite could tell it from the reference; empty if one could."""
    problem: str = ""


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
    """Run the suite in process on each, until it fails a requirement that must hold.

    Raises:
        TrialsFailed: the suite cannot be collected.
    """
    set_aside = {m.name: why for m in mutants if (why := why_equivalent(m))}
    rows: dict[str, DrawnOutcome] = {}
    by_trial = {Trial(f"drawn:{m.name}", stops=True): m for m in mutants if m.name not in set_aside}

    def report(trial: Trial, result: TrialResult) -> None:
        mutant = by_trial[trial]
        row = DrawnOutcome(
            mutant,
            _musts(result, Verdict.FAIL),
            _musts(result, Verdict.INCONCLUSIVE),
            problem=result.problem,
        )
        rows[mutant.name] = row
        progress(row)

    run_trials(list(by_trial), workers, report)
    for mutant in mutants:
        rows.setdefault(mutant.name, DrawnOutcome(mutant, (), (), set_aside.get(mutant.name, "")))
    return tuple(rows[mutant.name] for mutant in mutants)


def _musts(result: TrialResult, verdict: Verdict) -> tuple[str, ...]:
    told = (r for ended in result.with_verdict(verdict) for r in ended.requirements)
    return tuple(r for r in dict.fromkeys(told) if by_id(r).level is Level.MUST)
