"""Where clusters are given, scenarios that use none up come first, in the order that they had."""

from __future__ import annotations

from typing import Any

import pytest

from harness.catalogue.needs import all_needs
from harness.domain.arrangements import Slot
from harness.running.budget import consuming_last
from harness.running.session import suite_words

USES = [s for s, need in sorted(all_needs().items()) if need.clusters][:2]
SPARES = [s for s, need in sorted(all_needs().items()) if not need.clusters][:2]
ITEMS = [USES[0], "mine/unknown", SPARES[1], "", USES[1], SPARES[0]]


def ordered(*slots: Slot) -> list[str]:
    items: list[Any] = list(ITEMS)
    consuming_last(items, slots, str)
    return items


def test_what_uses_clusters_up_comes_last() -> None:
    expected = [SPARES[1], "", SPARES[0], USES[0], "mine/unknown", USES[1]]
    assert ordered(Slot("a", ("h",)), Slot("b", ("h",), given=True)) == expected


@pytest.mark.parametrize("slots", [(), (Slot("a", ("h",)),)])
def test_where_clusters_are_installed_the_order_stays(slots: tuple[Slot, ...]) -> None:
    assert ordered(*slots) == ITEMS


def test_an_option_without_a_value_is_a_flag() -> None:
    words = suite_words({"interactive": "", "operator": "Kim", "role": None})
    assert words[-2:] == ["--pairproof-interactive", "--pairproof-operator=Kim"]
