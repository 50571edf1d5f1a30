"""One measured claim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured and what it should be at most; both in `unit`."""

    name: str
    value: float
    unit: str
    goal_max: float | None = None

    def __str__(self) -> str:
        """One line, such as `start-up  0.21 s (goal: 0.3 s or less, reached)`."""
        line = f"{self.name:<40} {self.value:>10,.3f} {self.unit}"
        if self.goal_max is None:
            return line
        reached = "reached" if self.value <= self.goal_max else "missed"
        return f"{line}  (goal: {self.goal_max:g} {self.unit} or less, {reached})"


def best_of(times: int, action: Callable[[], object]) -> float:
    """The seconds that the fastest of several calls took: the one least disturbed by others."""
    return min(_seconds(action) for _ in range(times))


def _seconds(action: Callable[[], object]) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start
