"""What only Palette's pages ask: scopes, registered clusters, selectable profiles, log out."""

from __future__ import annotations

from harness.domain import operations as ops
from harness.domain.arrangements import CreateProject, PutProfile, PutUser, SetLink
from harness.domain.errors import Reason
from harness.domain.permission import TENANT, Grant, PairPermission
from harness.domain.profile import ClusterProfile, ProfileEdition, ProfileType

from .world import PACKS, SmallWorld, done, reason


def items(world: SmallWorld, operation: ops.CentralOperation, who: ops.Credentials) -> list[object]:
    return list(getattr(done(world.reference.perform_central(operation, who)), "items", ()))


def user(world: SmallWorld, *scopes: str, project: str = "") -> ops.Credentials:
    grants = frozenset(Grant(PairPermission.LIST, scope) for scope in scopes)
    world.arrange(PutUser("b@example.com", "pw", "other-key", grants))
    return ops.Credentials(api_key="other-key", project_uid=project)


def test_scopes_are_those_that_one_is_a_member_of(world: SmallWorld) -> None:
    world.arrange(CreateProject("q", "logistics"))
    seen = [getattr(scope, "uid", "") for scope in items(world, ops.ListScopes(), world.admin)]
    assert seen == ["p"]
    seen = [getattr(s, "name", "") for s in items(world, ops.ListScopes(), user(world, TENANT))]
    assert seen == ["Tenant", "retail", "logistics"]
    assert items(world, ops.ListScopes(), user(world)) == []


def states(world: SmallWorld, who: ops.Credentials) -> list[str]:
    return [getattr(c, "state", "") for c in items(world, ops.ListCentralClusters(), who)]


def test_a_cluster_is_listed_from_its_acceptance_on_by_its_state(world: SmallWorld) -> None:
    uid = world.send()
    assert states(world, world.admin) == []
    world.accept(uid)
    assert states(world, world.admin) == ["Pairing"]
    world.rounds()
    assert states(world, world.admin) == ["Running"]
    assert states(world, user(world, TENANT)) == ["Running"]


def test_a_cluster_whose_host_never_confirmed_is_not_listed(world: SmallWorld) -> None:
    uid = world.send()
    world.arrange(SetLink(world.host, up=False))
    world.accept(uid)
    world.reference.advance(4_000_000)
    assert states(world, world.admin) == []


def test_clusters_of_another_scope_are_not_listed(world: SmallWorld) -> None:
    world.arrange(CreateProject("q", "logistics"))
    world.accept(world.send())
    assert states(world, user(world, "q", project="q")) == []
    reply = world.reference.perform_central(
        ops.ListCentralClusters(), user(world, "q", project="p")
    )
    assert reason(reply) is Reason.FORBIDDEN


def test_selectable_are_the_profiles_of_the_request_s_project_and_of_the_tenant(
    world: SmallWorld,
) -> None:
    editions = (ProfileEdition("1.0.0", PACKS), ProfileEdition("2.0.0", PACKS, published=False))
    for uid, project in (("tenant-wide", TENANT), ("foreign", "q")):
        profile = ClusterProfile(uid, uid, ProfileType.FULL, editions, project)
        world.arrange(PutProfile(profile))
    draft = ClusterProfile("draft", "draft", ProfileType.ADD_ON, editions[1:], "p")
    world.arrange(PutProfile(draft))
    found = items(world, ops.ListSelectableProfiles(world.send()), world.admin)
    latest = {getattr(i, "profile", draft).uid: getattr(i, "latest", "?") for i in found}
    assert latest == {"f": "1.0.0", "tenant-wide": "1.0.0", "draft": ""}


def test_selectable_profiles_need_the_permission_and_the_request(world: SmallWorld) -> None:
    uid = world.send()
    assert reason(world.central(ops.ListSelectableProfiles("no-such"))) is Reason.NOT_FOUND
    lister = user(world, "p", project="p")
    reply = world.reference.perform_central(ops.ListSelectableProfiles(uid), lister)
    assert reason(reply) is Reason.FORBIDDEN


def test_after_log_out_the_session_is_worth_nothing(world: SmallWorld) -> None:
    ask = world.reference.perform_central
    session = done(ask(ops.LogInToPalette("a@example.com", "pw"), ops.Credentials()))
    assert isinstance(session, ops.Session)
    credentials = ops.Credentials(session=session.token)
    assert done(ask(ops.LogOutOfPalette(), credentials))
    assert reason(ask(ops.ListScopes(), credentials)) is Reason.UNAUTHENTICATED
    assert reason(ask(ops.LogOutOfPalette(), credentials)) is Reason.UNAUTHENTICATED
