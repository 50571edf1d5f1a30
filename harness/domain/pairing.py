"""The pairing request as two state machines, one for each side.

The central side's machine is the request's; the edge keeps a copy of its own. Both have one
explicit table, and each edge of a table names the requirement that it comes from. The
published API names `Pairing`, `Paired`, `Rejected` and `Failed`; "being handed over" and
"withdrawn" have no published name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from harness.domain.errors import IllegalTransition


class RequestState(StrEnum):
    """A pairing request as the central side keeps it."""

    PENDING = "Pairing"
    HANDING_OVER = "Accepted"
    PAIRED = "Paired"
    REJECTED = "Rejected"
    WITHDRAWN = "Withdrawn"
    FAILED = "Failed"


class RequestEvent(StrEnum):
    """What happens to a request at the central side."""

    ACCEPT = "accept"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    EXPIRE = "expire"


class LocalState(StrEnum):
    """The edge's copy of a request. `SUBMITTING` and `ABANDONED` are never shown."""

    SUBMITTING = "Submitting"
    PENDING = "Pairing"
    CONFIRMING = "Confirming"
    PAIRED = "Paired"
    REJECTED = "Rejected"
    FAILED = "Failed"
    ABANDONED = "Abandoned"


class LocalEvent(StrEnum):
    """What happens to the edge's copy of a request."""

    ADMITTED = "admitted"
    NOT_ADMITTED = "not-admitted"
    CANCEL = "cancel"
    LEARNED_ACCEPTED = "learned-accepted"
    LEARNED_REJECTED = "learned-rejected"
    LEARNED_WITHDRAWN = "learned-withdrawn"
    LEARNED_FAILED = "learned-failed"
    CONFIRMED = "confirmed"


State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class StateTransition(Generic[State]):
    """One edge of a table: where it leads, and the requirement that asks for it."""

    to: State
    requirement: str


REQUEST_TRANSITIONS: Mapping[tuple[RequestState, RequestEvent], StateTransition[RequestState]] = {
    (RequestState.PENDING, RequestEvent.ACCEPT): StateTransition(
        RequestState.HANDING_OVER, "ACC-14"
    ),
    (RequestState.PENDING, RequestEvent.REJECT): StateTransition(RequestState.REJECTED, "REJ-1"),
    (RequestState.PENDING, RequestEvent.WITHDRAW): StateTransition(RequestState.WITHDRAWN, "WDR-3"),
    (RequestState.HANDING_OVER, RequestEvent.CONFIRM): StateTransition(
        RequestState.PAIRED, "ACC-12"
    ),
    (RequestState.HANDING_OVER, RequestEvent.WITHDRAW): StateTransition(
        RequestState.FAILED, "WDR-9"
    ),
    (RequestState.HANDING_OVER, RequestEvent.EXPIRE): StateTransition(RequestState.FAILED, "INV-9"),
}
"""Every way that a request can go. What is not here is refused (ACC-14, ACC-20, REJ-6)."""

LOCAL_TRANSITIONS: Mapping[tuple[LocalState, LocalEvent], StateTransition[LocalState]] = {
    (LocalState.SUBMITTING, LocalEvent.ADMITTED): StateTransition(LocalState.PENDING, "SND-3"),
    (LocalState.SUBMITTING, LocalEvent.NOT_ADMITTED): StateTransition(
        LocalState.ABANDONED, "PRE-4"
    ),
    (LocalState.SUBMITTING, LocalEvent.CANCEL): StateTransition(LocalState.ABANDONED, "WDR-4"),
    (LocalState.PENDING, LocalEvent.CANCEL): StateTransition(LocalState.ABANDONED, "WDR-3"),
    (LocalState.PENDING, LocalEvent.LEARNED_ACCEPTED): StateTransition(
        LocalState.CONFIRMING, "WDR-6"
    ),
    (LocalState.PENDING, LocalEvent.LEARNED_REJECTED): StateTransition(
        LocalState.REJECTED, "REJ-7S"
    ),
    (LocalState.PENDING, LocalEvent.LEARNED_WITHDRAWN): StateTransition(
        LocalState.ABANDONED, "WDR-3"
    ),
    (LocalState.PENDING, LocalEvent.LEARNED_FAILED): StateTransition(LocalState.FAILED, "WDR-9"),
    (LocalState.CONFIRMING, LocalEvent.CONFIRMED): StateTransition(LocalState.PAIRED, "ACC-13"),
    (LocalState.CONFIRMING, LocalEvent.LEARNED_FAILED): StateTransition(LocalState.FAILED, "INV-1"),
}
"""Every way that the edge's copy can go."""

PENDING_LOCALLY = frozenset({LocalState.SUBMITTING, LocalState.PENDING})
"""The states in which a second send meets a first one, and a cancel has something to end."""

CENTRALLY_MANAGED = frozenset({LocalState.CONFIRMING, LocalState.PAIRED})
"""The states in which no local cluster operation takes effect: the host has learned of the
acceptance, and either has told the central side so or is about to (INV-1, INV-10)."""

DECIDED = frozenset(RequestState) - {RequestState.PENDING, RequestState.HANDING_OVER}
"""The states that nothing leads out of."""


def next_request_state(state: RequestState, event: RequestEvent) -> RequestState:
    """Where the event leads.

    Raises:
        IllegalTransition: the table has no such edge.
    """
    return _step(REQUEST_TRANSITIONS, state, event)


def next_local_state(state: LocalState, event: LocalEvent) -> LocalState:
    """Where the event leads the edge's copy.

    Raises:
        IllegalTransition: the table has no such edge.
    """
    return _step(LOCAL_TRANSITIONS, state, event)


def _step(
    table: Mapping[tuple[State, Event], StateTransition[State]], state: State, event: Event
) -> State:
    edge = table.get((state, event))
    if edge is None:
        raise IllegalTransition(f"a request that is {state.value} knows no {event.value}")
    return edge.to
