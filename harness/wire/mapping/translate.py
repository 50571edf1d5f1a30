"""Requests and answers in either form, made from the other one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace

from harness.domain.operations import Operation
from harness.wire.http import BODILESS, HttpResponse, Json, spelt
from harness.wire.mapping.calls import Conditions
from harness.wire.mapping.json_path import JsonPath, Part, Way, way_of
from harness.wire.mapping.plan import OutsideMapping
from harness.wire.mapping.scope import Absent, BodyScope, glimpse, put, value_at
from harness.wire.mapping.spoken import Spoken
from harness.wire.mapping.template import Known, Template, Unknowable
from harness.wire.mapping.values import ours_of, theirs_of
from harness.wire.mapping.wire_map import WireMap
from harness.wire.model import Malformed
from harness.wire.palette import SERVICE
from harness.wire.routes import ROWS, segment

CALL_ID = "id"
"""The name by which the id of a call of JSON-RPC is known."""

CREDENTIALS = ("Authorization", "ApiKey", "ProjectUid")
"""The headers that a call proves itself with, each of several too."""

_NO_CONTENT = 204
_RPC_CODE = -32000
"""The code of an error for whose reason the target has none."""
_TWICE = {kind: (said[0], way_of(said[1])) for kind, row in ROWS.items() if (said := row.twice)}


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """A request, taken apart.

    Attributes:
        parameters: those of the path, by name.
        headers: by name; in lower case where a server read them.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Json = None


@dataclass(slots=True)
class _Building:
    """A request that is being put together from values at places."""

    parameters: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    json: Json

    def put(self, place: JsonPath, value: Json) -> None:
        """Set a value; anywhere but in a body it is a text."""
        if place.part is Part.BODY:
            body: dict[str, Json] = {"": self.json if isinstance(self.json, dict) else {}}
            put(body, ("", *place.way), value)
            self.json = body[""]
            return
        text = spelt(value)
        if place.part is Part.HEADER:
            self.headers[place.name] = text
        elif place.part is Part.COOKIE:
            name = next((n for n in self.headers if n.lower() == "cookie"), "Cookie")
            others = (self.headers[name],) if name in self.headers else ()
            self.headers[name] = "; ".join((*others, f"{place.name}={text}"))
        elif place.part is Part.QUERY:
            self.query[place.name] = text
        elif place.part is Part.PARAMETER:
            self.parameters[place.name] = text

    def move(self, move: OutsideMapping, value: Json) -> None:
        """Set a value of ours where the target has it."""
        in_body = move.theirs.part is Part.BODY
        self.put(move.theirs, move.form.written(value) if in_body else move.form.as_text(value))

    def asked(self) -> ParsedRequest:
        """What was put together."""
        return ParsedRequest(self.parameters, self.query, self.headers, self.json)


def _at(asked: ParsedRequest, place: JsonPath) -> Json:
    """What stands at a place; `None` where nothing does."""
    match place.part:
        case Part.PARAMETER:
            return asked.parameters.get(place.name)
        case Part.QUERY:
            return asked.query.get(place.name)
        case Part.HEADER:
            wanted = place.name.lower()
            return next((v for k, v in asked.headers.items() if k.lower() == wanted), None)
        case Part.COOKIE:
            cookies = _at(asked, JsonPath(Part.HEADER, "Cookie"))
            return cookie_in(str(cookies or ""), place.name)
        case Part.BODY:
            found = value_at(asked.json, place.way)
            return None if isinstance(found, Absent) else found
    return None


def cookie_in(text: str, name: str) -> str | None:
    """The cookie of a name in the text of `Cookie` or `Set-Cookie`; `None` if it is not there."""
    found = re.search(rf"(?:^|[;,])\s*{re.escape(name)}=([^;,]*)", text)
    return found[1].strip() if found else None


