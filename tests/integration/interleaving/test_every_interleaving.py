"""The reference is clean on every interleaving, and each race among the mutants is found."""

from __future__ import annotations

import pytest

from harness.explore.interleavings import INTERLEAVINGS
from harness.explore.walk import WalkResult, first_violation, rendered, walk
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
}
"""Found without any fault, or on the first interleaving with one."""
WALKED = {"withdraws_whatever_is_pending": ("send-again",)}
"""By what these are found. All that is walked before it without a fault has nothing to show."""


def clean(result: WalkResult) -> None:
    assert not result.violations, "\n\n".join(map(rendered, result.violations))


def test_the_reference_is_clean_without_faults() -> None:
    result = walk(faults=0)
    clean(result)
    assert result.schedules > 5_000


@pytest.mark.slow
@pytest.mark.parametrize("interleaving", INTERLEAVINGS)
def test_the_reference_is_clean_with_one_fault(interleaving: str) -> None:
    clean(walk([INTERLEAVINGS[interleaving]], faults=1))


@pytest.mark.parametrize("interleaving", ["send-and-accept", "two-send", "two-accept", "watched"])
def test_the_reference_is_clean_with_one_fault_in_short_interleavings(interleaving: str) -> None:
    clean(walk([INTERLEAVINGS[interleaving]], faults=1))


@pytest.mark.slow
@pytest.mark.parametrize("interleaving", ["send-and-accept", "two-send", "revised-between"])
def test_the_reference_is_clean_with_two_faults(interleaving: str) -> None:
    clean(walk([INTERLEAVINGS[interleaving]], faults=2))


@pytest.mark.parametrize("race", [m for m in RACES if m.name in QUICK], ids=lambda m: m.name)
def test_a_race_is_found_at_the_invariant_that_it_breaks(race: Mutant) -> None:
    walked = [INTERLEAVINGS[name] for name in WALKED.get(race.name, INTERLEAVINGS)]
    assert first_violation(race.behaviour, race.requirement, walked) is not None


@pytest.mark.slow
@pytest.mark.parametrize("race", [m for m in RACES if m.name not in QUICK], ids=lambda m: m.name)
def test_a_rare_race_is_found_at_the_invariant_that_it_breaks(race: Mutant) -> None:
    assert first_violation(race.behaviour, race.requirement) is not None


def test_every_invariant_has_a_race_that_breaks_it() -> None:
    assert {race.requirement for race in RACES} == {f"INV-{n}" for n in range(1, 11)}
