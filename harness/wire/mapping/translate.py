"""Requests and answers in either form, made from the other one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.domain.operations import Operation
from harness.wire.http import Json
from harness.wire.mapping.json_path import JsonPath, Part, way_of
from harness.wire.mapping.scope import Absent, put, value_at
from harness.wire.mapping.values import ours_of, theirs_of
from harness.wire.mapping.wire_map import Spoken, WireMap
from harness.wire.palette import SERVICE
from harness.wire.routes import ROWS

_BODILESS = frozenset({"GET", "HEAD", "DELETE"})
_NO_CONTENT = 204
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
        text = value if isinstance(value, str) else _spelt(value)
        if place.part is Part.HEADER:
            self.headers[place.name] = text
        elif place.part is Part.QUERY:
            self.query[place.name] = text
        elif place.part is Part.PARAMETER:
            self.parameters[place.name] = text

    def asked(self) -> ParsedRequest:
        """What was put together."""
        return ParsedRequest(self.parameters, self.query, self.headers, self.json)


def _spelt(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


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
        case Part.BODY:
            found = value_at(asked.json, place.way)
            return None if isinstance(found, Absent) else found
    return None


def theirs_asked(asked: ParsedRequest, operation: type[Operation], wire: WireMap) -> ParsedRequest:
    """A request of ours as the target wants it."""
    spoken = wire.spoken(operation)
    moved = {move.ours for move in spoken.outside}
    elsewhere = {place.name.lower() for place in moved if place.part is Part.HEADER}
    headers = {n: v for n, v in asked.headers.items() if n.lower() not in elsewhere}
    json = asked.json
    if spoken.body is not None and json is not None:
        json = spoken.body.written(json)
    built = _Building(
        {n: v for n, v in asked.parameters.items() if JsonPath(Part.PARAMETER, n) not in moved},
        {n: v for n, v in asked.query.items() if JsonPath(Part.QUERY, n) not in moved},
        theirs_of(headers, wire.tables.headers),
        json,
    )
    for move in spoken.outside:
        value = _at(asked, move.ours)
        if value is not None:
            in_body = move.theirs.part is Part.BODY
            built.put(
                move.theirs, move.form.written(value) if in_body else move.form.as_text(value)
            )
    for place, constant in spoken.constants:
        built.put(place, constant)
    if built.json == {} and spoken.route.method in _BODILESS:
        built.json = None
    return built.asked()


def ours_asked(asked: ParsedRequest, operation: type[Operation], wire: WireMap) -> ParsedRequest:
    """A request of the target's as it is published. The names of headers come in lower case.

    Raises:
        Malformed: something stands where it cannot be read.
    """
    spoken = wire.spoken(operation)
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
        value = _at(asked, move.theirs)
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
    """How much a request holds of what tells this operation from others at its place.

    Raises:
        Malformed: something that is no object stands on the way to a constant.
    """
    return sum(_at(asked, place) in (value, _spelt(value)) for place, value in spoken.constants)


def ours_answered(json: Json, operation: type[Operation], wire: WireMap) -> Json:
    """The body of an answer that says that it happened, as it is published.

    Raises:
        Malformed: something stands where it cannot be read.
    """
    spoken = wire.spoken(operation)
    if spoken.is_assumed:
        return {"service": SERVICE}
    return json if json is None or spoken.answer is None else spoken.answer.read(json)


def theirs_answered(
    status: int, json: Json, operation: type[Operation], wire: WireMap
) -> tuple[int, Json]:
    """Status and body of an answer of ours as the target gives it, be it an error or not."""
    spoken = wire.spoken(operation)
    if status >= 400:
        return theirs_refused(status, json, wire)
    status = spoken.status[0] if spoken.status else status
    if json is not None and spoken.answer is not None:
        json = spoken.answer.written(json)
    held: dict[str, Json] = {"": json}
    for place, value in spoken.answer_constants:
        put(held, ("", *place.way), value)
    return status, None if status == _NO_CONTENT else held[""]


def theirs_refused(status: int, json: Json, wire: WireMap) -> tuple[int, Json]:
    """Status and body of the published error as the target has them; all else stays."""
    if not isinstance(json, dict) or "code" not in json:
        return status, json
    tables = wire.tables
    ours = str(json["code"])
    theirs: Json = {**json, "code": tables.said.get(ours, ours)}
    body = theirs if tables.error is None else tables.error.written(theirs)
    return tables.status_of.get(ours, status), body


def ours_refused(json: Json, wire: WireMap) -> Json:
    """The body of an error of the target's in the published names, with the code as it came.

    Raises:
        Malformed: something stands where it cannot be read.
    """
    read = json if wire.tables.error is None else wire.tables.error.read(json)
    code = read.get("code") if isinstance(read, dict) else None
    if isinstance(read, dict) and isinstance(code, int) and not isinstance(code, bool):
        return {**read, "code": str(code)}
    return read
