"""Planted defects that lose what was acknowledged, and those that show only at one instant, or
where two things meet that do not belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Health
from harness.domain.errors import Reason, Refusal
from harness.domain.match import MatchResult, ProfileChoice
from harness.domain.pairing import LocalEvent, LocalState, RequestEvent, RequestState
from harness.domain.permission import Grant
from harness.domain.profile import ProfileEdition, ProfileType
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import EdgeChoices
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import Begun, EdgeCore, Work
from harness.reference.core.link import LinkReply
from harness.reference.core.records import (
    CentralCluster,
    LocalRequest,
    PairingRequest,
    SlotState,
    User,
)
from harness.reference.core.store import Store
from harness.reference.mutants import bases
from harness.reference.mutants.accepting import OtherLatest
from harness.reference.planting import Memory, mutant

_MILLISECOND = 1_000


# --- a local operation that was acknowledged (SND-6, WDR-3) --------------------------------------
class _CancelsSlowly(EdgeCore):
    """Ends a request with something that it had read before Palette was told."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        before = self.slot_state(slot)
        yield from super().end(slot, request)
        after = self.slot_state(slot)
        if before is not None and after is not None and after.request is None:
            self.store.put(self.ended(before, after))

    def ended(self, before: SlotState, after: SlotState) -> SlotState:
        """What is written: `after` is as it should be."""
        raise NotImplementedError


@mutant("WDR-3")
class CancelWritesBackWhatItHadRead(_CancelsSlowly):
    """A cancel writes the whole cluster back as it was before Palette was told."""

    def ended(self, before: SlotState, after: SlotState) -> SlotState:
        return replace(after, cluster=before.cluster)


@mutant("WDR-3")
class CancelWritesTheSettingsBack(_CancelsSlowly):
    """A cancel writes the settings back as they were before Palette was told."""

    def ended(self, before: SlotState, after: SlotState) -> SlotState:
        return replace(after, settings=before.settings)


class _KeepsTheClusterThatWasSent(EdgeCore):
    """Keeps the cluster as a request carries it, by the request's secret."""

    sent = Memory[dict[str, Cluster]](dict)

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        self.sent[request.cluster_token] = submission.cluster
        return request, submission


@mutant("SND-6")
class RejectionBringsTheStackBack(_KeepsTheClusterThatWasSent):
    """A rejection puts the profiles back as the request carried them."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        sent = self.sent.get(request.cluster_token)
        if event is LocalEvent.LEARNED_REJECTED and sent and site.cluster:
            site = replace(site, cluster=replace(site.cluster, stack=sent.stack))
        super().learned(site, request, event)


@mutant("SND-6")
class CancelBringsTheTagsBack(_KeepsTheClusterThatWasSent):
    """A cancel puts the tags back as the request carried them."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        yield from super().end(slot, request)
        site, sent = self.slot_state(slot), self.sent.get(request.cluster_token)
        if site is not None and site.cluster and site.request is None and sent:
            self.store.put(replace(site, cluster=replace(site.cluster, tags=sent.tags)))


@mutant("SND-6")
class RestartLosesTheSettings(EdgeCore):
    """Settings that were changed while a request is pending do not outlive a restart."""

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(SlotState)):
            if site.request is not None and site.request.state is LocalState.PENDING:
                self.store.put(replace(site, settings=ops.ClusterSettings()))


# --- a central operation that was acknowledged (ACC-12) ------------------------------------------
class _ReadsTheClusterOnce(bases.Keeps[CentralCluster]):
    """Goes by a cluster as it was when it was first changed, in what is not asked for."""

    def require_confirmed(self, cluster: CentralCluster) -> None:
        super().require_confirmed(cluster)
        self.keep(cluster.uid, cluster)


@mutant("ACC-12")
class MetadataBringsTheProfilesBack(_ReadsTheClusterOnce):
    """A change of the metadata writes the profiles back as they were at the first change."""

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        done = super().change_cluster(operation, call)
        changed, known = self.known_cluster(operation.cluster_uid, call), self.kept
        self.store.put(replace(changed, profiles=known[changed.uid].profiles))
        return done


