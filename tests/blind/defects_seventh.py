"""Twenty more realistic defects, written blind: each where two circumstances cross.

They were written from the requirements and the core alone, with the document and the domain beside
them: without a look at the features, the tables, the checkers, the matrix, the defects of the
registry or those of the sets before, of which one was read as a sample of the form. Each was
planted and taken through a plain history, where it does not show, and seen to take effect in one of
its own; none was run against the suite. They are never to be changed to suit the suite, nor is the
suite to be fitted to one of them.

The first paragraph of each says what it does, the second why somebody would write it so.

Imports `domain`, `reference`. `SEVENTH` holds them all, in the order of the procedure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.domain import operations as ops
from harness.domain.cluster import ManagementMode
from harness.domain.draws import CounterDraws
from harness.domain.errors import Reason, Refusal
from harness.domain.pairing import DECIDED, LocalEvent, LocalState
from harness.domain.permission import TENANT, Grant, PairPermission
from harness.domain.profile import ClusterProfile
from harness.domain.token import RegistrationToken
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Begun, Carrying, EdgeCore
from harness.reference.core.records import (
    LocalRequest,
    PairingRequest,
    SlotState,
    User,
)
from harness.reference.planting import Memory, Mutant, Registry
from tests.blind.declaring import declaring

_A_MINUTE: Final = 60_000_000

SEVENTH: Registry[Mutant] = Registry("mutant")
"""All twenty; apart from those before them, and from the mutants of the registry."""

seventh = declaring(SEVENTH)


# --- prerequisites ---------------------------------------------------------------------------
@seventh("PRE-4")
class TokenUsedBeforeKeepsItsExpiry(CentralCore):
    """When a registration token runs out is remembered once it has admitted somebody. One whose
    expiry is brought forward afterwards admits others until the old one, or a restart.

    Whether a token exists and is active is looked up each time; its expiry was thought to be part
    of what is signed, and never to change. Editing a token came later.
    """

    _expiries = Memory[dict[str, int | None]](dict)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = next(self.store.find(RegistrationToken, "value", value), None)
        if token is None or value not in self._expiries:
            token = super().usable_token(value, now)
            self._expiries[value] = token.expiry
        elif why := replace(token, expiry=self._expiries[value]).why_unusable(now):
            raise Refusal(Reason.TOKEN_UNUSABLE, why)
        return token


@seventh("PRE-5")
class LastSenderIsNotProbed(EdgeCore):
    """The host that sent the last request is left out of the connection check, also when that
    request has long been rejected. Cut off, it keeps no other host of the cluster from sending.

    That host asks Palette about the request several times a minute, so its connection is known
    anyway; that nobody asks any more once the request is decided was not thought of.
    """

    def hosts_to_probe(self, site: SlotState) -> tuple[str, ...]:
        hosts = super().hosts_to_probe(site)
        if site.request is not None and len(hosts) > 1:
            return tuple(host for host in hosts if host != site.request.host_uid)
        return hosts


@seventh("PRE-7")
class DraftThatIsPublishedIsNotNews(CentralCore):
    """A profile is read anew only when the number of its versions has changed. If a draft is
    published that was there when the profile was last matched, the version before it still counts
    as the latest.

    Profiles are large and were immutable but for further versions; counting those seemed enough to
    tell whether a cached one is stale.
    """

    _read = Memory[dict[tuple[str, int], ClusterProfile]](dict)

    def profile(self, uid: str) -> ClusterProfile | None:
        found = super().profile(uid)
        return found and self._read.setdefault((uid, len(found.editions)), found)


@seventh("PRE-8")
class LoginKeepsItsGrants(CentralCore):
    """What somebody may do is read when a login by password is first used, and stays with it. A
    permission that is taken away meanwhile works on in that login; an API key notices.

    The grants went into the session to spare a look-up on every call. Keys have no session.
    """

    _grants = Memory[dict[str, frozenset[Grant]]](dict)

    def authenticate(self, call: CentralCall) -> User:
        user = super().authenticate(call)
        if call.credentials.api_key:
            return user
        grants = self._grants.setdefault(call.credentials.session, user.grants)
        return replace(user, grants=grants)


@seventh("PRE-9")
class RolesOfAllProjectsAddUp(CentralCore):
    """Permissions are looked for among all that somebody holds anywhere, provided that they hold
    any in the scope. Who may only look in one project and decides in another decides in both.

    The middleware checks that the caller belongs to the project, the rule that one of their roles
    has the permission; each of the two is right for whoever works in one project.
    """

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        held = any(grant.permission is permission for grant in user.grants)
        return held and self.is_member(user, scope)


# --- send ------------------------------------------------------------------------------------
@seventh("SND-1")
class LogOutLeavesExtendedLogins(EdgeCore):
    """To log out ends a login of the ordinary length. An extended one is answered alike, and stays
    good as long as there is more left of it than an ordinary one has in all.

    Logged-out tokens go onto a list that is kept for as long as a token lasts, and what it does not
    expect there it does not keep; extended logins came later than the list.
    """

    def log_out(self, operation: ops.LogOut, call: EdgeCall) -> ops.Acknowledged:
        if self.authenticate(call).expiry - call.now > self.choices.session:
            return ops.Acknowledged()
        return super().log_out(operation, call)


@seventh("SND-3")
class StartReadsTheFirstHostsDisk(EdgeCore):
    """After a start the pending request is there only if the first host of the cluster had sent it.
    One that another host sent is gone from Local UI, while Palette still has it.

    A request lies on the disk of the host that sends it; at a start the cluster's state is gathered
    from its leader, which in every trial was where the request had been sent.
    """

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(SlotState):
            request, cluster = site.request, site.cluster
            if request is None or cluster is None or request.state is not LocalState.PENDING:
                continue
            if request.host_uid != cluster.host_uids()[0]:
                self.store.put(replace(site, request=None))


@seventh("SND-5")
class SecretsBeginAgainWithEachStart(EdgeCore):
    """The secret of a request is drawn from the host's uid and a counter that begins anew with each
    start. The first request after one repeats the secret of the first before it, so that Palette
    takes it for the same submission, and answers with the id that was cancelled or rejected.

    A secret that can be derived again lets a submission be repeated after a crash. The counter was
    meant to be stored.
    """

    _draws = Memory[dict[str, CounterDraws]](dict)

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        host = call.host_uid
        draws = self._draws.setdefault(host, CounterDraws(host))
        return super().begin(operation, replace(call, draws=draws), url)


@seventh("SND-6")
class SecondSendLeavesItsLock(EdgeCore):
    """A second send that is refused since a request is pending leaves the cluster locked: from then
    on local operations are refused as long as that request is the cluster's, or until a restart.

    A send locks the cluster against changes, lest the stack change under it. It is released at the
    end of a send; a refusal leaves by another way.
    """

    _locked = Memory[set[str]](set)

    def require_nothing_pending(self, earlier: LocalRequest | None) -> None:
        if earlier is not None:
            self._locked.add(earlier.cluster_token)
        super().require_nothing_pending(earlier)

    def require_local(self, site: SlotState) -> None:
        super().require_local(site)
        if site.request is not None and site.request.cluster_token in self._locked:
            raise Refusal(Reason.CONFLICT, "a pairing request is being sent: try again later")


# --- accept ----------------------------------------------------------------------------------
@seventh("ACC-6")
class FirstDetailsStay(CentralCore):
    """Name, description and tags are kept from the first try to accept a request. If that was
    refused since the profiles did not match, and they are changed once more for the second, the
    cluster bears those of the first.

    The wizard saves its details as a draft, so that nobody has to enter them again after a
    mismatch; the draft is created, and never updated.
    """

    _drafts = Memory[dict[str, ops.AcceptPairingRequest]](dict)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        self.authorise(call, PairPermission.UPDATE)
        draft = self._drafts.setdefault(operation.pairing_uid, operation)
        return super().accept(replace(draft, selection=operation.selection), call)


@seventh("ACC-13")
class HostsThatJoinLaterAreNotTold(EdgeCore):
    """Local operations end on the hosts that the cluster had when its request was sent. On the
    Local UI of one that joined while the request was pending, they still take effect.

    The hosts are told of the handover one by one, by the list that went with the request.
    """

    _told = Memory[dict[str, tuple[str, ...]]](dict)

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        self._told[request.cluster_token] = submission.cluster.host_uids()
        return request, submission

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> SlotState:
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        told = self._told.get(site.request.cluster_token) if site.request else None
        runs = site.cluster.host_uids() if site.cluster else ()
        if told is not None and call.host_uid in set(runs) - set(told):
            return site
        return super().changeable(operation, call)


@seventh("ACC-14")
class TenantListsWhatIsHandedOver(CentralCore):
    """In the scope of the tenant, the list has every request that is not decided for good: one that
    was accepted and waits for its host as well. In a project it does not.

    The list across projects is a query of its own, which leaves out what is final. "Accepted"
    became a state between later, and the query of a project was changed for it.
    """

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        if scope == TENANT and not cluster_uid:
            return [r for r in self.store.every(PairingRequest) if r.state not in DECIDED]
        return super().open_requests(scope, cluster_uid)


# --- withdraw --------------------------------------------------------------------------------
@seventh("WDR-3")
class WithdrawalNeedsAGoodToken(CentralCore):
    """A withdrawal is refused when the registration token of its request has expired, or was
    deactivated or deleted since. The cancel ends the request at the host, and Palette keeps it.

    Every message of a host goes through the check of its token; polls were exempt from it after
    complaints.
    """

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None:
            token = self.store.get(RegistrationToken, request.token_uid)
            if token is None or token.why_unusable(call.now):
                raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token is not usable")
        return super().withdraw(operation, call)


@seventh("WDR-4")
class CancelAfterAStartAsksFirst(EdgeCore):
    """After a start, a request is cancelled only once Palette has answered a question about it. A
    host that was started while it is cut off refuses the cancel.

    Nobody knows what became of a request while the host was down, and to cancel an accepted one
    would be wrong; so the first thing is to ask.
    """

    _known = Memory[set[str]](set)

    def carried(self, point: str, request: LocalRequest, operation: ops.AgentOperation) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if isinstance(reply, ops.Done):
            self._known.add(request.cluster_token)
        return reply

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        request = self.cancellable(operation, call)
        if request.state is LocalState.PENDING and request.cluster_token not in self._known:
            yield from self.follow_pending(self.site_of(call.host_uid).slot, request)
            if request.cluster_token not in self._known:
                raise Refusal(Reason.HOST_UNREACHABLE, "Palette cannot be asked: try again later")
        return (yield from super().cancel(operation, call))


@seventh("WDR-6")
class StartForgetsTheAcceptance(EdgeCore):
    """A start in the middle of the handover puts the request back to pending, until Palette is
    asked again. A host that had learned of the acceptance and is cut off by then takes a cancel.

    Whatever was under way is taken up again from its last state that is published, which is the
    simplest way to come back from a crash; Palette knows better, and is asked at once.
    """

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(SlotState):
            request = site.request
            if request is not None and request.state is LocalState.CONFIRMING:
                back = replace(request, state=LocalState.PENDING)
                self.store.put(replace(site, request=back))


# --- reject ----------------------------------------------------------------------------------
@seventh("REJ-5")
class OwnListHidesWhatOthersDecide(CentralCore):
    """The list of pending requests is kept for a minute for each administrator, and made anew when
    a host submits or withdraws, or when they decide themselves. What another administrator has
    rejected or accepted stays on it for that long.

    A page that polls the list every second was too much for the database.
    """

    _lists = Memory[dict[str, dict[object, tuple[int, ops.PairingList]]]](dict)

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        asked = (self.authorise(call, PairPermission.LIST), operation)
        own = self._lists.setdefault(self.authenticate(call).email, {})
        if asked not in own or call.now - own[asked][0] >= _A_MINUTE:
            own[asked] = (call.now, super().list_requests(operation, call))
        return own[asked][1]

    def authorise(self, call: CentralCall, permission: PairPermission) -> str:
        if permission in (PairPermission.UPDATE, PairPermission.DELETE):
            self._lists.pop(self.authenticate(call).email, None)
        return super().authorise(call, permission)

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        self._lists.clear()
        return super().submit(operation, call)

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        self._lists.clear()
        return super().withdraw(operation, call)


@seventh("REJ-6")
class RejectFollowsToTheNextRequest(CentralCore):
    """To reject a request that is decided rejects the one that its cluster has pending now, if it
    has one.

    A person who rejects means the cluster that they do not know; from an old list, they would else
    be told that there is nothing to reject while it knocks again.
    """

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        scope = self.authorise(call, PairPermission.DELETE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state in DECIDED:
            for newer in self.open_requests(scope, request.cluster.uid):
                return super().reject(ops.RejectPairingRequest(newer.pairing_uid), call)
        return super().reject(operation, call)


@seventh("REJ-7")
class TwoRejectionsAreEnough(EdgeCore):
    """A cluster whose requests were rejected twice, without one that was accepted between, sends no
    third until the edge restarts.

    What fails twice fails a third time: the limit is that of the retries of a submission, and a
    rejection is counted as a submission that has failed.
    """

    _failed = Memory[dict[str, int]](dict)

    def learned(self, site: SlotState, request: LocalRequest, event: LocalEvent) -> None:
        super().learned(site, request, event)
        if site.cluster is not None and event is LocalEvent.LEARNED_REJECTED:
            self._failed[site.cluster.uid] = self._failed.get(site.cluster.uid, 0) + 1

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> SlotState:
        site = super().sendable(operation, call)
        if self._failed.get(self.cluster_at(site).uid, 0) >= 2:
            raise Refusal(Reason.CONFLICT, "pairing has failed too often: try again later")
        return site


# --- over any history ------------------------------------------------------------------------
@seventh("INV-1")
class StartNotesTheModeTooEarly(EdgeCore):
    """A start in the middle of the handover writes down that the hosts are in central mode. If the
    handover then comes to nothing, they stay so: nobody manages the cluster.

    What reads the mode at a start, before any request is looked at, has to find the right one; and
    an acceptance that was learned had always led to a pairing.
    """

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(SlotState):
            if self.is_central(site):
                self.store.put(replace(site, mode=ManagementMode.CENTRAL))


@seventh("INV-2")
class LateWithdrawalEndsTheNextRequest(CentralCore):
    """A withdrawal of a request that is decided already ends the one that the same cluster has
    pending now. One that is told late, after its request was rejected and a new one was sent, or
    that arrives a second time, takes the new request with it.

    A cluster has one request at a time, so a withdrawal can only mean the one that is pending; that
    its id is another's was put down to an answer that its host never heard.
    """

    def request_to_withdraw(self, operation: ops.WithdrawPairing, now: int) -> PairingRequest:
        found = super().request_to_withdraw(operation, now)
        if found.state in DECIDED:
            open_now = self.store.find(PairingRequest, "open_of_cluster", found.cluster.uid)
            return next(open_now, found)
        return found
