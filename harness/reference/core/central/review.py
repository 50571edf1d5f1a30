"""Reviewing and deciding pairing requests (steps 9 to 15 of the acceptance, REJ-1 to REJ-8)."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal
from harness.domain.match import MatchResult, ProfileChoice, remembered_match
from harness.domain.pairing import DECIDED, RequestEvent, RequestState
from harness.domain.permission import TENANT, PairPermission
from harness.domain.profile import ClusterProfile
from harness.domain.token import RegistrationToken
from harness.reference.core.central.access import CentralCall
from harness.reference.core.central.book import RequestBook
from harness.reference.core.records import CentralCluster, PairingRequest


def uids_of(selection: ops.Selected) -> tuple[str, ...]:
    """The uids of selected profiles, sorted: their order says nothing."""
    return tuple(sorted(chosen.uid for chosen in selection))


class ReviewRules(RequestBook):
    """What an administrator sees of requests, and decides."""

    def list_requests(
        self, operation: ops.ListPairingRequests, call: CentralCall
    ) -> ops.PairingList:
        """The requests of the scope that wait for a decision (ACC-3, ACC-14, REJ-5)."""
        scope = self.authorise(call, PairPermission.LIST)
        uid = operation.local_cluster_uid
        items = [
            self._item(request)
            for request in self.open_requests(scope, uid)
            if uid in ("", request.cluster.uid) and operation.state in ("", request.state.value)
        ]
        return ops.PairingList(tuple(items))

    def open_requests(self, scope: str, cluster_uid: str = "") -> list[PairingRequest]:
        """The pending requests of a scope, oldest first; or at least those of one cluster.

        However many others wait, looking for those of one cluster does not take longer.
        """
        if cluster_uid:
            found = self.store.find(PairingRequest, "open_of_cluster", cluster_uid)
            return [request for request in found if self.belongs(request.project_uid, scope)]
        if scope == TENANT:
            return list(self.store.find(PairingRequest, "any_open", "yes"))
        return list(self.store.find(PairingRequest, "open", scope))

    def view_request(
        self, operation: ops.ViewPairingRequest, call: CentralCall
    ) -> ops.PairingRequestView:
        """One request by its id (ACC-3, REJ-2, REJ-8)."""
        scope = self.authorise(call, PairPermission.GET)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state in DECIDED and not self.choices.decided_are_readable:
            raise self.no_request(operation.pairing_uid)
        cluster = request.cluster
        return ops.PairingRequestView(
            request.pairing_uid,
            request.state.value,
            cluster.name,
            cluster.description,
            cluster.tags,
            cluster.uid,
            cluster.stack,
            request.cluster_uid,
            cluster.pools,
            request.agent_version,
        )

    @staticmethod
    def _item(request: PairingRequest) -> ops.PairingListItem:
        return ops.PairingListItem(
            request.pairing_uid,
            request.cluster.name,
            request.cluster.uid,
            request.state.value,
            request.created,
            request.cluster_uid,
        )

    def match(self, operation: ops.MatchProfiles, call: CentralCall) -> MatchResult:
        """Does the selection fit the stack that the request carries (ACC-7)?"""
        scope = self.authorise(call, PairPermission.GET)
        request = self.visible(operation.pairing_uid, scope, call.now)
        return self.matched(request, operation.selection)

    def matched(self, request: PairingRequest, selection: ops.Selected) -> MatchResult:
        """The match of a selection against the stack of a request (PRE-7, ACC-7 to ACC-10)."""
        choices = [self.selected(request, chosen) for chosen in selection]
        return remembered_match(request.cluster.stack, choices, self.choices.match)

    def selected(self, request: PairingRequest, chosen: ops.SelectedProfile) -> ProfileChoice:
        """The profile that was selected; it must be one of the request's project."""
        profile = self.profile(chosen.uid)
        if profile is None or not self.is_selectable(profile, request):
            raise Refusal(
                Reason.NOT_FOUND, f"there is no cluster profile {chosen.uid}", profile=chosen.uid
            )
        if chosen.version and profile.edition(chosen.version) is None:
            raise Refusal(
                Reason.NOT_FOUND,
                f"cluster profile {profile.name} has no version {chosen.version}",
                profile=chosen.uid,
            )
        return ProfileChoice(profile, chosen.version)

    @staticmethod
    def is_selectable(profile: ClusterProfile, request: PairingRequest) -> bool:
        """Whether a profile is one of the request's project, or of the tenant."""
        return profile.project_uid in (TENANT, request.project_uid)

    def list_selectable(
        self, operation: ops.ListSelectableProfiles, call: CentralCall
    ) -> ops.SelectableProfiles:
        """What may be selected for a request, each with its latest version (PRE-7)."""
        scope = self.authorise(call, PairPermission.GET)
        request = self.visible(operation.pairing_uid, scope, call.now)
        profiles = self.store.every(ClusterProfile)
        items = [self._selectable(p) for p in profiles if self.is_selectable(p, request)]
        return ops.SelectableProfiles(tuple(items))

    def _selectable(self, profile: ClusterProfile) -> ops.SelectableProfile:
        drafts_count = self.choices.match.drafts_count_as_latest
        latest = profile.latest(drafts_count=drafts_count)
        return ops.SelectableProfile(profile, latest.version if latest else "")

    def accept(self, operation: ops.AcceptPairingRequest, call: CentralCall) -> ops.Accepted:
        """Pair cluster: the request is handed over to its host (ACC-6, ACC-12, ACC-15)."""
        scope = self.authorise(call, PairPermission.UPDATE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state is not RequestState.PENDING:
            raise self.already_decided(request)
        self.check_token_on_accept(request, call.now)
        self.require_match(request, operation.selection)
        uid = self.choices.uid(call.draws.bits128("cluster"))
        self.step(replace(request, cluster_uid=uid, accepted_at=call.now), RequestEvent.ACCEPT)
        self.store.put(self.accepted_cluster(uid, request, operation))
        return ops.Accepted(uid)

    def require_match(self, request: PairingRequest, selection: ops.Selected) -> None:
        """Refuse a selection that does not match, and say every reason why."""
        result = self.matched(request, selection)
        if not result.valid:
            why = "; ".join(problem.text for problem in result.problems)
            raise Refusal(Reason.PROFILES_MISMATCH, f"the profiles do not match: {why}")

    def check_token_on_accept(self, request: PairingRequest, now: int) -> None:
        """Look at the registration token once more, where this is chosen (SND-9)."""
        if not self.choices.token_checked_on_accept:
            return
        token = self.store.get(RegistrationToken, request.token_uid)
        if token is None or token.why_unusable(now):
            raise Refusal(Reason.TOKEN_UNUSABLE, "the registration token is not usable any more")

    def accepted_cluster(
        self, uid: str, request: PairingRequest, operation: ops.AcceptPairingRequest
    ) -> CentralCluster:
        """The central cluster with what was confirmed, or else the cluster's values (ACC-6)."""
        cluster = request.cluster
        return CentralCluster(
            uid,
            request.project_uid,
            request.pairing_uid,
            cluster.name if operation.name is None else operation.name,
            cluster.description if operation.description is None else operation.description,
            cluster.tags if operation.tags is None else operation.tags,
            profiles=uids_of(operation.selection),
        )

    def reject(self, operation: ops.RejectPairingRequest, call: CentralCall) -> ops.Acknowledged:
        """Reject a pending request by its id (REJ-1, REJ-3, REJ-6)."""
        scope = self.authorise(call, PairPermission.DELETE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        self.step(request, RequestEvent.REJECT)
        return ops.Acknowledged("the pairing request was rejected")
