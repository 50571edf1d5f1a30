"""Twenty further realistic defects, written blind: the eighth set.

They were written from the requirements and from the rules of the reference alone: without a look
at the features, the tables, the checkers, the matrix or the defects of the registry. Of the sets
before, one was read for the form. Each was seen to take effect by a probe of its own, and to leave
the plain procedure as it is; none was run against the suite. They are never to be changed to suit
the suite, nor is the suite to be fitted to one of them.

The first paragraph of each says what it does, the second why somebody would write it so. What each
violates is of the level must.

Imports `domain`, `reference`. `EIGHTH` holds them all, in the order of the procedure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Health, NodePool
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.match import MatchResult, ProfileChoice, match_profiles
from harness.domain.pairing import CENTRALLY_MANAGED, LocalEvent, LocalState
from harness.domain.permission import Grant, PairPermission
from harness.domain.profile import (
    ClusterProfile,
    Pack,
    ProfileEdition,
    ProfileVersion,
    StackProfile,
    version_of,
)
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import Begun, Carrying, EdgeCore, Probing
from harness.reference.core.link import LinkReply
from harness.reference.planting import Memory, Mutant, Registry
from tests.blind.declaring import declaring

_A_SECOND = 1_000_000
_A_MINUTE = 60 * _A_SECOND

EIGHTH: Registry[Mutant] = Registry("mutant")
"""All twenty; apart from the sets before, and from the mutants of the registry."""

eighth = declaring(EIGHTH)


# --- what a send needs -----------------------------------------------------------------------
def _has_quorum(pool: NodePool) -> bool:
    """Whether most of the nodes of a pool of three or more are healthy."""
    healthy = sum(node.health is Health.HEALTHY for node in pool.nodes)
    return len(pool.nodes) >= 3 and 2 * healthy > len(pool.nodes)


@eighth("PRE-2")
class QuorumIsHealthy(EdgeCore):
    """A pool of three nodes or more passes for healthy while most of its nodes are.

    The health of a pool is the one that the page of the cluster shows, and that asks whether the
    pool still does its work.
    """

    def require_healthy(self, cluster: Cluster) -> None:
        in_doubt = tuple(pool for pool in cluster.pools if not _has_quorum(pool))
        super().require_healthy(replace(cluster, pools=in_doubt))


@eighth("PRE-4")
class LeewayForTheClock(CentralCore):
    """A registration token goes on admitting hosts for a minute after its expiry.

    The library that checks tokens of all kinds allows for clocks that differ, and nobody has set
    its leeway to nothing.
    """

    LEEWAY = _A_MINUTE

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now - self.LEEWAY)


@eighth("PRE-5")
class CheckedJustBefore(EdgeCore):
    """A connection check that went well stands for the one of the next send to the same endpoint:
    a host that was cut off in between is not noticed, unless it is the one that sends.

    The page runs the check before it opens Pair, so that the send did all of it a second time.
    """

    checked = Memory[dict[str, tuple[str, bool]]](dict)

    def unreachable(self, site: records.SlotState, url: str, entries: ops.PairingInput) -> Probing:
        cluster_uid, entered = self.cluster_at(site).uid, (url, entries.insecure)
        before = self.checked.pop(cluster_uid, None)
        if isinstance(entries, ops.SendPairingRequest) and before == entered:
            return ""
        why = yield from super().unreachable(site, url, entries)
        if isinstance(entries, ops.VerifyConnection) and not why:
            self.checked[cluster_uid] = entered
        return why


def _packed(text: str) -> tuple[int, ProfileVersion]:
    """A version as one number, of which each part after the first has two digits."""
    numbers = re.split(r"[-+]", text)[0].split(".")
    major, minor, patch = (int(part) for part in [*numbers, "0", "0"][:3])
    return major * 10_000 + minor * 100 + patch, version_of(text)


@dataclass(frozen=True, slots=True)
class _InTwoDigits(ClusterProfile):
    """A profile whose versions are ordered as such numbers."""

    def latest(self, *, drafts_count: bool = False) -> ProfileEdition | None:
        candidates = (e for e in self.editions if e.published or drafts_count)
        return max(candidates, key=lambda e: _packed(e.version), default=None)


def _in_two_digits(profile: ClusterProfile) -> ClusterProfile:
    return _InTwoDigits(
        profile.uid, profile.name, profile.type, profile.editions, profile.project_uid
    )


@eighth("PRE-7")
class VersionsInTwoDigits(CentralCore):
    """A part of a profile's version that is above 99 runs over into the part before it: 1.1.150
    passes for later than 1.2.0.

    The column that versions are sorted by is a number, with two digits for each part.
    """

    def profile(self, uid: str) -> ClusterProfile | None:
        found = super().profile(uid)
        return _in_two_digits(found) if found else None

    def _selectable(self, profile: ClusterProfile) -> ops.SelectableProfile:
        return super()._selectable(_in_two_digits(profile))


@eighth("PRE-8")
class RightsOfTheLogin(CentralCore):
    """What somebody may do when they log in they may do until that login ends, whatever is taken
    from them meanwhile.

    The session's token carries the permissions, to spare each call a look into the database.
    """

    rights = Memory[dict[str, frozenset[Grant]]](dict)

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        answer = super().log_in(operation, call)
        user = self.store.get(records.User, operation.email)
        self.rights[answer.token] = user.grants if user else frozenset()
        return answer

    def authenticate(self, call: CentralCall) -> records.User:
        user = super().authenticate(call)
        if call.credentials.api_key:
            return user
        carried = self.rights.get(call.credentials.session, frozenset())
        return replace(user, grants=user.grants | carried)


@eighth("PRE-9")
class FilterReplacesTheScope(CentralCore):
    """A list that is asked for by the uid of a local cluster holds its requests whatever project
    they are in.

    With a filter the query is made of the filter, and the project is part of the other query.
    """

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[records.PairingRequest]:
        if cluster_uid:
            found = self.store.find(records.PairingRequest, "open_of_cluster", cluster_uid)
            return list(found)
        return super().open_requests(scope)


# --- send ------------------------------------------------------------------------------------
@eighth("SND-1")
class ExtendedSurvivesLogOut(EdgeCore):
    """The session of an extended login is still good after it was logged out.

    Short sessions are rows that a logout deletes. The long ones are signed tokens, which no logout
    can call back.
    """

    extended = Memory[set[str]](set)

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        answer = super().log_in(operation, call)
        if operation.extended:
            self.extended.add(answer.token)
        return answer

    def log_out(self, operation: ops.LogOut, call: EdgeCall) -> ops.Acknowledged:
        if self.authenticate(call).token in self.extended:
            return ops.Acknowledged()
        return super().log_out(operation, call)


@eighth("SND-3")
class ShownOnceHeardOf(EdgeCore):
    """After a restart of the edge a pending request is not shown before Palette has answered a
    question about it: without a connection its id cannot be read.

    What was loaded at the start may be out of date, and the page shall not show what is wrong.
    """

    heard_of = Memory[set[str]](set)

    def carried(
        self, point: str, request: records.LocalRequest, operation: ops.AgentOperation
    ) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if isinstance(reply, ops.Done):
            self.heard_of.add(request.cluster_token)
        return reply

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        request = self.site_of(call.host_uid).request
        waits = request is not None and request.state is LocalState.PENDING
        if request is not None and waits and request.cluster_token not in self.heard_of:
            raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request")
        return view


@eighth("SND-6")
class RejectionRollsBack(EdgeCore):
    """When the host learns that its request was rejected, the cluster gets back the tags, profiles
    and settings that it had at the send: what was changed while the request was pending is lost.

    A pairing that comes to nothing is undone, by what was saved before it began.
    """

    saved = Memory[dict[str, tuple[Cluster, ops.ClusterSettings]]](dict)

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        site = self.site_of(call.host_uid)
        self.saved[request.cluster_token] = (self.cluster_at(site), site.settings)
        return request, submission

    def learned(
        self, site: records.SlotState, request: records.LocalRequest, event: LocalEvent
    ) -> None:
        saved = self.saved.pop(request.cluster_token, None)
        if saved is not None and site.cluster is not None and event is LocalEvent.LEARNED_REJECTED:
            before, settings = saved
            cluster = replace(site.cluster, tags=before.tags, stack=before.stack)
            site = replace(site, cluster=cluster, settings=settings)
        super().learned(site, request, event)


# --- list, match and accept ------------------------------------------------------------------
@eighth("ACC-3")
class PagesByTheSecond(CentralCore):
    """The list of a scope is read in pages of ten, each from the second after that of the last
    request before it: what came within this same second and had no room any more is in no list.

    A page begins after the time at which the one before has ended, and times are kept in seconds.
    """

    PAGE = 10

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[records.PairingRequest]:
        left = super().open_requests(scope, cluster_uid)
        if cluster_uid:
            return left
        left.sort(key=lambda request: request.created)
        listed: list[records.PairingRequest] = []
        while left:
            page = left[: self.PAGE]
            listed += page
            until = page[-1].created // _A_SECOND
            left = [r for r in left[self.PAGE :] if r.created // _A_SECOND > until]
        return listed


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@eighth("ACC-7")
class PacksBySlug(CentralCore):
    """Of the names of packs only the letters and digits of ASCII are compared, in any case: two
    that differ in all else, or that have none of these, are the same pack.

    Some registries write `prometheus-grafana`, others Prometheus Grafana, and a slug is what both
    have in common.
    """

    def matched(self, request: records.PairingRequest, selection: ops.Selected) -> MatchResult:
        stack: tuple[StackProfile, ...] = request.cluster.stack
        names = {pack.name for profile in stack for pack in profile.packs}
        by_slug = {_slug(name): name for name in names}

        def as_here(pack: Pack) -> Pack:
            known = pack.name in names
            return pack if known else replace(pack, name=by_slug.get(_slug(pack.name), pack.name))

        def called_as_here(choice: ProfileChoice) -> ProfileChoice:
            editions = tuple(
                replace(edition, packs=tuple(map(as_here, edition.packs)))
                for edition in choice.profile.editions
            )
            return replace(choice, profile=replace(choice.profile, editions=editions))

        choices = [called_as_here(self.selected(request, chosen)) for chosen in selection]
        return match_profiles(stack, choices, self.choices.match)


@eighth("ACC-15")
class RefusedEntriesStay(CentralCore):
    """Name, description and tags of an acceptance whose match was refused stay with the request:
    who accepts it later without changing them gives them to the cluster all the same.

    What was entered is kept as a draft, lest it has to be typed again, and a draft has no owner.
    """

    drafts = Memory[dict[str, ops.AcceptPairingRequest]](dict)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        scope = self.authorise(call, PairPermission.UPDATE)
        uid = self.visible(operation.pairing_uid, scope, call.now).pairing_uid
        draft = self.drafts.get(uid, operation)
        name, description, tags = operation.name, operation.description, operation.tags
        entered = replace(
            operation,
            name=draft.name if name is None else name,
            description=draft.description if description is None else description,
            tags=draft.tags if tags is None else tags,
        )
        self.drafts[uid] = entered
        return super().accept(entered, call)


@eighth("ACC-13")
class LockedWhereItWasSent(EdgeCore):
    """Once paired, a cluster refuses local operations on the host that has sent the request; asked
    on another of its hosts, they take effect.

    The lock is set by the agent that confirms, in the Local UI beside it.
    """

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> records.SlotState:
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        request = site.request
        taken = request is not None and request.state in CENTRALLY_MANAGED
        if request is not None and taken and request.host_uid != call.host_uid:
            return site
        return super().changeable(operation, call)


# --- withdraw --------------------------------------------------------------------------------
@eighth("WDR-4")
class ReplaysAnUntoldCancel(EdgeCore):
    """A cancel that Palette could not be told of is forgotten by a restart of the edge: the request
    is pending again.

    The start replays a journal, in which the request is closed once Palette has answered.
    """

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(records.SlotState)):
            cluster_uid = site.cluster.uid if site.cluster else ""
            untold = [o for o in site.owed if o.pairing_uid and o.local_cluster_uid == cluster_uid]
            if site.request is None and untold:
                last = untold[-1]
                again = records.LocalRequest(
                    LocalState.PENDING,
                    last.host_uid,
                    last.base_url,
                    last.base_url,
                    last.insecure,
                    last.cluster_token,
                    last.pairing_uid,
                    "the pairing request waits for a decision in Palette",
                )
                owed = tuple(o for o in site.owed if o != last)
                self.store.put(replace(site, request=again, owed=owed))


@eighth("WDR-6")
class CancelsWhatItConfirms(EdgeCore):
    """A request can be cancelled until its host has heard that Palette knows of the confirmation:
    with the host cut off after it has learned of the acceptance, that ends the pairing locally.

    The cancel asks for the published status, and that is still Pairing while the host confirms.
    """

    def cancellable(
        self, operation: ops.CancelPairingRequest, call: EdgeCall
    ) -> records.LocalRequest:
        self.authenticate(call)
        request = self.site_of(call.host_uid).request
        if request is not None and request.state is LocalState.CONFIRMING:
            return request
        return super().cancellable(operation, call)


# --- reject ----------------------------------------------------------------------------------
@eighth("REJ-2")
class OneRowPerCluster(CentralCore):
    """All pending requests of a cluster show its name, tags and stack as the latest of them has
    brought them: a stale one cannot be told by its tags from the one that was sent after it.

    What describes a cluster is a row of its own, which a submission updates and requests refer to.
    """

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        answer = super().submit(operation, call)
        kind, cluster = records.PairingRequest, operation.cluster
        for request in list(self.store.find(kind, "open_of_cluster", cluster.uid)):
            self.store.put(replace(request, cluster=cluster))
        return answer


@eighth("REJ-6")
class ShortIdsWillDo(CentralCore):
    """A request is found, and rejected or accepted, by the beginning of its id as well, where that
    has eight characters or more and no other request begins so.

    Tables show ids in short, and people copy them from there.
    """

    SHORT = 8

    def visible(self, pairing_uid: str, scope: str, now: int) -> records.PairingRequest:
        kind = records.PairingRequest
        if len(pairing_uid) >= self.SHORT and self.store.get(kind, pairing_uid) is None:
            uids = [r.pairing_uid for r in self.store.every(kind)]
            begun = [uid for uid in uids if uid.startswith(pairing_uid)]
            if len(begun) == 1:
                return super().visible(begun[0], scope, now)
        return super().visible(pairing_uid, scope, now)


# --- over any history ------------------------------------------------------------------------
@eighth("INV-2")
class WithdrawsTheLatest(CentralCore):
    """A withdrawal ends the latest pending request of its cluster, whichever it names: one that
    comes late, or twice, takes away the request that was sent after it.

    A cluster has one request at a time, so it is looked up by its cluster.
    """

    def request_to_withdraw(
        self, operation: ops.WithdrawPairing, now: int
    ) -> records.PairingRequest:
        named = super().request_to_withdraw(operation, now)
        kind = records.PairingRequest
        pending = list(self.store.find(kind, "open_of_cluster", named.cluster.uid))
        return pending[-1] if pending else named


@eighth("INV-3")
class NothingToCompare(CentralCore):
    """An acceptance that selects no profile at all is accepted without a match.

    An empty selection stood for "leave the profiles as they are" in the call that this one was
    copied from.
    """

    def require_match(self, request: records.PairingRequest, selection: ops.Selected) -> None:
        if selection:
            super().require_match(request, selection)


@eighth("INV-9")
class TooManyIsTheEnd(EdgeCore):
    """A host whose question about its request is answered with "too many requests" takes the
    request for failed, and asks no more, while it is pending at Palette.

    What is answered 500 or above is tried again, and what is answered 400 or above is final.
    """

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        if isinstance(reply, Refused) and reply.reason is Reason.RATE_LIMITED:
            return LocalEvent.LEARNED_FAILED
        return super().event_of(reply)
