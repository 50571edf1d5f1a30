"""Planted defects that show only where two things meet: each of them alone goes well."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.pairing import LocalEvent, LocalState, RequestState
from harness.domain.permission import TENANT
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Begun, Carrying, EdgeCore, Probing, Work
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.core.records import (
    CentralCluster,
    LocalRequest,
    LoginSession,
    PairingRequest,
    SlotState,
    User,
)
from harness.reference.mutants import bases
from harness.reference.planting import Memory, mutant


# --- a cluster that has grown since, and a certificate that does not matter (PRE-2, PRE-5) --------
@mutant("PRE-2")
class NodesAreThoseOfTheFirstSend(EdgeCore):
    """A node that joined the cluster after its first send may be ill."""

    known = Memory[dict[str, frozenset[str]]](dict)

    def require_healthy(self, cluster: Cluster) -> None:
        known = self.known.setdefault(cluster.uid, frozenset(cluster.host_uids()))
        pools = (
            replace(pool, nodes=tuple(node for node in pool.nodes if node.host_uid in known))
            for pool in cluster.pools
        )
        super().require_healthy(replace(cluster, pools=tuple(pools)))


@mutant("PRE-5")
class HostsAreThoseOfTheFirstCheck(EdgeCore):
    """A host that joined the cluster after its connection was first checked is not asked."""

    known = Memory[dict[str, tuple[str, ...]]](dict)

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        return self.known.setdefault(self.cluster_at(site).uid, super().hosts_to_probe(site))


@mutant("PRE-5")
class AnyCertificateIsCheckedOnOneHost(EdgeCore):
    """Where any certificate will do, only one host is asked whether it reaches Palette."""

    is_insecure = False

    def unreachable(self, site: SlotState, url: str, entries: ops.PairingInput) -> Probing:
        self.is_insecure = bool(entries.insecure)
        return (yield from super().unreachable(site, url, entries))

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        hosts = super().hosts_to_probe(site)
        return hosts[:1] if self.is_insecure else hosts


# --- tokens (PRE-4, PRE-9) ------------------------------------------------------------------------
@mutant("PRE-4")
class DeletedTokensAreKnownByName(bases.Keeps[bool]):
    """A token that bears the name of a deleted one admits nothing."""

    def delete_token(self, operation: ops.DeleteToken, call: CentralCall) -> ops.Acknowledged:
        self.keep(self.owned_token(operation.token_uid, call).name, True)
        return super().delete_token(operation, call)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, now)
        if token.name in self.kept:
            raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token was deleted")
        return token


@mutant("PRE-4")
class RestartForgetsWhichTokensAreOff(CentralCore):
    """That an administrator has deactivated a token is forgotten when Palette restarts."""

    off = Memory[set[str]](set)

    def set_token_state(self, operation: ops.SetTokenState, call: CentralCall) -> ops.Acknowledged:
        uid = self.owned_token(operation.token_uid, call).uid
        (self.off.discard if operation.active else self.off.add)(uid)
        return ops.Acknowledged()

    def known_token(self, uid: str, scope: str) -> RegistrationToken:
        token = super().known_token(uid, scope)
        return replace(token, active=token.active and uid not in self.off)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, now)
        if token.uid in self.off:
            raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token is deactivated")
        return token


@mutant("PRE-9")
class TokensProjectIsThatOfItsFirstUse(bases.Keeps[str]):
    """A token that was used goes on admitting to the project that it had then."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, now)
        return replace(token, project_uid=self.keep(token.uid, token.project_uid))


# --- people (ACC-1, WDR-1) ------------------------------------------------------------------------
@mutant("ACC-1")
class RemovedUsersGoOn(bases.Keeps[User]):
    """A user who is removed goes on in their sessions and by their API key."""

    def forget_user(self, email: str) -> None:
        user = self.store.get(User, email)
        sessions = [s.token for s in self.store.every(LoginSession) if s.subject == email]
        for credential in (*sessions, *([user.api_key] if user else ())):
            if user is not None:
                self.keep(credential, user)
        super().forget_user(email)

    def authenticate(self, call: CentralCall) -> User:
        known = self.kept.get(call.credentials.api_key or call.credentials.session)
        return known or super().authenticate(call)


class LoginsFollowTheLatest(CentralCore):
    """Lets every login have something of the one that came last."""

    follows: ClassVar[str]
    """Which field of a session."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        session = super().log_in(operation, call)
        latest = self.store.get(LoginSession, session.token)
        for earlier in list(self.store.every(LoginSession)):
            self.store.put(replace(earlier, **{self.follows: getattr(latest, self.follows)}))
        return session


@mutant("ACC-1")
class LoginsEndWithTheLatest(LoginsFollowTheLatest):
    """A login is good as long as the one that came last, whoever's that is."""

    follows = "expiry"


