"""All operations with the fields that cross, as a page (Markdown): what a target file maps.

`docs/operations.md` is `to_markdown()`; a test says when it is stale.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.domain.operations import Surface
from harness.wire.mapping.json_path import EACH
from harness.wire.mapping.shape import Each, Fields, Leaf, Shape, shape_of, ways
from harness.wire.routes import ROUTES, ROWS
from harness.wire.table.fields import WireRecord, refuses

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
understood. All others may be nowhere. `{uid}` is a parameter of the path, `?name` of the query,
`Name:` a header. Beside these, a call has `Authorization:` (or `ApiKey:` in Palette) and
`ProjectUid:`, and a list that comes in pages has `?continue` in its request and
`listmeta.continue` in its answer.

"""


def to_markdown() -> str:
    """The page, with a table for each surface."""
    return _HEAD + "\n".join(line for surface in Surface for line in _table(surface))


def _table(surface: Surface) -> Iterator[str]:
    yield from (f"## {_SURFACES[surface]}", "")
    yield "| operation | published, or ours | request | answer |"
    yield "| --- | --- | --- | --- |"
    for kind, row in ROWS.items():
        if kind.surface is not surface:
            continue
        route = ROUTES[kind]
        sent = _fields(row.asked, shape_of(row.request) if row.request else _NOTHING)
        model, answer = row.answer or (None, None)
        came = _fields(answer, shape_of(model)) if model and answer else ()
        name, where = f"`{kind.__name__}`: {route.summary}", f"`{route.method} {route.path}`"
        yield f"| {name} | {where} | {_listed(sent)} | {_listed(came)} |"
    yield ""


def _listed(found: Iterator[tuple[str, bool]] | tuple[()]) -> str:
    needed: dict[str, bool] = {}
    for place, is_needed in found:
        needed[place] = needed.get(place, False) or is_needed
    return ", ".join(f"**`{p}`**" if is_needed else f"`{p}`" for p, is_needed in needed.items())


def _fields(of: WireRecord, shape: Shape) -> Iterator[tuple[str, bool]]:
    """The places of a record, each with whether something has to stand there."""
    for field in of.fields.values():
        if field.inside is not None:
            yield from _fields(field.inside, shape)
        elif field.item is not None:
            place = _plain(field.places[0])
            item = _at(place, shape)
            if field.by_hand is None:
                place, item = f"{place}[]", item.item if isinstance(item, Each) else _NOTHING
            yield from ((f"{place}.{p}", n) for p, n in _fields(field.item, item))
        elif field.places:
            place, is_needed = _plain(field.places[0]), refuses(field, None)
            yield from ((f"{place}{inner}", is_needed) for inner in _below(place, shape))
    for written in of.besides:
        place = _plain(written)
        yield from ((f"{place}{inner}", False) for inner in _below(place, shape))


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
