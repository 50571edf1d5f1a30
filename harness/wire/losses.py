"""Tries a mapping before anybody is asked: what it would send, and what it would understand.

What an operation cannot do without is read off its row; where a mapping carries it nowhere, that is
told at the key that loses it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from harness.domain.operations import Operation, Surface
from harness.wire.codec.engine import read_ways, way_at
from harness.wire.json_path import (
    BODY,
    EACH,
    HEADERS,
    PATH,
    QUERY,
    At,
    Way,
    dotted,
    is_in_body,
    place_of,
    way_of,
)
from harness.wire.mapping import MappingError, WireMap
from harness.wire.mapping.calls import LOGINS, Spoken
from harness.wire.mapping.rooms import AS_IT_IS, FieldMapping
from harness.wire.mapping.wire_map import said_of
from harness.wire.model import Fields, ways
from harness.wire.routes import ROUTES
from harness.wire.table.fields import WireRecord, refuses

_Kind = type[Operation]
_NO_CONTENT: Final = 204


def losses(
    wire: WireMap, asked: Iterable[_Kind], served: Collection[_Kind] = ()
) -> Iterator[MappingError]:
    """What these operations lose, by keys; those that are served have to be told apart as well."""
    if wire.is_plain:
        return
    yield from mixed_up(wire, served)
    told = set()
    for kind in asked:
        for error in _of_operation(wire, kind, is_served=kind in served):
            if error.place not in told:
                yield error
            told.add(error.place)


def mixed_up(wire: WireMap, kinds: Collection[_Kind] = ROUTES) -> Iterator[MappingError]:
    """Of two operations at one place that nothing tells apart, the one that was put there."""
    seen: dict[tuple[bool, str, str], list[Spoken]] = {}
    # Whoever was moved is to blame, and not who has always been there.
    for kind in sorted((k for k in ROUTES if k in kinds), key=lambda k: k in wire.paths):
        one, route = wire.spoken(kind), wire.spoken(kind).route
        here = seen.setdefault((route.surface is Surface.LOCAL_UI, route.method, route.shape()), [])
        for other in here:
            if not _apart(one, other):
                yield MappingError(
                    ("paths", route.operation.__name__, "path"),
                    f"{route.method} {route.path} is where {other.route.operation.__name__}"
                    " is asked",
                    "a place of its own, or constants that tell the two apart",
                    "correct the path or the method",
                )
        here.append(one)


def _apart(one: Spoken, other: Spoken) -> bool:
    if one.route.rpc != other.route.rpc:
        return True
    held, others = dict(one.constants), dict(other.constants)
    same_path = one.route.path == other.route.path
    return same_path and any(held[p] != others[p] for p in held.keys() & others.keys())


def _of_operation(wire: WireMap, kind: _Kind, *, is_served: bool) -> Iterator[MappingError]:
    row, calls = ROUTES[kind], wire.calls(kind)
    yield from _overwritten(wire, kind)
    if is_served or kind not in LOGINS:  # who logs in may be known by other means
        there = [way for each in calls for way in _in_request(wire, each, is_read=is_served)]
        if row.twice and (PATH, row.twice[0]) in there:
            there.append((BODY, *way_of(row.twice[1])))
        # What a list is narrowed by, a target may not know: the whole list is no wrong answer.
        values = [way for way in _values(row.asked, (BODY,)) if is_in_body(way)]
        is_narrowed = _is_list(row.answer)
        if values and not is_narrowed and not any(_is_carried(way, there) for way in values):
            there.append((BODY,))
            place = _place(wire, kind, "request", ())
            told = f"all that {kind.__name__} sends has gone: nothing of its body has a place"
            remedy = "leave a field where it is published, or give one a place"
            yield MappingError(place, told, "a place for one of its fields", remedy)
        # What says nothing of the operation: a target that has no such thing misses nothing.
        besides = () if is_served else tuple(way_at(place, (BODY,)) for place in row.asked.besides)
        for way in _missed(row.asked, (BODY,), [*there, *besides]):
            told = f"{dotted(way[1:])}, which {kind.__name__} needs, is never sent"
            place = _place(wire, kind, "request", way[1:])
            remedy = "write where it stands"
            yield MappingError(place, told, "a place such as data.items[].id", remedy)
    if row.answer and not any(each.is_assumed for each in calls):
        there = [way for each in calls for way in _in_answer(each)]
        for way in _missed(row.answer, (), there):
            told = f"{dotted(way)}, which {kind.__name__} needs, can be read from no answer"
            place = _place(wire, kind, "response", way)
            allowed, remedy = "a place such as data.items[].id", "write where it stands"
            if place[-1] == "status":
                allowed, remedy = "a status of an answer with a body", "correct it"
            yield MappingError(place, told, allowed, remedy)


# --- what an operation cannot do without ----------------------------------------------------


def _missed(of: WireRecord, base: Way, there: Iterable[Way]) -> Iterator[Way]:
    """What is needed and not there; of an element, where there is its list."""
    there = tuple(there)
    for needed in _needs(of, base):
        lists = [way[:n] for way in needed for n, step in enumerate(way) if step == EACH]
        is_meant = all(_is_carried(way, there) for way in lists)
        if is_meant and not any(_is_carried(way, there) for way in needed):
            yield needed[0]
    # What is published as required and is read, of an object that is there.
    read = [way for way, _ in read_ways(of, ())]
    for way, each in (((), of.shape), *ways(of.shape)):
        is_there = not way or _is_carried((*base, *way), there)
        for name in each.required if isinstance(each, Fields) and is_there else ():
            field = (*base, *way, name)
            is_read = any(each[: len(way) + 1] == (*way, name) for each in read)
            if is_read and not _is_carried(field, there):
                yield field


def _needs(of: WireRecord, base: Way) -> Iterator[tuple[Way, ...]]:
    """The ways at one of which something has to be, each with those that do as well."""
    for text in of.needs.split():
        yield tuple((*base, *way_of(each)) for each in text.split("|"))
    for each in of.fields.values():
        if each.inside is not None:
            yield from _needs(each.inside, base)
        found = [way_at(place, base) for place in (*each.places, *each.or_from)]
        if refuses(each, None):
            yield tuple(found)
        for place in each.places:
            if "!" in (place.removesuffix("!")):
                yield (way_at(place[: place.index("!")], base),)
        if each.item is not None:
            yield from _needs(each.item, found[0] if each.by_hand else (*found[0], EACH))


def _is_list(of: WireRecord | None) -> bool:
    return of is not None and all(each.item is not None for each in of.fields.values())


def _values(of: WireRecord, base: Way) -> Iterator[Way]:
    """The ways at which values of a record are written."""
    for each in of.fields.values():
        if each.inside is not None:
            yield from _values(each.inside, base)
        for way in (way_at(place, base) for place in each.places):
            yield way
            if each.item is not None:
                yield from _values(each.item, way if each.by_hand else (*way, EACH))


# --- what a mapping carries -----------------------------------------------------------------


_LIST: Final = ""
"""A step that leads nowhere: there is a list, whatever its elements have."""


def _is_carried(way: Way, there: Iterable[Way]) -> bool:
    """Whether something is at a way: as a whole, within something, or in parts."""
    return any(way[: len(each)] == each or each[: len(way)] == way for each in there)


def _in_request(wire: WireMap, spoken: Spoken, *, is_read: bool) -> Iterator[Way]:
    """The published ways of a request of which a call has a place, or which are read from one."""
    row = ROUTES[spoken.route.operation]
    own = {(PATH, name) for name in spoken.route.parameters()}
    if is_read or not spoken.is_part:
        own |= {(QUERY, name) for name in row.queries}
        renamed = wire.tables.headers
        for room, name, *_ in _values(row.asked, (BODY,)):
            if room == HEADERS and (name not in renamed or renamed[name].name):
                own.add((room, name))
    yield from own - {field.ours for field in spoken.asked}
    has_body = row.request is not None
    found = (f for f in spoken.asked if f.theirs and not (is_read and f.is_copy))
    yield from _carried(each for each in found if has_body or each != AS_IT_IS)
    if not is_read:
        parts = (part for text in spoken.templates() for part in text.parts)
        yield from (part for part in parts if isinstance(part, tuple))


def _in_answer(spoken: Spoken) -> Iterator[Way]:
    """The published ways that are read from the answer to a call."""
    yield from (way for way, _, _ in spoken.filled)
    if not spoken.is_silent:
        is_empty = set(spoken.said.status) == {_NO_CONTENT}
        there = (field for field in spoken.answer if not (is_empty and is_in_body(field.theirs)))
        yield from (way[1:] for way in _carried(there))


def _carried(fields: Iterable[FieldMapping]) -> Iterator[Way]:
    return ((*field.ours, EACH, _LIST) if field.is_list else field.ours for field in fields)


def _overwritten(wire: WireMap, kind: _Kind) -> Iterator[MappingError]:
    """Constants that stand where a value of the operation goes."""
    values = [way for way in _values(ROUTES[kind].asked, (BODY,)) if is_in_body(way)]
    for (at, call), spoken in zip(said_of(wire, kind), wire.calls(kind), strict=True):
        if not spoken.constants:
            continue
        moved = [f for f in spoken.asked if f.ours in values or not is_in_body(f.theirs)]
        theirs = [field.theirs for field in moved]
        theirs += values if AS_IT_IS in spoken.asked else []
        for place, _ in spoken.constants:
            if any(each and each[: len(place)] == place for each in theirs):
                own = call.constants
                text = next(t for t in (*own, *wire.constants) if place_of(t) == place)
                told = f"a value of {kind.__name__} goes there already"
                allowed = "a place where nothing else stands"
                key = (*(at if text in own else ()), "constants", text)
                yield MappingError(key, told, allowed, "remove one of the two")


def _place(wire: WireMap, kind: _Kind, table: str, way: Way) -> At:
    """The key that loses a field, as far as one can be named."""
    said, names = said_of(wire, kind), [step for step in way if step != EACH]
    for n in range(len(names), -1, -1):
        for at, call in said:
            for text in getattr(call, table):
                bare = text.strip("{}?:").replace("[]", "").removeprefix("$").strip(".")
                if bare.lower() == ".".join(names[:n]).lower():
                    return (*at, table, text)
    for at, call in said:
        if table == "response" and set(call.status) == {_NO_CONTENT}:
            return (*at, "status")
    for name in reversed(names):
        if name in wire.fields:
            return ("fields", name)
        if found := next((n for n in wire.headers if n.lower() == name.lower()), ""):
            return ("headers", found)
    at, call = said[-1]
    return (*at, table) if getattr(call, table) else at
