"""The way by the target's own published API, as a tenant's administrator uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.errors import Refused
from harness.domain.permission import PUBLISHED, TENANT, AccessRole, Grant, NamedGrant
from harness.domain.profile import ClusterProfile, ProfileEdition, StackProfile
from harness.domain.token import RegistrationToken
from harness.targets import port

_A_WHILE: Final = 3_600_000_000
"""How long a token lasts that is made to expire, in microseconds."""
_KEY_LASTS: Final = 365 * 86_400_000_000
"""How long an API key lasts, in microseconds: clocks are put forward by weeks."""

_BESIDE_PAIRING: Final = (
    *(f"cluster.{operation}" for operation in ("create", "get", "list", "update")),
    *(f"clusterProfile.{operation}" for operation in ("get", "list")),
)
"""What everybody does in the suite besides deciding on pairing requests."""
_TENANT_ADMIN: Final = tuple(f"edgeToken.{o}" for o in "create delete get list update".split())

_Rule = tuple[Callable[[Any], arrangements.Arrangement], set[type[ops.Operation]]]
"""What arranges, and what that asks at least; what else it asks is wanted in some of its cases."""

V = TypeVar("V")


@dataclass(slots=True)
class _MadeUser:
    """A user of Palette whom this way knows: their API key and their roles, if it gave them any."""

    uid: str
    api_key: str = ""
    password: str = ""
    roles: list[str] | None = None


@dataclass(slots=True)
class _MadeProfile:
    """A cluster profile that this way made: as it is now, and the uid of each version."""

    profile: ClusterProfile
    uids: dict[str, str] = field(default_factory=dict)


class PublishedApi:
    """Arranges projects, people, tokens and cluster profiles as a tenant's administrator does."""

    name = "api"

    def __init__(
        self,
        send: Callable[[port.Outgoing], port.Exchange],
        epoch: Callable[[], int],
        admin: ops.Credentials | None,
        info: port.TargetInfo = port.TargetInfo(""),
    ) -> None:
        """`admin` is who may do all that; `epoch` tells the target's time in microseconds; `info`
        says what the target does not offer, and how it tells permissions.
        """
        self._send = send
        self._epoch = epoch
        self._admin = admin
        self._not_offered = info.not_offered
        self._proof = ops.AddApiKey if info.has_api_keys else ops.ChangePassword
        self._names = info.permissions or PUBLISHED
        self._tokens: dict[str, RegistrationToken] = {}
        self._projects: set[str] = set()
        self._users: dict[str, _MadeUser] = {}
        self._profiles: dict[str, _MadeProfile] = {}
        self._rules: Mapping[type[arrangements.Arrangement], _Rule] = {
            arrangements.PutToken: (self._token, {ops.CreateToken, ops.ViewToken}),
            arrangements.RemoveToken: (self._remove_token, {ops.DeleteToken}),
            arrangements.CreateProject: (self._project, {ops.AddProject}),
            arrangements.ForgetProject: (self._forget_project, {ops.DeleteProject}),
            arrangements.PutUser: (
                self._user,
                {ops.AddUser, ops.AddRole, ops.SetProjectRoles, self._proof},
            ),
            arrangements.RemoveUser: (self._remove_user, {ops.DeleteUser}),
            arrangements.PutProfile: (self._profile, {ops.AddProfile}),
            arrangements.RemoveProfile: (self._remove_profile, {ops.DeleteProfile}),
        }

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        """Whether nothing is published for it, or nobody may."""
        if kind not in self._rules:
            return "no published operation brings it about"
        if self._admin is None:
            return "no administrator of the tenant is named: add [central.admin]"
        missing = self._rules[kind][1] & self._not_offered.keys()
        return "; ".join(sorted(str(port.NotOffered(o, self._not_offered[o])) for o in missing))

    def arrange(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        why = self.cannot(type(arrangement))
        if why:
            raise port.CannotArrange(type(arrangement).__name__, why)
        return self._rules[type(arrangement)][0](arrangement)

    def seen(self, arrangement: arrangements.Arrangement) -> arrangements.FaultEffect | None:
        """What a user may do, and which version of a profile is the latest, as it is read back."""
        if self._admin is None:
            return None
        try:
            match arrangement:
                case arrangements.PutUser():
                    return arrangements.FaultEffect(grants=self._grants_of(arrangement))
                case arrangements.PutProfile(profile):
                    look = ops.ViewProfile(profile.uid)
                    view = self._view(arrangement, look, ops.ProfileView, profile.project_uid)
                    latest = view.profile.version if view.published else ""
                    return arrangements.FaultEffect(
                        latest=latest, versions=self._published(profile.uid, view.versions)
                    )
        except port.CannotArrange:
            return None
        return None

    # --- projects -------------------------------------------------------------------------

    def _project(self, asked: arrangements.CreateProject) -> arrangements.CreateProject:
        uid = self._created(asked, ops.AddProject(asked.name))
        self._projects.add(uid)
        return replace(asked, uid=uid)

    def _forget_project(self, asked: arrangements.ForgetProject) -> arrangements.ForgetProject:
        listed = self._projects
        if asked.uid not in listed:
            scopes = self._view(asked, ops.ListProjects(), ops.ScopeList)
            listed = {scope.uid for scope in scopes.items}
        if asked.uid in listed:
            self._ask(asked, ops.DeleteProject(asked.uid, with_contents=True))
        self._projects.discard(asked.uid)
        return asked

    # --- people ---------------------------------------------------------------------------

    def _user(self, asked: arrangements.PutUser) -> arrangements.PutUser:
        """A user with roles of their own; one who is there already gets others."""
        user = self._users.get(asked.email)
        is_new = user is None
        if user is None:
            user, is_new = self._added_user(asked)
        held: dict[str, tuple[str, ...]] = {TENANT: ()}
        if not is_new:
            before = self._view(asked, ops.ViewProjectRoles(user.uid), ops.ProjectRoles)
            held |= dict.fromkeys(before.projects, ())
        for role, scope in self._roles_for(asked):
            user.roles = user.roles or []
            named = replace(role, name=f"{asked.email} {len(user.roles) + 1}")
            user.roles.append(self._created(asked, ops.AddRole(named), begins=False))
            held[scope] = (user.roles[-1],)
        in_tenant = held.pop(TENANT)
        if in_tenant or not is_new:
            self._ask(asked, ops.SetTenantRoles(user.uid, in_tenant))
        if held:
            self._ask(asked, ops.SetProjectRoles(user.uid, held))
        is_proven = self._proof is ops.AddApiKey or user.password == asked.password
        if not is_new and is_proven:
            return replace(asked, api_key=user.api_key or asked.api_key)
        user.password = password = self._password(user, asked.password)
        if self._proof is ops.AddApiKey:
            add = ops.AddApiKey(asked.email, user.uid, self._epoch() + _KEY_LASTS)
            user.api_key = self._view(asked, add, ops.IssuedKey).api_key
        elif not password:
            raise port.ArrangingFailed("PutUser", "ChangePassword was refused, so nobody logs in")
        return replace(asked, api_key=user.api_key or asked.api_key, password=password)

    def _added_user(self, asked: arrangements.PutUser) -> tuple[_MadeUser, bool]:
        """The user, and whether they are new: one whom another run has left is found again."""
        try:
            uid = self._created(asked, ops.AddUser(asked.email, asked.email.partition("@")[0]))
        except port.ArrangingFailed:
            raise
        except port.CannotArrange:
            found = self._found_user(asked)
            if found is None:
                raise
            return found, False
        user = self._users[asked.email] = _MadeUser(uid, roles=[])
        return user, True

    def _roles_for(self, asked: arrangements.PutUser) -> list[tuple[AccessRole, str]]:
        """The roles by which somebody has just these permissions, with the scope of each."""
        named = asked.named or self._names.named(asked.grants)
        scopes = {grant.scope for grant in named} | ({TENANT} if asked.tenant_admin else set())
        roles = []
        for scope in sorted(scopes):
            of_scope = sorted(grant.name for grant in named if grant.scope == scope)
            admin = _TENANT_ADMIN if asked.tenant_admin and scope == TENANT else ()
            permissions = (*of_scope, *_BESIDE_PAIRING, *admin)
            roles.append((AccessRole("", scope != TENANT, permissions), scope))
        return roles

    def _password(self, user: _MadeUser, password: str) -> str:
        """The password, where the target lets somebody else set it; else nobody knows one."""
        change = ops.ChangePassword(user.uid, password)
        return password if password and isinstance(self._reply(change), ops.Done) else ""

    def _found_user(
        self, asked: arrangements.PutUser | arrangements.RemoveUser
    ) -> _MadeUser | None:
        users = self._view(asked, ops.ListUsers(), ops.UserList).items
        uid = next((user.uid for user in users if user.email == asked.email), None)
        return None if uid is None else _MadeUser(uid)

    def _remove_user(self, asked: arrangements.RemoveUser) -> arrangements.RemoveUser:
        """The user goes before the roles that they hold."""
        user = self._users.pop(asked.email, None) or self._found_user(asked)
        if user is not None:
            self._ask(asked, ops.DeleteUser(user.uid))
        roles = user.roles if user else None
        if roles is None:
            listed = self._view(asked, ops.ListRoles(), ops.RoleList).items
            roles = [role.uid for role in listed if role.name.startswith(f"{asked.email} ")]
        for uid in roles:
            self._ask(asked, ops.DeleteRole(uid))
        return asked

    def _grants_of(self, asked: arrangements.PutUser) -> frozenset[Grant]:
        user = self._users.get(asked.email) or self._found_user(asked)
        if user is None:
            raise port.CannotArrange("PutUser", f"no user {asked.email} is listed")
        in_tenant = self._view(asked, ops.ViewTenantRoles(user.uid), ops.TenantRoles).roles
        by_project = self._view(asked, ops.ViewProjectRoles(user.uid), ops.ProjectRoles).projects
        return self._names.held(
            NamedGrant(name, scope)
            for scope, uids in {TENANT: in_tenant, **by_project}.items()
            for uid in uids
            for name in self._view(asked, ops.ViewRole(uid), AccessRole).permissions
        )

    # --- cluster profiles -----------------------------------------------------------------

    def _profile(self, asked: arrangements.PutProfile) -> arrangements.PutProfile:
        """A profile, or what is new of one that was made; what is there already stays as it is."""
        profile, made = asked.profile, self._profiles.get(asked.profile.uid)
        is_new = made is None
        if made is None:
            made = _MadeProfile(replace(profile, name=self._free_name(profile), editions=()))
        _check_kept(made.profile, profile)
        for edition in profile.editions:
            before, scope = made.profile.edition(edition.version), profile.project_uid
            if before is None:
                add = _addition(made.profile, edition)
                uid = self._created(asked, add, begins=is_new and not made.uids, scope=scope)
                made.uids[edition.version] = uid
            elif before != edition:
                publish = ops.PublishProfile(made.uids[edition.version])
                self._ask(asked, publish, scope=scope)
        shown = profile.latest() or profile.latest(drafts_count=True)
        uid = made.uids[shown.version] if is_new and shown else profile.uid
        made.profile = replace(made.profile, uid=uid, editions=profile.editions)
        self._profiles[uid] = made
        return arrangements.PutProfile(made.profile)

    def _published(self, uid: str, there: Mapping[str, str]) -> tuple[str, ...]:
        """Which versions are published, of those that are there. No call tells which are drafts, so
        it is known only where this way has made them all.
        """
        editions = made.profile.editions if (made := self._profiles.get(uid)) else ()
        is_all = there.keys() == {edition.version for edition in editions}
        return tuple(e.version for e in editions if e.published) if is_all else ()

    def _free_name(self, profile: ClusterProfile) -> str:
        """The name; where the project has one of that name, which would get a version, another."""
        there = {(m.profile.project_uid, m.profile.name) for m in self._profiles.values()}
        taken = (profile.project_uid, profile.name) in there
        return f"{profile.name} {profile.uid}" if taken else profile.name

    def _remove_profile(self, asked: arrangements.RemoveProfile) -> arrangements.RemoveProfile:
        """All versions, each by its uid, which may be one and the same."""
        made, scope = self._profiles.pop(asked.uid, None), asked.project_uid
        uids = set(made.uids.values()) if made else set()
        if made is None:
            listed = self._view(asked, ops.ListProfiles(), ops.ProfileList, scope).items
            if any(item.uid == asked.uid for item in listed):
                shown = self._view(asked, ops.ViewProfile(asked.uid), ops.ProfileView, scope)
                uids = {asked.uid, *filter(None, shown.versions.values())}
        for uid in sorted(uids):
            self._ask(asked, ops.DeleteProfile(uid), scope=scope)
        return asked

    # --- registration tokens --------------------------------------------------------------

    def _token(self, asked: arrangements.PutToken) -> arrangements.PutToken:
        token = asked.token
        return arrangements.PutToken(
            self._changed(token) if token.uid in self._tokens else self._new_token(token)
        )

    def _remove_token(self, asked: arrangements.RemoveToken) -> arrangements.RemoveToken:
        self._ask(asked, ops.DeleteToken(asked.uid))
        self._tokens.pop(asked.uid, None)
        return asked

    def _new_token(self, token: RegistrationToken) -> RegistrationToken:
        asked, expiry = arrangements.PutToken(token), token.expiry
        expired = token.has_expired(self._epoch())
        if expired:
            expiry = self._epoch() + _A_WHILE
        made = self._made(asked, ops.CreateToken(token.name, token.project_uid, expiry))
        uid = made.uid
        if expired:
            self._expire(uid, token)
        if not token.active:
            self._ask(asked, ops.SetTokenState(uid, active=False))
        seen = self._view(asked, ops.ViewToken(uid), RegistrationToken)
        if isinstance(made, ops.CreatedToken) and made.token:
            seen = replace(seen, value=made.token)
        _check_told(seen)
        if (seen.project_uid, seen.active) != (token.project_uid, token.active):
            raise port.ArrangingFailed(
                "PutToken", "ViewToken shows another project or state than asked"
            )
        if seen.has_expired(self._epoch()) is not expired:
            raise port.ArrangingFailed("PutToken", "ViewToken shows another expiry than asked")
        self._tokens[seen.uid] = seen
        return seen

    def _expire(self, uid: str, token: RegistrationToken) -> None:
        """Give a new token an expiry that is over; where that cannot be, there is none."""
        try:
            change = ops.UpdateToken(uid, token.name, token.project_uid, token.expiry)
            self._ask(arrangements.PutToken(token), change)
        except port.ArrangingFailed as failed:
            self._ask(arrangements.PutToken(token), ops.DeleteToken(uid))
            why = f"a token that has expired already cannot be had through the API: {failed.how}"
            raise port.CannotArrange("PutToken", why) from failed

    def _changed(self, token: RegistrationToken) -> RegistrationToken:
        known, asked = self._tokens[token.uid], arrangements.PutToken(token)
        if token.expiry != known.expiry:
            change = ops.UpdateToken(token.uid, token.name, token.project_uid, token.expiry)
            self._ask(asked, change)
            seen = self._view(asked, ops.ViewToken(token.uid), RegistrationToken)
            if seen.expiry != token.expiry:
                raise port.ArrangingFailed("PutToken", "ViewToken shows another expiry than asked")
        self._ask(asked, ops.SetTokenState(token.uid, token.active))
        if token.active and not known.active:  # its value may be another one now
            seen = self._view(asked, ops.ViewToken(token.uid), RegistrationToken)
            _check_told(seen)
            token = replace(token, value=seen.value)
        self._tokens[token.uid] = token
        return token

    # --- asking ---------------------------------------------------------------------------

    def _reply(self, operation: ops.CentralOperation, scope: str | None = None) -> ops.Reply:
        assert self._admin is not None
        by = self._admin if scope is None else replace(self._admin, project_uid=scope)
        return port.reply_to(self._send, port.Outgoing(operation, by, correlation="arrange"))

    def _ask(
        self,
        arrangement: arrangements.Arrangement,
        operation: ops.CentralOperation,
        *,
        begins: bool = False,
        scope: str | None = None,
    ) -> ops.Value:
        """What it is answered with. One that `begins` and is refused has changed nothing."""
        reply = self._reply(operation, scope)
        if isinstance(reply, ops.Done):
            return reply.value
        why = reply.message if isinstance(reply, Refused) else getattr(reply, "why", "no answer")
        failed = (
            port.CannotArrange if begins and isinstance(reply, Refused) else port.ArrangingFailed
        )
        raise failed(type(arrangement).__name__, f"{type(operation).__name__}: {why}")

    def _created(
        self,
        arrangement: arrangements.Arrangement,
        operation: ops.CentralOperation,
        *,
        begins: bool = True,
        scope: str | None = None,
    ) -> str:
        return self._made(arrangement, operation, begins=begins, scope=scope).uid

    def _made(
        self,
        arrangement: arrangements.Arrangement,
        operation: ops.CentralOperation,
        *,
        begins: bool = True,
        scope: str | None = None,
    ) -> ops.Created:
        made = self._ask(arrangement, operation, begins=begins, scope=scope)
        if not isinstance(made, ops.Created):
            why = f"{type(operation).__name__} was not answered with a uid"
            raise port.ArrangingFailed(type(arrangement).__name__, why)
        return made

    def _view(
        self,
        arrangement: arrangements.Arrangement,
        operation: ops.CentralOperation,
        kind: type[V],
        scope: str | None = None,
    ) -> V:
        value = self._ask(arrangement, operation, scope=scope)
        if not isinstance(value, kind):
            why = f"{type(operation).__name__} was not answered with a {kind.__name__}"
            raise port.ArrangingFailed(type(arrangement).__name__, why)
        return value


def _check_told(token: RegistrationToken) -> None:
    if not token.is_told:
        told = "ViewToken does not tell the token's value, or not in full"
        raise port.ArrangingFailed("PutToken", told)


def _addition(profile: ClusterProfile, edition: ProfileEdition) -> ops.AddProfile:
    version = StackProfile(profile.name, profile.type, edition.version, edition.packs)
    return ops.AddProfile(version, edition.variables, edition.published)


def _check_kept(made: ClusterProfile, wanted: ClusterProfile) -> None:
    """Versions are only added, or published where they were drafts."""
    for edition in made.editions:
        if wanted.edition(edition.version) not in (edition, replace(edition, published=True)):
            why = f"version {edition.version} of {made.name} is there, and stays as it is"
            raise port.CannotArrange("PutProfile", why)
