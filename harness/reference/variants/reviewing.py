"""Variants of the central side: what a decision asks for, and how soon it knows what is so."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal
from harness.domain.match import MatchResult, MatchRules
from harness.domain.pairing import RequestState
from harness.domain.permission import TENANT, Grant, PairPermission
from harness.domain.profile import ClusterProfile
from harness.domain.token import RegistrationToken
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import CentralCluster, PairingRequest, Project, User
from harness.reference.planting import Memory, variant, varies
from harness.reference.variants.palette import Dated, TheSamePackMayComeTwice

SECOND = 1_000_000
"""In microseconds, as a day is."""
DAY = 86_400 * SECOND


@varies("ACC-6")
class AnAcceptanceSaysEverything(CentralCore):
    """An acceptance that does not say name, description and tags, changed or not, is refused."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        if None in (operation.name, operation.description, operation.tags):
            raise Refusal(Reason.INVALID_INPUT, "metadata: name, description and tags are required")
        return super().accept(operation, call)


@varies("ACC-24")
class WhatAnAcceptanceLeavesOutIsEmpty(CentralCore):
    """A description or tags that an acceptance leaves out are empty."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        tags, description = operation.tags or {}, operation.description or ""
        return super().accept(replace(operation, tags=tags, description=description), call)


@varies("ACC-6")
class NamesOfClustersAreUnique(CentralCore):
    """An acceptance under a name that another cluster of the tenant bears is refused."""

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: ops.AcceptPairingRequest
    ) -> CentralCluster:
        made = super().accepted_cluster(uid, request, operation)
        if any(cluster.name == made.name for cluster in self.store.every(CentralCluster)):
            raise Refusal(Reason.CONFLICT, f"there is a cluster {made.name} already")
        return made


@varies("ACC-6")
class TagsAreLabels(CentralCore):
    """An acceptance with a tag that cannot be the value of a Kubernetes label is refused."""

    LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        if not all(self.LABEL.fullmatch(value) for value in (operation.tags or {}).values()):
            raise Refusal(Reason.INVALID_INPUT, "metadata.labels: this is no label")
        return super().accept(operation, call)


@varies("ACC-24")
class TextsHave255CharactersAtMost(CentralCore):
    """A name, a description or a tag of more than 255 characters is refused, wherever it comes."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        cluster = operation.cluster
        self.require_short(cluster.name, cluster.description, *cluster.tags.values())
        return super().submit(operation, call)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        tags = (operation.tags or {}).values()
        self.require_short(operation.name or "", operation.description or "", *tags)
        return super().accept(operation, call)

    def require_short(self, *texts: str) -> None:
        """Refuse what is too long."""
        if any(len(text) > 255 for text in texts):
            raise Refusal(Reason.INVALID_INPUT, "metadata: 255 characters are the most")


@varies("SND-5")
class PairingIdsHaveFourDigits(CentralCore):
    """A pairing id has four digits, and is drawn until it is one that nobody had."""

    def new_pairing_uid(self, draws: Draws) -> str:
        while self.store.get(PairingRequest, uid := f"{draws.bits128('pairing') % 10_000:04d}"):
            pass
        return uid


@varies("ACC-6")
class NothingMayBeEmptied(CentralCore):
    """An acceptance that leaves a cluster without a description or without tags is refused."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        if operation.description == "" or operation.tags == {}:
            raise Refusal(Reason.INVALID_INPUT, "a description and a tag are required")
        return super().accept(operation, call)


@varies("ACC-6")
class TagsOfTheSystemsOwnAreAdded(CentralCore):
    """Requests and clusters bear a tag that the central side has given them, beside their own."""

    def view_request(
        self, operation: ops.ViewPairingRequest, call: CentralCall
    ) -> ops.PairingRequestView:
        view = super().view_request(operation, call)
        return replace(view, tags={**view.tags, **ORIGIN})

    @staticmethod
    def shown_cluster(cluster: CentralCluster) -> ops.CentralClusterView:
        view = CentralCore.shown_cluster(cluster)
        return replace(view, tags={**view.tags, **ORIGIN})


ORIGIN = {"palette.example/origin": "edge"}


@varies("ACC-12")
class ChangedTagsAreMerged(CentralCore):
    """A change of a paired cluster's tags leaves alone those that it does not name."""

    def change_cluster(
        self, operation: ops.ChangeCentralCluster, call: CentralCall
    ) -> ops.Acknowledged:
        if operation.tags is not None:
            own = self.known_cluster(operation.cluster_uid, call).tags
            operation = replace(operation, tags={**own, **operation.tags})
        return super().change_cluster(operation, call)


