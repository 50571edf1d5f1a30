"""All operations with the fields that cross, as a page (Markdown): what a target file maps.

`docs/operations.md` is `to_markdown()`; a test says when it is stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.domain.operations import Operation, Surface
from harness.wire.json_path import EACH, way_of
from harness.wire.losses import losses
from harness.wire.mapping import MappingError, OperationMap, WireMap
from harness.wire.model import Each, Fields, Leaf, Shape, ways
from harness.wire.routes import ROUTES
from harness.wire.table.fields import WireRecord

_SURFACES = {
    Surface.LOCAL_UI: "Local UI, asked by an operator",
    Surface.PALETTE: "Palette, asked by an administrator",
    Surface.AGENT: "Palette, asked by an edge host",
}
_NOTHING = Fields({})
_HEAD = """\
# Operations

All that is asked of an implementation, and of Palette by edge hosts, with the fields that cross. A
target file says under `[paths.<operation>]` where another product has them ([wire.md](wire.md)),
or that it has no such operation; [describe-your-product.md](describe-your-product.md) shows how.

A field in **bold** has to be there: without it, an answer says nothing, and a request cannot be
understood, so a file that has it nowhere is refused. All others may be nowhere. `{uid}` is a
parameter of the path, `?name` of the query, `Name:` a header. Beside these, a call has
`Authorization:` (or `ApiKey:` in Palette) and `ProjectUid:`, and a list that comes in pages has
`?continue` in its request and `listmeta.continue` in its answer. `labels` and `annotations` are
objects of texts, but for the `labels` of a pool, which are a list of texts. A *flag* is true or
false, and a *word* one of a closed set ([wire.md](wire.md#places) has them all).

"""


def to_markdown() -> str:
    """The page, with a table for each surface."""
    return _HEAD + "\n".join(line for surface in Surface for line in _table(surface))


def _table(surface: Surface) -> Iterator[str]:
    yield from (f"## {_SURFACES[surface]}", "")
    yield "| operation | published, or ours | request | answer |"
    yield "| --- | --- | --- | --- |"
    for kind in ROUTES:
        if kind.surface is not surface:
            continue
        route = ROUTES[kind]
        name, where = f"`{kind.__name__}`: {route.summary}", f"`{route.method} {route.path}`"
        tables = [
            ", ".join(_field(kind, table, place) for place in places)
            for table, places in places_of(kind).items()
        ]
        yield f"| {name} | {where} | {' | '.join(tables)} |"
    yield ""


def _field(kind: type[Operation], table: str, place: str) -> str:
    """A field as the page has it: whether it is needed, and what it may hold."""
    field = f"**`{place}`**" if _is_needed(kind, table, place) else f"`{place}`"
    of = ROUTES[kind].asked if table == "request" else ROUTES[kind].answer
    is_field = of is not None and place[0] not in "?{" and not place.endswith(":")
    leaf = dict(ways(of.shape)).get(way_of(place)) if of and is_field else None
    if isinstance(leaf, Leaf) and (leaf.words or leaf.flag):
        return f"{field} (*{'word' if leaf.words else 'flag'}*)"
    return field


def places_of(kind: type[Operation]) -> Mapping[str, tuple[str, ...]]:
    """Where the fields of an operation's `request` and `response` stand, as published."""
    tables = {"request": ROUTES[kind].asked, "response": ROUTES[kind].answer or WireRecord(dict)}
    return {name: tuple(dict.fromkeys(_fields(of, of.shape))) for name, of in tables.items()}


def _is_needed(kind: type[Operation], table: str, place: str) -> bool:
    """Whether a file is refused that has this field nowhere."""
    served = [kind] if kind.surface is Surface.AGENT else []
    change = OperationMap(response={place: ""})
    if table == "request":
        change = OperationMap(request={place: ""})
    try:
        wire = WireMap({kind: change})
    except MappingError:
        return True
    return any(losses(wire, [kind], served))


def _fields(of: WireRecord, shape: Shape) -> Iterator[str]:
    """The places of a record."""
    for field in of.fields.values():
        if field.inside is not None:
            yield from _fields(field.inside, shape)
        elif field.item is not None:
            place = _plain(field.places[0])
            item = _at(place, shape)
            if field.by_hand is None:
                place, item = f"{place}[]", item.item if isinstance(item, Each) else _NOTHING
            yield from (f"{place}.{inner}" for inner in _fields(field.item, item))
        elif field.places:
            place = _plain(field.places[0])
            yield from (f"{place}{inner}" for inner in _below(place, shape))
    for written in of.besides:
        place = _plain(written)
        yield from (f"{place}{inner}" for inner in _below(place, shape))


def _below(place: str, shape: Shape) -> Iterator[str]:
    """The single fields at a place, as they go on from it."""
    inner = Leaf() if place[0] in "?{" or place.endswith(":") else _at(place, shape)
    if isinstance(inner, Leaf):
        yield ""
    for way, leaf in ways(inner):
        if isinstance(leaf, Leaf) and not leaf.spare:
            yield "".join(step if step == EACH else f".{step}" for step in way)


def _at(place: str, shape: Shape) -> Shape:
    for step in place.split("."):
        shape = shape.fields[step] if isinstance(shape, Fields) else Leaf()
    return shape


def _plain(place: str) -> str:
    """A place without the signs at its steps."""
    if place[0] in "?{" or place.endswith(":"):
        return place
    return ".".join(step.rstrip("!?") for step in place.split(".") if step != "*")
