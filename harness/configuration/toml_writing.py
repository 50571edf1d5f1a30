"""Data as TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LINE_MAX: Final = 80


def toml(value: object) -> str:
    """A value, on one line but for a long list."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():  # JSON's texts are TOML's too, as long as no DEL is in them
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Decimal():
            return f"{value.normalize():f}"
        case Mapping():
            inside = ", ".join(assignments(value))
            return f"{{ {inside} }}" if inside else "{}"
        case list() | tuple():
            items = [toml(item) for item in value]
            line = f"[{', '.join(items)}]"
            long = "".join(["[\n", *(f"    {item},\n" for item in items), "]"])
            return line if len(line) < _LINE_MAX else long
        case _:
            return str(value)


def toml_key(name: str) -> str:
    """The name of a key or a table."""
    return name if _BARE.fullmatch(name) else toml(name)


def assignment(name: str, value: object) -> str:
    """What sets a key."""
    return f"{toml_key(name)} = {toml(value)}"


def assignments(table: Mapping[str, object]) -> Iterator[str]:
    """What sets all that a table holds."""
    return (assignment(name, value) for name, value in table.items())


def toml_document(data: Mapping[str, Any]) -> str:
    """Data as a file: first what is no table, then each table with its header.

    A list is one of tables where all its items are, and it has any.
    """
    tables = {name: part for name, part in data.items() if _is_headed(part)}
    lines = [*assignments({name: part for name, part in data.items() if name not in tables})]
    for name, part in tables.items():
        header = f"[[{name}]]" if isinstance(part, list) else f"[{name}]"
        for each in part if isinstance(part, list) else [part]:
            lines += ["", header, *assignments(each)]
    return "\n".join(lines) + "\n"


def _is_headed(part: object) -> bool:
    is_list = isinstance(part, list) and bool(part) and all(isinstance(p, dict) for p in part)
    return is_list or isinstance(part, dict)
