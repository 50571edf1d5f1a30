"""The reference, tried where most of what is waited for never comes."""

from __future__ import annotations

import pytest

from harness.proving.trials import Trial, TrialResult, run_trials
from harness.reference.behaviour import Behaviour
from harness.reference.planting import MUTANTS, Mutant

DRIVERS = ("inprocess", "http")
IMPATIENT = {"await_s": 1.0, "settle_s": 2.0}


def tried(*requirements: str, by: tuple[str, ...] = DRIVERS) -> dict[tuple[str, str], TrialResult]:
    """What the drivers come to, by driver and requirement."""
    results: dict[tuple[str, str], TrialResult] = {}

    def report(trial: Trial, result: TrialResult) -> None:
        assert not result.problem
        results[trial.driver, trial.requirement] = result

    behaviour = Behaviour(limits=IMPATIENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MUTANTS.entries, "hurried", Mutant("hurried", "", "", behaviour))
        trials = [Trial("mutant:hurried", d, r) for d in by for r in requirements]
        run_trials(trials, 2, report)
    return results
