"""The server's direction: a request as an operation, and a reply as an answer."""

from __future__ import annotations

from collections.abc import Mapping

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal, Refused
from harness.wire.codec.engine import ANSWERS, REQUESTS
from harness.wire.codec.errors import encode_refused
from harness.wire.http import Json, ServerReply
from harness.wire.mapping.json_path import BODY, HEADERS, PATH, QUERY
from harness.wire.model import Malformed
from harness.wire.routes import ROUTES, Route
from harness.wire.table.local_ui import is_shown

UNKNOWN_STATUS = 504
_UNSHOWN = Refused(Reason.NOTHING_PENDING, "there is no pairing request")


def operation_from(
    route: Route,
    parameters: Mapping[str, str],
    query: Mapping[str, str],
    json: Json,
    headers: Mapping[str, str] | None = None,
) -> ops.Operation:
    """The operation that a request asks for. The names of `headers` are lower-case.

    Raises:
        Refusal: `InvalidInput`, which names the field in its message and its details.
    """
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