@mutant("ACC-12")
class ProfilesBringTheTagsBack(_ReadsTheClusterOnce):
    """A change of the profiles writes the tags back as they were at the first change."""

    def update_profiles(
        self, operation: ops.UpdateCentralProfiles, call: CentralCall
    ) -> ops.Acknowledged:
        done = super().update_profiles(operation, call)
        changed, known = self.known_cluster(operation.cluster_uid, call), self.kept
        self.store.put(replace(changed, tags=known[changed.uid].tags))
        return done


# --- around the confirmation (INV-1) -------------------------------------------------------------
@mutant("INV-1")
class LocalUiAsksNowAndThen(EdgeCore):
    """Local UI asks its agent who manages the cluster not oftener than every 40 milliseconds."""

    LASTS: ClassVar = 40 * _MILLISECOND
    local_until = Memory[dict[str, int]](dict)

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> SlotState:
        site = self.site_of(call.host_uid)
        if site.request is not None and call.now < self.local_until.get(site.slot, 0):
            self.authenticate(call)
            return site
        site = super().changeable(operation, call)
        self.local_until[site.slot] = call.now + self.LASTS
        return site


@mutant("INV-1")
class AnotherNodeLearnsOfItLater(bases.Keeps[int]):
    """Of Palette's two nodes, which are asked in turn, one learns of a confirmation later."""

    LASTS: ClassVar = 40 * _MILLISECOND
    asked = 0

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().confirm(operation, call)
        self.keep(answer.cluster_uid, call.now)
        return answer

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        self.asked += 1
        confirmed = self.kept.get(operation.cluster_uid, 0)
        if self.asked % 2 == 0 and call.now < confirmed + self.LASTS:
            raise Refusal(Reason.NOT_CONFIRMED, "the cluster's host has not confirmed yet")
        return super().change_cluster(operation, call)


# --- decisions at one instant (INV-6) ------------------------------------------------------------
@mutant("INV-6")
class WithdrawalOpensARejectedRequest(CentralCore):
    """A withdrawal that comes upon a rejection is refused, and leaves the request pending."""

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        reply = super().perform(operation, call)
        if not isinstance(operation, ops.WithdrawPairing) or isinstance(reply, ops.Done):
            return reply
        found = self.store.get(PairingRequest, operation.pairing_uid)
        if found is not None and found.state is RequestState.REJECTED and not operation.ended:
            self.store.put(replace(found, state=RequestState.PENDING))
        return reply


@mutant("INV-6")
class WithdrawalOfARejectedRequestIsHeldAgainstIt(bases.Keeps[bool]):
    """A cluster that withdraws what was rejected is not admitted any more."""

    def step(self, request: PairingRequest, event: RequestEvent) -> PairingRequest:
        if event is RequestEvent.WITHDRAW and request.state is RequestState.REJECTED:
            self.kept[request.cluster.uid] = True
        return super().step(request, event)

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        if operation.cluster.uid in self.kept:
            raise Refusal(Reason.CONFLICT, "this cluster has withdrawn too late before")
        return super().submit(operation, call)


# --- a reject after a match (REJ-1) --------------------------------------------------------------
@mutant("REJ-1")
class MatchReservesTheRequest(bases.Keeps[bool]):
    """A request whose profiles were found to match is reserved for its acceptance."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        self.kept[operation.pairing_uid] = result.valid
        return result

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        if self.kept.get(operation.pairing_uid):
            raise Refusal(Reason.CONFLICT, "this pairing request is being accepted")
        return super().reject(operation, call)


@mutant("REJ-1")
class MatchIsWrittenBack(bases.Keeps[PairingRequest]):
    """A reject of a request that was matched is acknowledged, and the matched one written back."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        found = self.store.get(PairingRequest, operation.pairing_uid)
        if found is not None and result.valid:
            self.kept[operation.pairing_uid] = found
        return result

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        done = super().reject(operation, call)
        if operation.pairing_uid in self.kept:
            self.store.put(self.kept.pop(operation.pairing_uid))
        return done


