"""The match depends on nothing but the packs, and on each of them (ACC-7, ACC-8, ACC-10)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.domain.match import ProfileChoice, match_profiles
from harness.domain.profile import (
    ClusterProfile,
    Layer,
    Pack,
    ProfileEdition,
    ProfileType,
    StackProfile,
)

NAMES = ("Ubuntu", "ubuntu", "PXK-E", "Calico", "Calico-2", "Amazon EBS CSI", "Grafana", "Loki")
VERSIONS = ("1.0.0", "1.0", "1.0.0-1", "1.0.01", "01.0.0", "1.0.0 ", "1.10.0", "1.1.0", "v1.0.0")

packs = st.builds(
    Pack,
    st.sampled_from(Layer),
    st.sampled_from(NAMES),
    st.sampled_from(VERSIONS),
    st.sampled_from(("", "public", "mirror")),
)
stacks = st.lists(packs, min_size=1, max_size=8, unique_by=lambda pack: pack.name)


def shuffled(draw: st.DrawFn, packs_: list[Pack]) -> list[list[Pack]]:
    """The packs in any order, in any number of groups, some of which may be empty."""
    order = draw(st.permutations(packs_))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=3)))
    edges = [0, *cuts, len(order)]
    return [list(order[a:b]) for a, b in pairwise(edges)]


@st.composite
def local_stacks(draw: st.DrawFn, packs_: list[Pack]) -> tuple[StackProfile, ...]:
    return tuple(
        StackProfile(f"local-{n}", ProfileType.ADD_ON, "1.0.0", tuple(group))
        for n, group in enumerate(shuffled(draw, packs_))
    )


@st.composite
def selections(draw: st.DrawFn, packs_: list[Pack]) -> list[ProfileChoice]:
    """The packs spread over profiles, of which one is the base, in any order."""
    groups = shuffled(draw, packs_)
    base = draw(st.integers(0, len(groups) - 1))
    kind = draw(st.sampled_from((ProfileType.INFRA, ProfileType.FULL)))
    choices = [
        ProfileChoice(
            ClusterProfile(
                f"uid-{n}",
                f"profile-{n}",
                kind if n == base else ProfileType.ADD_ON,
                (ProfileEdition("1.0.0", tuple(group)),),
            ),
            draw(st.sampled_from(("", "1.0.0"))),
        )
        for n, group in enumerate(groups)
    ]
    return list(draw(st.permutations(choices)))


@given(data=st.data(), packs_=stacks)
def test_how_packs_are_spread_and_ordered_does_not_matter(
    data: st.DataObject, packs_: list[Pack]
) -> None:
    result = match_profiles(data.draw(local_stacks(packs_)), data.draw(selections(packs_)))
    assert result.valid, result.problems
    assert {row.pack for row in result.packs} == {pack.name for pack in packs_}


@st.composite
def changes(draw: st.DrawFn, packs_: list[Pack]) -> list[Pack]:
    """The packs with a single one missing, added, repeated or in one thing another."""
    which = draw(st.integers(0, len(packs_) - 1))
    pack, others = packs_[which], [*packs_[:which], *packs_[which + 1 :]]
    free = [name for name in NAMES if name not in {p.name for p in packs_}]
    kinds = ["missing", "version", "layer", "twice", *(["more", "renamed"] if free else [])]
    match draw(st.sampled_from(kinds)):
        case "missing":
            return others
        case "version":
            other = draw(st.sampled_from(VERSIONS).filter(lambda v: v != pack.version))
            return [*others, replace(pack, version=other)]
        case "layer":
            layer = draw(st.sampled_from(Layer).filter(lambda one: one is not pack.layer))
            return [*others, replace(pack, layer=layer)]
        case "twice":
            again = replace(pack, version=draw(st.sampled_from(VERSIONS)))
            return [*packs_, again]
        case "renamed":
            return [*others, replace(pack, name=draw(st.sampled_from(free)))]
        case _:
            return [*packs_, draw(packs.map(lambda p: replace(p, name=free[0])))]


@given(data=st.data(), packs_=stacks)
def test_any_single_change_makes_a_match_invalid(data: st.DataObject, packs_: list[Pack]) -> None:
    changed = data.draw(changes(packs_), label="changed")
    offered = data.draw(st.booleans(), label="the selection is what was changed")
    here, there = (packs_, changed) if offered else (changed, packs_)
    result = match_profiles(data.draw(local_stacks(here)), data.draw(selections(there)))
    assert not result.valid


@given(data=st.data(), packs_=stacks)
def test_only_the_latest_published_version_of_a_profile_counts(
    data: st.DataObject, packs_: list[Pack]
) -> None:
    choices = data.draw(selections(packs_))
    which = data.draw(st.integers(0, len(choices) - 1))
    profile = choices[which].profile
    newer = ProfileEdition("1.10.0", (*profile.editions[0].packs, Pack(Layer.ADDON, "New", "1")))
    older = replace(newer, version="0.9.0")
    order = data.draw(st.permutations((profile.editions[0], newer)))
    local = data.draw(local_stacks(packs_))

    def matched(*editions: ProfileEdition) -> bool:
        chosen = ProfileChoice(replace(profile, editions=editions))
        return match_profiles(local, [*choices[:which], chosen, *choices[which + 1 :]]).valid

    assert not matched(*order)
    assert matched(profile.editions[0], replace(newer, published=False))
    assert matched(*data.draw(st.permutations((profile.editions[0], older))))
