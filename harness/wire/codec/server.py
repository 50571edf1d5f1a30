"""The server's direction: a request as an operation, and a reply as an answer."""

from __future__ import annotations

from collections.abc import Mapping

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal, Refused
from harness.wire.codec import agent, local_ui, palette
from harness.wire.codec.errors import encode_refused
from harness.wire.codec.parts import FromRequest, Incoming
from harness.wire.http import Json, ServerReply
from harness.wire.model import Malformed, WireModel
from harness.wire.routes import ROUTES, Route

_OPERATIONS: Mapping[type[ops.Operation], FromRequest] = {
    **local_ui.OPERATIONS,
    **palette.OPERATIONS,
    **agent.OPERATIONS,
}

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
    read = _OPERATIONS.get(route.operation)
    if read is None:  # it has no fields, so that its place says all of it
        return route.operation()
    try:
        return read(Incoming(parameters, query, headers or {}, json))
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
        TypeError: the operation's surface answers no such value.
        KeyError: the operation does not cross HTTP.
    """
    match reply:
        case Refused():
            return encode_refused(reply)
        case ops.Unknown(why):
            return ServerReply(UNKNOWN_STATUS, json={"outcome": "unknown", "why": why})
        case ops.Done(ops.PairingView() as view) if not local_ui.is_shown(view):
            return encode_refused(_UNSHOWN)
    route = ROUTES[type(operation)]
    if route.response is None:
        return ServerReply(route.status)
    return ServerReply(route.status, json=_answer(operation, reply.value).to_json())


def _answer(operation: ops.Operation, value: ops.Value) -> WireModel:
    match operation:
        case ops.LocalOperation():
            return local_ui.to_answer(value)
        case ops.AgentOperation():
            return agent.to_answer(value)
    return palette.to_answer(value)
