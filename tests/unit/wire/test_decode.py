"""What an answer is taken for: done, refused, or unknown with what came."""

from __future__ import annotations

import json

import pytest

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.domain.match import MatchResult, Mismatch
from harness.domain.operations import Done, Operation, Unknown
from harness.domain.token import RegistrationToken
from harness.wire.codec import decode
from harness.wire.codec.server import STATUS_OF
from harness.wire.http import HttpResponse, Json

SEND = ops.SendPairingRequest("palette.test", "a-token")
JSON = {"Content-Type": "application/json"}


def answer(status: int, body: object, **headers: str) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, JSON | headers, raw)


POOL = {"name": "workers", "isControlPlane": False}


def opened(pool: Json) -> HttpResponse:
    """A pairing request of one pool, whose configuration this is."""
    spec = {"machinepoolconfig": [{"poolConfig": pool, "cloudConfig": {"edgeHosts": []}}]}
    return answer(200, {"metadata": {"uid": "u"}, "spec": spec, "status": {"state": "Pairing"}})


def test_what_is_published_as_required_and_nobody_reads_may_be_missing() -> None:
    reply = decode(ops.ViewPairingRequest("u"), opened(dict(POOL)))  # no labels, and no size
    assert isinstance(reply, Done)
    assert isinstance(reply.value, ops.PairingRequestView)
    assert [pool.name for pool in reply.value.pools] == ["workers"]


def test_a_tag_without_a_value_may_be_told_as_null() -> None:
    metadata = {"uid": "u", "labels": {"site": "north", "spare": None}}
    body = {"metadata": metadata, "spec": {}, "status": {"state": "Running"}}
    reply = decode(ops.ViewCentralCluster("u"), answer(200, body))
    assert isinstance(reply, Done)
    assert isinstance(reply.value, ops.CentralClusterView)
    assert reply.value.tags == {"site": "north", "spare": ""}
    metadata["labels"] = {"site": 0}
    assert isinstance(decode(ops.ViewCentralCluster("u"), answer(200, body)), Unknown)


def test_a_flag_that_is_off_may_be_left_out() -> None:
    body = {"metadata": {"uid": "u", "name": "n"}, "spec": {"token": "t"}, "status": {}}
    reply = decode(ops.ViewToken("u"), answer(200, body))
    assert isinstance(reply, Done)
    assert isinstance(reply.value, RegistrationToken)
    assert not reply.value.active


@pytest.mark.parametrize(
    ("pool", "says"),
    [
        ({"labels": [], "size": 0}, "poolConfig.name: Field required"),
        ({**POOL, "size": "two"}, "poolConfig.size: Input should be a valid integer"),
    ],
)
def test_what_is_read_must_be_there_and_nothing_may_be_of_another_type(
    pool: Json, says: str
) -> None:
    reply = decode(ops.ViewPairingRequest("u"), opened(pool))
    assert isinstance(reply, Unknown)
    assert says in reply.why


