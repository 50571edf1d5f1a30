"""The flows: what people and host agents do, written once.

A flow is a generator. It yields domain operations (or a `Pause`) and is sent a `Reply` for
each; it knows no clock, socket or random source, so the same flow runs in a step of a
feature, in virtual time and against a real endpoint.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from harness.domain.operations import (
    AcceptPairingRequest,
    AgentOperation,
    CancelPairingRequest,
    CentralOperation,
    ConfirmPairing,
    Done,
    ListPairingRequests,
    LocalOperation,
    MatchProfiles,
    PairingId,
    PairingList,
    PairingRequestView,
    PollPairing,
    RejectPairingRequest,
    Reply,
    SelectedProfile,
    SendPairingRequest,
    SubmitPairing,
    VerifyConnection,
    ViewCluster,
    ViewPairing,
    ViewPairingRequest,
)

OperatorFlow = Generator[LocalOperation, Reply, Reply]
AdminFlow = Generator[CentralOperation, Reply, Reply]
AgentFlow = Generator[AgentOperation, Reply, Reply]


def operator_sends(endpoint: str, token: str, *, insecure: bool = False) -> OperatorFlow:
    """Look at the cluster, check the connection, send, and read the pairing id back.

    Returns the reply to the send. A refusal on the way ends the flow with that refusal.
    Source: `#send-pairing-request-from-local-cluster`, steps 2 to 6.
    """
    for look in (ViewCluster(), VerifyConnection(endpoint, token, insecure)):
        reply = yield look
        if not isinstance(reply, Done):
            return reply
    sent = yield SendPairingRequest(endpoint, token, insecure)
    if isinstance(sent, Done):
        yield ViewPairing()
    return sent


def operator_cancels() -> OperatorFlow:
    """Read the pairing id, cancel, and see that nothing is pending.

    Returns the reply to the cancel.
    Source: `#withdraw-pairing-request-from-local-cluster`, steps 2 to 4.
    """
    yield ViewPairing()
    cancelled = yield CancelPairingRequest()
    if isinstance(cancelled, Done):
        yield ViewPairing()
    return cancelled


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What an administrator enters in the Pair Cluster wizard."""

    selection: tuple[SelectedProfile, ...]
    name: str | None = None
    description: str | None = None
    tags: Mapping[str, str] | None = None

    def on(self, pairing_uid: str) -> AcceptPairingRequest:
        """The acceptance of this request."""
        return AcceptPairingRequest(
            pairing_uid, self.selection, self.name, self.description, self.tags
        )


def admin_accepts(
    pairing_uid: str, acceptance: Acceptance, local_cluster_uid: str = ""
) -> AdminFlow:
    """Find the request by its id, look at it, match, and pair the cluster.

    With a `local_cluster_uid` only the requests of that cluster are listed. Returns the reply
    to the acceptance, or the one that ended the flow before it: a request that is not listed
    ends it with the reply to viewing it.
    Source: `#accept-pairing-request-from-palette`, steps 8 to 15.
    """
    reply = yield from _admin_finds(pairing_uid, local_cluster_uid)
    if not isinstance(reply, Done):
        return reply
    matched = yield MatchProfiles(pairing_uid, acceptance.selection)
    if not isinstance(matched, Done):
        return matched
    accepted = yield acceptance.on(pairing_uid)
    return accepted


def admin_rejects(pairing_uid: str, local_cluster_uid: str = "") -> AdminFlow:
    """Find the request by its id and reject it. Returns the reply to the rejection.

    With a `local_cluster_uid` only the requests of that cluster are listed.
    Source: `#reject-pairing-request-in-palette`, steps 2 to 4.
    """
    reply = yield from _admin_finds(pairing_uid, local_cluster_uid)
    if not isinstance(reply, Done):
        return reply
    rejected = yield RejectPairingRequest(pairing_uid)
    return rejected


def admin_rejects_by_tags(tags: Mapping[str, str]) -> AdminFlow:
    """Open the listed requests until one bears these tags, and reject that one.

    Returns the reply to the rejection, or to the last look if no request bears the tags.
    Source: `#reject-pairing-request-in-palette`, step 4.
    """
    reply = yield ListPairingRequests()
    listed = reply.value if isinstance(reply, Done) else None
    for item in listed.items if isinstance(listed, PairingList) else ():
        reply = yield ViewPairingRequest(item.pairing_uid)
        view = reply.value if isinstance(reply, Done) else None
        if isinstance(view, PairingRequestView) and dict(view.tags) == dict(tags):
            reply = yield RejectPairingRequest(item.pairing_uid)
            return reply
    return reply


def _admin_finds(pairing_uid: str, local_cluster_uid: str) -> AdminFlow:
    listed = yield ListPairingRequests(local_cluster_uid=local_cluster_uid)
    if isinstance(listed, Done) and isinstance(listed.value, PairingList):
        viewed = yield ViewPairingRequest(pairing_uid)
        return viewed
    return listed


def agent_submits(submission: SubmitPairing) -> AgentFlow:
    """Hand the request over to the central side. Returns the reply."""
    reply = yield submission
    return reply


def agent_follows(pairing_uid: str, cluster_token: str) -> AgentFlow:
    """One look at what became of the request.

    Returns the reply to the poll. Whoever is told that the request was accepted must commit
    that it obeys the central side before it runs `agent_confirms` (INV-1).
    """
    reply = yield PollPairing(pairing_uid, cluster_token)
    return reply


def agent_confirms(pairing_uid: str, cluster_token: str) -> AgentFlow:
    """Tell the central side that this cluster obeys it. Safe to repeat."""
    reply = yield ConfirmPairing(pairing_uid, cluster_token)
    return reply


def pairing_uid_of(reply: Reply) -> str:
    """The pairing id that a send or a submission was answered with, or an empty text."""
    if isinstance(reply, Done) and isinstance(reply.value, PairingId):
        return reply.value.pairing_uid
    return ""
