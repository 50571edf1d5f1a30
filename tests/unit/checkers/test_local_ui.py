"""The checks on the edge, over histories written by hand, good and bad."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers import requests
from harness.history.operation import History, OperationRecord, Outcome

SECOND = 1_000_000
SEND = OperationRecord(
    "s#1", "s", "operator", "SendPairingRequest", {}, 0, 5, Outcome.OK, value={"pairing_uid": "a"}
)
CHECK = replace(SEND, kind="VerifyConnection", value={"verified": True, "message": "fine"})
REFUSED = {"reason": "Conflict", "message": "no", "details": {}}


def of(*records: OperationRecord) -> History:
    return History(records)


def sent(number: int, uid: str) -> OperationRecord:
    return replace(SEND, id=f"s#{number}", value={"pairing_uid": uid})


@pytest.mark.parametrize(
    ("took", "verdict"),
    [(29 * SECOND, Verdict.PASS), (30 * SECOND, Verdict.FAIL), (45 * SECOND, Verdict.FAIL)],
)
def test_an_answer_comes_below_the_limit(took: int, verdict: Verdict) -> None:
    record = replace(SEND, end=took)
    assert requests.answered_within(of(record), operation="s#1", limit_s=30.0).verdict is verdict


def test_an_operation_that_never_ended_was_not_answered_within_any_limit() -> None:
    record = replace(SEND, end=None, outcome=Outcome.INFO)
    assert (
        requests.answered_within(of(record), operation="s#1", limit_s=30.0).verdict is Verdict.FAIL
    )


def test_the_connection_check_may_say_no_by_answer_or_by_refusal() -> None:
    no = replace(CHECK, value={"verified": False, "message": "host 2 cannot"})
    refusal = replace(CHECK, outcome=Outcome.FAIL, value=None, error=REFUSED)
    for record in (no, refusal):
        says_no = requests.connection_check_says(of(record), operation="s#1", verified=False)
        says_yes = requests.connection_check_says(of(record), operation="s#1", verified=True)
        assert (says_no.verdict, says_yes.verdict) == (Verdict.PASS, Verdict.FAIL)


def test_a_connection_check_that_says_yes() -> None:
    says_yes = requests.connection_check_says(of(CHECK), operation="s#1", verified=True)
    says_no = requests.connection_check_says(of(CHECK), operation="s#1", verified=False)
    assert (says_yes.verdict, says_no.verdict) == (Verdict.PASS, Verdict.FAIL)


def test_a_connection_check_without_an_answer_says_nothing() -> None:
    silent = replace(CHECK, outcome=Outcome.INFO, value=None, error={"why": "no answer"})
    found = requests.connection_check_says(of(silent), operation="s#1", verified=False)
    assert found.verdict is Verdict.INCONCLUSIVE


def test_ids_that_differ_are_unique_and_refused_sends_do_not_count() -> None:
    refusal = replace(SEND, id="s#3", outcome=Outcome.FAIL, value=None, error=REFUSED)
    found = requests.ids_are_unique(of(sent(1, "a"), refusal, sent(2, "b")), at_least=2)
    assert found.verdict is Verdict.PASS
    assert found.operations == ("s#1", "s#2")


@pytest.mark.parametrize("uids", [("a", "b", "a"), ("a", "b", "")])
def test_an_id_that_comes_back_or_is_empty_fails(uids: tuple[str, ...]) -> None:
    sends = [sent(number, uid) for number, uid in enumerate(uids)]
    assert requests.ids_are_unique(of(*sends), at_least=3).verdict is Verdict.FAIL


def test_too_few_sends_show_nothing() -> None:
    assert requests.ids_are_unique(of(sent(1, "a")), at_least=2).verdict is Verdict.INCONCLUSIVE


def test_what_is_shown_alike_is_unchanged_and_a_difference_is_named() -> None:
    before = replace(SEND, kind="ViewCluster", value={"name": "n", "state": "Running"})
    same = replace(before, id="s#2")
    other = replace(before, id="s#2", value={"name": "n", "state": "Deleting"})
    assert requests.unchanged(of(before, same), before="s#1", after="s#2").verdict is Verdict.PASS
    found = requests.unchanged(of(before, other), before="s#1", after="s#2")
    assert found.verdict is Verdict.FAIL
    assert "state" in found.reason
    assert "name" not in found.reason
