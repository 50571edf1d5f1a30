"""What the published API can arrange is arranged by it, and what it cannot is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import (
    Arrangement,
    CreateProject,
    FaultEffect,
    ForgetProject,
    PutProfile,
    PutToken,
    PutUser,
    RemoveProfile,
    RemoveToken,
    RemoveUser,
    Restart,
    Side,
    to_be_seen,
)
from harness.domain.errors import Reason, Refused
from harness.domain.permission import (
    AccessRole,
    Grant,
    PairPermission,
    PermissionNames,
    every_grant,
)
from harness.domain.profile import ClusterProfile, Layer, Pack, ProfileEdition, ProfileType
from harness.domain.token import RegistrationToken
from harness.reference.clock import VirtualClock
from harness.reference.core.store import MemoryStore
from harness.reference.sides import CentralSide
from harness.targets.arranging.api import PublishedApi
from harness.targets.port import (
    ArrangingFailed,
    CannotArrange,
    Exchange,
    NotOffered,
    Outgoing,
    TargetInfo,
)

NOW = 1_000
ADMIN = ops.Credentials(api_key="canary-admin-key")
ASKED = RegistrationToken("t-1", "token-1", "asked-value", "p-1", NOW + 5)


class Palette:
    """Keeps tokens under uids and values of its own."""

    def __init__(self) -> None:
        self.tokens: dict[str, RegistrationToken] = {}
        self.asked: list[ops.Operation] = []
        self.answers: dict[type[ops.Operation], ops.Reply] = {}
        self.missing: type[ops.Operation] | None = None

    def send(self, outgoing: Outgoing) -> Exchange:
        assert outgoing.credentials == ADMIN
        operation = outgoing.operation
        self.asked.append(operation)
        if type(operation) is self.missing:
            raise NotOffered(self.missing)
        return Exchange(self.answers.get(type(operation)) or ops.Done(self._value(operation)))

    def _value(self, operation: ops.Operation) -> ops.Value:
        match operation:
            case ops.CreateToken(name, project, expiry):
                uid = f"own-{len(self.tokens)}"
                self.tokens[uid] = RegistrationToken(uid, name, f"value-{uid}", project, expiry)
                return ops.Created(uid)
            case ops.UpdateToken(uid, name, project, expiry):
                kept = self.tokens[uid]
                self.tokens[uid] = replace(kept, name=name, project_uid=project, expiry=expiry)
            case ops.SetTokenState(uid, active):
                self.tokens[uid] = replace(self.tokens[uid], active=active)
            case ops.DeleteToken(uid):
                del self.tokens[uid]
            case ops.ViewToken(uid):
                return self.tokens[uid]
        return ops.Acknowledged()


@pytest.fixture
def palette() -> Palette:
    return Palette()


@pytest.fixture
def api(palette: Palette) -> PublishedApi:
    return PublishedApi(palette.send, lambda: NOW, ADMIN)


def test_a_token_is_created_with_uid_and_value_of_the_target(
    api: PublishedApi, palette: Palette
) -> None:
    came = api.arrange(PutToken(ASKED))
    assert came == PutToken(replace(ASKED, uid="own-0", value="value-own-0"))
    assert [type(o) for o in palette.asked] == [ops.CreateToken, ops.ViewToken]


def test_one_that_is_deactivated_is_created_and_then_deactivated(api: PublishedApi) -> None:
    came = api.arrange(PutToken(replace(ASKED, active=False)))
    assert isinstance(came, PutToken)
    assert (came.token.active, came.token.uid) == (False, "own-0")


def test_one_that_was_made_is_changed_and_removed(api: PublishedApi, palette: Palette) -> None:
    came = api.arrange(PutToken(ASKED))
    assert isinstance(came, PutToken)
    off = PutToken(replace(came.token, active=False))
    assert api.arrange(off) == off
    assert not palette.tokens["own-0"].active
    api.arrange(RemoveToken("own-0"))
    assert palette.tokens == {}
    assert palette.asked.count(ops.CreateToken("token-1", "p-1", NOW + 5)) == 1


def test_one_that_is_activated_again_may_have_another_value(
    api: PublishedApi, palette: Palette
) -> None:
    came = api.arrange(PutToken(replace(ASKED, active=False)))
    assert isinstance(came, PutToken)
    palette.tokens["own-0"] = replace(palette.tokens["own-0"], value="renewed")
    again = api.arrange(PutToken(replace(came.token, active=True)))
    assert again == PutToken(replace(came.token, value="renewed", active=True))


@pytest.mark.parametrize("masked", ["", "****wn-0", "value-…", "XXXXX-own", "<redacted>"])
def test_a_value_that_is_masked_is_not_taken_for_one(
    masked: str, api: PublishedApi, palette: Palette
) -> None:
    shown = replace(ASKED, uid="own-0", value=masked)
    palette.answers = {ops.ViewToken: ops.Done(shown)}
    with pytest.raises(ArrangingFailed, match="does not tell the token's value"):
        api.arrange(PutToken(ASKED))
    palette.answers[ops.CreateToken] = ops.Done(ops.CreatedToken("own-0", "told once"))
    assert api.arrange(PutToken(ASKED)) == PutToken(replace(shown, value="told once"))


def test_what_takes_an_operation_that_is_missing_is_not_begun(palette: Palette) -> None:
    """It would be left halfway: the next way is tried."""
    missing = {ops.AddApiKey: "keys are made on the console", ops.SetTokenState: ""}
    api = PublishedApi(palette.send, lambda: NOW, ADMIN, TargetInfo("a", not_offered=missing))
    assert api.cannot(PutToken) == ""
    with pytest.raises(CannotArrange, match="does not offer AddApiKey: keys are made on the con"):
        api.arrange(PutUser("a@b.example", "pw", "key", frozenset()))
    assert palette.asked == []


def test_what_turns_out_to_be_missing_is_refused(api: PublishedApi, palette: Palette) -> None:
    palette.missing = ops.CreateToken
    with pytest.raises(CannotArrange, match="the target does not offer CreateToken") as told:
        api.arrange(PutToken(ASKED))
    assert not isinstance(told.value, ArrangingFailed)


@pytest.mark.parametrize("expiry", [NOW, NOW - 1, -5])
def test_one_that_has_expired_is_created_and_then_expires(
    api: PublishedApi, palette: Palette, expiry: int
) -> None:
    came = api.arrange(PutToken(replace(ASKED, expiry=expiry)))
    assert came == PutToken(palette.tokens["own-0"])
    assert palette.tokens["own-0"].expiry == expiry
    assert palette.asked[0] == ops.CreateToken("token-1", "p-1", NOW + 3_600_000_000)


def test_where_no_token_can_be_made_to_expire_none_is_left(
    api: PublishedApi, palette: Palette
) -> None:
    palette.answers[ops.UpdateToken] = Refused(Reason.NOT_FOUND, "no such call")
    with pytest.raises(CannotArrange, match="UpdateToken: no such call") as told:
        api.arrange(PutToken(replace(ASKED, expiry=NOW)))
    assert not isinstance(told.value, ArrangingFailed)
    assert palette.tokens == {}


def test_one_without_expiry_and_project_is_made_so(api: PublishedApi, palette: Palette) -> None:
    api.arrange(PutToken(replace(ASKED, expiry=None, project_uid="")))
    assert palette.asked[0] == ops.CreateToken("token-1")


def test_the_expiry_of_one_that_was_made_is_changed_and_read_back(
    api: PublishedApi, palette: Palette
) -> None:
    came = api.arrange(PutToken(ASKED))
    assert isinstance(came, PutToken)
    api.arrange(PutToken(replace(came.token, expiry=NOW - 1)))
    assert palette.tokens["own-0"].expiry == NOW - 1
    palette.answers[ops.UpdateToken] = ops.Done(ops.Acknowledged())
    with pytest.raises(ArrangingFailed, match="another expiry"):
        api.arrange(PutToken(replace(came.token, expiry=NOW + 9)))


@pytest.mark.parametrize(
    ("operation", "reply", "why"),
    [
        (ops.CreateToken, Refused(Reason.FORBIDDEN, "not you"), "CreateToken: not you"),
        (ops.CreateToken, ops.Done(ops.Acknowledged()), "not answered with a uid"),
        (ops.ViewToken, ops.Unknown("no answer"), "ViewToken: no answer"),
        (ops.ViewToken, ops.Done(replace(ASKED, value=" ")), "does not tell the token's value"),
        (ops.ViewToken, ops.Done(replace(ASKED, active=False)), "another project or state"),
        (ops.ViewToken, ops.Done(replace(ASKED, project_uid="p-2")), "another project or state"),
    ],
)
def test_what_the_api_does_not_do_is_not_taken_for_done(
    api: PublishedApi, palette: Palette, operation: type[ops.Operation], reply: ops.Reply, why: str
) -> None:
    palette.answers[operation] = reply
    with pytest.raises(CannotArrange, match=why):
        api.arrange(PutToken(ASKED))


def test_what_has_no_operation_is_said_beforehand(api: PublishedApi) -> None:
    assert api.cannot(PutToken) == api.cannot(CreateProject) == ""
    assert "no published operation" in api.cannot(Restart)
    with pytest.raises(CannotArrange):
        api.arrange(Restart(Side.CENTRAL))
    nobody = PublishedApi(Palette().send, lambda: NOW, None)
    assert "[central.admin]" in nobody.cannot(PutToken)
    assert "no published operation" in nobody.cannot(Restart)
    assert nobody.seen(PutUser("a@acme.test", "", "", frozenset())) is None


# --- at the reference -------------------------------------------------------------------------

DAY = 86_400_000_000
ROOT = PutUser("root@acme.test", "canary-word", ADMIN.api_key, frozenset(), tenant_admin=True)
JANE = PutUser("jane@acme.test", "canary-word-2", "not-hers", frozenset())
PACKS = (Pack(Layer.OS, "Ubuntu", "22.04"),)
INFRA = ClusterProfile(
    "asked", "infra", ProfileType.INFRA, (ProfileEdition("1.0.0", PACKS),), "set by each test"
)


class World:
    """The reference, arranged by its published operations and by nothing else."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.side = CentralSide(MemoryStore(), self.clock, 1)
        self.side.arrange(ROOT)
        self.asked: list[ops.Operation] = []
        self.refused: dict[type[ops.Operation], ops.Reply] = {}
        self.api = PublishedApi(self.send, self.clock.now, ADMIN)
        roles = self.ask(ops.ListRoles())
        assert isinstance(roles, ops.Done)
        self.roots_own = roles.value.items
        self.project = self.arrange(CreateProject("asked", "retail")).uid

    def send(self, outgoing: Outgoing) -> Exchange:
        self.asked.append(outgoing.operation)
        refused = self.refused.get(type(outgoing.operation))
        return Exchange(refused or self.ask(outgoing.operation, outgoing.credentials))

    def ask(self, operation: ops.Operation, by: ops.Credentials = ADMIN) -> ops.Reply:
        return self.side.perform(operation, by)

    def arrange(self, arrangement: A) -> A:
        came = self.api.arrange(arrangement)
        assert isinstance(came, type(arrangement))
        return came

    def left(self) -> list[object]:
        """Whatever can be listed besides the administrator and their role."""
        found: list[object] = []
        for look in (ops.ListProjects(), ops.ListProfiles(), ops.ListRoles(), ops.ListUsers()):
            reply = self.ask(look)
            assert isinstance(reply, ops.Done)
            found += reply.value.items
        root = (ops.NamedUser(ROOT.email, ROOT.email), *self.roots_own)
        return [each for each in found if each not in root]


