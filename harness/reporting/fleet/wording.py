"""How what is measured of a fleet is called in its reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

VIRTUAL: Final = "virtual time"
"""The time that passes in most runs."""

PERCENTILES: Final[Mapping[str, int]] = {
    "p50": 500,
    "p90": 900,
    "p99": 990,
    "p999": 999,
    "max": 1000,
}
"""The percentiles that a report gives, in thousandths."""


@dataclass(frozen=True, slots=True)
class Named:
    """A short name for a picture, and a sentence for a table."""

    short: str
    sentence: str


WAITINGS: Final[Mapping[str, Named]] = {
    "to_decide": Named("Decided", "a request, from its send to the decision on it"),
    "to_pair": Named("Paired", "a cluster, from its first send to its pairing"),
}

_FAULTS: Final[Mapping[str, Named]] = {
    "link": Named("Links down", "links of hosts were down"),
    "central": Named("Central down", "the central side was down"),
    "message": Named("Messages", "messages were lost, delayed, repeated or answered with an error"),
    "loss": Named("Loss", "messages of some hosts were likely to be lost"),
    "slow": Named("Slow", "messages of some hosts were slow"),
    "clock": Named("Clock", "a side's clock was put forward"),
    "health": Named("Unhealthy", "nodes were unhealthy"),
    "reboot": Named("Reboots", "hosts were restarting"),
}


def fault_named(what: str) -> Named:
    """How a kind of fault is called; by its own name where this version does not know it."""
    return _FAULTS.get(what, Named(what.capitalize(), what))


MARKS: Final[Mapping[bool | None, str]] = {True: "✓", False: "✗", None: "?"}
"""Whether an expression holds, does not, or could not be judged."""

_STATES: Final[Mapping[str, str]] = {
    "open": "still open",
    "accepted": "being handed over",
    "stale": "cancelled without a link, and open centrally",
    "failed": "failed after the acceptance",
}


def state_named(state: str) -> str:
    """What became of a request, in words."""
    return _STATES.get(state, state)
