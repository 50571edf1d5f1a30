"""Twenty further realistic defects, written blind after the work on the second twenty.

Like those before they were written from the requirements and from the rules of the reference
alone: without a look at the features, the tables, the checkers, the matrix or the defects of the
registry, nor at how the first forty fared; only so that none is told twice were those read. Each
was seen to take effect by a probe of its own, and none was run against the suite. They are never
to be changed to suit the suite, nor is the suite to be fitted to one of them.

The first paragraph of each says what it does, the second why somebody would write it so.

Imports `domain`, `reference`. `THIRD` holds them all, in the order of the procedure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.draws import Draws, derived_bits
from harness.domain.match import MatchResult, ProfileChoice, latest_packs, match_profiles
from harness.domain.pairing import LocalEvent, LocalState, RequestEvent, RequestState
from harness.domain.permission import TENANT, PairPermission
from harness.domain.profile import ClusterProfile, Layer, Pack, ProfileEdition, version_of
from harness.domain.token import RegistrationToken
from harness.reference.core import records
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import CentralChoices
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import Begun, EdgeCore, Work
from harness.reference.core.store import Store
from harness.reference.planting import Memory, Mutant, Registry
from tests.blind.declaring import declaring

_A_SECOND = 1_000_000
_AN_HOUR = 3_600 * _A_SECOND

THIRD: Registry[Mutant] = Registry("mutant")
"""All twenty; apart from the first and the second, and from the mutants of the registry."""

third = declaring(THIRD)


# --- send ------------------------------------------------------------------------------------
@third("SND-1")
class PasswordsEndAtEight(EdgeCore):
    """Of the password for Local UI the first eight characters count: one that goes on otherwise
    logs in all the same.

    The hosts' accounts are checked by the old `crypt`, which cuts there.
    """

    CUT = 8

    def log_in(self, operation: ops.LogIn, call: EdgeCall) -> ops.Session:
        password = self.choices.password
        if operation.password[: self.CUT] == password[: self.CUT]:
            operation = replace(operation, password=password)
        return super().log_in(operation, call)


@third("PRE-5")
class ProbesTheHostsItKnew(EdgeCore):
    """The hosts of a cluster are read for its first connection check or send: one that joined by a
    machine pool afterwards is never asked whether it reaches Palette.

    The inventory is slow to read, and was taken for fixed.
    """

    known = Memory[dict[str, tuple[str, ...]]](dict)

    def hosts_to_probe(self, site: records.SlotState) -> tuple[str, ...]:
        hosts = super().hosts_to_probe(site)
        return self.known.setdefault(self.cluster_at(site).uid, hosts)


@third("PRE-4")
class TokensInAnyCase(CentralCore):
    """A registration token admits in upper case and in lower case, though only one of them was
    ever given out.

    The column of the table has the usual collation of its database, which tells no case.
    """

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        alike = (
            token.value
            for token in self.store.every(RegistrationToken)
            if value and token.value.casefold() == value.casefold()
        )
        return super().usable_token(next(alike, value), now)


@third("PRE-4")
class UpdateActivates(CentralCore):
    """A registration token that was deactivated admits again once its name, project or expiry is
    changed.

    A change replaces the whole token, and what its body does not hold gets the default of a new
    one.
    """

    def update_token(self, operation: ops.UpdateToken, call: CentralCall) -> ops.Acknowledged:
        answer = super().update_token(operation, call)
        token = self.store.get(RegistrationToken, operation.token_uid)
        if token is not None:
            self.store.put(replace(token, active=True))
        return answer


@third("SND-5")
class NumbersOfTheLivingOnes(CentralCore):
    """Requests are numbered within their project, and after a restart of Palette from as many as
    are not rejected, withdrawn or failed: the id of one that is may come back.

    What has ended was moved to an archive, where whoever looks for the last number does not look.
    """

    LIVING = (RequestState.PENDING, RequestState.HANDING_OVER, RequestState.PAIRED)
    last = Memory[dict[str, int]](dict)
    project = ""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, now)
        self.project = token.project_uid
        return token

    def new_pairing_uid(self, draws: Draws) -> str:
        living = {
            request.pairing_uid
            for request in self.store.every(records.PairingRequest)
            if request.project_uid == self.project and request.state in self.LIVING
        }
        uid, number = "", self.last.get(self.project, len(living))
        while not uid or uid in living:
            number += 1
            uid = self.choices.uid(derived_bits(self.project, "pairing", number))
        self.last[self.project] = number
        return uid


@third("INV-9")
class TwoSendsAtOnce(EdgeCore):
    """That nothing is pending is looked at before the hosts are asked for their connection and not
    again after: of two sends at a time the later one takes the place of the earlier, which goes on
    waiting at Palette, and which no host knows any more.

    The check and the writing are two steps, and each was tried with one operator.
    """

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        site = self.site_of(call.host_uid)
        if self.pending(site) is not None:
            self.store.put(replace(site, request=None))
        return super().begin(operation, call, url)


@third("INV-9")
class GivesUpAfterAnHour(EdgeCore):
    """A request that nobody has decided within an hour is shown as failed, and asked after no
    more, while it is still pending at Palette.

    Whatever a host waits for has a time limit, and Palette is not told of this one.
    """

    since = Memory[dict[str, int]](dict)

    def follow_pending(self, slot: str, request: records.LocalRequest) -> Work:
        question = ops.PollPairing(request.pairing_uid, request.cluster_token)
        answer = yield self.call("polling", request, question)
        event = self.event_of(answer.reply)
        waited = answer.now - self.since.setdefault(request.cluster_token, answer.now)
        if event is None and waited >= _AN_HOUR:
            event = LocalEvent.LEARNED_FAILED
        site = self.slot_state(slot)
        if event and site and self.is_same(site.request, request):
            self.learned(site, request, event)


# --- list, look and match --------------------------------------------------------------------
@third("PRE-9")
class GrantsOfAllProjectsAreOne(CentralCore):
    """What somebody may do in any project they may do in each in which they have a role at all.

    The roles of a person are merged when they are read, and the project is compared afterwards
    with those in which the person works.
    """

    def holds(self, user: records.User, permission: PairPermission, scope: str) -> bool:
        if scope != TENANT and any(grant.scope == scope for grant in user.grants):
            user = replace(
                user, grants=frozenset(replace(grant, scope=scope) for grant in user.grants)
            )
        return super().holds(user, permission, scope)


@third("ACC-7")
class LastOfTheLayer(CentralCore):
    """Packs are compared by their layer, of each the last one: where a cluster runs several
    add-ons, all but one may be in another version, or missing.

    The core layers have one pack each, and a table by layer was good enough for them.
    """

    def matched(self, request: records.PairingRequest, selection: ops.Selected) -> MatchResult:
        choices = [self.selected(request, chosen) for chosen in selection]
        stack = request.cluster.stack
        local = {pack.layer: pack for profile in stack for pack in profile.packs}
        offered = {pack.layer: pack for pack in latest_packs(choices, self.choices.match)}

        def last_of(packs: tuple[Pack, ...], table: Mapping[Layer, Pack]) -> tuple[Pack, ...]:
            return tuple(pack for pack in packs if table.get(pack.layer) is pack)

        def trimmed(choice: ProfileChoice) -> ProfileChoice:
            editions = tuple(
                replace(edition, packs=last_of(edition.packs, offered))
                for edition in choice.profile.editions
            )
            return replace(choice, profile=replace(choice.profile, editions=editions))

        return match_profiles(
            [replace(profile, packs=last_of(profile.packs, local)) for profile in stack],
            [trimmed(choice) for choice in choices],
            self.choices.match,
        )


@dataclass(frozen=True, slots=True)
class _ByNumbers(ClusterProfile):
    """A profile of whose versions only the numbers are compared; of equal ones the first counts."""

    def latest(self, *, drafts_count: bool = False) -> ProfileEdition | None:
        candidates = (e for e in self.editions if e.published or drafts_count)
        return max(candidates, key=lambda e: version_of(e.version.partition("-")[0]), default=None)


def _by_numbers(profile: ClusterProfile) -> ClusterProfile:
    return _ByNumbers(
        profile.uid, profile.name, profile.type, profile.editions, profile.project_uid
    )


@third("PRE-7")
class CandidateStaysTheLatest(CentralCore):
    """Versions of profiles are compared by their numbers alone: a release candidate that was
    published stays the latest after its release.

    The function that compares versions splits at the dots, and drops what it cannot count.
    """

    def profile(self, uid: str) -> ClusterProfile | None:
        found = super().profile(uid)
        return _by_numbers(found) if found else None

    def _selectable(self, profile: ClusterProfile) -> ops.SelectableProfile:
        return super()._selectable(_by_numbers(profile))


@third("INV-3")
class VersionsByName(CentralCore):
    """The versions of profiles are kept by the profile's name: where two projects have a profile of
    one name and type, the match in the second draws on the packs of the first.

    A name is unique within a project, and the cache was written when there was one.
    """

    def _cached(self, profile: ClusterProfile) -> ClusterProfile:
        about = (profile.name, profile.type)
        every = self.store.every(ClusterProfile)
        first = next((p for p in every if (p.name, p.type) == about), profile)
        return replace(profile, editions=first.editions)

    def selected(
        self, request: records.PairingRequest, chosen: ops.SelectedProfile
    ) -> ProfileChoice:
        choice = super().selected(request, chosen)
        return replace(choice, profile=self._cached(choice.profile))

    def _selectable(self, profile: ClusterProfile) -> ops.SelectableProfile:
        return super()._selectable(self._cached(profile))


# --- accept, hand over and confirm -----------------------------------------------------------
def _with_values(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if value}


@third("ACC-6")
class TagsNeedAValue(CentralCore):
    """A tag without a value is lost: a request does not show it, and a paired cluster does not bear
    it.

    Empty entries of a form are dropped, and a label that is a mere mark looks like one.
    """

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        cluster = operation.cluster
        kept: Cluster = replace(cluster, tags=_with_values(cluster.tags))
        return super().submit(replace(operation, cluster=kept), call)

    def accepted_cluster(
        self, uid: str, request: records.PairingRequest, operation: ops.AcceptPairingRequest
    ) -> records.CentralCluster:
        cluster = super().accepted_cluster(uid, request, operation)
        return replace(cluster, tags=_with_values(cluster.tags))


@third("ACC-6")
class EnteredUntilRestart(CentralCore):
    """Name, description and tags that were changed on acceptance are written once the host has
    confirmed: after a restart of Palette in between the cluster bears its local ones.

    The acceptance is a job in memory that is made again from the request, which lacks them.
    """

    entered = Memory[dict[str, records.CentralCluster]](dict)

    def accepted_cluster(
        self, uid: str, request: records.PairingRequest, operation: ops.AcceptPairingRequest
    ) -> records.CentralCluster:
        self.entered[uid] = super().accepted_cluster(uid, request, operation)
        as_local = replace(operation, name=None, description=None, tags=None)
        return super().accepted_cluster(uid, request, as_local)

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().confirm(operation, call)
        entered = self.entered.pop(answer.cluster_uid, None)
        if entered is None:
            return answer
        self.store.put(replace(entered, confirmed=True))
        return replace(answer, name=entered.name, tags=entered.tags)


@third("ACC-12")
class RestartForgetsInsecure(EdgeCore):
    """That a certificate nobody trusts was to be accepted is not saved with the request: after a
    restart of the edge its host cannot ask Palette any more, and never learns of the acceptance.

    The flag went into the client that was made for the send, and not into the file.
    """

    def recover(self) -> None:
        super().recover()
        for site in list(self.store.every(records.SlotState)):
            if site.request is not None:
                self.store.put(replace(site, request=replace(site.request, insecure=False)))


@third("ACC-12")
class ChangesWhatItLoaded(CentralCore):
    """A change of a paired cluster is made on the cluster as it was before its first change: the
    second, of something else, takes the first one back.

    The cluster is loaded into a cache, which a change reads and does not refresh.
    """

    loaded = Memory[dict[str, records.CentralCluster]](dict)

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        cluster = self.known_cluster(operation.cluster_uid, call)
        self.require_confirmed(cluster)
        self.store.put(self.loaded.setdefault(cluster.uid, cluster))
        return super().change_cluster(operation, call)


# --- withdraw --------------------------------------------------------------------------------
@third("WDR-3")
class WithdrawnIsStillListed(CentralCore):
    """The list of a scope is kept until a request comes or is decided there; that one was withdrawn
    does not count, so that who has seen it listed goes on seeing it.

    What administrators do goes through the service that keeps the list; a host's withdrawal does
    not.
    """

    lists = Memory[dict[tuple[str, str], list[records.PairingRequest]]](dict)

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[records.PairingRequest]:
        about = (scope, cluster_uid)
        if about not in self.lists:
            self.lists[about] = super().open_requests(scope, cluster_uid)
        kind = records.PairingRequest
        return [r for r in self.lists[about] if self.store.get(kind, r.pairing_uid) is not None]

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        self.lists.clear()
        return super().submit(operation, call)

    def step(self, request: records.PairingRequest, event: RequestEvent) -> records.PairingRequest:
        if event is not RequestEvent.WITHDRAW:
            self.lists.clear()
        return super().step(request, event)


@third("WDR-5")
class HidesSilentHosts(CentralCore):
    """A request whose host has not asked after it for ten seconds is in no list: that of a host
    without a connection, above all the stale one of a cancel, cannot be found to be rejected.

    The list shows what can be paired now, and for that a host has to be there.
    """

    SILENT = 10 * _A_SECOND
    heard = Memory[dict[str, int]](dict)

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().poll(operation, call)
        self.heard[operation.pairing_uid] = call.now
        return answer

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        items = super().list_requests(operation, call).items
        return ops.PairingList(
            tuple(
                item
                for item in items
                if call.now - self.heard.get(item.pairing_uid, item.created) < self.SILENT
            )
        )


@third("WDR-7")
class AnswerOfTheOldPoll(EdgeCore):
    """What a poll is answered is taken for the request that is there when the answer comes: one
    that was sent while the poll for a cancelled request was under way is ended with that.

    A site has one request at a time, so nobody compares whose answer it is.
    """

    def follow_pending(self, slot: str, request: records.LocalRequest) -> Work:
        question = ops.PollPairing(request.pairing_uid, request.cluster_token)
        reply = yield from self.carried("polling", request, question)
        event = self.event_of(reply)
        site = self.slot_state(slot)
        found = site.request if site else None
        if event and site and found and found.state is LocalState.PENDING:
            self.learned(site, found, event)


# --- reject ----------------------------------------------------------------------------------
@third("REJ-6")
class WithdrawnCanBeRejected(CentralCore):
    """A reject of a request that its host has withdrawn is answered as if it had been rejected now.

    It is gone, which is what was asked for, so a deletion may well say so.
    """

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        scope = self.authorise(call, PairPermission.DELETE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state is RequestState.WITHDRAWN:
            return ops.Acknowledged("the pairing request was rejected")
        return super().reject(operation, call)


_HEARD: Final = records.StepsTaken("its host")
"""Noted with a rejected request whose host has learned of it."""


@third("INV-6")
class RejectionWaitsForItsHost(CentralCore):
    """A rejection is for good once the host has asked for it: with the host cut off, a restart of
    Palette makes the request pending again, to be accepted by whoever finds it.

    The rejection is a message in a queue to the host, and the queue is in memory.
    """

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        super().__init__(store, choices)
        for request in list(store.every(records.PairingRequest)):
            if request.state is RequestState.REJECTED and request.steps != _HEARD:
                store.put(replace(request, state=RequestState.PENDING))

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        answer = super().poll(operation, call)
        request = self.store.get(records.PairingRequest, operation.pairing_uid)
        if request is not None and request.state is RequestState.REJECTED:
            self.store.put(replace(request, steps=_HEARD))
        return answer