A = TypeVar("A", bound=Arrangement)


@pytest.fixture
def world() -> World:
    return World()


def granted(*permissions: PairPermission, scope: str) -> frozenset[Grant]:
    return frozenset(Grant(permission, scope) for permission in permissions)


def test_a_user_may_just_what_was_asked_for(world: World) -> None:
    grants = granted(PairPermission.LIST, scope=world.project)
    came = world.arrange(replace(JANE, grants=grants))
    assert (came.email, came.password) == (JANE.email, JANE.password)
    assert came.api_key not in ("", "not-hers")
    hers = ops.Credentials(api_key=came.api_key, project_uid=world.project)
    assert world.ask(ops.ListPairingRequests(), hers) == ops.Done(ops.PairingList(()))
    refused = world.ask(ops.RejectPairingRequest("any"), hers)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.FORBIDDEN
    assert isinstance(world.ask(ops.LogInToPalette(came.email, came.password)), ops.Done)
    assert world.api.seen(came) == to_be_seen(came)
    assert world.api.seen(replace(came, grants=every_grant(world.project))) != to_be_seen(
        replace(came, grants=every_grant(world.project))
    )


READING = (PairPermission.LIST.published, PairPermission.GET.published)


class Coarse(World):
    """To list and to get are one permission there, which is called `pairing.read`."""

    def __init__(self) -> None:
        super().__init__()
        self.info = TargetInfo(
            "coarse",
            permissions=PermissionNames.said({n: ["pairing.read"] for n in ("list", "get")}),
        )
        self.api = PublishedApi(self.send, self.clock.now, ADMIN, self.info)
        self.roles: list[set[str]] = []

    def ask(self, operation: ops.Operation, by: ops.Credentials = ADMIN) -> ops.Reply:
        if isinstance(operation, ops.AddRole):
            asked = operation.role.permissions
            self.roles.append({p for p in asked if not p.startswith("cluster")})
            own = (*(p for p in asked if p != "pairing.read"), *READING * ("pairing.read" in asked))
            operation = ops.AddRole(replace(operation.role, permissions=own))
        reply = super().ask(operation, by)
        if isinstance(reply, ops.Done) and isinstance(reply.value, AccessRole):
            theirs = [p for p in reply.value.permissions if p not in READING]
            theirs += ["pairing.read"] if set(READING) <= {*reply.value.permissions} else []
            return ops.Done(replace(reply.value, permissions=tuple(theirs)))
        return reply


