"""Refusals as the published error, and back."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from harness.domain.errors import Reason, Refused
from harness.wire.http import HttpResponse, Json, NotJson, ServerReply, parse_json
from harness.wire.local_ui import V1Error
from harness.wire.model import Malformed, parse_model

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

_GENERIC: Mapping[int, Reason] = {
    400: Reason.INVALID_INPUT,
    401: Reason.UNAUTHENTICATED,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    409: Reason.CONFLICT,
    422: Reason.INVALID_INPUT,
}

RETRY_AFTER = "retry_after"


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


def refused_from(response: HttpResponse) -> Refused:
    """The refusal that a 4xx or 5xx says.

    A code that is known gives the reason, otherwise the status does. `details` holds what
    the error holds, and besides the raw `status` and `code`. A 429 is a refusal whatever its
    body, since whoever limits rates lets nothing through.

    Raises:
        Malformed: the body is not the published error.
    """
    try:
        error = _error_model(response.body)
    except Malformed:
        if response.status != 429:
            raise
        error = V1Error(message="too many requests")
    code = error.code or ""
    details = {name: _as_text(value) for name, value in (error.details or {}).items()}
    details |= {"status": str(response.status), "code": code}
    retry_after = response.header("Retry-After")
    if retry_after:
        details[RETRY_AFTER] = retry_after
    return Refused(_reason(response.status, code), error.message or code, details)


def _error_model(body: bytes) -> V1Error:
    try:
        error = parse_model(V1Error, parse_json(body))
    except NotJson as broken:
        raise Malformed("body", f"no JSON ({broken})") from broken
    if not error.code and not error.message:
        raise Malformed("body", "an error without code and message")
    return error


def _reason(status: int, code: str) -> Reason:
    if status == 429:
        return Reason.RATE_LIMITED
    try:
        return Reason(code)
    except ValueError:
        fallback = Reason.INTERNAL if status >= 500 else Reason.INVALID_INPUT
        return _GENERIC.get(status, fallback)


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
