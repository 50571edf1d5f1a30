"""Twenty more realistic defects, written blind on 2026-11-30.

Like the first twenty they were written from the requirements and from the rules of the reference
alone: without a look at the features, the tables, the checkers, the matrix, the defects of the
registry or how the first twenty fared. They are of other kinds than those. They were planted only
afterwards, and are never to be changed to suit the suite, nor is the suite to be fitted to one.

Imports `domain`, `reference`. `SECOND` holds them all, in the order of the procedure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.match import MatchResult, remembered_match
from harness.domain.pairing import LocalEvent, LocalState, RequestState
from harness.domain.permission import PairPermission
from harness.domain.profile import ProfileType
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.core.central import CentralCore
from harness.reference.core.central.access import CentralCall
from harness.reference.core.choices import CentralChoices, EdgeChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Begun, Carrying, EdgeCore, Probing, Work
from harness.reference.core.link import LinkReply
from harness.reference.core.store import Store
from harness.reference.planting import Mutant, Registry
from tests.blind.declaring import declaring

_A_SECOND = 1_000_000
_A_DAY = 86_400 * _A_SECOND

SECOND: Registry[Mutant] = Registry("mutant")
"""All twenty; apart from the first, and from the mutants of the registry."""

second = declaring(SECOND)


# --- send ------------------------------------------------------------------------------------
@second("PRE-1")
class RetrySkipsTheState(EdgeCore):
    """The state of a cluster is looked at before its first request only: one that was cancelled or
    rejected can be sent again while the cluster is in Error.
    """

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.passed: set[str] = set()

    def admitted(
        self, host_uid: str, request: records.LocalRequest, reply: LinkReply
    ) -> ops.KnownReply:
        answer = super().admitted(host_uid, request, reply)
        cluster = self.site_of(host_uid).cluster
        if isinstance(answer, ops.Done) and cluster is not None:
            self.passed.add(cluster.uid)
        return answer

    def require_running(self, cluster: Cluster) -> None:
        if cluster.uid not in self.passed:
            super().require_running(cluster)


@second("PRE-2")
class HealthByRoleOfPool(EdgeCore):
    """The pools are put into a dictionary by their role before their nodes are looked at, so that
    of several worker pools only the last one counts.
    """

    def require_healthy(self, cluster: Cluster) -> None:
        by_role = {pool.control_plane: pool for pool in cluster.pools}
        super().require_healthy(replace(cluster, pools=tuple(by_role.values())))


@second("PRE-6")
class ClientStaysInsecure(EdgeCore):
    """The HTTP client of an address is kept as it was made: after a check that asked for insecure,
    a certificate that nobody trusts is good for a send that does not.
    """

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.insecure_clients: set[str] = set()

    def unreachable(self, site: records.SlotState, url: str, entries: ops.PairingInput) -> Probing:
        insecure = entries.insecure or url in self.insecure_clients
        why = yield from super().unreachable(site, url, replace(entries, insecure=insecure))
        if insecure and not why:
            self.insecure_clients.add(url)
        return why

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        insecure = operation.insecure or url in self.insecure_clients
        return super().begin(replace(operation, insecure=insecure), call, url)


@second("PRE-4")
class ExpiresByTheDay(CentralCore):
    """Of the expiry of a token only the date is compared: it admits until the end of that day."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        found = self.store.find(RegistrationToken, "value", value) if value else iter(())
        token = next(found, None)
        expiry = token.expiry if token is not None and token.active else None
        if token is not None and expiry is not None and now // _A_DAY <= expiry // _A_DAY:
            return token
        return super().usable_token(value, now)


# --- list, look and match --------------------------------------------------------------------
@second("INV-2")
class ListsTheLastDay(CentralCore):
    """The list holds what came within the last twenty-four hours: a request that has waited for
    longer is still pending on both sides, and in no list.
    """

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        items = super().list_requests(operation, call).items
        return ops.PairingList(tuple(item for item in items if call.now - item.created < _A_DAY))


@second("PRE-8")
class LastRoleLeavesItsGrants(CentralCore):
    """What somebody may do in a scope is made anew from the roles that they hold there; with the
    last of them taken away there is nothing to go through, and all stays as it was.
    """

    def hold(self, user: records.User, roles: Mapping[str, tuple[str, ...]]) -> None:
        super().hold(user, roles)
        left = self.store.get(records.User, user.email)
        stale = frozenset(grant for grant in user.grants if roles.get(grant.scope) == ())
        if left is not None and stale:
            self.store.put(replace(left, grants=left.grants | stale))


@second("PRE-9")
class SeenOnceSeenByAll(CentralCore):
    """Requests that were looked up are kept by their id, and the project is asked for on looking
    up only: once seen in its own project, a request is seen and decided from any other.
    """

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.looked_up: set[str] = set()

    def visible(self, pairing_uid: str, scope: str, now: int) -> records.PairingRequest:
        if pairing_uid in self.looked_up:
            request = self.current(pairing_uid, now)
            if request is not None:
                return request
        found = super().visible(pairing_uid, scope, now)
        self.looked_up.add(pairing_uid)
        return found