@mutant("PRE-8")
class LoginsAreTheLatestUsers(LoginsFollowTheLatest):
    """Whoever is logged in is taken for whoever logged in last."""

    follows = "subject"


@mutant("WDR-1")
class SiblingsCancelWithoutALogin(EdgeCore):
    """A cancel at another host than the one that sent is passed on to that one unasked."""

    passes_on = False

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        request = self.site_of(call.host_uid).request
        if request is not None and request.host_uid != call.host_uid:
            call = replace(call, credentials=self._of_the_sender(request))
        return (yield from super().cancel(operation, call))

    def _of_the_sender(self, request: LocalRequest) -> ops.Credentials:
        sessions = (s for s in self.store.every(LoginSession) if s.subject == request.host_uid)
        return ops.Credentials(session=next((s.token for s in sessions), ""))

    def is_good_here(self, session: LoginSession, host_uid: str) -> bool:
        request = self.site_of(host_uid).request
        is_senders = request is not None and session.subject == request.host_uid
        return is_senders or super().is_good_here(session, host_uid)


# --- what has happened since (ACC-12, ACC-13, WDR-3) ----------------------------------------------
@mutant("ACC-12")
class RestartTakesTheAddressAsEntered(EdgeCore):
    """When the edge has restarted, an address without a scheme leads nowhere."""

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(SlotState)):
            request = site.request
            if request and request.state is LocalState.PENDING and "://" not in request.endpoint:
                lost = replace(request, base_url=f"https://{request.endpoint}.invalid")
                self.store.put(replace(site, request=lost))


@mutant("ACC-13")
class ManagementIsALeaseOfADay(EdgeCore):
    """A day after the pairing local operations work again."""

    since = Memory[dict[str, int]](dict)

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> SlotState:
        session, site = self.authenticate(call), self.site_of(call.host_uid)
        if self.is_central(site):
            since = self.since.setdefault(site.slot, session.expiry - self.choices.session)
            if call.now - since > 20 * bases.HOUR:
                return site
        return super().changeable(operation, call)


@mutant("WDR-3")
class SecretIsForgottenAfterADay(CentralCore):
    """A cancel a day after the send is not taken for the request's own."""

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None and call.now - request.created >= bases.DAY:
            raise self.no_request(operation.pairing_uid)
        return super().withdraw(operation, call)


# --- from the tenant (ACC-12, REJ-7) --------------------------------------------------------------
@mutant("ACC-12")
class AcceptedFromTheTenantIsTheTenants(CentralCore):
    """A cluster that was accepted in tenant scope is not to be found in the request's project."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        accepted = super().accept(operation, call)
        cluster = self.store.get(CentralCluster, accepted.cluster_uid)
        if cluster is not None and self.scope_of(call) == TENANT:
            self.store.put(replace(cluster, project_uid=TENANT))
        return accepted


@mutant("REJ-7")
class RejectedFromTheTenantIsNotTold(bases.Keeps[bool]):
    """A host never hears of a reject in tenant scope."""

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        rejected = super().reject(operation, call)
        if self.scope_of(call) == TENANT:
            self.keep(operation.pairing_uid, True)
        return rejected

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().poll(operation, call)
        is_untold = operation.pairing_uid in self.kept
        return replace(answer, state=RequestState.PENDING.value) if is_untold else answer


# --- what stands beside (ACC-12) ------------------------------------------------------------------
@mutant("ACC-12")
class AcceptanceEndsItsNamesakes(CentralCore):
    """An acceptance withdraws the requests of clusters of the same name in other projects."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        accepted = super().accept(operation, call)
        own = self.store.get(PairingRequest, operation.pairing_uid)
        for other in list(self.store.find(PairingRequest, "any_open", "yes")):
            is_elsewhere = own is not None and other.project_uid != own.project_uid
            if own and is_elsewhere and other.cluster.name == own.cluster.name:
                self.store.put(replace(other, state=RequestState.WITHDRAWN))
        return accepted


@mutant("ACC-12")
class ProfilesReachAllThatHadTheSame(CentralCore):
    """A change of a cluster's profiles reaches all clusters of the project that had the same."""

    def update_profiles(
        self, operation: ops.UpdateCentralProfiles, call: CentralCall
    ) -> ops.Acknowledged:
        before = self.known_cluster(operation.cluster_uid, call)
        done = super().update_profiles(operation, call)
        after = self.known_cluster(operation.cluster_uid, call)
        for other in list(self.store.find(CentralCluster, "project", before.project_uid)):
            if other.profiles == before.profiles:
                self.store.put(replace(other, profiles=after.profiles))
        return done


