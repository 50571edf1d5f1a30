"""Trials: real runs of the suite in children, and what becomes of those that go wrong."""

from __future__ import annotations

import inspect
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import pytest

from harness.catalogue.verdict import Verdict
from harness.proving import trials
from harness.proving.matrix import Caught, Matrix, try_mutants
from harness.proving.trials import Trial, TrialOutcome, TrialResult, run_trials
from harness.reference.behaviour import Behaviour
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.planting import MUTANTS, Mutant
from harness.running.session import suite_words
from harness.suite import suite_dir

SUITE = tuple(
    suite_dir("features") / f"{name}.feature" for name in ("prerequisites", "cancel_connectivity")
)
"""With PRE-2, at which the mutants fail, and WDR-4."""


class IgnoresHealth(EdgeCore):
    def require_healthy(self, cluster: Any) -> None:
        return None


class Dies(EdgeCore):
    def require_healthy(self, cluster: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Hangs(EdgeCore):
    def require_healthy(self, cluster: Any) -> None:
        threading.Event().wait()


class Breaks(EdgeCore):
    def __init__(self, *_: Any) -> None:
        raise ZeroDivisionError("a broken mutant")


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, type], Mutant]:
    def declare(name: str, requirement: str, core: Any) -> Mutant:
        mutant = Mutant(name, requirement, "It is wrong.", Behaviour(make_edge=core))
        monkeypatch.setitem(MUTANTS.entries, name, mutant)
        return mutant

    return declare


def results(*trials: Trial) -> dict[Trial, TrialResult]:
    found: dict[Trial, TrialResult] = {}
    run_trials(trials, 2, found.__setitem__)
    return found


def untimed(ended: TrialOutcome) -> TrialOutcome:
    """It, whatever it took."""
    return msgspec.structs.replace(ended, took_s=0.0)


def test_the_reference_passes_through_both_drivers() -> None:
    asked = [Trial(driver=driver, requirement="PRE-2") for driver in ("inprocess", "http")]
    found = results(*asked)
    inprocess, http = (found[trial] for trial in asked)
    assert (inprocess.problem, http.problem) == ("", "")
    assert {e.verdict for e in inprocess.ended} == {Verdict.PASS}
    assert [untimed(e) for e in inprocess.ended] == [untimed(e) for e in http.ended]


def test_a_mutant_is_caught_at_its_requirement_and_the_trial_stops(
    declare: Callable[[str, str, type], Mutant],
) -> None:
    declare("ignores_health", "PRE-2", IgnoresHealth)
    whole = Trial("mutant:ignores_health", requirement="PRE-2")
    stopped = Trial("mutant:ignores_health", requirement="PRE-2", stops=True)
    found = results(whole, stopped)
    assert len(found[stopped].with_verdict(Verdict.FAIL)) == 1
    assert len(found[whole].with_verdict(Verdict.FAIL)) > 1
    assert len(found[stopped].ended) < len(found[whole].ended)
    last = found[whole].with_verdict(Verdict.FAIL)[-1].scenario
    begun_there = replace(stopped, first=(last,))
    assert [e.scenario for e in results(begun_there)[begun_there].ended] == [last]


def test_a_traced_trial_tells_what_each_scenario_ran_and_another_begins_with_those() -> None:
    rules = "harness.reference.core.edge"
    traced = Trial(among=("PRE-1", "WDR-4"), traced=(rules,))
    ended = results(traced)[traced].ended
    inside = _lines_of(EdgeCore.require_running)
    ran = [e for e in ended if inside.intersection(e.ran[rules])]
    assert ran
    assert all("PRE-1" in e.requirements or "WDR-4" in e.requirements for e in ran)
    assert all(e.took_s > 0 for e in ended)
    last = ended[-1].test
    first = Trial(among=("PRE-1", "WDR-4"), first=(last,))
    again = results(first)[first].ended
    assert [e.test for e in again] == [last, *(e.test for e in ended[:-1])]
    assert not any(e.ran for e in again)


def _lines_of(function: Callable[..., object]) -> set[int]:
    lines, number = inspect.getsourcelines(function)
    return set(range(number + 1, number + len(lines)))


def test_a_trial_of_no_requirement_stops_at_any_that_must_hold(
    declare: Callable[[str, str, type], Mutant],
) -> None:
    declare("ignores_health", "PRE-2", IgnoresHealth)
    among = ("PRE-1", "PRE-2", "PRE-3")
    (result,) = results(Trial("mutant:ignores_health", among=among, stops=True)).values()
    assert [e.requirements for e in result.with_verdict(Verdict.FAIL)] == [["PRE-2"]]
    assert result.ended[-1].verdict is Verdict.FAIL


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    """All that are tried with a whole suite at hand, at once: the reference runs it once.

    It is a suite of two features, with all that is looked for; that of all is for `make prove`.
    """
    declared = {
        "caught_elsewhere": ("WDR-4", IgnoresHealth),
        "nothing": ("PRE-2", EdgeCore),
        "dies": ("PRE-2", Dies),
        "breaks": ("PRE-2", Breaks),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trials, "suite_words", partial(suite_words, files=SUITE))
        for name, (requirement, core) in declared.items():
            mutant = Mutant(name, requirement, "It is wrong.", Behaviour(make_edge=core))
            patch.setitem(MUTANTS.entries, name, mutant)
        return try_mutants([MUTANTS.named(name) for name in declared], workers=2)


def row_of(matrix: Matrix, name: str) -> Caught:
    return next(row for row in matrix.rows if row.mutant.name == name)


def test_a_mutant_that_its_requirement_misses_is_tried_with_the_whole_suite(
    matrix: Matrix,
) -> None:
    row = row_of(matrix, "caught_elsewhere")
    assert "PRE-2" in row.reds
    assert row.wrong.startswith("caught elsewhere only: ")


def test_a_mutant_that_is_none_survives(matrix: Matrix) -> None:
    assert row_of(matrix, "nothing") in matrix.survived
    assert not row_of(matrix, "nothing").reds
    assert not matrix.baseline


@pytest.mark.parametrize(
    ("name", "told"), [("dies", "ended by signal 9"), ("breaks", "a broken mutant")]
)
def test_a_trial_that_dies_is_no_kill(matrix: Matrix, name: str, told: str) -> None:
    row = row_of(matrix, name)
    assert not row.killed
    assert told in row.problem


def test_a_trial_that_hangs_says_where(
    declare: Callable[[str, str, type], Mutant], monkeypatch: pytest.MonkeyPatch
) -> None:
    declare("hangs", "PRE-2", Hangs)
    monkeypatch.setattr(trials, "TRIAL_S", 3.0)
    (result,) = results(Trial("mutant:hangs", requirement="PRE-2")).values()
    assert "it ended with 1: Timeout" in result.problem
    assert "in require_healthy" in result.problem


def test_one_trial_does_not_reach_the_next(declare: Callable[[str, str, type], Mutant]) -> None:
    declare("ignores_health", "PRE-2", IgnoresHealth)
    asked = [Trial("mutant:ignores_health", requirement="PRE-2"), Trial(requirement="PRE-2")]
    found: dict[Trial, TrialResult] = {}
    run_trials(asked, 1, found.__setitem__)
    assert found[asked[0]].with_verdict(Verdict.FAIL)
    assert not found[asked[1]].with_verdict(Verdict.FAIL)
