"""Planted defects: acceptances (ACC-6, ACC-14, ACC-15, ACC-20)."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.match import MatchResult
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    ConfirmPairing,
    ListPairingRequests,
    MatchProfiles,
    PairingList,
    PollAnswer,
)
from harness.domain.pairing import RequestState
from harness.domain.permission import PairPermission
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import CentralCluster, PairingRequest
from harness.reference.core.store import Store
from harness.reference.mutants.central_bases import AfterRefusal, Decision
from harness.reference.planting import mutant

# --- name, description and tags (ACC-6) ---------------------------------------------------------


class BearsOtherValues(CentralCore):
    """Registers the cluster with other values than those that were confirmed."""

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: AcceptPairingRequest
    ) -> CentralCluster:
        right = super().accepted_cluster(uid, request, operation)
        return self.other(right, request, operation)

    def other(
        self, right: CentralCluster, request: PairingRequest, operation: AcceptPairingRequest
    ) -> CentralCluster:
        """What is made of the right ones."""
        raise NotImplementedError


@mutant("ACC-6")
class ChangedNameIsIgnored(BearsOtherValues):
    """A name that was changed on acceptance is ignored."""

    def other(
        self, right: CentralCluster, request: PairingRequest, operation: AcceptPairingRequest
    ) -> CentralCluster:
        return replace(right, name=request.cluster.name)


@mutant("ACC-6")
class ConfirmedTextIsFoldedToAscii(BearsOtherValues):
    """Letters that ASCII does not have are dropped from what was confirmed."""

    def other(
        self, right: CentralCluster, request: PairingRequest, operation: AcceptPairingRequest
    ) -> CentralCluster:
        tags = {_ascii(key): _ascii(value) for key, value in right.tags.items()}
        return replace(right, description=_ascii(right.description), tags=tags)


def _ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode()


@mutant("ACC-6")
class EmptiedTagsAreKept(BearsOtherValues):
    """Tags that were all removed on acceptance come back."""

    def other(
        self, right: CentralCluster, request: PairingRequest, operation: AcceptPairingRequest
    ) -> CentralCluster:
        return replace(right, tags=right.tags or request.cluster.tags)


@mutant("ACC-6")
class EmptiedDescriptionIsKept(BearsOtherValues):
    """A description that was emptied on acceptance comes back."""

    def other(
        self, right: CentralCluster, request: PairingRequest, operation: AcceptPairingRequest
    ) -> CentralCluster:
        return replace(right, description=right.description or request.cluster.description)


@mutant("ACC-6")
class ChangedTagsAreAdded(BearsOtherValues):
    """Tags that were changed on acceptance are added to those that were there."""

    def other(
        self, right: CentralCluster, request: PairingRequest, operation: AcceptPairingRequest
    ) -> CentralCluster:
        return replace(right, tags={**request.cluster.tags, **right.tags})


@mutant("ACC-6")
class ChangedNameLosesTheTags(BearsOtherValues):
    """When the name alone is changed on acceptance, the tags are lost."""

    def other(
        self, right: CentralCluster, request: PairingRequest, operation: AcceptPairingRequest
    ) -> CentralCluster:
        lost = operation.name is not None and operation.tags is None
        return replace(right, tags={}) if lost else right


@mutant("ACC-6")
class UnchangedDescriptionIsLost(BearsOtherValues):
    """A description that was not changed on acceptance is lost."""

    def other(
        self, right: CentralCluster, request: PairingRequest, operation: AcceptPairingRequest
    ) -> CentralCluster:
        return replace(right, description=operation.description or "")


@mutant("ACC-6")
class ConfirmationBringsTheOldValues(CentralCore):
    """When the host confirms, the cluster gets back the name and the tags that it had."""

    def confirm(self, operation: ConfirmPairing, call: CentralCall) -> PollAnswer:
        answer = super().confirm(operation, call)
        request = self.own_request(operation, call.now)
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is not None:
            own = request.cluster
            self.store.put(replace(cluster, name=own.name, tags=own.tags))
        return answer


# --- a request that was accepted (ACC-14) -------------------------------------------------------


@mutant("ACC-14")
class PairedComesBackIntoTheList(CentralCore):
    """A request is listed as pending again once its host has confirmed."""

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        listed = super().list_requests(operation, call)
        scope = self.scope_of(call)
        paired = [
            replace(self._item(request), state=RequestState.PENDING.value)
            for request in self.store.every(PairingRequest)
            if request.state is RequestState.PAIRED and self.belongs(request.project_uid, scope)
        ]
        return PairingList((*listed.items, *paired))


class AcceptsAgain(CentralCore):
    """Answers a second acceptance in another way than by a refusal."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        scope = self.authorise(call, PairPermission.UPDATE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is None:
            return super().accept(operation, call)
        return self.again(cluster, request, operation, call)

    def again(
        self,
        cluster: CentralCluster,
        request: PairingRequest,
        operation: AcceptPairingRequest,
        call: CentralCall,
    ) -> Accepted:
        """What is done the second time."""
        raise NotImplementedError


@mutant("ACC-14")
class SecondAcceptIsAnsweredAlike(AcceptsAgain):
    """A second acceptance is answered like the first one, and changes nothing."""

    def again(
        self,
        cluster: CentralCluster,
        request: PairingRequest,
        operation: AcceptPairingRequest,
        call: CentralCall,
    ) -> Accepted:
        return Accepted(cluster.uid)


