"""Requests and answers in either form, made from the other one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from harness.domain.operations import Operation
from harness.wire.http import BODILESS, HttpResponse, Json, spelt
from harness.wire.json_path import (
    BODY,
    COOKIES,
    HEADERS,
    PATH,
    QUERY,
    Known,
    Template,
    Unknowable,
    Way,
    is_in_body,
    way_of,
)
from harness.wire.mapping.calls import Conditions, Spoken, is_parameter
from harness.wire.mapping.scope import (
    Absent,
    BodyScope,
    glimpse,
    ours_of,
    put,
    theirs_of,
    value_at,
)
from harness.wire.mapping.wire_map import WireMap
from harness.wire.model import SERVICE, Malformed
from harness.wire.routes import ROUTES, segment

CALL_ID = "id"
"""The name by which the id of a call of JSON-RPC is known."""

CREDENTIALS = ("Authorization", "ApiKey", "ProjectUid")
"""The headers that a call proves itself with, each of several too."""

Rooms = Mapping[str, Any]
"""A request, taken apart: parameters of the path, query, headers, body. The names of headers are in
lower case where a server read them.
"""

NO_ROOMS: Rooms = {PATH: {}, QUERY: {}, HEADERS: {}, BODY: None}

_NO_CONTENT = 204
_RPC_CODE = -32000
"""The code of an error for whose reason the target has none."""
_TWICE = {
    kind: (said[0], way_of(said[1])) for kind, route in ROUTES.items() if (said := route.twice)
}


def _put(rooms: dict[str, Any], place: Way, value: Json) -> None:
    """Set a value at a place; anywhere but in a body it is a text."""
    if not place:
        return
    room, *way = place
    if room == BODY:
        rooms[BODY] = with_value(rooms[BODY], tuple(way), value)
    elif room == COOKIES:
        headers = rooms[HEADERS]
        name = next((n for n in headers if n.lower() == "cookie"), "Cookie")
        others = (headers[name],) if name in headers else ()
        headers[name] = "; ".join((*others, f"{way[0]}={spelt(value)}"))
    else:
        rooms[room][way[0]] = spelt(value)


def _at(rooms: Rooms, place: Way) -> Json:
    """What stands at a place; `None` where nothing does."""
    if not place:
        return None
    room, *way = place
    found: Json | Absent
    if room == BODY:
        found = value_at(rooms[BODY], tuple(way))
    elif room == COOKIES:
        found = cookie_in(str(_at(rooms, (HEADERS, "Cookie")) or ""), way[0])
    elif room == HEADERS:
        wanted = way[0].lower()
        found = next((v for k, v in rooms[HEADERS].items() if k.lower() == wanted), None)
    else:
        found = rooms[room].get(way[0])
    return None if isinstance(found, Absent) else found


def cookie_in(text: str, name: str) -> str | None:
    """The cookie of a name in the text of `Cookie` or `Set-Cookie`; `None` if it is not there."""
    found = re.search(rf"(?:^|[;,])\s*{re.escape(name)}=([^;,]*)", text)
    return found[1].strip() if found else None


def theirs_asked(asked: Rooms, spoken: Spoken, wire: WireMap, known: Known) -> Rooms:
    """A request of ours as the target wants it. `known` is what names in its templates stand for;
    what nobody knows is left out.
    """
    moved = {move.ours for move in spoken.outside}
    elsewhere = {place[1].lower() for place in moved if place[0] == HEADERS}
    kept = CREDENTIALS if spoken.is_part else asked[HEADERS]
    headers = {n: v for n, v in asked[HEADERS].items() if n in kept and n.lower() not in elsewhere}
    json = deepcopy(asked[BODY]) if spoken.body is None else asked[BODY]
    if spoken.body is not None and json is not None:
        json = spoken.body.written(json)
    query = {} if spoken.is_part else asked[QUERY]
    theirs: dict[str, Any] = {
        PATH: {n: v for n, v in asked[PATH].items() if (PATH, n) not in moved},
        QUERY: {n: v for n, v in query.items() if (QUERY, n) not in moved},
        HEADERS: theirs_of(headers, wire.tables.headers),
        BODY: json,
    }
    for move in spoken.outside:
        value = _at(asked, move.ours)
        if value is not None:
            write = move.form.written if is_in_body(move.theirs) else move.form.as_text
            _put(theirs, move.theirs, write(value))
    for place, constant in spoken.constants:
        try:
            value = filled(constant, known, asked) if isinstance(constant, Template) else constant
        except Unknowable:
            continue
        _put(theirs, place, value)
    if theirs[BODY] == {} and (spoken.is_part or spoken.route.method in BODILESS):
        theirs[BODY] = None
    if rpc := spoken.said.rpc:
        params = {} if theirs[BODY] is None else theirs[BODY]
        theirs[BODY] = {**_rpc_head(known.get(CALL_ID)), "method": rpc, "params": params}
    return theirs


def filled(template: Template, known: Known, asked: Rooms) -> str:
    """The text that a template makes, with values of the published request.

    Raises:
        Unknowable: nobody knows what one of its names stands for.
    """
    return template.filled(known, lambda place: as_text(_at(asked, place)))


def theirs_path(spoken: Spoken, known: Known, ours: Rooms, theirs: Rooms) -> str:
    """Where a request goes. What a path begins with is taken as it is, and may be an address.

    Raises:
        Unknowable: nobody knows what one of its names stands for.
    """
    if spoken.path is None:
        try:
            return spoken.route.url_path(theirs[PATH])
        except KeyError as missing:
            raise Unknowable(f"nobody knows {{{missing.args[0]}}}") from None

    def at(place: Way) -> str | None:
        return as_text(_at(theirs if is_parameter(place) else ours, place))

    first, *rest = spoken.path.parts
    begin = first if isinstance(first, str) else Template((first,)).filled(known, at)
    return begin + Template(tuple(rest)).filled(known, at, segment)


def as_text(value: Json) -> str | None:
    """A single value as a text; `None` for all else."""
    return spelt(value) if isinstance(value, str | int | float) else None


def ours_asked(asked: Rooms, operation: type[Operation], wire: WireMap) -> Rooms:
    """A request of the target's as it is published. The names of headers come in lower case.

    Raises:
        Malformed: something stands where it cannot be read.
    """
    spoken = wire.spoken(operation)
    asked = _unwrapped(asked, spoken)
    json = asked[BODY]
    if spoken.route.request is None:
        json = None
    elif spoken.body is not None:
        json = spoken.body.read({} if json is None else json)
    taken = {move.theirs for move in spoken.outside} | {place for place, _ in spoken.constants}
    ours: dict[str, Any] = {
        PATH: dict(asked[PATH]),
        QUERY: {n: v for n, v in asked[QUERY].items() if (QUERY, n) not in taken},
        HEADERS: ours_of(asked[HEADERS], wire.tables.headers),
        BODY: json,
    }
    for move in spoken.outside:
        value = None if move.is_copy else _at(asked, move.theirs)
        if value is None:
            continue
        name = ".".join(move.theirs[1:])
        is_text = not is_in_body(move.theirs) and isinstance(value, str)
        read = move.form.from_text(str(value), name) if is_text else move.form.read(value, name)
        room, *way = move.ours
        _put(ours, (HEADERS, way[0].lower()) if room == HEADERS else move.ours, read)
    _say_twice(ours, operation)
    return ours


def _say_twice(ours: dict[str, Any], operation: type[Operation]) -> None:
    """Say in the path what only the body says, and the other way round."""
    if operation not in _TWICE:
        return
    name, way = _TWICE[operation]
    said = value_at(ours[BODY], way)
    if name in ours[PATH] and isinstance(said, Absent):
        _put(ours, (BODY, *way), ours[PATH][name])
    elif isinstance(said, str):
        ours[PATH].setdefault(name, said)


def constants_held(asked: Rooms, spoken: Spoken) -> int:
    """How much a request holds of what tells this operation from others at its place; less than
    nothing if it cannot be this one.

    Raises:
        Malformed: something that is no object stands on the way to a constant.
    """
    if spoken.said.rpc and spoken.said.rpc != _at(asked, (BODY, "method")):
        return -1
    asked = _unwrapped(asked, spoken)
    held = ((p, v) for p, v in spoken.constants if not isinstance(v, Template))
    return sum(_at(asked, place) in (value, spelt(value)) for place, value in held)


def ours_answered(response: HttpResponse, json: Json, spoken: Spoken) -> Json:
    """What an answer that says that it happened holds of the published one; `json` is its body.

    Raises:
        Malformed: something stands where it cannot be read.
    """
    if spoken.is_assumed:
        return {"service": SERVICE}
    read = json if json is None or spoken.answer is None else spoken.answer.read(json)
    for move in spoken.read_outside:
        text = answered_at(response, json, move.theirs)
        if isinstance(text, str):
            read = with_value(read, move.ours[1:], move.form.from_text(text, move.theirs[1]))
    return read


def with_value(json: Json, way: Way, value: Json) -> Json:
    """The data with a value at a way."""
    held: dict[str, Json] = {"": json if isinstance(json, dict) else {}}
    put(held, ("", *way), value)
    return held[""]


def answered_at(response: HttpResponse, json: Json, place: Way) -> Json:
    """What stands at a place of an answer, whose body is `json`; `None` where nothing does."""
    if place[0] == HEADERS:
        return response.header(place[1]) or None
    if place[0] == COOKIES:
        return cookie_in(response.header("Set-Cookie"), place[1])
    return glimpse(json, place[1:])


def is_met(conditions: Conditions, response: HttpResponse, json: Json) -> bool:
    """Whether an answer holds one of the values that it is told by."""
    for place, values in conditions:
        value = answered_at(response, json, place)
        if value is not None and (value in values or spelt(value) in values):
            return True
    return False


def _rpc_head(call_id: Json) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": call_id}


def call_id_of(json: Json) -> Json:
    """The id of a call or an answer of JSON-RPC."""
    return json.get("id") if isinstance(json, dict) else None


def rpc_result(json: Json, call_id: Json) -> Json:
    """What an answer of JSON-RPC brings; `None` where it is an error.

    Raises:
        Malformed: it is no answer to the call of this id.
    """
    if not isinstance(json, dict) or not ("result" in json or json.get("error")):
        raise Malformed("body", "it is no answer of JSON-RPC: it needs a result or an error")
    if call_id_of(json) not in (call_id, *([None] if json.get("error") else [])):
        raise Malformed("id", "it answers another call")
    return json.get("result")


def _unwrapped(asked: Rooms, spoken: Spoken) -> Rooms:
    """The request with its body as it is without JSON-RPC, and as JSON where it is a form."""
    json = asked[BODY]
    if spoken.said.rpc:
        return {**asked, BODY: json.get("params") if isinstance(json, dict) else None}
    if not spoken.said.form or not isinstance(json, dict) or spoken.body is None:
        return asked
    flags = {leaf.theirs[0] for leaf in spoken.body.leaves if leaf.form.flag}
    words: dict[Json, Json] = {"true": True, "false": False}
    read = {n: words.get(v, v) if n in flags and isinstance(v, str) else v for n, v in json.items()}
    return {**asked, BODY: read}


def theirs_answered(
    status: int,
    json: Json,
    operation: type[Operation],
    wire: WireMap,
    call_id: Json = None,
) -> tuple[int, Json]:
    """Status and body of an answer of ours as the target gives it, be it an error or not. With
    JSON-RPC, `call_id` is that of the call.
    """
    spoken = wire.spoken(operation)
    if spoken.said.rpc:
        _, body = _theirs_answered(status, json, spoken, wire)
        told = _with_number(body) if status >= 400 and isinstance(body, dict) else {"result": body}
        return 200, {**_rpc_head(call_id), **told}
    return _theirs_answered(status, json, spoken, wire)


def _with_number(body: dict[str, Json]) -> dict[str, Json]:
    """The error, whose code is a number with JSON-RPC."""
    error = body.get("error")
    if not isinstance(error, dict):
        return body
    code = str(error.get("code"))
    number = int(code) if re.fullmatch(r"-?\d+", code) else _RPC_CODE
    return {**body, "error": {**error, "code": number}}


def _theirs_answered(status: int, json: Json, spoken: Spoken, wire: WireMap) -> tuple[int, Json]:
    if status >= 400:
        return theirs_refused(status, json, wire, spoken.error)
    status = spoken.said.status[0] if spoken.said.status else status
    if json is not None and spoken.answer is not None:
        json = spoken.answer.written(json)
    for place, value in spoken.answer_constants:
        if is_in_body(place) and not isinstance(value, Template):
            json = with_value(json, place[1:], value)
    return status, None if status == _NO_CONTENT else json


def theirs_refused(
    status: int, json: Json, wire: WireMap, error: BodyScope | None
) -> tuple[int, Json]:
    """Status and body of the published error as the target has them; all else stays."""
    if not isinstance(json, dict) or "code" not in json:
        return status, json
    ours = str(json["code"])
    theirs: Json = {**json, "code": wire.tables.said.get(ours, ours)}
    body = theirs if error is None else error.written(theirs)
    return wire.code_status.get(ours, status), body


def ours_refused(json: Json, spoken: Spoken) -> Json:
    """The body of an error of the target's in the published names, with the code as it came.

    Raises:
        Malformed: something stands where it cannot be read.
    """
    read = json if spoken.error is None else spoken.error.read(json)
    if spoken.said.rpc and isinstance(read, dict) and not isinstance(read.get("details", {}), dict):
        read = {**read, "details": {"data": read["details"]}}
    code = read.get("code") if isinstance(read, dict) else None
    if isinstance(read, dict) and isinstance(code, int) and not isinstance(code, bool):
        return {**read, "code": str(code)}
    return read
