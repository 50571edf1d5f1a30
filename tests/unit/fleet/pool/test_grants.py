"""A window's service time is divided to the microsecond, and fairly."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.fleet.pool.coordinator import divide

CAPACITIES = st.integers(0, 64_000_000)
DEMANDS = st.lists(st.integers(0, 50_000_000), min_size=1, max_size=70)


def test_where_all_fits_each_gets_what_it_asked_for_and_the_rest_is_shared() -> None:
    assert divide(100, [30, 0, 10]) == [50, 20, 30]


def test_what_does_not_divide_goes_to_the_first_cells() -> None:
    assert divide(10, [0, 0, 0, 0]) == [3, 3, 2, 2]
    assert divide(7, [5, 5, 5]) == [3, 2, 2]


def test_where_not_all_fits_it_is_divided_in_proportion() -> None:
    assert divide(100, [300, 100, 0]) == [75, 25, 0]


@given(CAPACITIES, DEMANDS)
def test_nothing_is_lost_and_nothing_invented(capacity: int, demands: list[int]) -> None:
    grants = divide(capacity, demands)
    assert sum(grants) == capacity
    assert min(grants) >= 0


@given(CAPACITIES, DEMANDS)
def test_all_are_served_or_nobody_gets_more_than_it_asked_for(
    capacity: int, demands: list[int]
) -> None:
    pairs = list(zip(divide(capacity, demands), demands, strict=True))
    if sum(demands) <= capacity:
        assert all(grant >= demand for grant, demand in pairs)
    else:
        assert all(grant <= demand for grant, demand in pairs)


@given(CAPACITIES, DEMANDS)
def test_who_asks_for_more_gets_no_less_but_for_the_remainder(
    capacity: int, demands: list[int]
) -> None:
    pairs = sorted(zip(demands, divide(capacity, demands), strict=True))
    assert all(low[1] <= high[1] + 1 for low, high in pairwise(pairs))


@given(CAPACITIES, DEMANDS, st.data())
def test_asking_for_more_does_not_harm_but_for_the_remainder(
    capacity: int, demands: list[int], data: st.DataObject
) -> None:
    cell = data.draw(st.integers(0, len(demands) - 1))
    more = [*demands]
    more[cell] += data.draw(st.integers(1, 1_000_000))
    if sum(more) <= capacity or sum(demands) > capacity:
        assert divide(capacity, more)[cell] >= divide(capacity, demands)[cell] - 1
