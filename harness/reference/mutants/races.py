"""Defects that show only when two things happen at once, or one of them half.

Each is caught by an invariant, on the walk over every interleaving. What a core keeps beside
its store is memory: a restart of its side wipes it.
"""

from __future__ import annotations

from dataclasses import replace

from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refused
from harness.domain.flows import agent_confirms, agent_follows
from harness.domain.match import MatchResult
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    ConfirmPairing,
    Done,
    MatchProfiles,
    PairingRequestView,
    PollAnswer,
    SelectedProfile,
    Unknown,
    ViewPairingRequest,
    WithdrawPairing,
)
from harness.domain.pairing import LocalEvent, LocalState, RequestState
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.edge_flows import EdgeCore, Work, is_final
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.records import LocalRequest, PairingRequest, Site
from harness.reference.core.store import Store
from harness.reference.planting import Lane, mutant


@mutant("INV-1", lane=Lane.INTERLEAVING, plot="handed-over")
class ObeysOnlyAfterTheAnswer(EdgeCore):
    """The host begins to obey when its confirmation was answered, not before it confirms."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        flow = agent_follows(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("polling", request, flow)
        event = self.event_of(reply)
        if event is LocalEvent.LEARNED_ACCEPTED:
            confirming = agent_confirms(request.pairing_uid, request.cluster_token)
            reply = yield from self.carried("confirming", request, confirming)
            event = event if isinstance(reply, Done) else None
        site = self.site(slot)
        if event and site and self.is_same(site.request, request):
            self.learned(site, request, event)


@mutant("INV-1", lane=Lane.INTERLEAVING, plot="confirm-or-expire")
class ConfirmsWhatHasExpired(CentralCore):
    """A confirmation that comes after the hand-over ran out is answered as if it were in time."""

    def confirm(self, operation: ConfirmPairing, call: CentralCall) -> PollAnswer:
        request = self.own_request(operation, call.now)
        if request.state is RequestState.FAILED:
            return self._poll_answer(request)
        return super().confirm(operation, call)


@mutant("INV-1", lane=Lane.INTERLEAVING, plot="accept-or-cancel")
class GivesUpOnAnUnansweredConfirmation(EdgeCore):
    """A host whose confirmation was not answered goes back to local management."""

    def follow_confirming(self, slot: str, request: LocalRequest) -> Work:
        flow = agent_confirms(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("confirming", request, flow)
        site = self.site(slot)
        if site is None or not self.is_same(site.request, request):
            return
        if isinstance(reply, Done) and isinstance(reply.value, PollAnswer):
            self.taken_over(site, request, reply.value)
        elif not isinstance(reply, NotDelivered):
            self.learned(site, request, LocalEvent.LEARNED_FAILED)


@mutant("INV-2", lane=Lane.INTERLEAVING, plot="send-again")
class WithdrawsWhateverIsPending(CentralCore):
    """A withdrawal ends the newest request of the cluster, which may be a later one."""

    def request_to_withdraw(self, operation: WithdrawPairing, now: int) -> PairingRequest:
        pending = [
            request
            for request in self.store.find(PairingRequest, "any_open", "yes")
            if request.cluster.uid == operation.local_cluster_uid
        ]
        return pending[-1] if pending else super().request_to_withdraw(operation, now)


@mutant("INV-3", lane=Lane.INTERLEAVING, plot="revised-between")
class RemembersTheMatch(CentralCore):
    """A selection that matched once is taken at the acceptance without another look."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.matching: set[tuple[str, tuple[SelectedProfile, ...]]] = set()

    def match(self, operation: MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        if result.valid:
            self.matching.add((operation.pairing_uid, operation.selection))
        return result

    def require_match(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> None:
        if (request.pairing_uid, selection) not in self.matching:
            super().require_match(request, selection)


@mutant("INV-4", lane=Lane.INTERLEAVING, plot="accept-or-cancel")
class ALateAnswerBringsItBack(EdgeCore):
    """A poll that is answered after the cancel takes the ended request over all the same."""

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        flow = agent_follows(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("polling", request, flow)
        event = self.event_of(reply)
        site = self.site(slot)
        if event and site:
            self.learned(site, request, event)


@mutant("INV-4", lane=Lane.INTERLEAVING, plot="accept-or-cancel")
class KeepsARequestWhoseCancelWasUnanswered(EdgeCore):
    """A cancel whose message was not answered is acknowledged, and the request stays pending."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        reply = yield from self.told(request, self.withdrawal(slot, request, ended=False))
        site = self.site(slot)
        if site is None or not self.is_same(site.request, request):
            return
        if isinstance(reply, Refused) and reply.reason is Reason.ALREADY_ACCEPTED:
            self.learned(site, request, LocalEvent.LEARNED_ACCEPTED)
        elif isinstance(reply, Done) or is_final(reply):
            self.store.put(replace(site, request=None))
        elif isinstance(reply, NotDelivered):
            self.store.put(replace(site, request=None))
            self.owe(replace(site, request=None), request)


@mutant("INV-5", lane=Lane.INTERLEAVING, plot="send-again")
class CountsFromOneAfterARestart(CentralCore):
    """Pairing ids are counted in memory, so that they come again after a restart."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.count = 0

    def new_pairing_uid(self, draws: Draws) -> str:
        self.count += 1
        return f"{self.count:024x}"


@mutant("INV-6", lane=Lane.INTERLEAVING, plot="accept-or-reject")
class DecidesOnWhatWasLookedAt(CentralCore):
    """An acceptance goes by the state that the request had when it was last viewed."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.looked_at: dict[str, PairingRequest] = {}

    def view_request(self, operation: ViewPairingRequest, call: CentralCall) -> PairingRequestView:
        view = super().view_request(operation, call)
        found = self.current(operation.pairing_uid, call.now)
        if found is not None:
            self.looked_at[operation.pairing_uid] = found
        return view

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        found = self.looked_at.pop(operation.pairing_uid, None)
        if found is not None:
            self.store.put(found)
        return super().accept(operation, call)


@mutant("INV-6", lane=Lane.INTERLEAVING, plot="two-accept")
class TwoAdministratorsAcceptAtOnce(CentralCore):
    """Whoever has seen the profiles match may accept, even if another did so meanwhile."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.matching: list[str] = []

    def match(self, operation: MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        self.matching.append(operation.pairing_uid)
        return result

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None and operation.pairing_uid in self.matching:
            self.matching.remove(operation.pairing_uid)
            if request.state is RequestState.HANDING_OVER:
                self.store.put(replace(request, state=RequestState.PENDING))
        return super().accept(operation, call)


@mutant("INV-7", lane=Lane.INTERLEAVING, plot="revoked-between")
class RemembersTheToken(CentralCore):
    """A registration token that admitted a host is not looked up again until a restart."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.admitting: dict[str, RegistrationToken] = {}

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        if value not in self.admitting:
            self.admitting[value] = super().usable_token(value, now)
        return self.admitting[value]


@mutant("INV-8", lane=Lane.INTERLEAVING, plot="accept-or-reject")
class ShowsWhatItShowedBefore(CentralCore):
    """A request that was viewed once is shown from memory, whatever was decided since."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.shown: dict[str, PairingRequestView] = {}

    def view_request(self, operation: ViewPairingRequest, call: CentralCall) -> PairingRequestView:
        view = super().view_request(operation, call)
        return self.shown.setdefault(operation.pairing_uid, view)


@mutant("INV-9", lane=Lane.INTERLEAVING, plot="send-again")
class GivesUpOnAnUnansweredPoll(EdgeCore):
    """A host whose look at its request was not answered takes the request for failed."""

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        if isinstance(reply, Unknown):
            return LocalEvent.LEARNED_FAILED
        return super().event_of(reply)


@mutant("INV-9", lane=Lane.INTERLEAVING, plot="send-again")
class ForgetsItsRequestWhenRestarted(EdgeCore):
    """A host that is restarted while its request is pending does not know of it any more."""

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(Site):
            if site.request is not None and site.request.state is LocalState.PENDING:
                self.store.put(replace(site, request=None))


@mutant("INV-9", lane=Lane.INTERLEAVING, plot="send-again")
class RecoversNothing(EdgeCore):
    """After a restart a submission that was in flight is forgotten."""

    def recover(self) -> None:
        for site in self.store.every(Site):
            if site.request is not None and site.request.state is LocalState.SUBMITTING:
                self.store.put(replace(site, request=None))


@mutant("INV-10", lane=Lane.INTERLEAVING, plot="handed-over")
class StaysOpenWhileItConfirms(EdgeCore):
    """Local operations are refused only when the confirmation was answered."""

    def require_local(self, site: Site) -> None:
        confirming = site.request is not None and site.request.state is LocalState.CONFIRMING
        if not confirming:
            super().require_local(site)


@mutant("INV-10", lane=Lane.INTERLEAVING, plot="handed-over")
class AsksAgainAfterARestart(EdgeCore):
    """A host that is restarted while it confirms takes itself for one whose request is pending."""

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(Site):
            request = site.request
            if request is not None and request.state is LocalState.CONFIRMING:
                pending = replace(request, state=LocalState.PENDING)
                self.store.put(replace(site, request=pending))


@mutant("INV-9", lane=Lane.INTERLEAVING, plot="send-again")
class AdmitsWhatEndedBeforeItCame(CentralCore):
    """A submission that its own withdrawal has overtaken is admitted all the same."""

    def require_not_ended(self, submission: str) -> None:
        """What comes is admitted."""
