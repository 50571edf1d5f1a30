"""What a run in real time may cost: beyond it, it would only do harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from harness.domain.errors import PairproofError
from harness.fleet.scenario import SECOND

_NAMES: Final = ("requests", "seconds", "errors")


class BudgetError(PairproofError):
    """A budget that cannot be read: what was written, what may be."""


@dataclass(frozen=True, slots=True)
class LoadBudget:
    """How much a run may do; 0 stands for no limit.

    Attributes:
        requests: how many may go out.
        seconds: for how long they may.
        errors: how many in a row may go without a usable answer (none at all, one that is not
            well-formed, or one that says that the server has failed).
    """

    requests: int = 0
    seconds: int = 0
    errors: int = 0

    def __str__(self) -> str:
        parts = zip(_NAMES, (self.requests, self.seconds, self.errors), strict=True)
        return ",".join(f"{name}={number}" for name, number in parts if number)

    def share(self, cells: int) -> LoadBudget:
        """What each of so many cells may do, which know nothing of each other."""
        each = -(-self.requests // cells)
        return LoadBudget(each, self.seconds, self.errors)


def budget_of(text: str) -> LoadBudget:
    """The budget that a text says, as in `requests=100000,seconds=600,errors=50`.

    Raises:
        BudgetError: it says none.
    """
    found: dict[str, int] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = part.partition("=")
        if name not in _NAMES or not number.isascii() or not number.isdecimal():
            told = "requests=100000,seconds=600,errors=50 (any of these)"
            raise BudgetError(f"{part!r} is no part of a budget; write {told}")
        if name in found or not int(number):
            why = "stands there twice" if name in found else "has to be one at least"
            raise BudgetError(f"{name} {why}; leave it out where there is no limit")
        found[name] = int(number)
    return LoadBudget(**found)


class Spending:
    """What was spent of a budget. Once a limit is reached, `over` says which, for good.

    `now` is in microseconds since the run began.
    """

    def __init__(self, budget: LoadBudget, now: Callable[[], int]) -> None:
        self._budget = budget
        self._now = now
        self._in_a_row = 0
        self.requests = 0
        self.over = ""

    def may_send(self) -> bool:
        """Whether one more request may go out; it counts from here on."""
        budget = self._budget
        if not self.over and budget.requests and self.requests >= budget.requests:
            self.over = f"the budget of {budget.requests} requests is used up"
        if not self.over and budget.seconds and self._now() >= budget.seconds * SECOND:
            self.over = f"the budget of {budget.seconds} s is used up"
        if self.over:
            return False
        self.requests += 1
        return True

    def on_answer(self, *, usable: bool, why: str = "") -> None:
        """A request was answered, or was not."""
        self._in_a_row = 0 if usable else self._in_a_row + 1
        most = self._budget.errors
        if most and self._in_a_row >= most and not self.over:
            self.over = f"{most} requests in a row had no usable answer; the last one: {why}"
