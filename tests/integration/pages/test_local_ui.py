"""The pages of Local UI, over HTTP."""

from __future__ import annotations

import httpx
import pytest

from harness.domain.arrangements import InstallCluster, SetHostMode, SetLink, SetNodeHealth
from harness.domain.cluster import Health, ManagementMode
from tests.integration.pages.reading import Visitor
from tests.integration.pages.world import TOKEN, World, pairing_id, soon, walk


@pytest.mark.parametrize("path", ["/", "/cluster", "/settings"])
def test_without_a_session_every_page_leads_to_the_login(world: World, path: str) -> None:
    assert world.at_local_ui().open(path).path == "/login"


def test_a_form_without_a_session_does_nothing_and_leads_to_the_login(world: World) -> None:
    assert world.sends(world.at_local_ui()).path == "/login"
    assert "Pairing ID" not in world.operator().open("/settings").text


def test_a_wrong_password_is_told_and_not_repeated(world: World) -> None:
    username, _ = world.reference.local_user
    seen = world.at_local_ui().send("/login", username=username, password="canary-wrong")
    assert (seen.status, seen.path) == (401, "/login")
    assert seen.alerts() == ["The user name or the password is wrong."]
    assert seen.field("Username") == username
    assert "canary-wrong" not in seen.response.text


def test_the_session_lies_in_a_cookie_that_no_script_and_no_other_site_gets(world: World) -> None:
    visitor = world.at_local_ui()
    username, password = world.reference.local_user
    seen = visitor.send("/login", username=username, password=password)
    cookie = seen.response.history[0].headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "secure"} <= set(cookie.split("; "))
    assert f"local-ui-session-{httpx.URL(visitor.base).port}=" in cookie
    assert visitor.cookie("session") not in seen.response.text


def test_log_out_ends_the_session_for_good(world: World) -> None:
    visitor = world.operator()
    token = visitor.cookie("session")
    assert visitor.send("/logout").path == "/login"
    assert visitor.cookie("session") == ""
    headers = {"Authorization": token}
    api = visitor.client.get(visitor.base + "/v1/edge-mgmt/cluster/details", headers=headers)
    assert api.status_code == 401


def test_the_main_menu_leads_to_cluster_and_settings(world: World) -> None:
    seen = world.operator().open("/cluster")
    assert seen.find("nav", **{"aria-label": "Main Menu"})
    assert [(e.text, e["href"]) for e in seen.find("a")[1:]] == [
        ("Cluster", "/cluster"),
        ("Settings", "/settings"),
    ]
    assert seen.find("summary")[0].text == "User Menu"


def test_the_cluster_stands_there_with_state_health_nodes_tags_and_profiles(world: World) -> None:
    world.reference.arrange(SetNodeHealth("slot-1", "node-1", Health.UNHEALTHY))
    text = world.operator().open("/cluster").text
    for shown in ("shop-1", "Running", "Unhealthy", "node-0", "node-1", "site:north"):
        assert shown in text
    assert "sells <b> & shop-1" in text
    assert "edge-infra 1.0.0 Infra profile" in text
    assert world.host(0, 1) in text


def test_local_operations_work_under_local_management(world: World) -> None:
    operator = world.operator()
    seen = operator.send("/cluster", action="tags", cluster="shop-1", tags="a:b\r\nsolo\n")
    assert seen.notices() == ["The tags were saved."]
    assert seen.field("Tags") == "a:b\nsolo"
    assert operator.send("/cluster", action="delete").notices() == ["The cluster is being deleted."]
    while "Deleting" in (text := operator.open("/cluster").text):
        pass
    assert "These hosts have no cluster yet." in text


@pytest.mark.parametrize("tags", [":value", "a:1\na:2"])
def test_tags_that_cannot_be_read_are_told(world: World, tags: str) -> None:
    seen = world.operator().send("/cluster", action="tags", cluster="shop-1", tags=tags)
    assert (seen.status, len(seen.alerts())) == (400, 1)


def test_hosts_without_a_cluster_say_so(world: World) -> None:
    world.reference.arrange(InstallCluster("slot-1", None))
    operator = world.operator()
    assert "no cluster yet" in operator.open("/cluster").text
    assert operator.open("/settings").status == 200
    assert world.sends(operator).alerts() == ["These hosts have no cluster yet."]


def test_settings_offers_both_modes_and_sends_nothing_by_itself(world: World) -> None:
    """SND-2."""
    operator = world.operator()
    seen = operator.open("/settings")
    modes = {e["value"]: e.has("checked") for e in seen.find("input", name="mode")}
    assert modes == {"local": True, "central": False}
    assert {"Locally Managed", "Centrally Managed"} <= {e.text for e in seen.find("label")}
    assert seen.field("Palette endpoint") == seen.field("Registration token") == ""
    assert seen.find("input", id="token")[0]["type"] == "password"
    assert {"Pair", "Check connection"} <= seen.buttons().keys()
    assert "Pairing ID" not in operator.open("/settings").text


