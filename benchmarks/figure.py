"""One measured claim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured and what it should be at most, or at least; all in `unit`."""

    name: str
    value: float
    unit: str
    goal_max: float | None = None
    goal_min: float | None = None

    def __str__(self) -> str:
        """One line, such as `start-up  0.21 s (goal: 0.3 s or less, reached)`."""
        line = f"{self.name:<40} {self.value:>10,.3f} {self.unit}"
        for goal, side, is_reached in (
            (self.goal_max, "less", self.value <= (self.goal_max or 0)),
            (self.goal_min, "more", self.value >= (self.goal_min or 0)),
        ):
            if goal is not None:
                reached = "reached" if is_reached else "missed"
                line += f"  (goal: {goal:g} {self.unit} or {side}, {reached})"
        return line


def best_of(times: int, action: Callable[[], object]) -> float:
    """The seconds that the fastest of several calls took: the one least disturbed by others."""
    return min(_seconds(action) for _ in range(times))


def _seconds(action: Callable[[], object]) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start
