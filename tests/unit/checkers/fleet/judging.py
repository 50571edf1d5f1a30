"""A history as the judge of a cell hears it."""

from __future__ import annotations

from harness.checkers.fleet.judge import CellJudge
from harness.checkers.invariants.known import Bounds, Violation
from harness.checkers.invariants.stream import replayed
from harness.history.fleet_lines import MeasuresLine
from tests.unit.checkers.invariants.handwritten import SECOND, HistoryBuilder


def heard(judge: CellJudge, history: HistoryBuilder) -> list[Violation]:
    """Tell a judge the whole history, and what is found meanwhile."""
    found: list[Violation] = []
    for is_over, operation in replayed(history.history()):
        if is_over:
            found += judge.ended(operation)
        else:
            judge.invoked(operation)
    return found


def judge_history(
    history: HistoryBuilder, *, bucket: int = 10 * SECOND, watch: bool = False
) -> CellJudge:
    """A judge who has heard it to its end."""
    judge = CellJudge(Bounds(), bucket=bucket, watch=watch)
    heard(judge, history)
    judge.end(history.now)
    return judge


def measured(history: HistoryBuilder) -> MeasuresLine:
    """What was measured of it."""
    return judge_history(history).measures()
