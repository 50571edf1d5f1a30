"""Checks on what Palette shows, with good and bad handwritten histories."""

from __future__ import annotations

import pytest

from harness.catalogue.verdict import Verdict
from harness.checkers.registry import run_check
from harness.history.operation import History, Json, OperationRecord, Outcome


def record(
    kind: str,
    outcome: Outcome = Outcome.OK,
    value: dict[str, Json] | None = None,
    error: dict[str, Json] | None = None,
    args: dict[str, Json] | None = None,
) -> OperationRecord:
    return OperationRecord(
        "s#1", "s", "administrator", kind, args or {}, 0, 1, outcome, value, error
    )


def verdict(name: str, operation: OperationRecord, **args: Json) -> Verdict:
    return run_check(name, History((operation,)), {"operation": "s#1", **args}).verdict


VALID = record("MatchProfiles", value={"packs": [], "problems": []})
INVALID = record("MatchProfiles", value={"packs": [], "problems": [{"text": "Calico is missing"}]})
REFUSED = record("MatchProfiles", Outcome.FAIL, error={"reason": "X", "message": "no"})
UNKNOWN = record("MatchProfiles", Outcome.INFO, error={"why": "no answer"})


@pytest.mark.parametrize(
    ("operation", "match", "no_match"),
    [
        (VALID, Verdict.PASS, Verdict.FAIL),
        (INVALID, Verdict.FAIL, Verdict.PASS),
        (REFUSED, Verdict.FAIL, Verdict.PASS),
        (UNKNOWN, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
    ],
)
def test_a_match_is_valid_without_problems(
    operation: OperationRecord, match: Verdict, no_match: Verdict
) -> None:
    assert verdict("profiles_match", operation) is match
    assert verdict("profiles_do_not_match", operation) is no_match


def test_a_match_that_should_be_valid_tells_the_problems() -> None:
    finding = run_check("profiles_match", History((INVALID,)), {"operation": "s#1"})
    assert "Calico is missing" in finding.reason


def listing(*uids: str) -> OperationRecord:
    return record("ListPairingRequests", value={"items": [{"pairing_uid": u} for u in uids]})


@pytest.mark.parametrize(
    ("uids", "once", "unseen"),
    [
        (("a", "b"), Verdict.PASS, Verdict.FAIL),
        (("a", "a"), Verdict.FAIL, Verdict.FAIL),
        (("b",), Verdict.FAIL, Verdict.PASS),
        ((), Verdict.FAIL, Verdict.PASS),
    ],
)
def test_a_request_is_listed_once_or_not_seen(
    uids: tuple[str, ...], once: Verdict, unseen: Verdict
) -> None:
    assert verdict("listed_once", listing(*uids), pairing_uid="a") is once
    assert verdict("not_shown_in_list", listing(*uids), pairing_uid="a") is unseen


def test_a_refused_list_shows_nothing() -> None:
    refused = record("ListPairingRequests", Outcome.FAIL, error={"message": "no"})
    assert verdict("listed_once", refused, pairing_uid="a") is Verdict.FAIL
    assert verdict("not_shown_in_list", refused, pairing_uid="a") is Verdict.PASS
    assert verdict("refused_or_shows_none", refused) is Verdict.PASS


def test_in_slot_of_a_refusal_a_list_may_be_empty_and_nothing_else() -> None:
    assert verdict("refused_or_shows_none", listing()) is Verdict.PASS
    assert verdict("refused_or_shows_none", listing("a")) is Verdict.FAIL
    assert verdict("refused_or_shows_none", record("AcceptPairingRequest")) is Verdict.FAIL


def test_what_comes_to_nothing_may_be_acknowledged_and_must_be_answered() -> None:
    refused = record("RestoreLocalManagement", Outcome.FAIL, error={"message": "no"})
    assert verdict("refused_or_in_vain", refused) is Verdict.PASS
    assert verdict("refused_or_in_vain", record("RestoreLocalManagement")) is Verdict.PASS
    unknown = record("RestoreLocalManagement", Outcome.INFO, error={"why": "no answer"})
    assert verdict("refused_or_in_vain", unknown) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("name", "tags", "expected"),
    [
        ("x", {"a": "1"}, Verdict.PASS),
        ("X", {"a": "1"}, Verdict.FAIL),
        ("x", {"a": "2"}, Verdict.FAIL),
        ("x", {}, Verdict.FAIL),
        ("x", {"a": "1", "of-the-systems": "own"}, Verdict.PASS),
        ("x", {"a": "1", "taken-away": "2"}, Verdict.FAIL),
    ],
)
def test_fields_have_to_be_so_and_tags_may_have_others_beside_them(
    name: str, tags: dict[str, Json], expected: Verdict
) -> None:
    seen = record("ViewPairingRequest", value={"name": name, "tags": tags})
    fields: dict[str, Json] = {"name": "x", "tags": {"a": "1"}, "without_tags": ["taken-away"]}
    assert verdict("shows", seen, fields=fields) is expected


def waited(*samples: dict[str, Json]) -> OperationRecord:
    args: dict[str, Json] = {"polls": "ViewCentralCluster"}
    return record("await_state", value={"samples": list(samples)}, args=args)


def sample(outcome: str, value: dict[str, Json]) -> dict[str, Json]:
    return {"at": 0, "outcome": outcome, "value": value, "error": {"message": "gone"}}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (waited(sample("ok", {"name": "a"}), sample("ok", {"name": "b"})), Verdict.PASS),
        (waited(sample("ok", {"name": "b"}), sample("ok", {"name": "a"})), Verdict.FAIL),
        (waited(sample("ok", {"name": "b"}), sample("fail", {})), Verdict.FAIL),
        (waited(sample("info", {})), Verdict.INCONCLUSIVE),
        (waited(), Verdict.INCONCLUSIVE),
    ],
)
def test_what_was_seen_last_counts(operation: OperationRecord, expected: Verdict) -> None:
    assert verdict("shown_at_last", operation, fields={"name": "b"}) is expected


ABOUT: dict[str, Json] = {"pairing_uid": "p"}


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["c", "c"], Verdict.PASS),
        (["", "c"], Verdict.PASS),
        (["c", "c-again"], Verdict.FAIL),
        (["c-again"], Verdict.FAIL),
        ([""], Verdict.INCONCLUSIVE),
    ],
)
def test_a_request_becomes_one_cluster(named: list[str], expected: Verdict) -> None:
    told = [record("ConfirmPairing", value={"cluster_uid": c}, args=ABOUT) for c in named]
    of_another = record("PollPairing", value={"cluster_uid": "d"}, args={"pairing_uid": "q"})
    refused = record("ConfirmPairing", Outcome.FAIL, value={"cluster_uid": "d"}, args=ABOUT)
    history = History((*told, of_another, refused))
    found = run_check("became_one_cluster", history, {**ABOUT, "cluster_uid": "c"})
    assert found.verdict is expected
