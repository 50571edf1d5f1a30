"""Situations are counted when they are reached, and only then."""

from __future__ import annotations

import pytest

from harness.checkers.fleet.judge import CellJudge
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.checkers.invariants.known import Bounds
from harness.checkers.invariants.stream import replayed
from tests.unit.checkers.fleet.histories_of_situations import HISTORIES, Teller
from tests.unit.checkers.invariants.handwritten import HistoryBuilder

NAMES = [f"{name}-{times}-{teller.__name__}" for name, times, teller in HISTORIES]  # type: ignore[attr-defined]


def judge_history(history: HistoryBuilder) -> CellJudge:
    judge = CellJudge(Bounds(), bucket=60_000_000, watch=False)
    for is_over, operation in replayed(history.history()):
        if is_over:
            judge.ended(operation)
        else:
            judge.invoked(operation)
    return judge


@pytest.mark.parametrize(("name", "times", "teller"), HISTORIES, ids=NAMES)
def test_a_situation_is_counted_as_often_as_it_was_reached(
    name: str, times: int, teller: Teller
) -> None:
    history = HistoryBuilder()
    teller(history)
    assert judge_history(history).measures().sometimes[name] == times


def test_each_situation_has_a_history_that_reaches_it_and_one_that_comes_near() -> None:
    assert {name for name, times, _ in HISTORIES if times} == set(SITUATIONS)
    assert {name for name, times, _ in HISTORIES if not times} == set(SITUATIONS)


def is_one_sentence(text: str) -> bool:
    return text.endswith(".") and "\n" not in text


def test_each_situation_is_described_by_one_sentence() -> None:
    assert [name for name, s in SITUATIONS.items() if not is_one_sentence(s.sentence)] == []
    assert not is_one_sentence("It has no end")
    assert not is_one_sentence("It has\ntwo lines.")


def test_situations_that_were_not_reached_are_counted_as_none() -> None:
    assert judge_history(HistoryBuilder()).measures().sometimes == dict.fromkeys(SITUATIONS, 0)
