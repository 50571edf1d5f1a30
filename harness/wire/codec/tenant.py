"""What a tenant's administrator asks of Palette: projects, people and cluster profiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from harness.domain import operations as ops
from harness.domain.operations import CentralOperation, Operation, Value
from harness.domain.permission import AccessRole
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.wire import tenant as wire
from harness.wire.codec import parts
from harness.wire.codec.stack import CLOUD_TYPE
from harness.wire.http import Json
from harness.wire.model import Malformed, WireModel, parse_model
from harness.wire.timestamps import from_timestamp, to_timestamp

_PROJECT: Final = "project"


def to_parts(operation: CentralOperation) -> parts.Parts | None:
    """What the operation contributes to its request; `None` if it is none of these."""
    match operation:
        case ops.AddProject(name):
            return parts.Parts(body=wire.V1ProjectEntity(metadata=wire.V1ObjectMeta(name=name)))
        case ops.DeleteProject(uid, with_contents):
            query = {"cleanupProjectResources": "true"} if with_contents else {}
            return parts.Parts({"uid": uid}, query)
        case ops.AddRole(role):
            return parts.Parts(body=_to_role(role))
        case ops.AddUser(email, name):
            spec = wire.V1UserSpecEntity(emailId=email, firstName=name)
            return parts.Parts(body=wire.V1UserEntity(spec=spec))
        case ops.SetTenantRoles(uid, roles):
            return parts.Parts({"uid": uid}, body=wire.V1UserRoleUIDs(roles=list(roles)))
        case ops.SetProjectRoles(uid, projects):
            held = [
                wire.V1ProjectRolesPatchProject(projectUid=project, roles=list(roles))
                for project, roles in projects.items()
            ]
            return parts.Parts({"uid": uid}, body=wire.V1ProjectRolesPatch(projects=held))
        case ops.ChangePassword(uid, password, current):
            body = wire.V1UsersUidPasswordChange(
                currentPassword=parts.unless_empty(current), newPassword=password
            )
            return parts.Parts({"uid": uid}, body=body)
        case ops.AddApiKey(name, user, expiry):
            until = None if expiry is None else to_timestamp(expiry)
            key = wire.V1ApiKeySpecEntity(userUid=user, expiry=until)
            meta = wire.V1ObjectMeta(name=name)
            return parts.Parts(body=wire.V1ApiKeyEntity(metadata=meta, spec=key))
        case ops.AddProfile():
            query = {"publish": "true"} if operation.publish else {}
            return parts.Parts(query=query, body=_to_entity(operation))
        case ops.ListRoles() | ops.ListUsers():
            return parts.Parts()
        case (
            ops.ViewRole(uid)
            | ops.DeleteRole(uid)
            | ops.DeleteUser(uid)
            | ops.ViewTenantRoles(uid)
            | ops.ViewProjectRoles(uid)
            | ops.PublishProfile(uid)
            | ops.DeleteProfile(uid)
        ):
            return parts.Parts({"uid": uid})
    return None


def _to_role(role: AccessRole) -> wire.V1Role:
    spec = wire.V1RoleSpec(
        permissions=list(role.permissions), scope=_PROJECT if role.of_projects else "tenant"
    )
    meta = wire.V1ObjectMeta(name=role.name, uid=parts.unless_empty(role.uid))
    return wire.V1Role(metadata=meta, spec=spec)


def _to_entity(operation: ops.AddProfile) -> WireModel:
    profile = operation.profile
    packs = [
        wire.V1PackManifestEntity(
            layer=pack.layer.value,
            name=pack.name,
            tag=pack.version,
            registryUid=parts.unless_empty(pack.registry),
            values=parts.unless_empty(pack.values),
        )
        for pack in profile.packs
    ]
    variables = [wire.V1Variable(name=n, defaultValue=v) for n, v in operation.variables]
    spec = wire.V1ClusterProfileEntitySpec(
        template=wire.V1ClusterProfileTemplateDraft(
            cloudType=CLOUD_TYPE, type=profile.type.value, packs=packs
        ),
        variables=variables or None,
        version=profile.version,
    )
    meta = wire.V1ObjectMeta(name=profile.name)
    return wire.V1ClusterProfileEntity(metadata=meta, spec=spec)


# --- requests, as the server reads them -----------------------------------------------------


def _name(metadata: wire.V1ObjectMeta | None) -> str:
    return parts.needed(metadata.name if metadata else None, "metadata.name")


def _add_user(incoming: parts.Incoming) -> Operation:
    spec = parse_model(wire.V1UserEntity, incoming.json).spec or wire.V1UserSpecEntity()
    return ops.AddUser(parts.needed(spec.emailId, "spec.emailId"), spec.firstName or "")


def _role(role: wire.V1Role, place: str = "") -> AccessRole:
    """A role that is held elsewhere, in single resources, is none of projects."""
    spec = role.spec or wire.V1RoleSpec()
    metadata = role.metadata or wire.V1ObjectMeta()
    return AccessRole(
        parts.needed(metadata.name, f"{place}metadata.name"),
        spec.scope == _PROJECT,
        tuple(spec.permissions or ()),
        metadata.uid or "",
    )


def _set_project_roles(incoming: parts.Incoming) -> Operation:
    projects = parse_model(wire.V1ProjectRolesPatch, incoming.json).projects or []
    held = {
        parts.needed(p.projectUid, f"projects.{n}.projectUid"): tuple(p.roles or ())
        for n, p in enumerate(projects)
    }
    return ops.SetProjectRoles(incoming.parameter("uid"), held)


def _change_password(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1UsersUidPasswordChange, incoming.json)
    password = parts.needed(body.newPassword, "newPassword")
    return ops.ChangePassword(incoming.parameter("uid"), password, body.currentPassword or "")


def _add_key(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1ApiKeyEntity, incoming.json)
    spec = body.spec or wire.V1ApiKeySpecEntity()
    expiry = from_timestamp(spec.expiry, "spec.expiry") if spec.expiry else None
    return ops.AddApiKey(_name(body.metadata), parts.needed(spec.userUid, "spec.userUid"), expiry)


def _add_profile(incoming: parts.Incoming) -> Operation:
    body = parse_model(wire.V1ClusterProfileEntity, incoming.json)
    spec = body.spec or wire.V1ClusterProfileEntitySpec()
    template = spec.template or wire.V1ClusterProfileTemplateDraft()
    place = "spec.template.packs"
    profile = StackProfile(
        _name(body.metadata),
        ProfileType(parts.needed(template.type, "spec.template.type")),
        spec.version or "1.0.0",
        tuple(_pack(pack, f"{place}.{n}") for n, pack in enumerate(template.packs or ())),
    )
    variables = tuple((v.name, v.defaultValue or "") for v in spec.variables or ())
    return ops.AddProfile(profile, variables, incoming.flag("publish"))


def _pack(pack: wire.V1PackManifestEntity, place: str) -> Pack:
    if pack.layer not in frozenset(Layer):
        raise Malformed(f"{place}.layer", f"one of {', '.join(Layer)} is needed")
    return Pack(
        Layer(pack.layer),
        parts.needed(pack.name, f"{place}.name"),
        parts.needed(pack.tag, f"{place}.tag"),
        pack.registryUid or "",
        pack.values or "",
    )


def _of_uid(kind: Callable[[str], Operation]) -> parts.FromRequest:
    return lambda incoming: kind(incoming.parameter("uid"))


OPERATIONS: Mapping[type[Operation], parts.FromRequest] = {
    ops.AddProject: lambda i: ops.AddProject(
        _name(parse_model(wire.V1ProjectEntity, i.json).metadata)
    ),
    ops.DeleteProject: lambda i: ops.DeleteProject(
        i.parameter("uid"), i.flag("cleanupProjectResources")
    ),
    ops.AddRole: lambda i: ops.AddRole(_role(parse_model(wire.V1Role, i.json))),
    ops.AddUser: _add_user,
    ops.SetTenantRoles: lambda i: ops.SetTenantRoles(
        i.parameter("uid"), tuple(parse_model(wire.V1UserRoleUIDs, i.json).roles or ())
    ),
    ops.SetProjectRoles: _set_project_roles,
    ops.ChangePassword: _change_password,
    ops.AddApiKey: _add_key,
    ops.AddProfile: _add_profile,
    ops.ViewRole: _of_uid(ops.ViewRole),
    ops.DeleteRole: _of_uid(ops.DeleteRole),
    ops.DeleteUser: _of_uid(ops.DeleteUser),
    ops.ViewTenantRoles: _of_uid(ops.ViewTenantRoles),
    ops.ViewProjectRoles: _of_uid(ops.ViewProjectRoles),
    ops.PublishProfile: _of_uid(ops.PublishProfile),
    ops.DeleteProfile: _of_uid(ops.DeleteProfile),
}
"""How each operation is read from its request."""


# --- answers ------------------------------------------------------------------------------


def to_answer(value: Value) -> WireModel | None:
    """The body for a value that the operations here are answered with; `None` for another."""
    match value:
        case AccessRole():
            return _to_role(value)
        case ops.RoleList(roles):
            return wire.V1Roles(items=[_to_role(role) for role in roles])
        case ops.UserList(users):
            found = [wire.V1UserMetaEntity(uid=user.uid, emailId=user.email) for user in users]
            return wire.V1UsersMetadata(items=found)
        case ops.TenantRoles(held):
            return wire.V1UserRolesEntity(roles=_summaries(held))
        case ops.ProjectRoles(projects):
            rows = [
                wire.V1UidRoleSummary(uid=uid, roles=_summaries(held))
                for uid, held in projects.items()
            ]
            return wire.V1ProjectRolesEntity(projects=rows)
        case ops.IssuedKey(key):
            return wire.V1ApiKeyCreateResponse(apiKey=key)
    return None


def _summaries(roles: Sequence[str]) -> list[wire.V1UidSummary]:
    return [wire.V1UidSummary(uid=uid) for uid in roles]


def _held(entity: wire.V1UserRolesEntity | wire.V1UidRoleSummary) -> tuple[str, ...]:
    """Whoever has a role by their team has it as well."""
    held = (*(entity.roles or ()), *(entity.inheritedRoles or ()))
    return tuple(role.uid for role in held if role.uid)


def _roles(json: Json) -> Value:
    items = enumerate(parse_model(wire.V1Roles, json).items)
    return ops.RoleList(tuple(_role(item, f"items.{n}.") for n, item in items))


def _users(json: Json) -> Value:
    items = enumerate(parse_model(wire.V1UsersMetadata, json).items)
    named = ((parts.needed(u.uid, f"items.{n}.uid"), u.emailId or "") for n, u in items)
    return ops.UserList(tuple(ops.NamedUser(*user) for user in named))


def _project_roles(json: Json) -> Value:
    projects = enumerate(parse_model(wire.V1ProjectRolesEntity, json).projects or ())
    return ops.ProjectRoles(
        {parts.needed(p.uid, f"projects.{n}.uid"): _held(p) for n, p in projects}
    )


def _created(json: Json) -> Value:
    return ops.Created(parts.uid_of(json))


VALUES: Mapping[type[Operation], Callable[[Any], Value]] = {
    **dict.fromkeys((ops.AddProject, ops.AddRole, ops.AddUser, ops.AddProfile), _created),
    ops.ListRoles: _roles,
    ops.ViewRole: lambda json: _role(parse_model(wire.V1Role, json)),
    ops.ListUsers: _users,
    ops.ViewTenantRoles: lambda j: ops.TenantRoles(_held(parse_model(wire.V1UserRolesEntity, j))),
    ops.ViewProjectRoles: _project_roles,
    ops.AddApiKey: lambda json: ops.IssuedKey(
        parts.needed(parse_model(wire.V1ApiKeyCreateResponse, json).apiKey, "apiKey")
    ),
}
"""How each operation's answer is read."""
