"""Refusals as the published error, and back."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from harness.domain.errors import Reason, Refused, without_message
from harness.wire.http import HttpResponse, Json, NotJson, ServerReply, parse_json
from harness.wire.mapping import WireMap
from harness.wire.mapping.calls import Spoken
from harness.wire.mapping.translate import ours_refused
from harness.wire.model import Malformed, parse_model
from harness.wire.models import V1Error

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
    try:
        error = _error_model(response.body, wire, spoken)
    except Malformed:
        if response.status != 429 and not (in_any_form and _is_json_or_empty(response.body)):
            raise
        too_many = response.status == 429
        told = "too many requests" if too_many else without_message(str(response.status))
        error = V1Error(message=told)
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
    return Refused(_reason(response.status, code, wire), error.message or code, details)


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


def _error_model(body: bytes, wire: WireMap, spoken: Spoken) -> V1Error:
    try:
        json = parse_json(body)
    except NotJson as broken:
        raise Malformed("body", f"no JSON ({broken})") from broken
    error = parse_model(V1Error, json if wire.is_plain else ours_refused(json, spoken))
    if not error.code and not error.message:
        raise Malformed("body", "an error without code and message")
    return error


def _reason(status: int, code: str, wire: WireMap) -> Reason:
    if status == 429:
        return Reason.RATE_LIMITED
    try:
        return Reason(wire.codes.get(code, code))
    except ValueError:
        pass
    if status in wire.tables.reason_of:
        return Reason(wire.tables.reason_of[status])
    fallback = Reason.INTERNAL if status >= 500 else Reason.INVALID_INPUT
    return _GENERIC.get(status, fallback)
