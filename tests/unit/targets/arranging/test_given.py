"""What is there already is handed out where it is just what is asked for, and never changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.domain import arrangements, cluster, profile
from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.domain.permission import Grant, PairPermission, every_grant
from harness.targets.arranging.given import Given, GivenPerson, GivenThings, InstalledClusters
from harness.targets.port import CannotArrange, Exchange, LocalUser, Outgoing

PACK = profile.Pack(profile.Layer.CNI, "Calico", "3.25.1")
PROFILE = profile.ClusterProfile(
    "given-1", "acme", profile.ProfileType.INFRA, (profile.ProfileEdition("4.0.0", (PACK,)),)
)
READER = frozenset({Grant(PairPermission.LIST, "p-1")})
THINGS = GivenThings(
    projects=("p-1", "p-2"),
    people=(
        GivenPerson("admin", "key-admin", every_grant("p-1"), "admin@x.example", "canary-pw"),
        GivenPerson("reader", "key-reader", READER, "reader@x.example"),
        GivenPerson("second", "key-second", every_grant("p-1")),
    ),
    profiles=(PROFILE,),
    clusters=True,
)


def no_cluster(asked: arrangements.InstallCluster) -> cluster.Cluster:
    raise CannotArrange("InstallCluster", "none there")


@pytest.fixture
def given() -> Given:
    return Given(THINGS, no_cluster)


def put_user(grants: frozenset[Grant], email: str = "kim@x.example") -> arrangements.PutUser:
    return arrangements.PutUser(email, "asked-pw", "asked-key", grants)


# --- projects -----------------------------------------------------------------------------------


def test_projects_are_handed_out_one_at_a_time(given: Given) -> None:
    asked = arrangements.CreateProject("asked", "retail")
    uids = [given.arrange(asked) for _ in range(2)]
    assert uids == [
        arrangements.CreateProject("p-1", "retail"),
        arrangements.CreateProject("p-2", "retail"),
    ]
    with pytest.raises(CannotArrange, match=r"given \(2\) are in use"):
        given.arrange(asked)
    given.arrange(arrangements.ForgetProject("p-1"))
    assert given.arrange(asked) == arrangements.CreateProject("p-1", "retail")


def test_a_project_that_is_not_given_is_not_forgotten(given: Given) -> None:
    with pytest.raises(CannotArrange, match="none that is given"):
        given.arrange(arrangements.ForgetProject("somebody-elses"))


# --- people -------------------------------------------------------------------------------------


def test_a_person_with_just_these_grants_is_handed_out(given: Given) -> None:
    came = given.arrange(put_user(READER))
    assert came == arrangements.PutUser("reader@x.example", "", "key-reader", READER)


def test_two_with_the_same_grants_are_two_people(given: Given) -> None:
    asked = [put_user(every_grant("p-1"), f"{n}@x.example") for n in range(2)]
    keys = {
        came.api_key for came in map(given.arrange, asked) if isinstance(came, arrangements.PutUser)
    }
    assert keys == {"key-admin", "key-second"}


@pytest.mark.parametrize(
    "grants",
    [frozenset(), every_grant("p-2"), every_grant("p-1") - READER, READER | every_grant("")],
)
def test_nobody_with_other_grants_is_handed_out(given: Given, grants: frozenset[Grant]) -> None:
    with pytest.raises(CannotArrange, match="nobody is given who may just"):
        given.arrange(put_user(grants))


def test_nobody_becomes_an_administrator_of_the_tenant(given: Given) -> None:
    with pytest.raises(CannotArrange):
        given.arrange(replace(put_user(READER), tenant_admin=True))


def test_the_permissions_of_a_person_stay_as_they_are(given: Given) -> None:
    came = given.arrange(put_user(every_grant("p-1")))
    assert isinstance(came, arrangements.PutUser)
    with pytest.raises(CannotArrange, match=r"of admin@x\.example stay as they are"):
        given.arrange(replace(came, grants=READER))
    assert given.arrange(came) == came


# --- profiles -----------------------------------------------------------------------------------


def asked_profile(*editions: profile.ProfileEdition, uid: str = "asked") -> arrangements.PutProfile:
    return arrangements.PutProfile(
        profile.ClusterProfile(uid, "edge-infra", profile.ProfileType.INFRA, editions, "p-1")
    )


def test_a_profile_with_the_same_packs_is_handed_out_whatever_it_is_called(given: Given) -> None:
    came = given.arrange(asked_profile(profile.ProfileEdition("1.0.0", (PACK,))))
    assert came == arrangements.PutProfile(replace(PROFILE, project_uid="p-1"))


@pytest.mark.parametrize(
    "editions",
    [
        (profile.ProfileEdition("1.0.0", (replace(PACK, version="3.26.0"),)),),
        (
            profile.ProfileEdition(
                "1.0.0", (PACK, profile.Pack(profile.Layer.OS, "Ubuntu", "22.04"))
            ),
        ),
        (profile.ProfileEdition("1.0.0", ()),),
        (profile.ProfileEdition("1.0.0", (PACK,), published=False),),
        (profile.ProfileEdition("1.0.0", (PACK,)), profile.ProfileEdition("1.1.0", (PACK,))),
    ],
)
def test_no_profile_with_other_packs_is(
    given: Given, editions: tuple[profile.ProfileEdition, ...]
) -> None:
    with pytest.raises(CannotArrange, match="no profile is given that has just these packs"):
        given.arrange(asked_profile(*editions))


def test_several_versions_have_to_be_called_as_asked() -> None:
    two = (profile.ProfileEdition("1.0.0", (PACK,)), profile.ProfileEdition("1.1.0", (PACK,)))
    given = Given(GivenThings(profiles=(replace(PROFILE, editions=two),)), no_cluster)
    assert isinstance(given.arrange(asked_profile(*two)), arrangements.PutProfile)
    with pytest.raises(CannotArrange):
        given.arrange(asked_profile(two[0], replace(two[1], version="2.0.0")))


def test_one_that_is_given_is_not_exchanged_for_another() -> None:
    other = replace(PROFILE, uid="given-2", editions=(profile.ProfileEdition("1.0.0", ()),))
    given = Given(GivenThings(profiles=(PROFILE, other)), no_cluster)
    with pytest.raises(CannotArrange):
        given.arrange(asked_profile(profile.ProfileEdition("1.0.0", ()), uid="given-1"))


# --- what is not given --------------------------------------------------------------------------


def test_what_is_not_given_is_said_beforehand(given: Given) -> None:
    nothing = Given(GivenThings(), no_cluster)
    for kind in (
        arrangements.CreateProject,
        arrangements.ForgetProject,
        arrangements.PutUser,
        arrangements.PutProfile,
        arrangements.InstallCluster,
    ):
        assert given.cannot(kind) == ""
        assert "add " in nothing.cannot(kind)
    assert "nothing that is given" in given.cannot(arrangements.Restart)
    for way in (given, nothing):
        with pytest.raises(CannotArrange):
            way.arrange(arrangements.Restart(arrangements.Side.EDGE))


# --- clusters -----------------------------------------------------------------------------------

SLOT = arrangements.Slot("lab-1", ("h-1", "h-2"))
POOLS = (
    cluster.NodePool("cp", True, (cluster.Node("cp-1", "h-1"),)),
    cluster.NodePool("w", False, (cluster.Node("w-1", "h-2"),)),
)
STANDING = cluster.Cluster("own-uid", "acme-lab", pools=POOLS)
OWN_STACK = (profile.StackProfile("acme", profile.ProfileType.INFRA, "4.0.0", (PACK,)),)
PENDING = ops.PairingView("r-1", "Pairing", "", "https://palette.example")


class LocalUi:
    """Shows one cluster, and a request that a cancel may end."""

    def __init__(self) -> None:
        self.cluster = STANDING
        self.mode = cluster.ManagementMode.LOCAL
        self.pending = False
        self.stubborn = False
        self.slept = 0
        self.answers: dict[type[ops.Operation], ops.Reply] = {}

    def send(self, outgoing: Outgoing) -> Exchange:
        assert outgoing.host_uid == "h-1"
        return Exchange(self.answers.get(type(outgoing.operation)) or self._reply(outgoing))

    def _reply(self, outgoing: Outgoing) -> ops.Reply:
        match outgoing.operation:
            case ops.LogIn("kim", "canary-pw"):
                return ops.Done(ops.Session("s-1"))
            case _ if outgoing.credentials.session != "s-1":
                return Refused(Reason.UNAUTHENTICATED, "log in")
            case ops.ViewManagement():
                return ops.Done(ops.Management(self.mode))
            case ops.ViewCluster():
                return ops.Done(self.cluster)
            case ops.ViewStack():
                return ops.Done(ops.Stack(OWN_STACK))
            case ops.ViewPairing() if self.pending:
                return ops.Done(PENDING)
            case ops.CancelPairingRequest():
                self.pending = self.stubborn
                return ops.Done(ops.Acknowledged())
        return Refused(Reason.NOT_FOUND, "none")

    def sleep(self, duration: int) -> None:
        self.slept += duration

    def look(self, asked: arrangements.InstallCluster) -> cluster.Cluster:
        user = LocalUser("kim", "canary-pw")
        return InstalledClusters(self.send, self.sleep, user, {"lab-1": SLOT}).ready(asked)


ASKED = arrangements.InstallCluster(
    "lab-1", cluster.Cluster("asked", "shop", pools=(replace(POOLS[0]),))
)


def test_a_cluster_is_used_as_local_ui_shows_it() -> None:
    came = Given(THINGS, LocalUi().look).arrange(ASKED)
    assert came == replace(ASKED, cluster=replace(STANDING, stack=OWN_STACK))


def test_a_request_that_is_still_pending_is_cancelled_first() -> None:
    ui = LocalUi()
    ui.pending = True
    assert ui.look(ASKED).uid == "own-uid"
    assert not ui.pending
    assert ui.slept > 0


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda ui: setattr(ui, "mode", cluster.ManagementMode.CENTRAL), "is paired already"),
        (
            lambda ui: setattr(ui, "cluster", replace(STANDING, state=cluster.ClusterState.ERROR)),
            "it is Error",
        ),
        (
            lambda ui: setattr(
                ui, "cluster", STANDING.with_health("w-1", cluster.Health.UNHEALTHY)
            ),
            "node w-1 is unhealthy",
        ),
        (
            lambda ui: setattr(
                ui,
                "cluster",
                replace(
                    STANDING, pools=(cluster.NodePool("x", True, (cluster.Node("n", "h-9"),)),)
                ),
            ),
            "the host h-9, which the target file does not name",
        ),
        (
            lambda ui: ui.answers.update({ops.ViewCluster: ops.Unknown("late")}),
            "ViewCluster on host h-1",
        ),
        (
            lambda ui: ui.answers.update({ops.LogIn: Refused(Reason.FORBIDDEN, "locked out")}),
            "LogIn on host h-1: locked out",
        ),
        (
            lambda ui: (setattr(ui, "pending", True), setattr(ui, "stubborn", True)),
            "cancelling it does not help",
        ),
    ],
)
def test_one_that_will_not_do_says_why(spoil: object, why: str) -> None:
    ui = LocalUi()
    spoil(ui)  # type: ignore[operator]
    with pytest.raises(CannotArrange, match=why):
        ui.look(ASKED)


@pytest.mark.parametrize(
    ("matters", "why"),
    [
        (("name",), "another name is wanted"),
        (("shape",), ""),
        (("stack",), "another stack is wanted"),
        (("tags", "description"), ""),
    ],
)
def test_what_matters_has_to_be_so(matters: tuple[str, ...], why: str) -> None:
    asked = replace(ASKED, matters=matters)
    if not why:
        assert LocalUi().look(asked).uid == "own-uid"
        return
    with pytest.raises(CannotArrange, match=why):
        LocalUi().look(asked)


NODES = tuple(cluster.Node(f"n-{n}", f"h-{n}") for n in range(9))


@pytest.mark.parametrize(
    ("pools", "fits"),
    [
        (POOLS[::-1], True),
        (POOLS[:1], True),
        ((cluster.NodePool("cp", True, NODES[:2]),), False),
        ((POOLS[0], cluster.NodePool("w", False, NODES[:2])), False),
        ((*POOLS, cluster.NodePool("w-2", False, NODES[:1])), False),
    ],
    ids=["the same", "fewer workers", "more in control", "more workers", "more pools"],
)
def test_a_shape_is_what_a_cluster_has_at_least(
    pools: tuple[cluster.NodePool, ...], fits: bool
) -> None:
    asked = arrangements.InstallCluster(
        "lab-1", cluster.Cluster("asked", "shop", pools=pools), ("shape",)
    )
    if fits:
        assert LocalUi().look(asked).uid == "own-uid"
        return
    with pytest.raises(CannotArrange, match="another shape is wanted"):
        LocalUi().look(asked)


@pytest.mark.parametrize(
    "asked", [arrangements.InstallCluster("lab-1", None), replace(ASKED, slot="lab-9")]
)
def test_a_cluster_is_neither_removed_nor_made_up(asked: arrangements.InstallCluster) -> None:
    with pytest.raises(CannotArrange):
        LocalUi().look(asked)
