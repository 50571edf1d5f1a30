"""What a tenant's administrator asks of Palette: projects, people and cluster profiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from harness.domain import operations as ops
from harness.domain.permission import AccessRole
from harness.domain.profile import Pack, ProfileType, StackProfile
from harness.wire import tenant
from harness.wire.table import fields as at
from harness.wire.table.fields import TableRow, WireField, asks, record
from harness.wire.table.palette import CREATED
from harness.wire.table.stack import CLOUD_TYPE, pack_fields

_PROJECT: Final = "project"
_NAME = at.needed("metadata.name")

_ROLE = record(
    AccessRole,
    name=_NAME,
    of_projects=WireField(
        ("spec.scope",),
        lambda scope, _: scope == _PROJECT,
        lambda of_projects: _PROJECT if of_projects else "tenant",
    ),
    permissions=at.words("spec.permissions"),
    uid=at.unless_empty("metadata.uid"),
)
"""A role that is held elsewhere, in single resources, is none of projects."""


def _held(entity: Any) -> tuple[str, ...]:
    """Whoever has a role by their team has it as well."""
    held = (*(entity.get("roles") or ()), *(entity.get("inheritedRoles") or ()))
    return tuple(role["uid"] for role in held if role.get("uid"))


def _summaries(roles: Iterable[str]) -> list[dict[str, str]]:
    return [{"uid": uid} for uid in roles]


_ROLES_HELD = at.computed(_held, "roles", _summaries)
_PERMITTED = record(at.pair, key=at.needed("projectUid"), value=at.words("roles"))

_PROFILE = record(
    StackProfile,
    {"spec.template.cloudType": at.constant(CLOUD_TYPE)},
    name=_NAME,
    type=at.one_of(ProfileType, "spec.template.type"),
    version=at.text("spec.version", default="1.0.0"),
    packs=at.each(
        record(Pack, **pack_fields(at.needed("tag"), closed_layers=False)), "spec.template.packs"
    ),
)
_VARIABLE = record(at.pair, key=at.text("name"), value=at.text("defaultValue"))

_OF_USER = {"user_uid": at.parameter("uid")}
_OF_ROLE = {"role_uid": at.parameter("uid")}
_OF_PROFILE = {"profile_uid": at.parameter("uid")}

_USER = "/v1/users/{uid}"

TABLE: tuple[TableRow, ...] = (
    asks(
        ops.AddProject,
        "POST /v1/projects 201 v1ProjectsCreate",
        CREATED,
        tenant.V1ProjectEntity,
        name=_NAME,
    ),
    asks(
        ops.DeleteProject,
        "DELETE /v1/projects/{uid} 204 v1ProjectsUidDelete",
        project_uid=at.parameter("uid"),
        with_contents=at.switch("cleanupProjectResources"),
    ),
    asks(
        ops.AddRole,
        "POST /v1/roles 201 v1RolesCreate",
        CREATED,
        tenant.V1Role,
        role=at.inside(_ROLE),
    ),
    replace(
        asks(
            ops.ListRoles,
            "GET /v1/roles 200 v1RolesList",
            (tenant.V1Roles, record(ops.RoleList, items=at.each(_ROLE, "items"))),
        ),
        paged=True,
    ),
    asks(ops.ViewRole, "GET /v1/roles/{uid} 200 v1RolesUidGet", (tenant.V1Role, _ROLE), **_OF_ROLE),
    asks(ops.DeleteRole, "DELETE /v1/roles/{uid} 204 v1RolesUidDelete", **_OF_ROLE),
    asks(
        ops.AddUser,
        "POST /v1/users 201 v1UsersCreate",
        CREATED,
        tenant.V1UserEntity,
        email=at.needed("spec.emailId"),
        name=at.text("spec.firstName"),
    ),
    asks(
        ops.ListUsers,
        "GET /v1/users/meta 200 v1UsersMetadata",
        (
            tenant.V1UsersMetadata,
            record(
                ops.UserList,
                items=at.each(
                    record(ops.NamedUser, uid=at.needed("uid"), email=at.text("emailId")), "items"
                ),
            ),
        ),
    ),
    asks(ops.DeleteUser, f"DELETE {_USER} 204 v1UsersUidDelete", **_OF_USER),
    asks(
        ops.SetTenantRoles,
        f"PUT {_USER}/roles 204 v1UsersUidRolesUpdate",
        None,
        tenant.V1UserRoleUIDs,
        **_OF_USER,
        roles=at.words("roles"),
    ),
    asks(
        ops.ViewTenantRoles,
        f"GET {_USER}/roles 200 v1UsersUidRoles",
        (tenant.V1UserRolesEntity, record(ops.TenantRoles, roles=_ROLES_HELD)),
        **_OF_USER,
    ),
    asks(
        ops.SetProjectRoles,
        f"PUT {_USER}/projects 204 v1UsersProjectRolesPut",
        None,
        tenant.V1ProjectRolesPatch,
        **_OF_USER,
        projects=at.mapped(_PERMITTED, "projects"),
    ),
    asks(
        ops.ViewProjectRoles,
        f"GET {_USER}/projects 200 v1UsersProjectRoles",
        (
            tenant.V1ProjectRolesEntity,
            record(
                ops.ProjectRoles,
                projects=at.mapped(
                    record(at.pair, key=at.needed("uid"), value=_ROLES_HELD), "projects"
                ),
            ),
        ),
        **_OF_USER,
    ),
    asks(
        ops.ChangePassword,
        f"PATCH {_USER}/password/change 204 v1UsersUidPasswordChange",
        None,
        tenant.V1UsersUidPasswordChange,
        **_OF_USER,
        password=at.needed("newPassword"),
        current=at.unless_empty("currentPassword"),
    ),
    asks(
        ops.AddApiKey,
        "POST /v1/apiKeys 201 v1ApiKeysCreate",
        (tenant.V1ApiKeyCreateResponse, record(ops.IssuedKey, key=at.needed("apiKey"))),
        tenant.V1ApiKeyEntity,
        expiry=at.time("spec.expiry"),
        name=_NAME,
        user_uid=at.needed("spec.userUid"),
    ),
    asks(
        ops.AddProfile,
        "POST /v1/clusterprofiles 201 v1ClusterProfilesCreate",
        CREATED,
        tenant.V1ClusterProfileEntity,
        profile=at.inside(_PROFILE),
        variables=at.pairs(_VARIABLE, "spec.variables"),
        publish=at.switch("publish"),
    ),
    asks(
        ops.PublishProfile,
        "PATCH /v1/clusterprofiles/{uid}/publish 204 v1ClusterProfilesPublish",
        **_OF_PROFILE,
    ),
    asks(
        ops.DeleteProfile,
        "DELETE /v1/clusterprofiles/{uid} 204 v1ClusterProfilesDelete",
        **_OF_PROFILE,
    ),
)
"""Each operation with its fields and its answer."""
