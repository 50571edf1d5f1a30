"""The client's direction, for one call: an operation as a request, and what came back.

Of a list that comes in pages, the metadata has a `continue` where more items exist: sent back as
the query parameter of that name, with the same request, it brings the next page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused, without_message
from harness.wire.codec.engine import REQUESTS
from harness.wire.http import HttpRequest, HttpResponse, Json, NotJson, parse_json
from harness.wire.json_path import BODY, HEADERS, NOTHING, QUERY, Known
from harness.wire.mapping import PLAIN, WireMap
from harness.wire.mapping.calls import Spoken
from harness.wire.mapping.rooms import NO_ROOMS, Rooms, glimpsed
from harness.wire.mapping.translate import ours_refused, theirs_asked, theirs_path
from harness.wire.model import CONTINUE, LIST_META, Malformed, parse_model
from harness.wire.models import V1Error
from harness.wire.routes import ROUTES

_SECRET_ANSWERS = frozenset(
    {
        ops.LogIn,
        ops.LogInToPalette,
        ops.ListTokens,
        ops.ViewToken,
        ops.CreateToken,
        ops.AddApiKey,
    }
)
"""Operations whose answers hold secrets, so that not even a broken one may be quoted."""

BARE_REFUSALS = frozenset({400, 401, 403, 404, 500})
"""Statuses that are published for people without any field of an error: there any JSON will do,
or none."""

_EXCERPT_CHARACTERS = 80

RETRY_AFTER = "retry_after"

_GENERIC: Mapping[int, Reason] = {
    400: Reason.INVALID_INPUT,
    401: Reason.UNAUTHENTICATED,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    409: Reason.CONFLICT,
    422: Reason.INVALID_INPUT,
}


def encode(
    operation: ops.Operation,
    credentials: ops.Credentials = ops.Credentials(),
    wire: WireMap = PLAIN,
    page: str = "",
) -> HttpRequest:
    """The request of an operation's first call, with its credentials, for one `page` of a list.

    Raises `KeyError`: the operation does not cross HTTP.
    """
    asked = asked_of(operation, credentials, page)
    return request_of(asked, wire.calls(type(operation))[0], wire)


def asked_of(operation: ops.Operation, credentials: ops.Credentials, page: str = "") -> Rooms:
    """The published request for the operation. Raises `KeyError`: it does not cross HTTP."""
    rooms = {**NO_ROOMS, **REQUESTS[type(operation)][1](operation)}
    headers = {**rooms[HEADERS], **credential_headers(credentials)}
    query = {**rooms[QUERY], CONTINUE: page} if page else rooms[QUERY]
    return {**rooms, QUERY: query, HEADERS: headers}


def request_of(
    ours: Rooms, spoken: Spoken, wire: WireMap = PLAIN, known: Known = NOTHING
) -> HttpRequest:
    """The request of one call, with what is `known` to its templates. Raises `Unknowable`."""
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


def credential_headers(credentials: ops.Credentials) -> dict[str, str]:
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
    """As much of an answer as can be read, by the published names: they tell what is secret.

    Raises `Malformed`: it is no JSON.
    """
    json = json_of(response)
    if spoken.said.rpc and isinstance(json, dict):
        json = json.get("result")
    return None if json is None else glimpsed(spoken.answer, json)


def may_hold_secrets(operation: ops.Operation) -> bool:
    """Whether not even a broken answer to it may be quoted."""
    return type(operation) in _SECRET_ANSWERS


def json_of(response: HttpResponse) -> Json:
    """The body of an answer; `None` where there is none. Raises `Malformed`: it is no JSON."""
    if not response.body:
        return None
    try:
        return parse_json(response.body)
    except NotJson as error:
        raise Malformed("body", f"no JSON ({error})") from error


def refused_or_unknown(
    operation: ops.Operation, response: HttpResponse, wire: WireMap, spoken: Spoken
) -> ops.Reply:
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
            return ops.Unknown(why)
        if isinstance(operation, ops.AgentOperation):
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


# --- refusals -------------------------------------------------------------------------------------


def refused_from(
    response: HttpResponse, wire: WireMap, spoken: Spoken, *, in_any_form: bool = False
) -> Refused:
    """The refusal that an answer to a call says.

    A code that is known gives the reason, otherwise the status does. `details` holds what
    the error holds, and besides the raw `status` and `code`. A 429 is a refusal whatever its
    body, since whoever limits rates lets nothing through. `in_any_form` takes any JSON, and
    nothing at all, for one.

    Raises:
        Malformed: the body is not the error that it has to be.
    """
    error: Any
    try:
        error = _error_model(response.body, wire, spoken)
    except Malformed:
        if response.status != 429 and not (in_any_form and _is_json_or_empty(response.body)):
            raise
        too_many = response.status == 429
        told = "too many requests" if too_many else without_message(str(response.status))
        error = V1Error.model_validate({"message": told})
    code = error.code or ""
    details = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in (error.details or {}).items()
    }
    details |= {"status": str(response.status), "code": code}
    renamed = wire.tables.headers.get("Retry-After")
    retry_after = response.header(renamed.name if renamed else "Retry-After")
    if retry_after:
        details[RETRY_AFTER] = (renamed.read(retry_after) if renamed else None) or retry_after
    codes = {**wire.codes, **spoken.said.codes}
    return Refused(
        _reason(response.status, codes.get(code, code), wire), error.message or code, details
    )


def refused_within(response: HttpResponse, wire: WireMap, spoken: Spoken) -> Refused | None:
    """The refusal that an answer of success holds, if the mapping says that they may."""
    if not wire.errors.in_success:
        return None
    try:
        has_code = bool(_error_model(response.body, wire, spoken).code)
    except Malformed:
        return None
    return refused_from(response, wire, spoken) if has_code else None


def _is_json_or_empty(body: bytes) -> bool:
    try:
        parse_json(body or b"null")
    except NotJson:
        return False
    return True


def _error_model(body: bytes, wire: WireMap, spoken: Spoken) -> Any:
    try:
        json = parse_json(body)
    except NotJson as broken:
        raise Malformed("body", f"no JSON ({broken})") from broken
    error: Any = parse_model(V1Error, json if wire.is_plain else ours_refused(json, spoken))
    if not error.code and not error.message:
        raise Malformed("body", "an error without code and message")
    return error


def _reason(status: int, code: str, wire: WireMap) -> Reason:
    if status == 429:
        return Reason.RATE_LIMITED
    try:
        return Reason(code)
    except ValueError:
        pass
    if status in wire.tables.reason_of:
        return Reason(wire.tables.reason_of[status])
    fallback = Reason.INTERNAL if status >= 500 else Reason.INVALID_INPUT
    return _GENERIC.get(status, fallback)


# --- pages ----------------------------------------------------------------------------------------


def is_list(operation: ops.Operation, reply: ops.Reply) -> bool:
    """Whether a reply is a list, of which more pages may follow."""
    return isinstance(reply, ops.Done) and ROUTES[type(operation)].is_paged


def next_page(answer: Json) -> str:
    """What brings the page after a list, of which this is the body; empty after the last."""
    meta = answer.get(LIST_META) if isinstance(answer, dict) else None
    token = meta.get(CONTINUE) if isinstance(meta, dict) else None
    return token if isinstance(token, str) else ""


def joined(pages: Sequence[ops.Reply]) -> ops.Reply:
    """The replies of all pages as one: the whole list, or the first that is none."""
    other = next((page for page in pages if not isinstance(page, ops.Done)), None)
    if other is not None or len(pages) == 1:
        return other or pages[0]
    lists: list[Any] = [page.value for page in pages if isinstance(page, ops.Done)]
    items = chain.from_iterable(value.items for value in lists)
    return ops.Done(type(lists[0])(tuple(items)))
