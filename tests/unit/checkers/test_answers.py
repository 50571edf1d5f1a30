"""The checks on single answers, over histories written by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.catalogue.verdict import Verdict, worst
from harness.checkers import registry
from harness.checkers.answers import (
    has_not_happened,
    held,
    login_has_ended,
    observed,
    refused,
    refused_for_that,
    succeeded,
)
from harness.history.operation import History, Json, OperationRecord, Outcome

OK = OperationRecord(
    "s#1", "s", "operator", "SendPairingRequest", {}, 0, 5, Outcome.OK, value={"pairing_uid": "u"}
)
FAIL = replace(
    OK,
    outcome=Outcome.FAIL,
    value=None,
    error={"reason": "NodeUnhealthy", "message": "worker-2 is unhealthy", "details": {}},
)
INFO = replace(OK, outcome=Outcome.INFO, value=None, error={"why": "no answer came in time"})


def of(*records: OperationRecord) -> History:
    return History(records)


@pytest.mark.parametrize(
    ("record", "success", "refusal"),
    [
        (OK, Verdict.PASS, Verdict.FAIL),
        (FAIL, Verdict.FAIL, Verdict.PASS),
        (INFO, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
    ],
)
def test_outcomes_are_three(record: OperationRecord, success: Verdict, refusal: Verdict) -> None:
    assert succeeded(of(record), operation="s#1").verdict is success
    assert refused(of(record), operation="s#1").verdict is refusal


def test_a_finding_says_what_came_and_rests_on_its_operation() -> None:
    finding = succeeded(of(FAIL), operation="s#1")
    assert "worker-2 is unhealthy" in finding.reason
    assert finding.operations == ("s#1",)
    assert "no answer came in time" in refused(of(INFO), operation="s#1").reason


@pytest.mark.parametrize(
    ("record", "verdict"),
    [(FAIL, Verdict.PASS), (OK, Verdict.FAIL), (INFO, Verdict.INCONCLUSIVE)],
)
def test_a_login_that_still_works_may_last_longer(
    record: OperationRecord, verdict: Verdict
) -> None:
    found = login_has_ended(of(record), operation="s#1", after_s=70 * 86_400.0)
    assert found.verdict is verdict
    hint = "a login still works after 70 days; if they last longer there, set limits.login_s"
    assert (found.reason == hint) is (verdict is Verdict.FAIL)


CONTROL = replace(OK, id="s#2")
REFUSED_TOO = replace(FAIL, id="s#2")


@pytest.mark.parametrize(
    ("reason", "details", "control", "verdict"),
    [
        ("NodeUnhealthy", {}, None, Verdict.PASS),
        ("InvalidInput", {}, None, Verdict.INCONCLUSIVE),
        ("InvalidInput", {}, CONTROL, Verdict.PASS),
        ("InvalidInput", {}, REFUSED_TOO, Verdict.INCONCLUSIVE),
        ("NotFound", {}, None, Verdict.INCONCLUSIVE),
        ("Unauthenticated", {}, CONTROL, Verdict.INCONCLUSIVE),
        ("TooManyRequests", {}, CONTROL, Verdict.INCONCLUSIVE),
        ("InternalError", {"status": "503"}, CONTROL, Verdict.INCONCLUSIVE),
        ("InternalError", {"status": "500"}, CONTROL, Verdict.PASS),
    ],
)
def test_a_refusal_counts_for_its_own_reason_or_beside_its_control(
    reason: str, details: dict[str, Json], control: OperationRecord | None, verdict: Verdict
) -> None:
    refusal = replace(FAIL, error={"reason": reason, "message": "no", "details": details})
    history = of(refusal, *filter(None, [control]))
    reasons: Json = ["NodeUnhealthy", "NotFound"]
    found = refused_for_that(
        history, operation="s#1", reasons=reasons, control=control.id if control else ""
    )
    assert found.verdict is verdict
    assert not control or verdict is not Verdict.PASS or control.id in found.operations


def test_what_was_not_refused_is_no_refusal_whatever_its_control_says() -> None:
    found = refused_for_that(of(OK, CONTROL), operation="s#1", reasons=[], control="s#2")
    assert found.verdict is Verdict.FAIL


def test_what_was_refused_is_not_seen_to_have_happened() -> None:
    look = replace(OK, kind="ViewCluster", value={"tags": {"a": "1", "b": "2"}})
    judged = [
        has_not_happened(
            of(seen), operation="s#1", predicate="bears", args={"fields": {"tags": tags}}
        )
        for seen, tags in ((look, {"a": "1"}), (look, {"a": "2"}), (FAIL, {"a": "2"}))
    ]
    assert [f.verdict for f in judged] == [Verdict.FAIL, Verdict.PASS, Verdict.INCONCLUSIVE]
    gone = replace(FAIL, error={"reason": "NotFound", "message": "no cluster"})
    found = has_not_happened(of(gone), operation="s#1", predicate="deleting_or_gone", args={})
    assert found.verdict is Verdict.FAIL


def wait(kind: str, *statuses: str | None, claimed: bool = True) -> OperationRecord:
    """A wait that saw these statuses, `None` for an answer that never came."""
    samples: list[Json] = [
        {"at": n, "outcome": "info", "value": None, "error": {"why": "reset"}}
        if status is None
        else {"at": n, "outcome": "ok", "value": {"status": status}, "error": None}
        for n, status in enumerate(statuses)
    ]
    args: dict[str, Json] = {
        "predicate": "status_is",
        "predicate_args": {"status": "Paired"},
        "polls": "ViewPairing",
    }
    value: dict[str, Json] = {"held": claimed, "samples": samples}
    return replace(OK, kind=kind, args=args, value=value)


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (wait("await_state", "Pairing", "Paired"), Verdict.PASS),
        (wait("await_state", None, "Paired"), Verdict.PASS),
        (wait("await_state", "Pairing", "Rejected"), Verdict.FAIL),
        (wait("await_state", None, None), Verdict.INCONCLUSIVE),
        (wait("await_state"), Verdict.INCONCLUSIVE),
        (wait("stays"), Verdict.INCONCLUSIVE),
        (wait("stays", "Paired", None, "Paired"), Verdict.INCONCLUSIVE),
        (wait("stays", "Paired", None, "Failed"), Verdict.FAIL),
        (wait("stays", "Paired"), Verdict.PASS),
        (wait("stays", "Paired", "Failed"), Verdict.FAIL),
        (wait("stays", "Paired", "Failed", "Paired"), Verdict.FAIL),
    ],
)
def test_a_wait_is_judged_by_what_it_saw(record: OperationRecord, verdict: Verdict) -> None:
    assert held(of(record), operation="s#1").verdict is verdict
    lying = replace(record, value={**(record.value or {}), "held": verdict is not Verdict.PASS})
    assert held(of(lying), operation="s#1").verdict is verdict


def test_an_observation_tells_what_was_done_and_judges_nothing() -> None:
    finding = observed(of(FAIL), situation="a second send", operations=["s#1"])
    assert finding.verdict is Verdict.OBSERVED
    assert "was refused" in finding.reason


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE], Verdict.FAIL),
        ([Verdict.PASS, Verdict.INCONCLUSIVE], Verdict.INCONCLUSIVE),
        ([Verdict.PASS, Verdict.NOT_SUPPORTED], Verdict.PASS),
        ([Verdict.OBSERVED, Verdict.PASS], Verdict.PASS),
        ([Verdict.NOT_SUPPORTED, Verdict.SKIPPED], Verdict.NOT_SUPPORTED),
        ([], Verdict.SKIPPED),
    ],
)
def test_the_worst_part_decides(parts: list[Verdict], whole: Verdict) -> None:
    assert worst(parts) is whole


class Log:
    """Minutes that are only kept in memory."""

    def __init__(self, *records: OperationRecord) -> None:
        self._history = of(*records)
        self.findings: list[tuple[str, registry.Finding]] = []

    def history(self) -> History:
        return self._history

    def record_finding(
        self, name: str, args: object, finding: registry.Finding
    ) -> registry.Finding:
        self.findings.append((name, finding))
        return finding


def test_the_judge_writes_down_what_it_finds_before_it_raises() -> None:
    log = Log(FAIL)
    with pytest.raises(registry.CheckFailed, match="worker-2"):
        registry.Judge(log).check("succeeded", operation="s#1")
    assert [name for name, _ in log.findings] == ["succeeded"]
    unknown = Log(INFO)
    with pytest.raises(registry.CheckInconclusive):
        registry.Judge(unknown).check("succeeded", operation="s#1")
    assert unknown.findings[0][1].verdict is Verdict.INCONCLUSIVE


def test_a_name_is_for_one_check() -> None:
    with pytest.raises(ValueError, match="two checks are called succeeded"):
        registry.check(succeeded)
    with pytest.raises(KeyError):
        registry.run_check("no_such_check", of(), {})
    with pytest.raises(KeyError):
        succeeded(of(OK), operation="s#2")
