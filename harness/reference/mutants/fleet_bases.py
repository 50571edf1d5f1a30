"""What several mutants of the lane `fleet` have in common. Nothing here is declared.

What a core keeps beside its store is memory: a restart of its side wipes it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from harness.domain.draws import Draws
from harness.domain.errors import Refused
from harness.domain.operations import (
    AgentOperation,
    CentralOperation,
    Credentials,
    Done,
    LocalOperation,
)
from harness.domain.pairing import RequestEvent
from harness.reference.core.central import CentralCore
from harness.reference.core.choices import CentralChoices, EdgeChoices
from harness.reference.core.edge import EdgeFlow
from harness.reference.core.edge_flows import EdgeCore, Work
from harness.reference.core.link import Answer, Call
from harness.reference.core.records import PairingRequest
from harness.reference.core.store import Store

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

Result = TypeVar("Result")


class Timed(CentralCore):
    """Knows in every rule what time it is, and when each request was last decided."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.now = 0
        self.stepped: dict[str, tuple[int, RequestEvent, PairingRequest]] = {}
        """By pairing id: when it took which edge of the table, and what it was before."""

    def perform(
        self,
        operation: CentralOperation | AgentOperation,
        credentials: Credentials,
        now: int,
        draws: Draws,
    ) -> Done | Refused:
        self.now = now
        return super().perform(operation, credentials, now, draws)

    def step(self, request: PairingRequest, event: RequestEvent) -> PairingRequest:
        stepped = super().step(request, event)
        self.stepped[request.pairing_uid] = self.now, event, request
        return stepped

    def is_older(self, request: PairingRequest, than: int) -> bool:
        """Whether a request was admitted so long ago, in microseconds."""
        return self.now - request.created > than


class TimedEdge(EdgeCore):
    """Knows from each answer what time it is."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.now = 0
        self.since: dict[str, int] = {}
        """When something began that goes on since, by whatever it is about."""
        self.given_up: set[str] = set()
        """The pairing ids of requests that their hosts ask after no more."""

    def perform(
        self,
        host_uid: str,
        operation: LocalOperation,
        credentials: Credentials,
        now: int,
        draws: Draws,
    ) -> EdgeFlow:
        self.now = now
        flow = super().perform(host_uid, operation, credentials, now, draws)
        return (yield from self._timed(flow))

    def follow(self, slot: str) -> Work:
        yield from self._timed(super().follow(slot))

    def _timed(self, flow: Generator[Call, Answer, Result]) -> Generator[Call, Answer, Result]:
        answer: Answer | None = None
        while True:
            try:
                call = next(flow) if answer is None else flow.send(answer)
            except StopIteration as stop:
                result: Result = stop.value
                return result
            answer = yield call
            self.now = answer.now

    def lasts(self, about: str, is_so: bool) -> int:
        """How long it has been so, in microseconds; 0 where it is not."""
        if not is_so:
            self.since.pop(about, None)
            return 0
        return self.now - self.since.setdefault(about, self.now)
