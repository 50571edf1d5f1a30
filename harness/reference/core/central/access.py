"""Who may do what at the central side (ACC-1, PRE-8, PRE-9, REJ-3)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain import operations as ops
from harness.domain.draws import Draws
from harness.domain.errors import Reason, Refusal
from harness.domain.permission import TENANT, PairPermission, permits
from harness.domain.profile import ClusterProfile
from harness.reference.core.choices import CentralChoices
from harness.reference.core.records import LoginSession, Project, User, UserKey
from harness.reference.core.store import Store


@dataclass(slots=True)
class CentralCall:
    """What a rule is given besides the operation. Not frozen: every operation makes one."""

    credentials: ops.Credentials
    now: int
    draws: Draws


class AccessRules:
    """Logins, scopes and permissions."""

    def __init__(self, store: Store, choices: CentralChoices = CentralChoices()) -> None:
        self.store = store
        self.choices = choices

    def log_in(self, operation: ops.LogInToPalette, call: CentralCall) -> ops.Session:
        """A login token for the right password (ACC-1)."""
        user = self.store.get(User, operation.email)
        if user is None or not user.password or user.password != operation.password:
            raise Refusal(Reason.UNAUTHENTICATED, "the e-mail or the password is wrong")
        token = f"{call.draws.bits128('palette-session'):032x}"
        self.store.put(LoginSession(token, user.email, call.now + self.choices.session))
        return ops.Session(token)

    def log_out(self, operation: ops.LogOutOfPalette, call: CentralCall) -> ops.Acknowledged:
        """The session is over from now on."""
        self.authenticate(call)
        self.store.delete(LoginSession, call.credentials.session)
        return ops.Acknowledged()

    def list_scopes(self, operation: ops.ListScopes, call: CentralCall) -> ops.ScopeList:
        """The tenant and the projects that the caller is a member of."""
        user = self.authenticate(call)
        projects = (ops.NamedScope(p.uid, p.name) for p in self.store.every(Project))
        scopes = (ops.NamedScope(TENANT, "Tenant"), *projects)
        return ops.ScopeList(tuple(s for s in scopes if self.is_member(user, s.uid)))

    def list_projects(self, operation: ops.ListProjects, call: CentralCall) -> ops.ScopeList:
        """The projects among the scopes; of one name, where one is asked for."""
        self.project_scope(call)
        scopes = self.list_scopes(ops.ListScopes(), call).items
        named = (s for s in scopes if s.uid and operation.name in ("", s.name))
        return ops.ScopeList(tuple(named))

    def project_scope(self, call: CentralCall) -> str:
        """The scope; a project that the call names must be one that the caller works in."""
        user, scope = self.authenticate(call), self.scope_of(call)
        if scope != TENANT and not self.is_member(user, scope):
            raise Refusal(Reason.FORBIDDEN, f"project {scope} is not yours", project=scope)
        return scope

    def member_of(self, call: CentralCall) -> str:
        """The scope, if the caller has any business there."""
        user, scope = self.authenticate(call), self.scope_of(call)
        if not self.is_member(user, scope):
            raise Refusal(Reason.FORBIDDEN, "it belongs to another scope")
        return scope

    def authenticate(self, call: CentralCall) -> User:
        """The user behind an API key or a login that still lasts (ACC-1, REJ-3)."""
        key = call.credentials.api_key
        if key:
            found = next(self.store.find(User, "api_key", key), None) or self._by_key(call)
            if found is not None:
                return found
            raise Refusal(Reason.UNAUTHENTICATED, "the API key is not known")
        session = self.store.get(LoginSession, call.credentials.session)
        user = self.store.get(User, session.subject) if session else None
        if session is None or user is None or self.session_is_over(session, call.now):
            raise Refusal(Reason.UNAUTHENTICATED, "log in first: there is no valid session")
        return user

    def _by_key(self, call: CentralCall) -> User | None:
        """The user of a key that was created for them and still lasts."""
        key = self.store.get(UserKey, call.credentials.api_key)
        is_good = key is not None and not self.key_is_over(key, call.now)
        return self.store.get(User, key.email) if key and is_good else None

    def key_is_over(self, key: UserKey, now: int) -> bool:
        """Whether an API key has run out, if it ever does."""
        return key.expiry is not None and now >= key.expiry

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
            f"the permission {permission.published} is missing in this scope",
            permission=permission.published,
        )

    def profile(self, uid: str) -> ClusterProfile | None:
        """The cluster profile of this uid, with the versions that it has by now."""
        return self.store.get(ClusterProfile, uid)

    def belongs(self, project_uid: str, scope: str) -> bool:
        """Whether something of a project can be seen from a scope (PRE-9)."""
        return scope in (TENANT, project_uid)

    @staticmethod
    def new_uid(kind: str, call: CentralCall) -> str:
        """A uid for what somebody creates."""
        return f"{call.draws.bits128(f'{kind}-uid') >> 32:024x}"

    @staticmethod
    def is_member(user: User, scope: str) -> bool:
        """Whether the user has any business in the scope."""
        return user.tenant_admin or any(grant.scope in (scope, TENANT) for grant in user.grants)
