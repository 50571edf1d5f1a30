"""What can go wrong in the domain.

PairproofError
+-- Refusal            a rule said no; nothing has changed
+-- IllegalTransition  the state machine has no such edge: a defect of the caller
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class PairproofError(Exception):
    """The root of all errors that pairproof raises on purpose."""


class Reason(StrEnum):
    """Why something was refused. The value is the `code` of the published error model."""

    INVALID_INPUT = "InvalidInput"
    UNAUTHENTICATED = "Unauthenticated"
    FORBIDDEN = "Forbidden"
    NOT_FOUND = "NotFound"
    CONFLICT = "Conflict"
    CLUSTER_NOT_RUNNING = "ClusterNotRunning"
    NODE_UNHEALTHY = "NodeUnhealthy"
    NO_LOCAL_CLUSTER = "NoLocalCluster"
    CENTRALLY_MANAGED = "ClusterCentrallyManaged"
    TOKEN_UNUSABLE = "RegistrationTokenUnusable"
    ENDPOINT_UNUSABLE = "PaletteEndpointUnusable"
    HOST_UNREACHABLE = "HostCannotReachPalette"
    REQUEST_PENDING = "PairingRequestPending"
    NOTHING_PENDING = "NoPairingRequest"
    ALREADY_ACCEPTED = "PairingRequestAccepted"
    REQUEST_DECIDED = "PairingRequestDecided"
    PROFILES_MISMATCH = "ClusterProfilesMismatch"
    NOT_CONFIRMED = "PairingNotConfirmed"
    TRANSFER_IS_FINAL = "TransferIsFinal"
    RATE_LIMITED = "TooManyRequests"
    INTERNAL = "InternalError"


@dataclass(frozen=True, slots=True)
class Refused:
    """A well-formed refusal: which rule said no, and what a person can do about it.

    `details` holds facts by name, such as the node or the host that is to blame. It never
    holds a secret.
    """

    reason: Reason
    message: str
    details: Mapping[str, str] = field(default_factory=dict)


def without_message(status: str) -> str:
    """What is said of a refusal that says nothing itself."""
    return f"answered {status}"


class Refusal(PairproofError):
    """Raised by a rule that says no; carries the `Refused` that the caller is answered."""

    def __init__(self, reason: Reason, message: str, **details: str) -> None:
        super().__init__(message)
        self.refused = Refused(reason, message, details)


class IllegalTransition(PairproofError):
    """The table of transitions has no edge for this event in this state."""
