"""Planted defects: what hosts are answered (SND-5, WDR-3, WDR-6)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal
from harness.domain.operations import Acknowledged, PairingId, SubmitPairing, WithdrawPairing
from harness.domain.pairing import RequestState
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import CentralCluster, PairingRequest
from harness.reference.core.store import Store
from harness.reference.planting import mutant

# --- ids (SND-5) --------------------------------------------------------------------------------


@mutant("SND-5")
class IdsBeginAnewAtARestart(CentralCore):
    """Pairing ids are counted, and the count begins anew when Palette is started."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._count = 0

    def new_pairing_uid(self, draws: Draws) -> str:
        self._count += 1
        return f"{self._count:024x}"


@mutant("SND-5")
class IdOfAnEndedRequestIsGivenAgain(CentralCore):
    """A new request gets the id of one that was rejected or withdrawn."""

    def new_pairing_uid(self, draws: Draws) -> str:
        ended = (RequestState.REJECTED, RequestState.WITHDRAWN)
        for request in self.store.every(PairingRequest):
            if request.state in ended:
                return request.pairing_uid
        return super().new_pairing_uid(draws)


@mutant("SND-5")
class IdIsTheClusters(CentralCore):
    """A pairing id is made from the cluster's uid, so that all requests of a cluster share it."""

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        self._cluster_uid = operation.cluster.uid
        return super().submit(operation, call)

    def new_pairing_uid(self, draws: Draws) -> str:
        return self._cluster_uid[::-1]


@mutant("SND-5")
class IdIsThePlaceInTheList(CentralCore):
    """A pairing id counts the requests that are pending, and comes back when one has ended."""

    def new_pairing_uid(self, draws: Draws) -> str:
        requests = self.store.every(PairingRequest)
        taken = {r.pairing_uid for r in requests if r.state is RequestState.PENDING}
        places = (f"{place:024x}" for place in range(1, len(taken) + 2))
        return next(place for place in places if place not in taken)


# --- withdrawals (WDR-3, WDR-6) -----------------------------------------------------------------


@mutant("WDR-3")
class WithdrawalOnlySaysSo(CentralCore):
    """A withdrawal is acknowledged, and the request goes on waiting."""

    def withdraw(self, operation: WithdrawPairing, call: CentralCall) -> Acknowledged:
        request = self.request_to_withdraw(operation, call.now)
        if request.state is not RequestState.PENDING:
            return super().withdraw(operation, call)
        return Acknowledged("the pairing request was withdrawn")


@mutant("WDR-3")
class WithdrawalTakesTheSameToken(CentralCore):
    """A withdrawal takes every pending request with it that was sent with the same token."""

    def withdraw(self, operation: WithdrawPairing, call: CentralCall) -> Acknowledged:
        own = self.request_to_withdraw(operation, call.now)
        answer = super().withdraw(operation, call)
        for request in self.open_requests(own.project_uid):
            if request.token_uid == own.token_uid:
                self.store.put(replace(request, state=RequestState.WITHDRAWN))
        return answer


@mutant("WDR-3")
class WithdrawalNeedsTheToken(CentralCore):
    """A withdrawal is refused when the registration token was revoked since."""

    def withdraw(self, operation: WithdrawPairing, call: CentralCall) -> Acknowledged:
        request = self.request_to_withdraw(operation, call.now)
        token = self.store.get(RegistrationToken, request.token_uid)
        if token is None or token.why_unusable(call.now):
            raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token is not usable any more")
        return super().withdraw(operation, call)


@mutant("WDR-3")
class SecondWithdrawalRevives(CentralCore):
    """A withdrawal that arrives twice takes the request out of the list and puts it back."""

    def withdraw(self, operation: WithdrawPairing, call: CentralCall) -> Acknowledged:
        request = self.request_to_withdraw(operation, call.now)
        if request.state is not RequestState.WITHDRAWN:
            return super().withdraw(operation, call)
        self.store.put(replace(request, state=RequestState.PENDING))
        return Acknowledged("the pairing request was withdrawn")


@mutant("WDR-6")
class WithdrawalForgetsTheAcceptance(CentralCore):
    """A request that was accepted is withdrawn, and its cluster stays registered and managed."""

    def withdraw(self, operation: WithdrawPairing, call: CentralCall) -> Acknowledged:
        request = self.request_to_withdraw(operation, call.now)
        if request.state is not RequestState.HANDING_OVER:
            return super().withdraw(operation, call)
        self.store.put(replace(request, state=RequestState.WITHDRAWN))
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is not None:
            self.store.put(replace(cluster, confirmed=True))
        return Acknowledged("the pairing request was withdrawn")
