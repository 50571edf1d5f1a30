"""How things are called for people."""

from __future__ import annotations

import pytest

from harness.catalogue.requirement import Level, Role
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import EXIT_CODES, Overall, Verdict
from harness.history.wording import describe_kind
from harness.reporting import words


def test_everything_has_a_name_and_every_verdict_a_symbol_of_its_own() -> None:
    assert set(words.VERDICT_NAMES) == set(words.VERDICT_SYMBOLS) == set(Verdict)
    assert len(set(words.VERDICT_SYMBOLS.values())) == len(Verdict)
    assert set(words.OVERALL_NAMES) == set(words.OVERALL_SYMBOLS) == set(EXIT_CODES) == set(Overall)
    assert set(words.LEVEL_NAMES) == set(Level)
    assert set(words.ROLE_NAMES) == set(Role)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("#prerequisites item 2", "Prerequisites, item 2"),
        ("#reject-pairing-request-in-palette", "Reject Pairing Request in Palette"),
        ("#elsewhere step 3", "#elsewhere, step 3"),
        ("", ""),
    ],
)
def test_the_place_in_the_document_is_told_in_words(source: str, place: str) -> None:
    assert words.place(source) == place


def test_every_requirement_has_a_place_in_words() -> None:
    assert not [r.id for r in REQUIREMENTS if words.place(r.source).startswith("#")]


@pytest.mark.parametrize(
    ("kind", "told"),
    [("SendPairingRequest", "Send pairing request"), ("await_state", "Await state")],
)
def test_operations_are_told_in_words(kind: str, told: str) -> None:
    assert describe_kind(kind) == told
