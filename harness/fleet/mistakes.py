"""What can be wrong with a scenario.

PairproofError
+-- ScenarioError   a scenario cannot be read, or says what it may not say
+-- Misspelt        one value is no duration, spread, share ... (caught where its place is known)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from harness.domain.errors import PairproofError
from harness.targets.toml_lines import Path

_SHOWN_MAX = 20
_VALUE_MAX = 60
_NUMBER_MAX = 10**18


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong at a path, and what to do about it."""

    path: Path
    found: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ScenarioFlaw:
    """A flaw with its place in a file: `line` from 1, or 0 where the whole file is meant."""

    line: int
    key: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key + ': ' if self.key else ''}{self.found}; {self.remedy}"


class ScenarioError(PairproofError):
    """A scenario cannot be used. Its text has a line for each mistake, the first ones of many.

    Attributes:
        source: the file as it was given, or what else the scenario came from.
        mistakes: what is wrong, in order of lines.
    """

    def __init__(self, source: str, mistakes: Iterable[ScenarioFlaw]) -> None:
        self.source = source
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line))
        shown = [
            f"{source}{f':{mistake.line}' if mistake.line else ''}: {mistake}"
            for mistake in self.mistakes[:_SHOWN_MAX]
        ]
        if more := self.mistakes[_SHOWN_MAX:]:
            shown.append(f"{source}: and {len(more)} more")
        super().__init__("\n".join(shown))


class Misspelt(PairproofError):
    """A value does not say what its key takes.

    `path` leads from the key to the value, where that is inside a table or a list.
    """

    def __init__(self, found: str, remedy: str, path: Path = ()) -> None:
        self.found = found
        self.remedy = remedy
        self.path = path
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


def nearest(name: str, names: Iterable[str], otherwise: str = "remove it") -> str:
    """What to do about a name that there is not: take the one that looks like it."""
    near = get_close_matches(name, list(names), n=1)
    return f"did you mean {near[0]}?" if near else otherwise
