"""Running a flow: each stretch between two calls is one transaction of the store."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import TypeVar

from harness.reference.core.link import Call, TimedReply
from harness.reference.core.store import Store

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
