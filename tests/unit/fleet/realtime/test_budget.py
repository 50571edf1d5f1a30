"""A budget stops a run that would only do harm."""

from __future__ import annotations

import pytest

from harness.fleet.realtime.pace import BudgetError, LoadBudget, Spending, budget_of
from harness.fleet.scenario import SECOND


def test_a_budget_is_read_and_written_in_the_same_words() -> None:
    text = "requests=100000,seconds=600,errors=50"
    assert budget_of(text) == LoadBudget(100_000, 600, 50)
    assert str(budget_of(text)) == text
    assert str(budget_of("errors=3")) == "errors=3"
    assert not str(budget_of(""))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("requests", "no part of a budget"),
        ("money=3", "no part of a budget"),
        ("errors=many", "no part of a budget"),
        ("errors=0", "one at least"),
        ("errors=1,errors=2", "twice"),
        ("seconds=-1", "no part of a budget"),
    ],
)
def test_what_is_no_budget_is_refused(text: str, why: str) -> None:
    with pytest.raises(BudgetError, match=why):
        budget_of(text)


def test_so_many_requests_and_no_more() -> None:
    spending = Spending(LoadBudget(requests=2), lambda: 0)
    assert [spending.may_send() for _ in range(4)] == [True, True, False, False]
    assert spending.requests == 2
    assert spending.over == "the budget of 2 requests is used up"


def test_so_many_seconds_and_no_more() -> None:
    now = 0
    spending = Spending(LoadBudget(seconds=3), lambda: now)
    assert spending.may_send()
    now = 3 * SECOND
    assert not spending.may_send()
    assert spending.over == "the budget of 3 s is used up"


def test_only_errors_in_a_row_count() -> None:
    spending = Spending(LoadBudget(errors=3), lambda: 0)
    for usable in (False, False, True, False, False):
        spending.on_answer(usable=usable, why="500")
    assert not spending.over
    spending.on_answer(usable=False, why="nobody there")
    assert "3 requests in a row" in spending.over
    assert "nobody there" in spending.over
    assert not spending.may_send()


def test_without_a_budget_nothing_is_counted_against_anybody() -> None:
    spending = Spending(LoadBudget(), lambda: 10**15)
    for _ in range(1_000):
        assert spending.may_send()
        spending.on_answer(usable=False)


def test_cells_share_the_requests() -> None:
    assert LoadBudget(10, 60, 5).share(3) == LoadBudget(4, 60, 5)
    assert LoadBudget().share(3) == LoadBudget()
