"""How long things may take: named limits, each with a default and a stated maximum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import isfinite

from harness.catalogue.errors import LimitOutOfRange, UnknownName

DAY_S = 86_400.0
"""A day in seconds."""


def _limit(default_s: float, maximum_s: float, meaning: str) -> float:
    about = {"default_s": default_s, "maximum_s": maximum_s, "meaning": meaning}
    return field(default=default_s, metadata=about)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a run, all in seconds. A target file may raise each up to its maximum.

    Raises:
        LimitOutOfRange: a value is no finite number, or not within its bounds.
    """

    await_s: float = _limit(
        5.0,
        60.0,
        "what must become true has to be seen within this time; where there was a fault, `settle_s`"
        " is for that",
    )
    stays_s: float = _limit(0.25, 60.0, "what must stay true is watched for this long")
    answer_s: float = _limit(
        30.0,
        120.0,
        "an operation without an answer by then has an unknown outcome; also the bound for an"
        " endpoint that stays silent (PRE-6)",
    )
    list_lag_s: float = _limit(
        5.0, 60.0, "a central list may lag this far behind an acknowledged change (INV-8)"
    )
    edge_lag_s: float = _limit(
        5.0, 60.0, "the edge's copy may lag this far behind a central decision (INV-8)"
    )
    settle_s: float = _limit(
        30.0, 60.0, "after the last fault has healed, everything has settled by then (INV-9)"
    )
    poll_s: float = _limit(0.05, 5.0, "the pause between two looks while waiting or watching")
    login_s: float = _limit(
        70 * DAY_S,
        300 * DAY_S,
        "a login to Palette is over once its clock is put forward by this (ACC-1, REJ-3)",
    )
    waits_s: float = _limit(
        7 * DAY_S,
        70 * DAY_S,
        "a pairing request that nobody decides waits at least so long: by this Palette's clock is"
        " put forward (SND-11, WDR-5, INV-2)",
    )

    expiry_s: float = _limit(
        1.0,
        600.0,
        "by so long a registration token may end before its expiry by Palette's clock, or after it:"
        " a time may be rounded, and clocks may differ (PRE-4)",
    )

    def __post_init__(self) -> None:
        for kind in limit_kinds():
            value = _seconds(kind, getattr(self, kind.name))
            # The one way to normalise a field of a frozen dataclass: 5 becomes 5.0.
            object.__setattr__(self, kind.name, value)

    @classmethod
    def from_mapping(cls, given: Mapping[str, object]) -> Limits:
        """The default limits with those of `given` in their place.

        Raises:
            UnknownName: a key is not the name of a limit.
            LimitOutOfRange: a value is no finite number, or not within its bounds.
        """
        kinds = {kind.name: kind for kind in limit_kinds()}
        for name in given:
            if name not in kinds:
                raise UnknownName("limit", name, kinds)
        return cls(**{name: _seconds(kinds[name], value) for name, value in given.items()})

    def as_dict(self) -> dict[str, float]:
        """The limits by name, in the order in which they are declared."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LimitKind:
    """What a limit is: its name, which ends in its unit, its bounds and its meaning."""

    name: str
    default_s: float
    maximum_s: float
    meaning: str


def limit_kinds() -> tuple[LimitKind, ...]:
    """Every limit there is, in the order of `Limits`."""
    return _KINDS


_KINDS = tuple(LimitKind(f.name, **f.metadata) for f in fields(Limits))


def _seconds(kind: LimitKind, given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise LimitOutOfRange(kind.name, given, kind.maximum_s)
    if not (isfinite(given) and 0 < given <= kind.maximum_s):
        raise LimitOutOfRange(kind.name, given, kind.maximum_s)
    return float(given)
