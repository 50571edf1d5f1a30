"""What can go wrong between a load and its target.

PairproofError
+-- TooFewFiles    this machine does not let the process have as many connections
+-- LoadError      a request without a whole answer
    +-- NotSent    not a byte of it left: it definitely did not happen
    +-- NoAnswer   it was sent, or may have been: whether it happened is unknown
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.errors import PairproofError


@dataclass(frozen=True, slots=True)
class Times:
    """When a request was to start, was sent, and its first and last byte came.

    Nanoseconds on the client's clock; 0 for what it did not get to. Its latency is `end_ns -
    intended_ns`: a request that could not leave in time has been late, and is not left out.
    """

    intended_ns: int = 0
    sent_ns: int = 0
    first_ns: int = 0
    end_ns: int = 0


class TooFewFiles(PairproofError):
    """The limit of open files is too low for the connections asked for; says what to do."""


class LoadError(PairproofError):
    """A request without a whole answer: why, and when it got how far."""

    def __init__(self, why: str, times: Times = Times()) -> None:
        super().__init__(why, times)
        self.why = why
        self.times = times

    def __str__(self) -> str:
        return self.why


class NotSent(LoadError):
    """Not a byte of the request left. It may be sent again without doing anything twice."""


class NoAnswer(LoadError):
    """The request was sent, or may have been, and no whole answer came: the outcome is unknown."""