@pytest.mark.parametrize(
    ("operation", "response", "says"),
    [
        (SEND, HttpResponse(200, {"Content-Type": "text/html"}, b"<html>hello"), "text/html"),
        (SEND, HttpResponse(200, {}, b"<html>hello"), "starts with '<html>hello'"),
        (SEND, HttpResponse(201, JSON, b""), "the body is empty"),
        (SEND, answer(201, {}), "pairingUid: it is missing"),
        (SEND, answer(201, {"pairingUid": ""}), "pairingUid: it is empty"),
        (SEND, answer(201, {"pairingUid": None}), "pairingUid: it is missing"),
        (SEND, answer(201, {"pairingUid": 7}), "pairingUid: Input should be a valid string"),
        (SEND, answer(201, ["pairingUid"]), "a JSON object is needed, and this is an array"),
        (SEND, answer(201, b'{"pairingUid": "abc'), "no JSON"),
        (SEND, answer(201, b"\xff\xfe"), "no JSON"),
        (SEND, answer(201, b"[" * 100_000), "no JSON"),
        (SEND, HttpResponse(307, {"Location": "https://elsewhere.test"}), "307"),
        (SEND, HttpResponse(101), "neither success nor error"),
        (SEND, answer(409, {}), "an error without code and message"),
        (SEND, answer(409, {"code": 500, "message": "m"}), "code: Input should be a valid string"),
        (SEND, HttpResponse(502, {"Content-Type": "text/html"}, b"<h1>Bad gateway"), "502"),
        (SEND, HttpResponse(422), "422, no content type"),
        (SEND, HttpResponse(404, {"Content-Type": "text/html"}, b"<h1>Nothing"), "404, text/html"),
        (ops.PollPairing("u", "t"), HttpResponse(404), "404, no content type"),
        (ops.ViewCluster(), answer(200, {"metadata": {"id": "u", "name": "n"}}), "clusterState"),
        (
            ops.ViewCluster(),
            answer(
                200,
                {"metadata": {"id": "u", "name": "n"}, "status": {"clusterState": "Sleeping"}},
            ),
            "status.clusterState",
        ),
        (ops.ViewPairing(), answer(200, {"pairingUid": "u", "status": "Confirming"}), "status"),
        (ops.ViewPairing(), answer(200, {"status": "Pairing"}), "pairingUid: it is missing"),
        (ops.VerifyConnection("e", "t"), answer(200, {"message": "m"}), "verified"),
        (ops.ListPairingRequests(), answer(200, {}), "items"),
        (ops.ListPairingRequests(), answer(200, {"items": [{"name": "n"}]}), "items.0.pairingUid"),
        (
            ops.ListPairingRequests(),
            answer(200, {"items": [{"pairingUid": "u", "state": "s", "creationTimestamp": "now"}]}),
            "items.0.creationTimestamp",
        ),
        (ops.PollPairing("u", "t"), answer(200, {"status": {"state": "Thinking"}}), "Thinking"),
        (
            ops.MatchProfiles("u", ()),
            answer(200, {"valid": True, "packs": [], "problems": [{"kind": "x", "message": "y"}]}),
            "valid: it contradicts",
        ),
        (ops.Probe(), answer(200, {}), "it is not a Palette"),
        (ops.Probe(), answer(200, {"service": "nginx"}), "it is not a Palette"),
        (ops.Probe(), HttpResponse(204), "the body is empty"),
        (ops.CancelPairingRequest(), answer(200, b"OK"), "no JSON"),
    ],
)
def test_what_is_not_well_formed_is_unknown_and_says_what_came(
    operation: Operation, response: HttpResponse, says: str
) -> None:
    reply = decode(operation, response)
    assert isinstance(reply, Unknown)
    assert says in reply.why
    assert str(response.status) in reply.why


def test_an_unknown_quotes_no_more_than_80_characters() -> None:
    reply = decode(SEND, HttpResponse(200, {}, b"x" * 500))
    assert isinstance(reply, Unknown)
    assert "x" * 80 in reply.why
    assert "x" * 81 not in reply.why


@pytest.mark.parametrize(
    "operation",
    [ops.LogIn("u", "p"), ops.LogInToPalette("e", "p"), ops.ListTokens(), ops.ViewToken("u")],
)
def test_an_answer_that_may_hold_a_secret_is_not_quoted(operation: Operation) -> None:
    reply = decode(operation, answer(200, {"Token": ["s3cret"], "items": "s3cret"}))
    assert isinstance(reply, Unknown)
    assert "s3cret" not in reply.why


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_status_and_its_code_is_recognised(reason: Reason) -> None:
    error = {"code": reason.value, "message": "m", "details": {}, "ref": ""}
    reply = decode(SEND, answer(STATUS_OF[reason], error))
    assert isinstance(reply, Refused)
    assert reply.reason is reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, Reason.INVALID_INPUT),
        (401, Reason.UNAUTHENTICATED),
        (403, Reason.FORBIDDEN),
        (404, Reason.NOT_FOUND),
        (409, Reason.CONFLICT),
        (418, Reason.INVALID_INPUT),
        (422, Reason.INVALID_INPUT),
        (500, Reason.INTERNAL),
        (503, Reason.INTERNAL),
    ],
)
def test_a_code_that_is_not_known_goes_by_its_status(status: int, reason: Reason) -> None:
    reply = decode(SEND, answer(status, {"code": "TheirOwn", "message": "m"}))
    assert reply == Refused(reason, "m", {"status": str(status), "code": "TheirOwn"})