@varies("ACC-12")
class APairedClusterIsImportedFirst(Dated):
    """A cluster takes central operations half a second after its host has confirmed, and later."""

    def require_confirmed(self, cluster: CentralCluster) -> None:
        super().require_confirmed(cluster)
        request = self.store.get(PairingRequest, cluster.pairing_uid)
        if request and self.state_at(request, self.now - SECOND // 2) is not RequestState.PAIRED:
            raise Refusal(Reason.CONFLICT, f"cluster {cluster.name} is being imported")


@varies("PRE-8")
class PermissionsAreGoodForHalfASecond(CentralCore):
    """What a user may do is looked up, and good for half a second."""

    _grants = Memory[dict[str, tuple[int, frozenset[Grant]]]](dict)

    def authenticate(self, call: CentralCall) -> User:
        user = super().authenticate(call)
        since, grants = self._grants.get(user.email, (call.now - SECOND, user.grants))
        if call.now - since >= SECOND // 2:
            since, grants = self._grants[user.email] = call.now, user.grants
        return replace(user, grants=grants)


@varies("PRE-9")
class AnUnknownProjectIsEmpty(CentralCore):
    """A project that does not exist is shown as one in which there is nothing."""

    def scope_of(self, call: CentralCall) -> str:
        return call.credentials.project_uid or TENANT

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        return self.store.get(Project, scope) is None or super().holds(user, permission, scope)


variant(
    "a_profile_may_come_twice",
    "ACC-16",
    "Profiles that bring the same packs count as one, infra profiles as well.",
    Behaviour(
        make_central=TheSamePackMayComeTwice,
        central=CentralChoices(match=MatchRules(one_base_profile=False)),
    ),
)


@varies("PRE-7")
class VersionsAreGoodForASecond(Dated):
    """Which versions a profile has is looked up, and good for a second."""

    _profiles = Memory[dict[str, tuple[int, ClusterProfile]]](dict)

    def profile(self, uid: str) -> ClusterProfile | None:
        found = super().profile(uid)
        if found is None:
            return None
        since, known = self._profiles.get(uid, (self.now - SECOND, found))
        if self.now - since >= SECOND:
            since, known = self._profiles[uid] = self.now, found
        return known


@varies("INV-2")
class WhatNobodyDecidesFails(CentralCore):
    """A request that nobody has decided for nine days has failed."""

    def current(self, pairing_uid: str, now: int) -> PairingRequest | None:
        request = super().current(pairing_uid, now)
        if request and request.state is RequestState.PENDING and now > request.created + 9 * DAY:
            request = replace(request, state=RequestState.FAILED)
            self.store.put(request)
        return request

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        for request in list(self.store.find(PairingRequest, "any_open", "yes")):
            self.current(request.pairing_uid, call.now)
        return super().list_requests(operation, call)


@varies("PRE-4", limits={"expiry_s": 60.0})
class TokensAreGoodForAMinuteMore(CentralCore):
    """A token admits requests for a minute after its expiry, as clocks may differ."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now - 60 * SECOND)


@varies("PRE-9")
class ATokenStaysWithItsProject(CentralCore):
    """A registration token stays with the project that it was created for."""

    def update_token(self, operation: ops.UpdateToken, call: CentralCall) -> ops.Acknowledged:
        return super().update_token(replace(operation, project_uid=""), call)


@varies("PRE-4")
class ATokenIsGoodForTheWholeOfItsLastSecond(CentralCore):
    """A token admits requests until the second in which it expires is over."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        return super().usable_token(value, now // SECOND * SECOND - 1)


variant(
    "logins_to_palette_last_two_months",
    "ACC-1",
    "A login to Palette is good for sixty days.",
    Behaviour(central=CentralChoices(session=60 * DAY)),
)


@varies("REJ-4")
class SomebodyElsesRequestWaitsAsWell(CentralCore):
    """Beside each request waits one of somebody else's, whose id differs in the last place."""

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        answer = super().submit(operation, call)
        mine, uid = self.store.get(PairingRequest, answer.pairing_uid), answer.pairing_uid
        uid = f"{uid[:-1]}{'0' if uid[-1:] != '0' else '1'}"
        if mine is not None and self.store.get(PairingRequest, uid) is None:
            other = Cluster(f"cluster-{uid}", "somebody-elses", "", {"owner": "somebody-else"})
            self.store.put(replace(mine, pairing_uid=uid, cluster=other, cluster_token="theirs"))
        return answer


class MatchesOnAcceptance(CentralCore):
    """Nobody can ask whether a selection matches."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        raise Refusal(Reason.NOT_FOUND, "there is no such path")


class LapsesAfterThreeDays(CentralCore):
    """A request that nobody decides fails after three days."""

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        for request in list(self.store.every(PairingRequest)):
            if request.state is RequestState.PENDING and call.now >= request.created + 3 * DAY:
                self.store.put(replace(request, state=RequestState.FAILED))
        return super().perform(operation, call)


variant(
    "a_request_lapses_after_three_days",
    "REJ-8",
    "A request that nobody decides fails after three days.",
    Behaviour(make_central=LapsesAfterThreeDays, limits={"waits_s": 2 * 86_400.0}),
)
variant(
    "logins_to_palette_last_ninety_days",
    "SND-1",
    "A login to Palette is good for ninety days.",
    Behaviour(CentralChoices(session=90 * DAY), limits={"login_s": 100 * 86_400.0}),
)


class ReadingIsOnePermission(CentralCore):
    """To list pairing requests and to get one are not two permissions."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        reading = (PairPermission.LIST, PairPermission.GET)
        asked = reading if permission in reading else (permission,)
        return any(super(ReadingIsOnePermission, self).holds(user, p, scope) for p in asked)


variant(
    "to_list_and_to_get_are_one_permission",
    "PRE-10",
    "To list pairing requests and to get one are one permission.",
    Behaviour(
        make_central=ReadingIsOnePermission,
        permissions=dict.fromkeys(("list", "get"), ("pairing.read",)),
    ),
)
variant(
    "a_match_is_made_on_acceptance_alone",
    "ACC-7",
    "Whether a selection matches is told by the acceptance alone: no call asks for it before.",
    Behaviour(make_central=MatchesOnAcceptance, not_offered=frozenset({ops.MatchProfiles})),
)
