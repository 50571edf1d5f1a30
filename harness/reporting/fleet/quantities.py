"""How numbers, durations and rates are written where people read them."""

from __future__ import annotations

from typing import Final

MILLISECOND: Final = 1_000
SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_UNITS: Final = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def duration(microseconds: int) -> str:
    """`0`, `85 µs`, `40.2 ms`, `3.25 s`, `12 min 5 s`, `1 d 6 h`: three digits or two units.

    Rounded down, so that what took less than a minute never reads as one.
    """
    if microseconds >= MINUTE:
        return _in_two_units(microseconds)
    for unit, name in ((SECOND, "s"), (MILLISECOND, "ms")):
        if microseconds >= unit:
            return f"{_three_digits(microseconds * 1_000 // unit)} {name}"
    return f"{microseconds} µs" if microseconds else "0"


def brief(microseconds: int) -> str:
    """`36 min`, `10.5 h`: three digits of one unit, rounded down, where there is little room."""
    for unit, name in _UNITS:
        if microseconds >= unit:
            return f"{_three_digits(microseconds * 1_000 // unit)} {name}"
    return duration(microseconds)


def _in_two_units(microseconds: int) -> str:
    place = next(i for i, (unit, _) in enumerate(_UNITS) if microseconds >= unit)
    unit, name = _UNITS[place]
    smaller, its_name = _UNITS[place + 1]
    whole, rest = microseconds // unit, microseconds % unit // smaller
    return f"{whole} {name} {rest} {its_name}" if rest else f"{whole} {name}"


def _three_digits(thousandths: int) -> str:
    """Three digits of what is at least 1, without zeros at its end."""
    unit = 10 if thousandths < 10_000 else 100 if thousandths < 100_000 else 1_000
    return f"{thousandths // unit * unit / 1_000:g}"


def number(value: float) -> str:
    """`1,204`, `0.25`: whole and large numbers to the last digit, others to three."""
    if value == int(value) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def exact(value: float) -> str:
    """`4,999.6`, `0.868613`: six digits at least, so that it can be held against a bound."""
    digits = max(6 - len(f"{int(abs(value)) or ''}"), 0)
    whole, _, rest = f"{value:,.{digits}f}".partition(".")
    return f"{whole}.{rest}".rstrip("0").rstrip(".") if rest else whole


def short(value: float) -> str:
    """Where there is little room: `950`, `9,500`, `25k`, `432M`; three digits of what is large."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= max(unit, 10_000):
            return f"{number(value / unit)}{name}"
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"