# --- where a scenario does not look (INV-8) -------------------------------------------------------
@mutant("INV-8")
class ListOfOneClusterKeepsTheRejected(CentralCore):
    """The list of one cluster's requests goes on showing those that were rejected as pending."""

    SHOWN: ClassVar = RequestState.PENDING.value

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        listed = super().list_requests(operation, call)
        uid, scope = operation.local_cluster_uid, self.scope_of(call)
        stale = (
            replace(self._item(request), state=self.SHOWN)
            for request in self.store.every(PairingRequest)
            if request.cluster.uid == uid and request.state is RequestState.REJECTED
            if self.belongs(request.project_uid, scope)
        )
        return ops.PairingList((*listed.items, *stale))


# --- where time goes by, or two things at once (ACC-6, INV-9, WDR-5) ------------------------------
@mutant("ACC-6")
class EntersOnConfirmation(bases.Keeps[CentralCluster]):
    """What is changed on acceptance is kept in memory, and written as the host confirms."""

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: ops.AcceptPairingRequest
    ) -> CentralCluster:
        self.keep(uid, super().accepted_cluster(uid, request, operation))
        unchanged = replace(operation, name=None, description=None, tags=None)
        return super().accepted_cluster(uid, request, unchanged)

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().confirm(operation, call)
        if entered := self.kept.pop(answer.cluster_uid, None):
            self.store.put(replace(entered, confirmed=True))
        return answer


@mutant("INV-9")
class GivesUpAlone(EdgeCore):
    """A host that has asked in vain for an hour takes its request for failed, and tells nobody."""

    since = Memory[dict[str, int]](dict)

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        question = ops.PollPairing(request.pairing_uid, request.cluster_token)
        answer = yield self.call("polling", request, question)
        began = self.since.setdefault(request.pairing_uid, answer.now)
        event = self.event_of(answer.reply)
        if not event and answer.now - began >= bases.HOUR:
            event = LocalEvent.LEARNED_FAILED
        site = self.slot_state(slot)
        if event and site and self.is_same(site.request, request):
            self.learned(site, request, event)


@mutant("REJ-7")
class AsksInVainForTwoSeconds(EdgeCore):
    """A host that has had no answer for two seconds does not ask any more."""

    patience = 2 * bases.SECOND
    heard = Memory[dict[str, int]](dict)
    given_up = Memory[set[str]](set)

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        uid = request.pairing_uid
        if point == "polling" and uid in self.given_up:
            return self.unasked()
        answer = yield self.call(point, request, operation)
        if isinstance(answer.reply, ops.Done | Refused):
            self.heard[uid] = answer.now
        if answer.now - self.heard.setdefault(uid, answer.now) >= self.patience:
            self.given_up.add(uid)
        return answer.reply

    def unasked(self) -> LinkReply:
        """What it takes the answer for that it does not ask for."""
        return NotDelivered("it asks no more")


@mutant("INV-9")
class FailsAfterTwoSecondsInVain(AsksInVainForTwoSeconds):
    """A host that has had no answer for two seconds takes its request for failed."""

    def unasked(self) -> LinkReply:
        return Refused(Reason.NOT_FOUND, "nobody was heard")


@mutant("INV-9")
class FailsAfterAnHourInVain(FailsAfterTwoSecondsInVain):
    """A host that has had no answer for an hour takes its request for failed."""

    patience = bases.HOUR


@mutant("INV-9")
class CancelledOnItsWayIsNotWithdrawn(EdgeCore):
    """A request that is cancelled before its submission was answered is ended here alone."""

    def end(self, slot: str, request: LocalRequest) -> Work:
        site = self.slot_state(slot)
        if site is None or request.state is not LocalState.SUBMITTING:
            yield from super().end(slot, request)
        elif self.is_same(site.request, request):
            self.store.put(replace(site, request=None))


@mutant("WDR-5")
class SilentHostsAreNotListed(bases.Keeps[int]):
    """A request whose host has not asked for an hour is in no list, though it waits."""

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        self.kept[operation.pairing_uid] = call.now
        return super().poll(operation, call)

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        items = super().list_requests(operation, call).items
        earliest = call.now - bases.HOUR
        heard = (i for i in items if self.kept.get(i.pairing_uid, i.created) > earliest)
        return ops.PairingList(tuple(heard))


@mutant("INV-9")
class SecondSendTakesThePlace(EdgeCore):
    """Of two sends at a time the later takes the place of the other, which waits at Palette on."""

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        site = self.site_of(call.host_uid)
        if self.pending(site):
            self.store.put(replace(site, request=None))
        return super().begin(operation, call, url)