def test_permissions_are_granted_and_read_back_as_the_product_has_them() -> None:
    world = Coarse()
    all_of_it = world.info.named(replace(JANE, grants=every_grant(world.project)))
    came = world.arrange(all_of_it)
    hers = ops.Credentials(api_key=came.api_key, project_uid=world.project)
    assert world.ask(ops.ListPairingRequests(), hers) == ops.Done(ops.PairingList(()))
    assert world.api.seen(came) == to_be_seen(came)
    asked = every_grant(world.project) - granted(PairPermission.GET, scope=world.project)
    fewer = world.info.named(replace(came, grants=asked, named=frozenset()))
    assert world.arrange(fewer) == fewer
    assert world.api.seen(fewer) == to_be_seen(fewer)
    assert isinstance(world.ask(ops.ListPairingRequests(), hers), Refused)
    assert world.roles == [{"pairing.read"}, set()]


def test_of_somebody_who_is_not_listed_nothing_is_told(world: World) -> None:
    assert world.api.seen(replace(JANE, email="")) is None
    world.refused[ops.ListUsers] = Refused(Reason.FORBIDDEN, "not you")
    assert world.api.seen(JANE) is None


def test_one_who_is_there_gets_other_permissions_and_keeps_the_key(world: World) -> None:
    other = world.arrange(CreateProject("asked", "other")).uid
    came = world.arrange(replace(JANE, grants=every_grant(world.project) | every_grant("")))
    fewer = replace(came, grants=granted(PairPermission.GET, scope=other))
    assert world.arrange(fewer) == fewer
    assert world.api.seen(fewer) == to_be_seen(fewer)


