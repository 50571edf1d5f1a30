"""Certification profiles and features say what they mean, and are found by name."""

from __future__ import annotations

import pytest

from harness.catalogue import features, profiles
from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Feature, Profile
from harness.catalogue.requirements import REQUIREMENTS


def test_every_profile_and_every_feature_is_described_once() -> None:
    assert [d.profile for d in profiles.PROFILES] == list(Profile)
    assert [d.feature for d in features.FEATURES] == list(Feature)


@pytest.mark.parametrize("profile", Profile)
def test_a_profile_selects_its_own_requirements_only(profile: Profile) -> None:
    chosen = profiles.requirements_of(profile)
    assert {r.profile for r in chosen} == {profile}


def test_the_profiles_share_out_the_requirements() -> None:
    chosen = [r for profile in Profile for r in profiles.requirements_of(profile)]
    assert len(chosen) == len(REQUIREMENTS)
    assert set(chosen) == set(REQUIREMENTS)


def test_the_invariants_belong_to_resilience() -> None:
    assert all(r.profile is Profile.RESILIENCE for r in REQUIREMENTS if r.is_invariant)


def test_a_profile_stands_on_those_before_it() -> None:
    assert profiles.stands_on(Profile.CORE) == (Profile.CORE,)
    assert profiles.stands_on(Profile.RESILIENCE) == tuple(Profile)


def test_descriptions_are_found() -> None:
    assert profiles.describe(Profile.EXTENDED).profile is Profile.EXTENDED
    assert "Centrally Managed" in features.describe(Feature.PAGES).claim


def test_names_lead_to_profiles_and_features() -> None:
    assert profiles.profile_named("extended") is Profile.EXTENDED
    assert features.feature_named("multi-node") is Feature.MULTI_NODE


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match=r"'gold'.*core or extended or resilience"):
        profiles.profile_named("gold")


def test_an_unknown_feature_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match=r"'page'.*pages or scopes or multi-node"):
        features.feature_named("page")
