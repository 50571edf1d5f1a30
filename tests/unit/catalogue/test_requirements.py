"""The catalogue holds what the procedure requires, under the ids that were agreed."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum

import pytest

from harness.catalogue.edition import ANCHORS
from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Feature, Level, Profile, Requirement, Role
from harness.catalogue.requirements import REQUIREMENTS, Group, by_id, groups, order_of
from harness.catalogue.sentences import SENTENCES

# Written by hand: id, role, level, profile, feature. `.` stands for no feature.
AGREED = """
PRE-1 E M core .       PRE-2 E M core .       PRE-3 E M core .       PRE-4 B M core .
PRE-4S E S core .      PRE-5 E M ext .        PRE-5S E S ext .       PRE-6 E M core .
PRE-6S E S core .      PRE-7 C M core .       PRE-8 C M ext .        PRE-9 C M ext scopes
PRE-10 C U ext scopes  PRE-11 E U ext .
SND-1 E M core .       SND-2 E M core pages   SND-3 E M core .       SND-4 B M core .
SND-5 B M core .       SND-6 E M core .       SND-7 B U core .       SND-8 E M core .
SND-9 B U res .        SND-10 E U ext .
ACC-1 C M core .       ACC-2 C M core pages   ACC-3 C M core .       ACC-4 C M core pages
ACC-5 C M core pages   ACC-6 C M core .       ACC-7 C M core .       ACC-8 C M core .
ACC-9A C M core .      ACC-9B C M core .      ACC-9C C M core .      ACC-9D C M core .
ACC-10 C M core .      ACC-11 C M core pages  ACC-12 B M core .      ACC-13 E M core .
ACC-13S E S core .     ACC-14 C M core .      ACC-15 B M core .      ACC-16 C U ext .
ACC-17 C M core pages  ACC-18 C M core pages  ACC-19 B M ext .       ACC-20 C M core .
ACC-21 B U res .       ACC-22 E U ext .
WDR-1 E M core .       WDR-2 E M core .       WDR-2P E M core pages  WDR-3 B M core .
WDR-4 E M core .       WDR-5 C M core .       WDR-6 B M core .       WDR-7 E M core .
WDR-8 B U res .        WDR-9 B U res .        WDR-10 B U res .
REJ-1 C M core .       REJ-2 C M core .       REJ-3 C M core .       REJ-4 C M core .
REJ-4P C M core pages  REJ-5 C M core .       REJ-5P C M core pages  REJ-6 C M core .
REJ-7 E M core .       REJ-7S E S core .      REJ-8 C U ext .
INV-1 B M res .        INV-2 C M res .        INV-3 C M res .        INV-4 B M res .
INV-5 B M res .        INV-6 B M res .        INV-7 B M res .        INV-8 C M res .
INV-9 B M res .        INV-10 E M res .
"""
# What a closer reading of the document has added.
ADDED = """
SND-11 C M core .      SND-12 E M core pages  SND-13 E M core .
ACC-12P C M core pages ACC-23 C M core pages  ACC-24 B M core .
WDR-3P E M core pages  REJ-9 C M core pages
"""
SHORT: dict[str, StrEnum] = {
    **{role.value[0].upper(): role for role in Role},
    **{level.value[0].upper(): level for level in Level},
}
PROFILE = {"core": Profile.CORE, "ext": Profile.EXTENDED, "res": Profile.RESILIENCE}
Terms = tuple[StrEnum, StrEnum, Profile, Feature | None]


def terms(table: str) -> dict[str, Terms]:
    words = table.split()
    rows = zip(*(words[n::5] for n in range(5)), strict=True)
    return {
        id_: (SHORT[role], SHORT[level], PROFILE[profile], None if f == "." else Feature(f))
        for id_, role, level, profile, f in rows
    }


EXPECTED = {**terms(AGREED), **terms(ADDED)}


def of(requirement: Requirement) -> Terms:
    return requirement.role, requirement.level, requirement.profile, requirement.feature


def test_the_short_terms_tell_apart() -> None:
    assert len(SHORT) == len(Role) + len(Level)


def test_every_agreed_id_is_declared_and_no_other() -> None:
    assert {r.id for r in REQUIREMENTS} == set(EXPECTED)
    assert len(terms(AGREED)) == 82


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.id)
def test_a_requirement_keeps_its_role_level_profile_and_feature(requirement: Requirement) -> None:
    assert of(requirement) == EXPECTED[requirement.id]


def test_no_id_is_declared_twice() -> None:
    assert [i for i, n in Counter(r.id for r in REQUIREMENTS).items() if n > 1] == []


def test_groups_follow_the_document() -> None:
    assert [g.prefix for g in groups()] == ["PRE", "SND", "ACC", "WDR", "REJ", "INV"]
    assert tuple(r for g in groups() for r in g.requirements) == REQUIREMENTS
    assert {g.anchor for g in groups()} <= set(ANCHORS)


@pytest.mark.parametrize("group", groups(), ids=lambda g: g.prefix)
def test_a_group_is_sorted_and_holds_only_its_own(group: Group) -> None:
    ids = [r.id for r in group.requirements]
    assert ids == sorted(ids, key=order_of)
    assert {r.group for r in group.requirements} == {group.prefix}


def test_numbers_sort_as_numbers_and_companions_after_their_own() -> None:
    assert sorted(["WDR-10", "WDR-2P", "WDR-9", "WDR-2"], key=order_of) == [
        "WDR-2",
        "WDR-2P",
        "WDR-9",
        "WDR-10",
    ]


def test_what_is_no_id_has_no_order() -> None:
    with pytest.raises(ValueError, match="wdr-4"):
        order_of("wdr-4")


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.id)
def test_titles_are_one_line_and_texts_are_sentences(requirement: Requirement) -> None:
    title, text = requirement.title, requirement.text
    assert len(title) <= 90
    assert not title.endswith(".")
    assert "\n" not in title + text
    assert "  " not in title + text
    assert text.endswith(".")
    assert len(text) >= 60


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.id)
def test_a_silent_place_is_observed_and_only_that(requirement: Requirement) -> None:
    observed = requirement.text.startswith("Observed")
    assert observed is (requirement.level is Level.UNSPECIFIED)


def places(source: str) -> set[tuple[str, str]]:
    """The anchor with each place that a source names: `steps 2 to 3` names two."""
    anchor, _, place = source.partition(" ")
    span = re.fullmatch(r"steps (\d+) to (\d+)", place)
    if span is None:
        return {(anchor, place)}
    first, last = map(int, span.groups())
    return {(anchor, f"step {n}") for n in range(first, last + 1)}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.id)
def test_a_source_is_a_place_in_the_document(requirement: Requirement) -> None:
    assert places(requirement.source) <= {(s.anchor, s.place) for s in SENTENCES}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.id)
def test_a_must_is_covered_by_a_sentence_at_its_source(requirement: Requirement) -> None:
    there = [s for s in SENTENCES if (s.anchor, s.place) in places(requirement.source)]
    covered = any(requirement.id in s.requirements for s in there)
    is_inferred = requirement.is_invariant or requirement.level is not Level.MUST
    assert covered is not is_inferred


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.id)
def test_ids_in_a_text_exist(requirement: Requirement) -> None:
    named = re.findall(r"\b[A-Z]{3}-\d+[A-Z]?\b", requirement.text)
    assert set(named) <= set(EXPECTED)


def test_by_id_finds() -> None:
    assert by_id("WDR-4").title == "Without a link, a cancel still ends the request locally"


@pytest.mark.parametrize(
    ("given", "hint"),
    [("WDR-44", "WDR-4"), ("wdr-4", "WDR-4"), ("nonsense", "`pairproof requirements`")],
)
def test_an_unknown_id_is_refused_with_a_hint(given: str, hint: str) -> None:
    with pytest.raises(UnknownName) as caught:
        by_id(given)
    assert repr(given) in str(caught.value)
    assert hint in str(caught.value)
