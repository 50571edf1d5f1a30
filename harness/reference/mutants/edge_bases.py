"""What several mutants of the edge have in common. Nothing here is declared."""

from __future__ import annotations

from harness.domain.errors import Reason, Refusal
from harness.domain.operations import Done, SendPairingRequest, VerifyConnection
from harness.domain.pairing import LocalState
from harness.reference.core.choices import EdgeChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import LocalRequest, Site
from harness.reference.core.store import Store


class Remembers(EdgeCore):
    """Keeps something in memory, by cluster or by request; a restart of the edge loses it."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.kept: dict[str, str] = {}

    def keep(self, key: str, value: str = "yes") -> str:
        """Remember the first value of a key; it is returned from then on."""
        return self.kept.setdefault(key, value)


class EntersOtherwise(EdgeCore):
    """Sends with something else than what was entered."""

    def send(self, operation: SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        return (yield from super().send(self.entered(operation, call), call))

    def entered(self, operation: SendPairingRequest, call: EdgeCall) -> SendPairingRequest:
        """What is sent by."""
        raise NotImplementedError


class RewordsRefusals(EdgeCore):
    """Refuses what it should, in other words."""

    def send(self, operation: SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        try:
            reply = yield from super().send(operation, call)
        except Refusal as refusal:
            raise self.reworded(refusal, operation) from None
        if isinstance(reply, Done):
            return reply
        raise self.reworded(Refusal(reply.reason, reply.message, **reply.details), operation)

    def reworded(self, refusal: Refusal, operation: SendPairingRequest) -> Refusal:
        """The refusal as it is worded here."""
        raise NotImplementedError


def cluster_uid(site: Site) -> str:
    """The uid of a site's cluster, or an empty text."""
    return site.cluster.uid if site.cluster else ""


def is_in(site: Site, *states: LocalState) -> bool:
    """Whether a site's request is in one of these states."""
    return site.request is not None and site.request.state in states


def of_request(request: LocalRequest | None) -> str:
    """The pairing id of a request, or an empty text."""
    return request.pairing_uid if request else ""


def busy() -> Refusal:
    """A refusal that gives a wrong reason."""
    return Refusal(Reason.CONFLICT, "this cannot be done at the moment")


Entries = SendPairingRequest | VerifyConnection
"""What an operator enters to send a request, or to check the connection before that."""
