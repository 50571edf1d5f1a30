"""Tenants, their projects, the people who may decide there, and what people and places are called.

Names are drawn from the seed by index, with Faker. That is slow, so that a few hundred places and
people are drawn once in a process, and all others take theirs from them with a label of their own
behind it. Identifiers never come from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from faker import Faker

from harness.domain.arrangements import CreateProject, PutUser
from harness.domain.draws import derived_bits, derived_id
from harness.domain.permission import Grant, PairPermission, every_grant


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
    secrets = (f"<password:{label}>", f"<api_key:{label}>")
    return Admin(email_of(seed, label), *secrets, scope, owns_tokens=not scope)


# --- what people and places are called ----------------------------------------------------

CITIES: Final = 500
PEOPLE: Final = 200


@dataclass(frozen=True, slots=True)
class Location:
    """Where clusters stand. `name` is the site's alone, and fit for the name of a cluster."""

    name: str
    city: str


def site(seed: int, number: int) -> Location:
    """A site by its number: `port-anna-12` in `port-anna`."""
    city = _cities(seed)[derived_bits(seed, "site", number) % CITIES]
    return Location(f"{city}-{number}", city)


def email_of(seed: int, label: str) -> str:
    """The address of the person whom a label stands for, such as `07-0-1-2`: his alone."""
    first, last = _people(seed)[derived_bits(seed, f"person:{label}", 0) % PEOPLE]
    return f"{_slug(first)}.{_slug(last)}.{label}@example.com"


@lru_cache(maxsize=4)
def _cities(seed: int) -> tuple[str, ...]:
    return tuple(_slug(fake.city()) for fake in _fakers(seed, "city", CITIES))


@lru_cache(maxsize=4)
def _people(seed: int) -> tuple[tuple[str, str], ...]:
    fakers = _fakers(seed, "people", PEOPLE)
    return tuple((fake.first_name(), fake.last_name()) for fake in fakers)


def _fakers(seed: int, kind: str, count: int) -> Iterator[Faker]:
    fake = Faker("en_US")
    for index in range(count):
        fake.seed_instance(derived_bits(seed, kind, index))
        yield fake


def _slug(text: str) -> str:
    """Lower case, with `-` for everything but letters and digits."""
    spaced = "".join(c if c.isascii() and c.isalnum() else " " for c in text.lower())
    return "-".join(spaced.split())
