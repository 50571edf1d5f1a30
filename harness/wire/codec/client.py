"""The client's direction: an operation as a request, and what came back as a reply."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.domain.operations import (
    AgentOperation,
    Credentials,
    Done,
    Operation,
    Reply,
    Unknown,
)
from harness.wire.codec.engine import ANSWERS, BODY, HEADERS, PATH, QUERY, REQUESTS
from harness.wire.codec.errors import refused_from, refused_within
from harness.wire.http import HttpRequest, HttpResponse, Json, NotJson, parse_json
from harness.wire.mapping import PLAIN, WireMap
from harness.wire.mapping.translate import ParsedRequest, ours_answered, theirs_asked
from harness.wire.model import Malformed
from harness.wire.table.fields import CONTINUE

_SECRET_ANSWERS = frozenset(
    {ops.LogIn, ops.LogInToPalette, ops.ListTokens, ops.ViewToken, ops.AddApiKey}
)
"""Operations whose answers hold secrets, so that not even a broken one may be quoted."""

BARE_REFUSALS = frozenset({400, 401, 403, 404, 500})
"""Statuses that are published for people without any field of an error: there any JSON will do,
or none."""

_EXCERPT_CHARACTERS = 80


def encode(
    operation: Operation,
    credentials: Credentials = Credentials(),
    wire: WireMap = PLAIN,
    page: str = "",
) -> HttpRequest:
    """The request that asks for the operation, with the credentials in its headers.

    `page` asks for one page of a list, as the answer before it said.

    Raises:
        KeyError: the operation does not cross HTTP.
    """
    route = wire.routes[type(operation)]
    rooms = REQUESTS[type(operation)][1](operation)
    query = rooms.get(QUERY, {})
    if page:
        query[CONTINUE] = page
    headers = {**rooms.get(HEADERS, {}), **credential_headers(credentials)}
    asked = ParsedRequest(rooms.get(PATH, {}), query, headers, rooms.get(BODY))
    if not wire.is_plain:
        asked = theirs_asked(asked, type(operation), wire)
    general = {"Accept": "application/json"}
    if asked.json is not None:
        general["Content-Type"] = "application/json"
    path = route.url_path(asked.parameters)
    return HttpRequest(route.method, path, asked.query, {**general, **asked.headers}, asked.json)


def credential_headers(credentials: Credentials) -> dict[str, str]:
    """The headers that a call proves itself with; those without a value are left out."""
    headers = {
        "Authorization": credentials.session,
        "ApiKey": credentials.api_key,
        "ProjectUid": credentials.project_uid,
    }
    return {name: value for name, value in headers.items() if value}


def decode(operation: Operation, response: HttpResponse, wire: WireMap = PLAIN) -> Reply:
    """What the answer says, whatever came.

    A 2xx with the body that the operation needs is `Done`; a 4xx or 5xx with the published
    error is `Refused`, with the raw status and code in its details; all else is `Unknown`,
    which says what came. So is one of `BARE_REFUSALS` with any JSON or none. A mapping may name
    other statuses, and other bodies. Never raises for anything in the answer.
    """
    kind, status = type(operation), response.status
    spoken = wire.spoken(kind)
    try:
        if status in spoken.refused:
            return refused_from(response, wire, in_any_form=True)
        if status in spoken.status or (200 <= status < 300 and not spoken.status):
            if refused := refused_within(response, wire):
                return refused
            read = ANSWERS[kind][0]
            return Done(read(published_answer(operation, response, wire)))
        if 400 <= status < 600:
            return _refused_or_unknown(operation, response, wire)
        problem = "an answer that is neither success nor error"
        if 200 <= status < 300:
            statuses = ", ".join(map(str, spoken.status))
            problem = f"a 2xx that is not one of paths.{kind.__name__}.status ({statuses})"
    except Malformed as malformed:
        problem = str(malformed) if wire.is_plain else f"{malformed} (by its published name)"
    secret = may_hold_secrets(operation)
    return Unknown(_what_came(response, problem, secret=secret))


def published_answer(operation: Operation, response: HttpResponse, wire: WireMap) -> Json:
    """The body of an answer that says that it happened, in the published names.

    Raises:
        Malformed: it is no JSON, or something stands where it cannot be read.
    """
    json = _json_of(response)
    return json if wire.is_plain else ours_answered(json, type(operation), wire)


def glimpsed_answer(operation: Operation, response: HttpResponse, wire: WireMap) -> Json:
    """As much of an answer as can be read, in the published names, whatever it says.

    For evidence, where the published names tell which of the values are secrets.

    Raises:
        Malformed: it is no JSON.
    """
    json = _json_of(response)
    answer = wire.spoken(type(operation)).answer
    return json if answer is None or json is None else answer.glimpsed(json)


def may_hold_secrets(operation: Operation) -> bool:
    """Whether not even a broken answer to it may be quoted."""
    return type(operation) in _SECRET_ANSWERS


def _json_of(response: HttpResponse) -> Json:
    if not response.body:
        return None
    try:
        return parse_json(response.body)
    except NotJson as error:
        raise Malformed("body", f"no JSON ({error})") from error


def _refused_or_unknown(operation: Operation, response: HttpResponse, wire: WireMap) -> Reply:
    """A server that does not know either says so in a form that is no error (see `server`)."""
    try:
        return refused_from(response, wire)
    except Malformed:
        json = _json_of(response)
        why = json.get("why") if isinstance(json, dict) else None
        if isinstance(json, dict) and json.get("outcome") == "unknown" and isinstance(why, str):
            return Unknown(why)
        if isinstance(operation, AgentOperation):
            raise
        return refused_from(response, wire, in_any_form=response.status in BARE_REFUSALS)


def _what_came(response: HttpResponse, problem: str, *, secret: bool) -> str:
    kind = response.header("Content-Type") or "no content type"
    text = f"{response.status}, {kind}: {problem}"
    if not response.body:
        return f"{text}; the body is empty"
    if secret:
        return f"{text}; the body of {len(response.body)} bytes may hold a secret"
    body = response.body.decode("utf-8", "replace")
    if len(body) > _EXCERPT_CHARACTERS:  # the mark at a cut lets half a secret there be found
        body = f"{body[:_EXCERPT_CHARACTERS]}…"
    return f"{text}; the body starts with {body!r}"
