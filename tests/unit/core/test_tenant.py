"""What a tenant's administrator arranges, and nobody else."""

from __future__ import annotations

import pytest

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.errors import Reason
from harness.domain.permission import AccessRole
from harness.domain.profile import ProfileType, StackProfile

from .world import PACKS, SmallWorld, done, reason

ROOT = ops.Credentials(api_key="root-key")
PROFILE = ops.AddProfile(StackProfile("infra", ProfileType.INFRA, "1.0.0", PACKS))
MONTH = 30 * 86_400_000_000


@pytest.fixture
def tenant(world: SmallWorld) -> SmallWorld:
    root = arrangements.PutUser("root@example.com", "word", "root-key", frozenset(), True)
    world.arrange(root)
    return world


def created(world: SmallWorld, operation: ops.CentralOperation) -> str:
    value = done(world.central(operation, ROOT))
    assert isinstance(value, ops.Created)
    return value.uid


def user_with(world: SmallWorld, *roles: str) -> str:
    uid = created(world, ops.AddUser("jane@example.com", "jane"))
    done(world.central(ops.SetProjectRoles(uid, {"p": roles}), ROOT))
    return uid


def key_of(world: SmallWorld, uid: str) -> ops.Credentials:
    value = done(world.central(ops.AddApiKey("key", uid, world.reference.now() + MONTH), ROOT))
    assert isinstance(value, ops.IssuedKey)
    return ops.Credentials(api_key=value.api_key, project_uid="p")


@pytest.mark.parametrize(
    "operation",
    [
        ops.AddProject("x"), ops.DeleteProject("p", with_contents=True), ops.ListRoles(),
        ops.AddRole(AccessRole("r", True, ())), ops.ViewRole("r"), ops.DeleteRole("r"),
        ops.AddUser("x@example.com", "x"), ops.ListUsers(), ops.DeleteUser("root@example.com"),
        ops.SetTenantRoles("u", ()), ops.ViewTenantRoles("u"), ops.SetProjectRoles("u", {}),
        ops.ViewProjectRoles("u"), ops.AddApiKey("k", "root@example.com", 9), PROFILE,
        ops.PublishProfile("f"), ops.DeleteProfile("f"),
        ops.ChangePassword("root@example.com", "mine now", "guessed"),
    ],
    ids=lambda operation: type(operation).__name__,
)  # fmt: skip
def test_nobody_else_arranges_anything(tenant: SmallWorld, operation: ops.CentralOperation) -> None:
    assert reason(tenant.central(operation)) is Reason.FORBIDDEN
    nobody = ops.Credentials(api_key="unknown")
    assert reason(tenant.central(operation, nobody)) is Reason.UNAUTHENTICATED


def test_a_role_that_is_deleted_permits_nothing_any_more(tenant: SmallWorld) -> None:
    roles = [
        created(tenant, ops.AddRole(AccessRole(name, True, (f"clusterPair.{name}",))))
        for name in ("list", "get")
    ]
    hers = key_of(tenant, user_with(tenant, *roles))
    done(tenant.central(ops.ListPairingRequests(), hers))
    assert reason(tenant.central(ops.ViewPairingRequest("x"), hers)) is Reason.NOT_FOUND
    done(tenant.central(ops.DeleteRole(roles[1]), ROOT))
    assert reason(tenant.central(ops.ViewPairingRequest("x"), hers)) is Reason.FORBIDDEN
    done(tenant.central(ops.ListPairingRequests(), hers))


def test_a_role_is_held_in_its_own_scope_alone(tenant: SmallWorld) -> None:
    of_tenant = created(tenant, ops.AddRole(AccessRole("all", False, ("clusterPair.list",))))
    uid = user_with(tenant)
    wrong = ops.SetProjectRoles(uid, {"p": (of_tenant,)})
    assert reason(tenant.central(wrong, ROOT)) is Reason.INVALID_INPUT
    nowhere = ops.SetProjectRoles(uid, {"nowhere": ()})
    assert reason(tenant.central(nowhere, ROOT)) is Reason.INVALID_INPUT
    unknown = ops.SetTenantRoles(uid, ("unknown",))
    assert reason(tenant.central(unknown, ROOT)) is Reason.NOT_FOUND


def test_a_key_ends_with_its_time_and_with_its_user(tenant: SmallWorld) -> None:
    role = created(tenant, ops.AddRole(AccessRole("r", True, ("clusterPair.list",))))
    uid = user_with(tenant, role)
    hers = key_of(tenant, uid)
    done(tenant.central(ops.ListPairingRequests(), hers))
    tenant.arrange(arrangements.AdvanceClock(arrangements.Side.CENTRAL, MONTH))
    gone = ops.ListPairingRequests()
    assert reason(tenant.central(gone, hers)) is Reason.UNAUTHENTICATED
    tenant.arrange(arrangements.SetClockRight(arrangements.Side.CENTRAL))
    done(tenant.central(ops.ListPairingRequests(), hers))
    done(tenant.central(ops.DeleteUser(uid), ROOT))
    assert reason(tenant.central(gone, hers)) is Reason.UNAUTHENTICATED


def test_one_changes_ones_own_password_by_the_present_one(tenant: SmallWorld) -> None:
    uid = user_with(tenant)
    done(tenant.central(ops.ChangePassword(uid, "first"), ROOT))
    hers = key_of(tenant, uid)
    done(tenant.central(ops.ChangePassword(uid, "second", "first"), hers))
    done(tenant.central(ops.LogInToPalette("jane@example.com", "second")))


@pytest.mark.parametrize(
    "again",
    [
        ops.AddProject("new"),
        ops.AddRole(AccessRole("new", True, ())),
        ops.AddUser("new@example.com", "new"),
        PROFILE,
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_a_name_is_given_once(tenant: SmallWorld, again: ops.CentralOperation) -> None:
    created(tenant, again)
    assert reason(tenant.central(again, ROOT)) is Reason.CONFLICT


def test_a_project_with_something_in_it_is_deleted_only_with_that(tenant: SmallWorld) -> None:
    assert reason(tenant.central(ops.DeleteProject("p"), ROOT)) is Reason.CONFLICT
    done(tenant.central(ops.DeleteProject("p", with_contents=True), ROOT))
    assert reason(tenant.central(ops.DeleteProject("p"), ROOT)) is Reason.NOT_FOUND
    empty = created(tenant, ops.AddProject("new"))
    done(tenant.central(ops.DeleteProject(empty), ROOT))


def test_a_version_that_is_none_and_a_draft_that_is_not_there(tenant: SmallWorld) -> None:
    none = ops.AddProfile(StackProfile("infra", ProfileType.INFRA, "newest", PACKS))
    assert reason(tenant.central(none, ROOT)) is Reason.INVALID_INPUT
    uid = created(tenant, PROFILE)
    done(tenant.central(ops.PublishProfile(uid), ROOT))
    assert reason(tenant.central(ops.PublishProfile(uid), ROOT)) is Reason.CONFLICT
    done(tenant.central(ops.DeleteProfile(uid), ROOT))
    assert reason(tenant.central(ops.ViewProfile(uid), ROOT)) is Reason.NOT_FOUND
