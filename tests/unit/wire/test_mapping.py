"""A mapping: what it says of a message, and what it may not say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ManagementMode, Node, NodePool
from harness.domain.errors import Reason, Refused
from harness.domain.operations import Credentials, Done, Operation, Reply, Unknown
from harness.wire.codec import decode, encode
from harness.wire.http import HttpResponse
from harness.wire.json_path import BODY, dotted, place_of, way_of
from harness.wire.losses import losses
from harness.wire.mapping import PLAIN, ErrorMap, MappingError, OperationMap, WireMap
from harness.wire.mapping.rooms import FieldMapping, read_fields, write_fields
from harness.wire.routes import ROUTES
from tests.unit.wire.mapped import WILD, answered, arrives, as_asked

ACCEPT = ops.AcceptPairingRequest("p1", (ops.SelectedProfile("prof", "1.0"),), description="d")


def mapping(kind: type[Operation], **change: Any) -> WireMap:
    return WireMap({kind: OperationMap(**change)})


def reads(kind: Operation, body: object, wire: WireMap, status: int = 200, **headers: str) -> Reply:
    raw = b"" if body is None else json.dumps(body).encode()
    return decode(kind, HttpResponse(status, headers, raw), wire)


# --- requests ---------------------------------------------------------------------------------


def test_what_nothing_is_said_of_is_not_worked_out_again() -> None:
    """It costs as much for each of seventy operations as for the one that is mapped."""
    one = mapping(ops.AcceptPairingRequest, path="/v2/{pairingUid}/accept")
    assert one.spoken(ops.ViewCluster) is PLAIN.spoken(ops.ViewCluster)
    of_all = WireMap({}, fields={"name": "title"})
    assert of_all.spoken(ops.ViewCluster) != PLAIN.spoken(ops.ViewCluster)


def test_a_field_goes_where_the_mapping_says() -> None:
    wire = mapping(
        ops.AcceptPairingRequest,
        request={"spec.profiles[].uid": "data.chosen[].id", "metadata": "data.about"},
    )
    request = encode(ACCEPT, wire=wire)
    assert request.json == {
        "spec": {"pairingUid": "p1"},
        "data": {
            "about": {"annotations": {"description": "d"}},
            "chosen": [{"id": "prof", "version": "1.0"}],
        },
    }


def test_a_whole_body_can_be_wrapped() -> None:
    wire = mapping(ops.ChangeCentralCluster, request={"$": "data.cluster"})
    request = encode(ops.ChangeCentralCluster("c", {"a": "b"}), wire=wire)
    assert request.json == {"data": {"cluster": {"metadata": {"labels": {"a": "b"}}}}}


def test_a_name_is_changed_wherever_it_stands_but_not_in_data() -> None:
    wire = WireMap(fields={"labels": "marks", "name": "label"})
    request = encode(ops.CreateCluster("shop", {"name": "x", "labels": "y"}), wire=wire)
    assert request.json == {"metadata": {"label": "shop", "marks": {"name": "x", "labels": "y"}}}


def test_a_key_of_an_open_object_can_be_a_field_of_its_own() -> None:
    entries = {"metadata.annotations.description": "summary"}
    wire = mapping(ops.AcceptPairingRequest, request=entries)
    body = encode(ACCEPT, wire=wire).json
    assert isinstance(body, dict)
    assert body["summary"] == "d"
    assert "metadata" not in body
    assert arrives(ACCEPT, wire)[0] == ACCEPT


def test_a_key_of_an_open_object_can_have_another_name_in_it() -> None:
    inside = {"metadata.annotations.description": "metadata.annotations.summary"}
    wire = mapping(ops.AcceptPairingRequest, request=inside)
    fields = wire.spoken(ops.AcceptPairingRequest).asked
    ours = {"metadata": {"annotations": {"description": "d", "other": "o"}}}
    theirs = {"metadata": {"annotations": {"other": "o", "summary": "d"}}}
    written: dict[str, Any] = {BODY: {}}
    write_fields(fields, {BODY: ours}, written)
    assert written[BODY] == theirs
    assert read_by(fields, theirs) == ours


def read_by(fields: Iterable[FieldMapping], theirs: object) -> object:
    read: dict[str, Any] = {BODY: {}}
    read_fields(fields, {BODY: theirs}, read)
    return read[BODY]


def test_a_field_that_nobody_looks_at_makes_room_for_one_that_is_used() -> None:
    wire = WireMap(fields={"labels": "tags"})
    cluster = {"id": "c", "name": "n", "tags": {"a": "b"}}
    body = {"metadata": cluster, "status": {"clusterState": "Running"}}
    reply = reads(ops.ViewCluster(), body, wire)
    assert isinstance(reply, Done)
    assert reply.value.tags == {"a": "b"}


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        ("?id", lambda request: request.query["id"]),
        ("X-Request:", lambda request: request.headers["X-Request"]),
        ("ask.id", lambda request: request.json["ask"]["id"]),
        ("$", lambda request: request.json),
    ],
)
def test_a_parameter_of_the_path_can_stand_elsewhere(theirs: str, found: Any) -> None:
    wire = mapping(
        ops.ViewPairingRequest, method="POST", path="/ask", request={"{pairingUid}": theirs}
    )
    request = encode(ops.ViewPairingRequest("p/1"), wire=wire)
    assert (request.path, found(request)) == ("/ask", "p/1")
    assert arrives(ops.ViewPairingRequest("p/1"), wire)[0] == ops.ViewPairingRequest("p/1")


def test_a_search_can_be_a_get_without_a_body() -> None:
    entries = {"filter.state.eq": "?state", "filter.state.ignoreCase": ""}
    wire = mapping(ops.ListPairingRequests, method="GET", request=entries)
    request = encode(ops.ListPairingRequests(state="Pairing"), wire=wire)
    assert (request.json, request.query) == (None, {"state": "Pairing"})
    assert "Content-Type" not in request.headers


def test_the_page_that_is_asked_for_is_called_as_the_target_calls_it() -> None:
    wire = mapping(ops.ListTokens, request={"?continue": "?after"})
    assert encode(ops.ListTokens(), wire=wire, page="p2").query == {"after": "p2"}
    assert encode(ops.ListTokens(), page="p2").query == {"continue": "p2"}


def test_what_the_target_wants_besides_is_always_there() -> None:
    wire = WireMap(
        {ops.RejectPairingRequest: OperationMap(constants={"decision": "no", "?x": True})},
        constants={"?api": "2", "X-Api:": 2, "client.name": "harness"},
    )
    request = encode(ops.RejectPairingRequest("p"), wire=wire)
    assert request.json == {"decision": "no"}
    assert request.query == {"api": "2", "x": "true"}
    assert request.headers["X-Api"] == "2"
    assert encode(ops.ViewCluster(), wire=wire).json is None
    body = encode(ops.SetTokenState("t", True), wire=wire).json
    assert body == {"isActive": True, "client": {"name": "harness"}}


def test_two_operations_at_one_place_are_told_apart_by_their_constants() -> None:
    for operation in (ACCEPT, ops.RejectPairingRequest("p1")):
        kind = type(operation)
        asked = as_asked(kind, encode(operation, wire=WILD), WILD)
        kinds = (ops.AcceptPairingRequest, ops.RejectPairingRequest)
        held = {WILD.spoken(k).own.held(asked): k for k in kinds}
        assert held[max(held)] is kind
        assert len(held) == 2


def test_credentials_go_into_the_headers_of_the_target() -> None:
    wire = WireMap(headers={"Authorization": "Authorization: Bearer {}", "ProjectUid": ""})
    headers = encode(ops.ListTokens(), Credentials("jwt", "key", "p"), wire).headers
    assert (headers["Authorization"], headers["ApiKey"]) == ("Bearer jwt", "key")
    assert "ProjectUid" not in headers
    wire = WireMap(headers={"Authorization": "X-Auth", "ApiKey": "Authorization: Key {}"})
    assert arrives(ops.ListTokens(), wire, Credentials("jwt"))[1] == Credentials("jwt")
    assert arrives(ops.ListTokens(), wire, Credentials("", "key"))[1] == Credentials("", "key")


# --- answers ----------------------------------------------------------------------------------


def test_a_bare_list_is_a_list() -> None:
    wire = mapping(ops.ListPairingRequests, response={"items[].pairingUid": "$[].id"})
    line = {"id": "p", "state": "Pairing", "creationTimestamp": "2026-11-24T14:05:00Z"}
    reply = reads(ops.ListPairingRequests(), [line], wire)
    assert isinstance(reply, Done)
    assert [item.pairing_uid for item in reply.value.items] == ["p"]


@pytest.mark.parametrize("body", [{}, {"id": 5}, [{"id": "p"}, 7], "x", {"$": []}])
def test_what_is_not_where_it_has_to_be_is_unknown(body: object) -> None:
    wire = mapping(ops.ListPairingRequests, response={"items[].pairingUid": "data.rows[].id"})
    reply = reads(ops.ListPairingRequests(), {"data": {"rows": body}}, wire)
    assert isinstance(reply, Unknown)


@pytest.mark.parametrize(
    ("conversion", "theirs", "ours"),
    [
        ("number", 17, "17"),
        ("seconds", 1_764_000_000, "2025-11-24T16:00:00.000000Z"),
        ("milliseconds", 1_764_000_000_500, "2025-11-24T16:00:00.500000Z"),
        ("seconds", "soon", "soon"),
        ("number", True, True),
    ],
)
def test_a_value_is_converted_and_what_cannot_be_stays(
    conversion: str, theirs: object, ours: object
) -> None:
    wire = mapping(ops.ViewToken, response={"spec.expiry": f"until as {conversion}"})
    answer = wire.spoken(ops.ViewToken).answer
    assert read_by(answer, {"until": theirs}) == {"spec": {"expiry": ours}}


def test_a_flag_can_say_the_opposite_or_be_a_word() -> None:
    wire = mapping(
        ops.SendPairingRequest, request={"insecure": "check as opposite", "paletteEndpoint": "to"}
    )
    request = encode(ops.SendPairingRequest("p", "t", True), wire=wire)
    assert request.json == {"to": "p", "registrationToken": "t", "check": False}
    wire = mapping(ops.SetTokenState, request={"isActive": "?use as open|closed"})
    assert encode(ops.SetTokenState("t", False), wire=wire).query == {"use": "closed"}
    assert arrives(ops.SetTokenState("t", False), wire)[0] == ops.SetTokenState("t", False)


IN_ONE_TEXT = {
    "spec.profiles[].uid": "chosen[] as {}@v{version}",
    "spec.profiles[].version": "chosen[] as {uid}@v{}",
}


@pytest.mark.parametrize(("version", "text"), [("1.0", "a@b@v1.0"), ("", "a@b@v")])
def test_two_fields_may_stand_in_one_text(version: str, text: str) -> None:
    wire = mapping(ops.AcceptPairingRequest, request=IN_ONE_TEXT)
    accept = replace(ACCEPT, selection=(ops.SelectedProfile("a@b", version),) * 2)
    request = encode(accept, wire=wire)
    assert isinstance(request.json, dict)
    assert request.json["chosen"] == [text, text]
    assert arrives(accept, wire)[0] == accept


def test_an_id_may_stand_in_an_address() -> None:
    wire = mapping(ops.SubmitPairing, response={"uid": "link as /requests/{}/"})
    submit = ops.SubmitPairing("token", "secret", Cluster("c", "c"), key="k")
    assert reads(submit, {"link": "/requests/p1/"}, wire, 201) == Done(ops.PairingId("p1"))
    said = answered(submit, Done(ops.PairingId("p1")), wire)
    assert json.loads(said.body) == {"link": "/requests/p1/"}
    for other in ("/charts/p1/", "p1", 7):
        reply = reads(submit, {"link": other}, wire, 201)
        assert isinstance(reply, Unknown)
        assert "link: a text such as /requests/{uid}/ is needed" in reply.why


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        ("chosen[] as {}@v{edition}", "both go to chosen[]"),
        ("chosen[] as {uid}@v{}", "both go to chosen[]"),
        ("chosen[] as {}{version}", "is no conversion"),
        ("chosen[] as {}@{", "is no conversion"),
        ("chosen[] as {}@{}", "is no conversion"),
    ],
)
def test_a_text_of_several_fields_has_each_of_them_once(theirs: str, told: str) -> None:
    entries = IN_ONE_TEXT | {"spec.profiles[].uid": theirs}
    with pytest.raises(MappingError) as caught:
        encode(ACCEPT, wire=mapping(ops.AcceptPairingRequest, request=entries))
    assert told in str(caught.value)


def test_of_a_text_that_is_written_each_part_is_said() -> None:
    entries = {"spec.profiles[].uid": "chosen[].ref as {}@v{version}"}
    with pytest.raises(MappingError, match=r"nothing says what \{version\} is in \{uid\}@v"):
        encode(ACCEPT, wire=mapping(ops.AcceptPairingRequest, request=entries))


def test_words_are_said_as_the_target_says_them_and_understood_in_all_its_ways() -> None:
    wire = WireMap(states={"central": ("cloud", "CLOUD")})
    for word in ("cloud", "CLOUD"):
        reply = reads(ops.ViewManagement(), {"managementMode": word}, wire)
        assert reply == Done(ops.Management(ManagementMode.CENTRAL))
    central = Done(ops.Management(ManagementMode.CENTRAL))
    assert b'"cloud"' in answered(ops.ViewManagement(), central, wire).body


def test_a_word_of_ours_that_the_target_does_not_say_is_unknown() -> None:
    """A mapping that is wrong has to show, and not be right by chance."""
    wire = WireMap(states={"Paired": ("DONE",)})
    reply = reads(ops.ViewPairing(), {"pairingUid": "p", "status": "Paired"}, wire)
    assert isinstance(reply, Unknown)
    assert "Paired came" in reply.why
    assert "DONE" in reply.why


def test_words_can_be_swapped_and_be_different_at_one_operation() -> None:
    wire = WireMap(
        {ops.ViewPairing: OperationMap(states={"Failed": ("BAD",)})},
        states={"Paired": ("Rejected",), "Rejected": ("Paired",), "Failed": ("broken",)},
    )
    for word, ours in (("Rejected", "Paired"), ("Paired", "Rejected"), ("BAD", "Failed")):
        reply = reads(ops.ViewPairing(), {"pairingUid": "p", "status": word}, wire)
        assert isinstance(reply, Done)
        assert reply.value.status == ours


# --- statuses and refusals --------------------------------------------------------------------


def test_a_success_that_is_not_listed_is_unknown() -> None:
    wire = mapping(ops.ViewManagement, status=(203, 303))
    local = {"managementMode": "local"}
    assert isinstance(reads(ops.ViewManagement(), local, wire, 303), Done)
    other = reads(ops.ViewManagement(), local, wire, 200)
    assert isinstance(other, Unknown)
    assert "paths.ViewManagement.status (203, 303)" in other.why


def test_an_error_status_that_is_listed_is_a_success() -> None:
    wire = mapping(ops.RejectPairingRequest, status=(410,))
    assert reads(ops.RejectPairingRequest("p"), None, wire, 410) == Done(ops.Acknowledged())
    assert isinstance(reads(ops.RejectPairingRequest("p"), None, PLAIN, 410), Unknown)


def test_an_error_is_read_where_the_target_has_it() -> None:
    wire = WireMap(
        errors=ErrorMap("errors.kind", "errors.text", "errors.data"),
        codes={"E42": "NodeUnhealthy"},
    )
    body = {"errors": {"kind": "E42", "text": "no", "data": {"node": "n1"}}}
    reply = reads(ops.ViewCluster(), body, wire, 400)
    assert isinstance(reply, Refused)
    assert (reply.reason, reply.message) == (Reason.NODE_UNHEALTHY, "no")
    assert reply.details == {"node": "n1", "status": "400", "code": "E42"}
    assert isinstance(reads(ops.ViewCluster(), {"code": "E42"}, wire, 409), Unknown)


def test_an_error_that_is_played_holds_what_is_said_besides() -> None:
    besides = {"kind": "Status", "error.number": "{status}", "X-Failed:": True}
    wire = WireMap(
        errors=ErrorMap("error.type", "message", "", "", constants=besides),
        code_status={"Conflict": 410},
    )
    said = answered(ops.PollPairing("p", "s"), Refused(Reason.CONFLICT, "no"), wire)
    assert said.status == 410
    assert said.header("X-Failed") == "true"
    assert json.loads(said.body) == {
        "kind": "Status",
        "message": "no",
        "error": {"type": "Conflict", "number": 410},
    }


@pytest.mark.parametrize(
    ("constants", "told"),
    [
        ({"error": "no"}, "goes there already"),
        ({"error.type.name": "no"}, "goes there already"),
        ({"kind": "{stauts}"}, "names in braces"),
        ({"items[].kind": "no"}, "items"),
        ({"?kind": "no"}, "kind"),
    ],
)
def test_what_an_error_cannot_hold_is_refused(constants: dict[str, str], told: str) -> None:
    with pytest.raises(MappingError, match=told) as caught:
        WireMap(errors=ErrorMap("error.type", constants=constants))
    assert caught.value.place == ("errors", "constants", *constants)


def test_an_error_that_is_a_bare_text_or_has_a_number_is_read() -> None:
    text = WireMap(errors=ErrorMap(message="$"), code_status={"NodeUnhealthy": 423})
    reply = reads(ops.ViewCluster(), "the node is not well", text, 423)
    assert reply == Refused(
        Reason.NODE_UNHEALTHY, "the node is not well", {"status": "423", "code": ""}
    )
    number = WireMap(codes={"1042": "Conflict"})
    reply = reads(ops.ViewCluster(), {"code": 1042}, number, 400)
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.CONFLICT


def test_a_code_means_what_its_own_call_says_and_is_said_there() -> None:
    wire = mapping(ops.WithdrawPairing, codes={"too-late": "PairingRequestAccepted"})
    wire = replace(wire, codes={"taken": "PairingRequestAccepted", "too-late": "Conflict"})
    withdrawn, viewed = ops.WithdrawPairing("c", "s"), ops.ViewPairingRequest("p")
    refused = Refused(Reason.ALREADY_ACCEPTED, "it was accepted")
    said = {
        kind: json.loads(answered(kind, refused, wire).body)["code"] for kind in (withdrawn, viewed)
    }
    assert said == {withdrawn: "too-late", viewed: "taken"}
    read = {kind: reads(kind, {"code": "too-late"}, wire, 409) for kind in (withdrawn, viewed)}
    reasons = {kind: reply.reason for kind, reply in read.items() if isinstance(reply, Refused)}
    assert reasons == {withdrawn: Reason.ALREADY_ACCEPTED, viewed: Reason.CONFLICT}


def test_a_success_can_hold_a_refusal_where_the_mapping_says_so() -> None:
    errors = ErrorMap("error.kind", "error.text")
    body = {"error": {"kind": "Conflict", "text": "no"}, "managementMode": "local"}
    fine = {"managementMode": "local", "error": None}
    wire = WireMap(errors=replace(errors, in_success=True))
    reply = reads(ops.ViewManagement(), body, wire)
    assert isinstance(reply, Refused)
    assert (reply.reason, reply.details["status"]) == (Reason.CONFLICT, "200")
    local = Done(ops.Management(ManagementMode.LOCAL))
    assert reads(ops.ViewManagement(), fine, wire) == local
    assert reads(ops.ViewManagement(), body, WireMap(errors=errors)) == local


def test_a_refusal_in_a_success_needs_none_of_the_listed_statuses() -> None:
    said = {ops.ViewManagement: OperationMap(status=(202,))}
    wire = WireMap(said, errors=replace(ErrorMap("error.kind", "error.text"), in_success=True))
    body = {"error": {"kind": "Conflict", "text": "no"}}
    reply = reads(ops.ViewManagement(), body, wire, 200)
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.CONFLICT
    assert isinstance(reads(ops.ViewManagement(), {"managementMode": "local"}, wire), Unknown)


@pytest.mark.parametrize("body", [None, {}, {"any": "thing"}, [], "gone"])
def test_a_status_can_be_a_refusal_whatever_it_says(body: object) -> None:
    wire = WireMap(
        {ops.ViewPairing: OperationMap(refused=(204,))},
        errors=ErrorMap(refused=(403,)),
        code_status={"NoPairingRequest": 204},
    )
    nothing = reads(ops.ViewPairing(), body, wire, 204)
    assert isinstance(nothing, Refused)
    assert nothing.reason is Reason.NOTHING_PENDING
    forbidden = reads(ops.ViewPairing(), body, wire, 403)
    assert isinstance(forbidden, Refused)
    assert forbidden.reason is Reason.FORBIDDEN


def test_a_page_is_no_refusal_though_its_status_is() -> None:
    wire = WireMap(errors=ErrorMap(refused=(403,)))
    page = HttpResponse(403, {"Content-Type": "text/html"}, b"<html>the proxy says no</html>")
    assert isinstance(decode(ops.ViewPairing(), page, wire), Unknown)


def test_a_status_that_stands_for_two_codes_tells_neither() -> None:
    wire = WireMap(code_status={"NodeUnhealthy": 400, "PairingRequestPending": 400})
    reply = reads(ops.ViewCluster(), {"message": "no"}, wire, 400)
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.INVALID_INPUT


def test_when_to_come_back_is_read_from_the_header_of_the_target() -> None:
    wire = WireMap(headers={"Retry-After": "X-Wait"})
    response = HttpResponse(429, {"x-wait": "7", "retry-after": "9"}, b"")
    reply = decode(ops.ViewCluster(), response, wire)
    assert isinstance(reply, Refused)
    assert reply.details["retry_after"] == "7"


def test_an_answer_that_does_not_say_who_answers_can_be_taken_for_palettes() -> None:
    wire = mapping(ops.Probe, response={"service": ""})
    assert reads(ops.Probe(), None, wire) == Done(ops.Acknowledged())
    assert isinstance(reads(ops.Probe(), None, PLAIN), Unknown)


def test_what_the_body_repeats_can_be_left_out_of_the_path() -> None:
    pool = NodePool("pool-a", True, (Node("n1", "h1"),))
    for operation in (ACCEPT, ops.UpdateMachinePool(pool)):
        wire = mapping(type(operation), method="POST", path="/elsewhere")
        assert arrives(operation, wire) == arrives(operation, PLAIN)


# --- what a mapping may not say ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "place", "told"),
    [
        ({"headers": {"ApiKey": "no header"}}, "headers.ApiKey", "no header"),
        ({"fields": {"nmae": "x"}}, "fields.nmae", "did you mean name?"),
        ({"states": {"Payred": ("x",)}}, "states.Payred", "did you mean Paired?"),
        (
            {"states": {"Paired": ("x",), "Rejected": ("x",)}},
            "states.Rejected",
            "'x' means Paired already",
        ),
        ({"states": {"Paired": ("Rejected",)}}, "states.Paired", "means Rejected already"),
        ({"errors": ErrorMap("?x")}, "errors", "only a body has room"),
        ({"constants": {"a[].b": "x"}}, "constants.a[].b", "no constant has room there"),
    ],
)
def test_a_table_that_cannot_be_is_refused(given: Mapping[str, Any], place: str, told: str) -> None:
    with pytest.raises(MappingError) as caught:
        WireMap(**given)
    assert ".".join(caught.value.place) == place
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "change", "key", "told"),
    [
        (ops.ListTokens, {"path": "/x/{uid}"}, "path", "knows no parameter"),
        (ops.ViewToken, {"path": "/x"}, "path", '"{uid}" = "?id"'),
        (ops.ViewToken, {"request": {"{uid}": "?id"}}, "path", "one place for it"),
        (ops.ViewToken, {"request": {"{uuid}": "?id"}}, "request.{uuid}", "did you mean uid?"),
        (ops.ListTokens, {"request": {"?contnue": "?x"}}, "request.?contnue", "continue"),
        (ops.ListTokens, {"request": {"Auth:": "?x"}}, "request.Auth:", "no such header"),
        (ops.ListTokens, {"request": {"name": "x"}}, "request.name", "has no body there"),
        (
            ops.ListTokens,
            {"response": {"items[].spec.tokn": "x"}},
            "response.items[].spec.tokn",
            "did you mean items[].spec.token?",
        ),
        (
            ops.ListTokens,
            {"response": {"items[].spec.token": "token"}},
            "response.items[].spec.token",
            "not within the same list",
        ),
        (ops.ListTokens, {"response": {"items": "?x"}}, "response.items", "no room there"),
        (
            ops.ConfirmPairing,
            {"response": {"metadata.uid": "x", "status.state": "x"}},
            "response.status.state",
            "both go to x",
        ),
        (
            ops.ViewToken,
            {"response": {"spec.token": "metadata"}},
            "response.spec.token",
            "both go to metadata",
        ),
        (
            ops.ViewToken,
            {"response": {"spec.token": "$", "metadata.uid": "id"}},
            "response.spec.token",
            r"both go to $",
        ),
        (ops.ViewToken, {"response": {"spec.token": "?x"}}, "response.spec.token", "body"),
        (ops.ViewToken, {"response": {"spec.token": "a..b"}}, "response.spec.token", "no field"),
        (ops.ViewToken, {"response": {"spec.expiry": "a as days"}}, "response.spec.expiry", "days"),
        (ops.SetTokenState, {"request": {"isActive": "{uid}"}}, "request.isActive", "published"),
        (
            ops.VerifyConnection,
            {"request": {"registrationToken": "?a", "insecure": "?a"}},
            "request",
            "two values go to a",
        ),
        (ops.ViewToken, {"status": (200,), "refused": (200,)}, "refused", "status as well"),
        (ops.ViewToken, {"path": "/v1/edgehosts/tokens/{uid}/x"}, "", ""),
    ],
)
def test_an_operation_that_cannot_be_is_refused(
    kind: type[Operation], change: Mapping[str, Any], key: str, told: str
) -> None:
    if not told:
        mapping(kind, **change)
        return
    with pytest.raises(MappingError) as caught:
        mapping(kind, **change)
    assert ".".join(caught.value.place) == f"paths.{kind.__name__}.{key}"
    assert told in str(caught.value)


def test_two_operations_at_one_place_need_something_that_tells_them_apart() -> None:
    """Where the harness serves them: whoever asks knows what they ask."""
    there = {"method": "GET", "path": "/v1/edgehosts/tokens"}
    moved = mapping(ops.ListPairingRequests, **there)
    (told,) = losses(moved, (), ROUTES)
    assert "is where ListTokens is asked" in str(told)
    assert not list(losses(moved, (), [ops.SubmitPairing, ops.PollPairing]))
    constants = [{"what": "requests"}, {"what": "tokens"}]
    apart = WireMap(
        {
            ops.ListPairingRequests: OperationMap(**there, constants=constants[0]),
            ops.ListTokens: OperationMap(constants=constants[1]),
        }
    )
    assert not list(losses(apart, (), ROUTES))


def test_a_list_that_is_null_is_empty_and_one_that_is_missing_is_not() -> None:
    wire = mapping(
        ops.ListPairingRequests,
        response={"items": "data.rows", "items[].pairingUid": "data.rows[].id"},
    )
    empty = Done(ops.PairingList(()))
    assert reads(ops.ListPairingRequests(), {"data": {"rows": None}}, wire) == empty
    assert reads(ops.ListPairingRequests(), {"items": None}, PLAIN) == empty
    for missing, of in (({"data": {}}, wire), ({"data": None}, wire), ({}, PLAIN)):
        assert isinstance(reads(ops.ListPairingRequests(), missing, of), Unknown)


def test_an_element_of_a_list_is_chosen_by_what_it_holds() -> None:
    place = place_of("status.conditions[type=Paired].status")
    theirs = {
        "conditions": [{"type": "Ready", "status": "?"}, {"type": "Paired", "status": "True"}]
    }
    field = FieldMapping((BODY, "paired"), place)
    ours: dict[str, Any] = {BODY: {}}
    read_fields([field], {BODY: {"status": theirs}}, ours)
    assert ours[BODY] == {"paired": "True"}
    for nothing in ({}, {"conditions": []}, {"conditions": [{"type": "Ready"}, "Paired", None]}):
        read = {BODY: {}}
        read_fields([field], {BODY: {"status": nothing}}, read)
        assert read == {BODY: {}}
    written: dict[str, Any] = {BODY: {"status": {"conditions": [{"type": "Ready"}]}}}
    for value in ("False", "True"):
        write_fields([field], {BODY: {"paired": value}}, written)
    assert written[BODY] == {
        "status": {"conditions": [{"type": "Ready"}, {"type": "Paired", "status": "True"}]}
    }


@pytest.mark.parametrize(
    "text", ["a", "a.b[].c", "$", "$[]", "$[].a", "a\\.b.c[][]", "a[].b[type=Is so].c"]
)
def test_a_way_is_written_as_it_was_read(text: str) -> None:
    assert dotted(way_of(text)) == text


@pytest.mark.parametrize("text", ["?", "{a", "a..b", "a[", ".a", "a[].[]", "X Y:", "{}"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        place_of(text)


def test_the_published_wire_is_plain() -> None:
    assert PLAIN.is_plain
    assert WireMap() == PLAIN
    assert not WILD.is_plain
