"""Requests and answers in either form, made from the other one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from harness.wire import json_path as at
from harness.wire.http import BODILESS, Json, spelt
from harness.wire.json_path import BODY, HEADERS, PATH, QUERY, Known, Template, Unknowable, Way
from harness.wire.mapping.calls import Conditions, Spoken, is_parameter
from harness.wire.mapping.keys import NULL, STATUS
from harness.wire.mapping.rooms import AS_IT_IS, Rooms, put_in, read_fields, value_in, write_fields
from harness.wire.mapping.values import ours_of, theirs_of
from harness.wire.mapping.wire_map import WireMap
from harness.wire.model import SERVICE, Malformed
from harness.wire.routes import ROUTES, segment

CALL_ID = "id"
"""The name by which the id of a call of JSON-RPC is known."""

CREDENTIALS = ("Authorization", "ApiKey", "ProjectUid")
"""The headers that a call proves itself with, each of several too."""

_NO_CONTENT = 204
_RPC_CODE = -32000
"""The code of an error for whose reason the target has none."""
_TWICE = {
    kind: (said[0], at.way_of(said[1])) for kind, route in ROUTES.items() if (said := route.twice)
}


def theirs_asked(asked: Rooms, spoken: Spoken, wire: WireMap, known: Known) -> Rooms:
    """A request of ours as the target wants it, without what is not `known` to templates."""
    moved = {field.ours for field in spoken.asked}
    elsewhere = {place[1].lower() for place in moved if place[0] == HEADERS}
    kept = CREDENTIALS if spoken.is_part else asked[HEADERS]
    headers = {n: v for n, v in asked[HEADERS].items() if n in kept and n.lower() not in elsewhere}
    query = {} if spoken.is_part else asked[QUERY]
    theirs: dict[str, Any] = {
        PATH: {n: v for n, v in asked[PATH].items() if (PATH, n) not in moved},
        QUERY: {n: v for n, v in query.items() if (QUERY, n) not in moved},
        HEADERS: theirs_of(headers, wire.tables.headers),
        BODY: None if asked[BODY] is None else {},
    }
    write_fields(spoken.asked, asked, theirs)
    for place, constant in spoken.constants:
        try:
            value = filled(constant, known, asked) if isinstance(constant, Template) else constant
        except Unknowable:
            continue
        put_in(theirs, place, value)
    if theirs[BODY] == {} and (spoken.is_part or spoken.route.method in BODILESS):
        theirs[BODY] = None
    if rpc := spoken.said.rpc:
        params = {} if theirs[BODY] is None else theirs[BODY]
        theirs[BODY] = {**_rpc_head(known.get(CALL_ID)), "method": rpc, "params": params}
    return theirs


def filled(template: Template, known: Known, asked: Rooms) -> str:
    """The text that a template makes, with values of the published request. Raises `Unknowable`."""
    return template.filled(known, lambda place: as_text(value_in(asked, place)))


def theirs_path(spoken: Spoken, known: Known, ours: Rooms, theirs: Rooms) -> str:
    """Where a request goes; what it begins with may be an address. Raises `Unknowable`."""
    if not spoken.paths:
        try:
            return spoken.route.url_path(theirs[PATH])
        except KeyError as missing:
            raise Unknowable(f"nobody knows {{{missing.args[0]}}}") from None

    def looked_up(place: Way) -> str | None:
        return as_text(value_in(theirs if is_parameter(place) else ours, place))

    *others, last = spoken.paths
    for path in others:
        with suppress(Unknowable):
            return _path(path, known, looked_up)
    return _path(last, known, looked_up)


def _path(path: Template, known: Known, looked_up: Callable[[Way], str | None]) -> str:
    first, *rest = path.parts
    begin = first if isinstance(first, str) else Template((first,)).filled(known, looked_up)
    return begin + Template(tuple(rest)).filled(known, looked_up, segment)


def as_text(value: Json) -> str | None:
    """A single value as a text; `None` for all else."""
    return spelt(value) if isinstance(value, str | int | float) else None


def ours_asked(asked: Rooms, spoken: Spoken, wire: WireMap) -> Rooms:
    """A request of the target's, with headers in lower case, as it is published; or `Malformed`."""
    asked = unwrapped(asked, spoken)
    has_body = spoken.route.request is not None
    is_read = has_body and not (asked[BODY] is None and spoken.asked == (AS_IT_IS,))
    taken = {f.theirs for f in spoken.asked} | {place for place, _ in spoken.constants}
    ours: dict[str, Any] = {
        PATH: dict(asked[PATH]),
        QUERY: {n: v for n, v in asked[QUERY].items() if (QUERY, n) not in taken},
        HEADERS: ours_of(asked[HEADERS], wire.tables.headers),
        BODY: {} if is_read else None,
    }
    read_fields((f for f in spoken.asked if has_body or f != AS_IT_IS), asked, ours)
    if twice := _TWICE.get(spoken.route.operation):  # in the path and in the body
        name, where = twice
        said = value_in(ours, (BODY, *where))
        if name in ours[PATH] and said is None:
            put_in(ours, (BODY, *where), ours[PATH][name])
        elif isinstance(said, str):
            ours[PATH].setdefault(name, said)
    return ours


def ours_answered(came: Rooms, spoken: Spoken) -> Json:
    """What an answer that says that it happened holds of the published one. Raises `Malformed`."""
    if spoken.is_assumed:
        return {"service": SERVICE}
    ours: dict[str, Any] = {BODY: None if came[BODY] is None else {}}
    read_fields(spoken.answer, came, ours)
    answer: Json = ours[BODY]
    return answer


