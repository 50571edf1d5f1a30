"""The reference is clean on every interleaving, and each race among the mutants is found."""

from __future__ import annotations

import pytest

from harness.explore.interleavings import INTERLEAVINGS
from harness.explore.walk import InterleavingResult, first_violation, rendered, walk
from harness.reference.mutants import races  # noqa: F401
from harness.reference.planting import MUTANTS, Lane, Mutant

RACES = [mutant for mutant in MUTANTS if mutant.lane is Lane.INTERLEAVING]
QUICK = {
    "obeys_only_after_the_answer",
    "confirms_what_has_expired",
    "withdraws_whatever_is_pending",
    "remembers_the_match",
    "a_late_answer_brings_it_back",
    "decides_on_what_was_looked_at",
    "remembers_the_token",
    "shows_what_it_showed_before",
    "stays_open_while_it_confirms",
    "the_last_to_come_replaces_the_rest",
    "forgets_what_was_overtaken",
    "takes_an_error_for_a_refusal",
}
"""Found without any fault, or by the interleaving that finds it with one in a second."""


def clean(result: InterleavingResult) -> None:
    assert not result.violations, "\n\n".join(map(rendered, result.violations))


def test_the_reference_is_clean_without_faults() -> None:
    results = [walk(interleaving, faults=0) for interleaving in INTERLEAVINGS.values()]
    for result in results:
        clean(result)
    assert sum(result.schedules for result in results) > 5_000


@pytest.mark.slow
@pytest.mark.parametrize("interleaving", INTERLEAVINGS)
def test_the_reference_is_clean_with_the_faults_of_each(interleaving: str) -> None:
    clean(walk(INTERLEAVINGS[interleaving]))


@pytest.mark.parametrize("interleaving", ["send-and-accept", "two-send", "two-accept", "watched"])
def test_the_reference_is_clean_with_one_fault_in_short_interleavings(interleaving: str) -> None:
    clean(walk(INTERLEAVINGS[interleaving], faults=1))


@pytest.mark.parametrize("race", [m for m in RACES if m.name in QUICK], ids=lambda m: m.name)
def test_a_race_is_found_at_the_invariant_that_it_breaks(race: Mutant) -> None:
    walked = [INTERLEAVINGS[race.found_by]]
    assert first_violation(race.behaviour, [race.requirement], walked) is not None


@pytest.mark.slow
@pytest.mark.parametrize("race", [m for m in RACES if m.name not in QUICK], ids=lambda m: m.name)
def test_a_rare_race_is_found_at_the_invariant_that_it_breaks(race: Mutant) -> None:
    walked = [INTERLEAVINGS[race.found_by]]
    assert first_violation(race.behaviour, [race.requirement], walked) is not None


def test_every_invariant_has_a_race_that_breaks_it() -> None:
    assert {race.requirement for race in RACES} == {f"INV-{n}" for n in range(1, 11)}
