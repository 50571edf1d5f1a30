"""The control port's own small protocol: names and paths that both ends go by.

Nobody publishes its arrangements: any frozen dataclass of the domain goes as JSON and comes back,
strictly, by the names in the code. Sets go in sorted order, so that equal values give equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TypeVar

import msgspec

from harness.domain.arrangements import ARRANGEMENTS, Arrangement
from harness.wire.http import HttpRequest, Json
from harness.wire.model import Malformed

HEALTH_PATH = "/control/health"
INVENTORY_PATH = "/control/inventory"
HEARD_PATH = "/control/heard"
HELD_PATH = "/control/held"
KNOWN_PATH = "/control/known"


def arrangement_path(kind: type[Arrangement]) -> str:
    """Where an arrangement of this kind is posted."""
    return f"/control/{kind.__name__}"


def encode_arrangement(arrangement: Arrangement, secret: str) -> HttpRequest:
    """The request that asks the control port for the arrangement."""
    headers = bearer(secret) | {"Content-Type": "application/json"}
    path = arrangement_path(type(arrangement))
    return HttpRequest("POST", path, headers=headers, json=to_json(arrangement))


def encode_seen(arrangement: Arrangement, secret: str) -> HttpRequest:
    """The request that asks the control port what has come of a fault."""
    request = encode_arrangement(arrangement, secret)
    return replace(request, path=f"{request.path}/seen")


def arrangement_from(name: str, json: Json) -> Arrangement:
    """The arrangement that a request asks for. Raises `KeyError` for its name, `Malformed`."""
    kind = ARRANGEMENTS[name]
    if not isinstance(json, dict):
        raise Malformed("body", f"the fields of {name} are needed, as an object")
    return from_json(kind, json)


def bearer(secret: str) -> dict[str, str]:
    """The header that the control port asks for."""
    return {"Authorization": f"Bearer {secret}"}


Plain = TypeVar("Plain")


def to_json(value: object) -> Json:
    """The dataclass as JSON, by the names of its fields. Raises `TypeError`: it has no form."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return str(value.value if isinstance(value, Enum) else value)
        case Mapping():
            return {str(name): to_json(entry) for name, entry in value.items()}
        case list() | tuple():
            return [to_json(entry) for entry in value]
        case set() | frozenset():
            return sorted(map(to_json, value), key=msgspec.json.encode)
    if not is_dataclass(value):
        raise TypeError(f"a {type(value).__name__} has no form in JSON")
    return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}


def from_json(kind: type[Plain], json: Json) -> Plain:
    """The JSON as a value of this dataclass; enums by value, missing fields by default.

    Raises:
        Malformed: a field has the wrong type, is missing without a default, or is one that
            the dataclass does not have.
    """
    try:
        value = msgspec.convert(json, kind, strict=True)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        raise Malformed(place.rstrip("`").lstrip(".") or "body", problem) from error
    _refuse_strays(json, to_json(value), "")
    return value


def _refuse_strays(given: Json, kept: Json, place: str) -> None:
    """Whatever the conversion dropped was not a field: a misspelt one must not pass."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for name in given:
            if name not in kept:
                raise Malformed(f"{place}{name}", "there is no such field")
            _refuse_strays(given[name], kept[name], f"{place}{name}.")
    elif isinstance(given, list) and isinstance(kept, list):
        for n, (one, other) in enumerate(zip(given, kept, strict=False)):
            _refuse_strays(one, other, f"{place}{n}.")
