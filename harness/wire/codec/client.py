"""The client's direction: an operation as a request, and what came back as a reply."""

from __future__ import annotations

from collections.abc import Mapping

from harness.domain import operations as ops
from harness.domain.operations import (
    AgentOperation,
    CentralOperation,
    Credentials,
    Done,
    LocalOperation,
    Operation,
    Reply,
    Unknown,
)
from harness.wire.codec import agent, local_ui, palette
from harness.wire.codec.errors import refused_from
from harness.wire.codec.parts import FromAnswer, Parts
from harness.wire.http import HttpRequest, HttpResponse, Json, NotJson, parse_json
from harness.wire.model import Malformed
from harness.wire.routes import ROUTES, RouteTable

_VALUES: Mapping[type[Operation], FromAnswer] = {
    **local_ui.VALUES,
    **palette.VALUES,
    **agent.VALUES,
}

_SECRET_ANSWERS = frozenset({ops.LogIn, ops.LogInToPalette, ops.ListTokens, ops.ViewToken})
"""Operations whose answers hold secrets, so that not even a broken one may be quoted."""

_EXCERPT_CHARACTERS = 80


def encode(
    operation: Operation, credentials: Credentials = Credentials(), routes: RouteTable = ROUTES
) -> HttpRequest:
    """The request that asks for the operation, with the credentials in its headers.

    Raises:
        KeyError: the table has no route for it.
        TypeError: the operation does not cross HTTP.
    """
    route = routes[type(operation)]
    parts = _parts(operation)
    json = None if parts.body is None else parts.body.to_json()
    headers = {"Accept": "application/json"}
    if json is not None:
        headers["Content-Type"] = "application/json"
    headers.update(parts.headers)
    headers.update(credential_headers(credentials))
    return HttpRequest(route.method, route.url_path(parts.parameters), parts.query, headers, json)


def credential_headers(credentials: Credentials) -> dict[str, str]:
    """The headers that a call proves itself with; those without a value are left out."""
    headers = {
        "Authorization": credentials.session,
        "ApiKey": credentials.api_key,
        "ProjectUid": credentials.project_uid,
    }
    return {name: value for name, value in headers.items() if value}


def decode(operation: Operation, response: HttpResponse) -> Reply:
    """What the answer says, whatever came.

    A 2xx with the body that the operation needs is `Done`; a 4xx or 5xx with the published
    error is `Refused`, with the raw status and code in its details; all else is `Unknown`,
    which says what came. Never raises for anything in the answer.
    """
    try:
        if 200 <= response.status < 300:
            return Done(_VALUES[type(operation)](_json_of(response)))
        if 400 <= response.status < 600:
            return _refused_or_unknown(response)
        problem = "an answer that is neither success nor error"
    except Malformed as malformed:
        problem = str(malformed)
    secret = type(operation) in _SECRET_ANSWERS
    return Unknown(_what_came(response, problem, secret=secret))


def _parts(operation: Operation) -> Parts:
    match operation:
        case LocalOperation():
            return local_ui.to_parts(operation)
        case CentralOperation():
            return palette.to_parts(operation)
        case AgentOperation():
            return agent.to_parts(operation)
    raise TypeError(f"{type(operation).__name__} does not cross HTTP")


def _json_of(response: HttpResponse) -> Json:
    if not response.body:
        return None
    try:
        return parse_json(response.body)
    except NotJson as error:
        raise Malformed("body", f"no JSON ({error})") from error


def _refused_or_unknown(response: HttpResponse) -> Reply:
    """A server that does not know either says so in a form that is no error (see `server`)."""
    try:
        return refused_from(response)
    except Malformed:
        json = _json_of(response)
        why = json.get("why") if isinstance(json, dict) else None
        if isinstance(json, dict) and json.get("outcome") == "unknown" and isinstance(why, str):
            return Unknown(why)
        raise


def _what_came(response: HttpResponse, problem: str, *, secret: bool) -> str:
    kind = response.header("Content-Type") or "no content type"
    text = f"{response.status}, {kind}: {problem}"
    if not response.body:
        return f"{text}; the body is empty"
    if secret:
        return f"{text}; the body of {len(response.body)} bytes may hold a secret"
    excerpt = _excerpt(response.body.decode("utf-8", "replace"))
    return f"{text}; the body starts with {excerpt!r}"


def _excerpt(text: str) -> str:
    """How a text begins; the mark at a cut lets half a secret there be found."""
    if len(text) <= _EXCERPT_CHARACTERS:
        return text
    return f"{text[:_EXCERPT_CHARACTERS]}…"