@second("REJ-2")
class DetailsByName(CentralCore):
    """Tags and description of a request are kept by the name of its cluster: of two clusters of
    one name, the second shows those of the first.
    """

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.details: dict[str, tuple[str, Mapping[str, str]]] = {}

    def view_request(
        self, operation: ops.ViewPairingRequest, call: CentralCall
    ) -> ops.PairingRequestView:
        shown = super().view_request(operation, call)
        own = (shown.description, shown.tags)
        description, tags = self.details.setdefault(shown.name, own)
        return replace(shown, description=description, tags=tags)


@second("ACC-7")
class SystemProfilesDoNotCount(CentralCore):
    """A profile of type system is taken for the platform's own affair: what packs it brings besides
    those of the local cluster does not matter for the match.
    """

    def matched(self, request: records.PairingRequest, selection: ops.Selected) -> MatchResult:
        choices = [self.selected(request, chosen) for chosen in selection]
        stack = request.cluster.stack
        if not any(profile.type is ProfileType.SYSTEM for profile in stack):
            choices = [c for c in choices if c.profile.type is not ProfileType.SYSTEM]
        return remembered_match(stack, choices, self.choices.match)


# --- accept, hand over and confirm -----------------------------------------------------------
@second("ACC-6")
class FormKeepsItsEntries(CentralCore):
    """Description and tags that somebody entered for one cluster are still there when they accept
    the next one, and become that one's where they leave these fields as they are.
    """

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.form: dict[str, ops.AcceptPairingRequest] = {}

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        email = self.authenticate(call).email
        before = self.form.get(email, operation)
        entered = replace(
            operation,
            description=before.description
            if operation.description is None
            else operation.description,
            tags=before.tags if operation.tags is None else operation.tags,
        )
        answer = super().accept(entered, call)
        self.form[email] = entered
        return answer


