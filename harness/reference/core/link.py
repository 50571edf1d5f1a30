"""How a host's message reaches the central side, as the core sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from harness.domain.operations import AgentOperation, Reply


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """The message definitely did not arrive: the name, the connection or TLS failed."""

    why: str


LinkReply = Reply | NotDelivered


@dataclass(frozen=True, slots=True)
class Call:
    """A message that a rule asks to be carried.

    `point` names what the rule has committed when the call goes out; a crash "at a point"
    is one after this commit and before the answer.
    """

    point: str
    host_uid: str
    base_url: str
    insecure: bool
    operation: AgentOperation


@dataclass(frozen=True, slots=True)
class TimedReply:
    """What a call brought, and when. `now` is in microseconds."""

    reply: LinkReply
    now: int


class Link(Protocol):
    """Carries a host's message to whatever is at an address."""

    def carry(
        self, host_uid: str, base_url: str, insecure: bool, operation: AgentOperation
    ) -> LinkReply:
        """Deliver and wait for the answer; bounded in time, never raises for the network."""
