"""Whether a target file has the keys that it may have, with what they may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NoReturn, Protocol, TypeAlias

from harness.targets.key_kinds import Key, Kind
from harness.targets.target_errors import Problem
from harness.targets.target_keys import FILE
from harness.targets.toml_lines import Path, dotted

Table: TypeAlias = "dict[str, Any]"
"""A table as `tomllib` reads it."""

_SECRETIVE = re.compile(r"passw|secret|token|api_?key|_env$", re.IGNORECASE)
_SHOWN_MAX = 60


class Refuse(Protocol):
    """Raises the error for a problem at a path."""

    def __call__(self, path: Path, problem: Problem) -> NoReturn:
        """Raise it."""
        ...


def check_structure(data: Table, refuse: Refuse, keys: Mapping[str, Key] = FILE) -> None:
    """Refuse the first key that is unknown, missing, or holds what it may not hold."""
    _check_table(data, keys, (), refuse)


def _check_table(table: Table, keys: Mapping[str, Key], path: Path, refuse: Refuse) -> None:
    for name in table:
        if name not in keys:
            refuse((*path, name), _unknown(name, keys, path))
    for name, key in keys.items():
        here = (*path, name)
        if name in table:
            _check_value(table[name], key, here, refuse)
            _check_alone(name, key, table, here, refuse)
        elif key.required and key.instead not in table:
            example = f"[{dotted(here)}]" if key.kind is Kind.TABLE else f"{name} = …"
            other = f" (or {key.instead} = …)" if key.instead else ""
            remedy = f"add {example}{other}: {key.meaning}"
            refuse(here, Problem("it is missing", key.in_words(), remedy))


def _check_alone(
    name: str, key: Key, table: Mapping[str, object], path: Path, refuse: Refuse
) -> None:
    """A key and the one that may stand in its place never stand there together."""
    if key.instead and key.instead in table:
        found = f"{name} and {key.instead} contradict each other"
        refuse(path, Problem(found, "one of them", "remove one of the two"))


def _check_value(value: object, key: Key, path: Path, refuse: Refuse) -> None:
    if not _is_of(value, key):
        shown = _shown(value, str(path[-1]))
        refuse(path, Problem(f"{shown} stands there", key.in_words(), f"say {key.meaning}"))
    if key.kind is Kind.MAP and isinstance(value, dict):
        for name, entry in value.items():
            _check_value(entry, Key("what it is there", key.value), (*path, name), refuse)
    elif isinstance(value, dict) and key.kind is Kind.TABLE:
        _check_table(value, key.table, path, refuse)
    elif key.kind is Kind.TABLES and isinstance(value, list):
        for n, entry in enumerate(value):
            _check_table(entry, key.table, (*path, n), refuse)


def _is_of(value: object, key: Key) -> bool:
    """Whether a value is of the key's kind and within its bounds."""
    match key.kind, value:
        case (Kind.SECONDS | Kind.COUNT | Kind.NUMBER, bool()):
            return False
        case Kind.TEXT, str():
            return re.search(key.pattern, value) is not None
        case Kind.FLAG, bool():
            return True
        case Kind.SECONDS | Kind.NUMBER, int() | float():
            return 0 < value <= key.maximum
        case Kind.COUNT, int():
            return 0 <= value <= key.maximum
        case Kind.NAMES, list():
            distinct = {name for name in value if isinstance(name, str)} & set(key.names)
            return len(distinct) == len(value) and bool(distinct or not key.required)
        case Kind.TEXTS, list():
            texts = [text for text in value if isinstance(text, str)]
            return 0 < len(texts) == len(value) and all(re.search(key.pattern, t) for t in texts)
        case Kind.TEXT_TABLE, dict():
            texts = [text for text in value.values() if isinstance(text, str)]
            return 0 < len(texts) == len(value) and all(re.search(key.pattern, t) for t in texts)
        case Kind.WORDS, list():
            return bool(value) and all(isinstance(text, str) and text for text in value)
        case Kind.WORDS, str():
            return bool(value)
        case Kind.STATUSES, list():
            return bool(value) and all(_is_status(entry) for entry in value)
        case Kind.STATUS, _:
            return _is_status(value)
        case Kind.SCALAR, str() | int() | float():
            return True
        case Kind.TABLE | Kind.MAP, dict():
            return True
        case Kind.TABLES, list():
            return bool(value) and all(isinstance(entry, dict) for entry in value)
    return False


def _is_status(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 200 <= value <= 599


def _unknown(name: str, keys: Mapping[str, Key], path: Path) -> Problem:
    where = f"[{dotted(path)}]" if path else "a target file"
    if _SECRETIVE.search(name) and f"{name}_env" in keys:
        remedy = (
            f"credentials never stand in the file: name a variable with {name}_env, or a file"
            f" with {name}_file"
        )
    elif near := get_close_matches(name, keys, n=1):
        remedy = f"did you mean {near[0]}?"
    else:
        remedy = "remove it"
    return Problem(f"{where} has no such key", ", ".join(keys), remedy)


def _shown(value: object, name: str) -> str:
    """A value for a message; not where it might be a secret that stands in the wrong place."""
    if isinstance(value, str) and (_SECRETIVE.search(name) or "@" in value):
        return "something else"
    shown = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else repr(value)
    text = shown or ""
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
