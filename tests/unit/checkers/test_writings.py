"""What came of a body in another writing, told by histories written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers.registry import run_check
from harness.history.operation import History, Json, OperationRecord, Outcome

OWN = {"cluster-2": "cluster-1", "id-2": "id-1"}
PLAIN: dict[str, Json] = {"name": "of cluster-1", "tags": {"a": "b"}, "stack": [{"x": 1}, {"y": 2}]}
SAME: dict[str, Json] = {"name": "of cluster-2", "tags": {"a": "b"}, "stack": [{"y": 2}, {"x": 1}]}


def looked(id_: str, value: Any, outcome: Outcome = Outcome.OK) -> OperationRecord:
    error = None if outcome is Outcome.OK else {"message": "no"}
    return OperationRecord(
        id_, "s", "a", "ViewPairingRequest", {}, 0, 1, outcome, value, error, None, None
    )


def verdict_on(name: str, value: dict[str, Json], outcome: Outcome = Outcome.OK) -> Verdict:
    history = History((looked("plain", PLAIN), looked("other", value, outcome)))
    args: dict[str, Json] = {
        "operation": "other",
        "plain": "plain",
        "written": "its keys otherwise",
    }
    args |= {"fields": ["name", "tags", "stack", "neither shows"], "own": {**OWN}}
    return run_check(name, history, args).verdict


def test_what_means_the_same_shows_the_same() -> None:
    assert verdict_on("shows_the_same", SAME) is Verdict.PASS
    assert verdict_on("shows_something", SAME) is Verdict.OBSERVED


@pytest.mark.parametrize(
    "change",
    [
        {"name": "of cluster-3"},
        {"name": "of cluster-1 and cluster-2"},
        {"tags": {"a": None}},
        {"stack": [{"x": 1}]},
        {"stack": [{"x": 1}, {"y": 2}, {"y": 2}]},
    ],
)
def test_what_shows_something_else_was_taken_for_it(change: dict[str, Json]) -> None:
    assert verdict_on("shows_the_same", {**SAME, **change}) is Verdict.FAIL
    assert verdict_on("shows_something", {**SAME, **change}) is Verdict.OBSERVED


def test_a_look_that_is_refused_fails_and_one_without_an_answer_tells_nothing() -> None:
    assert verdict_on("shows_the_same", {}, Outcome.FAIL) is Verdict.FAIL
    assert verdict_on("shows_the_same", {}, Outcome.INFO) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome.FAIL, Verdict.OBSERVED),
        (Outcome.INFO, Verdict.OBSERVED),
        (Outcome.OK, Verdict.FAIL),
    ],
)
def test_a_writing_may_be_refused_and_not_be_taken_for_nothing(
    outcome: Outcome, verdict: Verdict
) -> None:
    history = History((looked("sent", {}, outcome),))
    args: dict[str, Json] = {"operation": "sent", "written": "white space"}
    assert run_check("refuses_the_writing", history, args).verdict is verdict


@pytest.mark.parametrize(
    ("profiles", "verdict"),
    [
        (["a", "b"], Verdict.PASS),
        ([], Verdict.PASS),
        (None, Verdict.PASS),
        (["a", "c"], Verdict.FAIL),
    ],
)
def test_a_cluster_bears_what_fits(profiles: Json, verdict: Verdict) -> None:
    history = History((looked("cluster", {"profiles": profiles}),))
    args: dict[str, Json] = {"operation": "cluster", "fits": ["a", "b"]}
    assert run_check("pairs_with_what_fits", history, args).verdict is verdict
