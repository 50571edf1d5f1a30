"""Models of the Palette API by which a tenant's administrator arranges projects, roles, users, API
keys and cluster profiles.
"""

from __future__ import annotations

from typing import Literal

from harness.wire.model import JsonObject, Spare, Time, WireModel
from harness.wire.profiles import PackTypeName, ProfileTypeName, V1ObjectMeta

__all__ = ["V1ObjectMeta"]


class V1ProjectEntity(WireModel):
    """A new project."""

    metadata: V1ObjectMeta | None = None
    spec: Spare[JsonObject] = None


class V1Project(WireModel):
    """A project."""

    metadata: V1ObjectMeta | None = None
    spec: Spare[JsonObject] = None
    status: Spare[JsonObject] = None


class V1Projects(WireModel):
    """The projects, by the call that is published as deprecated."""

    items: list[V1Project]


class V1RoleSpec(WireModel):
    """What a role permits, and where it can be held."""

    permissions: list[str] | None = None
    scope: Literal["system", "tenant", "project", "resource"] | None = None
    type: Spare[Literal["system", "user"]] = None


class V1Role(WireModel):
    """A role."""

    metadata: V1ObjectMeta | None = None
    spec: V1RoleSpec | None = None
    status: Spare[JsonObject] = None


class V1Roles(WireModel):
    """The roles."""

    items: list[V1Role]


class V1UserSpecEntity(WireModel):
    """Who a new user is."""

    emailId: str | None = None
    firstName: str | None = None
    lastName: Spare[str] = None
    loginMode: Spare[str] = None
    roles: Spare[list[str]] = None
    teams: Spare[list[str]] = None


class V1UserEntity(WireModel):
    """A new user."""

    metadata: V1ObjectMeta | None = None
    spec: V1UserSpecEntity | None = None


class V1UserMetaEntity(WireModel):
    """One line of the list of users."""

    emailId: str | None = None
    name: Spare[str] = None
    uid: str | None = None


class V1UsersMetadata(WireModel):
    """The users."""

    items: list[V1UserMetaEntity]


class V1UidSummary(WireModel):
    """A role that somebody holds."""

    name: Spare[str] = None
    uid: str | None = None


class V1UserRoleUIDs(WireModel):
    """The roles that somebody is to hold in the tenant."""

    roles: list[str] | None = None


class V1UserRolesEntity(WireModel):
    """The roles that somebody holds in the tenant."""

    inheritedRoles: list[V1UidSummary] | None = None
    roles: list[V1UidSummary] | None = None


class V1ProjectRolesPatchProject(WireModel):
    """The roles that somebody is to hold in one project."""

    projectUid: str | None = None
    roles: list[str] | None = None


class V1ProjectRolesPatch(WireModel):
    """The roles that somebody is to hold in projects."""

    projects: list[V1ProjectRolesPatchProject] | None = None


class V1UidRoleSummary(WireModel):
    """The roles that somebody holds in one project, whose uid it is."""

    inheritedRoles: list[V1UidSummary] | None = None
    name: Spare[str] = None
    roles: list[V1UidSummary] | None = None
    uid: str | None = None


class V1ProjectRolesEntity(WireModel):
    """The roles that somebody holds in projects."""

    projects: list[V1UidRoleSummary] | None = None


class V1UsersUidPasswordChange(WireModel):
    """A user's next password."""

    currentPassword: str | None = None
    newPassword: str


class V1ApiKeySpecEntity(WireModel):
    """Whose a new API key is, and how long it lasts."""

    expiry: Time | None = None
    userUid: str | None = None


class V1ApiKeyEntity(WireModel):
    """A new API key."""

    metadata: V1ObjectMeta | None = None
    spec: V1ApiKeySpecEntity | None = None


class V1ApiKeyCreateResponse(WireModel):
    """An API key, which is shown this once."""

    apiKey: str | None = None
    uid: Spare[str] = None


class V1PackManifestEntity(WireModel):
    """A pack of a new cluster profile."""

    layer: str | None = None
    manifests: Spare[list[JsonObject]] = None
    name: str
    registryUid: str | None = None
    tag: str | None = None
    type: Spare[PackTypeName] = None
    uid: Spare[str] = None
    values: str | None = None


class V1ClusterProfileTemplateDraft(WireModel):
    """What a new version of a cluster profile holds."""

    cloudType: Spare[str] = None
    packs: list[V1PackManifestEntity] | None = None
    type: ProfileTypeName | None = None


class V1Variable(WireModel):
    """A variable of a cluster profile."""

    defaultValue: str | None = None
    description: Spare[str] = None
    displayName: Spare[str] = None
    format: Spare[str] = None
    hidden: Spare[bool] = None
    immutable: Spare[bool] = None
    inputType: Spare[str] = None
    isSensitive: Spare[bool] = None
    name: str
    options: Spare[list[JsonObject]] = None
    regex: Spare[str] = None
    required: Spare[bool] = None


class V1ClusterProfileEntitySpec(WireModel):
    """The `spec` of a new version of a cluster profile."""

    template: V1ClusterProfileTemplateDraft | None = None
    variables: list[V1Variable] | None = None
    version: str | None = None


class V1ClusterProfileEntity(WireModel):
    """A new version of a cluster profile; the first makes the profile."""

    metadata: V1ObjectMeta | None = None
    spec: V1ClusterProfileEntitySpec | None = None


PUBLISHED_INLINE = {
    "V1ProjectRolesPatchProject": "v1ProjectRolesPatch.projects",
    "V1UsersUidPasswordChange": "v1UsersUidPasswordChange.body",
    "V1ClusterProfileEntitySpec": "v1ClusterProfileEntity.spec",
}
"""Models whose shape is published inside another one, or inside a call."""
