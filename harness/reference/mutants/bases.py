"""What mutants of several groups have in common. Nothing here is declared."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import ClassVar, Generic, TypeVar

from harness.domain import operations as ops
from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.pairing import LocalState, RequestState
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import CentralChoices
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import Begun, EdgeCore
from harness.reference.core.records import CentralCluster, LocalRequest, PairingRequest, SlotState
from harness.reference.core.store import Store
from harness.reference.planting import Memory

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# --- the central side ----------------------------------------------------------------------------
Kept = TypeVar("Kept")
View = ops.PairingRequestView
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


class WakesPending(Wakes):
    """Takes requests in one state for pending ones when it is started."""

    was: ClassVar[RequestState]

    def wake(self) -> None:
        for request in list(self.store.every(PairingRequest)):
            if request.state is self.was:
                self.store.put(replace(request, state=RequestState.PENDING))


class WakesConfirmed(Wakes):
    """Takes every host for one that has confirmed, or none, when it is started."""

    confirmed: ClassVar[bool]

    def wake(self) -> None:
        for cluster in list(self.store.every(CentralCluster)):
            self.store.put(replace(cluster, confirmed=self.confirmed))


class Keeps(CentralCore, Generic[Kept]):
    """Keeps something in memory, by whatever it is about; a restart of Palette loses it."""

    kept = Memory[dict[Hashable, Kept]](dict)

    def keep(self, key: Hashable, value: Kept) -> Kept:
        """Remember the first value of a key; it is returned from then on."""
        return self.kept.setdefault(key, value)


class CountsIds(CentralCore):
    """Counts the pairing ids in memory, and so from one again after a restart."""

    counted = 0

    def new_pairing_uid(self, draws: Draws) -> str:
        self.counted += 1
        return f"{self.counted:024x}"


class Performs(CentralCore):
    """Does something before each operation, or after it."""

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        self.before(call.now)
        reply = super().perform(operation, call)
        self.after(operation, reply)
        return reply

    def before(self, now: int) -> None:
        """What is done first."""

    def after(self, operation: ops.Operation, reply: ops.KnownReply) -> None:
        """What is done when the operation was answered."""


class AfterRefusal(Performs):
    """Refuses a decision, as it should, and does something to its request all the same."""

    decision: ClassVar[type[Decision]]

    def after(self, operation: ops.Operation, reply: ops.KnownReply) -> None:
        if isinstance(reply, Refused) and isinstance(operation, self.decision):
            request = self.store.get(PairingRequest, operation.pairing_uid)
            if request is not None:
                with self.store.transaction():
                    self.goes_on(request, operation, reply)

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        """What is done although it was refused."""
        raise NotImplementedError


def require_token(store: Store, request: PairingRequest, now: int) -> None:
    """Refuse for a request whose registration token admits nobody any more."""
    token = store.get(RegistrationToken, request.token_uid)
    if token is None or token.why_unusable(now):
        raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token is not usable any more")


# --- the edge ------------------------------------------------------------------------------------
class Remembers(EdgeCore):
    """Keeps something in memory, by cluster or by request; a restart of the edge loses it."""

    kept = Memory[dict[str, str]](dict)

    def keep(self, key: str, value: str = "yes") -> str:
        """Remember the first value of a key; it is returned from then on."""
        return self.kept.setdefault(key, value)


class InARow(Remembers):
    """Counts what comes in a row, by what it is about."""

    def in_a_row(self, about: str, *, is_so: bool) -> int:
        """How often it was so since it was last not."""
        self.kept[about] = f"{self.kept.get(about, '')}x" if is_so else ""
        return len(self.kept[about])


class SubmitsAnotherSecret(EdgeCore):
    """Submits its request under another secret than one that was drawn."""

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        secret = self.secret(submission)
        kept = replace(request, cluster_token=secret)
        self.store.put(replace(self.site_of(call.host_uid), request=kept))
        return kept, replace(submission, cluster_token=secret)

    def secret(self, submission: ops.SubmitPairing) -> str:
        """The secret that a submission goes by."""
        raise NotImplementedError


def cluster_uid(site: SlotState) -> str:
    """The uid of a site's cluster, or an empty text."""
    return site.cluster.uid if site.cluster else ""


def is_in(site: SlotState, *states: LocalState) -> bool:
    """Whether a site's request is in one of these states."""
    return site.request is not None and site.request.state in states


def of_request(request: LocalRequest | None) -> str:
    """The pairing id of a request, or an empty text."""
    return request.pairing_uid if request else ""


def busy() -> Refusal:
    """A refusal that gives a wrong reason."""
    return Refusal(Reason.CONFLICT, "this cannot be done at the moment")