def theirs_asked(
    asked: ParsedRequest, spoken: Spoken, wire: WireMap, known: Known
) -> ParsedRequest:
    """A request of ours as the target wants it. `known` is what names in its templates stand for;
    what nobody knows is left out.
    """
    moved = {move.ours for move in spoken.outside}
    elsewhere = {place.name.lower() for place in moved if place.part is Part.HEADER}
    kept = CREDENTIALS if spoken.is_part else asked.headers
    headers = {n: v for n, v in asked.headers.items() if n in kept and n.lower() not in elsewhere}
    json = deepcopy(asked.json) if spoken.body is None else asked.json
    if spoken.body is not None and json is not None:
        json = spoken.body.written(json)
    query = {} if spoken.is_part else asked.query
    built = _Building(
        {n: v for n, v in asked.parameters.items() if JsonPath(Part.PARAMETER, n) not in moved},
        {n: v for n, v in query.items() if JsonPath(Part.QUERY, n) not in moved},
        theirs_of(headers, wire.tables.headers),
        json,
    )
    for move in spoken.outside:
        value = _at(asked, move.ours)
        if value is not None:
            built.move(move, value)
    for place, constant in spoken.constants:
        try:
            value = filled(constant, known, asked) if isinstance(constant, Template) else constant
        except Unknowable:
            continue
        built.put(place, value)
    if built.json == {} and (spoken.is_part or spoken.route.method in BODILESS):
        built.json = None
    if rpc := spoken.call.rpc:
        params = {} if built.json is None else built.json
        built.json = {**_rpc_head(known.get(CALL_ID)), "method": rpc, "params": params}
    return built.asked()


def filled(template: Template, known: Known, asked: ParsedRequest) -> str:
    """The text that a template makes, with values of the published request.

    Raises:
        Unknowable: nobody knows what one of its names stands for.
    """
    return template.filled(known, lambda place: as_text(_at(asked, place)))


def theirs_path(spoken: Spoken, known: Known, ours: ParsedRequest, theirs: ParsedRequest) -> str:
    """Where a request goes. What a path begins with is taken as it is, and may be an address.

    Raises:
        Unknowable: nobody knows what one of its names stands for.
    """
    template = spoken.call.path
    if template is None:
        try:
            return spoken.route.url_path(theirs.parameters)
        except KeyError as missing:
            raise Unknowable(f"nobody knows {{{missing.args[0]}}}") from None

    def at(place: JsonPath) -> str | None:
        own = place.part is Part.PARAMETER
        return theirs.parameters.get(place.name) if own else as_text(_at(ours, place))

    first, *rest = template.parts
    begin = first if isinstance(first, str) else Template((first,)).filled(known, at)
    return begin + Template(tuple(rest)).filled(known, at, segment)


def as_text(value: Json) -> str | None:
    """A single value as a text; `None` for all else."""
    return spelt(value) if isinstance(value, str | int | float) else None


def ours_asked(asked: ParsedRequest, operation: type[Operation], wire: WireMap) -> ParsedRequest:
    """A request of the target's as it is published. The names of headers come in lower case.

    Raises:
        Malformed: something stands where it cannot be read.
    """
    spoken = wire.spoken(operation)
    asked = _unwrapped(asked, spoken)
    json = asked.json
    if spoken.route.request is None:
        json = None
    elif spoken.body is not None:
        json = spoken.body.read({} if json is None else json)
    taken = {move.theirs for move in spoken.outside} | {place for place, _ in spoken.constants}
    built = _Building(
        dict(asked.parameters),
        {n: v for n, v in asked.query.items() if JsonPath(Part.QUERY, n) not in taken},
        ours_of(asked.headers, wire.tables.headers),
        json,
    )
    for move in spoken.outside:
        value = None if move.is_copy else _at(asked, move.theirs)
        if value is None:
            continue
        name = move.theirs.name or ".".join(move.theirs.way)
        outside = move.theirs.part is not Part.BODY and isinstance(value, str)
        read = move.form.from_text(str(value), name) if outside else move.form.read(value, name)
        ours = move.ours
        built.put(replace(ours, name=ours.name.lower()) if ours.part is Part.HEADER else ours, read)
    _say_twice(built, operation)
    return built.asked()