def test_pair_sends_what_stands_in_the_fields_and_shows_the_id(world: World) -> None:
    """SND-12, WDR-2P."""
    operator = world.operator()
    seen = world.sends(operator)
    assert seen.path == "/settings"
    assert seen.status == 200
    assert "Locally Managed. A pairing request is pending." in seen.text
    assert f"Pairing ID {pairing_id(seen)} Copy Status Pairing" in seen.text
    assert world.palette_url in seen.text
    assert "Cancel Pairing Request" in seen.buttons()
    assert "Pair" not in seen.buttons()
    assert TOKEN not in seen.response.text
    assert pairing_id(seen) in world.admin().open("/clusters/pairing").text


def test_a_refused_send_says_why_and_keeps_all_but_the_token(world: World) -> None:
    entries = {
        "mode": "central",
        "endpoint": world.palette_url,
        "token": "canary",
        "insecure": "on",
    }
    seen = world.operator().send("/settings", action="pair", **entries)
    assert seen.status == 422
    assert seen.alerts() == ["The registration token is not known."]
    assert seen.find("input", value="central")[0].has("checked")
    assert seen.find("input", name="insecure")[0].has("checked")
    assert seen.field("Palette endpoint") == world.palette_url
    assert seen.field("Registration token") == ""
    assert "canary" not in seen.response.text


def test_check_connection_tells_the_result_and_sends_nothing(world: World) -> None:
    operator = world.operator()
    entries = {"mode": "central", "endpoint": world.palette_url, "token": TOKEN}
    seen = operator.send("/settings", action="check", **entries)
    assert (seen.status, seen.notices()) == (200, ["Every host of the cluster reaches Palette."])
    world.reference.arrange(SetLink(world.host(0, 1), up=False))
    [alert] = operator.send("/settings", action="check", **entries).alerts()
    assert world.host(0, 1) in alert
    assert "Pairing ID" not in operator.open("/settings").text


@pytest.mark.parametrize("link_up", [True, False])
def test_after_a_cancel_nothing_is_pending_and_pairing_is_offered_again(
    world: World, link_up: bool
) -> None:
    """WDR-3P."""
    operator = world.operator()
    world.sends(operator)
    world.reference.arrange(SetLink(world.host(), up=link_up))
    assert len(operator.send("/settings", action="cancel").notices()) == 1
    seen = operator.open("/settings")
    assert "This cluster is locally managed." in seen.text
    assert "Pairing ID" not in seen.text
    assert "Cancel Pairing Request" not in seen.buttons()
    assert seen.find("input", value="central")


def test_a_cancel_of_nothing_is_told(world: World) -> None:
    seen = world.operator().send("/settings", action="cancel")
    assert (seen.status, len(seen.alerts())) == (404, 1)


def test_after_a_reject_settings_says_so_and_offers_pairing_again(world: World) -> None:
    operator = world.operator()
    uid = pairing_id(world.sends(operator))
    world.admin().send("/clusters/pairing", action="reject", pairing_uid=uid)
    seen = soon(lambda: operator.open("/settings"), lambda s: "Rejected" in s.text)
    assert "The pairing request was rejected in Palette." in seen.text
    assert "Cancel Pairing Request" not in seen.buttons()
    assert "Pair" in seen.buttons()


def test_once_paired_nothing_local_is_offered_and_everything_is_refused(world: World) -> None:
    operator, admin = world.operator(), world.admin()
    uid = pairing_id(world.sends(operator))
    walk(admin, uid)
    admin.send(f"/clusters/pairing/{uid}/review", action="pair")
    seen = soon(lambda: operator.open("/settings"), lambda s: "Paired" in s.text)
    assert "Centrally Managed. Palette manages this cluster" in seen.text
    assert seen.buttons().keys() == {"Log out", "Copy"}
    seen = operator.open("/cluster")
    assert "centrally managed" in seen.text
    assert seen.buttons().keys() == {"Log out"}
    for entries in ({"action": "delete"}, {"action": "tags", "cluster": "shop-1", "tags": "a:b"}):
        seen = operator.send("/cluster", **entries)
        assert seen.status == 403
        assert "centrally managed" in seen.alerts()[0]
    assert "Running" in seen.text


def test_a_host_that_was_installed_centrally_says_so(world: World) -> None:
    world.reference.arrange(SetHostMode("slot-1", ManagementMode.CENTRAL))
    seen = world.operator().open("/settings")
    assert "Centrally Managed. Palette manages this cluster" in seen.text


def test_a_login_at_one_host_leaves_the_login_at_another(world: World) -> None:
    """Cookies do not mind ports, so their names do."""
    one, other = world.operator(0), world.at_local_ui(1)
    other = Visitor(one.client, other.base)
    username, password = world.reference.local_user
    other.send("/login", username=username, password=password)
    assert "shop-1" in one.open("/cluster").text
    assert "shop-2" in other.open("/cluster").text
