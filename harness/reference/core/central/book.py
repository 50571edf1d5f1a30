"""The book of pairing requests at the central side, and the one way to change an entry."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.domain.errors import IllegalTransition, Reason, Refusal
from harness.domain.pairing import RequestEvent, RequestState, next_request_state
from harness.reference.core.central.access import AccessRules
from harness.reference.core.records import CentralCluster, PairingRequest

_HANDING_OVER: Final = RequestState.HANDING_OVER
"""A name of the module: every look at a request asks, and looking it up in the enum is slow."""


class RequestBook(AccessRules):
    """Finds requests as they are now, and takes them along the table of transitions."""

    def visible(self, pairing_uid: str, scope: str, now: int) -> PairingRequest:
        """The request of this id, if it can be seen from the scope (ACC-20, REJ-6)."""
        request = self.current(pairing_uid, now)
        if request is None or not self.belongs(request.project_uid, scope):
            raise self.no_request(pairing_uid)
        return request

    def current(self, pairing_uid: str, now: int) -> PairingRequest | None:
        """The request as it is now: an acceptance that waited too long has failed (INV-9)."""
        request = self.store.get(PairingRequest, pairing_uid)
        if request is not None and self.handover_is_over(request, now):
            return self.step(request, RequestEvent.EXPIRE)
        return request

    def handover_is_over(self, request: PairingRequest, now: int) -> bool:
        """Whether an acceptance has waited for its host for too long, or the clock was put back by
        more than that: it would wait as much longer.
        """
        waiting = request.state is _HANDING_OVER
        return waiting and abs(now - request.accepted_at) >= self.choices.handover

    def step(self, request: PairingRequest, event: RequestEvent) -> PairingRequest:
        """Take one edge of the table of transitions; refuse where there is none (ACC-14)."""
        try:
            state = next_request_state(request.state, event)
        except IllegalTransition:
            raise self.already_decided(request) from None
        stepped = replace(request, state=state)
        self.store.put(stepped)
        if state is RequestState.FAILED and request.cluster_uid:
            self.store.delete(CentralCluster, request.cluster_uid)
        return stepped

    def already_decided(self, request: PairingRequest) -> Refusal:
        """The refusal for a request that is not pending any more."""
        return Refusal(
            Reason.REQUEST_DECIDED,
            f"the pairing request {request.pairing_uid} is {request.state.value}, not pending",
            state=request.state.value,
        )

    @staticmethod
    def no_request(pairing_uid: str) -> Refusal:
        """The refusal for a request that is not there, or not to be seen."""
        return Refusal(Reason.NOT_FOUND, f"there is no pairing request {pairing_uid}")
