"""The client's direction, for one call: an operation as a request, and what came back."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.domain.operations import AgentOperation, Credentials, Operation, Reply, Unknown
from harness.wire.codec.engine import REQUESTS
from harness.wire.codec.errors import refused_from
from harness.wire.http import HttpRequest, HttpResponse, Json, NotJson, parse_json
from harness.wire.mapping import PLAIN, WireMap
from harness.wire.mapping.calls import Spoken
from harness.wire.mapping.json_path import BODY, HEADERS, QUERY
from harness.wire.mapping.template import NOTHING, Known
from harness.wire.mapping.translate import NO_ROOMS, Rooms, theirs_asked, theirs_path
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
    """The request of the first call that the operation takes, with the credentials in its headers.

    `page` asks for one page of a list, as the answer before it said.

    Raises:
        KeyError: the operation does not cross HTTP.
    """
    asked = asked_of(operation, credentials, page)
    return request_of(asked, wire.calls(type(operation))[0], wire)


def asked_of(operation: Operation, credentials: Credentials, page: str = "") -> Rooms:
    """The request that asks for the operation, as it is published.

    Raises:
        KeyError: the operation does not cross HTTP.
    """
    rooms = {**NO_ROOMS, **REQUESTS[type(operation)][1](operation)}
    headers = {**rooms[HEADERS], **credential_headers(credentials)}
    query = {**rooms[QUERY], CONTINUE: page} if page else rooms[QUERY]
    return {**rooms, QUERY: query, HEADERS: headers}


def request_of(
    ours: Rooms, spoken: Spoken, wire: WireMap = PLAIN, known: Known = NOTHING
) -> HttpRequest:
    """The request of one call. `known` is what the names in its templates stand for.

    Raises:
        Unknowable: nobody knows what a name in its path stands for.
    """
    asked = ours if wire.is_plain else theirs_asked(ours, spoken, wire, known)
    general = {"Accept": "application/json"}
    if asked[BODY] is not None:
        kind = "x-www-form-urlencoded" if spoken.said.form else "json"
        general["Content-Type"] = f"application/{kind}"
    path = theirs_path(spoken, known, ours, asked)
    return HttpRequest(
        spoken.route.method,
        path,
        asked[QUERY],
        {**general, **asked[HEADERS]},
        asked[BODY],
        spoken.said.form,
    )


def credential_headers(credentials: Credentials) -> dict[str, str]:
    """The headers that a call proves itself with; those without a value are left out."""
    headers = {
        "Authorization": credentials.session,
        "ApiKey": credentials.api_key,
        "ProjectUid": credentials.project_uid,
    }
    return {name: value for name, value in headers.items() if value}


def happened(status: int, spoken: Spoken) -> bool:
    """Whether an answer of this status says that it happened."""
    said = spoken.said.status
    return status in said or (200 <= status < 300 and not said)


def glimpsed_answer(response: HttpResponse, spoken: Spoken) -> Json:
    """As much of an answer as can be read, in the published names, whatever it says.

    For evidence, where the published names tell which of the values are secrets.

    Raises:
        Malformed: it is no JSON.
    """
    json = json_of(response)
    if spoken.said.rpc and isinstance(json, dict):
        json = json.get("result")
    return json if spoken.answer is None or json is None else spoken.answer.glimpsed(json)


def may_hold_secrets(operation: Operation) -> bool:
    """Whether not even a broken answer to it may be quoted."""
    return type(operation) in _SECRET_ANSWERS


def json_of(response: HttpResponse) -> Json:
    """The body of an answer; `None` where there is none.

    Raises:
        Malformed: it is no JSON.
    """
    if not response.body:
        return None
    try:
        return parse_json(response.body)
    except NotJson as error:
        raise Malformed("body", f"no JSON ({error})") from error


def refused_or_unknown(
    operation: Operation, response: HttpResponse, wire: WireMap, spoken: Spoken
) -> Reply:
    """What a 4xx or 5xx says.

    The published error is a refusal, and so is one of `BARE_REFUSALS` with any JSON or none. A
    server that does not know either says so in a form that is no error (see `server`).

    Raises:
        Malformed: it says nothing that is known.
    """
    try:
        return refused_from(response, wire, spoken)
    except Malformed:
        json = json_of(response)
        why = json.get("why") if isinstance(json, dict) else None
        if isinstance(json, dict) and json.get("outcome") == "unknown" and isinstance(why, str):
            return Unknown(why)
        if isinstance(operation, AgentOperation):
            raise
        return refused_from(response, wire, spoken, in_any_form=response.status in BARE_REFUSALS)


def what_came(response: HttpResponse, problem: str, *, secret: bool) -> str:
    """What cannot be made sense of, with the beginning of it unless it may hold a secret."""
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
