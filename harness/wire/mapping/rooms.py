"""A message in its rooms, and how either form of it is made from the other: field by field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from harness.wire.http import Json, spelt
from harness.wire.json_path import (
    BODY,
    COOKIES,
    EACH,
    HEADERS,
    PATH,
    QUERY,
    Way,
    chosen_by,
    is_in_body,
)
from harness.wire.mapping.values import TextPart, ValueForm
from harness.wire.model import Malformed, json_kind

Rooms = Mapping[str, Any]
"""A message, taken apart: headers and body; of a request also parameters of the path, and query.
The names of headers are in lower case where a server read them.
"""

NO_ROOMS: Rooms = {PATH: {}, QUERY: {}, HEADERS: {}, BODY: None}

_Positions = tuple[int, ...]
"""Which elements of the lists on a way are meant."""


# --- what stands where ----------------------------------------------------------------------


def value_in(rooms: Rooms, place: Way) -> Json:
    """What stands at a place that is in no list; `None` where nothing does."""
    return next((value for _, value in _values_in(rooms, place)), None)


def _values_in(
    rooms: Rooms, place: Way, *, is_strict: bool = False, is_list: bool = False
) -> Sequence[tuple[_Positions, Json]]:
    """What stands at a place, once for each element of the lists on the way there. Null is as good
    as nothing; where a list stands (`is_list`), it is an empty one, as encoders write it.

    Raises:
        Malformed: it is strict, and there is something on the way that does not lead on.
    """
    if not place:
        return ()
    room, name = place[0], place[-1]
    if room == BODY:
        return _values_at(rooms[BODY], place[1:], "", is_strict, is_list)
    held: Mapping[str, str] = rooms.get(HEADERS if room == COOKIES else room, {})
    if room == COOKIES:
        header = "cookie" if PATH in rooms else "set-cookie"
        text = next((value for key, value in held.items() if key.lower() == header), "")
        cookie = re.search(rf"(?:^|[;,])\s*{re.escape(name)}=([^;,]*)", text)
        found = cookie[1].strip() if cookie else None
    elif room == HEADERS:
        found = next((value for key, value in held.items() if key.lower() == name.lower()), None)
    else:
        found = held.get(name)
    return () if found is None else (((), found),)


def _values_at(
    json: Json, way: Way, above: str, is_strict: bool, is_list: bool
) -> Sequence[tuple[_Positions, Json]]:
    for n, step in enumerate(way):
        if json is None:  # null is as good as missing
            return ()
        choice = chosen_by(step)
        is_of_list = step == EACH or choice is not None
        if not isinstance(json, list if is_of_list else dict):
            if not is_strict:
                return ()
            kind = "a list" if is_of_list else "an object"
            told = f"{kind} is needed, and this is {json_kind(json)}"
            raise Malformed(".".join((above, *way[:n])).strip(".") or BODY, told)
        if choice is not None:
            json = next((item for item in json if _is_chosen(item, choice)), None)
        elif isinstance(json, list):
            name, rest = ".".join((above, *way[:n])), way[n + 1 :]
            return [
                ((at, *positions), value)
                for at, item in enumerate(json)
                for positions, value in _values_at(item, rest, f"{name}.{at}", is_strict, is_list)
            ]
        else:
            is_there = step in json
            json = json.get(step)
            if is_list and is_there and json is None and n == len(way) - 1:
                json = []
    return () if json is None else (((), json),)


def _is_chosen(item: Json, by: Mapping[str, str]) -> bool:
    has = item.get if isinstance(item, dict) else lambda _: None
    return all(spelt(has(name)) == text for name, text in by.items())


def put_in(rooms: dict[str, Any], place: Way, value: Json, positions: _Positions = ()) -> None:
    """Set a value at a place; anywhere but in a body it is a text."""
    if not place:
        return
    room, *way = place
    if room == BODY:
        rooms[BODY] = with_value(rooms[BODY], place[1:], value, positions)
    elif room == COOKIES:
        headers, called, between = rooms[HEADERS], "Set-Cookie", ", "
        if PATH in rooms:
            called = next((n for n in headers if n.lower() == "cookie"), "Cookie")
            between = "; "
        others = (headers[called],) if called in headers else ()
        headers[called] = between.join((*others, f"{way[0]}={spelt(value)}"))
    else:
        rooms[room][way[0]] = spelt(value)


def with_value(json: Json, way: Way, value: Json, positions: _Positions = ()) -> Json:
    """The data with a value at a way, and all that leads there."""
    if not way:
        return value
    if way[0] == EACH:
        at, items = positions[0], json if isinstance(json, list) else []
        items += [{} for _ in range(at + 1 - len(items))]
        items[at] = with_value(items[at], way[1:], value, positions[1:])
        return items
    if (choice := chosen_by(way[0])) is not None:
        items = json if isinstance(json, list) else []
        here = [n for n, item in enumerate(items) if _is_chosen(item, choice)]
        if not here:
            here, items = [len(items)], [*items, dict(choice)]
        items[here[0]] = with_value(items[here[0]], way[1:], value, positions)
        return items
    fields = json if isinstance(json, dict) else {}
    fields[way[0]] = with_value(fields.get(way[0]), way[1:], value, positions)
    return fields


@dataclass(frozen=True, slots=True)
class CallConstants:
    """What tells a call from others at its place: its method of JSON-RPC, and what stands where."""

    rpc: str = ""
    values: tuple[tuple[Way, Json], ...] = ()

    def held(self, asked: Rooms) -> int:
        """How much of it a request holds; less than nothing if it cannot be this call."""
        if self.rpc:
            if value_in(asked, (BODY, "method")) != self.rpc:
                return -1
            asked = {**asked, BODY: asked[BODY].get("params")}
        return sum(value_in(asked, place) in (value, spelt(value)) for place, value in self.values)


# --- from one form to the other -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Where a field stands in either form.

    Attributes:
        except_ours, except_theirs: names of an open object that are moved by themselves.
        is_copy: whether it stands in another place as well, from which it is read.
        is_else: whether it is read where the places before had nothing, and never written.
        is_list: whether it is a list whose elements are made anew, one by one.
    """

    ours: Way
    theirs: Way
    form: ValueForm = ValueForm()
    except_ours: frozenset[str] = frozenset()
    except_theirs: frozenset[str] = frozenset()
    is_copy: bool = False
    is_else: bool = False
    is_list: bool = False

    @property
    def is_part(self) -> bool:
        """Whether it is written into a text."""
        return isinstance(self.form.conversion, TextPart) and not self.is_else

    @property
    def is_plain(self) -> bool:
        """Whether both forms are the same."""
        return self.ours == self.theirs and self.form.is_plain and not self.except_ours


