"""What a server makes of a request, and how it words its answers."""

from __future__ import annotations

from typing import Any

import pytest

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.operations import Done, Operation, PairingView
from harness.domain.pairing import LocalState
from harness.wire.codec import encode, encode_reply, operation_from
from harness.wire.routes import ROUTES

PACKS = [{"layer": "os", "name": "ubuntu"}]
PROFILE = {"name": "p", "type": "infra", "profileVersion": "1", "packs": PACKS}
SUBMISSION: dict[str, Any] = {
    "metadata": {"name": "c"},
    "spec": {
        "clusterMeta": {"name": "c", "localClusterUid": "u", "localClusterToken": "s"},
        "machinepoolconfig": [],
        "profiles": [],
        "registrationToken": "t",
        "stylusAgentVersion": "4.9.0",
    },
}


def without(*path: str) -> dict[str, Any]:
    """The submission without one field."""

    def cut(body: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        name, *rest = names
        if not rest:
            return {k: v for k, v in body.items() if k != name}
        return body | {name: cut(body[name], tuple(rest))}

    return cut(SUBMISSION, path)


@pytest.mark.parametrize(
    ("kind", "json", "field"),
    [
        (ops.LogIn, None, "body"),
        (ops.PatchNamedCluster, {"clusterConfigPatches": [{}]}, "clusterConfigPatches.0.op"),
        (ops.LogIn, [], "body"),
        (ops.LogIn, {"username": "u"}, "password"),
        (ops.LogIn, {"username": 1, "password": "p"}, "username"),
        (ops.SendPairingRequest, {"insecure": "yes"}, "insecure"),
        (ops.CreateCluster, {"metadata": {}}, "metadata.name"),
        (ops.PatchCluster, {"metadata": {"labels": {"a": 1}}}, "metadata.labels.a"),
        (
            ops.PatchNamedCluster,
            {"clusterConfigPatches": [{"op": "add", "path": "/spec/x", "value": "v"}]},
            "clusterConfigPatches.0.path",
        ),
        (
            ops.PatchNamedCluster,
            {"clusterConfigPatches": [{"op": "remove", "path": "/metadata/labels/a"}]},
            "clusterConfigPatches.0",
        ),
        (
            ops.UpdateStack,
            {"spec": {"clusterProfileTemplates": [{}]}},
            "spec.clusterProfileTemplates.0.name",
        ),
        (ops.RestoreLocalManagement, {"type": "central"}, "type"),
        (ops.RestoreLocalManagement, {}, "type"),
        (ops.MatchProfiles, {"profiles": [{}]}, "profiles.0.uid"),
        (ops.AcceptPairingRequest, {}, "spec"),
        (ops.AcceptPairingRequest, {"spec": {"profiles": []}}, "spec.pairingUid"),
        (
            ops.AcceptPairingRequest,
            {"spec": {"pairingUid": "other", "profiles": []}},
            "spec.pairingUid",
        ),
        (ops.ChangeCentralCluster, {}, "metadata"),
        (ops.ChangeCentralCluster, {"metadata": {"labels": {"a": 1}}}, "metadata.labels.a"),
        (ops.UpdateToken, {"spec": {"expiry": "tomorrow"}}, "spec.expiry"),
        (
            ops.CreateToken,
            {"metadata": {"name": "n"}, "spec": {"expiry": "2026-02-30T00:00:00Z"}},
            "spec.expiry",
        ),
        (ops.SetTokenState, {"isActive": "no"}, "isActive"),
        (ops.SubmitPairing, without("spec", "registrationToken"), "spec.registrationToken"),
        (ops.SubmitPairing, without("spec", "profiles"), "spec.profiles"),
        (
            ops.SubmitPairing,
            without("spec", "clusterMeta", "localClusterToken"),
            "spec.clusterMeta.localClusterToken",
        ),
        (
            ops.SubmitPairing,
            SUBMISSION | {"spec": SUBMISSION["spec"] | {"profiles": [PROFILE]}},
            "spec.profiles.0.packs.0.version",
        ),
        (ops.PollPairing, None, "LocalClusterToken"),
        (ops.WithdrawPairing, {"clusterMeta": {"localClusterUid": "u"}}, "clusterMeta"),
        (ops.ListPairingRequests, {"sort": [{"field": "uid"}]}, "sort.0.field"),
    ],
)
def test_bad_input_is_refused_and_the_field_is_named(
    kind: type[Operation], json: Any, field: str
) -> None:
    path = {"pairingUid": "p", "uid": "p", "clusterName": "c"}
    with pytest.raises(Refusal) as refusal:
        operation_from(ROUTES[kind], path, {}, json)
    refused = refusal.value.refused
    assert refused.reason is Reason.INVALID_INPUT
    assert refused.details["field"].startswith(field)
    assert refused.details["field"] in refused.message


def test_a_switch_of_the_query_is_true_or_false() -> None:
    body = {"username": "u", "password": "p"}
    route = ROUTES[ops.LogIn]
    extended = operation_from(route, {}, {"extendedSession": "true"}, body)
    assert extended == ops.LogIn("u", "p", extended=True)
    with pytest.raises(Refusal, match="extendedSession"):
        operation_from(route, {}, {"extendedSession": "1"}, body)


def test_missing_entries_of_a_pairing_input_are_left_to_the_rules() -> None:
    assert operation_from(ROUTES[ops.SendPairingRequest], {}, {}, {}) == ops.SendPairingRequest(
        "", ""
    )


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (LocalState.SUBMITTING, "Pairing"),
        (LocalState.PENDING, "Pairing"),
        (LocalState.CONFIRMING, "Pairing"),
        (LocalState.PAIRED, "Paired"),
        (LocalState.REJECTED, "Rejected"),
        (LocalState.FAILED, "Failed"),
    ],
)
def test_states_of_the_edge_never_leak(state: LocalState, shown: str) -> None:
    reply = encode_reply(ops.ViewPairing(), Done(PairingView("u", state, "", "e")))
    assert isinstance(reply.json, dict)
    assert reply.json["status"] == shown
    assert reply.json["registrationToken"] == ""


