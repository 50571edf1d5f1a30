"""The checks on what errors say, over histories written by hand, good and bad."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers import answers
from harness.history.operation import History, Json, OperationRecord, Outcome

SEND = OperationRecord(
    "s#1",
    "s",
    "operator",
    "SendPairingRequest",
    {"endpoint": "https://palette.test", "token": "<token:1>"},
    0,
    5,
    Outcome.FAIL,
)


def saying(message: str, **details: str) -> History:
    error = {"reason": "InvalidInput", "message": message, "details": dict(details)}
    return History((replace(SEND, error=error),))


def verdict(*said: str, trouble: str = "refusing", words: tuple[str, ...] = ()) -> Verdict:
    """What is found of the first message; the second is said of another trouble."""
    records = tuple(
        replace(SEND, id=f"s#{i}", error={"reason": "InvalidInput", "message": message})
        for i, message in enumerate(said)
    )
    others = [record.id for record in records[1:]]
    return answers.error_tells(
        History(records), operation="s#0", trouble=trouble, words=list(words), others=others
    ).verdict


@pytest.mark.parametrize(
    ("message", "trouble"),
    [
        ("the registration Token has expired", "registration-token"),
        ("operation not supported in central management mode", "central-management"),
        ("paletteEndpoint in body is required", "missing"),
        ("Get palette.test: whatever", "refusing"),
        ("what answers at this endpoint is not a central plane", "not-a-palette"),
    ],
)
def test_an_error_that_names_what_is_wrong_and_says_something_else_elsewhere_tells_it(
    message: str, trouble: str
) -> None:
    assert verdict(message, "the cluster is busy", trouble=trouble) is Verdict.PASS


@pytest.mark.parametrize("other", ["cannot be used (request 17)", "Cannot be used (request 18)"])
def test_an_error_that_names_nothing_and_says_the_same_of_another_trouble_fails(other: str) -> None:
    assert verdict("cannot be used (request 16)", other) is Verdict.FAIL


def test_an_error_without_a_message_is_observed() -> None:
    for words in ((), ("refused",)):
        assert verdict("", "busy", words=words) is Verdict.OBSERVED
    bare: dict[str, Json] = {"message": "answered 403", "details": {"status": "403", "code": ""}}
    found = answers.error_tells(
        History((replace(SEND, error=bare),)),
        operation="s#1",
        trouble="central-management",
        words=[],
        others=[],
    )
    assert found.verdict is Verdict.OBSERVED
    assert found.reason.startswith("the error has no message")


def test_words_that_nobody_knows_are_observed() -> None:
    assert verdict("Verbindung abgelehnt", "Name unbekannt") is Verdict.OBSERVED
    said = "https://palette.test cannot be used"
    assert verdict(said, said) is Verdict.OBSERVED, "it names the endpoint, and no trouble"


def test_words_of_the_target_file_decide_where_there_are_any() -> None:
    words = ("abgelehnt", "refused")
    assert verdict("Verbindung ABGELEHNT", "Verbindung abgelehnt", words=words) is Verdict.PASS
    assert verdict("the endpoint gave no answer", "busy", words=words) is Verdict.FAIL


def test_a_label_of_a_secret_is_no_word() -> None:
    assert verdict("<token:1> is wrong", "busy", trouble="registration-token") is Verdict.OBSERVED


def test_what_succeeded_has_no_error_to_speak_of() -> None:
    history = History((replace(SEND, outcome=Outcome.OK, value={"message": "token taken"}),))
    found = answers.error_tells(
        history, operation="s#1", trouble="registration-token", words=[], others=[]
    )
    assert found.verdict is Verdict.INCONCLUSIVE


def test_a_token_that_is_repeated_anywhere_in_the_answer_is_found() -> None:
    said = saying("token <token:1> is unknown")
    assert answers.token_is_not_repeated(said, operation="s#1").verdict is Verdict.FAIL
    beside = saying("unknown token", value="<token:1>")
    assert answers.token_is_not_repeated(beside, operation="s#1").verdict is Verdict.FAIL
    another = saying("token <token:2> is fine, yours is not")
    assert answers.token_is_not_repeated(another, operation="s#1").verdict is Verdict.PASS


def test_a_token_in_the_request_of_one_of_several_calls_is_not_repeated_by_it() -> None:
    asked = {"body": '{"voucher": "<token:1>"}'}
    for told, verdict in (("unknown", Verdict.PASS), ("no <token:1> here", Verdict.FAIL)):
        calls: Json = [{"name": "ask", "request": asked, "response": {"body": told}}]
        record = replace(saying("unknown token")["s#1"], response={"status": 422, "calls": calls})
        found = answers.token_is_not_repeated(History((record,)), operation="s#1")
        assert found.verdict is verdict


def test_an_empty_token_cannot_be_repeated() -> None:
    record = replace(SEND, args={"token": ""}, error={"message": "missing"})
    found = answers.token_is_not_repeated(History((record,)), operation="s#1")
    assert found.verdict is Verdict.PASS


def test_where_nobody_said_no_there_is_nobody_to_name() -> None:
    yes = replace(SEND, outcome=Outcome.OK, value={"verified": True, "message": "worker-1"})
    found = answers.answer_names(History((yes,)), operation="s#1", named=["worker-1"], not_named=[])
    assert found.verdict is Verdict.INCONCLUSIVE


def test_only_the_one_to_blame_may_be_named() -> None:
    record = replace(SEND, outcome=Outcome.OK, value={"message": "host worker-1 cannot reach it"})
    history = History((record,))

    def verdict(named: list[str], not_named: list[str]) -> Verdict:
        found = answers.answer_names(history, operation="s#1", named=named, not_named=not_named)
        return found.verdict

    assert verdict(["h9", "worker-1"], ["worker-2"]) is Verdict.PASS
    assert verdict(["worker-2"], ["worker-1"]) is Verdict.FAIL
    assert verdict(["worker-1"], ["host"]) is Verdict.FAIL
    assert verdict(["worker"], []) is Verdict.FAIL, "a part of a name is not the name"
