"""Twenty more realistic defects, written blind after the work on the fourth twenty.

They were written from the requirements and the core alone, with the document and the domain beside
them: without a look at the features, the tables, the checkers, the matrix, the defects of the
registry or those of the sets before, of which one was read as a sample of the form. Each was
planted and taken through a plain history, where it does not show, and seen to take effect in one of
its own; none was run against the suite. They are never to be changed to suit the suite, nor is the
suite to be fitted to one of them.

The first paragraph of each says what it does, the second why somebody would write it so.

Imports `domain`, `reference`. `FIFTH` holds them all, in the order of the procedure.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.errors import Reason, Refusal
from harness.domain.match import MatchResult, Mismatch, ProfileChoice
from harness.domain.pairing import LocalEvent, LocalState, RequestEvent, RequestState
from harness.domain.permission import TENANT, PairPermission
from harness.domain.profile import ProfileType
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Begun, EdgeCore, Probing
from harness.reference.planting import Memory, Mutant, Registry
from tests.blind.declaring import declaring

_A_MINUTE: Final = 60_000_000

FIFTH: Registry[Mutant] = Registry("mutant")
"""All twenty; apart from the eighty before them, and from the mutants of the registry."""

fifth = declaring(FIFTH)


# --- prerequisites ---------------------------------------------------------------------------
@fifth("PRE-4")
class OldGuestsNeedNoGoodToken(CentralCore):
    """A cluster that a registration token has admitted once is admitted by it again, though it was
    deactivated or has expired in the meantime.

    Who comes back after a cancel or a rejection has been checked already, and is not to be locked
    out when tokens are rotated.
    """

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        try:
            return super().submit(operation, call)
        except Refusal as refusal:
            value, about = operation.registration_token, operation.cluster.uid
            token = next(self.store.find(RegistrationToken, "value", value), None)
            guests = self.store.every(records.PairingRequest)
            known = token and any(
                (r.token_uid, r.cluster.uid) == (token.uid, about) for r in guests
            )
            if refusal.refused.reason is not Reason.TOKEN_UNUSABLE or token is None or not known:
                raise
            self.store.put(replace(token, active=True, expiry=None))
            admitted = super().submit(operation, call)
            self.store.put(token)
            return admitted


@fifth("PRE-5")
class OneCheckIsGoodForEveryCluster(EdgeCore):
    """Where a connection check has succeeded, asked on whichever cluster, a send to that endpoint
    does not ask the hosts again, until a check fails: it goes out though a host has been cut off
    since, or is one of another cluster.

    The page makes the check right before it sends, so its result is kept, under the endpoint that
    was checked.
    """

    reached = Memory[set[tuple[str, bool]]](set)

    def unreachable(self, site: records.SlotState, url: str, entries: ops.PairingInput) -> Probing:
        checked = (url, entries.insecure)
        sends = isinstance(entries, ops.SendPairingRequest)
        if sends and checked in self.reached:
            return ""
        why = yield from super().unreachable(site, url, entries)
        if why:
            self.reached.discard(checked)
        elif not sends:
            self.reached.add(checked)
        return why


@fifth("PRE-6")
class TrustOnceGivenStays(EdgeCore):
    """Once a request was sent to an endpoint with `insecure`, that endpoint's certificate is not
    looked at any more: a later send or check without `insecure`, from whichever cluster, takes an
    untrusted one as well.

    The exception is remembered by its endpoint, as a browser does, so that nobody is asked twice.
    """

    trusted = Memory[set[str]](set)

    def perform(self, operation: ops.LocalOperation, call: EdgeCall) -> EdgeFlow:
        if isinstance(operation, ops.PairingInput) and operation.endpoint in self.trusted:
            operation = replace(operation, insecure=True)
        reply = yield from super().perform(operation, call)
        if isinstance(operation, ops.SendPairingRequest) and isinstance(reply, ops.Done):
            self.trusted.update([operation.endpoint] if operation.insecure else [])
        return reply


@fifth("PRE-7")
class WhatRunsCountsAsLatest(CentralCore):
    """An older version of a profile is a match where it is asked for by its number and the local
    cluster runs a profile of just this name and version.

    Nobody is to be made to upgrade in order to pair, and with that version nothing would change.
    """

    def matched(self, request: records.PairingRequest, selection: ops.Selected) -> MatchResult:
        result = super().matched(request, selection)
        runs = {(profile.name, profile.version) for profile in request.cluster.stack}
        left = (
            problem
            for problem in result.problems
            if problem.kind is not Mismatch.NOT_LATEST
            or (problem.profile, problem.offered_version) not in runs
        )
        return replace(result, problems=tuple(left))


@fifth("PRE-9")
class PermissionFromTheNextProject(CentralCore):
    """Who has some permission on pairing requests in a project may do there whatever they may do in
    any other: with `list` here and `delete` there, they reject here.

    Two questions are asked one after the other: is it one of theirs, and do they have it at all?
    """

    def holds(self, user: records.User, permission: PairPermission, scope: str) -> bool:
        anywhere = any(grant.permission is permission for grant in user.grants)
        here = scope != TENANT and any(grant.scope == scope for grant in user.grants)
        return super().holds(user, permission, scope) or (anywhere and here)


# --- send ------------------------------------------------------------------------------------
@fifth("SND-1")
class EightCharactersOfAPassword(EdgeCore):
    """A login to Local UI looks at the first eight characters of the password only: what follows
    them may be anything, or be missing.

    It compares with what `crypt` has made of both, in the oldest of its ways.
    """

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        password = self.choices.password
        if operation.password[:8] == password[:8]:
            operation = replace(operation, password=password)
        return super().log_in(operation, call)


@fifth("SND-6")
class RejectionRollsTheClusterBack(EdgeCore):
    """When the host learns that its request was rejected, the cluster's tags and profiles are put
    back as they were when it was sent: local changes since, each acknowledged, are lost.

    A pairing that comes to nothing leaves things as they were before it, for which they are saved
    when it begins.
    """

    saved = Memory[dict[str, Cluster]](dict)

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        begun = super().begin(operation, call, url)
        self.saved[self.site_of(call.host_uid).slot] = begun[1].cluster
        return begun

    def learned(
        self, site: records.SlotState, request: records.LocalRequest, event: LocalEvent
    ) -> None:
        was, now = self.saved.get(site.slot), site.cluster
        if event is LocalEvent.LEARNED_REJECTED and was is not None and now is not None:
            site = replace(site, cluster=replace(now, tags=was.tags, stack=was.stack))
        super().learned(site, request, event)


# --- accept ----------------------------------------------------------------------------------
@fifth("ACC-6")
class TagsPileUp(CentralCore):
    """A cluster that is accepted with tags bears those of every acceptance before it as well, of
    whatever project, as far as it has none of the same name.

    They are gathered in a mapping that was made once and is added to, as a default of an argument
    would be.
    """

    gathered = Memory[dict[str, str]](dict)

    def accepted_cluster(
        self, uid: str, request: records.PairingRequest, operation: ops.AcceptPairingRequest
    ) -> records.CentralCluster:
        if operation.tags is not None:
            self.gathered.update(operation.tags)
            operation = replace(operation, tags=dict(self.gathered))
        return super().accepted_cluster(uid, request, operation)


@fifth("ACC-7")
class SystemProfilesBringNoPacks(CentralCore):
    """A profile of the type `system` does not count in a match: selected besides, it brings packs
    that the local cluster does not have, and the match is valid.

    The match was written for infra, full and add-on profiles, as in the table of the procedure.
    """

    def matched(self, request: records.PairingRequest, selection: ops.Selected) -> MatchResult:
        counts = (
            chosen
            for chosen in selection
            if self.selected(request, chosen).profile.type is not ProfileType.SYSTEM
        )
        return super().matched(request, tuple(counts))


@fifth("ACC-12")
class ConfirmedAgainIsAsAtFirst(CentralCore):
    """A confirmation that comes again puts the paired cluster back as it was at the first: name,
    tags and profiles that were changed centrally in the meantime, and acknowledged, are lost.

    A confirmation writes the whole entry of the cluster, so that a repeated one does no harm.
    """

    confirmed = Memory[dict[str, records.CentralCluster]](dict)

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().confirm(operation, call)
        cluster = self.store.get(records.CentralCluster, answer.cluster_uid)
        if cluster is not None:
            self.store.put(self.confirmed.setdefault(cluster.uid, cluster))
        return answer


@fifth("ACC-13")
class BrokenNodeCanStillBeRemoved(EdgeCore):
    """A node that is unhealthy can be removed in Local UI after the pairing as before it; the
    removal of a healthy one is refused.

    A broken host has to be taken away on site, whoever manages the cluster.
    """

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> records.SlotState:
        site = self.site_of(call.host_uid)
        broken = {node.name for node in site.cluster.unhealthy_nodes()} if site.cluster else set()
        if isinstance(operation, ops.RemoveNode) and operation.node_name in broken:
            self.authenticate(call)
            return site
        return super().changeable(operation, call)


@fifth("ACC-15")
class FailedMatchKeepsTheRequest(CentralCore):
    """Whoever has tried to accept a request with profiles that do not match is the only one who can
    accept it from then on: every other administrator is refused.

    A request that somebody works on is theirs, lest two review it at once; nobody gives it back.
    """

    reviewers = Memory[dict[str, str]](dict)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        self.authorise(call, PairPermission.UPDATE)
        uid, email = operation.pairing_uid, self.authenticate(call).email
        if self.reviewers.get(uid, email) != email:
            raise Refusal(Reason.CONFLICT, f"somebody else reviews the pairing request {uid}")
        try:
            return super().accept(operation, call)
        except Refusal as refusal:
            if refusal.refused.reason is Reason.PROFILES_MISMATCH:
                self.reviewers[uid] = email
            raise


@fifth("ACC-19")
class BrokenGlassGivesLocalManagementBack(EdgeCore):
    """A paired cluster is given back to Local UI where that is asked for while its host does not
    reach Palette; Palette manages it still, and so do both once the link is back.

    With Palette out of reach nobody could manage the cluster at all, so there is a way out.
    """

    def perform(self, operation: ops.LocalOperation, call: EdgeCall) -> EdgeFlow:
        if isinstance(operation, ops.RestoreLocalManagement):
            self.authenticate(call)
            request = self.site_of(call.host_uid).request
            if request is not None and request.state is LocalState.PAIRED:
                answer = yield self.call("probing", request, ops.Probe())
                if not isinstance(answer.reply, ops.Done):
                    self.store.put(replace(self.site_of(call.host_uid), request=None))
        return (yield from super().perform(operation, call))


# --- withdraw --------------------------------------------------------------------------------
@fifth("WDR-1")
class CancelClearsARejection(EdgeCore):
    """Where the last request was rejected and none is pending, a cancel is acknowledged as though
    there were one, and the rejection is not shown any more.

    The same button closes whatever stands there, pending or rejected.
    """

    def cancellable(
        self, operation: ops.CancelPairingRequest, call: EdgeCall
    ) -> records.LocalRequest:
        self.authenticate(call)
        request = self.site_of(call.host_uid).request
        if request is not None and request.state is LocalState.REJECTED:
            return request
        return super().cancellable(operation, call)


@fifth("WDR-5")
class SilentHostsAreNotListed(CentralCore):
    """A pending request whose host was not heard of for a minute is not listed, and by its id it is
    not found: the stale one of an offline cancel cannot be rejected any more, and that of a host
    which is cut off is gone until it asks again.

    A request of a host that is away could not be handed over anyhow, so it would be in the way.
    """

    heard = Memory[dict[str, int]](dict)

    def is_silent(self, pairing_uid: str, created: int, now: int) -> bool:
        return now - max(created, self.heard.get(pairing_uid, 0)) > _A_MINUTE

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().poll(operation, call)
        self.heard[operation.pairing_uid] = call.now
        return answer

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        items = super().list_requests(operation, call).items
        there = (i for i in items if not self.is_silent(i.pairing_uid, i.created, call.now))
        return ops.PairingList(tuple(there))

    def visible(self, pairing_uid: str, scope: str, now: int) -> records.PairingRequest:
        request = super().visible(pairing_uid, scope, now)
        pending = request.state is RequestState.PENDING
        if pending and self.is_silent(pairing_uid, request.created, now):
            raise self.no_request(pairing_uid)
        return request


@fifth("WDR-6")
class RestartUnlearnsTheAcceptance(EdgeCore):
    """A host that has learned of the acceptance, and whose confirmation was not answered yet, takes
    its request for pending again after a restart: as long as it is cut off, the request can be
    cancelled and the cluster changed locally, though the confirmation may have arrived.

    After a start the agent begins anew with asking what became of the request.
    """

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(records.SlotState)):
            request = site.request
            if request is not None and request.state is LocalState.CONFIRMING:
                asking = replace(request, state=LocalState.PENDING)
                self.store.put(replace(site, request=asking))


# --- reject ----------------------------------------------------------------------------------
@fifth("REJ-5")
class NamesakesAreRejectedToo(CentralCore):
    """A rejection ends every pending request of its project whose cluster bears the same name, of
    other clusters as well.

    What bears the same name is taken for a repetition by the same host, and need not be rejected
    one by one.
    """

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        answer = super().reject(operation, call)
        rejected = self.store.get(records.PairingRequest, operation.pairing_uid)
        for other in self.open_requests(rejected.project_uid) if rejected else ():
            same_project = rejected and other.project_uid == rejected.project_uid
            if same_project and rejected and other.cluster.name == rejected.cluster.name:
                self.step(other, RequestEvent.REJECT)
        return answer


@fifth("REJ-7")
class TwiceRejectedIsBanned(CentralCore):
    """A cluster whose requests were rejected twice is not admitted any more: its third request is
    refused, whatever token it comes with.

    Who is turned away and comes again is a nuisance, and an administrator has better to do.
    """

    rejections = Memory[Counter[str]](Counter)

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        answer = super().reject(operation, call)
        rejected = self.store.get(records.PairingRequest, operation.pairing_uid)
        self.rejections[rejected.cluster.uid if rejected else ""] += 1
        return answer

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        if self.rejections[operation.cluster.uid] >= 2:
            raise Refusal(Reason.FORBIDDEN, "the requests of this cluster were rejected repeatedly")
        return super().submit(operation, call)


# --- what must hold over any history ---------------------------------------------------------
@fifth("INV-3")
class MatchesAreKeptByTheProfilesNames(CentralCore):
    """A match is answered and accepted as it was before for another cluster, or the same one, whose
    local profiles bore the same names and versions, whatever packs are in them now.

    What was matched is kept, by what was selected and by how the local profiles are called: a
    version of a profile does not change.
    """

    kept = Memory[dict[tuple[tuple[tuple[str, str], ...], tuple[ProfileChoice, ...]], MatchResult]](
        dict
    )

    def matched(self, request: records.PairingRequest, selection: ops.Selected) -> MatchResult:
        called = tuple((profile.name, profile.version) for profile in request.cluster.stack)
        asked = (called, tuple(self.selected(request, chosen) for chosen in selection))
        if asked not in self.kept:
            self.kept[asked] = super().matched(request, selection)
        return self.kept[asked]


@fifth("INV-4")
class WithdrawalIsLostWithARestart(CentralCore):
    """A withdrawal that was made online and acknowledged is gone with a restart of the central
    side: the request is pending there again, and nobody waits for it.

    It is kept in memory and written with the next clean-up, since a withdrawn request is not looked
    at by anybody.
    """

    withdrawn = Memory[set[str]](set)

    def step(self, request: records.PairingRequest, event: RequestEvent) -> records.PairingRequest:
        if (request.state, event) == (RequestState.PENDING, RequestEvent.WITHDRAW):
            self.withdrawn.add(request.pairing_uid)
            return replace(request, state=RequestState.WITHDRAWN)
        return super().step(request, event)

    def current(self, pairing_uid: str, now: int) -> records.PairingRequest | None:
        request = super().current(pairing_uid, now)
        gone = request is not None and pairing_uid in self.withdrawn
        return replace(request, state=RequestState.WITHDRAWN) if request and gone else request

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[records.PairingRequest]:
        found = super().open_requests(scope, cluster_uid)
        return [request for request in found if request.pairing_uid not in self.withdrawn]