@mutant("ACC-14")
class SecondAcceptRegistersAgain(AcceptsAgain):
    """A second acceptance registers the cluster anew, under another uid."""

    def again(
        self,
        cluster: CentralCluster,
        request: PairingRequest,
        operation: AcceptPairingRequest,
        call: CentralCall,
    ) -> Accepted:
        uid = f"{call.draws.bits128('cluster') >> 32:024x}"
        self.store.put(self.accepted_cluster(uid, request, operation))
        return Accepted(uid)


@mutant("ACC-14")
class RefusedAcceptRenames(AfterRefusal):
    """A second acceptance is refused, and its name is taken over all the same."""

    decision = AcceptPairingRequest

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is not None and isinstance(operation, AcceptPairingRequest):
            self.store.put(replace(cluster, name=operation.name or cluster.name))


@mutant("ACC-14")
class AcceptEmptiesTheList(CentralCore):
    """An acceptance turns down every other request of the project."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        accepted = super().accept(operation, call)
        for request in self.open_requests(call.credentials.project_uid):
            self.store.put(replace(request, state=RequestState.REJECTED))
        return accepted


# --- an acceptance that is refused (ACC-15) -----------------------------------------------------


class AfterMismatch(AfterRefusal):
    """Does something to a request whose match was refused."""

    decision = AcceptPairingRequest
    becomes: ClassVar[RequestState]

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        if refused.reason is Reason.PROFILES_MISMATCH:
            self.store.put(replace(request, state=self.becomes))


@mutant("ACC-15")
class MismatchRejects(AfterMismatch):
    """A match that is refused rejects the request."""

    becomes = RequestState.REJECTED


@mutant("ACC-15")
class SecondMismatchFails(AfterMismatch):
    """A request fails when its match is refused for the second time."""

    becomes = RequestState.FAILED

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._tried: set[str] = set()

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        if request.pairing_uid in self._tried:
            super().goes_on(request, operation, refused)
        self._tried.add(request.pairing_uid)


@mutant("ACC-15")
class UnknownProfileLocksTheRequest(AfterRefusal):
    """After a profile that does not exist no acceptance of the request succeeds any more."""

    decision = AcceptPairingRequest

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self._locked: set[str] = set()

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        if refused.reason is Reason.NOT_FOUND:
            self._locked.add(request.pairing_uid)

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        if operation.pairing_uid in self._locked:
            raise Refusal(Reason.CONFLICT, "another acceptance is under way")
        return super().accept(operation, call)


@mutant("ACC-15")
class MatchTakesTheRequestAway(CentralCore):
    """A match that is only asked for takes the request out of the list."""

    def match(self, operation: MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None and request.state is RequestState.PENDING:
            self.store.put(replace(request, state=RequestState.FAILED))
        return result


# --- a request that is not pending (ACC-20) -----------------------------------------------------


class AcceptsEnded(CentralCore):
    """Accepts a request that has ended in a certain way."""

    ended: ClassVar[RequestState]

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None and request.state is self.ended:
            self.store.put(replace(request, state=RequestState.PENDING))
        return super().accept(operation, call)


@mutant("ACC-20")
class RejectedCanBeAccepted(AcceptsEnded):
    """A request that was rejected can still be accepted."""

    ended = RequestState.REJECTED


@mutant("ACC-20")
class WithdrawnCanBeAccepted(AcceptsEnded):
    """A request that its host has withdrawn can still be accepted."""

    ended = RequestState.WITHDRAWN


@mutant("ACC-20")
class UnknownIsAccepted(CentralCore):
    """An acceptance of a request that never was is answered with a cluster's uid."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        self.authorise(call, PairPermission.UPDATE)
        if self.store.get(PairingRequest, operation.pairing_uid) is None:
            return Accepted(f"{call.draws.bits128('cluster') >> 32:024x}")
        return super().accept(operation, call)


@mutant("ACC-20")
class EndOfTheIdIsNotCompared(CentralCore):
    """A request is accepted by an id that differs from its own in the last place."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        begins = operation.pairing_uid[:-1]
        for request in self.open_requests(call.credentials.project_uid):
            if request.pairing_uid.startswith(begins):
                operation = replace(operation, pairing_uid=request.pairing_uid)
        return super().accept(operation, call)


@mutant("ACC-20")
class EarlierIdAcceptsTheNewRequest(CentralCore):
    """The id of a cluster's earlier request accepts the one that it has sent since."""

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        earlier = self.store.get(PairingRequest, operation.pairing_uid)
        for request in self.open_requests(call.credentials.project_uid):
            if earlier is not None and request.cluster.uid == earlier.cluster.uid:
                operation = replace(operation, pairing_uid=request.pairing_uid)
        return super().accept(operation, call)


@mutant("ACC-20")
class RefusedAcceptRevives(AfterRefusal):
    """An acceptance of a rejected request is refused, and makes the request pending again."""

    decision = AcceptPairingRequest

    def goes_on(self, request: PairingRequest, operation: Decision, refused: Refused) -> None:
        if request.state is RequestState.REJECTED:
            self.store.put(replace(request, state=RequestState.PENDING))