def _latin_1(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")


@second("ACC-6")
class StoredAsLatin1(CentralCore):
    """The table of clusters is in Latin-1: of a name, a description or a tag in another writing,
    question marks are left.
    """

    def accepted_cluster(
        self, uid: str, request: records.PairingRequest, operation: ops.AcceptPairingRequest
    ) -> records.CentralCluster:
        cluster = super().accepted_cluster(uid, request, operation)
        return replace(
            cluster,
            name=_latin_1(cluster.name),
            description=_latin_1(cluster.description),
            tags={_latin_1(key): _latin_1(value) for key, value in cluster.tags.items()},
        )


@second("ACC-14")
class TwoDecisionsInASecond(CentralCore):
    """That somebody else has changed a request meanwhile is told by the second of its last change:
    a reject in the same second as the acceptance, before the host confirms, is taken as well.
    """

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        scope = self.authorise(call, PairPermission.DELETE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        unnoticed = request.accepted_at // _A_SECOND == call.now // _A_SECOND
        if request.state is RequestState.HANDING_OVER and unnoticed:
            self.store.put(replace(request, state=RequestState.REJECTED))
            self.store.delete(records.CentralCluster, request.cluster_uid)
            return ops.Acknowledged("the pairing request was rejected")
        return super().reject(operation, call)


@second("INV-1")
class RefusedChangesAreQueued(CentralCore):
    """A change of a cluster that is being handed over is refused, and waits in a queue all the
    same: once the host has confirmed it is carried out.
    """

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        self.queue: dict[str, ops.ChangeCentralCluster] = {}

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        try:
            return super().change_cluster(operation, call)
        except Refusal as refusal:
            if refusal.refused.reason is Reason.NOT_CONFIRMED:
                self.queue[operation.cluster_uid] = operation
            raise

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().confirm(operation, call)
        waiting = self.queue.pop(answer.cluster_uid, None)
        cluster = self.store.get(records.CentralCluster, answer.cluster_uid)
        if waiting is not None and cluster is not None:
            changed = replace(
                cluster,
                name=cluster.name if waiting.name is None else waiting.name,
                description=cluster.description
                if waiting.description is None
                else waiting.description,
                tags=cluster.tags if waiting.tags is None else waiting.tags,
            )
            self.store.put(changed)
        return answer


@second("ACC-13")
class LaterLoginsMayChange(EdgeCore):
    """When a cluster is handed over, the sessions that there are become read-only; whoever logs in
    afterwards may change it as ever.
    """

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.later: set[str] = set()

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        session = super().log_in(operation, call)
        if self.is_central(self.site_of(call.host_uid)):
            self.later.add(session.token)
        return session

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> records.SlotState:
        if self.authenticate(call).token in self.later:
            return self.site_of(call.host_uid)
        return super().changeable(operation, call)


# --- withdraw --------------------------------------------------------------------------------
@second("WDR-3")
class SiblingsCancelAlone(EdgeCore):
    """Only the host that sent a request tells Palette that it was cancelled: a cancel at the Local
    UI of another host of the cluster, with every link up, ends it locally alone.
    """

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        request = self.cancellable(operation, call)
        if request.host_uid == call.host_uid:
            return (yield from super().cancel(operation, call))
        self.store.put(replace(self.site_of(call.host_uid), request=None))
        return ops.Done(ops.Acknowledged("the pairing request was cancelled"))


@second("WDR-4")
class OfflineCancelComesBack(EdgeCore):
    """The file of a request is removed once Palette has heard that it was cancelled: a host that is
    restarted before finds it, and takes the request for pending again.
    """

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.unheard: set[str] = set()

    def inform(self, request: records.LocalRequest, message: ops.WithdrawPairing) -> Carrying:
        reply = yield from super().inform(request, message)
        if not isinstance(reply, ops.Done | Refused):
            self.unheard.add(request.cluster_token)
        return reply

    def end(self, slot: str, request: records.LocalRequest) -> Work:
        yield from super().end(slot, request)
        site = self.slot_state(slot)
        if site and site.request is None and request.cluster_token in self.unheard:
            kept = replace(request, state=LocalState.ABANDONED)
            self.store.put(replace(site, request=kept))

    def settle_debt(self, slot: str, owed: records.OwedWithdrawal) -> Work:
        yield from super().settle_debt(slot, owed)
        site = self.slot_state(slot)
        kept = site.request if site else None
        if site and kept and kept.state is LocalState.ABANDONED and owed not in site.owed:
            self.store.put(replace(site, request=None))

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(records.SlotState)):
            kept = site.request
            if kept is not None and kept.state is LocalState.ABANDONED and kept.pairing_uid:
                found = replace(kept, state=LocalState.PENDING)
                self.store.put(replace(site, request=found))


@second("WDR-6")
class LateCancelOverwrites(EdgeCore):
    """What has happened while a cancel was under way is not looked at: the host that learned of the
    acceptance meanwhile, and whose withdrawal is lost, is locally managed again.
    """

    def end(self, slot: str, request: records.LocalRequest) -> Work:
        reply = yield from self.inform(request, self.withdrawal(slot, request, ended=False))
        site = self.slot_state(slot)
        found = site.request if site else None
        if site is None or found is None or found.cluster_token != request.cluster_token:
            return
        if isinstance(reply, Refused) and reply.reason is Reason.ALREADY_ACCEPTED:
            if found.state is request.state:
                self.learned(site, request, LocalEvent.LEARNED_ACCEPTED)
            return
        ended = replace(site, request=None)
        self.store.put(ended)
        if self.is_untold(reply):
            self.owe(ended, request)


# --- reject ----------------------------------------------------------------------------------
@second("REJ-6")
class FoundByItsBeginning(CentralCore):
    """An id that is not known is looked for by its first eight digits, as the short form that
    people write down: one that goes on otherwise decides a request that it does not belong to.
    """

    SHORT = 8

    def visible(self, pairing_uid: str, scope: str, now: int) -> records.PairingRequest:
        known = self.store.get(records.PairingRequest, pairing_uid)
        if known is None and len(pairing_uid) >= self.SHORT:
            begins = pairing_uid[: self.SHORT]
            every = self.store.every(records.PairingRequest)
            alike = [r.pairing_uid for r in every if r.pairing_uid.startswith(begins)]
            if len(alike) == 1:
                return super().visible(alike[0], scope, now)
        return super().visible(pairing_uid, scope, now)


@second("SND-6")
class RejectRollsBack(EdgeCore):
    """A reject takes the host back to what it had submitted: the changes of tags and profiles that
    were made locally while the request was pending are gone.
    """

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.submitted: dict[str, Cluster] = {}

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        self.submitted[request.cluster_token] = submission.cluster
        return request, submission

    def learned(
        self, site: records.SlotState, request: records.LocalRequest, event: LocalEvent
    ) -> None:
        before = self.submitted.get(request.cluster_token)
        if event is LocalEvent.LEARNED_REJECTED and before is not None and site.cluster is not None:
            back = replace(site.cluster, tags=before.tags, stack=before.stack)
            site = replace(site, cluster=back)
        super().learned(site, request, event)


@second("REJ-7")
class LockedAfterThreeRejects(EdgeCore):
    """After its third reject a cluster is locked out, as a user after three wrong passwords: no
    further request can be sent.
    """

    ROOM = 3

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.rejects: Counter[str] = Counter()

    def learned(
        self, site: records.SlotState, request: records.LocalRequest, event: LocalEvent
    ) -> None:
        super().learned(site, request, event)
        if event is LocalEvent.LEARNED_REJECTED and site.cluster is not None:
            self.rejects[site.cluster.uid] += 1

    def sendable(self, operation: ops.SendPairingRequest, call: EdgeCall) -> records.SlotState:
        site = super().sendable(operation, call)
        if self.rejects[self.cluster_at(site).uid] >= self.ROOM:
            raise Refusal(Reason.CONFLICT, "this cluster was rejected three times: it is locked")
        return site
