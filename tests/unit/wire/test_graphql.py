"""What a target needs that speaks GraphQL: errors in lists, null for nothing, tags as pairs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.errors import Reason, Refused
from harness.domain.operations import Done, Reply
from harness.targets.reading import TargetFileError
from harness.targets.target_file import load_wire
from harness.wire.codec import encode
from harness.wire.codec.calls import CallSequence
from harness.wire.http import HttpResponse
from harness.wire.json_path import BODY, EACH
from harness.wire.mapping import WireMap
from tests.unit.wire.mapped import answered, arrives

WIRE = """
[codes]
NO_PAIRING = "NoPairingRequest"
NOT_LOGGED_IN = "Unauthenticated"
BAD_SECRET = "NotFound"

[graphql]
path = "/graphql"
errors = "userErrors"

[errors]
in_success = true
code = "errors[0].extensions.code"
message = "errors[0].message"

[paths.LogIn]
graphql = "mutation { logIn }"
[paths.LogIn.request]
"?extendedSession" = "variables.input.staySignedIn"
"?setCookie" = ""
username = "variables.input.name"
password = "variables.input.password"

[paths.ViewPairing]
graphql = "{ pairing { id } }"
refused_when = { "data.pairing" = "{null}" }
codes = { "" = "NoPairingRequest" }
response = { "$" = "data.pairing" }

[paths.UpdateCluster]
graphql = "mutation ($name: ID!) { update: updateSite(name: $name) { userErrors { code } } }"
[paths.UpdateCluster.request]
"{clusterName}" = "variables.name"
"metadata.labels" = "variables.tags as key=value"

[paths.ViewCluster.response]
"$" = "data.site"
"metadata.labels" = "data.site.tags as key=value"
"spec.nodePools" = "data.site.pools"
"spec.nodePools[].pool" = "data.site.pools[]"
"spec.nodePools[].hosts" = "data.site.pools[].nodes"
"status.nodePools" = "data.site.pools"
"status.nodePools[].pool" = "data.site.pools[]"

