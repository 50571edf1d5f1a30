"""Twenty realistic defects, written blind on 2026-11-30.

They were written from the requirements and from the rules of the reference alone, before the
mechanisms that are to find such: without a look at the features, the checkers, the matrix or the
defects of the registry. They were planted only afterwards. They are never to be changed to suit
the suite, nor is the suite to be fitted to one of them.

Imports `domain`, `reference`. `BLIND` holds them all, in the order of the procedure.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal
from harness.domain.match import ProfileChoice
from harness.domain.pairing import LocalState, RequestEvent, RequestState
from harness.domain.permission import PairPermission
from harness.domain.profile import ClusterProfile, Pack, ProfileEdition, version_of
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import CentralChoices, EdgeChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import EdgeCore, Probing, Work
from harness.reference.core.link import Call, LinkReply
from harness.reference.core.store import Store
from harness.reference.planting import Mutant, Registry
from tests.blind.declaring import declaring

_SECOND = 1_000_000

BLIND: Registry[Mutant] = Registry("mutant")
"""All twenty; apart from the mutants of the registry, whose matrix they are no part of."""

blind = declaring(BLIND)


# --- send ------------------------------------------------------------------------------------
@blind("PRE-2")
class HealthIsRemembered(EdgeCore):
    """The health of the nodes is looked at every thirty seconds, so that one which turned
    unhealthy since the last send does not refuse the next.
    """

    LASTS = 30 * _SECOND

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.asked_at = 0
        self.healthy_at: dict[str, int] = {}

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> records.SlotState:
        self.asked_at = call.now
        return super().sendable(operation, call)

    def require_healthy(self, cluster: Cluster) -> None:
        seen = self.healthy_at.get(cluster.uid)
        if seen is not None and self.asked_at - seen < self.LASTS:
            return
        super().require_healthy(cluster)
        self.healthy_at[cluster.uid] = self.asked_at


@blind("PRE-5")
class SendTrustsTheLastCheck(EdgeCore):
    """A send after a connection check that was good does not ask the hosts again, though one was
    cut off in between.
    """

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.checked: set[tuple[str, str, bool]] = set()

    def unreachable(self, site: records.SlotState, url: str, entries: ops.PairingInput) -> Probing:
        about = (site.slot, url, entries.insecure)
        if isinstance(entries, ops.SendPairingRequest) and about in self.checked:
            self.checked.discard(about)
            return ""
        why = yield from super().unreachable(site, url, entries)
        if isinstance(entries, ops.VerifyConnection) and not why:
            self.checked.add(about)
        return why


@blind("SND-1")
class RestartForgetsLogouts(EdgeCore):
    """A log-out is kept in memory alone: after a restart of the host the session is good again."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.ended: set[str] = set()

    def log_out(self, operation: ops.LogOut, call: EdgeCall) -> ops.Acknowledged:
        self.ended.add(self.authenticate(call).token)
        return ops.Acknowledged()

    def authenticate(self, call: EdgeCall) -> records.LoginSession:
        if call.credentials.session in self.ended:
            raise Refusal(Reason.UNAUTHENTICATED, "log in first: there is no valid session")
        return super().authenticate(call)


@blind("SND-3")
class SavesAtTheFirstPoll(EdgeCore):
    """A request that was admitted is saved for good at its first poll: a restart of the edge just
    after the send forgets it.
    """

    def admitted(
        self, host_uid: str, request: records.LocalRequest, reply: LinkReply
    ) -> ops.KnownReply:
        answer = super().admitted(host_uid, request, reply)
        site = self.site_of(host_uid)
        if site.request is not None and site.request.state is LocalState.PENDING:
            self.store.put(replace(site, request=replace(site.request, message="")))
        return answer

    def follow_pending(self, slot: str, request: records.LocalRequest) -> Work:
        yield from super().follow_pending(slot, request)
        site = self.slot_state(slot)
        found = site.request if site else None
        if site and found and found.state is LocalState.PENDING and not found.message:
            saved = replace(found, message="the pairing request waits for a decision in Palette")
            self.store.put(replace(site, request=saved))

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(records.SlotState)):
            request = site.request
            if request and request.state is LocalState.PENDING and not request.message:
                self.store.put(replace(site, request=None))


@blind("PRE-4")
class ExpiryOnlyGrows(CentralCore):
    """A token whose expiry is brought forward keeps the later one, and goes on admitting."""

    def update_token(self, operation: ops.UpdateToken, call: CentralCall) -> ops.Acknowledged:
        before = self.owned_token(operation.token_uid, call)
        answer = super().update_token(operation, call)
        after = self.store.get(RegistrationToken, before.uid)
        if after is None or before.expiry is None or after.expiry is None:
            return answer
        self.store.put(replace(after, expiry=max(before.expiry, after.expiry)))
        return answer


