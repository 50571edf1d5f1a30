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


def test_names_lead_to_profiles() -> None:
    assert requirement.profile_named("extended") is requirement.Profile.EXTENDED


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match=r"'gold'.*core or extended or resilience"):
        requirement.profile_named("gold")
