"""How a host's message reaches the central side, as the core sees it, and how a flow is run: each
stretch between two calls is one transaction of the store.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from harness.domain.operations import AgentOperation, Reply
from harness.reference.core.store import Store


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


Result = TypeVar("Result")


def advance(
    flow: Generator[Call, TimedReply, Result], answer: TimedReply | None, store: Store
) -> tuple[Call | None, Result | None]:
    """Run a flow to its next call, or to its end, in one transaction.

    Returns the call to carry, or `None` and the flow's result.

    Raises:
        Refusal: a rule said no; this stretch has left nothing behind.
    """
    with store.transaction():
        try:
            return (next(flow) if answer is None else flow.send(answer)), None
        except StopIteration as stop:
            return None, stop.value


def run(
    flow: Generator[Call, TimedReply, Result],
    store: Store,
    carry: Callable[[Call], TimedReply],
    exclusive: AbstractContextManager[object],
) -> Result | None:
    """Run a flow to its end. `exclusive` is held during a stretch, not while a call is out."""
    answer: TimedReply | None = None
    while True:
        with exclusive:
            call, result = advance(flow, answer, store)
        if call is None:
            return result
        answer = carry(call)
