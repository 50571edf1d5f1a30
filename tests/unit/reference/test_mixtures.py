"""Several variants at once: what goes together, and what each mixture does."""

from __future__ import annotations

from collections import Counter

import pytest

from harness.domain.draws import CounterDraws
from harness.reference import planting
from harness.reference.behaviour import CannotMix, mixed
from harness.reference.core.central import CentralCore
from harness.reference.core.choices import SecondSend
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.store import MemoryStore
from harness.reference.pages.answers import Page
from harness.reference.planting import VARIANTS, behaviour_with, mixtures

planting.load()


def test_a_mixture_does_otherwise_what_each_of_its_parts_does() -> None:
    """Subclasses of one core, choices, what stands before the apps, and limits, all at once."""
    behaviour = behaviour_with(
        "variant:pairing_ids_are_counted+the_newest_request_is_listed_first"
        "+second_send_replaces_the_first+cookies_of_ordinary_words+the_agents_follow_up_each_second"
    )
    central = behaviour.make_central(MemoryStore(), behaviour.central)
    assert central.new_pairing_uid(CounterDraws("1")).isdigit()
    newest_first = type(central).open_requests
    assert newest_first is not CentralCore.open_requests
    assert behaviour.edge.second_send is SecondSend.REPLACE
    assert behaviour.needs_a_wire
    assert behaviour.limits == {"edge_lag_s": 2.0}
    assert behaviour.make_edge is not EdgeCore


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("second_send_replaces_the_first", "second_send_answered_with_the_same_id", "second_send"),
        ("pairing_ids_are_uuids", "pairing_ids_are_short", "new_pairing_uid"),
        ("the_agents_follow_up_each_second", "a_stale_acceptance_fails_at_once", "edge_lag_s"),
        ("in_german", "warns_in_words_of_its_own", r"\[pages.words\]"),
    ],
)
def test_what_changes_the_same_does_not_mix(one: str, other: str, why: str) -> None:
    """A choice, a method, a limit: the error says which."""
    with pytest.raises(CannotMix, match=why):
        behaviour_with(f"variant:{one}+{other}")


def test_each_variant_is_in_one_mixture_and_the_seed_says_in_which() -> None:
    """Evenly, and fewer by far than there are variants; another seed has others meet."""
    drawn = [mixtures(VARIANTS, seed) for seed in (1, 1, 2)]
    for mixed_ones in drawn:
        names = Counter(name for mixture in mixed_ones for name in mixture.name.split("+"))
        assert names == Counter(variant.name for variant in VARIANTS)
        assert len(mixed_ones) < len(VARIANTS) / 4
    assert [m.name for m in drawn[0]] == [m.name for m in drawn[1]]
    assert {m.name for m in drawn[0]} != {m.name for m in drawn[2]}


def test_one_alone_is_itself() -> None:
    """Nothing is made of it that it was not."""
    alone = VARIANTS.named("pairing_ids_are_uuids").behaviour
    assert mixed([alone]) is alone


def test_pages_are_sent_as_each_of_them_would_send_them_and_meet_no_other_variant() -> None:
    one, other = "in_german", "cards_in_place_of_tables"
    made = behaviour_with(f"variant:{one}+{other}").make_palette_pages
    assert made is not None
    html = made(None).finish(Page("requests.html"), "<table><tr><td> Reject </td></tr></table>")
    assert html == "<ul><li><div> Ablehnen </div></li></ul>"
    for mixture in mixtures(VARIANTS, 1):
        of_pages = {VARIANTS.named(name).behaviour.needs_a_browser for name in mixture.parts}
        assert len(of_pages) == 1
