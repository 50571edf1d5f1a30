"""The pages of Palette up to the wizard, over HTTP."""

from __future__ import annotations

import pytest

from harness.domain.arrangements import ForgetProject, SetRateLimit
from harness.domain.permission import Grant, PairPermission, every_grant
from tests.integration.pages.world import FITTING, PASSWORD, World, pairing_id, walk


@pytest.mark.parametrize(
    "path", ["/", "/clusters", "/clusters/pairing", "/clusters/pairing/x/review"]
)
def test_without_a_session_every_page_leads_to_the_login(world: World, path: str) -> None:
    assert world.visitor(world.palette_url).open(path).path == "/login"


def test_a_wrong_password_is_told(world: World) -> None:
    visitor = world.visitor(world.palette_url)
    seen = visitor.send("/login", email="ada@shop.test", password="canary-wrong")
    assert (seen.status, seen.alerts()) == (401, ["The e-mail or the password is wrong."])
    assert "canary-wrong" not in seen.response.text


def test_log_out_ends_the_session_and_its_wizards(world: World) -> None:
    uid = world.pending()
    admin = world.admin()
    token = admin.cookie("session")
    walk(admin, uid, 1)
    assert admin.send("/logout").path == "/login"
    admin.client.cookies.set(f"palette-session-{admin.base.rpartition(':')[2]}", token)
    assert admin.open("/clusters").path == "/login"


def test_the_prompt_stands_there_only_while_requests_are_pending(world: World) -> None:
    """ACC-2, REJ-4P, REJ-5P."""
    admin = world.admin()
    seen = admin.open("/clusters")
    assert not seen.find("section", id="pairing-prompt")
    assert "Pair" not in seen.buttons()
    uids = [world.pending(0), world.pending(1)]
    for left, uid in ((2, uids[0]), (1, uids[1])):
        seen = admin.open("/clusters")
        assert seen.find("section", id="pairing-prompt")[0].text.startswith(
            f"Pairing requests to review: {left}"
        )
        assert "Pair" in seen.buttons()
        admin.send("/clusters/pairing", action="reject", pairing_uid=uid)
    seen = admin.open("/clusters")
    assert not seen.find("section", id="pairing-prompt")


def test_the_prompt_leads_to_each_request_with_its_id_tags_pair_and_reject(world: World) -> None:
    """ACC-23, REJ-9."""
    first, second = world.pending(0), world.pending(1)
    admin = world.admin()
    [prompt] = [e for e in admin.open("/clusters").find("form") if e["action"].endswith("pairing")]
    seen = admin.open(prompt["action"])
    assert [row["data-pairing"] for row in seen.rows()] == [first, second]
    for row, uid, name in zip(seen.rows(), (first, second), ("shop-1", "shop-2"), strict=True):
        assert row.text.startswith(f"{uid} {name} site:north owner:ada")
        assert row.text.endswith("UTC Pair Reject")
    assert seen.text.count(first) == seen.text.count(second) == 1
    seen = admin.send("/clusters/pairing", action="reject", pairing_uid=first)
    assert seen.notices() == ["The pairing request was rejected."]
    assert [row["data-pairing"] for row in seen.rows()] == [second]


def test_a_second_reject_is_told(world: World) -> None:
    uid = world.pending()
    admin = world.admin()
    admin.send("/clusters/pairing", action="reject", pairing_uid=uid)
    seen = admin.send("/clusters/pairing", action="reject", pairing_uid=uid)
    assert (seen.status, len(seen.alerts())) == (409, 1)


def test_the_project_selector_shows_one_project_at_a_time(world: World) -> None:
    uid = world.pending()
    admin = world.admin(scope="p2")
    seen = admin.open("/clusters")
    options = {e.text: e.has("selected") for e in seen.find("option")}
    assert options == {"Tenant": False, "Retail": False, "Logistics": True}
    assert not seen.find("section", id="pairing-prompt")
    assert admin.open(f"/clusters/pairing/{uid}/warning").status == 404
    admin.send("/scope", scope="")
    assert admin.open("/clusters").find("section", id="pairing-prompt")


