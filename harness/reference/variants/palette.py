"""Variants of the central side: what it does and shows, what a decision asks for, and how soon it
knows what is so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal
from harness.domain.match import (
    MatchProblem,
    MatchResult,
    MatchRules,
    Mismatch,
    ProfileChoice,
    latest_packs,
)
from harness.domain.pairing import DECIDED, RequestEvent, RequestState
from harness.domain.permission import TENANT, PairPermission
from harness.domain.profile import ClusterProfile, Pack, ProfileType
from harness.domain.token import RegistrationToken
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.choices import AfterOfflineCancel, CentralChoices, EdgeChoices
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.records import CentralCluster, PairingRequest, Project, User
from harness.reference.core.store import Store
from harness.reference.planting import Memory, variant, varies


# --- choices of the reference's own --------------------------------------------------------------
def _central(**chosen: object) -> Behaviour:
    return Behaviour(central=CentralChoices(**chosen))  # type: ignore[arg-type]


variant(
    "tenant_permissions_stay_in_the_tenant",
    "PRE-10",
    "A permission that is held in tenant scope is good in no project.",
    _central(tenant_extends=False),
)
variant(
    "missing_permission_is_answered_as_not_found",
    "PRE-10",
    "Who lacks a permission is told that there is no such pairing request.",
    _central(hide_forbidden=True),
)
variant(
    "decided_requests_are_gone",
    "REJ-8",
    "A request that was decided cannot be read by its id any more.",
    _central(decided_are_readable=False),
)
variant(
    "an_acceptance_takes_its_steps_in_calls",
    "ACC-11",
    "Each step of the wizard is a call of its own, and Pair cluster goes on only after all.",
    replace(_central(steps_in_calls=True), features=("server-steps",)),
)
variant(
    "token_is_checked_again_on_acceptance",
    "SND-9",
    "An acceptance needs the registration token to be usable still.",
    _central(token_checked_on_accept=True),
)
variant(
    "layers_do_not_matter",
    "ACC-16",
    "A pack matches in whatever layer a profile has it.",
    _central(match=MatchRules(layers_must_agree=False)),
)
variant(
    "draft_counts_as_the_latest_version",
    "ACC-16",
    "A draft that is newer than what is published counts as the latest version of its profile.",
    _central(match=MatchRules(drafts_count_as_latest=True)),
)
variant(
    "kinds_of_profiles_do_not_matter",
    "ACC-16",
    "Two infra or full profiles match, or none, if their packs come together as they should.",
    _central(match=MatchRules(one_base_profile=False)),
)
variant(
    "acceptance_waits_half_a_second",
    "WDR-9",
    "An acceptance fails when its host has not confirmed it within half a second.",
    _central(handover=500_000),
)
variant(
    "acceptance_waits_twenty_seconds",
    "WDR-9",
    "An acceptance fails only when its host has not confirmed it within twenty seconds.",
    _central(handover=20_000_000),
)


class _TellsEachCancel(EdgeCore):
    """Or else what it has cancelled would wait for longer than `settle_s` may be (INV-9)."""

    def __init__(self, store: Store, choices: EdgeChoices = EdgeChoices()) -> None:
        super().__init__(store, replace(choices, after_offline_cancel=AfterOfflineCancel.TELL))


variant(
    "acceptance_waits_ten_minutes",
    "WDR-9",
    "An acceptance fails only when its host has not confirmed it within ten minutes, or has ended"
    " its request, which it tells.",
    replace(_central(handover=600_000_000), make_edge=_TellsEachCancel),
)


@varies("ACC-11", central=CentralChoices(steps_in_calls=True), features=("server-steps",))
class NoStepOfAnAcceptanceIsTakenTwice(CentralCore):
    """Each step of the wizard is a call of its own, and refused to who has taken them all."""

    def acknowledge(self, operation: ops.AcknowledgeWarning, call: CentralCall) -> ops.Acknowledged:
        self.refuse_again(operation, call)
        return super().acknowledge(operation, call)

    def enter_details(self, operation: ops.EnterDetails, call: CentralCall) -> ops.Acknowledged:
        self.refuse_again(operation, call)
        return super().enter_details(operation, call)

    def confirm_match(self, operation: ops.ConfirmMatch, call: CentralCall) -> ops.Acknowledged:
        self.refuse_again(operation, call)
        return super().confirm_match(operation, call)

    def validate(self, operation: ops.ValidateReview, call: CentralCall) -> ops.Acknowledged:
        self.refuse_again(operation, call)
        return super().validate(operation, call)

    def refuse_again(self, operation: ops.AcceptanceStep, call: CentralCall) -> None:
        """Refuse what is done already; what was refused on the way may be taken again."""
        if self.taken(self.stepwise(operation, call), call).validated:
            raise Refusal(Reason.CONFLICT, "this step has been taken")


@varies("SND-9")
class TheConfirmationNeedsAGoodToken(CentralCore):
    """A host's confirmation is refused when its registration token is not usable any more."""

    def confirm(self, operation: ops.ConfirmPairing, call: CentralCall) -> ops.PollAnswer:
        request = self.own_request(operation, call.now)
        token = self.store.get(RegistrationToken, request.token_uid)
        unusable = token is None or token.why_unusable(call.now)
        if request.state is RequestState.HANDING_OVER and unusable:
            raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token is not usable any more")
        return super().confirm(operation, call)


