"""A request and an answer of each operation in which all is said, as they are published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from itertools import count
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from harness.domain.operations import Operation
from harness.domain.pairing import RequestState
from harness.wire.codec.engine import ANSWERS, REQUESTS, answer_functions, request_functions
from harness.wire.json_path import BODY, HEADERS, PATH, QUERY
from harness.wire.routes import ROUTES
from harness.wire.table.fields import WireRecord

_TEXT = "text-"


def sample_request(kind: type[Operation]) -> dict[str, Any]:
    """A request as it is published, by the parts that values stand in."""
    row = ROUTES[kind]
    full, write = _in_full(row.asked), REQUESTS[kind][1]
    if full != row.asked:
        write = request_functions(full)[1]
    return {PATH: {}, QUERY: {}, HEADERS: {}, BODY: None, **write(_sample(kind, count(1)))}


def sample_answer(kind: type[Operation]) -> Any:
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


def as_read(rooms: Mapping[str, Any]) -> dict[str, Any]:
    """A request as the table reads it, with the names of headers in lower case."""
    headers = {name.lower(): value for name, value in (rooms.get(HEADERS) or {}).items()}
    others = {room: rooms.get(room) or {} for room in (PATH, QUERY)}
    return {**others, HEADERS: headers, BODY: rooms.get(BODY)}


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