def _say_twice(built: _Building, operation: type[Operation]) -> None:
    """Say in the path what only the body says, and the other way round."""
    if operation not in _TWICE:
        return
    name, way = _TWICE[operation]
    said = value_at(built.json, way)
    if name in built.parameters and isinstance(said, Absent):
        built.put(JsonPath(Part.BODY, way=way), built.parameters[name])
    elif isinstance(said, str):
        built.parameters.setdefault(name, said)


def constants_held(asked: ParsedRequest, spoken: Spoken) -> int:
    """How much a request holds of what tells this operation from others at its place; less than
    nothing if it cannot be this one.

    Raises:
        Malformed: something that is no object stands on the way to a constant.
    """
    if spoken.call.rpc and spoken.call.rpc != _at(asked, JsonPath(Part.BODY, way=("method",))):
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
            read = with_value(read, move.ours.way, move.form.from_text(text, move.theirs.name))
    return read


def with_value(json: Json, way: Way, value: Json) -> Json:
    """The data with a value at a way."""
    held: dict[str, Json] = {"": json if isinstance(json, dict) else {}}
    put(held, ("", *way), value)
    return held[""]


def answered_at(response: HttpResponse, json: Json, place: JsonPath) -> Json:
    """What stands at a place of an answer, whose body is `json`; `None` where nothing does."""
    match place.part:
        case Part.HEADER:
            return response.header(place.name) or None
        case Part.COOKIE:
            return cookie_in(response.header("Set-Cookie"), place.name)
    return glimpse(json, place.way)


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


def _unwrapped(asked: ParsedRequest, spoken: Spoken) -> ParsedRequest:
    """The request with its body as it is without JSON-RPC, and as JSON where it is a form."""
    json = asked.json
    if spoken.call.rpc:
        return replace(asked, json=json.get("params") if isinstance(json, dict) else None)
    if not spoken.call.is_form or not isinstance(json, dict) or spoken.body is None:
        return asked
    flags = {leaf.theirs[0] for leaf in spoken.body.leaves if leaf.form.flag}
    words: dict[Json, Json] = {"true": True, "false": False}
    read = {n: words.get(v, v) if n in flags and isinstance(v, str) else v for n, v in json.items()}
    return replace(asked, json=read)


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
    if spoken.call.rpc:
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
        return theirs_refused(status, json, wire, spoken.call.error)
    status = spoken.status[0] if spoken.status else status
    if json is not None and spoken.answer is not None:
        json = spoken.answer.written(json)
    held: dict[str, Json] = {"": json}
    for place, value in spoken.answer_constants:
        if not isinstance(value, Template):
            put(held, ("", *place.way), value)
    return status, None if status == _NO_CONTENT else held[""]


def theirs_refused(
    status: int, json: Json, wire: WireMap, error: BodyScope | None
) -> tuple[int, Json]:
    """Status and body of the published error as the target has them; all else stays."""
    if not isinstance(json, dict) or "code" not in json:
        return status, json
    tables = wire.tables
    ours = str(json["code"])
    theirs: Json = {**json, "code": tables.said.get(ours, ours)}
    body = theirs if error is None else error.written(theirs)
    return tables.status_of.get(ours, status), body


def ours_refused(json: Json, error: BodyScope | None, *, is_rpc: bool = False) -> Json:
    """The body of an error of the target's in the published names, with the code as it came.

    Raises:
        Malformed: something stands where it cannot be read.
    """
    read = json if error is None else error.read(json)
    if is_rpc and isinstance(read, dict) and not isinstance(read.get("details", {}), dict):
        read = {**read, "details": {"data": read["details"]}}
    code = read.get("code") if isinstance(read, dict) else None
    if isinstance(read, dict) and isinstance(code, int) and not isinstance(code, bool):
        return {**read, "code": str(code)}
    return read
