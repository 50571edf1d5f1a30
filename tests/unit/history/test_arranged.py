"""Whoever judges sees arrangements as they came to be, and everything else as it was."""

from __future__ import annotations

import pytest

from harness.checkers.invariants.stream import as_they_came
from harness.history.operation import Json, OperationRecord, Outcome

ASKED: dict[str, Json] = {"uid": "asked", "name": "retail"}
CAME: dict[str, Json] = {"uid": "own", "name": "retail"}


def operation(
    kind: str, value: dict[str, Json] | None, outcome: Outcome = Outcome.OK
) -> OperationRecord:
    return OperationRecord("1", "s", "harness", kind, ASKED, 0, 1, outcome, value)


def test_what_a_target_chose_takes_the_place_of_what_was_asked_for() -> None:
    (seen,) = as_they_came([operation("CreateProject", CAME)])
    assert seen.args == CAME


@pytest.mark.parametrize(
    "other",
    [
        operation("CreateProject", {}),
        operation("CreateProject", None, Outcome.INFO),
        operation("CreateProject", CAME, Outcome.FAIL),
        operation("ViewPairingRequest", CAME),
    ],
)
def test_everything_else_is_as_it_was(other: OperationRecord) -> None:
    (seen,) = as_they_came([other])
    assert seen == other
