"""Variants that refuse for other reasons and in other words. What they refuse is the same."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from urllib.parse import urlsplit

from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.operations import (
    AgentOperation,
    CentralOperation,
    Credentials,
    Done,
    LocalOperation,
    Operation,
    PairingInput,
    Probe,
)
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCore
from harness.reference.core.edge import EdgeFlow
from harness.reference.core.edge_flows import EdgeCore, why_not
from harness.reference.core.link import Answer, Call
from harness.reference.core.records import Site
from harness.reference.planting import variant


class _Reworded:
    """Something that words a refusal anew."""

    def reworded(self, operation: Operation, refused: Refused) -> Refused:
        """The refusal as it is answered."""
        raise NotImplementedError


class _RewordedPalette(_Reworded, CentralCore):
    """A central side that words what it refuses to people anew; hosts have to understand it."""

    def perform(
        self,
        operation: CentralOperation | AgentOperation,
        credentials: Credentials,
        now: int,
        draws: Draws,
    ) -> Done | Refused:
        reply = super().perform(operation, credentials, now, draws)
        if isinstance(reply, Refused) and isinstance(operation, CentralOperation):
            return self.reworded(operation, reply)
        return reply


class _RewordedEdge(_Reworded, EdgeCore):
    """An edge that words what it refuses anew."""

    def perform(
        self,
        host_uid: str,
        operation: LocalOperation,
        credentials: Credentials,
        now: int,
        draws: Draws,
    ) -> EdgeFlow:
        try:
            reply = yield from super().perform(host_uid, operation, credentials, now, draws)
        except Refusal as refusal:
            told = self.reworded(operation, refusal.refused)
            raise Refusal(told.reason, told.message, **told.details) from None
        return self.reworded(operation, reply) if isinstance(reply, Refused) else reply


# --- other reasons ----------------------------------------------------------------------------

_MEANT = (Reason.NOT_FOUND, Reason.NOTHING_PENDING)
"""What a look is answered with where there is nothing: that is no refusal, but the answer."""


class _OneReason(_Reworded):
    """Has one reason for all that it refuses."""

    reason = Reason.CONFLICT

    def reworded(self, operation: Operation, refused: Refused) -> Refused:
        looks = type(operation).__name__.startswith(("View", "List"))
        if looks and refused.reason in _MEANT:
            return refused
        return replace(refused, reason=self.reason)


def _refusing(reason: Reason) -> Behaviour:
    """Both sides, with this reason for whatever they refuse."""
    palette = type("Palette", (_OneReason, _RewordedPalette), {"reason": reason})
    edge = type("Edge", (_OneReason, _RewordedEdge), {"reason": reason})
    return Behaviour(make_central=palette, make_edge=edge)


_STATUSES = {
    400: ("a_bad_request", "a bad request", Reason.INVALID_INPUT),
    403: ("forbidden", "forbidden", Reason.FORBIDDEN),
    404: ("not_found", "not found", Reason.NOT_FOUND),
    409: ("a_conflict", "a conflict", Reason.CONFLICT),
    422: ("mismatching", "something that does not fit", Reason.PROFILES_MISMATCH),
    500: ("an_internal_error", "an internal error", Reason.INTERNAL),
}

for _status, (_name, _words, _reason) in _STATUSES.items():
    variant(
        f"refuses_as_{_name}",
        "PRE-1",
        f"Whatever is refused, on both sides, is called {_words} ({_status} over HTTP).",
        _refusing(_reason),
    )


# --- other words ------------------------------------------------------------------------------

_TROUBLES = {
    "cannot be resolved": "dial tcp: lookup failed: no such host",
    "connection was refused": "dial tcp: connect: connection refused",
    "no answer came in time": "context deadline exceeded while awaiting headers",
    "not a Palette": "unexpected response, the server is not a Palette",
    "certificate": "tls: failed to verify certificate: x509: unknown authority",
}
"""What is wrong with an endpoint, as another client would say it."""

_WORDS = {
    Reason.TOKEN_UNUSABLE: "edge registration token validation failed",
    Reason.CENTRALLY_MANAGED: "operation not supported in central management mode",
    Reason.TRANSFER_IS_FINAL: "unpairing is not supported",
    Reason.CLUSTER_NOT_RUNNING: "cluster is not in a valid state for this operation",
    Reason.NODE_UNHEALTHY: "one or more nodes failed the health check",
    Reason.NO_LOCAL_CLUSTER: "cluster does not exist",
    Reason.UNAUTHENTICATED: "Unauthorized",
    Reason.FORBIDDEN: "Operation not allowed",
    Reason.NOT_FOUND: "resource does not exist",
    Reason.NOTHING_PENDING: "no active pairing found",
    Reason.REQUEST_PENDING: "pairing is already in progress",
    Reason.ALREADY_ACCEPTED: "pairing can no longer be rejected",
    Reason.REQUEST_DECIDED: "pairing is not in the expected state",
    Reason.NOT_CONFIRMED: "cluster is not ready",
    Reason.PROFILES_MISMATCH: "cluster profile validation failed",
}


class _OtherWords(_Reworded):
    """Says everything in other words, and gives no details."""

    def reworded(self, operation: Operation, refused: Refused) -> Refused:
        if refused.reason is Reason.ENDPOINT_UNUSABLE:
            missing = isinstance(operation, PairingInput) and not operation.endpoint.strip()
            words = "paletteEndpoint in body is required" if missing else "parse: invalid URL"
            return Refused(refused.reason, words)
        return Refused(refused.reason, _WORDS.get(refused.reason, refused.message))


class _PaletteInOtherWords(_OtherWords, _RewordedPalette):
    """Palette's part of it."""


class _EdgeInOtherWords(_OtherWords, _RewordedEdge):
    """The edge's part of it."""

    def unreachable(
        self, site: Site, url: str, entries: PairingInput
    ) -> Generator[Call, Answer, str]:
        for host_uid in self.hosts_to_probe(site):
            answer = yield Call("probing", host_uid, url, entries.insecure, Probe())
            if not isinstance(answer.reply, Done):
                why = why_not(answer.reply)
                trouble = next((new for old, new in _TROUBLES.items() if old in why), why)
                return f"precheck failed on {host_uid}: Get {urlsplit(url).hostname}: {trouble}"
        return ""


variant(
    "other_words",
    "PRE-6S",
    "Every refusal is worded otherwise, briefly and without details.",
    Behaviour(make_central=_PaletteInOtherWords, make_edge=_EdgeInOtherWords),
)
