"""Values of the domain as plain data: what evidence can hold and a check can compare."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum

import msgspec

from harness.history.operation import Json


def to_json(value: object) -> Json:
    """The value as JSON data.

    A dataclass becomes an object of its fields in their order, an enum its value, a tuple or
    a list an array, a set an array sorted by the encoding of its members, a mapping an object
    that keeps its order. Keys that are no text (enums, numbers) become text.

    Raises:
        TypeError: the value, or one inside it, has no plain form.
    """
    match value:
        case Enum():
            return to_json(value.value)
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {_key(key): to_json(item) for key, item in value.items()}
        case list() | tuple():
            return [to_json(item) for item in value]
        case Set():
            return sorted((to_json(item) for item in value), key=msgspec.json.encode)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return to_json_object(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no plain form: {value!r:.80}")


def to_json_object(value: object) -> dict[str, Json]:
    """The fields of a dataclass as a JSON object: the `args` or `value` of an operation.

    Raises:
        TypeError: the value is no dataclass, or a field has no plain form.
    """
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"{type(value).__name__} is not a dataclass: {value!r:.80}")
    return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}


def _key(key: object) -> str:
    plain = key.value if isinstance(key, Enum) else key
    return plain if isinstance(plain, str) else str(plain)
