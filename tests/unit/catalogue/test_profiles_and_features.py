"""Certification profiles and features say what they mean, and are found by name."""

from __future__ import annotations

import pytest

from harness.catalogue import requirement
from harness.catalogue.errors import UnknownName
from harness.catalogue.requirements import REQUIREMENTS


def test_every_profile_and_every_feature_is_described_once() -> None:
    assert [d.profile for d in requirement.PROFILES] == list(requirement.Profile)
    assert [d.feature for d in requirement.FEATURES] == list(requirement.Feature)
    assert "Centrally Managed" in requirement.FEATURES[0].claim


def test_every_profile_has_requirements_of_its_own() -> None:
    assert {r.profile for r in REQUIREMENTS} == set(requirement.Profile)


def test_the_invariants_belong_to_resilience() -> None:
    assert all(r.profile is requirement.Profile.RESILIENCE for r in REQUIREMENTS if r.is_invariant)


def test_a_profile_stands_on_those_before_it() -> None:
    assert requirement.stands_on(requirement.Profile.CORE) == (requirement.Profile.CORE,)
    assert requirement.stands_on(requirement.Profile.RESILIENCE) == tuple(requirement.Profile)


def test_names_lead_to_profiles_in_their_order() -> None:
    core, extended, resilience = requirement.Profile
    named = requirement.profiles_named
    assert named(["extended", " core,resilience", "core"]) == (core, extended, resilience)
    assert named([]) == named([""]) == ()


@pytest.mark.parametrize(
    ("names", "all_there"),
    [
        ("", True),
        ("core", True),
        ("core extended", True),
        ("core extended resilience", True),
        ("extended", False),
        ("core resilience", False),
        ("core gold", False),
    ],
)
def test_what_stands_on_a_profile_that_is_not_there_is_no_claim(
    names: str, all_there: bool
) -> None:
    assert requirement.has_all_it_stands_on(names.split()) is all_there


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match=r"'gold'.*core or extended or resilience"):
        requirement.profiles_named(["core,gold"])
