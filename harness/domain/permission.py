"""Permissions on pairing requests: the resource key `clusterPair`, by tenant and project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

TENANT = ""
"""The scope of the whole tenant; every other scope is a project's uid."""


class PairPermission(StrEnum):
    """What one may do with pairing requests. Accepting is `update`, rejecting is `delete`."""

    LIST = "list"
    GET = "get"
    UPDATE = "update"
    DELETE = "delete"

    @property
    def published(self) -> str:
        """As it stands in a role."""
        return f"clusterPair.{self.value}"


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission in one scope."""

    permission: PairPermission
    scope: str


@dataclass(frozen=True, slots=True)
class AccessRole:
    """A role, by which people hold permissions: in the tenant, or in projects.

    `permissions` are as they are published, `clusterPair.list`: those on pairing requests and
    all others.
    """

    name: str
    of_projects: bool
    permissions: tuple[str, ...]
    uid: str = ""

    def grants(self, scope: str) -> frozenset[Grant]:
        """What it permits on pairing requests, to whom holds it in this scope."""
        found = (p for p in PairPermission if p.published in self.permissions)
        return frozenset(Grant(permission, scope) for permission in found)


def permits(
    grants: Iterable[Grant], permission: PairPermission, scope: str, *, tenant_extends: bool
) -> bool:
    """Whether the grants hold the permission in the scope (PRE-8, PRE-9).

    Whether a grant in tenant scope extends to projects is not documented (PRE-10), so the
    caller says.
    """
    scopes = {scope, TENANT} if tenant_extends else {scope}
    return any(g.permission is permission and g.scope in scopes for g in grants)


def every_grant(scope: str) -> frozenset[Grant]:
    """All pairing permissions in one scope, as the admin roles have them."""
    return frozenset(Grant(permission, scope) for permission in PairPermission)
