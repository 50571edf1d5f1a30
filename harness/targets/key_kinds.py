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
    NAMES = "a list of names"
    TABLE = "a table"
    TABLES = "a list of tables"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what it means and what it may hold.

    Attributes:
        meaning: what the key says, for the page.
        kind: what it holds.
        required: whether its table makes no sense without it.
        allowed: what a text must be, in words; goes with `pattern`.
        pattern: a regular expression (as JSON Schema has them) that a text must contain.
        names: what a list may name; each at most once.
        maximum: the most that a number may be; seconds are above 0, counts at least 0.
        default: what holds without the key, in words.
        table: the keys of a table, or of each table of a list.
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

    def in_words(self) -> str:
        """What is allowed, for a message."""
        if self.allowed:
            return self.allowed
        if self.names:
            return f"{self.kind.value}, from {', '.join(self.names)}"
        if self.kind is Kind.SECONDS:
            return f"a number of seconds above 0 and at most {self.maximum:g}"
        if self.kind is Kind.COUNT:
            return f"a whole number from 0 to {self.maximum:g}"
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


def table_of(meaning: str, keys: Mapping[str, Key], *, required: bool = False) -> Key:
    """A table with these keys."""
    return Key(meaning, Kind.TABLE, required, table=keys)
