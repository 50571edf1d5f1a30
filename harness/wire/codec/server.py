"""The server's direction: a request as an operation, and a reply as an answer.

The core filters pairing requests by equality alone. The rest of the published filter is applied
to what it answers, so that a client may use all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.operations import Done, PairingList, Reply
from harness.wire.codec.client import RETRY_AFTER
from harness.wire.codec.engine import ANSWERS, REQUESTS
from harness.wire.http import Json, ServerReply
from harness.wire.json_path import BODY, HEADERS, PATH, QUERY
from harness.wire.model import Malformed, parse_model
from harness.wire.models import MODELS
from harness.wire.routes import ROUTES, Route
from harness.wire.table.local_ui import is_shown

STATUS_OF: Mapping[Reason, int] = {
    Reason.INVALID_INPUT: 400,
    Reason.UNAUTHENTICATED: 401,
    Reason.FORBIDDEN: 403,
    Reason.CENTRALLY_MANAGED: 403,
    Reason.TRANSFER_IS_FINAL: 403,
    Reason.NOT_FOUND: 404,
    Reason.NOTHING_PENDING: 404,
    Reason.NO_LOCAL_CLUSTER: 404,
    Reason.CONFLICT: 409,
    Reason.CLUSTER_NOT_RUNNING: 409,
    Reason.NODE_UNHEALTHY: 409,
    Reason.REQUEST_PENDING: 409,
    Reason.ALREADY_ACCEPTED: 409,
    Reason.REQUEST_DECIDED: 409,
    Reason.NOT_CONFIRMED: 409,
    Reason.TOKEN_UNUSABLE: 422,
    Reason.ENDPOINT_UNUSABLE: 422,
    Reason.HOST_UNREACHABLE: 422,
    Reason.PROFILES_MISMATCH: 422,
    Reason.RATE_LIMITED: 429,
    Reason.INTERNAL: 500,
}
"""The status that a refusal is answered with; every reason has one."""

UNKNOWN_STATUS = 504
_UNSHOWN = Refused(Reason.NOTHING_PENDING, "there is no pairing request")


def operation_from(
    route: Route,
    parameters: Mapping[str, str],
    query: Mapping[str, str],
    json: Json,
    headers: Mapping[str, str] | None = None,
) -> ops.Operation:
    """What a request with lower-case headers asks for. Raises `Refusal`, with the field."""
    rooms = {PATH: parameters, QUERY: query, HEADERS: headers or {}, BODY: json}
    try:
        operation: ops.Operation = REQUESTS[route.operation][0](rooms)
        return operation
    except Malformed as malformed:
        raise Refusal(Reason.INVALID_INPUT, str(malformed), field=malformed.field) from malformed


def credentials_from(headers: Mapping[str, str]) -> ops.Credentials:
    """What a request proves itself with. The names of `headers` are lower-case."""
    return ops.Credentials(
        headers.get("authorization", ""), headers.get("apikey", ""), headers.get("projectuid", "")
    )


def encode_reply(operation: ops.Operation, reply: ops.Reply) -> ServerReply:
    """The answer for a reply to the operation.

    An `Unknown` is answered 504 with a body that is not the published error, so that no
    client takes it for a refusal: it may have happened.

    Raises:
        TypeError: the operation is answered with no such value.
        KeyError: the operation does not cross HTTP.
    """
    match reply:
        case Refused():
            return encode_refused(reply)
        case ops.Unknown(why):
            return ServerReply(UNKNOWN_STATUS, json={"outcome": "unknown", "why": why})
        case ops.Done(ops.PairingView() as view) if not is_shown(view):
            return encode_refused(_UNSHOWN)
    route = ROUTES[type(operation)]
    if route.response is None:
        return ServerReply(route.status)
    return ServerReply(route.status, json=ANSWERS[type(operation)][1](reply.value))


def encode_refused(refused: Refused) -> ServerReply:
    """The published error for a refusal, with `Retry-After` where it says when to return."""
    status = STATUS_OF[refused.reason]
    headers = {}
    if RETRY_AFTER in refused.details:
        headers["Retry-After"] = refused.details[RETRY_AFTER]
    details: dict[str, Json] = dict(refused.details)
    return ServerReply(status, headers, error_body(refused.reason, refused.message, details))


def error_body(code: str, message: str, details: dict[str, Json]) -> dict[str, Json]:
    """The body of the published error, all four fields of it."""
    return {"code": str(code), "message": message, "details": details, "ref": ""}


def refine(json: Json, reply: Reply) -> Reply:
    """What is left of a list of pairing requests after the whole filter, in the asked order.

    Any other reply is handed back as it is.

    Raises:
        Malformed: the body is not the published filter.
    """
    if not isinstance(reply, Done) or not isinstance(reply.value, PairingList):
        return reply
    query: Any = {} if json is None else json
    parse_model(MODELS["V1ClusterPairMetadataFilter"], query)
    wanted = query.get("filter") or {}
    items = [
        item
        for item in reply.value.items
        if _passes(item.state, wanted.get("state"))
        and _passes(item.local_cluster_uid, wanted.get("localClusterUid"))
    ]
    for key in reversed(query.get("sort") or []):
        by = _KEYS[key.get("field") or "creationTimestamp"]
        items.sort(key=by, reverse=key.get("order") == "desc")
    return replace(reply, value=PairingList(tuple(items)))


_KEYS = {
    "name": lambda item: (item.name, 0),
    "state": lambda item: (item.state, 0),
    "creationTimestamp": lambda item: ("", item.created),
}
_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": str.__eq__,
    "ne": str.__ne__,
    "contains": str.__contains__,
    "beginsWith": str.startswith,
}


def _passes(text: str, wanted: Mapping[str, Any] | None) -> bool:
    told = wanted or {}
    fold = str if told.get("ignoreCase") is False else str.lower
    return all(
        compare(fold(text), fold(than))
        for name, compare in _COMPARISONS.items()
        if (than := told.get(name)) is not None
    )