def test_an_abandoned_request_is_none() -> None:
    view = PairingView("u", LocalState.ABANDONED, "", "e")
    assert encode_reply(ops.ViewPairing(), Done(view)).status == 404


def test_an_error_has_all_published_fields_and_says_when_to_return() -> None:
    refused = Refused(Reason.RATE_LIMITED, "slow down", {"retry_after": "3"})
    reply = encode_reply(ops.ListTokens(), refused)
    assert reply.status == 429
    assert reply.headers == {"Retry-After": "3"}
    assert reply.json == {
        "code": "TooManyRequests",
        "message": "slow down",
        "details": {"retry_after": "3"},
        "ref": "",
    }


def test_a_login_asks_for_no_cookie() -> None:
    assert encode(ops.LogIn("u", "p")).query == {"setCookie": "false"}
    assert encode(ops.LogInToPalette("u", "p")).query == {"setCookie": "false"}


def test_secrets_of_a_host_travel_in_headers_and_bodies_never_in_the_address() -> None:
    for operation in (ops.PollPairing("p", "s3cret"), ops.ConfirmPairing("p", "s3cret")):
        request = encode(operation)
        assert request.headers["LocalClusterToken"] == "s3cret"
        assert "s3cret" not in request.path + str(request.query)
    request = encode(ops.WithdrawPairing("u", "s3cret"))
    assert "s3cret" not in request.path + str(request.query)


def test_a_withdrawal_without_an_id_leaves_it_out() -> None:
    body = encode(ops.WithdrawPairing("u", "s")).json
    assert body == {"clusterMeta": {"localClusterUid": "u", "localClusterToken": "s"}}


def test_what_an_acceptance_does_not_change_is_left_out() -> None:
    body = encode(ops.AcceptPairingRequest("p", (), name="n", tags={})).json
    assert body == {
        "metadata": {"name": "n", "labels": {}},
        "spec": {"pairingUid": "p", "profiles": []},
    }
