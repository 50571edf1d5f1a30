"""Whatever is encoded is decoded to the same, for every operation that crosses HTTP."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain import operations as ops
from harness.domain.operations import Credentials, Done, Operation, Unknown
from harness.domain.profile import ProfileType, StackProfile
from harness.wire.codec import credentials_from, decode, encode, encode_reply, operation_from
from harness.wire.http import HttpRequest, HttpResponse, ServerReply
from harness.wire.routes import ROUTES, Route
from tests.unit.wire.strategies import OPERATIONS, VALUES, header_words, refusals

operations = st.sampled_from(sorted(ROUTES, key=lambda kind: kind.__name__))


def parameters(route: Route, path: str) -> dict[str, str]:
    """What a server takes from the path, as it was sent."""
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
    found = re.fullmatch(pattern, path)
    assert found, (route.path, path)
    return {name: unquote(text) for name, text in found.groupdict().items()}


def arrives(operation: Operation, request: HttpRequest) -> Operation:
    route = ROUTES[type(operation)]
    assert request.method == route.method
    body = request.body()
    return operation_from(
        route,
        parameters(route, request.path),
        request.query,
        json.loads(body) if body else None,
        {name.lower(): value for name, value in request.headers.items()},
    )


def comes_back(reply: ServerReply) -> HttpResponse:
    headers = {"content-type": "application/json"} | dict(reply.headers)
    return HttpResponse(reply.status, headers, reply.body())


def test_every_operation_has_strategies() -> None:
    assert OPERATIONS.keys() == VALUES.keys() == ROUTES.keys()


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_an_operation_arrives_as_it_was_sent(kind: type[Operation], data: st.DataObject) -> None:
    operation = data.draw(OPERATIONS[kind])
    assert arrives(operation, encode(operation)) == operation


def test_of_profiles_in_an_archive_only_its_path_is_sent() -> None:
    change = ops.UpdateStack((), "/next.tgz", (StackProfile("next", ProfileType.INFRA, "2", ()),))
    assert json.loads(encode(change).body()) == {"spec": {"archiveUploadPath": "/next.tgz"}}
    assert arrives(change, encode(change)) == replace(change, holds=())


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_value_comes_back_as_it_was_answered(kind: type[Operation], data: st.DataObject) -> None:
    operation, value = data.draw(OPERATIONS[kind]), data.draw(VALUES[kind])
    reply = encode_reply(operation, Done(value))
    assert reply.status == ROUTES[kind].status
    assert decode(operation, comes_back(reply)) == Done(value)


@given(kind=operations, refused=refusals, data=st.data())
def test_a_refusal_comes_back_with_its_status_and_code(
    kind: type[Operation], refused: object, data: st.DataObject
) -> None:
    operation = data.draw(OPERATIONS[kind])
    reply = encode_reply(operation, refused)
    back = decode(operation, comes_back(reply))
    assert (back.reason, back.message) == (refused.reason, refused.message)
    raw = {"status": str(reply.status), "code": refused.reason.value}
    assert back.details == dict(refused.details) | raw


@given(kind=operations, why=st.text(), data=st.data())
def test_an_unknown_stays_unknown(kind: type[Operation], why: str, data: st.DataObject) -> None:
    operation = data.draw(OPERATIONS[kind])
    reply = encode_reply(operation, Unknown(why))
    assert decode(operation, comes_back(reply)) == Unknown(why)


@given(st.builds(Credentials, *[st.just("") | header_words] * 3), operations, st.data())
def test_credentials_arrive_in_the_published_headers(
    credentials: Credentials, kind: type[Operation], data: st.DataObject
) -> None:
    request = encode(data.draw(OPERATIONS[kind]), credentials)
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert credentials_from(headers) == credentials


@given(operations, st.integers(100, 599), st.binary() | st.text().map(str.encode), st.data())
def test_decode_is_total(
    kind: type[Operation], status: int, body: bytes, data: st.DataObject
) -> None:
    operation = data.draw(OPERATIONS[kind])
    decode(operation, HttpResponse(status, {"Content-Type": "text/html"}, body))


@given(operations, st.data())
def test_decode_is_total_for_any_json(kind: type[Operation], data: st.DataObject) -> None:
    """Well-formed bodies with one branch replaced by something else."""
    operation, value = data.draw(OPERATIONS[kind]), data.draw(VALUES[kind])
    body = encode_reply(operation, Done(value)).json
    spoilt = data.draw(mutated(body)) if body else data.draw(any_json)
    response = HttpResponse(200, {}, json.dumps(spoilt).encode())
    assert isinstance(decode(operation, response), Done | Unknown)


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)


@st.composite
def mutated(draw: st.DrawFn, body: object) -> object:
    """The JSON with one node replaced by any other JSON."""
    if isinstance(body, dict) and body and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(body)))
        return {**body, name: draw(mutated(body[name]))}
    if isinstance(body, list) and body and draw(st.booleans()):
        index = draw(st.integers(0, len(body) - 1))
        return [*body[:index], draw(mutated(body[index])), *body[index + 1 :]]
    return draw(any_json)