@blind("SND-5")
class IdOfClusterAndSecond(CentralCore):
    """The pairing id is made of the cluster and the second, so that whoever cancels and sends
    again at once gets the cancelled id back.
    """

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.made_of = ""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        self.made_of = f"{operation.cluster.uid}:{call.now // _SECOND}"
        return super().submit(operation, call)

    def new_pairing_uid(self, draws: Draws) -> str:
        digest = hashlib.sha256(self.made_of.encode()).digest()
        return self.choices.uid(int.from_bytes(digest[:16], "big"))


@blind("INV-2")
class HundredRequestsAtMost(CentralCore):
    """The table of requests holds a hundred that are not paired; for the next one the oldest goes,
    even if it is still pending.
    """

    ROOM = 100

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        answer = super().submit(operation, call)
        kept = [
            request
            for request in self.store.every(records.PairingRequest)
            if request.state is not RequestState.PAIRED
        ]
        if len(kept) > self.ROOM:
            self.store.delete(records.PairingRequest, kept[0].pairing_uid)
        return answer


# --- list and match --------------------------------------------------------------------------
@blind("ACC-3")
class LosesOneBetweenPages(CentralCore):
    """The list is put together from pages of fifty that begin one too late: of fifty-one pending
    requests the last is in none of them.
    """

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        items = super().list_requests(operation, call).items
        return ops.PairingList(tuple(item for n, item in enumerate(items) if n % 51 != 50))


