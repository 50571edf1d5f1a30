"""Mutants that no scenario and no walk comes to are found by sequences that are drawn."""

from __future__ import annotations

import pytest

from harness.proving.walks import find_drawn
from harness.reference.planting import MUTANTS, Lane, load

load()
LATE = {"unanswered_send_is_repeated"}
"""Hundreds of sequences come before the one that finds it."""
DRAWN = [
    pytest.param(mutant.name, marks=[pytest.mark.slow] if mutant.name in LATE else [])
    for mutant in MUTANTS
    if mutant.lane is Lane.EXPLORE
]


@pytest.mark.parametrize("mutant", DRAWN)
def test_a_mutant_of_the_lane_is_found_at_its_requirement(mutant: str) -> None:
    assert find_drawn(mutant).endswith(" sequences")


def test_too_few_sequences_find_nothing() -> None:
    assert find_drawn("cannot_be_rejected_after_a_refused_acceptance", sequences=2) == ""