@varies("PRE-10")
class DecidingNeedsToReadAsWell(CentralCore):
    """To accept or reject a request takes the permissions to list and to get as well."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        self.authorise(call, PairPermission.LIST)
        self.authorise(call, PairPermission.GET)
        return super().accept(operation, call)

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        self.authorise(call, PairPermission.LIST)
        self.authorise(call, PairPermission.GET)
        return super().reject(operation, call)


@varies("WDR-9")
class TheHandoverHasAClockOfItsOwn(CentralCore):
    """How long an acceptance waits for its host is told by a clock that nobody can set."""

    HOUR = 3_600_000_000
    _last = _own = 0
    _own_since = Memory[dict[str, int]](dict)

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        passed, self._last = call.now - self._last, call.now
        self._own += passed if 0 <= passed < self.HOUR else 0
        return super().perform(operation, call)

    def handover_is_over(self, request: PairingRequest, now: int) -> bool:
        if not super().handover_is_over(replace(request, accepted_at=-(2**62)), now):
            return False
        since = self._own_since.setdefault(request.pairing_uid, self._own)
        return self._own >= since + self.choices.handover


@varies("WDR-9")
class AClockPutBackEndsTheHandover(CentralCore):
    """An acceptance fails when Palette's clock is put back before its host has confirmed it."""

    def handover_is_over(self, request: PairingRequest, now: int) -> bool:
        waiting = request.state is RequestState.HANDING_OVER
        return super().handover_is_over(request, now) or (waiting and now < request.accepted_at)


# --- ids -----------------------------------------------------------------------------------------
@varies("SND-5")
class PairingIdsAreUuids(CentralCore):
    """A pairing id is a UUID."""

    def new_pairing_uid(self, draws: Draws) -> str:
        digits = super().new_pairing_uid(draws) + super().new_pairing_uid(draws)[:8]
        cuts = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
        return "-".join(digits[first:last] for first, last in cuts)


@varies("SND-5")
class PairingIdsAreShort(CentralCore):
    """A pairing id is six letters and digits in upper case, with a dash after the third."""

    def new_pairing_uid(self, draws: Draws) -> str:
        while True:
            digits = super().new_pairing_uid(draws)[:6].upper()
            uid = f"{digits[:3]}-{digits[3:]}"
            if self.store.get(PairingRequest, uid) is None:
                return uid


@varies("SND-5")
class PairingIdsAreCounted(CentralCore):
    """A pairing id is a number: the requests are counted."""

    def new_pairing_uid(self, draws: Draws) -> str:
        taken = (int(r.pairing_uid) for r in self.store.every(PairingRequest))
        return str(max(taken, default=100_000) + 1)


