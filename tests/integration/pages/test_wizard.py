"""The Pair Cluster wizard over HTTP: its order, its fields, its match, its review."""

from __future__ import annotations

import pytest

from harness.domain.arrangements import PutProfile
from harness.domain.profile import ClusterProfile, ProfileEdition, ProfileType
from tests.integration.pages.reading import Seen, Visitor
from tests.integration.pages.world import FITTING, INFRA, SPOILT, World, steps, walk

ORDER = ["warning", "cluster", "profiles", "review"]
FURTHEST = ["warning", "cluster", "profiles", "profiles", "review", "review"]
"""Where one may be after so many steps: the third one only confirms the match."""


@pytest.fixture
def uid(world: World) -> str:
    return world.pending()


@pytest.fixture
def admin(world: World) -> Visitor:
    return world.admin()


def at(visitor: Visitor, uid: str, step: str) -> Seen:
    return visitor.open(f"/clusters/pairing/{uid}/{step}")


def sends(visitor: Visitor, uid: str, step: str, *more: tuple[str, str], **entries: str) -> Seen:
    return visitor.send(f"/clusters/pairing/{uid}/{step}", *more, **entries)


def test_the_warning_says_what_ends_and_goes_on_only_when_understood(
    admin: Visitor, uid: str
) -> None:
    """ACC-4."""
    seen = at(admin, uid, "warning")
    assert "only be managed centrally" in seen.text
    assert "local cluster operations are no longer permitted" in seen.text
    assert not seen.find("input", name="understood")[0].has("checked")
    seen = sends(admin, uid, "warning")
    assert (seen.path.rpartition("/")[2], len(seen.alerts())) == ("warning", 1)
    assert at(admin, uid, "cluster").path.endswith("/warning")
    assert sends(admin, uid, "warning", understood="on").path.endswith("/cluster")


@pytest.mark.parametrize("done", range(6))
@pytest.mark.parametrize("step", ORDER)
def test_no_step_can_be_entered_before_the_earlier_ones(
    admin: Visitor, uid: str, done: int, step: str
) -> None:
    """ACC-11: not by its address."""
    walking = steps(admin, uid)
    for _ in range(done):
        next(walking)
    entered = step if ORDER.index(step) <= ORDER.index(FURTHEST[done]) else FURTHEST[done]
    seen = at(admin, uid, step)
    assert seen.path.endswith(f"/{entered}")
    assert ("This step comes first." in seen.notices()) == (entered != step)


@pytest.mark.parametrize("done", range(5))
def test_a_form_of_the_last_step_pairs_nothing_before_its_time(
    admin: Visitor, uid: str, done: int
) -> None:
    """ACC-11, ACC-18: nor by a form."""
    walking = steps(admin, uid)
    for _ in range(done):
        next(walking)
    sends(admin, uid, "review", action="pair")
    assert uid in admin.open("/clusters/pairing").text


def test_a_wizard_is_one_session_s_and_one_request_s(
    world: World, admin: Visitor, uid: str
) -> None:
    other_uid = world.pending(1)
    walk(admin, uid)
    assert at(world.admin(), uid, "review").path.endswith("/warning")
    assert at(admin, other_uid, "review").path.endswith("/warning")
    assert at(admin, uid, "review").path.endswith("/review")


def test_the_fields_hold_what_the_cluster_has(admin: Visitor, uid: str) -> None:
    """ACC-5."""
    seen = walk(admin, uid, 1)
    assert seen.field("Cluster name") == "shop-1"
    assert seen.field("Description") == "sells <b> & shop-1"
    assert seen.field("Tags") == "site:north\nowner:ada"


def test_what_was_changed_is_shown_again_and_reviewed(admin: Visitor, uid: str) -> None:
    walk(admin, uid, 1)
    entries = {"name": "renamed", "description": "", "tags": "site:south\r\nnew"}
    sends(admin, uid, "cluster", **entries)
    seen = at(admin, uid, "cluster")
    assert [seen.field(name) for name in ("Cluster name", "Description", "Tags")] == [
        "renamed",
        "",
        "site:south\nnew",
    ]
    for action in ("confirm", "next"):
        sends(admin, uid, "profiles", *FITTING, action=action)
    assert "Name renamed Description none Tags site:south new" in at(admin, uid, "review").text


