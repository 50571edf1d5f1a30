"""How a scenario's values are written, and read: durations, spreads, and exact numbers.

Durations are whole numbers of microseconds: `250ms`, `5s`, `1h30m`. Spreads are durations that
are drawn: `20ms..80ms` (each value alike), `5m` (fixed), `~5m` (exponential, by its mean).
Numbers are kept as whole multiples of a decimal step, so that nothing is rounded.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from harness.fleet.mistakes import Misspelt, literal
from harness.fleet.scenario import HOUR, MINUTE, SECOND, Distribution, Spread

DAY: Final = 24 * HOUR
DURATION_PATTERN: Final = r"(?:[0-9]{1,15}(?:d|h|ms|us|m|s))+"
SPREAD_PATTERN: Final = rf"(?:~?{DURATION_PATTERN}|{DURATION_PATTERN}\.\.{DURATION_PATTERN})"

_UNITS: Final = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": 1_000, "us": 1}
_WRITTEN: Final = ("h", "m", "s", "ms", "us")
_PART: Final = re.compile(r"([0-9]{1,15})(d|h|ms|us|m|s)")
_DURATION: Final = re.compile(DURATION_PATTERN)
_DIGITS_MAX: Final = 24
_LIKE: Final = 'write one such as "250ms", "5s" or "1h30m" (d, h, m, s, ms, us; whole numbers)'
_SPREAD_LIKE: Final = 'write one such as "20ms..80ms", "5m" (fixed) or "~5m" (mean, exponential)'


def duration(value: object) -> int:
    """A duration, in microseconds.

    Raises:
        Misspelt: it is none.
    """
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        raise Misspelt(f"{literal(value)} has no unit", f'write "{value}s" if seconds are meant')
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise Misspelt(f"{literal(value)} is no duration", _LIKE)
    parts = _PART.findall(value)
    units = [_UNITS[unit] for _, unit in parts]
    if units != sorted(set(units), reverse=True):
        raise Misspelt(f"the units of {literal(value)} do not go down", _LIKE)
    return sum(int(count) * _UNITS[unit] for count, unit in parts)


def duration_text(microseconds: int) -> str:
    """The duration as it is written: `1h30m`."""
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
        if is_range:
            return Spread(duration(low), duration(high))
        both = duration(value)
        return Spread(both, both)
    except Misspelt as error:
        if isinstance(value, str):
            raise Misspelt(f"{literal(value)} is no spread of durations", _SPREAD_LIKE) from error
        raise


def spread_text(drawn: Spread) -> str:
    """The spread as it is written: `20ms..80ms`."""
    if drawn.shape is Distribution.EXPONENTIAL:
        return f"~{duration_text(drawn.high)}"
    if drawn.low == drawn.high:
        return duration_text(drawn.low)
    return f"{duration_text(drawn.low)}..{duration_text(drawn.high)}"


def scaled(value: object, slots: int) -> int:
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
    power = int(exponent) + len(written) - len(whole) + slots
    if power < 0:
        raise Misspelt(f"{literal(value)} is too fine", f"use at most {slots} decimal places")
    if len(whole) + power > _DIGITS_MAX:
        raise Misspelt(f"{literal(value)} is too large", "write a smaller number")
    amount: int = int(whole) * 10**power
    return -amount if sign else amount


def number_text(value: int, slots: int) -> str:
    """The number as it is written, without needless zeros."""
    whole, part = divmod(value, 10**slots)
    fraction = f"{part:0{slots}d}".rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)
