"""What the keys of a scenario hold: how each kind is read, judged, written and described.

A kind turns a value of a TOML file into that of `harness.fleet.scenario` and back, says what is
wrong with it, and describes it as JSON Schema and in words. The keys themselves are declared in
`harness.fleet.keys`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from harness.fleet import spelling
from harness.fleet.mistakes import Flaw, Misspelt, literal, nearest
from harness.fleet.scenario import Distribution, Spread
from harness.history.operation import Json

LONGEST: Final = 366 * spelling.DAY
_PPM_SLOTS: Final = 6
_MILLI_SLOTS: Final = 3
_ESCAPES: Final = {"\x7f": "\\u007f"}


class ScenarioKeyKind(Protocol):
    """What a key may hold."""

    @property
    def words(self) -> str:
        """What is allowed, for messages and for the page."""

    def read(self, value: object) -> object:
        """The scenario's value. Raises `Misspelt`."""

    def flaws(self, value: object) -> Iterator[Flaw]:
        """What is wrong with a scenario's value; paths begin at the key."""

    def text(self, value: object) -> str:
        """The scenario's value as TOML."""

    def schema(self) -> dict[str, Json]:
        """The value of a file as JSON Schema."""


def toml_text(text: str) -> str:
    """A text as a basic string of TOML."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(_ESCAPES.get(letter, letter) for letter in quoted)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that holds something; with `pattern`, one that is wholly like it."""

    pattern: str = r"\S"
    words: str = "a text that is not blank"

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise Misspelt(f"{literal(value)} is no text", f"write {self.words}, in quotes")
        return value

    def flaws(self, value: object) -> Iterator[Flaw]:
        if not re.search(self.pattern, str(value)):
            yield Flaw((), f"{literal(value)} does not do", f"write {self.words}")

    def text(self, value: object) -> str:
        return toml_text(str(value))

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": self.pattern}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    words: str = "true or false"

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise Misspelt(
                f"{literal(value)} is neither true nor false", "write one, without quotes"
            )
        return value

    def flaws(self, value: object) -> Iterator[Flaw]:
        yield from ()

    def text(self, value: object) -> str:
        return "true" if value else "false"

    def schema(self) -> dict[str, Json]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds."""

    least: int
    most: int

    @property
    def words(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def read(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Misspelt(f"{literal(value)} is no whole number", f"write {self.words}")
        return value

    def flaws(self, value: object) -> Iterator[Flaw]:
        if not (isinstance(value, int) and self.least <= value <= self.most):
            yield Flaw((), f"{literal(value)} is out of bounds", f"write {self.words}")

    def text(self, value: object) -> str:
        return str(value)

    def schema(self) -> dict[str, Json]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few names."""

    names: type[StrEnum] | tuple[str, ...]

    @property
    def words(self) -> str:
        return f"one of {', '.join(self.names)}"

    def read(self, value: object) -> str:
        if not isinstance(value, str) or value not in tuple(self.names):
            near = nearest(value, self.names, "") if isinstance(value, str) else ""
            raise Misspelt(f"there is no {literal(value)} here", near or f"write {self.words}")
        return value if isinstance(self.names, tuple) else self.names(value)

    def flaws(self, value: object) -> Iterator[Flaw]:
        if value not in tuple(self.names):
            yield Flaw((), f"there is no {literal(value)} here", f"write {self.words}")

    def text(self, value: object) -> str:
        return toml_text(str(value))

    def schema(self) -> dict[str, Json]:
        return {"enum": [str(name) for name in self.names]}


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration within bounds. `zero` is the word for 0, where that has a meaning of its own."""

    least: int = 0
    most: int = LONGEST
    zero: str = ""

    @property
    def words(self) -> str:
        bounds = f"from {spelling.duration_text(self.least)} to {spelling.duration_text(self.most)}"
        return f"a duration {bounds}{_or(self.zero)}"

    def read(self, value: object) -> int:
        return 0 if self.zero and value == self.zero else spelling.duration(value)

    def flaws(self, value: object) -> Iterator[Flaw]:
        is_zero = bool(self.zero) and value == 0
        if not is_zero and not (isinstance(value, int) and self.least <= value <= self.most):
            told = self.text(value) if isinstance(value, int) else literal(value)
            yield Flaw((), f"{told} is out of bounds", f"write {self.words}")

    def text(self, value: object) -> str:
        if self.zero and value == 0:
            return toml_text(self.zero)
        return toml_text(spelling.duration_text(int(str(value))))

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": _whole(spelling.DURATION_PATTERN, self.zero)}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A spread of durations within bounds. `none` is the word for `None`, where that may be."""

    least: int = 0
    most: int = LONGEST
    none: str = ""

    @property
    def words(self) -> str:
        bounds = f"from {spelling.duration_text(self.least)} to {spelling.duration_text(self.most)}"
        return f"a spread of durations {bounds}{_or(self.none)}"

    def read(self, value: object) -> Spread | None:
        return None if self.none and value == self.none else spelling.spread(value)

    def flaws(self, value: object) -> Iterator[Flaw]:
        if not isinstance(value, Spread):
            return
        low = value.high if value.shape is Distribution.EXPONENTIAL else value.low
        if low > value.high:
            yield Flaw(
                (),
                f"{self.text(value)} begins with the longer duration",
                "write the shorter one first",
            )
        elif not self.least <= low <= value.high <= self.most:
            yield Flaw((), f"{self.text(value)} is out of bounds", f"write {self.words}")
        if value.shape is Distribution.EXPONENTIAL and value.low:
            yield Flaw((), "an exponential spread has no lower end", "let it be 0")

    def text(self, value: object) -> str:
        return toml_text(spelling.spread_text(value) if isinstance(value, Spread) else self.none)

    def schema(self) -> dict[str, Json]:
        return {"type": "string", "pattern": _whole(spelling.SPREAD_PATTERN, self.none)}


