"""The words of a command, with the fields of an arrangement in braces.

A value becomes part of one argument, or a whole one; nothing in it is interpreted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from string import Formatter
from typing import Any, get_args, get_type_hints

from harness.domain.arrangements import Arrangement
from harness.domain.errors import PairproofError
from harness.wire.dataclass_json import to_json
from harness.wire.http import Json

KIND = "arrangement"
"""The placeholder for the name of the arrangement, which every command may use."""


class BadTemplate(PairproofError):
    """A word cannot be filled in; the message says which part of it, and why."""


def placeholders(word: str) -> tuple[str, ...]:
    """The names in braces, in order. `{{` and `}}` stand for the braces themselves.

    Raises:
        BadTemplate: the braces do not fit, or there is more than a name in them.
    """
    try:
        parts = list(Formatter().parse(word))
    except ValueError as error:
        raise BadTemplate(f"{word!r}: {error}") from error
    for _, name, form, conversion in parts:
        if name is not None and (form or conversion or not name.replace(".", "_").isidentifier()):
            raise BadTemplate(f"{word!r}: in braces stands the name of a field and nothing else")
    return tuple(name for _, name, _, _ in parts if name is not None)


def known_fields(kind: type[Arrangement]) -> tuple[str, ...]:
    """The names that a command for this kind may use, such as `slot` and `cluster.name`."""
    return (KIND, *_names(kind, ""))


def _names(kind: type, above: str) -> Iterator[str]:
    hints = get_type_hints(kind)
    for field in fields(kind):
        name, hint = f"{above}{field.name}", hints[field.name]
        yield name
        for inner in (hint, *get_args(hint)):
            # A list of values has no fields of its own: it is passed as JSON.
            if is_dataclass(inner) and isinstance(inner, type) and not _is_list(hint):
                yield from _names(inner, f"{name}.")


def _is_list(hint: object) -> bool:
    return getattr(hint, "__origin__", None) in (tuple, frozenset)


def filled(words: Sequence[str], arrangement: Arrangement) -> list[str]:
    """The words with the arrangement's values.

    Texts stand as they are, numbers in digits, `true` and `false` so, nothing as an empty text,
    all else as JSON.

    Raises:
        BadTemplate: a name is no field of it, or a value would be taken for an option, or cannot
            be an argument.
    """
    values: Json = to_json(arrangement)
    assert isinstance(values, dict)
    values = {**values, KIND: type(arrangement).__name__}
    return [_filled(word, values) for word in words]


def literal(word: str) -> str:
    """A word without placeholders as it is passed: `{{` and `}}` stand for the braces."""
    return "".join(text for text, _, _, _ in Formatter().parse(word))


def _filled(word: str, values: Mapping[str, Json]) -> str:
    result = ""
    for literal, name, _, _ in Formatter().parse(word):
        result += literal
        if name is None:
            continue
        value = _text(_value(values, name))
        if "\0" in value:
            raise BadTemplate(f"the value of {{{name}}} holds a zero byte")
        if not result and value.startswith("-"):
            raise BadTemplate(
                f"the value of {{{name}}} begins with a dash, and a command may take it for an"
                f" option; write it behind a text, such as --name={{{name}}}"
            )
        result += value
    return result


def _value(values: Mapping[str, Json], name: str) -> Json:
    found: Any = values
    for part in name.split("."):
        if found is None:
            break  # what has no value, such as the cluster of a place without one
        if not isinstance(found, dict) or part not in found:
            raise BadTemplate(f"{{{name}}} is no field of {values[KIND]}")
        found = found[part]
    result: Json = found
    return result


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)
