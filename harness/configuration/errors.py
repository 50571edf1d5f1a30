"""What can be wrong with a file of a user's.

PairproofError
+-- ConfigurationError   a file cannot be used; each kind of file has one of its own
+-- Misspelt             one value is no duration, share, day ... (caught where its place is known)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Self

from harness.configuration.toml_lines import Path, dotted, line_in, lines_of
from harness.domain.errors import PairproofError

_SHOWN_MAX = 20
_VALUE_MAX = 60
_NUMBER_MAX = 10**18


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong at a path, and what to do."""

    path: Path
    found: str
    remedy: str


@dataclass(frozen=True, slots=True)
class PlacedFlaw:
    """A flaw with its place in a file: `line` from 1, or 0 where the whole file is meant."""

    line: int
    key: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key + ': ' if self.key else ''}{self.found}; {self.remedy}"

    def of_file(self, source: str) -> str:
        """The line about it in a message."""
        return f"{source}{f':{self.line}' if self.line else ''}: {self}"


class ConfigurationError(PairproofError):
    """A file cannot be used. Its text has a line for each mistake, the first ones of many, in order
    of lines.
    """

    def __init__(self, source: str, mistakes: Iterable[PlacedFlaw]) -> None:
        self.source = source
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        shown = [mistake.of_file(source) for mistake in self.mistakes[:_SHOWN_MAX]]
        if more := self.mistakes[_SHOWN_MAX:]:
            shown.append(f"{source}: and {len(more)} more")
        super().__init__("\n".join(shown))

    @classmethod
    def whole(cls, source: str, line: int, found: str, remedy: str) -> Self:
        """Of one mistake that no key can be told of."""
        return cls(source, [PlacedFlaw(line, "", found, remedy)])

    @classmethod
    def of(cls, source: str, text: str, flaws: Iterable[Flaw]) -> Self:
        """Of all flaws of a text in TOML; of values that come from no text, without lines."""
        lines = lines_of(text)
        placed = (
            PlacedFlaw(
                line_in(lines, flaw.path) if text else 0, dotted(flaw.path), flaw.found, flaw.remedy
            )
            for flaw in flaws
        )
        return cls(source, placed)


class Misspelt(PairproofError, ValueError):
    """A value does not say what its key takes."""

    def __init__(self, found: str, remedy: str) -> None:
        self.found = found
        self.remedy = remedy
        super().__init__(f"{found}; {remedy}")


def literal(value: object) -> str:
    """A value of a file, for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    if isinstance(value, int) and abs(value) > _NUMBER_MAX:
        return "a very large number"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _VALUE_MAX else f"{text[:_VALUE_MAX]}…"


_SECRETIVE: Final = re.compile(r"passw|secret|token|api_?key|_env$", re.IGNORECASE)


def describe_value(value: object, path: Path) -> str:
    """A value for a message; not where it might be a secret that stands in the wrong place."""
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    if isinstance(value, str) and (_SECRETIVE.search(name) or "@" in value):
        return "something else"
    return literal(value)


def nearest(name: str, names: Iterable[str], otherwise: str = "remove it") -> str:
    """What to do about a name that there is not: take the one that looks like it."""
    near = like(name, names)
    return f"did you mean {near}?" if near else otherwise


def like(name: str, names: Iterable[str]) -> str:
    """The one of the names that this one looks like; empty, if it looks like none."""
    return next(iter(get_close_matches(name, list(names), n=1)), "")
