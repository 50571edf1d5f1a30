"""The flows: what people do, written once.

A flow is a generator. It yields domain operations (or a `Pause`) and is sent a `Reply` for
each; it knows no clock, socket or random source, so the same flow runs in a step of a
feature, in virtual time and against a real endpoint.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass

from harness.domain import operations as ops

OperatorFlow = Generator[ops.LocalOperation, ops.Reply, ops.Reply]
AdminFlow = Generator[ops.CentralOperation, ops.Reply, ops.Reply]


def operator_sends(endpoint: str, token: str, *, insecure: bool | None = False) -> OperatorFlow:
    """Look at the cluster, check the connection, send, and read the pairing id back.

    Returns the reply to the send. A refusal on the way ends the flow with that refusal.
    Source: `#send-pairing-request-from-local-cluster`, steps 2 to 6.
    """
    for look in (ops.ViewCluster(), ops.VerifyConnection(endpoint, token, insecure)):
        reply = yield look
        if not isinstance(reply, ops.Done):
            return reply
    sent = yield ops.SendPairingRequest(endpoint, token, insecure)
    if isinstance(sent, ops.Done):
        yield ops.ViewPairing()
    return sent


def operator_cancels() -> OperatorFlow:
    """Read the pairing id, cancel, and see that nothing is pending.

    Returns the reply to the cancel.
    Source: `#withdraw-pairing-request-from-local-cluster`, steps 2 to 4.
    """
    yield ops.ViewPairing()
    cancelled = yield ops.CancelPairingRequest()
    if isinstance(cancelled, ops.Done):
        yield ops.ViewPairing()
    return cancelled


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What an administrator enters in the Pair Cluster wizard."""

    selection: tuple[ops.SelectedProfile, ...]
    name: str | None = None
    description: str | None = None
    tags: Mapping[str, str] | None = None

    def on(self, pairing_uid: str) -> ops.AcceptPairingRequest:
        """The acceptance of this request."""
        return ops.AcceptPairingRequest(
            pairing_uid, self.selection, self.name, self.description, self.tags
        )


def steps_before(
    acceptance: ops.AcceptPairingRequest,
    among: Collection[type[ops.Operation]] = ops.ACCEPTANCE_STEPS,
) -> tuple[ops.AcceptanceStep, ...]:
    """The steps that lead to Pair cluster, in their order, as far as they are `among` these.

    Source: `#accept-pairing-request-from-palette`, steps 11 to 14.
    """
    uid = acceptance.pairing_uid
    every = (
        ops.AcknowledgeWarning(uid),
        ops.EnterDetails(uid, acceptance.name, acceptance.description, acceptance.tags),
        ops.ConfirmMatch(uid, acceptance.selection),
        ops.ValidateReview(uid),
    )
    return tuple(step for step in every if type(step) in among)


def admin_accepts(
    pairing_uid: str, acceptance: Acceptance, local_cluster_uid: str = "", *, matches: bool = True
) -> AdminFlow:
    """Find the request by its id, look at it, match, and pair the cluster.

    With a `local_cluster_uid` only the requests of that cluster are listed; `matches` says whether
    a match can be asked for before the acceptance. Returns the reply to the acceptance, or the
    one that ended the flow before it: a request that is not listed ends it with the reply to
    viewing it.
    Source: `#accept-pairing-request-from-palette`, steps 8 to 15.
    """
    reply = yield from _admin_finds(pairing_uid, local_cluster_uid)
    if not isinstance(reply, ops.Done):
        return reply
    if matches:
        matched = yield ops.MatchProfiles(pairing_uid, acceptance.selection)
        if not isinstance(matched, ops.Done):
            return matched
    accepted = yield acceptance.on(pairing_uid)
    return accepted


def admin_rejects(pairing_uid: str, local_cluster_uid: str = "") -> AdminFlow:
    """Find the request by its id and reject it. Returns the reply to the rejection.

    With a `local_cluster_uid` only the requests of that cluster are listed.
    Source: `#reject-pairing-request-in-palette`, steps 2 to 4.
    """
    reply = yield from _admin_finds(pairing_uid, local_cluster_uid)
    if not isinstance(reply, ops.Done):
        return reply
    rejected = yield ops.RejectPairingRequest(pairing_uid)
    return rejected


def admin_rejects_by_tags(tags: Mapping[str, str]) -> AdminFlow:
    """Open the listed requests until one bears these tags, among others, and reject that one.

    Returns the reply to the rejection, or to the last look if no request bears the tags.
    Source: `#reject-pairing-request-in-palette`, step 4.
    """
    reply = yield ops.ListPairingRequests()
    listed = reply.value if isinstance(reply, ops.Done) else None
    for item in listed.items if isinstance(listed, ops.PairingList) else ():
        reply = yield ops.ViewPairingRequest(item.pairing_uid)
        view = reply.value if isinstance(reply, ops.Done) else None
        bears = isinstance(view, ops.PairingRequestView) and tags.items() <= view.tags.items()
        if tags and bears:
            reply = yield ops.RejectPairingRequest(item.pairing_uid)
            return reply
    return reply


def _admin_finds(pairing_uid: str, local_cluster_uid: str) -> AdminFlow:
    listed = yield ops.ListPairingRequests(local_cluster_uid=local_cluster_uid)
    if isinstance(listed, ops.Done) and isinstance(listed.value, ops.PairingList):
        viewed = yield ops.ViewPairingRequest(pairing_uid)
        return viewed
    return listed


def pairing_uid_of(reply: ops.Reply) -> str:
    """The pairing id that a send or a submission was answered with, or an empty text."""
    if isinstance(reply, ops.Done) and isinstance(reply.value, ops.PairingId):
        return reply.value.pairing_uid
    return ""
