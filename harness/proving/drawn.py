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
    """What the suite says of a drawn mutant: the requirements that it fails, or cannot judge."""

    mutant: DrawnMutant
    failed: tuple[str, ...]
    unclear: tuple[str, ...]
    equivalent: str = ""
    """Why no suite could tell it from the reference; empty if one could."""
    problem: str = ""


Progress = Callable[[DrawnOutcome], None]


def why_equivalent(mutant: DrawnMutant) -> str:
    """Why no suite may or can tell this one from the reference; empty if one could.

    The reasons stand in a file, by the mutant's name or by that of its function or class.
    """
    reasons = _reasons()
    module, function, _ = mutant.name.split(":")
    owner = function.partition(".")[0]
    names = (mutant.name, f"{module}:{function}", f"{module}:{owner}")
    return next((str(reasons[name]) for name in names if name in reasons), "")


@cache
def _reasons() -> dict[str, object]:
    return tomllib.loads(files(__package__).joinpath("equivalent.toml").read_text("utf-8"))


def try_drawn(
    mutants: Sequence[DrawnMutant], *, workers: int, progress: Progress = lambda row: None
) -> tuple[DrawnOutcome, ...]:
    """Run the whole suite in process on each.

    Raises:
        TrialsFailed: the suite cannot be collected.
    """
    set_aside = {m.name: why for m in mutants if (why := why_equivalent(m))}
    rows: dict[str, DrawnOutcome] = {}
    by_trial = {Trial(f"drawn:{m.name}"): m for m in mutants if m.name not in set_aside}

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
