"""Certification profiles and features say what they mean, and are found by name."""

from __future__ import annotations

import pytest

from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import (
    FEATURES,
    PROFILES,
    Feature,
    Profile,
    profile_named,
    stands_on,
)
from harness.catalogue.requirements import REQUIREMENTS


def test_every_profile_and_every_feature_is_described_once() -> None:
    assert [d.profile for d in PROFILES] == list(Profile)
    assert [d.feature for d in FEATURES] == list(Feature)
    assert "Centrally Managed" in FEATURES[0].claim


def test_every_profile_has_requirements_of_its_own() -> None:
    assert {r.profile for r in REQUIREMENTS} == set(Profile)


def test_the_invariants_belong_to_resilience() -> None:
    assert all(r.profile is Profile.RESILIENCE for r in REQUIREMENTS if r.is_invariant)


def test_a_profile_stands_on_those_before_it() -> None:
    assert stands_on(Profile.CORE) == (Profile.CORE,)
    assert stands_on(Profile.RESILIENCE) == tuple(Profile)


def test_names_lead_to_profiles() -> None:
    assert profile_named("extended") is Profile.EXTENDED


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match=r"'gold'.*core or extended or resilience"):
        profile_named("gold")
