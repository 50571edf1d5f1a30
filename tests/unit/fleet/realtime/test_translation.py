"""At the border names and secrets are exchanged, in both directions."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import arrangements
from harness.domain.cluster import Cluster, Health, Node, NodePool
from harness.domain.errors import Reason, Refused
from harness.domain.operations import (
    AcceptPairingRequest,
    CentralClusterView,
    Credentials,
    Done,
    LogInToPalette,
    NamedScope,
    PairingList,
    PairingListItem,
    ScopeList,
    SelectedProfile,
    SubmitPairing,
    Unknown,
)
from harness.domain.permission import Grant, PairPermission
from harness.domain.profile import ClusterProfile, ProfileType
from harness.domain.token import RegistrationToken
from harness.fleet.realtime.translation import Translation, new_mark
from harness.reference.core.link import NotDelivered

PROJECT, PROFILE = "a" * 24, "b" * 24
TOKEN = RegistrationToken("c" * 24, "token-0", "<token:0.0.0>", PROJECT, expiry=1_000)


def translation(mark: str = "pairproof-1", cell: int = 0, epoch: int = 0) -> Translation:
    return Translation(mark, cell, epoch)


def test_two_runs_and_two_cells_have_names_of_their_own() -> None:
    names = {
        translation(m, c).name(PROJECT, "project_uid") for m in ("run-1", "run-2") for c in (0, 1)
    }
    assert len(names) == 4
    assert translation().name(PROJECT, "project_uid") == translation().name(PROJECT, "project_uid")
    assert new_mark() != new_mark()


def test_what_goes_out_is_in_the_targets_words_and_what_comes_back_in_ours() -> None:
    here = translation()
    secret, theirs = here.secret("<api_key:1>"), here.name(PROFILE, "profile_uid")
    chosen = (SelectedProfile(PROFILE, "1.0.0"), SelectedProfile("other", "text"))
    sent = here.outward(AcceptPairingRequest("p1", chosen, "shop", tags={"key": "<api_key:1>"}))
    assert [each.uid for each in sent.selection] == [theirs, "other"]
    assert sent.tags == {"key": secret}
    who = here.outward(Credentials("Bearer <api_key:1>", "<api_key:1>"))
    assert who == Credentials(f"Bearer {secret}", secret)
    view = CentralClusterView("c1", "shop", "", {"key": secret}, "Running", profiles=(theirs, "x"))
    assert here.reply_from_target(Done(view)) == Done(
        replace(view, tags={"key": "<api_key:1>"}, profiles=(PROFILE, "x"))
    )


def test_ids_of_two_kinds_may_be_the_same_text_there() -> None:
    here = translation()
    here.learn(PROJECT, "7", "project_uid")
    here.learn(PROFILE, "7", "profile_uid")
    view = CentralClusterView("7", "7", "7", {"7": "7"}, "Running", profiles=("7",))
    assert here.reply_from_target(Done(view)) == Done(replace(view, profiles=(PROFILE,)))
    scopes = ScopeList((NamedScope("7", "7"),))
    assert here.reply_from_target(Done(scopes)) == Done(ScopeList((NamedScope(PROJECT, "7"),)))


def test_what_it_does_not_know_passes_as_it_is() -> None:
    here = translation()
    view = CentralClusterView("d" * 24, "<nobody:1>", "", {"<x:1>": "<nobody:1>"}, "Running")
    assert here.reply_from_target(Done(view)) == Done(view)
    assert here.outward(LogInToPalette("<nobody:1>", "")) == LogInToPalette("<nobody:1>", "")


def test_secrets_are_unguessable_and_stay_the_same() -> None:
    first, other = translation(), translation()
    assert first.secret("<token:1>") == first.secret("<token:1>")
    assert first.secret("<token:1>") != other.secret("<token:1>")
    assert len(first.secret("<token:1>")) >= 32


def test_no_secret_comes_back_in_words() -> None:
    here = translation()
    secret = here.secret("<token:1>")
    refused = here.reply_from_target(
        Refused(Reason.TOKEN_UNUSABLE, f"no: {secret}", {"raw": secret})
    )
    unknown = here.reply_from_target(Unknown(f"what is {secret}?"))
    assert secret not in f"{refused}{unknown}"
    assert here.reply_from_target(NotDelivered("no")) == NotDelivered("no")


def test_the_targets_clock_becomes_the_runs() -> None:
    item = PairingListItem("p", "n", "c", "pending", created=1_500)
    told = translation(epoch=1_000).reply_from_target(Done(PairingList((item,))))
    assert isinstance(told, Done)
    assert isinstance(told.value, PairingList)
    assert told.value.items[0].created == 500


# --- arrangements ---------------------------------------------------------------------------


def test_what_is_arranged_bears_the_mark_and_the_targets_names() -> None:
    here = translation("pairproof-9", epoch=5_000)
    project = here.arranged(arrangements.CreateProject(PROJECT, "project-0"))
    assert project == arrangements.CreateProject(
        here.name(PROJECT, "project_uid"), "pairproof-9-0-project-0"
    )
    token = here.arranged(arrangements.PutToken(TOKEN))
    assert isinstance(token, arrangements.PutToken)
    assert token.token.value == here.secret(TOKEN.value)
    assert token.token.project_uid == here.name(PROJECT, "project_uid")
    assert token.token.expiry == 6_000
    profile = here.arranged(
        arrangements.PutProfile(ClusterProfile(PROFILE, "p", ProfileType.FULL, (), PROJECT))
    )
    assert isinstance(profile, arrangements.PutProfile)
    assert (profile.profile.uid, profile.profile.project_uid) == (
        here.name(PROFILE, "profile_uid"),
        here.name(PROJECT, "project_uid"),
    )
    assert here.arranged(arrangements.Restart(arrangements.Side.CENTRAL)) == arrangements.Restart(
        arrangements.Side.CENTRAL
    )


def test_people_are_other_people_there() -> None:
    here, grants = translation("m"), frozenset({Grant(PairPermission.LIST, PROJECT)})
    user = here.arranged(
        arrangements.PutUser("anna@example.com", "<password:a>", "<api_key:a>", grants)
    )
    assert isinstance(user, arrangements.PutUser)
    assert user.email == "anna.0.m@example.com"
    assert user.api_key == here.secret("<api_key:a>")
    assert {grant.scope for grant in user.grants} == {here.name(PROJECT, "project_uid")}


def test_a_target_may_choose_names_and_values_of_its_own() -> None:
    here = translation()
    here.arranged(arrangements.PutToken(TOKEN))
    here.came_to_be(
        arrangements.CreateProject(PROJECT, "x"), arrangements.CreateProject("theirs-1", "x")
    )
    chosen = RegistrationToken("t-7", "n", "own-value-of-theirs", "theirs-1", 0)
    here.came_to_be(arrangements.PutToken(TOKEN), arrangements.PutToken(chosen))
    sent = here.outward(SubmitPairing(TOKEN.value, "", Cluster("d" * 24, "shop")))
    assert sent.registration_token == "own-value-of-theirs"
    back = here.reply_from_target(
        Done(
            replace(
                TOKEN, uid="t-7", value="own-value-of-theirs", project_uid="theirs-1", expiry=1_000
            )
        )
    )
    assert back == Done(TOKEN)
    assert "own-value-of-theirs" not in str(
        here.reply_from_target(Unknown("own-value-of-theirs is bad"))
    )


def test_a_cluster_stands_at_a_slot_and_on_hosts_of_the_target() -> None:
    here = translation()
    here.learn_slot("slot-0", "north")
    here.learn("host-0", "edge-7", "host_uid")
    pools = (NodePool("control", True, (Node("n1", "host-0"),)),)
    asked = arrangements.InstallCluster("slot-0", Cluster("d" * 24, "shop", pools=pools))
    there = here.arranged(asked)
    assert isinstance(there, arrangements.InstallCluster)
    assert there.cluster is not None
    assert (there.slot, there.cluster.uid) == ("north", here.name("d" * 24, "local_cluster_uid"))
    assert there.cluster.host_uids() == ("edge-7",)
    # What stands there already has names of its own, and perhaps one more host.
    nodes = (Node("their-node", "edge-7"), Node("other", "edge-8"))
    given = Cluster("their-uid", "store", pools=(NodePool("p", True, nodes),))
    came = arrangements.InstallCluster("north", given)
    here.came_to_be(asked, came)
    ours = here.installed(asked, came)
    assert ours.cluster is not None
    assert (ours.slot, ours.cluster.uid, ours.cluster.name) == ("slot-0", "d" * 24, "store")
    assert ours.cluster.host_uids() == ("host-0", "edge-8")
    assert here.reply_from_target(Done(given)) == Done(ours.cluster)


def test_faults_are_arranged_at_hosts_and_slots_of_the_target() -> None:
    here = translation()
    here.learn_slot("slot-0", "north")
    here.learn("host-0", "edge-7", "host_uid")
    assert here.arranged(arrangements.SetLink("host-0", up=False)) == arrangements.SetLink(
        "edge-7", up=False
    )
    assert here.arranged(arrangements.DisturbMessages("host-0", 5)) == arrangements.DisturbMessages(
        "edge-7", 5
    )
    assert here.arranged(arrangements.RenewCluster("slot-0")) == arrangements.RenewCluster("north")
    ill = arrangements.SetNodeHealth("slot-0", "their-node", Health.UNHEALTHY)
    assert here.arranged(ill) == arrangements.SetNodeHealth("north", "their-node", Health.UNHEALTHY)
