"""Values of the domain as plain data: what evidence can hold and a check can compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from operator import attrgetter
from typing import Final, get_type_hints

import msgspec

from harness.history.operation import Json

Convert = Callable[[object], Json]
ConvertObject = Callable[[object, Mapping[str, Json]], dict[str, Json]]

_NOTHING: Final[Mapping[str, Json]] = {}


def to_json(value: object) -> Json:
    """The value as JSON data.

    A dataclass becomes an object of its fields in their order, an enum its value, a tuple or
    a list an array, a set an array sorted by the encoding of its members, a mapping an object
    that keeps its order. Keys that are no text (enums, numbers) become text.

    Raises:
        TypeError: the value, or one inside it, has no plain form.
    """
    convert = _CONVERTERS.get(type(value))
    if convert is None:
        convert = _CONVERTERS[type(value)] = _converter(value)
    return convert(value)


def to_json_object(value: object, known: Mapping[str, Json] = _NOTHING) -> dict[str, Json]:
    """The fields of a dataclass as a JSON object: the `args` or `value` of an operation.

    `known` has those whose plain form is at hand.

    Raises:
        TypeError: the value is no dataclass, or a field has no plain form.
    """
    kind = type(value)
    convert = _OBJECTS.get(kind)
    if convert is None:
        if not is_dataclass(kind):
            raise TypeError(f"{kind.__name__} is not a dataclass: {value!r:.80}")
        convert = _OBJECTS[kind] = _of_fields(kind)
    return convert(value, known)


def _converter(value: object) -> Convert:
    """How values of this one's type become plain: looked up once for each type."""
    match value:
        case Enum() if all(type(member._value_) in (str, int) for member in type(value)):
            return attrgetter("_value_")
        case Enum():
            return lambda member: to_json(member._value_)  # type: ignore[attr-defined]
        case None | bool() | int() | float() | str():
            return lambda plain: plain  # type: ignore[return-value]
        case Mapping():
            return lambda mapping: {_key(k): to_json(v) for k, v in mapping.items()}  # type: ignore[attr-defined]
        case list() | tuple():
            return lambda items: [to_json(item) for item in items]  # type: ignore[attr-defined]
        case Set():
            return lambda members: sorted(map(to_json, members), key=msgspec.json.encode)  # type: ignore[call-overload]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return to_json_object
        case _:
            raise TypeError(f"{type(value).__name__} has no plain form: {value!r:.80}")


def _of_fields(kind: type) -> ConvertObject:
    """What most fields hold is known from their types, and costs no look at the values."""
    names = tuple(field.name for field in fields(kind))
    if not names:
        return lambda _, known: {}
    hints = get_type_hints(kind)
    others = tuple((n, _BY_HINT.get(hints[n], to_json)) for n in names if hints[n] not in _PLAIN)
    values = attrgetter(*names) if len(names) > 1 else _alone(names[0])

    def convert(value: object, known: Mapping[str, Json]) -> dict[str, Json]:
        # `strict`, an argument by name, would cost as much as the rest of the line.
        plain: dict[str, Json] = dict(zip(names, values(value)))  # noqa: B905
        for name, of_field in others:
            plain[name] = known[name] if name in known else of_field(plain[name])
        return plain

    return convert


def _alone(name: str) -> Callable[[object], tuple[Json]]:
    value = attrgetter(name)
    return lambda of: (value(of),)


_PLAIN: Final = (str, int, bool, str | None, int | None)
_BY_HINT: Final[Mapping[object, Convert]] = {Mapping[str, str]: lambda m: dict(m)}  # type: ignore[call-overload]
_CONVERTERS: dict[type, Convert] = {}
_OBJECTS: dict[type, ConvertObject] = {}


def _key(key: object) -> str:
    plain = key.value if isinstance(key, Enum) else key
    return plain if isinstance(plain, str) else str(plain)
