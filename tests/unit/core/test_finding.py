"""Projects, profiles and clusters are found by whoever has business in their scope."""

from __future__ import annotations

import pytest

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.errors import Reason
from harness.domain.permission import TENANT, every_grant
from harness.domain.profile import ClusterProfile, ProfileEdition, ProfileType

from .world import PACKS, SmallWorld, done, reason

IN_TENANT = ops.Credentials(api_key="tenant-key")
STRANGER = ops.Credentials(api_key="stranger-key", project_uid="p")


@pytest.fixture
def peopled(world: SmallWorld) -> SmallWorld:
    """A world with another project, a profile of each scope, and people of other scopes."""
    world.arrange(arrangements.CreateProject("q", "wholesale"))
    world.arrange(arrangements.PutUser("t@example.com", "", "tenant-key", every_grant(TENANT)))
    world.arrange(arrangements.PutUser("s@example.com", "", "stranger-key", every_grant("q")))
    for uid, project in (("of-q", "q"), ("of-tenant", TENANT)):
        editions = (ProfileEdition("1.9.0", PACKS), ProfileEdition("1.10.0", (), published=False))
        profile = ClusterProfile(uid, uid, ProfileType.ADD_ON, editions, project)
        world.arrange(arrangements.PutProfile(profile))
    return world


def profiles(world: SmallWorld, credentials: ops.Credentials) -> set[str]:
    value = done(world.reference.perform_central(ops.ListProfiles(), credentials))
    assert isinstance(value, ops.ProfileList)
    return {f"{item.uid} {item.version}" for item in value.items}


def test_a_project_sees_its_profiles_and_the_tenants(peopled: SmallWorld) -> None:
    shared = {"of-tenant 1.9.0", "of-tenant 1.10.0"}
    assert profiles(peopled, peopled.admin) == {"f 1.0.0"} | shared
    everything = {"f 1.0.0", "of-q 1.9.0", "of-q 1.10.0"} | shared
    assert profiles(peopled, IN_TENANT) == everything


def test_the_latest_published_version_is_shown_before_any_draft(peopled: SmallWorld) -> None:
    view = done(peopled.central(ops.ViewProfile("of-tenant")))
    assert isinstance(view, ops.ProfileView)
    assert (view.published, view.profile.version, view.profile.packs) == (True, "1.9.0", PACKS)
    assert reason(peopled.central(ops.ViewProfile("of-q"))) is Reason.NOT_FOUND
    assert reason(peopled.central(ops.ViewProfile("nobody"))) is Reason.NOT_FOUND
    draft = ClusterProfile("d", "d", ProfileType.INFRA, (ProfileEdition("1.0.0", (), False),), "p")
    peopled.arrange(arrangements.PutProfile(draft))
    view = done(peopled.central(ops.ViewProfile("d")))
    assert isinstance(view, ops.ProfileView)
    assert not view.published


def test_projects_are_found_by_their_name(peopled: SmallWorld) -> None:
    perform = peopled.reference.perform_central
    assert done(perform(ops.ListProjects(), IN_TENANT)) == ops.ScopeList(
        (ops.NamedScope("p", "retail"), ops.NamedScope("q", "wholesale"))
    )
    mine = ops.ScopeList((ops.NamedScope("p", "retail"),))
    assert done(perform(ops.ListProjects("retail"), IN_TENANT)) == mine
    assert done(peopled.central(ops.ListProjects())) == mine


@pytest.mark.parametrize(
    "operation", [ops.ListProfiles(), ops.ViewProfile("f"), ops.ListCentralClusters()]
)
def test_who_has_no_business_there_finds_nothing(
    peopled: SmallWorld, operation: ops.CentralOperation
) -> None:
    perform = peopled.reference.perform_central
    assert reason(perform(operation, STRANGER)) is Reason.FORBIDDEN
    assert reason(perform(operation, ops.Credentials())) is Reason.UNAUTHENTICATED
