"""Twenty more realistic defects, written blind after the work on the third twenty.

They were written from the document, its requirements, the domain and the rules of the reference:
without a look at the features, the tables, the checkers, the matrix or the defects of the registry,
nor at how the first sixty fared; those were read only so that none is told twice. Each was seen to
take effect by a probe of its own, and none was run against the suite. They are never to be changed
to suit the suite, nor is the suite to be fitted to one of them.

The first paragraph of each says what it does, the second why somebody would write it so.

Imports `domain`, `reference`. `FOURTH` holds them all, in the order of the procedure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Health, NodePool
from harness.domain.errors import Reason, Refusal, Refused
from harness.domain.match import MatchResult, Mismatch, latest_packs
from harness.domain.pairing import LocalEvent, RequestState
from harness.domain.permission import PairPermission
from harness.domain.profile import Layer
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.central.review import uids_of
from harness.reference.core.choices import CentralChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Carrying, EdgeCore, Work
from harness.reference.core.link import LinkReply
from harness.reference.core.store import Store
from harness.reference.planting import Memory, Mutant, Registry
from tests.blind.declaring import declaring

_A_MINUTE: Final = 60_000_000

FOURTH: Registry[Mutant] = Registry("mutant")
"""All twenty; apart from the sixty before them, and from the mutants of the registry."""

fourth = declaring(FOURTH)


# --- send ------------------------------------------------------------------------------------
@fourth("SND-1")
class LogOutEndsTheLastLogin(EdgeCore):
    """A log-out ends the latest login to its host: where somebody else has logged in since, theirs
    is over, and the session that was logged out goes on.

    The sessions of a host are a stack, since there is one operator, and a log-out pops it.
    """

    def log_out(self, operation: ops.LogOut, call: EdgeCall) -> ops.Acknowledged:
        host = self.authenticate(call).subject
        here = [s.token for s in self.store.every(records.LoginSession) if s.subject == host]
        self.store.delete(records.LoginSession, here[-1])
        return ops.Acknowledged()


@fourth("PRE-2")
class HalfOfThemIsEnough(EdgeCore):
    """A pool is healthy while more than half of its nodes are: of three one may be down.

    That is what its quorum bears, and for etcd the same function says whether it can be written.
    """

    @staticmethod
    def _has_quorum(pool: NodePool) -> bool:
        well = sum(node.health is Health.HEALTHY for node in pool.nodes)
        return 2 * well > len(pool.nodes)

    def require_healthy(self, cluster: Cluster) -> None:
        pools = tuple(pool for pool in cluster.pools if not self._has_quorum(pool))
        super().require_healthy(replace(cluster, pools=pools))


@fourth("PRE-4")
class KeepsTheFirstToken(EdgeCore):
    """Once a request of a cluster was admitted, its later ones are sent with that registration
    token, whatever is entered: a wrong one is admitted as well.

    The agent writes the token into its configuration if none stands there, and sends what does.
    """

    kept = Memory[dict[str, str]](dict)

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        cluster = self.site_of(call.host_uid).cluster
        uid = cluster.uid if cluster else ""
        if operation.token.strip():
            operation = replace(operation, token=self.kept.get(uid, operation.token))
        reply = yield from super().send(operation, call)
        if isinstance(reply, ops.Done):
            self.kept[uid] = operation.token
        return reply


@fourth("PRE-5")
class OneHostOfEachPool(EdgeCore):
    """Of each pool the first host alone is asked whether it reaches Palette; any of the others may
    be cut off.

    To ask every one took too long in large clusters, and a pool stands in one network.
    """

    def hosts_to_probe(self, site: records.SlotState) -> tuple[str, ...]:
        pools = self.cluster_at(site).pools
        return tuple(pool.nodes[0].host_uid for pool in pools if pool.nodes)


@fourth("PRE-4")
class DeletedIsOnlyHidden(CentralCore):
    """A registration token that was deleted is in no list and cannot be read any more; it admits as
    before.

    Rows are marked as deleted and kept for the audit, and the query by value lacks that condition.
    """

    MARK = "deleted/"

    def delete_token(self, operation: ops.DeleteToken, call: CentralCall) -> ops.Acknowledged:
        token = self.owned_token(operation.token_uid, call)
        answer = super().delete_token(operation, call)
        self.store.put(replace(token, uid=f"{self.MARK}{token.uid}"))
        return answer

    def list_tokens(self, operation: ops.ListTokens, call: CentralCall) -> ops.TokenList:
        items = super().list_tokens(operation, call).items
        return ops.TokenList(tuple(t for t in items if not t.uid.startswith(self.MARK)))

    def known_token(self, uid: str, scope: str) -> RegistrationToken:
        return super().known_token(uid.removeprefix(self.MARK), scope)


@fourth("SND-5")
class OneOpenPerCluster(CentralCore):
    """A cluster has one open request: what it sends after an offline cancel is written over the
    stale one, and gets the cancelled id.

    The table of open requests is unique by cluster, and is filled by an upsert.
    """

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        about = (records.PairingRequest, "open_of_cluster", operation.cluster.uid)
        found = next(self.store.find(*about), None)
        if found is None:
            return super().submit(operation, call)
        self.usable_token(operation.registration_token, call.now)
        secret, key = operation.cluster_token, operation.key
        self.store.put(replace(found, cluster=operation.cluster, cluster_token=secret, key=key))
        return ops.PairingId(found.pairing_uid)


@fourth("SND-3")
class ShowsWhatItCanAsk(EdgeCore):
    """While the host cannot ask Palette after its pending request, Local UI shows none: the id can
    just then not be read when it is needed for a reject by hand.

    What is shown was to be never older than the last poll, rather nothing than something stale.
    """

    unasked = Memory[set[str]](set)

    def carried(
        self, point: str, request: records.LocalRequest, operation: ops.AgentOperation
    ) -> Carrying:
        reply: LinkReply = yield from super().carried(point, request, operation)
        if point == "polling":
            answered = isinstance(reply, ops.Done | Refused)
            (self.unasked.discard if answered else self.unasked.add)(request.cluster_token)
        return reply

    def view_pairing(self, operation: ops.ViewPairing, call: EdgeCall) -> ops.PairingView:
        view = super().view_pairing(operation, call)
        request = self.site_of(call.host_uid).request
        if request is not None and request.cluster_token in self.unasked:
            raise Refusal(Reason.NOTHING_PENDING, "there is no pairing request")
        return view


# --- list, look and match --------------------------------------------------------------------
@fourth("PRE-8")
class FilteredListIsALook(CentralCore):
    """To list the requests of one local cluster the permission to get is enough: who may not list
    lists those of any cluster that they name.

    The page of a cluster asks so for its one request, and its users need not see the list.
    """

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        user, scope = self.authenticate(call), self.scope_of(call)
        uid = operation.local_cluster_uid
        if not uid or not self.holds(user, PairPermission.GET, scope):
            return super().list_requests(operation, call)
        found = self.open_requests(scope, uid)
        asked = ("", RequestState.PENDING.value)
        return ops.PairingList(tuple(map(self._item, found if operation.state in asked else ())))


@fourth("REJ-2")
class TagsGatherInTheDecoder(CentralCore):
    """A request shows, besides its own tags, those of all that came before it since the start of
    Palette, as far as it does not have the same ones itself.

    Submissions are decoded into one value that is used again, and a map in it is added to.
    """

    decoded = Memory[dict[str, str]](dict)

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        self.decoded.update(operation.cluster.tags)
        cluster: Cluster = replace(operation.cluster, tags=dict(self.decoded))
        return super().submit(replace(operation, cluster=cluster), call)


@fourth("ACC-10")
class AddOnsMayStayOut(CentralCore):
    """A selection without any add-on need not have those of the local cluster: its infrastructure
    alone is a match.

    A cluster's add-ons can be put under central management later, so what lacks them altogether
    was taken for a choice and not for a mistake.
    """

    def matched(self, request: records.PairingRequest, selection: ops.Selected) -> MatchResult:
        result = super().matched(request, selection)
        choices = [self.selected(request, chosen) for chosen in selection]
        if any(p.layer is Layer.ADDON for p in latest_packs(choices, self.choices.match)):
            return result
        packs = (pack for profile in request.cluster.stack for pack in profile.packs)
        add_ons = {pack.name for pack in packs if pack.layer is Layer.ADDON}
        problems = (
            problem
            for problem in result.problems
            if problem.kind is not Mismatch.MISSING or problem.pack not in add_ons
        )
        return replace(result, problems=tuple(problems))


@fourth("INV-3")
class MatchedOnceIsMatched(CentralCore):
    """A selection that was seen to match a request is not looked at again when that is accepted,
    though a profile has another latest version by then.

    The match is dear with many packs, and the wizard has asked for it two pages before.
    """

    fits = Memory[set[tuple[str, tuple[str, ...]]]](set)

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        if result.valid:
            self.fits.add((operation.pairing_uid, uids_of(operation.selection)))
        return result

    def require_match(self, request: records.PairingRequest, selection: ops.Selected) -> None:
        if (request.pairing_uid, uids_of(selection)) not in self.fits:
            super().require_match(request, selection)


# --- accept, hand over and confirm -----------------------------------------------------------
@fourth("ACC-6")
class DescriptionIsOneLine(CentralCore):
    """Of a description that was confirmed with several lines a paired cluster bears the first.

    It is written as an annotation, which a template puts on a line of its own, and the reader of
    that ends where the line does.
    """

    def accepted_cluster(
        self, uid: str, request: records.PairingRequest, operation: ops.AcceptPairingRequest
    ) -> records.CentralCluster:
        cluster = super().accepted_cluster(uid, request, operation)
        return replace(cluster, description=cluster.description.partition("\n")[0])


@fourth("INV-1")
class MigratedAtEveryStart(CentralCore):
    """With a start of Palette every registered cluster is confirmed: one whose host has not
    confirmed yet can be changed centrally, while its host takes local operations.

    Clusters of before the handover have no such mark, and the migration that sets it does not
    write down that it was run.
    """

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        for cluster in list(store.every(records.CentralCluster)):
            store.put(replace(cluster, confirmed=True))


@fourth("INV-1")
class ConfirmsOnlyOnce(CentralCore):
    """A confirmation that comes again is refused, as its request is paired already: a host that did
    not hear the first answer takes the pairing for failed, and both sides manage the cluster.

    It goes the way of all decisions, and those have to find a request that is still open.
    """

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        if request.state is RequestState.PAIRED:
            raise self.already_decided(request)
        return super().confirm(operation, call)


@fourth("ACC-13")
class SessionsKeepTheirMode(EdgeCore):
    """Whoever was logged in to Local UI before the cluster was paired goes on with local cluster
    operations for as long as their session lasts.

    What a session may do is a claim in its token, which is made at the login.
    """

    may_change = Memory[set[str]](set)

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        session = super().log_in(operation, call)
        if not self.is_central(self.site_of(call.host_uid)):
            self.may_change.add(session.token)
        return session

    def changeable(self, operation: ops.LocalClusterOperation, call: EdgeCall) -> records.SlotState:
        if self.authenticate(call).token in self.may_change:
            return self.site_of(call.host_uid)
        return super().changeable(operation, call)


# --- withdraw --------------------------------------------------------------------------------
@fourth("WDR-3")
class ReviewedIsSkipped(CentralCore):
    """A withdrawal of a request that somebody has opened within the last minute is acknowledged,
    and the request stays pending.

    Who reviews it holds a lock, and the worker that takes withdrawals from their queue skips the
    rows that are locked.
    """

    opened = Memory[dict[str, int]](dict)

    def view_request(
        self, operation: ops.ViewPairingRequest, call: CentralCall
    ) -> ops.PairingRequestView:
        view = super().view_request(operation, call)
        self.opened[view.pairing_uid] = call.now
        return view

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        opened = self.opened.get(operation.pairing_uid)
        if opened is not None and call.now - opened < _A_MINUTE:
            return ops.Acknowledged("the pairing request will be withdrawn")
        return super().withdraw(operation, call)


@fourth("WDR-4")
class LockedUntilTold(EdgeCore):
    """After a cancel that Palette could not be told, local cluster operations are refused until it
    can be.

    Nothing was to change in a cluster that Palette may still accept, and the lock is let go where
    the withdrawal is written off.
    """

    def require_local(self, site: records.SlotState) -> None:
        super().require_local(site)
        if site.owed:
            raise Refusal(Reason.CONFLICT, "the pairing request is still being withdrawn")


# --- reject ----------------------------------------------------------------------------------
@fourth("REJ-5")
class ListKeptByItsLength(CentralCore):
    """A list of requests is kept while as many are pending as when it was made: where one was
    rejected and another has come since, it holds the rejected one, and not the other.

    The length is what the database tells at once, and it was taken for what changes with each
    change.
    """

    lists = Memory[dict[tuple[str, str], list[records.PairingRequest]]](dict)

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[records.PairingRequest]:
        found = super().open_requests(scope, cluster_uid)
        kept = self.lists.get((scope, cluster_uid), [])
        if len(kept) != len(found):
            self.lists[scope, cluster_uid] = kept = found
        return kept


# --- follow up -------------------------------------------------------------------------------
@fourth("INV-9")
class FourHundredIsFinal(EdgeCore):
    """Whatever Palette refuses with a status from 400 to 499 ends a request for its host: one that
    is told to ask later, as it asks too often, shows it as failed while it is pending at Palette.

    To try again helps with the errors of a server, and those of a client stay as they are.
    """

    def event_of(self, reply: LinkReply) -> LocalEvent | None:
        if isinstance(reply, Refused) and reply.reason is not Reason.INTERNAL:
            return LocalEvent.LEARNED_FAILED
        return super().event_of(reply)


@fourth("INV-9")
class WaitsTwiceAsLong(EdgeCore):
    """After each poll that fails the host waits for twice as many rounds as before, without an end:
    once a cut has lasted for a while, it does not learn of a decision for as long again.

    The usual way to go easy on a server that is down, and the upper limit was left out.
    """

    waits = Memory[dict[str, tuple[int, int]]](dict)
    """How many rounds are waited after a failure, and how many of them are left."""

    def follow_pending(self, slot: str, request: records.LocalRequest) -> Work:
        waited, left = self.waits.get(request.cluster_token, (1, 0))
        if left:
            self.waits[request.cluster_token] = (waited, left - 1)
            return
        yield from super().follow_pending(slot, request)

    def carried(
        self, point: str, request: records.LocalRequest, operation: ops.AgentOperation
    ) -> Carrying:
        reply: LinkReply = yield from super().carried(point, request, operation)
        if point == "polling":
            waited, _ = self.waits.get(request.cluster_token, (1, 0))
            answered = isinstance(reply, ops.Done | Refused)
            self.waits[request.cluster_token] = (1, 0) if answered else (2 * waited, 2 * waited)
        return reply