@dataclass(frozen=True, slots=True)
class _OneDraw:
    """Draws that come out as an id that is known already."""

    uid: str

    def bits128(self, kind: str) -> int:
        return int(self.uid, 16) << 32


@varies("ACC-12")
class TheClusterBearsTheRequestsId(CentralCore):
    """The uid of a paired cluster is the id of the request that it came by."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is None:
            return super().accept(operation, call)
        return super().accept(operation, replace(call, draws=_OneDraw(request.pairing_uid)))

    def new_pairing_uid(self, draws: Draws) -> str:
        # As it is: said here since no other form of an id can be a cluster's uid.
        return super().new_pairing_uid(draws)


# --- what is listed and shown --------------------------------------------------------------------
def _of_scope(core: CentralCore, scope: str) -> list[PairingRequest]:
    """Every request that a scope shows, whatever became of it, oldest first."""
    if scope == TENANT:
        return list(core.store.every(PairingRequest))
    return list(core.store.find(PairingRequest, "project", scope))


@varies("REJ-8")
class DecidedRequestsStayListed(CentralCore):
    """A request that was decided stays in the list, with what became of it."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        return _of_scope(self, scope)


@varies("ACC-3")
class TheNewestRequestIsListedFirst(CentralCore):
    """The list of pairing requests begins with the newest."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        return super().open_requests(scope, cluster_uid)[::-1]


class Dated(CentralCore):
    """Remembers since when each request has been in which state."""

    now = 0
    _course = Memory[dict[str, list[tuple[int, RequestState]]]](dict)

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        back, self.now = self.now - call.now, call.now
        if back > 0:  # a clock that is put back makes nothing late
            self._course = {
                uid: [(since - back, state) for since, state in course]
                for uid, course in self._course.items()
            }
        return super().perform(operation, call)

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        before = {request.pairing_uid for request in self.store.every(PairingRequest)}
        answer = super().submit(operation, call)
        if answer.pairing_uid not in before:
            self._course[answer.pairing_uid] = [(call.now, RequestState.PENDING)]
        return answer

    def step(self, request: PairingRequest, event: RequestEvent) -> PairingRequest:
        stepped = super().step(request, event)
        self._course.setdefault(request.pairing_uid, []).append((self.now, stepped.state))
        return stepped

    def state_at(self, request: PairingRequest, moment: int) -> RequestState | None:
        """Its state at a moment, `None` before there was one; as it is where nothing is known, or
        where it ended in no step, as one that lapses undecided.
        """
        course = self._course.get(request.pairing_uid)
        if course is None or course[-1][1] is not request.state:
            return request.state
        return next((state for since, state in reversed(course) if since <= moment), None)


@varies("INV-8", limits={"list_lag_s": 2.0})
class TheListIsTwoSecondsBehind(Dated):
    """The list of pairing requests shows what was true two seconds before."""

    LAG = 2_000_000

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        then = self.now - self.LAG
        return [
            replace(request, state=RequestState.PENDING)
            for request in _of_scope(self, scope)
            if self.state_at(request, then) is RequestState.PENDING
        ]


@varies("INV-8", limits={"list_lag_s": 5.0})
class TheListShowsOneChangeAfterAnother(TheListIsTwoSecondsBehind):
    """Each change comes to the list a fifth of a second after the one before it, or later."""

    LAG = 0
    APART = 200_000
    BEHIND_MAX = 4_900_000
    """It is never further behind than the target says."""

    _last_shown = Memory[dict[str, int]](dict)

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        before = frozenset(self._course)
        answer = super().submit(operation, call)
        if answer.pairing_uid not in before:  # what comes once more changes nothing
            self._later(answer.pairing_uid)
        return answer

    def step(self, request: PairingRequest, event: RequestEvent) -> PairingRequest:
        stepped = super().step(request, event)
        self._later(request.pairing_uid)
        return stepped

    def _later(self, pairing_uid: str) -> None:
        request = self.store.get(PairingRequest, pairing_uid)
        project = request.project_uid if request else ""
        shown = max(self._last_shown.get(project, 0), self.now) + self.APART
        shown = min(shown, self.now + self.BEHIND_MAX)
        self._last_shown[project] = shown
        course = self._course[pairing_uid]
        course[-1] = (shown, course[-1][1])


@varies("REJ-8")
class DecidedRequestsAreShownForASecond(Dated):
    """A request that was decided can be read by its id for a second, and is not found then."""

    SHOWN_FOR = 1_000_000

    def view_request(
        self, operation: ops.ViewPairingRequest, call: CentralCall
    ) -> ops.PairingRequestView:
        view = super().view_request(operation, call)
        request = self.current(operation.pairing_uid, call.now)
        if request is not None and self.state_at(request, call.now - self.SHOWN_FOR) in DECIDED:
            raise self.no_request(operation.pairing_uid)
        return view


@varies("ACC-12")
class AClusterIsShownOnceItsHostHasConfirmed(CentralCore):
    """A cluster that is being handed over is not found before its host has confirmed."""

    def known_cluster(self, uid: str, call: CentralCall) -> CentralCluster:
        cluster = super().known_cluster(uid, call)
        if not cluster.confirmed:
            raise Refusal(Reason.NOT_FOUND, f"there is no cluster {uid}")
        return cluster


@varies("ACC-12")
class StatesAreCalledOtherwise(CentralCore):
    """Requests and clusters that are shown have states with other names than the published ones."""

    REQUESTS: ClassVar = {
        RequestState.PENDING: "Pending",
        RequestState.HANDING_OVER: "Approved",
        RequestState.WITHDRAWN: "Cancelled",
        RequestState.REJECTED: "Denied",
    }

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        listed = super().list_requests(operation, call)
        items = (replace(i, state=self._renamed(i.state)) for i in listed.items)
        return ops.PairingList(tuple(items))

    def view_request(
        self, operation: ops.ViewPairingRequest, call: CentralCall
    ) -> ops.PairingRequestView:
        view = super().view_request(operation, call)
        return replace(view, state=self._renamed(view.state))

    def _renamed(self, state: str) -> str:
        return self.REQUESTS.get(RequestState(state), state)

    @staticmethod
    def shown_cluster(cluster: CentralCluster) -> ops.CentralClusterView:
        view = CentralCore.shown_cluster(cluster)
        return replace(view, state="Active" if cluster.confirmed else "Importing")


# --- permissions ---------------------------------------------------------------------------------
@varies("PRE-10")
class TheTenantDoesNotSeeIntoProjects(CentralCore):
    """With no project selected, the requests of the projects are not seen."""

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        return [] if scope == TENANT else super().open_requests(scope, cluster_uid)

    def visible(self, pairing_uid: str, scope: str, now: int) -> PairingRequest:
        if scope == TENANT:
            raise self.no_request(pairing_uid)
        return super().visible(pairing_uid, scope, now)


@varies("PRE-10")
class MatchingNeedsThePermissionToUpdate(CentralCore):
    """Who asks whether profiles match needs the permission to accept."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        self.authorise(call, PairPermission.UPDATE)
        return super().match(operation, call)


