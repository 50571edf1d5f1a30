"""What a proxy has seen, so that a link that was cut without anybody trying it is known."""

from __future__ import annotations

from dataclasses import dataclass

from harness.targets.links.faults import LinkFault


@dataclass(frozen=True, slots=True)
class Counts:
    """What came over a proxy so far, from one source or from all.

    Attributes:
        connections: taken, those that a fault ended at once included.
        open: of them, those that stand now.
        request_bytes, response_bytes: read from the edge, and from Palette.
        unreachable: connections for which Palette could not be reached.
        messages: requests that could be told apart; 0 where TLS passes through.
        spoiled: of them, those that were lost, repeated, held back or answered with an error.
    """

    connections: int = 0
    open: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    unreachable: int = 0
    messages: int = 0
    spoiled: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f) + getattr(other, f) for f in self.__slots__))


@dataclass(slots=True)
class Tally:
    """The counts of one source as they grow; bytes of open connections are added on reading."""

    connections: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    unreachable: int = 0
    messages: int = 0
    spoiled: int = 0


@dataclass(slots=True)
class Episode:
    """One fault from its beginning to its end.

    Attributes:
        fault, source: what was done, and to whom.
        effects: times that it hit something: a connection, or bytes on their way.
        connections: attempts to connect while it lasted, seen or not: a port that is closed
            does not see who knocks, so there the number is -1.
    """

    fault: LinkFault
    source: str
    effects: int = 0
    connections: int = 0

    @property
    def was_noticed(self) -> bool | None:
        """Whether anything met it; `None` where nobody can tell."""
        if self.effects:
            return True
        return None if self.connections < 0 else False
