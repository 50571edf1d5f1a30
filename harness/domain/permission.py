"""Permissions on pairing requests: the resource key `clusterPair`, by tenant and project."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

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
class NamedGrant:
    """One permission of a product in one scope, by the name that it has there."""

    name: str
    scope: str


@dataclass(frozen=True, slots=True)
class PermissionNames:
    """How a product tells permissions on pairing requests: ours, each by all of its own that it
    takes. Several of ours may be one there, and one of ours take several.
    """

    of: Mapping[PairPermission, frozenset[str]]

    @classmethod
    def said(cls, names: Mapping[str, Iterable[str]]) -> PermissionNames | None:
        """As a target file says it, by ours; those without an entry are as published. `None` where
        all are.
        """
        own = {PairPermission(ours): frozenset(theirs) for ours, theirs in names.items()}
        return cls({**PUBLISHED.of, **own}) if own else None

    def named(self, grants: Iterable[Grant]) -> frozenset[NamedGrant]:
        """What is granted there so that somebody may do just this: all that belongs to it, without
        what belongs to something that they would be able to do besides.
        """
        wanted = _by_scope(grants)
        return frozenset(
            NamedGrant(name, scope)
            for scope, permissions in wanted.items()
            for name in self._named(permissions)
        )

    def _named(self, wanted: frozenset[PairPermission]) -> frozenset[str]:
        given = self._all(wanted)
        return given - self._all(self._held(given) - wanted)

    def _all(self, permissions: Iterable[PairPermission]) -> frozenset[str]:
        return frozenset[str]().union(*(self.of[p] for p in permissions))

    def whole(self, grants: Iterable[Grant]) -> frozenset[Grant]:
        """What somebody may do who may do this: whatever is one with it there as well."""
        return self.held(NamedGrant(n, g.scope) for g in grants for n in self.of[g.permission])

    def held(self, named: Iterable[NamedGrant]) -> frozenset[Grant]:
        """What somebody may do to whom this is granted."""
        scopes: dict[str, set[str]] = {}
        for grant in named:
            scopes.setdefault(grant.scope, set()).add(grant.name)
        return frozenset(Grant(p, scope) for scope, n in scopes.items() for p in self._held(n))

    def _held(self, names: Collection[str]) -> frozenset[PairPermission]:
        return frozenset(p for p, needed in self.of.items() if needed.issubset(names))

    def blurred(self, grants: Iterable[Grant]) -> str:
        """Why nobody there may do just this, and all of it; empty where somebody may."""
        for wanted in _by_scope(grants).values():
            besides = self._held(self._all(wanted)) - wanted
            for lost in sorted(wanted - self._held(self._named(wanted))):
                with_it = min(p for p in besides if self.of[p] & self.of[lost])
                return f"{' and '.join(sorted((lost, with_it)))} are one grant there"
        return ""


def _by_scope(grants: Iterable[Grant]) -> dict[str, frozenset[PairPermission]]:
    scopes: dict[str, set[PairPermission]] = {}
    for grant in grants:
        scopes.setdefault(grant.scope, set()).add(grant.permission)
    return {scope: frozenset(permissions) for scope, permissions in scopes.items()}


PUBLISHED: Final = PermissionNames({p: frozenset({p.published}) for p in PairPermission})
"""As the published roles have them."""


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
        return PUBLISHED.held(NamedGrant(name, scope) for name in self.permissions)


def permits(
    grants: Iterable[Grant], permission: PairPermission, scope: str, *, tenant_extends: bool
) -> bool:
    """Whether the grants hold the permission in the scope (PRE-8, PRE-9).

    Whether a grant in tenant scope extends to projects is not documented (PRE-10), so the
    caller says.
    """
    scopes = {scope, TENANT} if tenant_extends else {scope}
    return any(g.permission is permission and g.scope in scopes for g in grants)


@lru_cache(maxsize=100)
def every_grant(scope: str) -> frozenset[Grant]:
    """All pairing permissions in one scope, as the admin roles have them."""
    return frozenset(Grant(permission, scope) for permission in PairPermission)