@varies("PRE-10")
class WithoutThePermissionTheListIsEmpty(CentralCore):
    """Who may not list pairing requests is shown an empty list."""

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        user, scope = self.authenticate(call), self.scope_of(call)
        if not self.holds(user, PairPermission.LIST, scope):
            return ops.PairingList(())
        return super().list_requests(operation, call)


@varies("PRE-8")
class NobodyLogsInForNothing(CentralCore):
    """Who may do nothing is refused at the login, and not only at what they try."""

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        session = super().log_in(operation, call)
        user = self.store.get(User, operation.email)
        if user is None or not (user.grants or user.tenant_admin):
            raise Refusal(Reason.FORBIDDEN, "this user has no role")
        return session


# --- the match -----------------------------------------------------------------------------------
@varies("ACC-7")
class NoMatchIsARefusal(CentralCore):
    """A selection that does not match is answered with an error, and not with a list of why."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        result = super().match(operation, call)
        if not result.valid:
            raise Refusal(Reason.PROFILES_MISMATCH, "the profiles do not match the cluster's packs")
        return result


@varies("ACC-7")
class NoMatchHasOneReason(CentralCore):
    """A selection that does not match is answered with the first reason why, and with no packs."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        return MatchResult((), super().match(operation, call).problems[:1])


@varies("ACC-16")
class TheSamePackMayComeTwice(CentralCore):
    """A pack that two profiles bring in the same version counts as one."""

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        result = super().matched(request, selection)
        offered = _offered(self, request, selection)
        kept = [
            problem
            for problem in result.problems
            if problem.kind is not Mismatch.DUPLICATE or _versions(problem.pack, offered) > 1
        ]
        return replace(result, problems=tuple(kept))


