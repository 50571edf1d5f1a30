"""The match explains itself: a row for each local pack, and every reason why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.domain.match import (
    MatchRules,
    Mismatch,
    ProfileChoice,
    match_profiles,
    remembered_match,
)
from harness.domain.profile import (
    ClusterProfile,
    Layer,
    Pack,
    ProfileEdition,
    ProfileType,
    StackProfile,
)

OS = Pack(Layer.OS, "Ubuntu", "22.04")
CNI = Pack(Layer.CNI, "Calico", "3.25.1")
APP = Pack(Layer.ADDON, "Prometheus-Grafana", "44.3.1")
LOCAL = (
    StackProfile("base", ProfileType.INFRA, "1.0.0", (OS, CNI)),
    StackProfile("extra", ProfileType.ADD_ON, "1.0.0", (APP,)),
)


def profile(kind: ProfileType, *packs: Pack, name: str = "") -> ClusterProfile:
    label = name or f"{kind.value}-{len(packs)}"
    return ClusterProfile(f"uid-{label}", label, kind, (ProfileEdition("1.0.0", packs),))


def problems(
    *selected: ClusterProfile | ProfileChoice, rules: MatchRules = MatchRules()
) -> list[Mismatch]:
    choices = [c if isinstance(c, ProfileChoice) else ProfileChoice(c) for c in selected]
    return [p.kind for p in match_profiles(LOCAL, choices, rules).problems]


def test_each_pack_in_its_own_profile_matches() -> None:
    result = match_profiles(
        LOCAL,
        [
            ProfileChoice(profile(ProfileType.INFRA, OS, CNI)),
            ProfileChoice(profile(ProfileType.ADD_ON, APP)),
        ],
    )
    assert result.valid
    assert [(row.pack, row.profile, row.profile_version) for row in result.packs] == [
        ("Ubuntu", "infra-2", "1.0.0"),
        ("Calico", "infra-2", "1.0.0"),
        ("Prometheus-Grafana", "add-on-1", "1.0.0"),
    ]


def test_how_packs_are_spread_does_not_matter() -> None:
    assert not problems(profile(ProfileType.FULL, APP, CNI, OS))
    assert not problems(profile(ProfileType.INFRA, OS), profile(ProfileType.ADD_ON, APP, CNI))


@pytest.mark.parametrize("version", ["22.04.1", "22.4", "22.04+1", "22.0", "v22.04", "22.04 "])
def test_a_version_matches_only_as_the_same_text(version: str) -> None:
    other = profile(ProfileType.FULL, replace(OS, version=version), CNI, APP)
    result = match_profiles(LOCAL, [ProfileChoice(other)])
    (problem,) = result.problems
    assert (problem.kind, problem.pack) == (Mismatch.VERSION, "Ubuntu")
    assert (problem.local_version, problem.offered_version) == ("22.04", version)
    assert result.packs[0].profile == ""


def test_names_that_differ_in_case_are_different_packs() -> None:
    other = profile(ProfileType.FULL, replace(OS, name="ubuntu"), CNI, APP)
    assert problems(other) == [Mismatch.MISSING, Mismatch.EXTRA]


def test_what_is_missing_and_what_is_too_much_is_named() -> None:
    more = Pack(Layer.ADDON, "Hello-Universe", "2.0.0")
    result = match_profiles(LOCAL, [ProfileChoice(profile(ProfileType.FULL, OS, CNI, more))])
    assert [(p.kind, p.pack) for p in result.problems] == [
        (Mismatch.MISSING, "Prometheus-Grafana"),
        (Mismatch.EXTRA, "Hello-Universe"),
    ]


def test_exactly_one_infra_or_full_profile() -> None:
    everything = profile(ProfileType.FULL, OS, CNI, APP)
    second = profile(ProfileType.INFRA, name="second")
    assert problems(everything, second) == [Mismatch.BASE_PROFILES]
    assert problems(profile(ProfileType.ADD_ON, OS, CNI, APP)) == [Mismatch.BASE_PROFILES]
    assert Mismatch.BASE_PROFILES in problems()


def test_the_same_pack_twice_is_a_duplicate() -> None:
    found = problems(profile(ProfileType.FULL, OS, CNI, APP), profile(ProfileType.ADD_ON, APP))
    assert found == [Mismatch.DUPLICATE]


def versions(*editions: ProfileEdition) -> ClusterProfile:
    return ClusterProfile("uid", "full", ProfileType.FULL, editions)


GOOD = (OS, CNI, APP)
BAD = (OS, CNI)


def test_only_the_latest_published_version_counts() -> None:
    newer_is_bad = versions(ProfileEdition("1.9.0", GOOD), ProfileEdition("1.10.0", BAD))
    assert problems(newer_is_bad) == [Mismatch.MISSING]
    assert problems(ProfileChoice(newer_is_bad, "1.9.0")) == [Mismatch.NOT_LATEST]
    newer_is_good = versions(ProfileEdition("1.9.0", BAD), ProfileEdition("1.10.0", GOOD))
    assert not problems(newer_is_good)
    assert not problems(ProfileChoice(newer_is_good, "1.10.0"))


def test_a_draft_counts_only_where_that_is_chosen() -> None:
    drafted = versions(ProfileEdition("1.0.0", GOOD), ProfileEdition("2.0.0", BAD, published=False))
    assert not problems(drafted)
    assert problems(drafted, rules=MatchRules(drafts_count_as_latest=True)) == [Mismatch.MISSING]
    only_draft = versions(ProfileEdition("1.0.0", GOOD, published=False))
    assert Mismatch.NOTHING_PUBLISHED in problems(only_draft)


def test_layers_matter_only_where_that_is_chosen() -> None:
    moved = profile(ProfileType.FULL, replace(OS, layer=Layer.KERNEL), CNI, APP)
    assert problems(moved) == [Mismatch.LAYER]
    assert not problems(moved, rules=MatchRules(layers_must_agree=False))


def test_the_very_same_question_has_the_very_same_answer() -> None:
    full, lax = profile(ProfileType.FULL, OS, CNI, APP), MatchRules(layers_must_agree=False)
    first = remembered_match(LOCAL, [ProfileChoice(full)], MatchRules())
    assert first == match_profiles(LOCAL, [ProfileChoice(full)])
    assert remembered_match(LOCAL, [ProfileChoice(full)], MatchRules()) is first
    assert remembered_match(LOCAL, [ProfileChoice(full)], lax) is not first


def test_a_profile_in_a_later_edition_is_matched_anew() -> None:
    full = profile(ProfileType.FULL, OS, CNI, APP)
    later = ProfileEdition("2.0.0", (OS, CNI, replace(APP, version="45.0.0")))
    moved_on = replace(full, editions=(*full.editions, later))
    assert remembered_match(LOCAL, [ProfileChoice(full)], MatchRules()).valid
    assert not remembered_match(LOCAL, [ProfileChoice(moved_on)], MatchRules()).valid
    asked = [ProfileChoice(full, "1.0.0")]
    assert remembered_match(LOCAL[:1], asked, MatchRules()) == match_profiles(LOCAL[:1], asked)
