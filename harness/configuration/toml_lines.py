"""Texts in TOML: which line a key stands on, as `tomllib` keeps no lines, and data as a text."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from io import StringIO
from typing import Any, Final

Path = tuple[str | int, ...]
"""A way to a value: names of keys, and positions in arrays from 0."""

_ENDS = ("]", '"""', "'''")
"""What only a line can have that ends a statement of several lines."""
_LONG = 200
"""Lines of an array beyond which nobody waits for its elements to be found."""
_TRIED_AGAIN_MAX = 400_000
"""Characters of statements that were tried before and were not whole."""


def lines_of(text: str) -> Mapping[Path, int]:
    """The line of every path that a valid TOML text sets."""
    lines: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, statement in _statements(text):
        if statement.lstrip().startswith("["):
            table = _header(statement, counts)
            set_here = [(table[:end], number) for end in range(len(table), 0, -1)]
        else:
            set_here = [*_set_by(statement, number, table)]
        for path, line in set_here:
            lines.setdefault(path, line)
    return lines


def line_in(lines: Mapping[Path, int], path: Path) -> int:
    """The line (from 1) where the value at `path` is set, or the nearest thing above it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def dotted(path: Path) -> str:
    """The path as a person writes it: `edge.clusters[0].hosts[1].url`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).lstrip(".")


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Headers and assignments, each with the number of its first line.

    A statement that goes over several lines is one that cannot be read before its end.
    """
    pending, first, tried = "", 1, 0
    for number, line in enumerate(StringIO(text), start=1):
        may_end = not pending or any(mark in line for mark in _ENDS)
        first = first if pending else number
        pending += line
        tried += len(pending) - len(line) if may_end else 0
        if tried > _TRIED_AGAIN_MAX:
            return  # what follows is told by the nearest line before
        if may_end and _is_whole(pending):
            if pending.strip() and not pending.lstrip().startswith("#"):
                yield first, pending
            pending = ""


def _is_whole(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _header(statement: str, counts: dict[Path, int]) -> Path:
    """The table that a header opens; `counts` knows the arrays of tables that are open."""
    path: Path = ()
    value: object = tomllib.loads(statement)
    while isinstance(value, dict) and value:
        ((name, value),) = value.items()
        path = (*path, name)
        if isinstance(value, list):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _set_by(statement: str, number: int, table: Path) -> Iterator[tuple[Path, int]]:
    for path, value in _leaves(tomllib.loads(statement), table):
        yield path, number
        if isinstance(value, list):
            yield from _elements(statement, number, path)


def _leaves(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name), inner
            yield from _leaves(inner, (*path, name))


def _elements(statement: str, number: int, path: Path) -> Iterator[tuple[Path, int]]:
    """The elements of an array, each on the line where it ends; those of a long one have none."""
    if statement.count("\n") > _LONG:
        return
    seen, so_far = 0, ""
    for line, piece in enumerate(StringIO(statement), start=number):
        so_far += piece
        found = _array(so_far)
        for position in range(seen, len(found)):
            yield (*path, position), line
            yield from ((p, line) for p, _ in _leaves(found[position], (*path, position)))
        seen = max(seen, len(found))


def _array(beginning: str) -> list[object]:
    """The elements of the array that a statement begins with; none if it cannot be cut here."""
    for closing in ("", "\n]"):
        try:
            value: object = tomllib.loads(beginning + closing)
        except tomllib.TOMLDecodeError:
            continue
        while isinstance(value, dict) and len(value) == 1:
            (value,) = value.values()
        return value if isinstance(value, list) else []
    return []


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
    """Data as a file: first what is no table, then each table (of a list too) with its header."""
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