@varies("ACC-16")
class RegistriesMustAgree(CentralCore):
    """A pack matches only if it comes from the registry that the cluster has it from."""

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        result = super().matched(request, selection)
        own = {p.name: p.registry for profile in request.cluster.stack for p in profile.packs}
        strays = [
            MatchProblem(Mismatch.EXTRA, f"pack {pack} comes from another registry", pack=pack.name)
            for pack in _offered(self, request, selection)
            if own.get(pack.name, pack.registry) != pack.registry
        ]
        return replace(result, problems=(*result.problems, *strays))


def _offered(
    core: CentralCore, request: PairingRequest, selection: Sequence[ops.SelectedProfile]
) -> list[Pack]:
    choices: list[ProfileChoice] = [core.selected(request, chosen) for chosen in selection]
    return latest_packs(choices, core.choices.match)


def _versions(name: str, packs: Sequence[Pack]) -> int:
    return len({pack.version for pack in packs if pack.name == name})


@varies("ACC-7")
class SystemProfilesAreNotSelected(CentralCore):
    """A profile of the system is the platform's own: selecting one is refused as bad input."""

    def selected(self, request: PairingRequest, chosen: ops.SelectedProfile) -> ProfileChoice:
        choice = super().selected(request, chosen)
        if choice.profile.type is ProfileType.SYSTEM:
            raise Refusal(Reason.INVALID_INPUT, f"{choice.profile.name} is a system profile")
        return choice


# --- a stale request -----------------------------------------------------------------------------
@varies("WDR-9", limits={"edge_lag_s": 1.0})
class ASilentHostsRequestIsNotAccepted(CentralCore):
    """An acceptance is refused when the request's host has not been heard of for a while."""

    SILENT = 300_000
    CLOCK_WAS_SET = 60_000_000
    """A gap this long is a clock that was put forward, and no silence."""

    _heard = Memory[dict[str, int]](dict)

    def submit(self, operation: ops.SubmitPairing, call: CentralCall) -> ops.PairingId:
        answer = super().submit(operation, call)
        self._heard[answer.pairing_uid] = call.now
        return answer

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        self._heard[operation.pairing_uid] = call.now
        return super().poll(operation, call)

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        gap = call.now - self._heard.get(operation.pairing_uid, call.now)
        if self.SILENT < gap < self.CLOCK_WAS_SET:
            raise Refusal(Reason.CONFLICT, "the cluster has not been heard of for a while")
        return super().accept(operation, call)


@varies("WDR-9", limits={"edge_lag_s": 1.0})
class AStaleAcceptanceFailsAtOnce(ASilentHostsRequestIsNotAccepted):
    """An acceptance is taken, and fails at once when the host has not been heard of for a while."""

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        gap = call.now - self._heard.get(operation.pairing_uid, call.now)
        accepted = CentralCore.accept(self, operation, call)
        request = self.store.get(PairingRequest, operation.pairing_uid)
        if request is not None and self.SILENT < gap < self.CLOCK_WAS_SET:
            self.step(request, RequestEvent.EXPIRE)
        return accepted


