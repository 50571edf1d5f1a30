"""How a scenario's values are written and read: durations, spreads, and exact numbers.

Durations are whole numbers of microseconds: `250ms`, `5s`, `1h30m`. Spreads are durations that
are drawn: `20ms..80ms` (each value alike), `5m` (fixed), `~5m` (exponential, by its mean).
Numbers are kept as whole multiples of a decimal step, so that nothing is rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from harness.configuration.errors import Misspelt, literal
from harness.configuration.kinds import Node, Spelling

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
LONGEST: Final = 366 * DAY


class Distribution(StrEnum):
    """How a duration is drawn."""

    UNIFORM = "uniform"
    """Every value from `low` to `high` alike; `low == high` is fixed. Written `20ms..80ms`."""
    EXPONENTIAL = "exponential"
    """With the mean `high`, and at most ten times that. Written `~5m`."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A duration that is drawn each time, in microseconds."""

    low: int
    high: int
    shape: Distribution = Distribution.UNIFORM


def fixed(duration: int) -> Spread:
    """Always this duration."""
    return Spread(duration, duration)


_UNITS: Final = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": 1_000, "us": 1}
_WRITTEN: Final = ("h", "m", "s", "ms", "us")
_PART: Final = re.compile(r"([0-9]{1,15})(d|h|ms|us|m|s)")
_DURATION: Final = r"(?:[0-9]{1,15}(?:d|h|ms|us|m|s))+"
_SPREAD: Final = rf"(?:~?{_DURATION}|{_DURATION}\.\.{_DURATION})"
_DIGITS_MAX: Final = 24
_LIKE: Final = 'write one such as "250ms", "5s" or "1h30m" (d, h, m, s, ms, us; whole numbers)'
_SPREAD_LIKE: Final = 'write one such as "20ms..80ms", "5m" (fixed) or "~5m" (mean, exponential)'


