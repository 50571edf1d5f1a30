"""What a key of a target file may be: the building blocks of `target_keys`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
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
class Key:
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
    kind: Kind = Kind.TEXT
    required: bool = False
    allowed: str = ""
    pattern: str = ""
    names: tuple[str, ...] = ()
    maximum: float = 0
    default: str = ""
    table: Mapping[str, Key] = field(default_factory=dict)
    instead: str = ""
    value: Kind = Kind.TEXT

    def in_words(self) -> str:
        """What is allowed, for a message."""
        if self.allowed:
            return f"a list of {self.allowed}" if self.kind is Kind.TEXTS else self.allowed
        if self.names:
            return f"{self.kind.value}, from {', '.join(self.names)}"
        if self.kind is Kind.SECONDS:
            return f"a number of seconds above 0 and at most {self.maximum:g}"
        if self.kind is Kind.COUNT:
            return f"a whole number from 0 to {self.maximum:g}"
        if self.kind is Kind.NUMBER:
            return f"a number above 0 and at most {self.maximum:g}"
        if self.kind is Kind.MAP:
            return f"a table, each entry of which is {self.value.value}"
        return self.kind.value


def named(meaning: str, *, required: bool = True) -> Key:
    """A text that is not blank."""
    return Key(meaning, required=required, allowed="a text that is not blank", pattern=r"\S")


def address(meaning: str, *, required: bool = True, default: str = "") -> Key:
    """An address over HTTP or HTTPS."""
    return Key(
        meaning,
        required=required,
        allowed="an address that begins with https:// or http:// and names a host",
        pattern=r"^https?://[^/\s@?#]+(/[^\s?#]*)?$",
        default=default,
    )


def variable(meaning: str) -> Key:
    """The name of an environment variable that holds a credential."""
    return Key(
        meaning,
        required=True,
        allowed="the name of an environment variable, in capitals, digits and _",
        pattern=r"^[A-Z_][A-Z0-9_]*$",
    )


def credential(name: str, meaning: str, *, required: bool = True) -> dict[str, Key]:
    """The two keys for a credential: `x_env` names a variable, `x_file` a file, never both."""
    return {
        f"{name}_env": Key(
            f"the variable that holds {meaning}",
            required=required,
            allowed="the name of an environment variable, in capitals, digits and _",
            pattern=r"^[A-Z_][A-Z0-9_]*$",
            instead=f"{name}_file",
        ),
        f"{name}_file": Key(
            f"in place of `{name}_env`: the file that holds {meaning}",
            allowed="the path of a file; a relative one starts at the target file's folder",
            pattern=r"\S",
            instead=f"{name}_env",
        ),
    }


def file_key(meaning: str, *, default: str = "") -> Key:
    """The path of a file; a relative one starts at the target file's folder."""
    return Key(
        meaning,
        allowed="the path of a file; a relative one starts at the target file's folder",
        pattern=r"\S",
        default=default,
    )


def map_of(meaning: str, value: Kind = Kind.TEXT) -> Key:
    """A table whose keys are not known beforehand, and whose entries are all of one kind."""
    return Key(meaning, Kind.MAP, value=value)


def table_of(meaning: str, keys: Mapping[str, Key], *, required: bool = False) -> Key:
    """A table with these keys."""
    return Key(meaning, Kind.TABLE, required, table=keys)