# --- what a decision asks for, and how soon it is known ------------------------------------------
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

    _had = Memory[set[str]](set)  # also by those whose project is forgotten

    def new_pairing_uid(self, draws: Draws) -> str:
        while (uid := f"{draws.bits128('pairing') % 10_000:04d}") in self._had or self.store.get(
            PairingRequest, uid
        ):
            pass
        self._had.add(uid)
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

    _known = Memory[dict[str, tuple[int, User]]](dict)

    def authenticate(self, call: CentralCall) -> User:
        user = super().authenticate(call)
        since, known = self._known.get(user.email, (call.now - SECOND, user))
        if not 0 <= call.now - since < SECOND // 2:
            since, known = self._known[user.email] = call.now, user
        return known


@varies("PRE-9")
class AnUnknownProjectIsEmpty(CentralCore):
    """A project that does not exist is shown as one in which there is nothing."""

    def scope_of(self, call: CentralCall) -> str:
        return call.credentials.project_uid or TENANT

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        is_unknown = scope != TENANT and self.store.get(Project, scope) is None
        return is_unknown or super().holds(user, permission, scope)


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


@varies("PRE-4")
class ATokenIsGoodForOneRequest(CentralCore):
    """A registration token admits one request, and no other ever after."""

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        token = super().usable_token(value, now)
        if any(request.token_uid == token.uid for request in self.store.every(PairingRequest)):
            raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token has been used")
        return token


@varies("PRE-4")
class ATokenThatIsActivatedAgainHasANewValue(CentralCore):
    """A registration token that is activated after it was deactivated has another value."""

    def set_token_state(self, operation: ops.SetTokenState, call: CentralCall) -> ops.Acknowledged:
        token = self.owned_token(operation.token_uid, call)
        if operation.active and not token.active:
            value = f"{call.draws.bits128('token-value'):032x}"
            self.store.put(replace(token, value=value))
        return super().set_token_state(operation, call)


@varies("PRE-4")
class ATokenIsToldOnce(CentralCore):
    """The answer to its creation alone tells a token's value, which is masked from then on."""

    def create_token(self, operation: ops.CreateToken, call: CentralCall) -> ops.CreatedToken:
        uid = super().create_token(operation, call).uid
        token = self.store.get(RegistrationToken, uid)
        return ops.CreatedToken(uid, token.value if token else "")

    def view_token(self, operation: ops.ViewToken, call: CentralCall) -> RegistrationToken:
        token = super().view_token(operation, call)
        return replace(token, value=f"****{token.value[-4:]}")

    def list_tokens(self, operation: ops.ListTokens, call: CentralCall) -> ops.TokenList:
        tokens = super().list_tokens(operation, call).items
        return ops.TokenList(tuple(replace(t, value=f"****{t.value[-4:]}") for t in tokens))


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


@varies("REJ-8", limits={"waits_s": 3 * 86_400.0})
class ARequestLapsesAfterThreeDays(CentralCore):
    """A request that nobody decides fails after three days."""

    def perform(self, operation: ops.PaletteOperation, call: CentralCall) -> ops.KnownReply:
        for request in list(self.store.every(PairingRequest)):
            if request.state is RequestState.PENDING and call.now >= request.created + 3 * DAY:
                self.store.put(replace(request, state=RequestState.FAILED))
        return super().perform(operation, call)


variant(
    "logins_to_palette_last_ninety_days",
    "SND-1",
    "A login to Palette is good for ninety days.",
    Behaviour(CentralChoices(session=90 * DAY), limits={"login_s": 100 * 86_400.0}),
)


@varies("PRE-10", permissions=dict.fromkeys(("list", "get"), ("pairing.read",)))
class ToListAndToGetAreOnePermission(CentralCore):
    """To list pairing requests and to get one are one permission."""

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        reading = (PairPermission.LIST, PairPermission.GET)
        asked = reading if permission in reading else (permission,)
        return any(super(ToListAndToGetAreOnePermission, self).holds(user, p, scope) for p in asked)


@varies("ACC-7", not_offered=frozenset({ops.MatchProfiles}))
class AMatchIsMadeOnAcceptanceAlone(CentralCore):
    """Whether a selection matches is told by the acceptance alone: no call asks for it before."""

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        raise Refusal(Reason.NOT_FOUND, "there is no such path")