def duration(value: object) -> int:
    """A duration, in microseconds. Raises `Misspelt` if it is none."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        raise Misspelt(f"{literal(value)} has no unit", f'write "{value}s" if seconds are meant')
    if not isinstance(value, str) or not re.fullmatch(_DURATION, value):
        raise Misspelt(f"{literal(value)} is no duration", _LIKE)
    parts = _PART.findall(value)
    units = [_UNITS[unit] for _, unit in parts]
    if units != sorted(set(units), reverse=True):
        raise Misspelt(f"the units of {literal(value)} do not go down", _LIKE)
    return sum(int(count) * _UNITS[unit] for count, unit in parts)


def duration_text(microseconds: int) -> str:
    """The duration as it is written: `1h30m`."""
    if microseconds < 0:
        return f"-{duration_text(-microseconds)}"
    text = ""
    for unit in _WRITTEN:
        count, microseconds = divmod(microseconds, _UNITS[unit])
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def spread(value: object) -> Spread:
    """A duration that is drawn.

    Raises:
        Misspelt: it is none, or its ends are the wrong way round.
    """
    text = value if isinstance(value, str) else ""
    low, is_range, high = text.partition("..")
    try:
        if text.startswith("~"):
            return Spread(0, duration(text[1:]), Distribution.EXPONENTIAL)
        if not is_range:
            return fixed(duration(value))
        drawn = Spread(duration(low), duration(high))
    except Misspelt as error:
        if isinstance(value, str):
            raise Misspelt(f"{literal(value)} is no spread of durations", _SPREAD_LIKE) from error
        raise
    if drawn.low > drawn.high:
        told = f"{literal(value)} begins with the longer duration"
        raise Misspelt(told, "write the shorter one first")
    return drawn


def spread_text(drawn: Spread) -> str:
    """The spread as it is written: `20ms..80ms`."""
    if drawn.shape is Distribution.EXPONENTIAL:
        return f"~{duration_text(drawn.high)}"
    if drawn.low == drawn.high:
        return duration_text(drawn.low)
    return f"{duration_text(drawn.low)}..{duration_text(drawn.high)}"


def scaled(value: object, places: int) -> int:
    """A number as a whole multiple of the last of so many decimal places.

    Raises:
        Misspelt: it is no number, or a finer one, or one beyond any use.
    """
    number = Decimal("NaN")
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
    if not number.is_finite():
        raise Misspelt(f"{literal(value)} is no number", "write one such as 0.05")
    sign, digits, exponent = number.as_tuple()
    written = "".join(map(str, digits)).lstrip("0")
    whole = written.rstrip("0")
    if not whole:
        return 0
    power = int(exponent) + len(written) - len(whole) + places
    if power < 0:
        raise Misspelt(f"{literal(value)} is too fine", f"use at most {places} decimal places")
    if len(whole) + power > _DIGITS_MAX:
        raise Misspelt(f"{literal(value)} is too large", "write a smaller number")
    amount: int = int(whole) * 10**power
    return -amount if sign else amount


def number_text(value: int, places: int) -> str:
    """The number as it is written, without needless zeros."""
    return f"{Decimal(value).scaleb(-places).normalize():f}"


# --- what a key may hold ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Duration(Spelling):
    """A duration within bounds. `zero` is the word for 0, where that has a meaning of its own."""

    least: int = 0
    most: int = LONGEST
    zero: str = ""

    @property
    def words(self) -> str:
        return f"a duration {_bounds(self.least, self.most, self.zero)}"

    @property
    def form(self) -> Node:
        return _form(_DURATION, self.zero)

    def read(self, value: object) -> int:
        lasts = 0 if self.zero and value == self.zero else duration(value)
        if not self.least <= lasts <= self.most and not (self.zero and lasts == 0):
            raise Misspelt(f"{literal(value)} is out of bounds", f"write {self.words}")
        return lasts

    def write(self, value: int | None) -> str | None:
        if value is None:
            return None
        return self.zero if self.zero and not value else duration_text(value)


@dataclass(frozen=True, slots=True)
class Drawn(Spelling):
    """A spread of durations within bounds. `none` is the word for `None`, where that may be."""

    least: int = 0
    most: int = LONGEST
    none: str = ""

    @property
    def words(self) -> str:
        return f"a spread of durations {_bounds(self.least, self.most, self.none)}"

    @property
    def form(self) -> Node:
        return _form(_SPREAD, self.none)

    def read(self, value: object) -> Spread | None:
        if self.none and value == self.none:
            return None
        drawn = spread(value)
        low = drawn.high if drawn.shape is Distribution.EXPONENTIAL else drawn.low
        if not self.least <= low <= drawn.high <= self.most:
            raise Misspelt(f"{literal(value)} is out of bounds", f"write {self.words}")
        return drawn

    def write(self, value: Spread | None) -> str | None:
        return (self.none or None) if value is None else spread_text(value)


@dataclass(frozen=True, slots=True)
class Number(Spelling):
    """An exact number within bounds, kept as a whole multiple of the last decimal place."""

    places: int
    least: int
    most: int
    noun: str

    @property
    def words(self) -> str:
        bounds = f"from {self.least} to {self.most}"
        return f"{self.noun} {bounds}, with at most {self.places} decimal places"

    @property
    def form(self) -> Node:
        return {"type": "number", "minimum": self.least, "maximum": self.most}

    def read(self, value: object) -> int:
        number, unit = scaled(value, self.places), 10**self.places
        if self.least * unit <= number <= self.most * unit:
            return number
        is_percent = self.most == 1 and unit < number <= 100 * unit
        hint = f": {literal(value)} % is {number_text(number, self.places + 2)}"
        told = f"{literal(value)} is out of bounds"
        raise Misspelt(told, f"write {self.words}{hint if is_percent else ''}")

    def write(self, value: int) -> Decimal:
        return Decimal(value).scaleb(-self.places)


def _bounds(least: int, most: int, word: str) -> str:
    other = f', or "{word}"' if word else ""
    return f"from {duration_text(least)} to {duration_text(most)}{other}"


def _form(pattern: str, word: str) -> Node:
    return {"type": "string", "pattern": f"^(?:{pattern}{'|' + word if word else ''})$"}