def test_somebody_of_one_project_starts_there_and_sees_no_selector(world: World) -> None:
    uid = world.pending()
    world.add_user("one@shop.test", *every_grant("p1"))
    visitor = world.visitor(world.palette_url)
    seen = visitor.send("/login", email="one@shop.test", password=PASSWORD)
    assert not seen.find("select")
    assert "Retail" in seen.text
    assert uid in visitor.open("/clusters/pairing").text


def test_a_project_that_is_gone_leads_back_to_what_there_is(world: World) -> None:
    admin = world.admin(scope="p2")
    world.reference.arrange(ForgetProject("p2"))
    seen = admin.open("/clusters")
    assert seen.status == 200
    assert [e.text for e in seen.find("option") if e.has("selected")] == ["Tenant"]


def test_a_scope_that_nobody_offered_is_no_choice(world: World) -> None:
    seen = world.admin(scope="p1").send("/scope", scope="\r\nSet-Cookie: a=€")
    assert (seen.path, seen.status) == ("/clusters", 200)
    assert [e.text for e in seen.find("option") if e.has("selected")] == ["Tenant"]


def test_without_a_permission_there_is_no_prompt_and_each_refusal_is_told(world: World) -> None:
    uid = world.pending()
    world.add_user("list@shop.test", Grant(PairPermission.LIST, "p1"))
    visitor = world.admin("list@shop.test")
    assert visitor.open("/clusters").find("section", id="pairing-prompt")
    seen = visitor.open("/clusters/pairing")
    assert f"{uid} shop-1 not readable" in seen.rows()[0].text
    refused = [
        visitor.send("/clusters/pairing", action="reject", pairing_uid=uid),
        visitor.open(f"/clusters/pairing/{uid}/warning"),
    ]
    assert [(s.status, "clusterPair." in s.alerts()[0]) for s in refused] == [(403, True)] * 2
    world.add_user("get@shop.test", Grant(PairPermission.GET, "p1"))
    visitor = world.admin("get@shop.test")
    assert not visitor.open("/clusters").find("section", id="pairing-prompt")
    assert visitor.open("/clusters/pairing").status == 403


def test_too_many_calls_are_told_with_when_to_return(world: World) -> None:
    admin = world.admin()
    world.reference.arrange(SetRateLimit(3, retry_after=7))
    seen = admin.open("/clusters")
    assert (seen.status, seen.response.headers["retry-after"]) == (429, "7")
    assert "Too many requests" in seen.alerts()[0]


def test_a_request_that_is_not_there_is_told(world: World) -> None:
    seen = world.admin().open("/clusters/pairing/no%2Fsuch/warning")
    assert seen.status == 404
    seen = world.admin().open("/clusters/pairing/no-such/warning")
    assert (seen.status, seen.alerts()) == (404, ["There is no pairing request no-such."])


def test_the_paired_cluster_stands_on_the_page_once_by_the_confirmed_name(world: World) -> None:
    """ACC-12P."""
    uid = world.pending()
    admin = world.admin()
    walk(admin, uid, 1)
    entries = {"name": "renamed", "description": "shop-1's", "tags": "tier:1"}
    admin.send(f"/clusters/pairing/{uid}/cluster", **entries)
    for action in ("confirm", "next"):
        admin.send(f"/clusters/pairing/{uid}/profiles", *FITTING, action=action)
    admin.send(f"/clusters/pairing/{uid}/review", action="validate")
    seen = admin.send(f"/clusters/pairing/{uid}/review", action="pair")
    assert seen.path == "/clusters"
    assert len(seen.notices()) == 1
    assert seen.text.count("renamed") == 1
    [row] = seen.rows()
    assert row.text.removeprefix("renamed ").split(" ", 1)[1] == "shop-1's tier:1"
    assert not seen.find("section", id="pairing-prompt")
    assert "renamed" not in world.admin(scope="p2").open("/clusters").text


def test_two_sessions_of_the_same_person_do_not_share_a_scope(world: World) -> None:
    one, other = world.admin(scope="p1"), world.admin(scope="p2")
    selected = [
        next(e.text for e in v.open("/clusters").find("option") if e.has("selected"))
        for v in (one, other)
    ]
    assert selected == ["Retail", "Logistics"]


def test_the_id_at_local_ui_is_the_id_in_the_review(world: World) -> None:
    operator = world.operator()
    uid = pairing_id(world.sends(operator))
    assert world.admin().open("/clusters/pairing").rows()[0]["data-pairing"] == uid