@pytest.mark.parametrize("entries", [{"name": " "}, {"name": "a", "tags": ":x"}, {}])
def test_entries_that_cannot_be_read_are_told_and_kept(
    admin: Visitor, uid: str, entries: dict[str, str]
) -> None:
    walk(admin, uid, 1)
    seen = sends(admin, uid, "cluster", **entries)
    assert (seen.status, len(seen.alerts())) == (400, 1)
    assert seen.field("Tags") == entries.get("tags", "")
    assert at(admin, uid, "profiles").path.endswith("/cluster")


def test_the_local_packs_stand_beside_the_profiles_in_their_latest_version(
    admin: Visitor, uid: str
) -> None:
    seen = walk(admin, uid, 2)
    assert "edge-infra 1.0.0 Infra profile csi Amazon EBS CSI 1.20.0" in seen.text
    options = {e.text: e.has("disabled") for e in seen.find("option")}
    assert options["1.1.0 (latest)"] is False
    assert options["1.0.0"] is True
    boxes = {e["value"]: e.has("disabled") for e in seen.find("input", name="profile")}
    assert boxes == {"infra": False, "add-on": False, "extra": False, "draft": True}
    assert seen.buttons()["Next step"] is False


def test_confirm_shows_the_match_row_by_row_and_opens_next_step(admin: Visitor, uid: str) -> None:
    """ACC-17."""
    walk(admin, uid, 2)
    seen = sends(admin, uid, "profiles", *FITTING, action="confirm")
    assert seen.notices() == ["Valid match"]
    assert seen.text.count("matches") == 5
    assert "Prometheus-Grafana 44.3.1 edge-monitoring 1.0.0 matches" in seen.text
    assert seen.buttons()["Next step"] is True
    assert "checked" in seen.find("input", value="infra")[0].attributes
    assert at(admin, uid, "profiles").notices() == ["Valid match"]
    assert sends(admin, uid, "profiles", *FITTING, action="next").path.endswith("/review")


def test_an_invalid_match_says_every_reason_and_closes_the_way(admin: Visitor, uid: str) -> None:
    """ACC-17."""
    walk(admin, uid, 2)
    selection = (("profile", "extra"), ("version:extra", "1.0.0"))
    seen = sends(admin, uid, "profiles", *selection, action="confirm")
    assert seen.alerts() == ["Invalid match"]
    assert seen.text.count("is missing.") == 5
    assert "Pack Hello-Universe 2.0.0 of profile hello is not in the local cluster." in seen.text
    assert "Exactly one infra or full profile is needed; none was selected." in seen.text
    assert seen.buttons()["Next step"] is False
    sends(admin, uid, "profiles", *selection, action="next")
    assert at(admin, uid, "review").path.endswith("/profiles")


def test_an_older_version_cannot_be_slipped_in(admin: Visitor, uid: str) -> None:
    walk(admin, uid, 2)
    older = (("profile", "infra"), ("version:infra", "1.0.0"), ("profile", "add-on"))
    seen = sends(admin, uid, "profiles", *older, action="confirm")
    assert "1.0.0 is not the latest version, which is 1.1.0" in seen.text
    assert seen.buttons()["Next step"] is False


def test_a_profile_of_another_project_cannot_be_slipped_in(admin: Visitor, uid: str) -> None:
    walk(admin, uid, 2)
    seen = sends(admin, uid, "profiles", ("profile", "foreign"), action="confirm")
    assert seen.alerts() == ["There is no cluster profile foreign."]


