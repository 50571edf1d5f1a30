"""The engine behind the table: it makes each row into functions, when it is first asked for.

What is written has its fields in the order of the published model; a place that the model does
not have is an error of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, methodcaller
from typing import Any, Final

from harness.domain.operations import Acknowledged, Operation, Value
from harness.wire.http import Json
from harness.wire.json_path import BODY, EACH, HEADERS, PATH, QUERY, Way
from harness.wire.model import Each, Fields, Leaf, Malformed, Shape, parse_what_is_read
from harness.wire.routes import ROUTES
from harness.wire.table.fields import Read, WireField, WireRecord, Write, as_it_is, as_read
from harness.wire.table.local_ui import ACKNOWLEDGED

Reader = Callable[[Any], Any]

_OUTSIDE: Final = {room: Leaf(open=True) for room in (PATH, QUERY, HEADERS)}


def request_functions(of: WireRecord) -> tuple[Reader, Write]:
    """How an operation is read from a request, and written as one. Raises `KeyError` as below.

    Both have the request as an object of its four rooms; names of headers are read lower-case.
    """
    shape = Fields({**_OUTSIDE, BODY: of.shape})
    return _reader(of, shape, (BODY,)), _writer(of, shape, (BODY,))


def answer_functions(of: WireRecord) -> tuple[Reader, Write]:
    """How a value is read from a body, and written as one. Raises `KeyError`: no such field."""
    shape = of.shape
    return _reader(of, shape, ()), _writer(of, shape, ())


def way_at(place: str, base: Way) -> Way:
    """The way to a place of a row, without the signs at its steps; `base` leads to the body."""
    return tuple(step for step in _bare(_way(place, base)) if step != "*")


def _way(place: str, base: Way) -> Way:
    if place.startswith("{"):
        return (PATH, place[1:-1])
    if place.startswith("?"):
        return (QUERY, place[1:])
    return (HEADERS, place[:-1]) if place.endswith(":") else (*base, *place.split("."))


def _bare(way: Way) -> Way:
    """A way without the signs at its steps."""
    return tuple(step.rstrip("!?") for step in way)


def _shape_at(shape: Shape, way: Way) -> Shape:
    """What the model has at a way. Raises `KeyError`: nothing."""
    for step in _bare(way):
        if isinstance(shape, Fields):
            shape = shape.fields[step]
        elif not (isinstance(shape, Leaf) and shape.open):
            raise KeyError(".".join(way))
    return shape


def _item_shape(shape: Shape, way: Way) -> Shape:
    """The shape of the elements of the list at a way. Raises `KeyError`: no such list is there."""
    found = _shape_at(shape, way)
    if not isinstance(found, Each):
        raise KeyError(".".join(way))
    return found.item


def _by_hand(of: WireField, shape: Shape, base: Way) -> tuple[Reader, Mapping[str, Write]]:
    assert of.item is not None
    assert of.by_hand is not None
    part = _shape_at(shape, _way(of.places[0], base))
    return of.by_hand(_reader(of.item, part, ()), _writer(of.item, part, ()))


# --- reading --------------------------------------------------------------------------------


def _reader(of: WireRecord, shape: Shape, base: Way) -> Reader:
    check, make, names = of.check, of.make, tuple(of.fields)
    steps = [_step(each, shape, base) for each in of.fields.values()]
    is_in_order = names == getattr(make, "__match_args__", ())[: len(names)]

    def read_all(source: Any) -> Any:
        if check is not None:
            check(source)
        values = [r(get(source), x) if r else get(source) or x for get, r, x in steps]
        return make(*values) if is_in_order else make(**dict(zip(names, values, strict=True)))

    return read_all


def _step(of: WireField, shape: Shape, base: Way) -> tuple[Reader, Read | None, Any]:
    """How one attribute is found and read, with its place's name; as it is, with its default."""
    if of.compute is not None:
        return of.compute, as_read, ""
    if of.inside is not None:
        return _reader(of.inside, shape, base), as_read, ""
    if of.by_hand is not None:
        return _by_hand(of, shape, base)[0], as_read, ""
    ways = [_way(place, base) for place in (*of.places, *of.or_from)]
    for way in ways:
        _shape_at(shape, way)
    look = _first_of([_getter(way, base) for way in ways])
    if of.item is not None:
        read: Read | None = _items_reader(of.item, _item_shape(shape, ways[0]), of.read)
    else:
        read = of.read
    in_the_body = (way for way in ways if way[: len(base)] == base)
    name = ".".join(_bare(next(in_the_body, ways[0]))[len(base) :])
    return look, read, name if read else of.default