def test_a_message_alone_is_an_error_and_details_become_texts() -> None:
    error = {"message": "m", "details": {"node": "n1", "count": 2, "hosts": ["a"]}}
    reply = decode(SEND, answer(403, error))
    details = {"node": "n1", "count": "2", "hosts": '["a"]', "status": "403", "code": ""}
    assert reply == Refused(Reason.FORBIDDEN, "m", details)


def test_a_code_alone_is_an_error() -> None:
    reply = decode(SEND, answer(404, {"code": "Gone"}))
    assert isinstance(reply, Refused)
    assert reply.message == "Gone"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"code": "InvalidInput", "message": "m"}'])
def test_too_many_requests_is_a_refusal_whatever_its_body(body: bytes) -> None:
    reply = decode(SEND, HttpResponse(429, {"retry-after": "7"}, body))
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.RATE_LIMITED
    assert reply.details["retry_after"] == "7"


def test_any_success_with_what_is_needed_is_done_and_extras_are_ignored() -> None:
    for status in (200, 201, 202):
        body = {"pairingUid": "u", "somethingNew": {"deep": [1]}}
        assert decode(SEND, answer(status, body)) == Done(ops.PairingId("u"))


@pytest.mark.parametrize("response", [HttpResponse(204), answer(200, {}), answer(202, None)])
def test_an_acknowledgement_needs_no_body(response: HttpResponse) -> None:
    assert decode(ops.CancelPairingRequest(), response) == Done(ops.Acknowledged())


def test_a_version_is_the_tag_where_it_is_missing() -> None:
    def pack(**fields: str) -> object:
        return {"layer": "os", "name": "ubuntu", **fields}

    def view(packs: list[object]) -> object:
        profile = {"name": "p", "type": "infra", "profileVersion": "1.0.0", "packs": packs}
        body = {"metadata": {"uid": "u"}, "status": {"state": "Pairing"}}
        return body | {"spec": {"profiles": [profile]}}

    packs = [pack(version="22.04", tag="22.4.x"), pack(tag="22.04")]
    reply = decode(ops.ViewPairingRequest("u"), answer(200, view(packs)))
    assert isinstance(reply, Done)
    assert isinstance(reply.value, ops.PairingRequestView)
    assert [p.version for p in reply.value.stack[0].packs] == ["22.04", "22.04"]
    missing = decode(ops.ViewPairingRequest("u"), answer(200, view([pack()])))
    assert isinstance(missing, Unknown)
    assert "spec.profiles.0.packs.0.version" in missing.why


def test_a_node_runs_on_the_host_of_its_name_whatever_the_order() -> None:
    pool = {"name": "workers", "isControlPlane": False}
    hosts = [{"hostID": "h2", "hostName": "n2"}, {"hostID": "h1", "hostName": "n1"}]
    healthy = {"health": {"status": "Healthy"}}
    body = {
        "metadata": {"id": "u", "name": "c"},
        "spec": {"nodePools": [{"pool": pool, "hosts": hosts}]},
        "status": {
            "clusterState": "Running",
            "nodePools": [
                {"pool": pool, "nodes": [{"nodeName": n, **healthy} for n in ("n1", "n2")]}
            ],
        },
    }
    reply = decode(ops.ViewCluster(), answer(200, body))
    assert isinstance(reply, Done)
    assert isinstance(reply.value, ops.Cluster)
    assert reply.value.host_uids() == ("h1", "h2")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
@pytest.mark.parametrize("body", [b"", b"{}", b'{"detail": "no"}', b'{"code": 7}', b"[]"])
def test_a_status_that_is_published_without_fields_is_a_refusal(status: int, body: bytes) -> None:
    reply = decode(SEND, HttpResponse(status, JSON, body))
    assert isinstance(reply, Refused)
    assert reply.details["status"] == str(status)


@pytest.mark.parametrize(
    "why",
    [{}, {"packs": [], "problems": []}, {"problems": [{"kind": "ours", "message": "it is blue"}]}],
)
def test_a_match_that_says_no_is_a_no_whatever_the_reason(why: dict[str, Json]) -> None:
    said: Json = {"valid": False, **why}
    reply = decode(ops.MatchProfiles("u", ()), answer(200, said))
    assert isinstance(reply, ops.Done)
    assert isinstance(reply.value, MatchResult)
    assert [problem.kind for problem in reply.value.problems] == [Mismatch.OTHER]
