"""What mutants of several groups have in common. Nothing here is declared."""

from __future__ import annotations

from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.pairing import LocalState
from harness.reference.core.central import CentralCore
from harness.reference.core.choices import CentralChoices, EdgeChoices
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import LocalRequest, PairingRequest, Site
from harness.reference.core.store import Store

# --- the central side ----------------------------------------------------------------------------

Decision = ops.AcceptPairingRequest | ops.RejectPairingRequest


class Wakes(CentralCore):
    """Does something to its store each time that it is started."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        with store.transaction():
            self.wake()

    def wake(self) -> None:
        """What is done to the store."""
        raise NotImplementedError


class AfterRefusal(CentralCore):
    """Refuses a decision, as it should, and does something to its request all the same."""

    decision: ClassVar[type[Decision]]

    def perform(
        self,
        operation: ops.CentralOperation | ops.AgentOperation,
        credentials: ops.Credentials,
        now: int,
        draws: Draws,
    ) -> ops.KnownReply:
        reply = super().perform(operation, credentials, now, draws)
        if isinstance(reply, Refused) and isinstance(operation, self.decision):
            request = self.store.get(PairingRequest, operation.pairing_uid)
            if request is not None:
                with self.store.transaction():
                    self.goes_on(request, operation, reply)
        return reply

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        """What is done although it was refused."""
        raise NotImplementedError


# --- the edge ------------------------------------------------------------------------------------


class Remembers(EdgeCore):
    """Keeps something in memory, by cluster or by request; a restart of the edge loses it."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.kept: dict[str, str] = {}

    def keep(self, key: str, value: str = "yes") -> str:
        """Remember the first value of a key; it is returned from then on."""
        return self.kept.setdefault(key, value)


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


Entries = ops.SendPairingRequest | ops.VerifyConnection
"""What an operator enters to send a request, or to check the connection before that."""
