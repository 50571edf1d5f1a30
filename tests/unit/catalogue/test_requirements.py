"""The catalogue holds what the procedure requires, under the ids that were agreed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest

from harness.catalogue.edition import ANCHORS, SENTENCES
from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Feature, Level, Profile, Requirement, Role
from harness.catalogue.requirements import REQUIREMENTS, Group, by_id, groups, order_of

# Written by hand: id, role, level, profile, feature. `.` stands for no feature. What is agreed on
# stays as it is; what is declared besides has its one record in the catalogue.
AGREED = """
PRE-1 E M core .       PRE-2 E M core .       PRE-3 E M core .       PRE-4 B M core .
PRE-4S E S core .      PRE-5 E M ext .        PRE-5S E S ext .       PRE-6 E M core .
PRE-6S E S core .      PRE-7 C M core .       PRE-8 C M ext .        PRE-9 C M ext scopes
PRE-10 C U ext scopes  PRE-11 E U ext .
SND-1 E M core .       SND-2 E M core pages   SND-3 E M core .       SND-4 B M core .
SND-5 B M core .       SND-6 E M core .       SND-7 B U core .       SND-8 E M core .
SND-9 B U res .        SND-10 E U ext .       SND-14 C U ext .
ACC-1 C M core .       ACC-2 C M core pages   ACC-3 C M core .
ACC-4 C M core pages|server-steps
ACC-5 C M core pages   ACC-6 C M core .       ACC-7 C M core .       ACC-8 C M core .
ACC-9A C M core .      ACC-9B C M core .      ACC-9C C M core .      ACC-9D C M core .
ACC-10 C M core .      ACC-11 C M core pages|server-steps  ACC-12 B M core .      ACC-13 E M core .
ACC-13S E S core .     ACC-14 C M core .      ACC-15 B M core .      ACC-16 C U ext .
ACC-17 C M core pages|server-steps  ACC-18 C M core pages|server-steps
ACC-19 B M ext management-switch    ACC-20 C M core .
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
SND-11 C M core .      SND-12 E M core pages  SND-13 E M core .
ACC-12P C M core pages ACC-23 C M core pages  ACC-24 B M core .
WDR-3P E M core pages  REJ-9 C M core pages
"""
SHORT: dict[str, StrEnum] = {
    **{role.value[0].upper(): role for role in Role},
    **{level.value[0].upper(): level for level in Level},
}
PROFILE = {"core": Profile.CORE, "ext": Profile.EXTENDED, "res": Profile.RESILIENCE}
Terms = tuple[StrEnum, StrEnum, Profile, tuple[Feature, ...]]


def terms(table: str) -> dict[str, Terms]:
    words = table.split()
    rows = zip(*(words[n::5] for n in range(5)), strict=True)
    return {
        id_: (
            SHORT[role],
            SHORT[level],
            PROFILE[profile],
            tuple(Feature(name) for name in f.split("|") if name != "."),
        )
        for id_, role, level, profile, f in rows
    }


EXPECTED = terms(AGREED)
IDS = {requirement.id for requirement in REQUIREMENTS}


def of(requirement: Requirement) -> Terms:
    return requirement.role, requirement.level, requirement.profile, requirement.features


def test_the_short_terms_tell_apart() -> None:
    assert len(SHORT) == len(Role) + len(Level)


def test_every_agreed_id_is_declared() -> None:
    assert set(EXPECTED) - {r.id for r in REQUIREMENTS} == set()
    assert len(EXPECTED) == 91


def test_no_id_is_declared_twice() -> None:
    assert [i for i, n in Counter(r.id for r in REQUIREMENTS).items() if n > 1] == []


def test_groups_follow_the_document() -> None:
    assert [g.prefix for g in groups()] == ["PRE", "SND", "ACC", "WDR", "REJ", "INV"]
    assert tuple(r for g in groups() for r in g.requirements) == REQUIREMENTS
    assert {g.anchor for g in groups()} <= set(ANCHORS)


def wrong_order(group: Group) -> list[str]:
    """The ids that do not stand where they should, or not in this group."""
    ids = [r.id for r in group.requirements]
    moved = [id_ for id_, right in zip(ids, sorted(ids, key=order_of), strict=True) if id_ != right]
    return moved + [r.id for r in group.requirements if r.group != group.prefix]


def test_groups_are_sorted_and_hold_only_their_own() -> None:
    assert [(g.prefix, id_) for g in groups() for id_ in wrong_order(g)] == []


def test_the_guard_of_groups_sees() -> None:
    first, *rest = groups()[0].requirements
    assert "PRE-1" in wrong_order(replace(groups()[0], requirements=(*rest, first)))
    assert "WDR-4" in wrong_order(replace(groups()[0], requirements=(first, by_id("WDR-4"))))


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


def places(source: str) -> set[tuple[str, str]]:
    """The anchor with each place that a source names: `steps 2 to 3` names two."""
    anchor, _, place = source.partition(" ")
    span = re.fullmatch(r"steps (\d+) to (\d+)", place)
    if span is None:
        return {(anchor, place)}
    first, last = map(int, span.groups())
    return {(anchor, f"step {n}") for n in range(first, last + 1)}


def what_is_wrong(requirement: Requirement) -> Iterator[str]:
    title, text = requirement.title, requirement.text
    stands = places(requirement.source)
    there = [s for s in SENTENCES if (s.anchor, s.place) in stands]
    named = set(re.findall(r"\b[A-Z]{3}-\d+[A-Z]?\b", text))
    is_inferred = requirement.is_invariant or requirement.level is not Level.MUST
    judged = {
        "is not as agreed": of(requirement) != EXPECTED.get(requirement.id, of(requirement)),
        "the title is too long": len(title) > 90,
        "the title ends with a full stop": title.endswith("."),
        "a line is broken": "\n" in title + text,
        "there are two spaces": "  " in title + text,
        "the text is no sentence": not text.endswith("."),
        "the text is too short": len(text) < 60,
        "observed, or unspecified, and not both": (
            text.startswith("Observed") is not (requirement.level is Level.UNSPECIFIED)
        ),
        "the source is no place": not stands <= {(s.anchor, s.place) for s in SENTENCES},
        "covered at its source, or inferred, and not one of the two": (
            any(requirement.id in s.requirements for s in there) is is_inferred
        ),
        "an id in the text does not exist": not named <= IDS,
    }
    return (f"{requirement.id}: {wrong}" for wrong, is_so in judged.items() if is_so)


def test_every_requirement_keeps_the_rules() -> None:
    assert [wrong for requirement in REQUIREMENTS for wrong in what_is_wrong(requirement)] == []


def test_the_guard_sees_each_kind() -> None:
    sound = by_id("WDR-4")
    text, elsewhere = sound.text, by_id("PRE-1").source
    planted: list[tuple[str, dict[str, Any]]] = [
        ("is not as agreed", {"role": Role.CENTRAL}),
        ("is not as agreed", {"level": Level.SHOULD}),
        ("is not as agreed", {"profile": Profile.EXTENDED}),
        ("is not as agreed", {"features": (Feature.PAGES,)}),
        ("the title is too long", {"title": "x" * 91}),
        ("the title ends with a full stop", {"title": "It ends."}),
        ("a line is broken", {"title": "It is\nbroken"}),
        ("a line is broken", {"text": f"It is\nbroken. {text}"}),
        ("there are two spaces", {"title": "Too  wide"}),
        ("there are two spaces", {"text": f"Too  wide. {text}"}),
        ("the text is no sentence", {"text": text.removesuffix(".")}),
        ("the text is too short", {"text": "It is short."}),
        ("observed, or unspecified", {"text": f"Observed: {text}"}),
        ("observed, or unspecified", {"level": Level.UNSPECIFIED}),
        ("the source is no place", {"source": f"{sound.source}99"}),
        ("covered at its source, or inferred", {"source": elsewhere}),
        ("covered at its source, or inferred", {"level": Level.SHOULD}),
        ("an id in the text does not exist", {"text": f"As WDR-99 says. {text}"}),
    ]
    assert list(what_is_wrong(sound)) == []
    unseen = [
        (kind, changes)
        for kind, changes in planted
        if not any(f"WDR-4: {kind}" in wrong for wrong in what_is_wrong(replace(sound, **changes)))
    ]
    assert unseen == []


def test_by_id_finds() -> None:
    assert by_id("WDR-4").title == "Without a link, a cancel still ends the request locally"


@pytest.mark.parametrize(
    ("given", "hint"),
    [("WDR-44", "WDR-4"), ("wdr-4", "WDR-4"), ("nonsense", "`pairproof requirements --coverage`")],
)
def test_an_unknown_id_is_refused_with_a_hint(given: str, hint: str) -> None:
    with pytest.raises(UnknownName) as caught:
        by_id(given)
    assert repr(given) in str(caught.value)
    assert hint in str(caught.value)