def _or(word: str) -> str:
    return f', or "{word}"' if word else ""


def _whole(pattern: str, word: str) -> str:
    return f"^(?:{pattern}{'|' + word if word else ''})$"


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number: a whole multiple of the last of `slots` decimal places."""

    slots: int
    least: int
    most: int
    noun: str

    @property
    def words(self) -> str:
        least, most = (spelling.number_text(bound, self.slots) for bound in (self.least, self.most))
        return f"{self.noun} from {least} to {most}, with at most {self.slots} decimal places"

    def read(self, value: object) -> int:
        return spelling.scaled(value, self.slots)

    def flaws(self, value: object) -> Iterator[Flaw]:
        if not (isinstance(value, int) and self.least <= value <= self.most):
            told = self.text(value) if isinstance(value, int) else literal(value)
            yield Flaw((), f"{told} is out of bounds", f"write {self.words}{self._percent(value)}")

    def _percent(self, value: object) -> str:
        """A hint for who writes shares in percent."""
        if self is SHARE and isinstance(value, int) and self.most < value <= 100 * self.most:
            return f": {self.text(value)} % is {self.text(value // 100)}"
        return ""

    def text(self, value: object) -> str:
        return spelling.number_text(int(str(value)), self.slots)

    def schema(self) -> dict[str, Json]:
        scale = 10**self.slots
        return {"type": "number", "minimum": self.least / scale, "maximum": self.most / scale}


SHARE: Final = Number(_PPM_SLOTS, 0, 10**_PPM_SLOTS, "a share")
"""Of whatever; kept in millionths."""


def per_thousand_hosts(least: int, most: int) -> Number:
    """So many for each thousand hosts; kept in thousandths."""
    scale = 10**_MILLI_SLOTS
    return Number(_MILLI_SLOTS, least, most * scale, "a number for each thousand hosts,")
