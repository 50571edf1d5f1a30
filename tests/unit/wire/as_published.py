"""What the two APIs publish of each answer: names and types, and what differs from them.

`published.json` holds facts alone: of each model the fields, and of each field `text`, `number`,
`flag`, `object`, or an object: `of` a model, `list`, `map`, `fields`, or `one of` some words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.domain.operations import Surface
from harness.wire.routes import Route
from tests.unit.wire.test_published_names import OUR_FIELDS

TABLES: Mapping[str, Mapping[str, Any]] = json.loads(
    (Path(__file__).parent / "published.json").read_text("utf-8")
)
_PLAIN = {"text": str, "flag": bool, "object": dict}


def table_of(route: Route) -> Mapping[str, Any]:
    """The models of the API that a route belongs to."""
    return TABLES["local-ui" if route.surface is Surface.LOCAL_UI else "palette"]


def differences(route: Route, status: int, body: Any) -> list[str]:
    """Where the body of an answer is not what is published for it; ours alone may be beside it."""
    if status >= 400:
        return list(_of("v1Error", body, table_of(route), ""))
    if route.response is None or body is None:
        return [] if body in (None, "") else ["a body where none is published"]
    if route.response.own:
        return []
    return list(_of(route.response.wire_name(), body, table_of(route), ""))


def _of(model: str, value: Any, table: Mapping[str, Any], place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place or 'the body'} is no {model}"
        return
    ours = OUR_FIELDS.get(model, "").split()
    for name, inner in value.items():
        if name in table[model]:
            yield from _typed(table[model][name], inner, table, f"{place}.{name}")
        elif name not in ours:
            yield f"{model} has no {name}"


def _typed(kind: Any, value: Any, table: Mapping[str, Any], place: str) -> Iterator[str]:
    match kind:
        case {"of": model}:
            yield from _of(model, value, table, place)
        case {"list": item} if isinstance(value, list):
            for n, entry in enumerate(value):
                yield from _typed(item, entry, table, f"{place}.{n}")
        case {"map": item} if isinstance(value, dict):
            for name, entry in value.items():
                yield from _typed(item, entry, table, f"{place}.{name}")
        case {"fields": fields} if isinstance(value, dict):
            yield from _of("", value, {**table, "": fields}, place)
        case {"one of": words} if value in words:
            return
        case "number" if type(value) is int:
            return
        case str() if isinstance(value, _PLAIN.get(kind, ())):
            return
        case _:
            yield f"{place} is no {kind}"