def _first_of(look: Sequence[Reader]) -> Reader:
    """The first that finds anything, or what the last one finds."""
    first, *others = look
    rest = _first_of(others) if others else None
    return first if rest is None else lambda source: first(source) or rest(source)


def _items_reader(item: WireRecord, shape: Shape, read: Read | None) -> Read:
    one = _reader(item, shape, ())

    def read_items(items: Any, name: str) -> Any:
        made: list[Any] = []
        try:
            for each in items or ():
                made.append(one(each))
        except Malformed as inner:
            raise Malformed(f"{name}.{len(made)}.{inner.field}", inner.problem) from None
        return read(None if items is None else made, name) if read else tuple(made)

    return read_items


def _getter(way: Way, base: Way) -> Reader:
    """What stands at a way, `None` where there is nothing."""
    if base and way[0] == HEADERS:
        way = (HEADERS, way[1].lower())
    needed = next((n for n, step in enumerate(way, 1) if step.endswith("!")), 0)
    if needed:
        last = way[needed - 1].removesuffix("!")
        above, below = _getter((*way[: needed - 1], last), base), _getter(way[needed:], ())
        name = ".".join((*_bare(way[len(base) : needed - 1]), last))

        def get_needed(source: Any) -> Any:
            found = above(source)
            if found is None:
                raise Malformed(name, "it is missing")
            return below(found)

        return get_needed
    names = tuple(step for step in _bare(way) if step != "*")
    if len(names) == 1:
        return methodcaller("get", names[0])
    first, *others = names

    def get(source: Any) -> Any:
        found = source.get(first)
        for name in others:
            if found is None:
                return None
            found = found.get(name)
        return found

    return get


def _reads(of: WireRecord) -> Callable[[Sequence[str | int]], bool]:
    """Tells of the way to a field of the body whether it, or anything below it, is read."""
    ways = [way for way, _ in read_ways(of, ())]
    whole = [way for way, is_whole in read_ways(of, ()) if is_whole]

    def is_read(place: Sequence[str | int]) -> bool:
        sought = tuple(EACH if isinstance(step, int) else step for step in place)
        # Nobody but the function that reads it knows what is read below such a place.
        in_whole = any(sought[: len(way)] == way for way in whole)
        return in_whole or any(way[: len(sought)] == sought for way in ways)

    return is_read


def read_ways(of: WireRecord, base: Way) -> Iterator[tuple[Way, bool]]:
    """The ways of a body at which anything is read, and whether a function reads it all."""
    for each in of.fields.values():
        if each.inside is not None:
            yield from read_ways(each.inside, base)
        for place in (*each.places, *each.or_from):
            way = (*base, *_bare(tuple(place.split("."))))
            yield way, each.item is None and each.read is not None
            if each.item is not None:
                yield from read_ways(each.item, way if each.by_hand else (*way, EACH))


# --- writing --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Node:
    """What is written at one step of the ways: something, or an object of further steps."""

    write: Write | None = None
    droppable: bool = False
    below: dict[str, _Node] = field(default_factory=dict)


def _writer(of: WireRecord, shape: Shape, base: Way) -> Write:
    top = _Node()
    for way, write in _written(of, shape, base):
        _shape_at(shape, way)
        here = top
        for step in way:
            here = here.below.setdefault(step.rstrip("!?"), _Node())
            here.droppable = here.droppable or step.endswith("?")
        here.write = write
    return _object_writer(top, shape)


