"""What a key of a target file may be, and whether a file has the keys that it may have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias

from harness.configuration.errors import Flaw, like, nearest
from harness.configuration.toml_lines import Path, dotted


class TargetKeyKind(StrEnum):
    """What a key may hold, in the words of messages and of the page."""

    TEXT = "a text"
    FLAG = "true or false"
    SECONDS = "a number of seconds"
    COUNT = "a whole number"
    NUMBER = "a number"
    NAMES = "a list of names"
    TEXTS = "a list of texts"
    WORDS = "a text, or a list of texts"
    STATUSES = "a list of statuses from 200 to 599"
    STATUS = "a status from 200 to 599"
    SCALAR = "a text, a number, or true or false"
    MAP = "a table of names of one's own"
    TEXT_TABLE = "a table of texts"
    TABLE = "a table"
    TABLES = "a list of tables"


@dataclass(frozen=True, slots=True)
class TargetKey:
    """One key: what it means and what it may hold.

    Attributes:
        meaning: what the key says, for the page.
        kind: what it holds.
        required: whether its table makes no sense without it.
        allowed: what a text, or each text of a list or a table, must be, in words; goes with
            `pattern`. A table of texts may have any keys.
        pattern: a regular expression (as JSON Schema has them) that a text must contain.
        names: what a list may name; each at most once.
        maximum: the most that a number may be; seconds and numbers are above 0, counts at least 0.
        default: what holds without the key, in words.
        table: the keys of a table, or of each table of a list.
        instead: the key that may stand in its place; never both. A required key is there when
            the other one is.
        value: what each entry of a table of names of one's own holds.
    """

    meaning: str
    kind: TargetKeyKind = TargetKeyKind.TEXT
    required: bool = False
    allowed: str = ""
    pattern: str = ""
    names: tuple[str, ...] = ()
    maximum: float = 0
    default: str = ""
    table: Mapping[str, TargetKey] = field(default_factory=dict)
    instead: str = ""
    value: TargetKeyKind = TargetKeyKind.TEXT

    def describe(self) -> str:
        """What is allowed, for a message."""
        if self.allowed:
            return f"a list of {self.allowed}" if self.kind is TargetKeyKind.TEXTS else self.allowed
        if self.names:
            return f"{self.kind.value}, from {', '.join(self.names)}"
        if self.kind is TargetKeyKind.SECONDS:
            return f"a number of seconds above 0 and at most {self.maximum:g}"
        if self.kind is TargetKeyKind.COUNT:
            return f"a whole number from 0 to {self.maximum:g}"
        if self.kind is TargetKeyKind.NUMBER:
            return f"a number above 0 and at most {self.maximum:g}"
        if self.kind is TargetKeyKind.MAP:
            return f"a table, each entry of which is {self.value.value}"
        return self.kind.value


def named(meaning: str, *, required: bool = True) -> TargetKey:
    """A text that is not blank."""
    return TargetKey(meaning, required=required, allowed="a text that is not blank", pattern=r"\S")


def address(meaning: str, *, required: bool = True, default: str = "") -> TargetKey:
    """An address over HTTP or HTTPS."""
    return TargetKey(
        meaning,
        required=required,
        allowed="an address that begins with https:// or http:// and names a host",
        pattern=r"^https?://[^/\s@?#]+(/[^\s?#]*)?$",
        default=default,
    )


def credential(name: str, meaning: str, *, required: bool = True) -> dict[str, TargetKey]:
    """The two keys for a credential: `x_env` names a variable, `x_file` a file, never both."""
    return {
        f"{name}_env": TargetKey(
            f"the variable that holds {meaning}",
            required=required,
            allowed="the name of an environment variable, in capitals, digits and _",
            pattern=r"^[A-Z_][A-Z0-9_]*$",
            instead=f"{name}_file",
        ),
        f"{name}_file": replace(
            file_key(f"in place of `{name}_env`: the file that holds {meaning}"),
            instead=f"{name}_env",
        ),
    }


def file_key(meaning: str, *, default: str = "") -> TargetKey:
    """The path of a file; a relative one starts at the target file's folder."""
    return TargetKey(
        meaning,
        allowed="the path of a file; a relative one starts at the target file's folder",
        pattern=r"\S",
        default=default,
    )


def map_of(meaning: str, value: TargetKeyKind = TargetKeyKind.TEXT) -> TargetKey:
    """A table whose keys are not known beforehand, and whose entries are all of one kind."""
    return TargetKey(meaning, TargetKeyKind.MAP, value=value)


def table_of(meaning: str, keys: Mapping[str, TargetKey], *, required: bool = False) -> TargetKey:
    """A table with these keys."""
    return TargetKey(meaning, TargetKeyKind.TABLE, required, table=keys)