@pytest.mark.parametrize("action", ["confirm", "next"])
def test_a_changed_selection_closes_the_way_again(admin: Visitor, uid: str, action: str) -> None:
    """ACC-17, even after the review was reached and validated."""
    walk(admin, uid)
    seen = sends(admin, uid, "profiles", *SPOILT, action=action)
    assert "Invalid match" in seen.alerts()
    assert at(admin, uid, "review").path.endswith("/profiles")
    sends(admin, uid, "review", action="pair")
    assert uid in admin.open("/clusters/pairing").text


def test_next_step_takes_only_the_selection_that_was_confirmed(admin: Visitor, uid: str) -> None:
    walk(admin, uid, 3)
    seen = sends(admin, uid, "profiles", *FITTING[::-1], action="next")
    assert "Confirm comes first" in seen.alerts()[0]
    assert at(admin, uid, "review").path.endswith("/profiles")


def test_the_review_shows_values_and_variables(admin: Visitor, uid: str) -> None:
    """ACC-18."""
    seen = walk(admin, uid, 4)
    assert "edge-infra 1.1.0" in seen.text
    assert "region eu-west" in seen.text
    values = [e.text for e in seen.find("pre")]
    assert values == [f"replicas: 2 # {pack.name}" for pack in INFRA.packs]
    assert "Prometheus-Grafana 44.3.1 The pack's own defaults." in seen.text
    assert seen.buttons() == {
        "Switch": True,
        "Log out": True,
        "Validate": True,
        "Pair cluster": False,
    }


def test_validate_opens_pair_cluster(admin: Visitor, uid: str) -> None:
    """ACC-18."""
    walk(admin, uid, 4)
    seen = sends(admin, uid, "review", action="pair")
    assert (seen.status, "Validate comes first" in seen.alerts()[0]) == (400, True)
    seen = sends(admin, uid, "review", action="validate")
    assert (len(seen.notices()), seen.buttons()["Pair cluster"]) == (1, True)
    assert at(admin, uid, "review").buttons()["Pair cluster"] is True
    assert sends(admin, uid, "review", action="pair").path == "/clusters"


def newer_infra(world: World) -> None:
    edition = ProfileEdition("2.0.0", INFRA.packs[:1])
    profile = ClusterProfile("infra", "edge-infra", ProfileType.INFRA, (edition,), "p1")
    older = ProfileEdition("1.1.0", INFRA.packs)
    world.reference.arrange(
        PutProfile(ClusterProfile("infra", profile.name, profile.type, (older, edition), "p1"))
    )


def test_validate_fails_when_a_newer_version_came_meanwhile(
    world: World, admin: Visitor, uid: str
) -> None:
    walk(admin, uid, 4)
    newer_infra(world)
    seen = sends(admin, uid, "review", action="validate")
    assert (seen.status, seen.buttons()["Pair cluster"]) == (422, False)
    assert "is not the latest version, which is 2.0.0" in seen.alerts()[0]


def test_pair_cluster_that_is_refused_closes_itself_and_says_why(
    world: World, admin: Visitor, uid: str
) -> None:
    walk(admin, uid)
    newer_infra(world)
    seen = sends(admin, uid, "review", action="pair")
    assert (seen.status, seen.buttons()["Pair cluster"]) == (422, False)
    assert "is not the latest version" in seen.alerts()[0]


def test_a_request_that_was_cancelled_meanwhile_is_told(
    world: World, admin: Visitor, uid: str
) -> None:
    walk(admin, uid)
    world.operator().send("/settings", action="cancel")
    for seen in (sends(admin, uid, "review", action="pair"), at(admin, uid, "cluster")):
        assert seen.status == 409
        assert "not pending any more" in seen.alerts()[0]
        assert ("Back to the pairing requests", "/clusters/pairing") in [
            (e.text, e["href"]) for e in seen.find("a")
        ]


def test_after_pair_cluster_the_wizard_has_ended(admin: Visitor, uid: str) -> None:
    walk(admin, uid)
    sends(admin, uid, "review", action="pair")
    assert sends(admin, uid, "review", action="pair").status == 409
    assert len(admin.open("/clusters").rows()) == 1
