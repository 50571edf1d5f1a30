"""Every sentence of the document ends up in a requirement, or says why in none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from harness.catalogue.edition import (
    ANCHORS,
    SENTENCES,
    NotTestable,
    Sentence,
)
from harness.catalogue.requirement import Level, Requirement
from harness.catalogue.requirements import REQUIREMENTS, by_id

# Counted by hand in the document, section by section.
COUNTED = {
    "#top": 2,
    "#pair-local-cluster-with-palette": 3,
    "#prerequisites": 9,
    "#send-pairing-request-from-local-cluster": 12,
    "#accept-pairing-request-from-palette": 28,
    "#validate": 3,
    "#withdraw-pairing-request-from-local-cluster": 16,
    "#reject-pairing-request-in-palette": 19,
}
IDS = {r.id for r in REQUIREMENTS}


def name(sentence: Sentence) -> str:
    return f"{sentence.anchor} {sentence.ordinal}"


def test_no_sentence_of_a_section_is_left_out() -> None:
    found = {anchor: len(list(s)) for anchor, s in groupby(SENTENCES, key=lambda s: s.anchor)}
    assert found == COUNTED


def test_sections_stand_in_the_order_of_the_document() -> None:
    assert list(dict.fromkeys(s.anchor for s in SENTENCES)) == list(ANCHORS)


def test_sentences_are_counted_from_one_without_gaps() -> None:
    for _, section in groupby(SENTENCES, key=lambda s: s.anchor):
        ordinals = [s.ordinal for s in section]
        assert ordinals == list(range(1, len(ordinals) + 1))


def what_is_wrong(sentence: Sentence) -> Iterator[str]:
    covered = sentence.covered_by
    if isinstance(covered, NotTestable):
        if not covered.reason:
            yield f"{name(sentence)}: no reason is given"
    elif not covered:
        yield f"{name(sentence)}: no requirement covers it"
    elif not set(covered) <= IDS:
        yield f"{name(sentence)}: a requirement does not exist"
    if not 0 < len(sentence.paraphrase) <= 80:
        yield f"{name(sentence)}: the paraphrase is empty or too long"


def unreached(requirements: Iterable[Requirement]) -> list[str]:
    """The ids of those that no sentence reaches, and of those that should be inferred."""
    reached = {known for sentence in SENTENCES for known in sentence.requirements}
    return [
        r.id
        for r in requirements
        if (r.id in reached) is (r.is_invariant or r.level is not Level.MUST)
    ]


def test_every_sentence_has_a_requirement_or_a_reason_and_a_short_paraphrase() -> None:
    assert [wrong for sentence in SENTENCES for wrong in what_is_wrong(sentence)] == []


def test_every_requirement_is_reached_unless_it_is_inferred() -> None:
    assert unreached(REQUIREMENTS) == []


def test_the_guards_see_each_kind() -> None:
    sentence = SENTENCES[0]
    planted: list[tuple[str, dict[str, Any]]] = [
        ("no reason is given", {"covered_by": NotTestable("")}),
        ("no requirement covers it", {"covered_by": ()}),
        ("a requirement does not exist", {"covered_by": ("PRE-3", "PRE-99")}),
        ("the paraphrase is empty or too long", {"paraphrase": ""}),
        ("the paraphrase is empty or too long", {"paraphrase": "x" * 81}),
    ]
    unseen = [
        (kind, changes)
        for kind, changes in planted
        if list(what_is_wrong(replace(sentence, **changes))) != [f"#top 1: {kind}"]
    ]
    assert unseen == []
    reached = by_id("WDR-4")
    assert unreached([replace(reached, id="WDR-99")]) == ["WDR-99"]
    assert unreached([replace(reached, level=Level.SHOULD)]) == ["WDR-4"]


def test_what_is_not_testable_is_a_short_list() -> None:
    not_testable = [s for s in SENTENCES if isinstance(s.covered_by, NotTestable)]
    assert [name(s) for s in not_testable] == [
        "#prerequisites 4",
        "#prerequisites 7",
        "#prerequisites 9",
        "#send-pairing-request-from-local-cluster 2",
        "#withdraw-pairing-request-from-local-cluster 4",
        "#reject-pairing-request-in-palette 4",
        "#reject-pairing-request-in-palette 6",
    ]
    assert all(s.requirements == () for s in not_testable)
