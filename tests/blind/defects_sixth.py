"""Twenty more realistic defects, written blind after the work on the fifth twenty.

They were written from the requirements and the core alone, with the document and the domain beside
them: without a look at the features, the tables, the checkers, the matrix, the defects of the
registry or those of the sets before, of which one was read as a sample of the form. Each was
planted and taken through a plain history, where it does not show, and seen to take effect in one of
its own; none was run against the suite. They are never to be changed to suit the suite, nor is the
suite to be fitted to one of them.

The first paragraph of each says what it does, the second why somebody would write it so.

Imports `domain`, `reference`. `SIXTH` holds them all, in the order of the procedure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.draws import Draws, derived_bits
from harness.domain.errors import Reason, Refusal
from harness.domain.pairing import LocalEvent, LocalState, RequestState
from harness.domain.permission import Grant, PairPermission
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import EdgeChoices
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Carrying, EdgeCore, Probing, Work, is_final
from harness.reference.core.link import LinkReply
from harness.reference.core.store import Store
from harness.reference.planting import Memory, Mutant, Registry
from tests.blind.declaring import declaring

_A_MINUTE: Final = 60_000_000

SIXTH: Registry[Mutant] = Registry("mutant")
"""All twenty; apart from the hundred before them, and from the mutants of the registry."""

sixth = declaring(SIXTH)


# --- prerequisites ---------------------------------------------------------------------------
@sixth("PRE-2")
class NodesAddedLaterAreNotWatched(EdgeCore):
    """Which nodes have to be healthy is noted when a cluster is first asked to pair. A node on a
    host that was added afterwards may be unhealthy, and a request is sent all the same.

    Health is watched, and the watch is set up with the list of nodes that there is at the time; it
    ends with the process.
    """

    _watched = Memory[dict[str, frozenset[str]]](dict)

    def require_healthy(self, cluster: Cluster) -> None:
        watched = self._watched.setdefault(cluster.uid, frozenset(cluster.host_uids()))
        pools = tuple(
            replace(pool, nodes=tuple(node for node in pool.nodes if node.host_uid in watched))
            for pool in cluster.pools
        )
        super().require_healthy(replace(cluster, pools=pools))


@sixth("PRE-6")
class TrustsWhatItWasOnceToldToTrust(EdgeCore):
    """An endpoint to which a request went out with `insecure` is trusted from then on, also where
    the next request does not ask for it, until the edge restarts.

    To ask for `insecure` puts the certificate of the other side among the trusted ones, and nobody
    takes it out of there.
    """

    _trusted = Memory[set[str]](set)

    def admitted(
        self, host_uid: str, request: records.LocalRequest, reply: LinkReply
    ) -> ops.KnownReply:
        if request.insecure and isinstance(reply, ops.Done):
            self._trusted.add(request.base_url)
        return super().admitted(host_uid, request, reply)

    def unreachable(self, site: records.SlotState, url: str, entries: ops.PairingInput) -> Probing:
        trusts = entries.insecure or url in self._trusted
        return (yield from super().unreachable(site, url, replace(entries, insecure=trusts)))

    def carried(
        self, point: str, request: records.LocalRequest, operation: ops.AgentOperation
    ) -> Carrying:
        trusts = request.insecure or request.base_url in self._trusted
        return (yield from super().carried(point, replace(request, insecure=trusts), operation))


@sixth("PRE-4")
class DeletedTokensLiveOnInTheirRequests(CentralCore):
    """A registration token that is deleted goes on admitting clusters for as long as a request that
    came with it waits for a decision.

    A request refers to its token, so the token is only marked as deleted and swept away with the
    last of them; the look-up by its value does not know the mark.
    """

    _used = Memory[dict[str, RegistrationToken]](dict)

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        marked = self._used.get(value)
        if marked is not None and self.store.get(RegistrationToken, marked.uid) is None:
            waiting = self.store.find(records.PairingRequest, "any_open", "yes")
            if any(r.token_uid == marked.uid for r in waiting) and not marked.why_unusable(now):
                return marked
        token = super().usable_token(value, now)
        self._used[value] = token
        return token


# --- sending ---------------------------------------------------------------------------------
@sixth("SND-6")
class RestartedOfflineItWaitsToBeTold(EdgeCore):
    """If the edge was restarted while a request is pending, and has asked in vain since what became
    of it, local cluster operations are refused until Palette answers once.

    The request may have been accepted while the host was away, and as long as it does not know who
    manages the cluster, it had better not change anything.
    """

    _heard = Memory[set[str]](set)
    _in_vain = Memory[set[str]](set)

    def admitted(
        self, host_uid: str, request: records.LocalRequest, reply: LinkReply
    ) -> ops.KnownReply:
        self._heard.add(request.cluster_token)
        return super().admitted(host_uid, request, reply)

    def carried(
        self, point: str, request: records.LocalRequest, operation: ops.AgentOperation
    ) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if isinstance(operation, ops.PollPairing):
            answered = isinstance(reply, ops.Done)
            (self._heard if answered else self._in_vain).add(request.cluster_token)
        return reply

    def require_local(self, site: records.SlotState) -> None:
        super().require_local(site)
        pending = self.pending(site)
        if pending and pending.cluster_token in self._in_vain - self._heard:
            raise Refusal(
                Reason.CONFLICT,
                "a pairing request is pending, and Palette has not said yet what became of it",
            )


@sixth("SND-5")
class IdsCountByProject(CentralCore):
    """A pairing id is made of the cluster and of how many requests of that cluster there were in
    the project. Sent with a token of another project, the first request of a cluster there bears
    the id of its first here, and takes its place.

    An id that is the same for the same request makes a repetition harmless, and a project is all
    that a request is ever looked at in.
    """

    _about = Memory[list[str]](list)

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        value, about = operation.registration_token, operation.cluster.uid
        token = next(self.store.find(RegistrationToken, "value", value), None)
        project = token.project_uid if token else ""
        there = self.store.find(records.PairingRequest, "project", project)
        self._about[:] = [about, str(sum(r.cluster.uid == about for r in there))]
        return super().submit(operation, call)

    def new_pairing_uid(self, draws: Draws) -> str:
        about, count = self._about
        return self.choices.uid(derived_bits(about, "pairing", int(count)))


@sixth("SND-1")
class ARestartForgetsWhoLoggedOut(EdgeCore):
    """A login that was ended is good again after a restart of the edge, for as long as it would
    have lasted.

    A login is a signed token that nobody has to keep; those that were ended stand on a list in
    memory.
    """

    _ended = Memory[set[str]](set)

    def log_out(self, operation: ops.LogOut, call: EdgeCall) -> ops.Acknowledged:
        self._ended.add(self.authenticate(call).token)
        return ops.Acknowledged()

    def authenticate(self, call: EdgeCall) -> records.LoginSession:
        session = super().authenticate(call)
        if session.token in self._ended:
            raise Refusal(Reason.UNAUTHENTICATED, "log in first: there is no valid session")
        return session


# --- review and listing ----------------------------------------------------------------------
@sixth("PRE-9")
class TheListIsKeptByItsReader(CentralCore):
    """As long as no request comes or is decided, somebody who asks for the list again gets what
    they got before, though they ask in another project now.

    The page asks for it every few seconds. What it was answered is kept by who asks, and thrown
    away when one of the requests changes.
    """

    _shown = Memory[dict[str, tuple[tuple[str, ...], ops.PairingList]]](dict)

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        self.authorise(call, PairPermission.LIST)
        if operation != ops.ListPairingRequests():
            return super().list_requests(operation, call)
        reader = self.authenticate(call).email
        waiting = self.store.find(records.PairingRequest, "any_open", "yes")
        stand = tuple(request.pairing_uid for request in waiting)
        kept = self._shown.get(reader)
        if kept is None or kept[0] != stand:
            kept = self._shown[reader] = (stand, super().list_requests(operation, call))
        return kept[1]


@sixth("PRE-8")
class ReadingGoesByTheLogin(CentralCore):
    """What somebody might list and see when they logged in, they may list and see for as long as
    that login lasts, though the permission has been taken away. Accepting and rejecting look at
    what they may do now.

    The login's token says what its owner may do, which saves a look-up at each call of a page that
    asks all the time; what changes something is looked at twice.
    """

    _said = Memory[dict[str, frozenset[Grant]]](dict)

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        session = super().log_in(operation, call)
        user = self.store.get(records.User, operation.email)
        self._said[session.token] = user.grants if user else frozenset()
        return session

    def authorise(self, call: CentralCall, permission: PairPermission) -> str:
        user, scope = self.authenticate(call), self.scope_of(call)
        said = self._said.get("" if call.credentials.api_key else call.credentials.session)
        reads = permission in (PairPermission.LIST, PairPermission.GET)
        if said and reads and self.holds(replace(user, grants=said), permission, scope):
            return scope
        return super().authorise(call, permission)


# --- accept and match ------------------------------------------------------------------------
@sixth("ACC-7")
class TheFirstStackIsKept(CentralCore):
    """A cluster that sends another request in the same project is matched, and shown, with the
    stack that its first request carried, though it runs another one by now.

    The project has an inventory of edge clusters, and what it knows of one by its uid is not read
    out of the submission once more; only name, tags and nodes are.
    """

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        value, cluster = operation.registration_token, operation.cluster
        token = next(self.store.find(RegistrationToken, "value", value), None)
        if token is not None:
            there = self.store.find(records.PairingRequest, "project", token.project_uid)
            first = next((r for r in there if r.cluster.uid == cluster.uid), None)
            stack = first.cluster.stack if first else cluster.stack
            operation = replace(operation, cluster=replace(cluster, stack=stack))
        return super().submit(operation, call)


@sixth("PRE-7")
class WhatMatchedOnceMatchesAgain(CentralCore):
    """Where profiles were accepted for a cluster, the same ones are accepted for every other with
    the same packs without a further match, though one of them has got a new latest version in the
    meantime that does not match.

    A fleet is made of clusters that are alike; a match that was valid is remembered by the packs
    and the uids of the profiles.
    """

    _valid = Memory[set[tuple[frozenset[str], ops.Selected]]](set)

    @staticmethod
    def _asked(
        request: records.PairingRequest, selection: ops.Selected
    ) -> tuple[frozenset[str], ops.Selected]:
        packs = frozenset(str(pack) for part in request.cluster.stack for pack in part.packs)
        return packs, tuple(sorted(selection, key=lambda chosen: chosen.uid))

    def require_match(self, request: records.PairingRequest, selection: ops.Selected) -> None:
        for chosen in selection:
            self.selected(request, chosen)
        if self._asked(request, selection) not in self._valid:
            super().require_match(request, selection)

    def accepted_cluster(
        self, uid: str, request: records.PairingRequest, operation: ops.AcceptPairingRequest
    ) -> records.CentralCluster:
        self._valid.add(self._asked(request, operation.selection))
        return super().accepted_cluster(uid, request, operation)


@sixth("ACC-6")
class NamesAreMadeUnique(CentralCore):
    """A cluster that is confirmed under a name that another cluster of the project has bears that
    name with a number behind it, and nobody is told.

    The list of clusters goes by name, and two lines that look alike would confuse people.
    """

    def accepted_cluster(
        self, uid: str, request: records.PairingRequest, operation: ops.AcceptPairingRequest
    ) -> records.CentralCluster:
        cluster = super().accepted_cluster(uid, request, operation)
        taken = {other.name for other in self.clusters_of(request.project_uid)}
        name, number = cluster.name, 1
        while name in taken:
            number += 1
            name = f"{cluster.name}-{number}"
        return replace(cluster, name=name)


@dataclass(frozen=True, slots=True)
class _Draft:
    name: str | None
    description: str | None
    tags: Mapping[str, str] | None


@sixth("ACC-15")
class WhatWasEnteredOutlivesARefusal(CentralCore):
    """Name, description and tags of an acceptance whose profiles did not match are kept with the
    request. Whoever accepts it afterwards, with a valid match and without changing anything, gets
    the cluster with what had been entered then.

    Nobody is to type it all again because of a wrong profile, so the wizard saves its draft before
    it matches.
    """

    _drafts = Memory[dict[str, _Draft]](dict)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        try:
            return super().accept(operation, call)
        except Refusal as refusal:
            if refusal.refused.reason is Reason.PROFILES_MISMATCH:
                self._drafts[operation.pairing_uid] = _Draft(
                    operation.name, operation.description, operation.tags
                )
            raise

    def accepted_cluster(
        self, uid: str, request: records.PairingRequest, operation: ops.AcceptPairingRequest
    ) -> records.CentralCluster:
        draft = self._drafts.pop(request.pairing_uid, _Draft(None, None, None))
        name, about, tags = operation.name, operation.description, operation.tags
        entered = replace(
            operation,
            name=draft.name if name is None else name,
            description=draft.description if about is None else about,
            tags=draft.tags if tags is None else tags,
        )
        return super().accepted_cluster(uid, request, entered)


# --- reject ----------------------------------------------------------------------------------
@sixth("WDR-5")
class AnOldIdRejectsTheNewRequest(CentralCore):
    """Where two requests of one cluster are pending, to reject the older by its id rejects the
    newer, and the older stays.

    A line of the list stands for a cluster, and what is rejected is the request that the cluster
    has sent last: there is hardly ever another.
    """

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        scope = self.authorise(call, PairPermission.DELETE)
        named = self.visible(operation.pairing_uid, scope, call.now)
        if named.state is RequestState.PENDING:
            newest = self.open_requests(scope, named.cluster.uid)[-1]
            operation = replace(operation, pairing_uid=newest.pairing_uid)
        return super().reject(operation, call)


@sixth("INV-9")
class StaleIfError(EdgeCore):
    """A host that gets no answer when it asks what became of its request goes by the last answer
    that a request of this cluster was given. If that was the rejection of the one before, it shows
    the new one as rejected and follows it no more, while it is pending in Palette.

    Answers are kept for the time when Palette is away, under the address that was asked, in which
    the id of the request does not stand.
    """

    _last = Memory[dict[str, LinkReply]](dict)

    def carried(
        self, point: str, request: records.LocalRequest, operation: ops.AgentOperation
    ) -> Carrying:
        reply = yield from super().carried(point, request, operation)
        if isinstance(operation, ops.PollPairing):
            if isinstance(reply, ops.Done) or is_final(reply):
                self._last[request.host_uid] = reply
            return self._last.get(request.host_uid, reply)
        return reply


# --- withdraw --------------------------------------------------------------------------------
@sixth("WDR-7")
class TheDebtIsPaidWithTheNewRequest(EdgeCore):
    """A withdrawal that could not be told is told once the cluster has a pending request again, and
    it is that one which it withdraws. The stale one stays.

    That something has to be told is a mark on the cluster, and an agent has nothing to talk to
    Palette with but the request that it follows.
    """

    def settle_debt(self, slot: str, owed: records.OwedWithdrawal) -> Work:
        site = self.slot_state(slot)
        request = self.pending(site) if site else None
        if request is None or request.state is not LocalState.PENDING:
            return
        message = self.withdrawal(slot, request, ended=True)
        answer = yield self.call("owing", request, message)
        site = self.slot_state(slot)
        if site is not None and (isinstance(answer.reply, ops.Done) or is_final(answer.reply)):
            self.store.put(replace(site, owed=tuple(o for o in site.owed if o != owed)))


@sixth("WDR-3")
class ASecondWithdrawalIsTakenForARepetition(CentralCore):
    """A cluster that withdraws twice within a minute is told that it is done, and the second time
    nothing happens: a request that it sent in between stays pending.

    A host repeats what it was not answered, and a repetition has to be answered as the first was;
    it is known by the cluster that it comes from.
    """

    _withdrew = Memory[dict[str, int]](dict)

    def withdraw(self, operation: ops.WithdrawPairing, call: CentralCall) -> ops.Acknowledged:
        about = operation.local_cluster_uid
        last = self._withdrew.get(about)
        if last is not None and 0 <= call.now - last < _A_MINUTE:
            return ops.Acknowledged("the pairing request was withdrawn")
        done = super().withdraw(operation, call)
        if about:
            self._withdrew[about] = call.now
        return done


@sixth("WDR-3")
class OnlyTheSenderInforms(EdgeCore):
    """A request that is cancelled on another host of the cluster than the one that sent it ends
    locally, and Palette is not told, though both hosts reach it.

    The state of the cluster is shared by its hosts, while the agent that talks about a request runs
    where it was sent, and does not see a request end that is simply gone.
    """

    def cancel(self, operation: ops.CancelPairingRequest, call: EdgeCall) -> EdgeFlow:
        request = self.cancellable(operation, call)
        if call.host_uid == request.host_uid:
            return (yield from super().cancel(operation, call))
        self.store.put(replace(self.site_of(call.host_uid), request=None))
        return ops.Done(ops.Acknowledged("the pairing request was cancelled"))


# --- after the decision ----------------------------------------------------------------------
@sixth("ACC-13")
class OnceRejectedItStaysUnlocked(EdgeCore):
    """A cluster one of whose requests was rejected goes on with local cluster operations when a
    later one was accepted and the cluster is paired, until the edge restarts.

    A rejection takes away the lock that pairing brings with it, by a mark which the next request
    does not take away again.
    """

    _unlocked = Memory[set[str]](set)

    def learned(
        self, site: records.SlotState, request: records.LocalRequest, event: LocalEvent
    ) -> None:
        super().learned(site, request, event)
        if event is LocalEvent.LEARNED_REJECTED and site.cluster is not None:
            self._unlocked.add(site.cluster.uid)

    def require_local(self, site: records.SlotState) -> None:
        if site.cluster is None or site.cluster.uid not in self._unlocked:
            super().require_local(site)


@sixth("INV-1")
class ProfilesAreChangedDuringTheHandover(CentralCore):
    """The profiles of a cluster that was accepted can be replaced centrally before its host has
    confirmed; only the other central operations wait for that.

    Whether the host obeys was asked for in the call that existed then; the profiles got a call of
    their own afterwards.
    """

    def update_profiles(
        self, operation: ops.UpdateCentralProfiles, call: CentralCall
    ) -> ops.Acknowledged:
        cluster = self.known_cluster(operation.cluster_uid, call)
        if cluster.confirmed:
            return super().update_profiles(operation, call)
        self.store.put(replace(cluster, confirmed=True))
        changed = super().update_profiles(operation, call)
        kept = self.store.get(records.CentralCluster, cluster.uid)
        if kept is not None:
            self.store.put(replace(kept, confirmed=False))
        return changed


@sixth("ACC-19")
class GivesTheClusterBackWhilePaletteIsAway(EdgeCore):
    """While the host that is asked does not reach Palette, a paired cluster can be taken back to
    local management in Local UI. With a connection, that is refused.

    If Palette is gone for good, somebody on the spot has to be able to help themselves.
    """

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, choices)
        self.calling = {**self.calling, ops.RestoreLocalManagement: self.take_back}

    def take_back(self, operation: ops.RestoreLocalManagement, call: EdgeCall) -> EdgeFlow:
        self.authenticate(call)
        request = self.site_of(call.host_uid).request
        if request is not None and request.state is LocalState.PAIRED:
            asked = replace(request, host_uid=call.host_uid)
            answer = yield self.call("probing", asked, ops.Probe())
            site = self.site_of(call.host_uid)
            if not isinstance(answer.reply, ops.Done) and self.is_same(site.request, request):
                self.store.put(replace(site, request=None))
        return ops.Done(super().restore_local_management(operation, call))