def test_one_whom_an_earlier_run_has_left_is_left_without_permissions(world: World) -> None:
    came = world.arrange(replace(JANE, grants=every_grant(world.project)))
    later = PublishedApi(world.send, world.clock.now, ADMIN)
    nothing = later.arrange(replace(JANE, grants=frozenset()))
    assert later.seen(nothing) == FaultEffect(grants=frozenset())
    mine = ops.Credentials(api_key=came.api_key, project_uid=world.project)
    assert isinstance(world.ask(ops.ListPairingRequests(), mine), Refused)
    later.arrange(RemoveUser(JANE.email))
    later.arrange(RemoveUser(JANE.email))
    assert world.left() == [ops.NamedScope(world.project, "retail")]


def test_somebody_who_administers_may_create_tokens(world: World) -> None:
    came = world.arrange(replace(JANE, tenant_admin=True))
    hers = ops.Credentials(api_key=came.api_key)
    assert isinstance(world.ask(ops.CreateToken("hers"), hers), ops.Done)


def test_where_nobody_else_may_set_a_password_nobody_knows_one(world: World) -> None:
    world.refused[ops.ChangePassword] = Refused(Reason.FORBIDDEN, "by e-mail alone")
    assert world.arrange(JANE).password == ""


def test_where_there_are_no_api_keys_people_get_passwords(world: World) -> None:
    info = TargetInfo("no keys", has_api_keys=False)
    api, later = (PublishedApi(world.send, world.clock.now, ADMIN, info) for _ in range(2))
    fewer = replace(JANE, grants=frozenset())
    assert (api.arrange(JANE), api.arrange(fewer)) == (JANE, fewer)
    assert [type(a) for a in world.asked].count(ops.ChangePassword) == 1, "hers stays as it is"
    another = replace(JANE, password="another")
    assert later.arrange(another) == another, "an earlier run has left her, with another one"
    assert isinstance(world.ask(ops.LogInToPalette(JANE.email, "another")), ops.Done)
    assert ops.AddApiKey not in map(type, world.asked)
    world.refused[ops.ChangePassword] = Refused(Reason.FORBIDDEN, "by e-mail alone")
    with pytest.raises(ArrangingFailed, match="nobody logs in"):
        api.arrange(replace(JANE, email="joe@example.com"))


