"""The right selections match, and each wrong one fails for its own reason."""

from __future__ import annotations

import pytest

from harness.domain.match import Mismatch, ProfileChoice, match_profiles
from harness.domain.operations import SelectedProfile
from harness.domain.profile import ClusterProfile
from harness.fleet.stacks import STACKS, FleetStack, SelectionMistake, Shelf, with_bumped_pack

SHELF = Shelf(1, tenant=0, project=0, other=1)
BY_UID = {profile.uid: profile for profile in SHELF.profiles()}
PROBLEM = {
    SelectionMistake.VERSION: {Mismatch.VERSION},
    SelectionMistake.EXTRA: {Mismatch.EXTRA},
    SelectionMistake.MISSING: {Mismatch.MISSING},
    SelectionMistake.NOT_LATEST: {Mismatch.NOT_LATEST},
    SelectionMistake.LATEST: {Mismatch.VERSION},
    SelectionMistake.TWO_BASES: {Mismatch.BASE_PROFILES, Mismatch.DUPLICATE},
}


def problems(stack: FleetStack, selection: tuple[SelectedProfile, ...]) -> set[Mismatch]:
    choices = [ProfileChoice(BY_UID[one.uid], one.version) for one in selection]
    return {problem.kind for problem in match_profiles(stack.local, choices).problems}


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
def test_both_ways_of_selecting_match(stack: FleetStack) -> None:
    split, full = SHELF.selection_for(stack, 0), SHELF.selection_for(stack, 1)
    assert (len(split), len(full)) == (2, 1)
    assert problems(stack, split) == problems(stack, full) == set()


@pytest.mark.parametrize("mistake", PROBLEM)
@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
def test_a_mistake_shows_as_what_it_is(stack: FleetStack, mistake: SelectionMistake) -> None:
    assert problems(stack, SHELF.wrong_selection(stack, mistake)) == PROBLEM[mistake]


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
def test_the_version_that_is_not_the_latest_would_match_by_its_packs(stack: FleetStack) -> None:
    moved, add_on = SHELF.wrong_selection(stack, SelectionMistake.NOT_LATEST)
    edition = BY_UID[moved.uid].edition(moved.version)
    assert edition is not None
    packs = {*edition.packs, *BY_UID[add_on.uid].editions[0].packs}
    assert packs == {pack for profile in stack.local for pack in profile.packs}


def test_foreign_profiles_are_those_of_the_other_project() -> None:
    other = {profile.uid for profile in Shelf(1, tenant=0, project=1, other=0).profiles()}
    assert not other & BY_UID.keys()
    for stack in STACKS:
        assert {one.uid for one in SHELF.wrong_selection(stack, SelectionMistake.FOREIGN)} <= other


def test_every_mistake_is_among_the_wrong_selections() -> None:
    for stack in STACKS:
        wrong = [SHELF.wrong_selection(stack, mistake) for mistake in SelectionMistake]
        assert len(set(wrong)) == len(SelectionMistake)
        assert not {SHELF.selection_for(stack, way) for way in (0, 1)} & set(wrong)


def test_profiles_have_uids_and_names_of_their_own() -> None:
    profiles: tuple[ClusterProfile, ...] = SHELF.profiles()
    assert len({p.uid for p in profiles}) == len({p.name for p in profiles}) == len(profiles)
    assert SHELF.matching() == profiles[: 3 * len(STACKS)]
    assert {p.project_uid for p in profiles} == {SHELF.project_uid}


def test_a_bumped_pack_is_the_next_version_and_the_only_change() -> None:
    packs = STACKS[0].infra
    assert [p.version for p in with_bumped_pack(packs, 4)] == ["22.05", "1.31.4", "1.16.5", "1.7.2"]
    assert with_bumped_pack(packs, 1)[1].version == "1.31.5"
