"""One body in other writings: bytes that our codec never makes, and that mean the same.

Client and reference share a codec, so that what neither of them writes is read by nobody; other
clients write it. A product may refuse any of them, as nothing is said of how bodies are written.
What it must not do is to take one for something else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from harness.domain.operations import Operation
from harness.wire.http import HttpRequest, Json
from harness.wire.model import Each, Fields, Shape
from harness.wire.routes import ROUTES

Writing = Callable[[Json, "Shape | None"], str]
"""Writes a body down. It is told the shape that is published for it, where it has that one."""

Pairs = Iterable[tuple[str, Json]]


def _text(
    body: Json,
    pairs: Callable[[Mapping[str, Json]], Pairs] = lambda fields: fields.items(),
    of: Callable[[Json], str] = json.dumps,
) -> str:
    """The JSON of a body; `pairs` are what an object consists of, `of` writes a key or a leaf."""
    if isinstance(body, dict):
        inner = (f"{of(key)}:{_text(value, pairs, of)}" for key, value in pairs(body))
        return f"{{{','.join(inner)}}}"
    if isinstance(body, list):
        return f"[{','.join(_text(item, pairs, of) for item in body)}]"
    return of(body)


def _mapped(body: Json, change: Callable[[Json], Json]) -> Json:
    """A body with each of its values changed, the inner ones first."""
    if isinstance(body, dict):
        return change({key: _mapped(value, change) for key, value in body.items()})
    return change([_mapped(item, change) for item in body] if isinstance(body, list) else body)


def _escaped(leaf: Json) -> str:
    if not isinstance(leaf, str):
        return json.dumps(leaf)
    units = leaf.encode("utf-16-be").hex()
    return f'"{"".join(f"{chr(92)}u{units[at : at + 4]}" for at in range(0, len(units), 4))}"'


def _twice(body: Json) -> str:
    """With each key twice, but below the first of both once: most readers go by the last."""
    if isinstance(body, dict):
        names = ((json.dumps(key), value) for key, value in body.items())
        both = (f"{name}:{_text(value)},{name}:{_twice(value)}" for name, value in names)
        return f"{{{','.join(both)}}}"
    if isinstance(body, list):
        return f"[{','.join(map(_twice, body))}]"
    return _text(body)


def _with_nulls(body: Json, shape: Shape | None) -> Json:
    """With nothing in each field that is published and left out."""
    if isinstance(body, list):
        item = shape.item if isinstance(shape, Each) else None
        return [_with_nulls(each, item) for each in body]
    if not isinstance(body, dict) or (shape is not None and not isinstance(shape, Fields)):
        return body
    known: Mapping[str, Shape] = shape.fields if shape is not None else {}
    own = {key: _with_nulls(value, known.get(key)) for key, value in body.items()}
    return {**dict.fromkeys(known), **own} if known else own


def _with_unknown(body: Json, shape: Shape | None) -> Json:
    """With fields that nobody knows in each object that is published, and at the top one that an
    answer has: only the server says in which state a request is.
    """

    def more(fields: Json, of: Shape | None) -> Json:
        if isinstance(fields, list):
            return [more(each, of.item if isinstance(of, Each) else None) for each in fields]
        if not isinstance(fields, dict) or not isinstance(of, Fields):
            return fields
        own = {key: more(value, of.fields.get(key)) for key, value in fields.items()}
        return {"x-note": {"x": [1, None]}, **own, "x-text": "nobody knows this"}

    if shape is not None:
        body = more(body, shape)
        return {"status": {"state": "Paired"}, **body} if isinstance(body, dict) else body
    return {**body, "x-note": {"x": [1, None]}} if isinstance(body, dict) else body


def _besides(body: Json, value: Json) -> Json:
    return {"x-note": value, **body} if isinstance(body, dict) else body


def _nested(depth: int) -> Json:
    value: Json = {}
    for _ in range(depth):
        value = {"x": [value]}
    return value


def _other_case(key: str) -> str:
    """The key with its first letter large in place of small, or small in place of large."""
    return key[:1].swapcase() + key[1:]


def _recased(body: Json, inner: bool = False) -> Json:
    """With keys in another case, but for those of objects that hold texts alone: they are data."""
    if isinstance(body, list):
        return [_recased(item, inner=True) for item in body]
    is_data = inner and isinstance(body, dict) and all(isinstance(v, str) for v in body.values())
    if not isinstance(body, dict) or is_data:
        return body
    return {_other_case(key): _recased(value, inner=True) for key, value in body.items()}


def _as_texts(value: Json) -> Json:
    return json.dumps(value) if isinstance(value, bool | int | float) else value


WRITINGS: Final[Mapping[str, Writing]] = {
    "its keys in another order": lambda body, _: _text(body, lambda o: [*o.items()][::-1]),
    "white space in between": lambda body, _: (
        "\r\n\t " + json.dumps(body, indent="\t", separators=(" \n,\t", "\r\n: ")) + " \n"
    ),
    "every letter escaped": lambda body, _: _text(body, of=_escaped),
    "each key twice, alike": lambda body, _: _twice(body),
    "nothing in what it leaves out": lambda body, shape: _text(
        _besides(_with_nulls(body, shape) if shape else body, None)
    ),
    "fields that nobody knows": lambda body, shape: _text(_with_unknown(body, shape)),
    "its lists in another order": lambda body, _: _text(
        _mapped(body, lambda value: value[::-1] if isinstance(value, list) else value)
    ),
    "two hundred thousand letters more": lambda body, _: _text(_besides(body, "x" * 200_000)),
    "a field two hundred levels deep": lambda body, _: _text(_besides(body, _nested(100))),
}
"""Each means what the plain one means, by what features call it."""

SILENT: Final[Mapping[str, Writing]] = {
    "its keys in another case": lambda body, _: _text(_recased(body)),
    "its numbers and flags as texts": lambda body, _: _text(_mapped(body, _as_texts)),
}
"""Whether these mean the same nobody says."""


def doubled(text: str, other: str, *, first: bool, in_another_case: bool) -> Writing:
    """Each key that holds this text, or the number that it is, stands there twice: once with
    another one, which comes `first` or after it, and perhaps begins with a letter of the other
    case.
    """
    held: dict[str | int, Json] = {text: other}
    if text.isdecimal() and other.isdecimal():
        held[int(text)] = int(other)

    def pairs(fields: Mapping[str, Json]) -> Pairs:
        for key, value in fields.items():
            if not isinstance(value, str | int) or isinstance(value, bool) or value not in held:
                yield key, value
                continue
            decoy = (_other_case(key) if in_another_case else key, held[value])
            yield from (decoy, (key, value)) if first else ((key, value), decoy)

    return lambda body, _: _text(body, pairs)


def with_texts(change: Callable[[str], str]) -> Writing:
    """Each text is written otherwise, where `change` has another form of it."""
    return lambda body, _: _text(_mapped(body, lambda v: change(v) if isinstance(v, str) else v))


def in_order(field: str, order: str) -> Writing:
    """A list is asked for in one of the published orders (`V1ClusterPairMetadataSortSpec`)."""
    sort: Json = [{"field": field, "order": order}]
    return lambda body, shape: _text(
        {**body, "sort": sort} if shape and isinstance(body, dict) else body
    )


def with_tags(tag_of: Callable[[str], str]) -> Writing:
    """Each pack of a version has another tag than that."""

    def tagged(value: Json) -> Json:
        if isinstance(value, dict) and isinstance(value.get("version"), str) and "layer" in value:
            return {**value, "tag": tag_of(str(value["version"]))}
        return value

    return lambda body, _: _text(_mapped(body, tagged))


Written = tuple[str, Writing]
"""A writing, and what it is called."""


@dataclass(slots=True)
class Rewriting:
    """How the bodies of one operation are written; `met` says of how many it changes anything."""

    writing: Writing
    met: int = 0

    def of(self, request: HttpRequest, kind: type[Operation] | None) -> HttpRequest:
        """The request as it is to be sent; `kind` is the operation whose published body it has."""
        if request.json is None or request.form:
            return request
        model = ROUTES[kind].request if kind else None
        text = self.writing(request.json, model.shape if model else None)
        self.met += text != _text(request.json)
        return replace(request, raw=text.encode())
