"""The moves of a plot as operations."""

from __future__ import annotations

from harness.domain.operations import (
    AcceptPairingRequest,
    CancelPairingRequest,
    CentralOperation,
    ChangeCentralCluster,
    LocalOperation,
    MatchProfiles,
    PatchCluster,
    RejectPairingRequest,
    SelectedProfile,
    SendPairingRequest,
    ViewPairingRequest,
)
from harness.explore.interleaving_plots import Do
from harness.explore.interleaving_sides import PROFILE, TOKEN_VALUE, Held
from harness.reference.core.records import PairingRequest

SELECTION = (SelectedProfile(PROFILE),)


def local_operation(do: Do) -> LocalOperation | None:
    """What an operator asks of Local UI in a move."""
    match do:
        case Do.SEND:
            return SendPairingRequest("palette.test", TOKEN_VALUE)
        case Do.CANCEL:
            return CancelPairingRequest()
        case Do.PATCH:
            return PatchCluster({"changed": "locally"})
        case _:
            return None


def central_operation(do: Do, request: PairingRequest) -> CentralOperation:
    """What an administrator asks in a move about a request."""
    uid = request.pairing_uid
    match do:
        case Do.ACCEPT:
            return AcceptPairingRequest(uid, SELECTION)
        case Do.REJECT:
            return RejectPairingRequest(uid)
        case Do.MATCH:
            return MatchProfiles(uid, SELECTION)
        case Do.CHANGE:
            return ChangeCentralCluster(request.cluster_uid, {"changed": "centrally"})
        case _:
            return ViewPairingRequest(uid)


def request_of(central: Held, nth: int) -> PairingRequest | None:
    """The nth request that the central side admitted."""
    for index, request in enumerate(central.store.every(PairingRequest)):
        if index == nth:
            return request
    return None
