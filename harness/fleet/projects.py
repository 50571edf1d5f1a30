"""Tenants, their projects, and the people who may decide there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from harness.domain.arrangements import CreateProject, PutUser
from harness.domain.draws import derived_id
from harness.domain.permission import Grant, PairPermission, every_grant
from harness.fleet.names import person


def project_uid(seed: int, tenant: int, project: int) -> str:
    """The uid of a project, from its tenant's number and its own number in it."""
    return derived_id(seed, f"project:{tenant}", project)


def project_label(tenant: int, project: int) -> str:
    """How a project is called in names of happenings and of things: `0-1`."""
    return f"{tenant}-{project}"


def project(seed: int, tenant: int, number: int) -> CreateProject:
    """The arrangement that creates a project."""
    label = project_label(tenant, number)
    return CreateProject(project_uid(seed, tenant, number), f"project-{label}")


@dataclass(frozen=True, slots=True)
class Admin:
    """Somebody with a login to Palette. His secrets are labels; there are no real ones.

    `scope` is the uid of the project in which he manages pairing requests; a token owner's is
    empty, and he manages none.
    """

    name: str
    email: str
    password: str
    api_key: str
    scope: str
    owns_tokens: bool = False

    def put(self, lost: frozenset[PairPermission] = frozenset()) -> PutUser:
        """The arrangement that gives him all his permissions but the lost ones."""
        held = every_grant(self.scope) - {Grant(permission, self.scope) for permission in lost}
        grants = frozenset[Grant]() if self.owns_tokens else held
        return PutUser(self.email, self.password, self.api_key, grants, self.owns_tokens)


def admin(seed: int, cell: int, tenant: int, project: int, number: int) -> Admin:
    """One of the administrators of a project in a cell, by number from 0."""
    label = f"{cell:02d}-{project_label(tenant, project)}-{number}"
    return _admin(seed, label, project_uid(seed, tenant, project))


def token_owner(seed: int, tenant: int) -> Admin:
    """Who revokes a tenant's registration tokens; the same person in each cell."""
    return _admin(seed, f"owner-{tenant}", "")


@lru_cache(maxsize=4096)
def _admin(seed: int, label: str, scope: str) -> Admin:
    who = person(seed, label)
    secrets = (f"<password:{label}>", f"<api_key:{label}>")
    return Admin(who.name, who.email, *secrets, scope, owns_tokens=not scope)
