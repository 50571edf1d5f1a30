"""What can be done to connections between edge hosts and Palette, and what can go wrong with it.

PairproofError
+-- LinkError            a link cannot be cut, or mended: what, and what to do
    +-- ProxyCannotListen  the proxy's address cannot be listened on
    +-- ProxyDied          the fault proxy has ended, though nobody closed it
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from harness.domain.arrangements import ANSWERS, MessageFault
from harness.domain.errors import PairproofError


class LinkError(PairproofError):
    """A link cannot be cut, or mended; the message says what to do."""


class ProxyCannotListen(LinkError):
    """The proxy's address cannot be listened on; the message says which and why."""


class ProxyDied(LinkError):
    """The fault proxy has ended, though nobody closed it, so nothing reaches Palette any more."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the fault proxy has ended: {why}; what was judged since then is worth nothing, so"
            " start the run again"
        )
        self.why = why


EVERYONE = ""
"""As a source: whoever connects, from whatever address."""


class CutForm(StrEnum):
    """How a link that is down looks from the edge."""

    CLOSED = "closed"
    """Connecting is refused. For one source of several it is `RESET`: a port listens to all."""
    RESET = "reset"
    """Connections are taken and reset at once."""
    SILENT = "silent"
    """Connections are taken, what they say is swallowed, and nothing is ever answered. So it is
    with those that stand already; when the link is mended, they are reset."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What happens to every message of a source: millionths that are lost before or after their
    effect, those that are answered here, with any of `answers`, and microseconds by which each is
    held back. Where it is `half_open`, what arrives is never answered, and its connection stays.
    """

    lost_before: int = 0
    lost_after: int = 0
    held: int = 0
    answered: int = 0
    answers: tuple[MessageFault, ...] = ANSWERS
    half_open: bool = False


@dataclass(slots=True)
class TrafficCounts:
    """What came over a proxy so far, from one source or from all. The proxy's own grow; bytes of
    open connections are added on reading.

    Attributes:
        connections: taken, those that a fault ended at once included.
        open: of them, those that stand now.
        request_bytes, response_bytes: read from the edge, and from Palette.
        swallowed_bytes: of both, those that a fault kept.
        unreachable: connections for which Palette could not be reached.
        messages: requests that could be told apart; 0 where TLS passes through.
        spoiled: of them, those that were lost, repeated, held back or answered with an error.
    """

    connections: int = 0
    open: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    swallowed_bytes: int = 0
    unreachable: int = 0
    messages: int = 0
    spoiled: int = 0

    @property
    def passed_bytes(self) -> int:
        """What was read and not kept."""
        return self.request_bytes + self.response_bytes - self.swallowed_bytes

    def __add__(self, other: TrafficCounts) -> TrafficCounts:
        return TrafficCounts(*(getattr(self, f) + getattr(other, f) for f in self.__slots__))