[paths.WithdrawPairing.errors]
code = ["data.withdraw.userErrors[0].code", "errors[0].extensions.code"]
"""

ERROR = {"extensions": {"code": "BAD_SECRET"}}


@pytest.fixture
def wire(tmp_path: Path) -> WireMap:
    return read(tmp_path, WIRE)


def read(folder: Path, text: str) -> WireMap:
    file = folder / "wire.toml"
    file.write_text(text, "utf-8")
    return load_wire(file)


def answers(operation: ops.Operation, body: object, wire: WireMap) -> Reply:
    sequence = CallSequence(operation, wire=wire)
    raw = json.dumps(body).encode()
    sequence.answered(HttpResponse(200, {"Content-Type": "application/json"}, raw))
    assert sequence.reply is not None
    return sequence.reply


def refusal(reply: Reply) -> Refused:
    assert isinstance(reply, Refused), reply
    return reply


def test_a_document_goes_to_the_address_of_all_with_its_braces(wire: WireMap) -> None:
    for operation, query in (
        (ops.ViewPairing(), "{ pairing { id } }"),
        (ops.LogIn("kim", "secret"), "mutation { logIn }"),
    ):
        request = encode(operation, wire=wire)
        assert (request.method, request.path) == ("POST", "/graphql")
        assert json.loads(request.body() or b"")["query"] == query


def test_a_refusal_in_the_payload_is_found_by_the_name_that_the_answer_has(wire: WireMap) -> None:
    own = [{"code": "BAD_SECRET", "message": "no such site"}]
    update = ops.UpdateCluster("c", {"a": "b"})
    told = refusal(answers(update, {"data": {"update": {"userErrors": own}}}, wire))
    assert (told.reason, told.message) == (Reason.NOT_FOUND, "no such site")
    body = {"data": None, "errors": [{"extensions": {"code": "NOT_LOGGED_IN"}}]}
    assert refusal(answers(update, body, wire)).reason is Reason.UNAUTHENTICATED
    done = {"data": {"update": {"userErrors": []}}}
    assert isinstance(answers(update, done, wire), Done)
    # A document that does not ask for them has none.
    assert isinstance(answers(ops.LogIn("k", "s"), {"data": {"logIn": {}}}, wire), ops.Unknown)


@pytest.mark.parametrize(
    "document",
    [
        "# replaces {all}\nmutation { update { userErrors { code } } }",
        "fragment e on E { code } mutation { update { userErrors { ...e } } }",
        "mutation M($o: Opt = {f: true}) { update(o: $o, n: f({a: 1})) { userErrors { code } } }",
    ],
)
def test_the_first_field_is_that_of_the_operation(tmp_path: Path, document: str) -> None:
    table = "[paths.UpdateCluster]\ngraphql = "
    start = WIRE.index(table) + len(table)
    text = WIRE[:start] + json.dumps(document) + WIRE[WIRE.index("\n", start) :]
    text += '[paths.UpdateCluster.errors]\nmessage = "why"\n'
    body = {"data": {"update": {"userErrors": [{"code": "BAD_SECRET"}]}}, "why": "so"}
    told = refusal(answers(ops.UpdateCluster("c", {"a": "b"}), body, read(tmp_path, text)))
    assert (told.reason, told.message) == (Reason.NOT_FOUND, "so")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[paths.LogIn]\ngraphql = "mutation { a }"', "nothing says where GraphQL is asked"),
        ('[graphql]\npath = "/q"\n[paths.LogIn]\ngraphql = "fragment x"', "asks for no field"),
        (
            '[graphql]\npath = "/q"\n[paths.LogIn]\ngraphql = "{ a }"\npath = "/x"',
            "graphql and path contradict",
        ),
        ('[graphql]\nerrors = "userErrors"', "has no effect without path"),
    ],
)
def test_what_is_no_document_is_said(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(TargetFileError, match=said):
        read(tmp_path, table)


def test_an_error_is_the_first_of_a_list(wire: WireMap) -> None:
    first = {"message": "who are you?", "extensions": {"code": "NOT_LOGGED_IN"}}
    body = {"data": None, "errors": [first, {"message": "another"}]}
    told = refusal(answers(ops.ViewPairing(), body, wire))
    assert (told.reason, told.message) == (Reason.UNAUTHENTICATED, "who are you?")


def test_null_can_mean_that_there_is_none(wire: WireMap) -> None:
    for nothing in ({"data": {"pairing": None}}, {"data": {}}):
        told = refusal(answers(ops.ViewPairing(), nothing, wire))
        assert told.reason is Reason.NOTHING_PENDING
    view = {"pairingUid": "r-1", "status": "Pairing"}
    assert isinstance(answers(ops.ViewPairing(), {"data": {"pairing": view}}, wire), Done)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"withdraw": {"userErrors": [{"code": "BAD_SECRET"}]}}},
        {"data": {"withdraw": {"userErrors": []}}, "errors": [ERROR]},
        {"errors": [ERROR]},
    ],
    ids=["the-first-place", "an-empty-list-there", "nothing-there"],
)
def test_the_first_place_that_holds_an_error_counts(wire: WireMap, body: object) -> None:
    withdraws = ops.WithdrawPairing("c-1", "secret")
    assert refusal(answers(withdraws, body, wire)).reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    "body", [{"error": "X", "code": "BAD_SECRET"}, {"error": ["x"], "code": "BAD_SECRET"}]
)
def test_an_error_of_another_form_is_looked_for_in_the_next_place(
    tmp_path: Path, body: object
) -> None:
    said = '[codes]\nBAD_SECRET = "NotFound"\n'
    errors = '[errors]\nin_success = true\ncode = ["error.code", "code"]\nmessage = ""\n'
    wire = read(tmp_path, said + errors)
    assert refusal(answers(ops.WithdrawPairing("c-1", "s"), body, wire)).reason is Reason.NOT_FOUND


def test_the_side_that_is_played_says_an_error_in_the_first_place(wire: WireMap) -> None:
    refused = Refused(Reason.NOT_FOUND, "no such request")
    said = json.loads(answered(ops.WithdrawPairing("c-1", "secret"), refused, wire).body)
    assert said["data"]["withdraw"]["userErrors"] == [{"code": "BAD_SECRET"}]
    assert said["errors"] == [{"message": "no such request"}]


def test_tags_are_a_list_of_pairs(wire: WireMap) -> None:
    update = ops.UpdateCluster("plant", {"area": "dock", "line": "2"})
    sent = encode(update, wire=wire).json
    pairs = [{"key": "area", "value": "dock"}, {"key": "line", "value": "2"}]
    assert sent["variables"] == {"name": "plant", "tags": pairs}
    assert arrives(update, wire)[0] == update
    twice = {"data": {"site": {"tags": [*pairs, pairs[0]]}}}
    assert "metadata.labels" in str(answers(ops.ViewCluster(), twice, wire))


def test_tags_are_a_list_of_texts(tmp_path: Path) -> None:
    wire = read(tmp_path, WIRE.replace("as key=value", "as {key}={value}"))
    update = ops.UpdateCluster("plant", {"area": "dock", "rule": "a=b", "bare": ""})
    sent = encode(update, wire=wire).json
    assert sent["variables"]["tags"] == ["area=dock", "rule=a=b", "bare="]
    assert arrives(update, wire)[0] == update
    for wrong in (["area=dock", "area=hall"], [{"key": "area"}], "area=dock"):
        told = answers(ops.ViewCluster(), {"data": {"site": {"tags": wrong}}}, wire)
        assert "metadata.labels" in str(told)


def test_a_flag_of_the_query_is_one_in_a_body(wire: WireMap) -> None:
    login = ops.LogIn("kim", "secret", extended=True)
    asked = encode(login, wire=wire)
    assert asked.json["variables"]["input"]["staySignedIn"] is True
    assert asked.json["query"] == "mutation { logIn }"
    assert arrives(login, wire)[0] == login


def test_two_lists_are_read_from_one(wire: WireMap) -> None:
    node = {"nodeName": "n1", "hostName": "h1", "hostID": "e-1", "health": {"status": "Healthy"}}
    pool = {"name": "cp", "isControlPlane": True, "nodes": [node]}
    site = {"metadata": {"id": "c-1", "name": "plant"}, "status": {"clusterState": "Running"}}
    site |= {"pools": [pool], "tags": [{"key": "area", "value": "dock"}]}
    read = answers(ops.ViewCluster(), {"data": {"site": site}}, wire)
    assert isinstance(read, Done), read
    assert isinstance(read.value, Cluster)
    assert read.value.tags == {"area": "dock"}
    assert [node.name for pool in read.value.pools for node in pool.nodes] == ["n1"]


def test_what_is_nowhere_said_is_not_read_from_the_place_of_another(tmp_path: Path) -> None:
    text = """
[paths.ViewPairingRequest.response]
"spec.profiles" = "profiles"
"spec.profiles[].profileVersion" = "profiles[].version"
"""
    wire = read(tmp_path, text)
    assert (BODY, "spec", "profiles", EACH, "version") not in {
        field.ours for field in wire.spoken(ops.ViewPairingRequest).answer
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[errors]\ncode = "errors[].code"',
            "errors[].code is in each element of a list, and this is one value; correct the field;"
            " it takes one element, such as the first: errors[0].code",
        ),
        (
            '[paths.ViewToken.response]\n"metadata.name" = "name as key=value"',
            "it is no object of texts",
        ),
        ('[errors]\ncode = ["a", "b as key=value"]', "it is no object of texts"),
        ('[errors]\ncode = ["a", "X-Error:"]', "only a body has room for an error"),
        ("[errors]\ncode = []", "a list is not a place, or a list of places"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TargetFileError) as caught:
        read(tmp_path, text)
    assert told in str(caught.value)
