"""The rules of the central side (Palette)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.domain.draws import Draws
from harness.domain.errors import IllegalTransition, Reason, Refusal, Refused
from harness.domain.match import Choice, MatchResult, match_profiles
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    Acknowledged,
    AgentOperation,
    CentralClusterView,
    CentralOperation,
    ChangeCentralCluster,
    ConfirmPairing,
    CreateToken,
    Credentials,
    DeleteToken,
    Done,
    ListPairingRequests,
    ListTokens,
    LogInToPalette,
    MatchProfiles,
    OfRequest,
    PairingId,
    PairingList,
    PairingListItem,
    PairingRequestView,
    PollAnswer,
    PollPairing,
    Probe,
    RejectPairingRequest,
    ReleaseCentralCluster,
    SelectedProfile,
    Session,
    SetTokenState,
    SubmitPairing,
    TokenList,
    TokenUid,
    Value,
    ViewCentralCluster,
    ViewPairingRequest,
    ViewToken,
    WithdrawPairing,
)
from harness.domain.pairing import (
    DECIDED,
    RequestEvent,
    RequestState,
    next_request_state,
)
from harness.domain.permission import TENANT, PairPermission, permits
from harness.domain.profile import ClusterProfile
from harness.domain.token import RegistrationToken
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import (
    CentralCluster,
    LoginSession,
    PairingRequest,
    Project,
    User,
)
from harness.reference.core.store import Store


@dataclass(frozen=True, slots=True)
class CentralCall:
    """What a rule is given besides the operation."""

    credentials: Credentials
    now: int
    draws: Draws


class CentralCore:
    """Every rule of the central side, each a small method that a mutant can replace."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        self.store = store
        self.choices = choices
        self._rules: Mapping[type, Callable[[Any, CentralCall], Value]] = {
            LogInToPalette: self.log_in,
            ListPairingRequests: self.list_requests,
            ViewPairingRequest: self.view_request,
            MatchProfiles: self.match,
            AcceptPairingRequest: self.accept,
            RejectPairingRequest: self.reject,
            ViewCentralCluster: self.view_cluster,
            ChangeCentralCluster: self.change_cluster,
            ReleaseCentralCluster: self.release_cluster,
            ListTokens: self.list_tokens,
            ViewToken: self.view_token,
            CreateToken: self.create_token,
            SetTokenState: self.set_token_state,
            DeleteToken: self.delete_token,
            Probe: self.probe,
            SubmitPairing: self.submit,
            PollPairing: self.poll,
            ConfirmPairing: self.confirm,
            WithdrawPairing: self.withdraw,
        }

    def perform(
        self,
        operation: CentralOperation | AgentOperation,
        credentials: Credentials,
        now: int,
        draws: Draws,
    ) -> Done | Refused:
        """Carry out one operation, all of it or nothing."""
        rule = self._rules[type(operation)]
        try:
            with self.store.transaction():
                return Done(rule(operation, CentralCall(credentials, now, draws)))
        except Refusal as refusal:
            return refusal.refused

    # --- who may ----------------------------------------------------------------------

    def log_in(self, operation: LogInToPalette, call: CentralCall) -> Session:
        """A login token for the right password (ACC-1)."""
        user = self.store.get(User, operation.email)
        if user is None or not user.password or user.password != operation.password:
            raise Refusal(Reason.UNAUTHENTICATED, "the e-mail or the password is wrong")
        token = f"{call.draws.bits128('palette-session'):032x}"
        self.store.put(LoginSession(token, user.email, call.now + self.choices.session))
        return Session(token)

    def authenticate(self, call: CentralCall) -> User:
        """The user behind an API key or a login that still lasts (ACC-1, REJ-3)."""
        key = call.credentials.api_key
        if key:
            found = next(self.store.find(User, "api_key", key), None)
            if found is not None:
                return found
            raise Refusal(Reason.UNAUTHENTICATED, "the API key is not known")
        session = self.store.get(LoginSession, call.credentials.session)
        user = self.store.get(User, session.subject) if session else None
        if session is None or user is None or self.session_is_over(session, call.now):
            raise Refusal(Reason.UNAUTHENTICATED, "log in first: there is no valid session")
        return user

    def session_is_over(self, session: LoginSession, now: int) -> bool:
        """Whether a login has run out."""
        return now >= session.expiry

    def scope_of(self, call: CentralCall) -> str:
        """The project that the call names, which must exist; the tenant without one (PRE-9)."""
        uid = call.credentials.project_uid
        if uid and self.store.get(Project, uid) is None:
            raise Refusal(Reason.FORBIDDEN, f"there is no project {uid}", project=uid)
        return uid or TENANT

    def authorise(self, call: CentralCall, permission: PairPermission) -> str:
        """The scope in which the caller holds the permission (PRE-8, PRE-9)."""
        user = self.authenticate(call)
        scope = self.scope_of(call)
        if not self.holds(user, permission, scope):
            raise self._forbidden(permission)
        return scope

    def holds(self, user: User, permission: PairPermission, scope: str) -> bool:
        """Whether the user holds the permission in the scope."""
        extends = self.choices.tenant_extends
        return permits(user.grants, permission, scope, tenant_extends=extends)

    def _forbidden(self, permission: PairPermission) -> Refusal:
        if self.choices.hide_forbidden:
            return Refusal(Reason.NOT_FOUND, "there is no such pairing request")
        return Refusal(
            Reason.FORBIDDEN,
            f"the permission clusterPair.{permission.value} is missing in this scope",
            permission=f"clusterPair.{permission.value}",
        )

    def belongs(self, project_uid: str, scope: str) -> bool:
        """Whether something of a project can be seen from a scope (PRE-9)."""
        return scope in (TENANT, project_uid)

    # --- reviewing --------------------------------------------------------------------

    def list_requests(self, operation: ListPairingRequests, call: CentralCall) -> PairingList:
        """The requests of the scope that wait for a decision (ACC-3, ACC-14, REJ-5)."""
        scope = self.authorise(call, PairPermission.LIST)
        items = [
            self._item(request)
            for request in self.open_requests(scope)
            if operation.local_cluster_uid in ("", request.cluster.uid)
            and operation.state in ("", request.state.value)
        ]
        return PairingList(tuple(items))

    def open_requests(self, scope: str) -> list[PairingRequest]:
        """The pending requests of a scope, oldest first."""
        if scope == TENANT:
            return list(self.store.find(PairingRequest, "any_open", "yes"))
        return list(self.store.find(PairingRequest, "open", scope))

    def view_request(self, operation: ViewPairingRequest, call: CentralCall) -> PairingRequestView:
        """One request by its id (ACC-3, REJ-2, REJ-8)."""
        scope = self.authorise(call, PairPermission.GET)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state in DECIDED and not self.choices.decided_are_readable:
            raise self._no_request(operation.pairing_uid)
        cluster = request.cluster
        return PairingRequestView(
            request.pairing_uid,
            request.state.value,
            cluster.name,
            cluster.description,
            cluster.tags,
            cluster.uid,
            cluster.stack,
            request.cluster_uid,
        )

    def visible(self, pairing_uid: str, scope: str, now: int) -> PairingRequest:
        """The request of this id, if it can be seen from the scope (ACC-20, REJ-6)."""
        request = self.current(pairing_uid, now)
        if request is None or not self.belongs(request.project_uid, scope):
            raise self._no_request(pairing_uid)
        return request

    def current(self, pairing_uid: str, now: int) -> PairingRequest | None:
        """The request as it is now: an acceptance that waited too long has failed (INV-9)."""
        request = self.store.get(PairingRequest, pairing_uid)
        if request is not None and self.handover_is_over(request, now):
            return self.step(request, RequestEvent.EXPIRE)
        return request

    def handover_is_over(self, request: PairingRequest, now: int) -> bool:
        """Whether an acceptance has waited for its host for too long."""
        waiting = request.state is RequestState.HANDING_OVER
        return waiting and now >= request.accepted_at + self.choices.handover

    def step(self, request: PairingRequest, event: RequestEvent) -> PairingRequest:
        """Take one edge of the table of transitions; refuse where there is none (ACC-14)."""
        try:
            state = next_request_state(request.state, event)
        except IllegalTransition:
            raise self.already_decided(request) from None
        stepped = replace(request, state=state)
        self.store.put(stepped)
        if state is RequestState.FAILED and request.cluster_uid:
            self.store.delete(CentralCluster, request.cluster_uid)
        return stepped

    def already_decided(self, request: PairingRequest) -> Refusal:
        """The refusal for a request that is not pending any more."""
        return Refusal(
            Reason.REQUEST_DECIDED,
            f"the pairing request {request.pairing_uid} is {request.state.value}, not pending",
            state=request.state.value,
        )

    @staticmethod
    def _no_request(pairing_uid: str) -> Refusal:
        return Refusal(Reason.NOT_FOUND, f"there is no pairing request {pairing_uid}")

    @staticmethod
    def _item(request: PairingRequest) -> PairingListItem:
        return PairingListItem(
            request.pairing_uid,
            request.cluster.name,
            request.cluster.uid,
            request.state.value,
            request.created,
            request.cluster_uid,
        )

    # --- deciding ---------------------------------------------------------------------

    def match(self, operation: MatchProfiles, call: CentralCall) -> MatchResult:
        """Does the selection fit the stack that the request carries (ACC-7)?"""
        scope = self.authorise(call, PairPermission.GET)
        request = self.visible(operation.pairing_uid, scope, call.now)
        return self.matched(request, operation.selection)

    def matched(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> MatchResult:
        """The match of a selection against the stack of a request (PRE-7, ACC-7 to ACC-10)."""
        choices = [self.selected(request, chosen) for chosen in selection]
        return match_profiles(request.cluster.stack, choices, self.choices.match)

    def selected(self, request: PairingRequest, chosen: SelectedProfile) -> Choice:
        """The profile that was selected; it must be one of the request's project."""
        profile = self.store.get(ClusterProfile, chosen.uid)
        if profile is None or profile.project_uid not in (TENANT, request.project_uid):
            raise Refusal(
                Reason.NOT_FOUND, f"there is no cluster profile {chosen.uid}", profile=chosen.uid
            )
        if chosen.version and profile.edition(chosen.version) is None:
            raise Refusal(
                Reason.NOT_FOUND,
                f"cluster profile {profile.name} has no version {chosen.version}",
                profile=chosen.uid,
            )
        return Choice(profile, chosen.version)

    def accept(self, operation: AcceptPairingRequest, call: CentralCall) -> Accepted:
        """Pair cluster: the request is handed over to its host (ACC-6, ACC-12, ACC-15)."""
        scope = self.authorise(call, PairPermission.UPDATE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        if request.state is not RequestState.PENDING:
            raise self.already_decided(request)
        self.check_token_on_accept(request, call.now)
        self.require_match(request, operation.selection)
        uid = f"{call.draws.bits128('cluster') >> 32:024x}"
        self.step(replace(request, cluster_uid=uid, accepted_at=call.now), RequestEvent.ACCEPT)
        self.store.put(self.accepted_cluster(uid, request, operation))
        return Accepted(uid)

    def require_match(
        self, request: PairingRequest, selection: tuple[SelectedProfile, ...]
    ) -> None:
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
        self, uid: str, request: PairingRequest, operation: AcceptPairingRequest
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
        )

    def reject(self, operation: RejectPairingRequest, call: CentralCall) -> Acknowledged:
        """Reject a pending request by its id (REJ-1, REJ-3, REJ-6)."""
        scope = self.authorise(call, PairPermission.DELETE)
        request = self.visible(operation.pairing_uid, scope, call.now)
        self.step(request, RequestEvent.REJECT)
        return Acknowledged("the pairing request was rejected")

    # --- clusters ---------------------------------------------------------------------

    def view_cluster(self, operation: ViewCentralCluster, call: CentralCall) -> CentralClusterView:
        """A registered cluster (ACC-12)."""
        cluster = self.known_cluster(operation.cluster_uid, call)
        return CentralClusterView(
            cluster.uid,
            cluster.name,
            cluster.description,
            cluster.tags,
            "Running" if cluster.confirmed else "Pairing",
        )

    def change_cluster(self, operation: ChangeCentralCluster, call: CentralCall) -> Acknowledged:
        """A central operation; takes effect only once the host has confirmed (INV-1)."""
        cluster = self.known_cluster(operation.cluster_uid, call)
        self.require_confirmed(cluster)
        self.store.put(replace(cluster, tags=operation.tags))
        return Acknowledged("the cluster was changed")

    def require_confirmed(self, cluster: CentralCluster) -> None:
        """No central operation before the host has confirmed (INV-1)."""
        if not cluster.confirmed:
            raise Refusal(
                Reason.NOT_CONFIRMED,
                f"cluster {cluster.name} is being handed over: its host has not confirmed yet",
            )

    def release_cluster(self, operation: ReleaseCentralCluster, call: CentralCall) -> Acknowledged:
        """A return to local management does not exist (ACC-19)."""
        cluster = self.known_cluster(operation.cluster_uid, call)
        raise Refusal(
            Reason.TRANSFER_IS_FINAL,
            f"cluster {cluster.name} was paired, and a paired cluster stays centrally managed",
        )

    def known_cluster(self, uid: str, call: CentralCall) -> CentralCluster:
        """The cluster of this uid, if the caller can see it from the scope."""
        user = self.authenticate(call)
        scope = self.scope_of(call)
        cluster = self.store.get(CentralCluster, uid)
        if cluster is not None:
            request = self.current(cluster.pairing_uid, call.now)
            cluster = self.store.get(CentralCluster, uid) if request else None
        if cluster is None or not self.belongs(cluster.project_uid, scope):
            raise Refusal(Reason.NOT_FOUND, f"there is no cluster {uid}")
        if not self.is_member(user, scope):
            raise Refusal(Reason.FORBIDDEN, "the cluster belongs to another scope")
        return cluster

    @staticmethod
    def is_member(user: User, scope: str) -> bool:
        """Whether the user has any business in the scope."""
        return user.tenant_admin or any(grant.scope in (scope, TENANT) for grant in user.grants)

    # --- registration tokens ----------------------------------------------------------

    def list_tokens(self, operation: ListTokens, call: CentralCall) -> TokenList:
        """The registration tokens that can be seen from the scope."""
        self.authenticate(call)
        scope = self.scope_of(call)
        tokens = self.store.every(RegistrationToken)
        return TokenList(tuple(t for t in tokens if self.belongs(t.project_uid, scope)))

    def view_token(self, operation: ViewToken, call: CentralCall) -> RegistrationToken:
        """One registration token."""
        self.authenticate(call)
        return self.known_token(operation.token_uid, self.scope_of(call))

    def create_token(self, operation: CreateToken, call: CentralCall) -> TokenUid:
        """A new registration token; creating one is a matter of the tenant."""
        user = self.authenticate(call)
        if not user.tenant_admin or self.scope_of(call) != TENANT:
            raise Refusal(Reason.FORBIDDEN, "only a tenant admin creates registration tokens")
        if self.store.get(Project, operation.project_uid) is None:
            raise Refusal(Reason.INVALID_INPUT, f"there is no project {operation.project_uid}")
        uid = f"{call.draws.bits128('token-uid') >> 32:024x}"
        value = f"{call.draws.bits128('token-value'):032x}"
        self.store.put(
            RegistrationToken(uid, operation.name, value, operation.project_uid, operation.expiry)
        )
        return TokenUid(uid)

    def set_token_state(self, operation: SetTokenState, call: CentralCall) -> Acknowledged:
        """Activate or deactivate a registration token."""
        token = self.owned_token(operation.token_uid, call)
        self.store.put(replace(token, active=operation.active))
        return Acknowledged()

    def delete_token(self, operation: DeleteToken, call: CentralCall) -> Acknowledged:
        """Delete a registration token."""
        token = self.owned_token(operation.token_uid, call)
        self.store.delete(RegistrationToken, token.uid)
        return Acknowledged()

    def owned_token(self, uid: str, call: CentralCall) -> RegistrationToken:
        """A token that the caller may change."""
        user = self.authenticate(call)
        if not user.tenant_admin:
            raise Refusal(Reason.FORBIDDEN, "only a tenant admin changes registration tokens")
        return self.known_token(uid, self.scope_of(call))

    def known_token(self, uid: str, scope: str) -> RegistrationToken:
        """The token of this uid, if it can be seen from the scope."""
        token = self.store.get(RegistrationToken, uid)
        if token is None or not self.belongs(token.project_uid, scope):
            raise Refusal(Reason.NOT_FOUND, f"there is no registration token {uid}")
        return token

    # --- edge hosts -------------------------------------------------------------------

    def probe(self, operation: Probe, call: CentralCall) -> Acknowledged:
        """Yes, this is a Palette."""
        return Acknowledged("palette")

    def submit(self, operation: SubmitPairing, call: CentralCall) -> PairingId:
        """Admit a request; the same submission again is answered with the same id (SND-4)."""
        known = next(
            self.store.find(
                PairingRequest,
                "submission",
                f"{operation.cluster.uid}:{operation.cluster_token}",
            ),
            None,
        )
        if known is not None:
            return PairingId(known.pairing_uid)
        token = self.usable_token(operation.registration_token, call.now)
        uid = self.new_pairing_uid(call.draws)
        self.store.put(
            PairingRequest(
                uid,
                token.project_uid,
                RequestState.PENDING,
                call.now,
                operation.cluster,
                operation.cluster_token,
                token.uid,
            )
        )
        return PairingId(uid)

    def new_pairing_uid(self, draws: Draws) -> str:
        """An id that no other request has or ever had (SND-5, INV-5)."""
        return f"{draws.bits128('pairing') >> 32:024x}"

    def usable_token(self, value: str, now: int) -> RegistrationToken:
        """The registration token, if it admits anybody now (PRE-4). Never repeats it."""
        token = next(self.store.find(RegistrationToken, "value", value), None) if value else None
        why = token.why_unusable(now) if token else "the registration token is not known"
        if token is None or why:
            raise Refusal(Reason.TOKEN_UNUSABLE, why or "")
        return token

    def poll(self, operation: PollPairing, call: CentralCall) -> PollAnswer:
        """What became of the host's own request."""
        return self._poll_answer(self.own_request(operation, call.now))

    def confirm(self, operation: ConfirmPairing, call: CentralCall) -> PollAnswer:
        """The host obeys from now on: the pairing commits. Safe to repeat (ACC-12, INV-1)."""
        request = self.own_request(operation, call.now)
        if request.state is RequestState.PAIRED:
            return self._poll_answer(request)
        paired = self.step(request, RequestEvent.CONFIRM)
        cluster = self.store.get(CentralCluster, paired.cluster_uid)
        if cluster is not None:
            self.store.put(replace(cluster, confirmed=True))
        return self._poll_answer(paired)

    def withdraw(self, operation: WithdrawPairing, call: CentralCall) -> Acknowledged:
        """The host has cancelled (WDR-3, WDR-6, WDR-9)."""
        request = self.request_to_withdraw(operation, call.now)
        accepted = (RequestState.HANDING_OVER, RequestState.PAIRED)
        if request.state in accepted and not self.may_fail(request, operation):
            raise Refusal(
                Reason.ALREADY_ACCEPTED,
                f"the pairing request {request.pairing_uid} was accepted",
                state=request.state.value,
            )
        self.step(request, RequestEvent.WITHDRAW)
        return Acknowledged("the pairing request was withdrawn")

    @staticmethod
    def may_fail(request: PairingRequest, operation: WithdrawPairing) -> bool:
        """Whether an acceptance fails because its host had ended the request before."""
        return operation.ended and request.state is RequestState.HANDING_OVER

    def request_to_withdraw(self, operation: WithdrawPairing, now: int) -> PairingRequest:
        """The request that a host withdraws, by id or by submission."""
        submission = f"{operation.local_cluster_uid}:{operation.cluster_token}"
        found = next(self.store.find(PairingRequest, "submission", submission), None)
        if found is None or operation.pairing_uid not in ("", found.pairing_uid):
            raise Refusal(Reason.NOT_FOUND, "this cluster has no such pairing request")
        return self.current(found.pairing_uid, now) or found

    def own_request(self, operation: OfRequest, now: int) -> PairingRequest:
        """The request of this id, if the caller knows its secret."""
        request = self.current(operation.pairing_uid, now)
        if request is None or request.cluster_token != operation.cluster_token:
            raise self._no_request(operation.pairing_uid)
        return request

    def _poll_answer(self, request: PairingRequest) -> PollAnswer:
        cluster = self.store.get(CentralCluster, request.cluster_uid)
        if cluster is None:
            return PollAnswer(request.state.value)
        return PollAnswer(request.state.value, cluster.uid, cluster.name, cluster.tags)
