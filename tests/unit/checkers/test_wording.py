"""The checks on what errors say, over histories written by hand, good and bad."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers import answers
from harness.history.operation import History, OperationRecord, Outcome

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


def test_an_error_names_its_topic_in_its_message_or_beside_it() -> None:
    about = "the registration token"
    for history in (
        saying("the registration Token has expired"),
        saying("entry refused", field="registrationToken"),
    ):
        found = answers.error_is_about(history, operation="s#1", topic=about)
        assert found.verdict is Verdict.PASS
    silent = answers.error_is_about(saying("denied"), operation="s#1", topic=about)
    assert silent.verdict is Verdict.FAIL
    assert "'denied'" in silent.reason


def test_what_succeeded_has_no_error_to_speak_of() -> None:
    history = History((replace(SEND, outcome=Outcome.OK, value={"message": "token taken"}),))
    found = answers.error_is_about(history, operation="s#1", topic="the registration token")
    assert found.verdict is Verdict.INCONCLUSIVE


def test_a_token_that_is_repeated_anywhere_in_the_answer_is_found() -> None:
    said = saying("token <token:1> is unknown")
    assert answers.token_is_not_repeated(said, operation="s#1").verdict is Verdict.FAIL
    beside = saying("unknown token", value="<token:1>")
    assert answers.token_is_not_repeated(beside, operation="s#1").verdict is Verdict.FAIL
    another = saying("token <token:2> is fine, yours is not")
    assert answers.token_is_not_repeated(another, operation="s#1").verdict is Verdict.PASS


def test_an_empty_token_cannot_be_repeated() -> None:
    record = replace(SEND, args={"token": ""}, error={"message": "missing"})
    found = answers.token_is_not_repeated(History((record,)), operation="s#1")
    assert found.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("message", "trouble"),
    [
        ("the Palette endpoint is missing: enter its URL", "missing"),
        ("'https://' is malformed: it has no valid host name", "malformed"),
        ("the host name cannot be resolved", "not resolved"),
        ("dial tcp: lookup palette: no such host", "not resolved"),
        ("the connection was refused", "no connection"),
        ("it refuses connections", "no connection"),
        ("no answer came in time", "no answer"),
        ("it does not answer", "no answer"),
        ("what answers there is not a Palette", "not a Palette"),
        ("what answers there is not a central plane", "not a Palette"),
        ("something else answers there", "not a Palette"),
        ("x509: certificate signed by unknown authority", "not trusted"),
    ],
)
def test_each_trouble_is_told_by_its_words_and_by_no_other(message: str, trouble: str) -> None:
    told = {
        name
        for name in answers.TROUBLES
        if answers.error_tells_trouble(saying(message), operation="s#1", trouble=name).verdict
        is Verdict.PASS
    }
    assert told == {trouble}


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
