"""What a tenant's administrator asks of Palette: projects, people and cluster profiles."""

from __future__ import annotations

from typing import Any, Final

from harness.domain import operations as ops
from harness.domain.permission import AccessRole
from harness.domain.profile import Pack, StackProfile
from harness.wire.table import fields as at
from harness.wire.table.fields import Route, WireField, asks, record
from harness.wire.table.palette import CLOUD_TYPE, CREATED

_PROJECT: Final = "project"

_ROLE = record(
    AccessRole,
    "V1Role name=metadata.name! of_projects permissions=spec.permissions:words uid=metadata.uid?",
    of_projects=WireField(
        ("spec.scope",),
        lambda scope, _: scope == _PROJECT,
        lambda of_projects: _PROJECT if of_projects else "tenant",
    ),
)
"""A role that is held elsewhere, in single resources, is none of projects."""


def _held(entity: Any) -> tuple[str, ...]:
    """Whoever has a role by their team has it as well."""
    held = (*(entity.get("roles") or ()), *(entity.get("inheritedRoles") or ()))
    return tuple(role["uid"] for role in held if role.get("uid"))


_ROLES_HELD = at.computed(_held, "roles", lambda roles: [{"uid": uid} for uid in roles])

_PACK = record(Pack, "layer:Layer name! version=tag! registry=registryUid? values?")
_PROFILE = record(
    StackProfile,
    "name=metadata.name! type=spec.template.type:ProfileType! version",
    {"spec.template.cloudType": lambda _: CLOUD_TYPE},
    version=WireField(("spec.version",), default="1.0.0"),
    packs=at.each(_PACK, "spec.template.packs"),
)
_USER = "/v1/users/{uid}"

TABLE: tuple[Route, ...] = (
    asks(
        ops.AddProject,
        "POST /v1/projects 201 v1ProjectsCreate",
        "V1ProjectEntity name=metadata.name!",
        CREATED,
    ),
    asks(
        ops.DeleteProject,
        "DELETE /v1/projects/{uid} 204 v1ProjectsUidDelete",
        "project_uid={uid} with_contents=?cleanupProjectResources:switch",
    ),
    asks(
        ops.AddRole,
        "POST /v1/roles 201 v1RolesCreate",
        "V1Role role",
        CREATED,
        role=WireField(inside=_ROLE),
    ),
    asks(
        ops.ListRoles,
        "paged GET /v1/roles 200 v1RolesList",
        "",
        at.listed(ops.RoleList, "V1Roles", _ROLE),
    ),
    asks(ops.ViewRole, "GET /v1/roles/{uid} 200 v1RolesUidGet", "role_uid={uid}", _ROLE),
    asks(ops.DeleteRole, "DELETE /v1/roles/{uid} 204 v1RolesUidDelete", "role_uid={uid}"),
    asks(
        ops.AddUser,
        "POST /v1/users 201 v1UsersCreate",
        "V1UserEntity email=spec.emailId! name=spec.firstName",
        CREATED,
    ),
    asks(
        ops.ListUsers,
        "GET /v1/users/meta 200 v1UsersMetadata",
        "",
        at.listed(ops.UserList, "V1UsersMetadata", record(ops.NamedUser, "uid! email=emailId")),
    ),
    asks(ops.DeleteUser, f"DELETE {_USER} 204 v1UsersUidDelete", "user_uid={uid}"),
    asks(
        ops.SetTenantRoles,
        f"PUT {_USER}/roles 204 v1UsersUidRolesUpdate",
        "V1UserRoleUIDs user_uid={uid} roles:words",
    ),
    asks(
        ops.ViewTenantRoles,
        f"GET {_USER}/roles 200 v1UsersUidRoles",
        "user_uid={uid}",
        record(ops.TenantRoles, "V1UserRolesEntity", roles=_ROLES_HELD),
    ),
    asks(
        ops.SetProjectRoles,
        f"PUT {_USER}/projects 204 v1UsersProjectRolesPut",
        "V1ProjectRolesPatch user_uid={uid}",
        projects=at.mapped(record(at.Pair, "key=projectUid! value=roles:words"), "projects"),
    ),
    asks(
        ops.ViewProjectRoles,
        f"GET {_USER}/projects 200 v1UsersProjectRoles",
        "user_uid={uid}",
        record(
            ops.ProjectRoles,
            "V1ProjectRolesEntity",
            projects=at.mapped(record(at.Pair, "key=uid!", value=_ROLES_HELD), "projects"),
        ),
    ),
    asks(
        ops.ChangePassword,
        f"PATCH {_USER}/password/change 204 v1UsersUidPasswordChange",
        "V1UsersUidPasswordChange user_uid={uid} password=newPassword! current=currentPassword?",
    ),
    asks(
        ops.AddApiKey,
        "POST /v1/apiKeys 201 v1ApiKeysCreate",
        "V1ApiKeyEntity expiry=spec.expiry:time name=metadata.name! user_uid=spec.userUid!",
        record(ops.IssuedKey, "V1ApiKeyCreateResponse api_key=apiKey!"),
    ),
    asks(
        ops.AddProfile,
        "POST /v1/clusterprofiles 201 v1ClusterProfilesCreate",
        "V1ClusterProfileEntity profile variables publish=?publish:switch",
        CREATED,
        profile=WireField(inside=_PROFILE),
        variables=at.pairs(record(at.Pair, "key=name value=defaultValue"), "spec.variables"),
    ),
    asks(
        ops.PublishProfile,
        "PATCH /v1/clusterprofiles/{uid}/publish 204 v1ClusterProfilesPublish",
        "profile_uid={uid}",
    ),
    asks(
        ops.DeleteProfile,
        "DELETE /v1/clusterprofiles/{uid} 204 v1ClusterProfilesDelete",
        "profile_uid={uid}",
    ),
)
"""Each operation with its fields and its answer."""
