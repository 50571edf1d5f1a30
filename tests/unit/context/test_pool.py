"""Clusters that are given are used up by pairing, and the pool says when none is left."""

from __future__ import annotations

import pytest

from harness.context.installing import SlotPool
from harness.context.recorder import Inconclusive
from harness.domain.arrangements import Slot

FREE = tuple(Slot(f"free-{n}", ("h",) * n) for n in (1, 3))


def given(name: str, hosts: int = 1, **more: bool) -> Slot:
    return Slot(name, tuple(f"{name}-{n}" for n in range(hosts)), given=True, **more)


def test_where_clusters_are_installed_none_is_ever_used_up() -> None:
    pool = SlotPool(FREE)
    for _ in range(5):
        slot = pool.lease(1)
        assert slot == FREE[0]
        pool.give_back(slot, consumed=True)
        assert not pool.is_stale(slot)
    assert pool.consumed == 0
    assert pool.lease(2) == FREE[1]
    with pytest.raises(Inconclusive, match="no free place for a cluster of 2 hosts"):
        pool.lease(2)


def test_what_is_used_up_and_cannot_be_renewed_is_spent() -> None:
    pool = SlotPool((given("a", renewable=False), given("b", renewable=False)))
    for name in ("a", "b"):
        slot = pool.lease(1)
        assert slot.uid == name
        pool.give_back(slot, consumed=True)
    with pytest.raises(Inconclusive, match="exhausted \\(2 consumed; scenarios that need one: "):
        pool.lease(1)
    with pytest.raises(Inconclusive, match="exhausted"):
        pool.lease(1, consumes=False)


def test_what_was_not_used_up_comes_back_whether_or_not_it_can_be_renewed() -> None:
    pool = SlotPool((given("a", renewable=False),))
    pool.give_back(pool.lease(1))
    assert pool.lease(1).uid == "a"


def test_what_can_be_renewed_comes_last_and_is_stale_until_it_was() -> None:
    a, b = given("a"), given("b")
    pool = SlotPool((a, b))
    pool.give_back(pool.lease(1), consumed=True)
    assert pool.lease(1) == b
    assert pool.lease(1) == a
    assert pool.is_stale(a)
    pool.renewed(a)
    assert not pool.is_stale(a)
    pool.give_back(a)
    assert pool.lease(1) == a


def test_one_that_is_given_back_stale_is_still_stale() -> None:
    a = given("a")
    pool = SlotPool((a,))
    pool.give_back(pool.lease(1), consumed=True)
    pool.give_back(pool.lease(1))
    assert pool.is_stale(a)
    assert pool.consumed == 1


def test_who_uses_nothing_up_is_given_what_may_not_be() -> None:
    kept, disposable = given("kept", disposable=False), given("disposable")
    pool = SlotPool((disposable, kept))
    assert pool.lease(1, consumes=False) == kept
    pool.give_back(kept)
    assert pool.lease(1) == disposable
    with pytest.raises(Inconclusive, match="add disposable = true or reset"):
        pool.lease(1)


@pytest.mark.parametrize(("large", "small"), [(given("large", 3), given("small")), FREE[::-1]])
def test_the_smallest_that_will_do_is_leased_and_none_that_was_tried(
    large: Slot, small: Slot
) -> None:
    pool = SlotPool((large, small))
    assert pool.lease(1) == small
    pool.give_back(small)
    assert pool.lease(1, without={small.uid}) == large
    pool.give_back(large)
    with pytest.raises(Inconclusive):
        pool.lease(1, without={small.uid, large.uid})
