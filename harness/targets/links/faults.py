"""What can be done to the connections between edge hosts and Palette, as values.

`keeps` of a fault says whether the connections that stand already live on under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EVERYONE = ""
"""As a source: whoever connects, from whatever address."""


class Way(StrEnum):
    """A direction, as HTTP sees it."""

    REQUEST = "request"
    """From the edge host to Palette."""
    RESPONSE = "response"
    """From Palette to the edge host."""


@dataclass(frozen=True, slots=True)
class LinkFault:
    """Base of all faults of a link."""


@dataclass(frozen=True, slots=True)
class Down(LinkFault):
    """Nobody listens: connecting is refused.

    For one source among several this is `Refused`, since a port listens to all or to none.
    """

    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Refused(LinkFault):
    """A connection is taken, and reset at once."""

    keeps: bool = False


@dataclass(frozen=True, slots=True)
class BlackHole(LinkFault):
    """Connections are taken, what they say is swallowed, and nothing is ever answered.

    So it is with the connections that stand already. What was swallowed is lost: when the fault
    ends, these connections are reset.
    """


@dataclass(frozen=True, slots=True)
class Slow(LinkFault):
    """Everything takes `latency` microseconds more, each way, give or take up to `jitter`."""

    latency: int
    jitter: int = 0


@dataclass(frozen=True, slots=True)
class Limited(LinkFault):
    """No more than so many bytes a second pass, each way of each connection."""

    bytes_per_s: int


@dataclass(frozen=True, slots=True)
class Reset(LinkFault):
    """A connection is reset around the byte number `size` of one way, counted from its start,
    or from when the fault began.

    `passing` (after N bytes) lets exactly `size` bytes arrive before; without it (before N
    bytes) they are swallowed, and none of them arrives. With `size=0` the first byte that comes
    resets the connection, and does not arrive.
    """

    way: Way
    size: int = 0
    passing: bool = True


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What happens to every message of a source: millionths that are lost before or after their
    effect, and microseconds by which each is held back.
    """

    lost_before: int = 0
    lost_after: int = 0
    held: int = 0
