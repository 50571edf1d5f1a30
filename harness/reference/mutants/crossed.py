"""Planted defects that show only where two things meet that do not belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Health
from harness.domain.errors import Reason, Refusal
from harness.domain.match import ProfileChoice
from harness.domain.pairing import LocalEvent, LocalState
from harness.domain.permission import Grant
from harness.domain.profile import ProfileEdition, ProfileType
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import EdgeChoices
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.link import LinkReply
from harness.reference.core.store import Store
from harness.reference.mutants import bases
from harness.reference.mutants.accepting import OtherLatest
from harness.reference.planting import mutant


# --- messages of a host that is not the request's own --------------------------------------------
@mutant("INV-7")
class IdAloneWithdraws(CentralCore):
    """Whatever host names its id withdraws a request: the secret is not compared."""

    def request_to_withdraw(
        self, operation: ops.WithdrawPairing, now: int
    ) -> records.PairingRequest:
        found = self.store.get(records.PairingRequest, operation.pairing_uid)
        if found is not None:
            own = (found.cluster.uid, found.cluster_token)
            operation = replace(operation, local_cluster_uid=own[0], cluster_token=own[1])
        return super().request_to_withdraw(operation, now)


@mutant("INV-7")
class AnyHostConfirms(CentralCore):
    """Whatever host confirms a pairing, by its id, it counts as the confirmation of its own."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        found = self.store.get(records.PairingRequest, operation.pairing_uid)
        secret = found.cluster_token if found else operation.cluster_token
        return super().confirm(replace(operation, cluster_token=secret), call)


@mutant("INV-7")
class SecretsThatBeginAlikeAreOne(CentralCore):
    """The secret of a host is compared as far as the one that is given goes."""

    def own_request(self, operation: ops.OfRequest, now: int) -> records.PairingRequest:
        found = self.store.get(records.PairingRequest, operation.pairing_uid)
        if found is not None and found.cluster_token.startswith(operation.cluster_token):
            operation = replace(operation, cluster_token=found.cluster_token)
        return super().own_request(operation, now)


# --- who may manage requests ---------------------------------------------------------------------
@mutant("PRE-9")
class LoginKeepsItsRights(bases.Keeps[frozenset[Grant]]):
    """Somebody who has logged in may do what they might when they did, until they log out."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        session = super().log_in(operation, call)
        user = self.store.get(records.User, operation.email)
        self.kept[session.token] = user.grants if user else frozenset()
        return session

    def authenticate(self, call: CentralCall) -> records.User:
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

    def authenticate(self, call: CentralCall) -> records.User:
        user = super().authenticate(call)
        self._by_login = bool(call.credentials.session) and not call.credentials.api_key
        return user

    def belongs(self, project_uid: str, scope: str) -> bool:
        return self._by_login or super().belongs(project_uid, scope)


@mutant("PRE-9")
class RestartSpreadsRights(bases.Wakes):
    """When Palette is started, what somebody may in one project, they may in each of theirs."""

    def wake(self) -> None:
        for user in list(self.store.every(records.User)):
            scopes = {grant.scope for grant in user.grants}
            permissions = {grant.permission for grant in user.grants}
            spread = frozenset(Grant(p, s) for p in permissions for s in scopes)
            self.store.put(replace(user, grants=spread))


# --- what a send needs ---------------------------------------------------------------------------
@mutant("PRE-1")
class RejectedClusterIsTakenAsItWas(EdgeCore):
    """A cluster whose request was rejected sends the next one whatever its state is by then."""

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> records.SlotState:
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
        clusters = (site.cluster for site in store.every(records.SlotState))
        self._known = {cluster.uid: cluster for cluster in clusters if cluster}

    def require_healthy(self, cluster: Cluster) -> None:
        super().require_healthy(self._known.get(cluster.uid, cluster))


@mutant("PRE-2")
class SentOnceSeenByItsFirstNode(bases.Remembers):
    """Of a cluster that has sent before, the first node's health is looked at and no other's."""

    def admitted(
        self, host_uid: str, request: records.LocalRequest, reply: LinkReply
    ) -> ops.KnownReply:
        self.keep(bases.cluster_uid(self.site_of(host_uid)))
        return super().admitted(host_uid, request, reply)

    def require_healthy(self, cluster: Cluster) -> None:
        first = next(cluster.nodes(), None)
        if cluster.uid not in self.kept or first is None or first.health is not Health.HEALTHY:
            super().require_healthy(cluster)


@mutant("REJ-7")
class SiblingsHaveToBeToldOfARejection(bases.Remembers):
    """After a reject the hosts that had not sent send nothing until the edge has restarted."""

    def learned(
        self, site: records.SlotState, request: records.LocalRequest, event: LocalEvent
    ) -> None:
        if event is LocalEvent.LEARNED_REJECTED:
            self.keep(request.host_uid)
        super().learned(site, request, event)

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> records.SlotState:
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

    def selected(
        self, request: records.PairingRequest, chosen: ops.SelectedProfile
    ) -> ProfileChoice:
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

    def learned(
        self, site: records.SlotState, request: records.LocalRequest, event: LocalEvent
    ) -> None:
        if event is LocalEvent.LEARNED_REJECTED:
            self.keep(site.slot)
        super().learned(site, request, event)

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> records.SlotState:
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
        self._at_start = {bases.of_request(s.request) for s in store.every(records.SlotState)}

    def require_local(self, site: records.SlotState) -> None:
        confirms = bases.is_in(site, LocalState.CONFIRMING)
        if not (confirms and bases.of_request(site.request) in self._at_start):
            super().require_local(site)