# --- what comes back within the bound (WDR-3, REJ-1) ---------------------------------------------
class _ShowsItAgain(bases.Keeps[int]):
    """Lists a request again a while after it has left the list, until Palette is restarted."""

    AFTER: ClassVar = 2_000_000
    due: tuple[str, ...] = ()

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        back = [self.store.get(PairingRequest, str(uid)) for uid in self.due]
        again = [r for r in back if r and self.belongs(r.project_uid, scope)]
        return [*super().open_requests(scope, cluster_uid), *again]

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        self.due = tuple(str(u) for u, at in self.kept.items() if call.now >= at + self.AFTER)
        items = super().list_requests(operation, call).items
        pending = RequestState.PENDING.value
        return ops.PairingList(tuple(replace(item, state=pending) for item in items))


@mutant("WDR-3")
class WithdrawnIsListedAgain(_ShowsItAgain):
    """A withdrawn request stands in the list again when two seconds have passed."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        done = super().withdraw(operation, call)
        self.keep(operation.pairing_uid, call.now)
        return done


@mutant("REJ-1")
class RejectedIsListedAgain(_ShowsItAgain):
    """A rejected request stands in the list again when two seconds have passed."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        done = super().reject(operation, call)
        self.keep(operation.pairing_uid, call.now)
        return done


# --- messages of a host that is not the request's own --------------------------------------------
@mutant("INV-7")
class IdAloneWithdraws(CentralCore):
    """Whatever host names its id withdraws a request: the secret is not compared."""

    def request_to_withdraw(self, operation: ops.WithdrawPairing, now: int) -> PairingRequest:
        found = self.store.get(PairingRequest, operation.pairing_uid)
        if found is not None:
            own = (found.cluster.uid, found.cluster_token)
            operation = replace(operation, local_cluster_uid=own[0], cluster_token=own[1])
        return super().request_to_withdraw(operation, now)


@mutant("INV-7")
class AnyHostConfirms(CentralCore):
    """Whatever host confirms a pairing, by its id, it counts as the confirmation of its own."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        found = self.store.get(PairingRequest, operation.pairing_uid)
        secret = found.cluster_token if found else operation.cluster_token
        return super().confirm(replace(operation, cluster_token=secret), call)


@mutant("INV-7")
class SecretsThatBeginAlikeAreOne(CentralCore):
    """The secret of a host is compared as far as the one that is given goes."""

    def own_request(self, operation: ops.OfRequest, now: int) -> PairingRequest:
        found = self.store.get(PairingRequest, operation.pairing_uid)
        if found is not None and found.cluster_token.startswith(operation.cluster_token):
            operation = replace(operation, cluster_token=found.cluster_token)
        return super().own_request(operation, now)


# --- who may manage requests ---------------------------------------------------------------------
@mutant("PRE-8")
class LoginKeepsItsRights(bases.Keeps[frozenset[Grant]]):
    """Somebody who has logged in may do what they might when they did, until they log out."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        session = super().log_in(operation, call)
        user = self.store.get(User, operation.email)
        self.kept[session.token] = user.grants if user else frozenset()
        return session

    def authenticate(self, call: CentralCall) -> User:
        user = super().authenticate(call)
        return replace(user, grants=self.kept.get(call.credentials.session, user.grants))


@mutant("PRE-8")
class FindingNeedsNoRight(CentralCore):
    """Whoever looks for the requests of one cluster needs no permission to list."""

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        if not operation.local_cluster_uid:
            return super().list_requests(operation, call)
        self.authenticate(call)
        found = self.open_requests(self.scope_of(call), operation.local_cluster_uid)
        return ops.PairingList(tuple(self._item(request) for request in found))


@mutant("PRE-9")
class LoginIsOfNoProject(CentralCore):
    """For somebody who has logged in, a request is one of whatever project they have selected."""

    def authenticate(self, call: CentralCall) -> User:
        user = super().authenticate(call)
        self._by_login = bool(call.credentials.session) and not call.credentials.api_key
        return user

    def belongs(self, project_uid: str, scope: str) -> bool:
        return self._by_login or super().belongs(project_uid, scope)


@mutant("PRE-9")
class RestartSpreadsRights(bases.Wakes):
    """When Palette is started, what somebody may in one project, they may in each of theirs."""

    def wake(self) -> None:
        for user in list(self.store.every(User)):
            scopes = {grant.scope for grant in user.grants}
            permissions = {grant.permission for grant in user.grants}
            spread = frozenset(Grant(p, s) for p in permissions for s in scopes)
            self.store.put(replace(user, grants=spread))


