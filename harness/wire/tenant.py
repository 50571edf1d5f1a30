"""Models of the Palette API by which a tenant's administrator arranges projects, roles, users, API
keys and cluster profiles.
"""

from __future__ import annotations

from harness.wire.model import model
from harness.wire.profiles import V1ObjectMeta

__all__ = ["V1ObjectMeta"]
V1ProjectEntity = model("V1ProjectEntity", "A new project.", "metadata:V1ObjectMeta ~spec:object")
V1Project = model("V1Project", "A project.", "metadata:V1ObjectMeta ~spec:object ~status:object")
V1Projects = model(
    "V1Projects", "The projects, by the call that is published as deprecated.", "items!:[V1Project]"
)
V1RoleSpec = model(
    "V1RoleSpec",
    "What a role permits, and where it can be held.",
    "permissions:[text] scope:system|tenant|project|resource ~type:system|user",
)
V1Role = model("V1Role", "A role.", "metadata:V1ObjectMeta spec:V1RoleSpec ~status:object")
V1Roles = model("V1Roles", "The roles.", "items!:[V1Role]")
V1UserSpecEntity = model(
    "V1UserSpecEntity",
    "Who a new user is.",
    "emailId firstName ~lastName ~loginMode ~roles:[text] ~teams:[text]",
)
V1UserEntity = model("V1UserEntity", "A new user.", "metadata:V1ObjectMeta spec:V1UserSpecEntity")
V1UserMetaEntity = model("V1UserMetaEntity", "One line of the list of users.", "emailId ~name uid")
V1UsersMetadata = model("V1UsersMetadata", "The users.", "items!:[V1UserMetaEntity]")
V1UidSummary = model("V1UidSummary", "A role that somebody holds.", "~name uid")
V1UserRoleUIDs = model(
    "V1UserRoleUIDs", "The roles that somebody is to hold in the tenant.", "roles:[text]"
)
V1UserRolesEntity = model(
    "V1UserRolesEntity",
    "The roles that somebody holds in the tenant.",
    "inheritedRoles:[V1UidSummary] roles:[V1UidSummary]",
)
V1ProjectRolesPatchProject = model(
    "V1ProjectRolesPatchProject",
    "The roles that somebody is to hold in one project.",
    "projectUid roles:[text]",
)
V1ProjectRolesPatch = model(
    "V1ProjectRolesPatch",
    "The roles that somebody is to hold in projects.",
    "projects:[V1ProjectRolesPatchProject]",
)
V1UidRoleSummary = model(
    "V1UidRoleSummary",
    "The roles that somebody holds in one project, whose uid it is.",
    "inheritedRoles:[V1UidSummary] ~name roles:[V1UidSummary] uid",
)
V1ProjectRolesEntity = model(
    "V1ProjectRolesEntity",
    "The roles that somebody holds in projects.",
    "projects:[V1UidRoleSummary]",
)
V1UsersUidPasswordChange = model(
    "V1UsersUidPasswordChange", "A user's next password.", "currentPassword newPassword!"
)
V1ApiKeySpecEntity = model(
    "V1ApiKeySpecEntity", "Whose a new API key is, and how long it lasts.", "expiry:time userUid"
)
V1ApiKeyEntity = model(
    "V1ApiKeyEntity", "A new API key.", "metadata:V1ObjectMeta spec:V1ApiKeySpecEntity"
)
V1ApiKeyCreateResponse = model(
    "V1ApiKeyCreateResponse", "An API key, which is shown this once.", "apiKey ~uid"
)
V1PackManifestEntity = model(
    "V1PackManifestEntity",
    "A pack of a new cluster profile.",
    "layer ~manifests:[object] name! registryUid tag ~type:spectro|helm|manifest|oci ~uid values",
)
V1ClusterProfileTemplateDraft = model(
    "V1ClusterProfileTemplateDraft",
    "What a new version of a cluster profile holds.",
    "~cloudType packs:[V1PackManifestEntity] type:cluster|infra|add-on|system",
)
V1Variable = model(
    "V1Variable",
    "A variable of a cluster profile.",
    "defaultValue ~description ~displayName ~format ~hidden:flag ~immutable:flag ~inputType"
    " ~isSensitive:flag name! ~options:[object] ~regex ~required:flag",
)
V1ClusterProfileEntitySpec = model(
    "V1ClusterProfileEntitySpec",
    "The `spec` of a new version of a cluster profile.",
    "template:V1ClusterProfileTemplateDraft variables:[V1Variable] version",
)
V1ClusterProfileEntity = model(
    "V1ClusterProfileEntity",
    "A new version of a cluster profile; the first makes the profile.",
    "metadata:V1ObjectMeta spec:V1ClusterProfileEntitySpec",
)

PUBLISHED_INLINE = {
    "V1ProjectRolesPatchProject": "v1ProjectRolesPatch.projects",
    "V1UsersUidPasswordChange": "v1UsersUidPasswordChange.body",
    "V1ClusterProfileEntitySpec": "v1ClusterProfileEntity.spec",
}
"""Models whose shape is published inside another one, or inside a call."""