Table: TypeAlias = "dict[str, Any]"
"""A table as `tomllib` reads it."""

_SECRETIVE = re.compile(r"passw|secret|token|api_?key|_env$", re.IGNORECASE)
_SHOWN_MAX = 60


def structure_flaws(table: Table, keys: Mapping[str, TargetKey], path: Path = ()) -> Iterator[Flaw]:
    """Each key that is unknown, missing, or holds what it may not hold."""
    unknown = [name for name in table if name not in keys]
    for name in unknown:
        yield _unknown(name, keys, path)
    meant = {like(name, keys) for name in unknown}
    for name, key in keys.items():
        here = (*path, name)
        if name in table:
            yield from _value_flaws(table[name], key, here)
            if key.instead in table and name < key.instead:  # told once
                found = f"{name} and {key.instead} contradict each other"
                yield Flaw(here, found, "remove one of the two", "one of them")
        elif key.required and key.instead not in table and meant.isdisjoint({name, key.instead}):
            example = f"[{dotted(here)}]" if key.kind is TargetKeyKind.TABLE else f"{name} = …"
            other = f" (or {key.instead} = …)" if key.instead else ""
            remedy = f"add {example}{other}: {key.meaning}"
            yield Flaw(here, "it is missing", remedy, key.describe())


def _value_flaws(value: object, key: TargetKey, path: Path) -> Iterator[Flaw]:
    if not _is_of(value, key):
        shown = _display(value, str(path[-1]))
        yield Flaw(path, f"{shown} stands there", f"say {key.meaning}", key.describe())
    elif key.kind is TargetKeyKind.MAP and isinstance(value, dict):
        for name, entry in value.items():
            yield from _value_flaws(entry, TargetKey("what it is there", key.value), (*path, name))
    elif isinstance(value, dict) and key.kind is TargetKeyKind.TABLE:
        yield from structure_flaws(value, key.table, path)
    elif key.kind is TargetKeyKind.TABLES and isinstance(value, list):
        for n, entry in enumerate(value):
            yield from structure_flaws(entry, key.table, (*path, n))


def _is_of(value: object, key: TargetKey) -> bool:
    match key.kind, value:
        case (TargetKeyKind.SECONDS | TargetKeyKind.COUNT | TargetKeyKind.NUMBER, bool()):
            return False
        case TargetKeyKind.TEXT, str():
            return re.search(key.pattern, value) is not None
        case TargetKeyKind.FLAG, bool():
            return True
        case TargetKeyKind.SECONDS | TargetKeyKind.NUMBER, int() | float():
            return 0 < value <= key.maximum
        case TargetKeyKind.COUNT, int():
            return 0 <= value <= key.maximum
        case TargetKeyKind.NAMES, list():
            distinct = {name for name in value if isinstance(name, str)} & set(key.names)
            return len(distinct) == len(value) and bool(distinct or not key.required)
        case TargetKeyKind.TEXTS, list():
            texts = [text for text in value if isinstance(text, str)]
            return 0 < len(texts) == len(value) and all(re.search(key.pattern, t) for t in texts)
        case TargetKeyKind.TEXT_TABLE, dict():
            texts = [text for text in value.values() if isinstance(text, str)]
            return 0 < len(texts) == len(value) and all(re.search(key.pattern, t) for t in texts)
        case TargetKeyKind.WORDS, list():
            return bool(value) and all(isinstance(text, str) and text for text in value)
        case TargetKeyKind.WORDS, str():
            return bool(value)
        case TargetKeyKind.STATUSES, list():
            return bool(value) and all(_is_status(entry) for entry in value)
        case TargetKeyKind.STATUS, _:
            return _is_status(value)
        case TargetKeyKind.SCALAR, str() | int() | float():
            return True
        case TargetKeyKind.TABLE | TargetKeyKind.MAP, dict():
            return True
        case TargetKeyKind.TABLES, list():
            return bool(value) and all(isinstance(entry, dict) for entry in value)
    return False


def _is_status(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 200 <= value <= 599


def _unknown(name: str, keys: Mapping[str, TargetKey], path: Path) -> Flaw:
    where = f"[{dotted(path)}]" if path else "a target file"
    if _SECRETIVE.search(name) and f"{name}_env" in keys:
        remedy = (
            f"credentials never stand in the file: name a variable with {name}_env, or a file"
            f" with {name}_file"
        )
    else:
        remedy = nearest(name, keys)
    return Flaw((*path, name), f"{where} has no such key", remedy, ", ".join(keys))


def _display(value: object, name: str) -> str:
    """A value for a message; not where it might be a secret that stands in the wrong place."""
    if isinstance(value, str) and (_SECRETIVE.search(name) or "@" in value):
        return "something else"
    shown = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else repr(value)
    text = shown or ""
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