def test_versions_are_added_and_published(world: World) -> None:
    infra = replace(INFRA, project_uid=world.project)
    came = world.arrange(PutProfile(infra)).profile
    draft = ProfileEdition("1.10.0", PACKS, published=False, variables=(("size", "3"),))
    more = replace(came, editions=(*came.editions, ProfileEdition("1.9.0", PACKS), draft))
    assert world.arrange(PutProfile(more)).profile == more
    seen = FaultEffect(latest="1.9.0", versions=("1.0.0", "1.9.0"))
    assert world.api.seen(PutProfile(more)) == seen
    live = replace(more, editions=(*more.editions[:2], replace(draft, published=True)))
    assert world.arrange(PutProfile(live)).profile.uid == came.uid
    published = ("1.0.0", "1.9.0", "1.10.0")
    assert world.api.seen(PutProfile(live)) == FaultEffect(latest="1.10.0", versions=published)
    assert world.api.seen(PutProfile(more)) != to_be_seen(PutProfile(more))
    other = PublishedApi(world.send, world.clock.now, ADMIN, TargetInfo("another"))
    assert other.seen(PutProfile(live)) == FaultEffect(latest="1.10.0"), "nor who made drafts of it"


def test_a_version_that_is_there_is_not_changed(world: World) -> None:
    came = world.arrange(PutProfile(replace(INFRA, project_uid=world.project))).profile
    other = replace(came, editions=(ProfileEdition("1.0.0", ()),))
    before = len(world.asked)
    with pytest.raises(CannotArrange, match=r"version 1\.0\.0 of infra is there") as told:
        world.api.arrange(PutProfile(other))
    assert not isinstance(told.value, ArrangingFailed)
    assert len(world.asked) == before


def test_two_profiles_of_one_name_are_two(world: World) -> None:
    infra = replace(INFRA, project_uid=world.project)
    one, two = (world.arrange(PutProfile(replace(infra, uid=uid))).profile for uid in "ab")
    assert (one.name, two.name) == ("infra", "infra b")
    assert one.uid != two.uid


@pytest.mark.parametrize("later", [False, True])
def test_all_of_it_can_be_taken_back(world: World, later: bool) -> None:
    """By the run that made it, and by whoever finds its ledger."""
    world.arrange(replace(JANE, grants=every_grant(world.project) | every_grant("")))
    in_tenant = world.arrange(PutProfile(replace(INFRA, project_uid=""))).profile
    inside = world.arrange(PutProfile(replace(INFRA, project_uid=world.project))).profile
    api = PublishedApi(world.send, world.clock.now, ADMIN) if later else world.api
    for gone in (
        RemoveProfile(in_tenant.uid),
        RemoveProfile(inside.uid, world.project),
        ForgetProject(world.project),
        ForgetProject(world.project),
        RemoveUser(JANE.email),
    ):
        api.arrange(gone)
    assert world.left() == []


@pytest.mark.parametrize(
    ("arrangement", "operation"),
    [
        (CreateProject("asked", "new"), ops.AddProject),
        (JANE, ops.AddUser),
        (PutProfile(INFRA), ops.AddProfile),
    ],
)
def test_what_is_refused_at_once_is_left_to_the_next_way(
    world: World, arrangement: Arrangement, operation: type[ops.Operation]
) -> None:
    world.refused[operation] = Refused(Reason.FORBIDDEN, "not you")
    with pytest.raises(CannotArrange, match="not you") as told:
        world.api.arrange(arrangement)
    assert not isinstance(told.value, ArrangingFailed)
    world.refused[operation] = ops.Unknown("no answer")
    with pytest.raises(ArrangingFailed, match="no answer"):
        world.api.arrange(arrangement)


@pytest.mark.parametrize("operation", [ops.AddRole, ops.SetProjectRoles, ops.AddApiKey])
def test_half_a_user_is_no_user(world: World, operation: type[ops.Operation]) -> None:
    world.refused[operation] = Refused(Reason.FORBIDDEN, "not you")
    with pytest.raises(ArrangingFailed, match="not you"):
        world.api.arrange(replace(JANE, grants=every_grant(world.project)))
    world.api.arrange(RemoveUser(JANE.email))
    assert world.left() == [ops.NamedScope(world.project, "retail")]