# --- what a send needs ---------------------------------------------------------------------------
@mutant("PRE-1")
class RejectedClusterIsTakenAsItWas(EdgeCore):
    """A cluster whose request was rejected sends the next one whatever its state is by then."""

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = self.site_of(call.host_uid)
        self._again = bases.is_in(site, LocalState.REJECTED)
        return super().sendable(operation, call)

    def require_running(self, cluster: Cluster) -> None:
        if not self._again:
            super().require_running(cluster)


@mutant("PRE-2")
class HealthIsReadAtTheStart(EdgeCore):
    """The health of a cluster's nodes is read when the edge starts, and not again until then."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        clusters = (site.cluster for site in store.every(SlotState))
        self._known = {cluster.uid: cluster for cluster in clusters if cluster}

    def require_healthy(self, cluster: Cluster) -> None:
        super().require_healthy(self._known.get(cluster.uid, cluster))


@mutant("PRE-2")
class SentOnceSeenByItsFirstNode(bases.Remembers):
    """Of a cluster that has sent before, the first node's health is looked at and no other's."""

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        self.keep(bases.cluster_uid(self.site_of(host_uid)))
        return super().admitted(host_uid, request, reply)

    def require_healthy(self, cluster: Cluster) -> None:
        first = next(cluster.nodes(), None)
        if cluster.uid not in self.kept or first is None or first.health is not Health.HEALTHY:
            super().require_healthy(cluster)


@mutant("REJ-7")
class SiblingsHaveToBeToldOfARejection(bases.Remembers):
    """After a reject the hosts that had not sent send nothing until the edge has restarted."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        if event is LocalEvent.LEARNED_REJECTED:
            self.keep(request.host_uid)
        super().learned(site, request, event)

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if set(site.host_uids) & self.kept.keys() - {call.host_uid}:
            raise Refusal(Reason.CONFLICT, "the host that was rejected has the word")
        return site


@mutant("PRE-4")
class RestartActivatesTokens(bases.Wakes):
    """When Palette is started, every registration token that it has is active again."""

    def wake(self) -> None:
        for token in list(self.store.every(RegistrationToken)):
            self.store.put(replace(token, active=True))


# --- which version counts ------------------------------------------------------------------------
@mutant("PRE-7")
class BesideADraftVersionsAreText(CentralCore):
    """The versions of a profile that has a draft as well are compared as text."""

    def selected(self, request: PairingRequest, chosen: ops.SelectedProfile) -> ProfileChoice:
        choice = super().selected(request, chosen)
        editions = choice.profile.editions
        published = [edition for edition in editions if edition.published]
        if not published or len(published) == len(editions):
            return choice
        latest = max(published, key=lambda edition: edition.version)
        return replace(choice, profile=replace(choice.profile, editions=(latest,)))


@mutant("PRE-7")
class InfraProfileIsTakenAsAskedFor(OtherLatest):
    """An infra profile counts in the version that is asked for, where one is."""

    def latest(self, choice: ProfileChoice, published: Sequence[ProfileEdition]) -> ProfileEdition:
        profile = choice.profile
        asked = profile.edition(choice.version) if profile.type is ProfileType.INFRA else None
        return asked or profile.latest() or published[-1]


# --- who manages a cluster, at each of its hosts, and after a restart -----------------------------
@mutant("ACC-13")
class RejectedSiblingsStayLocal(bases.Remembers):
    """Once a request was rejected, only the host that sends the next one hears of its pairing."""

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        if event is LocalEvent.LEARNED_REJECTED:
            self.keep(site.slot)
        super().learned(site, request, event)

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> SlotState:
        site = self.site_of(call.host_uid)
        sender = site.request.host_uid if site.request else call.host_uid
        if site.slot not in self.kept or sender == call.host_uid:
            return super().changeable(operation, call)
        self.authenticate(call)
        return site


@mutant("INV-1")
class RestartReopensWhatIsBeingConfirmed(EdgeCore):
    """A host that is restarted while it confirms takes local operations until it is answered."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self._at_start = {bases.of_request(s.request) for s in store.every(SlotState)}

    def require_local(self, site: SlotState) -> None:
        confirms = bases.is_in(site, LocalState.CONFIRMING)
        if not (confirms and bases.of_request(site.request) in self._at_start):
            super().require_local(site)