def is_met(conditions: Conditions, came: Rooms) -> bool:
    """Whether an answer holds one of the values that it is told by."""
    for place, values in conditions:
        value = value_in(came, place)
        told = (NULL,) if value is None else (value, spelt(value))
        if any(each in values for each in told):
            return True
    return False


def _rpc_head(call_id: Json) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": call_id}


def call_id_of(json: Json) -> Json:
    """The id of a call or an answer of JSON-RPC."""
    return json.get("id") if isinstance(json, dict) else None


def rpc_result(json: Json, call_id: Json) -> Json:
    """What an answer of JSON-RPC to a call brings; `None` for an error. Raises `Malformed`."""
    if not isinstance(json, dict) or not ("result" in json or json.get("error")):
        raise Malformed("body", "it is no answer of JSON-RPC: it needs a result or an error")
    if call_id_of(json) not in (call_id, *([None] if json.get("error") else [])):
        raise Malformed("id", "it answers another call")
    return json.get("result")


def unwrapped(asked: Rooms, spoken: Spoken) -> Rooms:
    """The request with its body as it is without JSON-RPC, and as JSON where it is a form."""
    json = asked[BODY]
    if spoken.said.rpc:
        return {**asked, BODY: json.get("params") if isinstance(json, dict) else None}
    if not spoken.said.form or not isinstance(json, dict):
        return asked
    flags = {field.theirs[-1] for field in spoken.asked if field.form.flag}
    words: dict[Json, Json] = {"true": True, "false": False}
    read = {n: words.get(v, v) if n in flags and isinstance(v, str) else v for n, v in json.items()}
    return {**asked, BODY: read}


def theirs_answered(
    status: int,
    json: Json,
    spoken: Spoken,
    wire: WireMap,
    call_id: Json = None,
    besides: Callable[[Rooms], Mapping[Way, Json]] = lambda _: {},
) -> tuple[int, Mapping[str, str], Json]:
    """Status, headers and body of an answer of ours as the target gives it, be it an error or not;
    `besides` is told of it and says what else stands where. With JSON-RPC, `call_id` is that of the
    call.
    """
    if status >= 400:
        status, body = theirs_refused(status, json, wire, spoken)
        theirs: dict[str, Any] = {HEADERS: {}, BODY: body}
        for place, value in wire.tables.error_constants:
            put_in(theirs, place, status if value == STATUS else value)
        body = theirs[BODY]
    else:
        status = spoken.said.status[0] if spoken.said.status else status
        is_told = json is not None and not spoken.is_silent
        theirs = {HEADERS: {}, BODY: {} if is_told else None}
        write_fields(spoken.answer if is_told else (), {BODY: json}, theirs)
        for place, told in (*spoken.answer_constants, *besides(theirs).items()):
            put_in(theirs, place, told)
        body = None if status == _NO_CONTENT else theirs[BODY]
    return _by_rpc(spoken, status, theirs[HEADERS], body, call_id)


def theirs_waiting(spoken: Spoken, call_id: Json) -> tuple[int, Mapping[str, str], Json]:
    """The answer of the target's to a call that tells that the operation is still under way."""
    repeat = spoken.said.repeat
    statuses = (*(repeat.status if repeat else ()), *spoken.said.status, 200)
    theirs: dict[str, Any] = {HEADERS: {}, BODY: None}
    for place, values in spoken.while_:
        if values[0] != NULL:
            put_in(theirs, place, values[0])
    return _by_rpc(spoken, statuses[0], theirs[HEADERS], theirs[BODY], call_id)


def _by_rpc(
    spoken: Spoken, status: int, headers: Mapping[str, str], body: Json, call_id: Json
) -> tuple[int, Mapping[str, str], Json]:
    if not spoken.said.rpc:
        return status, headers, body
    brought = _with_number(body) if status >= 400 and isinstance(body, dict) else {"result": body}
    return 200, headers, {**_rpc_head(call_id), **brought}


def _with_number(body: dict[str, Json]) -> dict[str, Json]:
    """The error, whose code is a number with JSON-RPC."""
    error = body.get("error")
    if not isinstance(error, dict):
        return body
    code = str(error.get("code"))
    number = int(code) if re.fullmatch(r"-?\d+", code) else _RPC_CODE
    return {**body, "error": {**error, "code": number}}


def theirs_refused(status: int, json: Json, wire: WireMap, spoken: Spoken) -> tuple[int, Json]:
    """Status and body of the published error as the target has them; all else stays."""
    if not isinstance(json, dict) or "code" not in json:
        return status, json
    ours = str(json["code"])
    told: dict[str, Any] = {BODY: {}}
    own = (theirs for theirs, meant in spoken.said.codes.items() if meant == ours)
    code = next(own, wire.tables.said.get(ours, ours))
    write_fields(spoken.error, {BODY: {**json, "code": code}}, told)
    return wire.code_status.get(ours, status), told[BODY]


def ours_refused(json: Json, spoken: Spoken) -> Json:
    """The body of a target's error in the published names, with its own code; or `Malformed`."""
    ours: dict[str, Any] = {BODY: None if json is None else {}}
    read_fields(spoken.error, {BODY: json}, ours)
    read: Json = ours[BODY]
    if isinstance(read, dict) and not isinstance(read.get("details") or {}, dict):
        read = {**read, "details": {"data": read["details"]}}  # as JSON-RPC and RFC 9457 have it
    code = read.get("code") if isinstance(read, dict) else None
    if isinstance(read, dict) and isinstance(code, int) and not isinstance(code, bool):
        return {**read, "code": str(code)}
    return read
