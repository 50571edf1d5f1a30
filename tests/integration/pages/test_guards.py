"""What keeps other sites, odd forms and odd texts away from the pages of both sides."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from harness.domain.arrangements import InstallCluster
from tests.integration.pages.reading import Visitor, read
from tests.integration.pages.world import World, cluster, pairing_id

FOREIGN = [
    {"Origin": "https://elsewhere.test"},
    {"Origin": "null"},
    {"Origin": "https://[nonsense"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_of_another_site_does_nothing(world: World, headers: dict[str, str]) -> None:
    operator, admin = world.operator(), world.admin()
    uid = pairing_id(world.sends(operator))
    asked = admin.post("/clusters/pairing", headers, action="reject", pairing_uid=uid)
    cancelled = operator.post("/settings", headers, action="cancel")
    for seen in (asked, cancelled):
        assert seen.status == 403
        assert "not sent from a page of this address" in seen.alerts()[0]
    assert uid in admin.open("/clusters/pairing").text
    assert uid in operator.open("/settings").text


def test_a_form_of_another_port_of_the_same_machine_does_nothing(world: World) -> None:
    operator = world.operator()
    world.sends(operator)
    headers = {"Origin": world.palette_url, "Sec-Fetch-Site": "same-site"}
    assert operator.post("/settings", headers, action="cancel").status == 403


@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_a_login_and_a_logout_are_guarded_too(world: World, path: str) -> None:
    headers = {"Origin": "https://elsewhere.test"}
    assert world.operator().post(path, headers).status == 403
    assert world.admin().post(path, headers).status == 403


def test_a_browser_that_only_says_same_origin_is_believed(world: World) -> None:
    operator = world.operator()
    world.sends(operator)
    seen = operator.post("/settings", {"Sec-Fetch-Site": "same-origin"}, action="cancel")
    assert seen.status == 200


def raw(visitor: Visitor, path: str, body: bytes, kind: str) -> httpx.Response:
    headers = {"Origin": visitor.base, "Content-Type": kind}
    return visitor.client.post(visitor.base + path, content=body, headers=headers)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"action": "cancel"}', "application/json"),
        (b"action=cancel", "text/plain"),
        (b"action=%FF", "application/x-www-form-urlencoded"),
        ("action=é".encode(), "application/x-www-form-urlencoded"),
        (b"&".join([b"a=1"] * 2_001), "application/x-www-form-urlencoded"),
        (b"action=unheard-of", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_no_page_sends_is_told_on_a_page(world: World, body: bytes, kind: str) -> None:
    for visitor, path in ((world.operator(), "/settings"), (world.admin(), "/clusters/pairing")):
        seen = read(raw(visitor, path, body, kind))
        assert (seen.status, len(seen.alerts())) == (400, 1)


def test_an_odd_query_is_told_on_a_page(world: World) -> None:
    assert world.operator().open("/settings?done=%FF").status == 400


def test_what_the_query_says_is_never_repeated(world: World) -> None:
    seen = world.operator().open("/settings?done=canary&early=canary")
    assert "canary" not in seen.response.text


def test_every_text_is_escaped(world: World) -> None:
    evil = "</textarea><script>alert(1)</script>'\"&"
    slot = world.reference.slots[0]
    made = replace(cluster(evil, slot.host_uids), description=evil, tags={"k": evil})
    world.reference.arrange(InstallCluster(slot.uid, made))
    operator, admin = world.operator(), world.admin()
    uid = pairing_id(world.sends(operator))
    admin.send(f"/clusters/pairing/{uid}/warning", understood="on")
    pages = [
        operator.open("/cluster"),
        admin.open("/clusters/pairing"),
        admin.open(f"/clusters/pairing/{uid}/warning"),
        admin.open(f"/clusters/pairing/{uid}/cluster"),
    ]
    for seen in pages:
        assert evil in seen.text
        assert "<script>alert" not in seen.response.text
    assert pages[-1].field("Cluster name") == evil


def test_pages_load_nothing_from_elsewhere_and_are_not_kept(world: World) -> None:
    for visitor, path in ((world.operator(), "/cluster"), (world.admin(), "/clusters")):
        seen = visitor.open(path)
        headers = seen.response.headers
        assert headers["content-security-policy"].startswith("default-src 'none';")
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        links = [e["href"] or e["src"] for tag in ("link", "script") for e in seen.find(tag)]
        assert [link for link in links if not link.startswith(("/pages/", "data:"))] == []
        assert [
            link for link in links if link.startswith("/") and not is_there(visitor, link)
        ] == []
        assert not seen.find("style")
        assert not any(name.startswith("on") for e in seen.elements for name in e.attributes)


def is_there(visitor: Visitor, path: str) -> bool:
    return visitor.client.get(visitor.base + path).status_code == 200


def test_the_pages_stand_beside_the_api_and_outside_its_description(world: World) -> None:
    for visitor in (world.operator(), world.admin()):
        described = visitor.client.get(visitor.base + "/v1/openapi.json").json()
        assert [path for path in described["paths"] if not path.startswith("/v1/")] == []