@blind("PRE-9")
class FilterForgetsTheProject(CentralCore):
    """The list of the requests of one local cluster holds those of other projects too."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[records.PairingRequest]:
        if cluster_uid:
            return list(self.store.find(records.PairingRequest, "open_of_cluster", cluster_uid))
        return super().open_requests(scope)


@blind("PRE-8")
class PermissionsAreRemembered(CentralCore):
    """What somebody was once seen to be permitted is remembered for a minute, though it was taken
    from them meanwhile.
    """

    LASTS = 60 * _SECOND

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.permitted_at: dict[tuple[str, PairPermission, str], int] = {}

    def authorise(self, call: CentralCall, permission: PairPermission) -> str:
        about = (self.authenticate(call).email, permission, self.scope_of(call))
        seen = self.permitted_at.get(about)
        if seen is not None and 0 <= call.now - seen < self.LASTS:
            return about[2]
        scope = super().authorise(call, permission)
        self.permitted_at[about] = call.now
        return scope


@dataclass(frozen=True, slots=True)
class _AsCreated(ClusterProfile):
    """A profile whose latest version is the one that was published last."""

    def latest(self, *, drafts_count: bool = False) -> ProfileEdition | None:
        published = [e for e in self.editions if e.published or drafts_count]
        return published[-1] if published else None


def _as_created(profile: ClusterProfile) -> ClusterProfile:
    return _AsCreated(
        profile.uid, profile.name, profile.type, profile.editions, profile.project_uid
    )


@blind("PRE-7")
class LatestIsTheNewest(CentralCore):
    """The latest version of a profile is taken to be the one that was created last, so that a fix
    for an older line outdoes the highest version.
    """

    def profile(self, uid: str) -> ClusterProfile | None:
        found = super().profile(uid)
        return _as_created(found) if found else None

    def _selectable(self, profile: ClusterProfile) -> ops.SelectableProfile:
        return super()._selectable(_as_created(profile))


@blind("ACC-7")
class PackVersionsAreNumbers(CentralCore):
    """Versions of packs are compared as versions and not as they are written: 1.20 is 1.20.0, and
    what stands behind a plus sign does not count.
    """

    def selected(
        self, request: records.PairingRequest, chosen: ops.SelectedProfile
    ) -> ProfileChoice:
        choice = super().selected(request, chosen)
        local = {p.name: p.version for profile in request.cluster.stack for p in profile.packs}
        editions = tuple(
            replace(edition, packs=tuple(self._levelled(pack, local) for pack in edition.packs))
            for edition in choice.profile.editions
        )
        return replace(choice, profile=replace(choice.profile, editions=editions))

    @staticmethod
    def _levelled(pack: Pack, local: dict[str, str]) -> Pack:
        there = local.get(pack.name, pack.version)
        try:
            same = version_of(there) == version_of(pack.version)
        except ValueError:
            return pack
        return replace(pack, version=there) if same else pack


# --- accept and confirm ----------------------------------------------------------------------
@blind("ACC-6")
class ClearedFieldsComeBack(CentralCore):
    """Whoever empties the description or the tags on acceptance gets those of the local cluster:
    nothing entered is taken for nothing changed.
    """

    def accepted_cluster(
        self, uid: str, request: records.PairingRequest, operation: ops.AcceptPairingRequest
    ) -> records.CentralCluster:
        entered = replace(
            operation,
            name=operation.name or None,
            description=operation.description or None,
            tags=operation.tags or None,
        )
        return super().accepted_cluster(uid, request, entered)


@blind("ACC-14")
class RestartQueuesHandoversAgain(CentralCore):
    """After a restart of Palette a request that was accepted, and not confirmed yet, is pending
    again, and can be accepted once more.
    """

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        for request in list(store.every(records.PairingRequest)):
            if request.state is RequestState.HANDING_OVER:
                store.put(replace(request, state=RequestState.PENDING))


@blind("INV-10")
class RestartAsksAgain(EdgeCore):
    """A host that is restarted before it heard that its confirmation arrived takes itself for
    locally managed until it has asked again.
    """

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(records.SlotState)):
            request = site.request
            if request is not None and request.state is LocalState.CONFIRMING:
                asking = replace(request, state=LocalState.PENDING)
                self.store.put(replace(site, request=asking))


@blind("ACC-13")
class SiblingsForgetTheMode(EdgeCore):
    """Only the host that sent the request keeps that it is centrally managed: after a restart, the
    Local UIs of its siblings take local cluster operations again.
    """

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.read_at_start: dict[str, str] = {}

    def recover(self) -> None:
        super().recover()
        for site in self.store.every(records.SlotState):
            if site.request is not None and site.request.state is LocalState.PAIRED:
                self.read_at_start[site.request.cluster_token] = site.request.host_uid

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> records.SlotState:
        self.authenticate(call)
        site = self.site_of(call.host_uid)
        knows = self.read_at_start.get(site.request.cluster_token) if site.request else None
        if knows is not None and knows != call.host_uid:
            return site
        return super().changeable(operation, call)


# --- withdraw --------------------------------------------------------------------------------
@blind("WDR-7")
class OwedWithdrawalTakesTheNext(EdgeCore):
    """That a withdrawal is owed is remembered, and for which request is not: once the link is back
    the host withdraws the new request in place of the stale one.
    """

    def settle_debt(self, slot: str, owed: records.OwedWithdrawal) -> Work:
        site = self.slot_state(slot)
        request = site.request if site else None
        if site is None or request is None or request.state is not LocalState.PENDING:
            yield from super().settle_debt(slot, owed)
            return
        message = ops.WithdrawPairing(
            owed.local_cluster_uid, request.cluster_token, request.pairing_uid, ended=True
        )
        answer = yield Call("owing", owed.host_uid, owed.base_url, owed.insecure, message)
        site = self.slot_state(slot)
        if site is not None and isinstance(answer.reply, ops.Done):
            self.store.put(replace(site, owed=tuple(o for o in site.owed if o != owed)))


@blind("INV-7")
class NoSecretIsNoObstacle(CentralCore):
    """The secret of a cluster is compared only where one was sent: without any, whoever knows the
    pairing id withdraws the request of somebody else.
    """

    def request_to_withdraw(
        self, operation: ops.WithdrawPairing, now: int
    ) -> records.PairingRequest:
        found = self.current(operation.pairing_uid, now) if operation.pairing_uid else None
        if found is not None and not operation.cluster_token:
            return found
        return super().request_to_withdraw(operation, now)


# --- reject ----------------------------------------------------------------------------------
@blind("REJ-5")
class RejectsAllOfTheCluster(CentralCore):
    """A reject takes every pending request of the same local cluster: that of the stale one takes
    the new one with it.
    """

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        answer = super().reject(operation, call)
        rejected = self.store.get(records.PairingRequest, operation.pairing_uid)
        if rejected is not None:
            about = rejected.cluster.uid
            for other in list(self.store.find(records.PairingRequest, "open_of_cluster", about)):
                self.step(other, RequestEvent.REJECT)
        return answer


@blind("REJ-7")
class RejectionBelongsToOneHost(EdgeCore):
    """After a reject only the host that had sent the request can send a new one: at the Local UI
    of any other host of the cluster the send is refused.
    """

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        site = self.sendable(operation, call)
        before = site.request
        if before and before.state is LocalState.REJECTED and before.host_uid != call.host_uid:
            raise Refusal(
                Reason.CONFLICT, f"clear the request that was rejected on host {before.host_uid}"
            )
        return (yield from super().send(operation, call))