def _written(
    of: WireRecord, shape: Shape, base: Way, above: str = ""
) -> Iterator[tuple[Way, Write]]:
    """Each way that is written to, with what is written there, of the whole."""
    for place, write in of.besides.items():
        yield _way(place, base), _after(attrgetter(above[:-1]), write) if above else write
    for name, each in of.fields.items():
        if each.inside is not None:
            yield from _written(each.inside, shape, base, f"{above}{name}.")
        if each.by_hand is not None:
            for place, write in _by_hand(each, shape, base)[1].items():
                yield _way(place, base), write
            continue
        for way in (_way(place, base) for place in each.places):
            yield way, _leaf_writer(each, attrgetter(above + name), shape, way)


def _leaf_writer(of: WireField, get: Write, shape: Shape, way: Way) -> Write:
    write = of.write
    if of.item is None:
        return get if write is as_it_is else _after(get, write)
    one, spread = _writer(of.item, _item_shape(shape, way), ()), of.spread
    return lambda whole: write([one(item) for item in spread(get(whole))])


def _after(get: Write, write: Write) -> Write:
    return lambda whole: write(get(whole))


def _object_writer(node: _Node, shape: Shape) -> Write:
    """An object, whose fields stand in the order of its model where it has one."""
    known = shape.fields if isinstance(shape, Fields) else dict.fromkeys(node.below, Leaf())
    steps = [
        (name, below.write or _object_writer(below, inner))
        for name, inner in known.items()
        if (below := node.below.get(name)) is not None
    ]

    def write(whole: Any) -> dict[str, Any]:
        made = {}
        for name, one in steps:
            value = one(whole)
            if value is not None:
                made[name] = value
        return {**made.pop("*"), **made} if "*" in made else made

    if node.droppable or isinstance(shape, Leaf):
        return lambda whole: write(whole) or None
    return write


# --- the rows as functions ------------------------------------------------------------------


class _Functions(dict[type[Operation], tuple[Reader, Write]]):
    """Reader and writer by operation, made when they are first asked for."""

    def __init__(self, make: Callable[[type[Operation]], tuple[Reader, Write]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, kind: type[Operation]) -> tuple[Reader, Write]:
        made = self[kind] = self._make(kind)
        return made


def _request_functions(kind: type[Operation]) -> tuple[Reader, Write]:
    asked, is_bodiless = ROUTES[kind].asked, "bodiless" in ROUTES[kind].signs
    read, write = request_functions(asked)
    if (model := asked.model) is None:
        return read, write
    is_read = _reads(asked)

    def read_body(rooms: dict[str, Any]) -> Any:
        if rooms[BODY] is None and is_bodiless:
            rooms = {**rooms, BODY: {}}
        parse_what_is_read(model, rooms[BODY], is_read)
        return read(rooms)

    return read_body, write


def _answer_functions(kind: type[Operation]) -> tuple[Reader, Write]:
    of = ROUTES[kind].answer or ACKNOWLEDGED
    read, write = answer_functions(of)
    is_read = _reads(of)

    def read_body(json: Json) -> Value:
        if json is None and of is ACKNOWLEDGED:
            return Acknowledged()
        if of.model:
            parse_what_is_read(of.model, json, is_read)
        value: Value = read(json)
        return value

    def write_value(value: Value) -> Json:
        if isinstance(of.make, type) and not isinstance(value, of.make):
            raise TypeError(f"{kind.__name__} is not answered with a {type(value).__name__}")
        body: Json = write(value)
        return body

    return read_body, write_value


REQUESTS = _Functions(_request_functions)
"""How each operation is read from a request, and written as one.

What is read may be anything; `Malformed` is raised where it is none.
"""

ANSWERS = _Functions(_answer_functions)
"""How the answer to each operation is read from a body, and written as one.

What is read may be anything; `Malformed` is raised where it is none. A value that the operation
is not answered with is a `TypeError`.
"""
