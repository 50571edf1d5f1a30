"""What a tenant's administrator arranges: projects, roles, users, API keys and cluster profiles.

Nothing is published of who may do this, so it is whoever may create registration tokens. A role of
the tenant that holds `edgeToken.create` makes one so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refusal
from harness.domain.permission import TENANT, AccessRole, Grant
from harness.domain.profile import ClusterProfile, ProfileEdition, version_of
from harness.domain.token import RegistrationToken
from harness.reference.core.central.access import AccessRules, CentralCall
from harness.reference.core.records import (
    KEY,
    CentralCluster,
    LoginSession,
    PairingRequest,
    Project,
    User,
    UserKey,
)

_ADMINISTERS: Final = "edgeToken.create"
_INSIDE: Final = (PairingRequest, CentralCluster, RegistrationToken, ClusterProfile)
"""What a project holds."""


class TenantRules(AccessRules):
    """Projects, people, and what the match draws on, by the published calls."""

    def require_admin(self, call: CentralCall) -> User:
        """Whoever calls, if they administer the tenant."""
        user = self.authenticate(call)
        if not user.tenant_admin:
            raise Refusal(Reason.FORBIDDEN, "only a tenant admin arranges that")
        return user

    # --- projects -------------------------------------------------------------------------

    def add_project(self, operation: ops.AddProject, call: CentralCall) -> ops.Created:
        """A new project under a name of its own."""
        self.require_admin(call)
        if any(project.name == operation.name for project in self.store.every(Project)):
            raise Refusal(Reason.CONFLICT, f"there is a project {operation.name} already")
        project = Project(self.new_uid("project", call), operation.name)
        self.store.put(project)
        return ops.Created(project.uid)

    def delete_project(self, operation: ops.DeleteProject, call: CentralCall) -> ops.Acknowledged:
        """A project goes with what is in it only where that is asked for."""
        self.require_admin(call)
        uid = operation.project_uid
        if self.store.get(Project, uid) is None:
            raise Refusal(Reason.NOT_FOUND, f"there is no project {uid}")
        if not operation.with_contents and self.store_holds(uid):
            raise Refusal(Reason.CONFLICT, f"project {uid} is not empty")
        self.forget_project(uid)
        return ops.Acknowledged()

    def store_holds(self, project_uid: str) -> bool:
        """Whether anything is in a project."""
        return any(any(self.store.find(kind, "project", project_uid)) for kind in _INSIDE)

    def forget_project(self, uid: str) -> None:
        """Remove a project with its requests, clusters, tokens and profiles."""
        for kind in _INSIDE:
            for record in list(self.store.find(kind, "project", uid)):
                self.store.delete(kind, KEY[kind](record))
        self.store.delete(Project, uid)

    # --- roles ----------------------------------------------------------------------------

    def add_role(self, operation: ops.AddRole, call: CentralCall) -> ops.Created:
        """A new role under a name of its own."""
        self.require_admin(call)
        name = operation.role.name
        if any(role.name == name for role in self.store.every(AccessRole)):
            raise Refusal(Reason.CONFLICT, f"there is a role {name} already")
        role = replace(operation.role, uid=self.new_uid("role", call))
        self.store.put(role)
        return ops.Created(role.uid)

    def list_roles(self, operation: ops.ListRoles, call: CentralCall) -> ops.RoleList:
        """All roles."""
        self.require_admin(call)
        return ops.RoleList(tuple(self.store.every(AccessRole)))

    def view_role(self, operation: ops.ViewRole, call: CentralCall) -> AccessRole:
        """One role."""
        self.require_admin(call)
        return self.known_role(operation.role_uid)

    def delete_role(self, operation: ops.DeleteRole, call: CentralCall) -> ops.Acknowledged:
        """Whoever held the role has lost what it permits."""
        self.require_admin(call)
        self.known_role(operation.role_uid)
        self.store.delete(AccessRole, operation.role_uid)
        for user in list(self.store.every(User)):
            if any(operation.role_uid in held for held in user.roles.values()):
                roles = {
                    scope: tuple(uid for uid in held if uid != operation.role_uid)
                    for scope, held in user.roles.items()
                }
                self.hold(user, roles)
        return ops.Acknowledged()

    def known_role(self, uid: str) -> AccessRole:
        """The role of this uid."""
        role = self.store.get(AccessRole, uid)
        if role is None:
            raise Refusal(Reason.NOT_FOUND, f"there is no role {uid}")
        return role

    # --- users ----------------------------------------------------------------------------

    def add_user(self, operation: ops.AddUser, call: CentralCall) -> ops.Created:
        """A user without any role, who cannot log in before they have a password."""
        self.require_admin(call)
        if self.store.get(User, operation.email) is not None:
            raise Refusal(Reason.CONFLICT, f"there is a user {operation.email} already")
        user = User(operation.email, "", "", frozenset(), uid=self.new_uid("user", call))
        self.store.put(user)
        return ops.Created(user.uid)

    def list_users(self, operation: ops.ListUsers, call: CentralCall) -> ops.UserList:
        """All users."""
        self.require_admin(call)
        users = self.store.every(User)
        return ops.UserList(tuple(ops.NamedUser(user.known_by, user.email) for user in users))

    def delete_user(self, operation: ops.DeleteUser, call: CentralCall) -> ops.Acknowledged:
        """A user goes with sessions and API keys."""
        self.require_admin(call)
        self.forget_user(self.known_user(operation.user_uid).email)
        return ops.Acknowledged()

    def forget_user(self, email: str) -> None:
        """Remove a user with sessions and API keys."""
        for session in list(self.store.every(LoginSession)):
            if session.subject == email:
                self.store.delete(LoginSession, session.token)
        for key in list(self.store.find(UserKey, "email", email)):
            self.store.delete(UserKey, key.key)
        self.store.delete(User, email)

    def known_user(self, uid: str) -> User:
        """The user of this uid."""
        user = next(self.store.find(User, "uid", uid), None)
        if user is None:
            raise Refusal(Reason.NOT_FOUND, f"there is no user {uid}")
        return user

    def set_tenant_roles(
        self, operation: ops.SetTenantRoles, call: CentralCall
    ) -> ops.Acknowledged:
        """Other roles in the tenant."""
        self.require_admin(call)
        user = self.known_user(operation.user_uid)
        self.hold(user, {**user.roles, TENANT: operation.roles})
        return ops.Acknowledged()

    def view_tenant_roles(
        self, operation: ops.ViewTenantRoles, call: CentralCall
    ) -> ops.TenantRoles:
        """The roles in the tenant."""
        self.require_admin(call)
        return ops.TenantRoles(self.known_user(operation.user_uid).roles.get(TENANT, ()))

    def set_project_roles(
        self, operation: ops.SetProjectRoles, call: CentralCall
    ) -> ops.Acknowledged:
        """Other roles in the projects that are named; in all others they stay."""
        self.require_admin(call)
        user = self.known_user(operation.user_uid)
        for uid in operation.projects:
            if self.store.get(Project, uid) is None:
                raise Refusal(Reason.INVALID_INPUT, f"there is no project {uid}")
        self.hold(user, {**user.roles, **operation.projects})
        return ops.Acknowledged()

    def view_project_roles(
        self, operation: ops.ViewProjectRoles, call: CentralCall
    ) -> ops.ProjectRoles:
        """The roles in the projects that there still are."""
        self.require_admin(call)
        held = self.known_user(operation.user_uid).roles.items()
        there = ((uid, roles) for uid, roles in held if roles and self.store.get(Project, uid))
        return ops.ProjectRoles(dict(there))

    def hold(self, user: User, roles: Mapping[str, tuple[str, ...]]) -> None:
        """Let a user hold these roles, with the grants that come of them (PRE-8, PRE-9)."""
        admin = False
        for scope, uids in roles.items():
            for role in map(self.known_role, uids):
                if role.of_projects is (scope == TENANT):
                    raise Refusal(Reason.INVALID_INPUT, f"role {role.name} is of another scope")
                admin = admin or (scope == TENANT and _ADMINISTERS in role.permissions)
        grants = self.granted(roles)
        self.store.put(replace(user, roles=roles, grants=grants, tenant_admin=admin))

    def granted(self, roles: Mapping[str, tuple[str, ...]]) -> frozenset[Grant]:
        """What these roles permit together."""
        return frozenset(
            grant
            for scope, uids in roles.items()
            for role in map(self.known_role, uids)
            for grant in role.grants(scope)
        )

    def appoint(self, user: User, tenant_admin: bool) -> None:
        """Let a user be as they are here, who may do just this: by a role in each scope, as the
        published calls bring it about, while those of before are taken away.
        """
        was = self.store.get(User, user.email)
        scopes = {grant.scope for grant in user.grants} | ({TENANT} if tenant_admin else set())
        roles: dict[str, tuple[str, ...]] = dict.fromkeys(was.roles if was else (), ())
        for scope in sorted(scopes):
            named = sorted(g.permission.published for g in user.grants if g.scope == scope)
            admin = (_ADMINISTERS,) if tenant_admin and scope == TENANT else ()
            uid = _own_role(user.email, scope)
            self.store.put(AccessRole(uid, scope != TENANT, (*named, *admin), uid))
            roles[scope] = (uid,)
        self.hold(replace(user, grants=was.grants if was else frozenset()), roles)

    def dismiss(self, email: str) -> None:
        """Remove a user with the roles that `appoint` has made for them."""
        user = self.store.get(User, email)
        for scope in user.roles if user else ():
            self.store.delete(AccessRole, _own_role(email, scope))
        self.forget_user(email)

    def change_password(self, operation: ops.ChangePassword, call: CentralCall) -> ops.Acknowledged:
        """Anybody changes their own, which they name; a tenant admin everybody's."""
        caller, user = self.authenticate(call), self.known_user(operation.user_uid)
        if not caller.tenant_admin and (caller != user or operation.current != user.password):
            raise Refusal(Reason.FORBIDDEN, "the present password is needed, and this is not it")
        self.store.put(replace(user, password=operation.password))
        return ops.Acknowledged()

    def add_api_key(self, operation: ops.AddApiKey, call: CentralCall) -> ops.IssuedKey:
        """A further API key of a user's."""
        self.require_admin(call)
        user = self.known_user(operation.user_uid)
        if operation.expiry is not None and operation.expiry <= call.now:
            raise Refusal(Reason.INVALID_INPUT, "spec.expiry: it has passed", field="spec.expiry")
        key = f"{call.draws.bits128('api-key'):032x}"
        self.store.put(UserKey(key, user.email, operation.expiry))
        return ops.IssuedKey(key)

    # --- cluster profiles -----------------------------------------------------------------

    def add_profile(self, operation: ops.AddProfile, call: CentralCall) -> ops.Created:
        """A profile, or a further version of the one that bears this name in the scope."""
        self.require_admin(call)
        scope, asked = self.scope_of(call), operation.profile
        try:
            version_of(asked.version)
        except ValueError as error:
            raise Refusal(Reason.INVALID_INPUT, f"spec.version: {error}") from error
        edition = ProfileEdition(asked.version, asked.packs, operation.publish, operation.variables)
        there = (p for p in self.store.every(ClusterProfile) if p.project_uid == scope)
        profile = next((p for p in there if p.name == asked.name), None)
        if profile is None:
            uid = self.new_uid("profile", call)
            profile = ClusterProfile(uid, asked.name, asked.type, (), scope)
        if profile.edition(asked.version) or profile.type is not asked.type:
            what = f"{asked.name} {asked.version}, {asked.type.value},"
            raise Refusal(Reason.CONFLICT, f"{what} is not what there is under that name")
        self.store.put(replace(profile, editions=(*profile.editions, edition)))
        return ops.Created(profile.uid)

    def publish_profile(self, operation: ops.PublishProfile, call: CentralCall) -> ops.Acknowledged:
        """The latest draft of a profile is published."""
        profile = self.owned_profile(operation.profile_uid, call)
        drafts = replace(profile, editions=tuple(e for e in profile.editions if not e.published))
        draft = drafts.latest(drafts_count=True)
        if draft is None:
            raise Refusal(Reason.CONFLICT, f"profile {profile.name} has no draft")
        editions = (replace(e, published=e.published or e is draft) for e in profile.editions)
        self.store.put(replace(profile, editions=tuple(editions)))
        return ops.Acknowledged()

    def delete_profile(self, operation: ops.DeleteProfile, call: CentralCall) -> ops.Acknowledged:
        """A profile goes with all its versions."""
        self.store.delete(ClusterProfile, self.owned_profile(operation.profile_uid, call).uid)
        return ops.Acknowledged()

    def owned_profile(self, uid: str, call: CentralCall) -> ClusterProfile:
        """A profile that the caller may change, from its own scope or the tenant's."""
        self.require_admin(call)
        profile = self.store.get(ClusterProfile, uid)
        if profile is None or not self.belongs(profile.project_uid, self.scope_of(call)):
            raise Refusal(Reason.NOT_FOUND, f"there is no cluster profile {uid}")
        return profile


def _own_role(email: str, scope: str) -> str:
    return f"{email} in {scope or 'the tenant'}"
