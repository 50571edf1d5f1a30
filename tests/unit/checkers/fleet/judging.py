"""A tale as the judge of a cell hears it."""

from __future__ import annotations

from harness.checkers.fleet.judge import CellJudge
from harness.checkers.invariants.known import Bounds, Violation
from harness.checkers.invariants.stream import replayed
from harness.history.fleet_lines import MeasuresLine
from tests.unit.checkers.invariants.tale import SECOND, Tale


def heard(judge: CellJudge, tale: Tale) -> list[Violation]:
    """Tell a judge the whole tale, and what is found meanwhile."""
    found: list[Violation] = []
    for is_over, operation in replayed(tale.history()):
        if is_over:
            found += judge.ended(operation)
        else:
            judge.invoked(operation)
    return found


def judged(tale: Tale, *, bucket: int = 10 * SECOND, watch: bool = False) -> CellJudge:
    """A judge who has heard it to its end."""
    judge = CellJudge(Bounds(), bucket=bucket, watch=watch)
    heard(judge, tale)
    judge.end(tale.now)
    return judge


def measured(tale: Tale) -> MeasuresLine:
    """What was measured of it."""
    return judged(tale).measures()