AS_IT_IS = FieldMapping((BODY,), (BODY,))
"""All of a body that looks as it is published."""


_NO_NAMES = frozenset[str]()


def write_fields(fields: Iterable[FieldMapping], ours: Rooms, theirs: dict[str, Any]) -> None:
    """Put what stands in a message of ours where the target has it."""
    fields = tuple(fields)
    for field in (each for each in fields if not each.is_else):
        write = field.form.written if is_in_body(field.theirs) else field.form.as_text
        there = dict(_values_in(theirs, field.theirs)) if field.is_part else {}
        for positions, value in _values_in(ours, field.ours):
            told = _emptied(value) if field.is_list else _without(value, field.except_ours)
            if told is not None:
                put_in(theirs, field.theirs, write(told, there.get(positions)), positions)
    for field in (each for each in fields if each.is_part):  # of what has no value no name stays
        for positions, text in _values_in(theirs, field.theirs):
            put_in(theirs, field.theirs, field.form.written("", text), positions)


def read_fields(fields: Iterable[FieldMapping], theirs: Rooms, ours: dict[str, Any]) -> None:
    """Put what stands in a message of the target's where ours has it. Raises `Malformed`."""
    fields = tuple(fields)
    told_elsewhere = {field.ours for field in fields if field.is_else}
    for field in fields:
        room, *way = field.ours
        place = (HEADERS, way[0].lower()) if room == HEADERS else field.ours
        found: Sequence[tuple[_Positions, Json]] = ()
        if not field.is_copy and not (field.is_else and value_in(ours, place) is not None):
            is_strict = field.ours not in told_elsewhere
            found = _values_in(theirs, field.theirs, is_strict=is_strict, is_list=field.is_list)
        for positions, value in found:
            name = _named(field.theirs[1:], positions) or BODY
            if field.is_list and not isinstance(value, list):
                told = f"a list is needed, and this is {json_kind(value)}"
                raise Malformed(name, told)
            is_text = not is_in_body(field.theirs) and isinstance(value, str)
            read = field.form.from_text if is_text else field.form.read
            kept = _emptied(value) if field.is_list else _without(value, field.except_theirs)
            if kept is not None:
                put_in(ours, place, read(kept, name), positions)  # type: ignore[arg-type]


def glimpsed(fields: Iterable[FieldMapping], theirs: Json) -> Json:
    """Our form of as much as can be read of a body of the target's, whatever it is."""
    ours: dict[str, Any] = {BODY: {}}
    for field in fields:
        for positions, value in _values_in({BODY: theirs}, field.theirs):
            if not field.is_list or isinstance(value, list):
                put_in(ours, field.ours, _emptied(value) if field.is_list else value, positions)
    glimpse: Json = ours[BODY]
    return glimpse


def _emptied(items: Json) -> Json:
    """As many elements, of which nothing is said so far."""
    return [{} for _ in items] if isinstance(items, list) else None


def _without(value: Json, names: frozenset[str]) -> Json:
    """A copy, of an open object without some names; nothing once nothing else is in it."""
    if not isinstance(value, dict):
        return deepcopy(value) if isinstance(value, list) else value
    kept = {name: _without(each, _NO_NAMES) for name, each in value.items() if name not in names}
    return None if value and not kept else kept


def _named(way: Way, positions: _Positions) -> str:
    """A way to one of the elements of its lists, for a message."""
    left = list(positions)
    return ".".join(str(left.pop(0)) if step == EACH else step for step in way)
