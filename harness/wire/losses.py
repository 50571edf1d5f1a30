"""Tries a mapping before anybody is asked: what it would send, and what it would understand.

One sample of each operation and of its answer is taken to the other wire and back. What an
operation cannot do without, and does not come through, is told at the key that loses it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from itertools import chain, count
from types import NoneType
from typing import Any, Final, get_args, get_origin, get_type_hints

from harness.domain.operations import Operation
from harness.domain.pairing import RequestState
from harness.wire.codec.calls import merged
from harness.wire.codec.engine import ANSWERS, REQUESTS, answer_functions, request_functions
from harness.wire.http import HttpResponse, Json
from harness.wire.json_path import (
    BODY,
    COOKIES,
    HEADERS,
    PATH,
    QUERY,
    At,
    Known,
    Template,
    Unknowable,
    is_in_body,
    place_of,
)
from harness.wire.mapping import MappingError, WireMap
from harness.wire.mapping.calls import LOGINS, Spoken
from harness.wire.mapping.keys import can_be_answered
from harness.wire.mapping.scope import glimpse
from harness.wire.mapping.translate import (
    Rooms,
    ours_answered,
    ours_asked,
    theirs_asked,
    theirs_path,
    with_value,
)
from harness.wire.mapping.wire_map import said_of
from harness.wire.model import Malformed
from harness.wire.routes import ROUTES
from harness.wire.table.fields import WireRecord

_Kind = type[Operation]
_Way = tuple[str | int, ...]

_ROOMS: Final = (BODY, PATH, QUERY, HEADERS)
_NO_CONTENT: Final = 204
_TEXT: Final = "text-"


def losses(
    wire: WireMap, asked: Iterable[_Kind], served: Collection[_Kind] = ()
) -> Iterator[MappingError]:
    """What these operations lose, key by key. The requests of those that are served are read."""
    told = set()
    for kind in () if wire.is_plain else asked:
        # Who logs in may be known by other means.
        is_needed = kind in served or kind not in LOGINS
        sent = _lost_in_request(wire, kind, is_served=kind in served) if is_needed else ()
        errors = (
            _overwritten(wire, kind),
            (_error(wire, kind, "request", each) for each in sent),
            (_error(wire, kind, "response", each) for each in _lost_in_answer(wire, kind)),
        )
        for error in chain(*errors):
            if error.place not in told:
                yield error
            told.add(error.place)


def _lost_in_request(wire: WireMap, kind: _Kind, *, is_served: bool) -> Iterator[Malformed]:
    calls = wire.calls(kind)
    if not wire.headers and not any(c.body or c.outside or c.constants or c.is_part for c in calls):
        return
    whole = sample_request(kind)
    known = _known(wire, kind)
    came: Any = None
    if is_served and can_be_answered([call for _, call in said_of(wire, kind)]):
        try:
            came = ours_asked(_sent(wire, kind, whole, known)[-1][1], kind, wire)
        except Malformed as malformed:
            yield malformed
            return
    else:  # what makes no difference to what is sent is not sent
        sent = _seen(_sent(wire, kind, whole, known))
        # What says nothing of the operation: a target that has no such thing misses nothing.
        besides = (place.replace("?", "").split(".") for place in ROUTES[kind].asked.besides)
        same = {(BODY, *steps) for steps in besides}
        less = ((ways, _without(whole, ways)) for ways in _values(whole) if not ways <= same)
        unsent = (ways for ways, rooms in less if _seen(_sent(wire, kind, rooms, known)) == sent)
        came = _without(whole, {way for ways in unsent for way in ways})
    yield from _missed(REQUESTS[kind][0], as_read(came), as_read(whole))


def _sent(wire: WireMap, kind: _Kind, rooms: Rooms, known: Known) -> list[tuple[str | None, Rooms]]:
    """The path and the rest of each call; no path where one cannot be made."""
    ours = {**{room: rooms.get(room) or {} for room in _ROOMS}, BODY: rooms.get(BODY)}
    found: list[tuple[str | None, Rooms]] = []
    for spoken in wire.calls(kind):
        theirs = theirs_asked(ours, spoken, wire, known)
        try:
            found.append((theirs_path(spoken, known, ours, theirs), theirs))
        except (KeyError, Unknowable):
            found.append((None, theirs))
    return found


def _seen(sent: Iterable[tuple[str | None, Rooms]]) -> list[tuple[Any, ...]]:
    return [(path, theirs[QUERY], theirs[HEADERS], theirs[BODY]) for path, theirs in sent]


def _known(wire: WireMap, kind: _Kind) -> dict[str, str]:
    """Something for each name in a template that stands for no value of the operation."""
    kept = (("kept", kind), *(("session", login) for login in LOGINS))
    names = [f"{word}.{n}" for word, of in kept for c in wire.calls(of) for n, _ in c.keep]
    names += ["unique", "now", "basic", *(f"env.{name}" for name in wire.tables.variables)]
    return {name: f"known {name}" for name in names}


def sample_request(kind: _Kind) -> dict[str, Any]:
    """A request as it is published, by the parts that values stand in."""
    row = ROUTES[kind]
    full, write = _in_full(row.asked), REQUESTS[kind][1]
    if full != row.asked:
        write = request_functions(full)[1]
    return {PATH: {}, QUERY: {}, HEADERS: {}, BODY: None, **write(_sample(kind, count(1)))}


def sample_answer(kind: _Kind) -> Any:
    """An answer as it is published; nothing where it may be empty."""
    if (answer := ROUTES[kind].answer) is None:
        return None
    full, write = _in_full(answer), ANSWERS[kind][1]
    if full != answer:
        write = answer_functions(full)[1]
    make = answer.make
    return write(
        _sample(make if isinstance(make, type) else get_type_hints(make)["return"], count(1))
    )


def _overwritten(wire: WireMap, kind: _Kind) -> Iterator[MappingError]:
    """Constants that stand where a value of the operation goes."""
    for (at, call), spoken in zip(said_of(wire, kind), wire.calls(kind), strict=True):
        if not spoken.constants:
            continue
        body = sample_request(kind)[BODY]
        theirs = body if spoken.body is None or body is None else spoken.body.written(body)
        moved = {move.theirs for move in spoken.outside}
        for place, _ in spoken.constants:
            there = glimpse(theirs, place[1:]) if is_in_body(place) else None
            is_own = any(str(value).startswith(_TEXT) for _, value in _leaves(there, ()))
            if is_own or place in moved:
                own = call.constants
                text = next(t for t in (*own, *wire.constants) if place_of(t) == place)
                told = f"a value of {kind.__name__} goes there already"
                allowed = "a place where nothing else stands"
                key = (*(at if text in own else ()), "constants", text)
                yield MappingError(key, told, allowed, "remove one of the two")


def as_read(rooms: Mapping[str, Any]) -> dict[str, Any]:
    """A request as the table reads it, with the names of headers in lower case."""
    headers = {name.lower(): value for name, value in (rooms.get(HEADERS) or {}).items()}
    others = {room: rooms.get(room) or {} for room in (PATH, QUERY)}
    return {**others, HEADERS: headers, BODY: rooms.get(BODY)}


def _lost_in_answer(wire: WireMap, kind: _Kind) -> Iterator[Malformed]:
    calls = wire.calls(kind)
    if not any(map(_is_read_otherwise, calls)) or any(call.is_assumed for call in calls):
        return
    if (whole := sample_answer(kind)) is None:
        return
    came: Any = None
    try:
        for spoken in calls:
            if not spoken.is_silent:
                came = merged(came, _read(whole, spoken))
            for way, _, _ in spoken.filled:
                came = with_value(came, way, glimpse(whole, way))
    except Malformed as malformed:
        yield malformed
    else:
        if came != whole:
            yield from _missed(ANSWERS[kind][0], came, whole)


def _is_read_otherwise(spoken: Spoken) -> bool:
    is_other = spoken.answer or spoken.answer_constants or spoken.read_outside
    return bool(is_other or spoken.filled or spoken.is_part or _is_empty(spoken.said.status))


def _is_empty(status: Collection[int]) -> bool:
    return set(status) == {_NO_CONTENT}


def _read(whole: Json, spoken: Spoken) -> Json:
    """What is read of the answer to a call that holds all it can of the published one."""
    json = whole if spoken.answer is None else spoken.answer.written(whole)
    json = None if _is_empty(spoken.said.status) else json
    for place, value in spoken.answer_constants:
        if is_in_body(place) and not isinstance(value, Template):
            json = with_value(json, place[1:], value)
    headers: dict[str, str] = {}
    for move in spoken.read_outside:
        text = move.form.as_text(glimpse(whole, move.ours[1:]))
        room, called = move.theirs
        is_cookie = room == COOKIES
        name = "Set-Cookie" if is_cookie else called
        text = f"{called}={text}" if is_cookie else text
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return ours_answered(HttpResponse(spoken.route.status, headers, b""), json, spoken)


def _missed(read: Callable[[Any], object], came: Any, whole: Any) -> Iterator[Malformed]:
    """What is missed in what came. Each is put back when it is told: there may be more."""
    is_request = isinstance(whole, dict) and whole.keys() >= set(_ROOMS)
    while True:
        try:
            read(came)
            return
        except Malformed as malformed:
            steps = malformed.field.split(".")
            ways = [(room, *steps) for room in _ROOMS] if is_request else [tuple(steps)]
            field = _named(whole.get(BODY) if is_request else whole, steps)
            yield Malformed(field, malformed.problem)
        mended = came
        for way in ways:
            mended = _mended(mended, whole, way)
        if mended == came:
            return
        came = mended


def _mended(came: Any, whole: Any, way: tuple[str, ...]) -> Any:
    """What came, with as much of the whole as it takes to have something at a way."""
    if not way or isinstance(whole, str | bool | None):
        return whole
    if isinstance(whole, dict) and way[0].isdigit():  # a list of one, to whoever reads it
        return _mended(came, whole, way[1:])
    step: Any = int(way[0]) if isinstance(whole, list) and way[0].isdigit() else way[0]
    if isinstance(whole, list):
        if not isinstance(came, list) or not isinstance(step, int) or step >= len(came):
            return whole
        return [*came[:step], _mended(came[step], whole[step], way[1:]), *came[step + 1 :]]
    if step not in whole:
        return came
    known = came if isinstance(came, dict) else {}
    inner = _mended(known[step], whole[step], way[1:]) if step in known else whole[step]
    return {**known, step: inner}


def _named(json: Any, steps: Iterable[str]) -> str:
    """A field as a mapping writes it."""
    name = ""
    for step in steps:
        if isinstance(json, list):
            name, json = f"{name}[]", json[0]
        elif not step.isdigit():
            name, json = f"{name}.{step}", json.get(step) if isinstance(json, dict) else None
    return name.removeprefix(".")


# --- whom it is told ------------------------------------------------------------------------


def _error(wire: WireMap, kind: _Kind, table: str, lost: Malformed) -> MappingError:
    known = "is never sent" if table == "request" else "can be read from no answer"
    if lost.field == BODY and table == "request":
        place = _place(wire, kind, table, [])
        told = f"all that {kind.__name__} sends has gone: nothing of its body has a place"
        remedy = "leave a field where it is published, or give one a place"
        return MappingError(place, told, "a place for one of its fields", remedy)
    told = f"{lost.field}, which {kind.__name__} needs, {known} ({lost.problem})"
    place = _place(wire, kind, table, lost.field.replace("[]", "").split("."))
    if place[-1] == "status":
        return MappingError(place, told, "a status of an answer with a body", "correct it")
    return MappingError(place, told, "a place such as data.items[].id", "write where it stands")


def _place(wire: WireMap, kind: _Kind, table: str, names: list[str]) -> At:
    """The key that loses a field, as far as one can be named."""
    said = said_of(wire, kind)
    for n in range(len(names), -1, -1):
        for at, call in said:
            for text in getattr(call, table):
                bare = text.strip("{}?:").replace("[]", "").removeprefix("$").strip(".")
                if bare.lower() == ".".join(names[:n]).lower():
                    return (*at, table, text)
    for at, call in said:
        if table == "response" and _is_empty(call.status):
            return (*at, "status")
    for name in reversed(names):
        if name in wire.fields:
            return ("fields", name)
        if found := next((n for n in wire.headers if n.lower() == name.lower()), ""):
            return ("headers", found)
    at, call = said[-1]
    return (*at, table) if getattr(call, table) else at


# --- samples --------------------------------------------------------------------------------


def _in_full(of: WireRecord) -> WireRecord:
    """A record that is written wherever it may be read."""
    told = {
        name: replace(
            each,
            places=(*each.places, *each.or_from),
            item=each.item and _in_full(each.item),
            inside=each.inside and _in_full(each.inside),
        )
        for name, each in of.fields.items()
    }
    return replace(of, fields=told)


def _sample(of: Any, numbers: Iterator[int]) -> Any:
    """A value of a type of the domain, in which each text is another one."""
    parts = [part for part in get_args(of) if part is not NoneType]
    origin = get_origin(of)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {_sample(parts[0], numbers): _sample(parts[1], numbers)}
    if origin is tuple:
        return tuple(_sample(part, numbers) for part in parts if part is not ...)
    if origin in (frozenset, list):
        return origin([_sample(parts[0], numbers)])
    if parts:  # of a union, or with annotations
        return _sample(parts[0], numbers)
    if isinstance(of, type) and is_dataclass(of):
        hints = get_type_hints(of)
        # The texts of which few will do.
        hints |= {n: RequestState for n in ("state", "status") if hints.get(n) is str}
        return of(**{f.name: _sample(hints[f.name], numbers) for f in fields(of) if f.init})
    if issubclass(of, Enum):
        return next(iter(of))
    if of is bool:
        return True
    return f"{_TEXT}{next(numbers)}" if of is str else next(numbers) * 1_000_000


def _values(json: Any) -> Iterable[set[_Way]]:
    """Where each value stands; a text of a sample that stands in several places is one value."""
    found = defaultdict[Any, set[_Way]](set)
    for way, value in _leaves(json, ()):
        found[value if isinstance(value, str) else way].add(way)
    return found.values()


def _leaves(json: Any, at: _Way) -> Iterator[tuple[_Way, Any]]:
    if isinstance(json, dict | list):
        pairs = json.items() if isinstance(json, dict) else enumerate(json)
        for step, inner in pairs:
            yield from _leaves(inner, (*at, step))
    elif json is not None:
        yield at, json


def _without(json: Any, ways: set[_Way], at: _Way = ()) -> Any:
    """The same without some values, and without what holds nothing else."""
    if isinstance(json, dict):
        left = ((name, _without(each, ways, (*at, name)), each) for name, each in json.items())
        return {name: new for name, new, old in left if _is_left(new, old)}
    if isinstance(json, list):
        kept = [_without(each, ways, (*at, n)) for n, each in enumerate(json)]
        return [new for new, old in zip(kept, json, strict=True) if _is_left(new, old)]
    return None if at in ways else json


def _is_left(new: Any, old: Any) -> bool:
    return new == old or new not in (None, {}, [])
