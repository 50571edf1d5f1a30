"""Every sentence of the document ends up in a requirement, or says why in none."""

from __future__ import annotations

from itertools import groupby

import pytest

from harness.catalogue.edition import ANCHORS
from harness.catalogue.requirement import Level, Requirement
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.sentences import SENTENCES, NotTestable, Sentence

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


@pytest.mark.parametrize("sentence", SENTENCES, ids=name)
def test_a_sentence_has_a_requirement_or_a_reason(sentence: Sentence) -> None:
    if isinstance(sentence.covered_by, NotTestable):
        assert sentence.covered_by.reason
    else:
        assert sentence.covered_by
        assert set(sentence.covered_by) <= IDS


@pytest.mark.parametrize("sentence", SENTENCES, ids=name)
def test_a_paraphrase_is_short(sentence: Sentence) -> None:
    assert 0 < len(sentence.paraphrase) <= 80


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.id)
def test_a_requirement_is_reached_unless_it_is_inferred(requirement: Requirement) -> None:
    is_inferred = requirement.is_invariant or requirement.level is not Level.MUST
    assert any(requirement.id in s.requirements for s in SENTENCES) is not is_inferred


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
