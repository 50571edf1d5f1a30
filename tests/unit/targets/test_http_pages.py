"""Lists that come in pages are read to their end, without a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
import respx

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.domain.operations import Credentials, Done, ListPairingRequests, PairingList, Unknown
from harness.targets.http import HttpDriver
from harness.targets.port import Exchange, LocalUser, Outgoing, TargetInfo
from harness.targets.target import Target
from harness.wire.mapping import OperationMap, WireMap
from harness.wire.writings import WRITINGS, Rewriting

CENTRAL = "http://127.0.0.1:8080"
SEARCH = f"{CENTRAL}/v1/spectroclusters/pairing/search"


@pytest.fixture
def driver() -> Iterator[HttpDriver]:
    made = HttpDriver(Target(TargetInfo("mocked"), (), LocalUser("", ""), CENTRAL, CENTRAL))
    yield made
    made.close()


def listed(driver: HttpDriver) -> Exchange:
    return driver.send(Outgoing(ListPairingRequests(), Credentials(), "", "scenario#1"))


def page(uid: str, following: str) -> httpx.Response:
    at = "2026-11-24T14:05:00Z"
    item = {"pairingUid": uid, "state": "Pairing", "creationTimestamp": at}
    return httpx.Response(200, json={"items": [item], "listmeta": {"continue": following}})


@respx.mock
def test_every_page_is_read_with_the_same_request(driver: HttpDriver) -> None:
    route = respx.post(SEARCH).mock(side_effect=[page("a", "2"), page("b", "3"), page("c", "")])
    exchange = listed(driver)
    assert isinstance(exchange.reply, Done)
    assert isinstance(exchange.reply.value, PairingList)
    assert [item.pairing_uid for item in exchange.reply.value.items] == ["a", "b", "c"]
    asked = [dict(call.request.url.params) for call in route.calls]
    assert asked == [{}, {"continue": "2"}, {"continue": "3"}]
    assert len({call.request.content for call in route.calls}) == 1
    pages = (exchange.response or {})["pages"]
    assert isinstance(pages, list)
    assert len(pages) == 2


@respx.mock
@pytest.mark.parametrize("last", [{}, {"Link": '<https://x.example/?cursor=1>; rel="prev"'}])
def test_the_page_that_follows_may_stand_in_a_link(last: dict[str, str]) -> None:
    said = OperationMap(
        request={"?continue": "?cursor"}, response={"listmeta.continue": "Link: as next ?cursor"}
    )
    wire = WireMap({ops.ListTokens: said})
    target = Target(TargetInfo("mocked"), (), LocalUser("", ""), CENTRAL, CENTRAL, wire=wire)
    link = '</t?cursor=1>; rel="prev", <https://x.example/t?size=1&cursor=a%2Fb>; title=x; rel=next'
    body = {"items": [{"metadata": {"uid": "u"}, "status": {"isActive": True}}]}
    pages = [httpx.Response(200, headers=h, json=body) for h in ({"Link": link}, last)]
    route = respx.get(f"{CENTRAL}/v1/edgehosts/tokens").mock(side_effect=pages)
    with closing(HttpDriver(target)) as driver:
        reply = driver.send(Outgoing(ops.ListTokens(), Credentials(), "", "scenario#1")).reply
    assert isinstance(reply, Done), reply
    assert len(reply.value.items) == 2
    assert [dict(call.request.url.params) for call in route.calls] == [{}, {"cursor": "a/b"}]


LISTS = [
    (ops.ListCentralClusters(), "/v1/dashboard/spectroclusters/metadata", {}),
    (ops.ListProjects(), "/v1/dashboard/projects/metadata", {"metadata": {"uid": "u"}}),
    (ops.ListProfiles(), "/v1/dashboard/clusterprofiles/metadata", {"metadata": {"uid": "u"}}),
    (ops.ListUsers(), "/v1/users/meta", {}),
    (ops.ListTokens(), "/v1/edgehosts/tokens", {"metadata": {"uid": "u"}}),
    (ops.ListRoles(), "/v1/roles", {"metadata": {"name": "reader"}}),
]


@respx.mock
@pytest.mark.parametrize(
    ("asks", "path", "more"), LISTS, ids=[type(asks).__name__ for asks, _, _ in LISTS]
)
def test_every_list_may_come_in_pages(
    driver: HttpDriver, asks: ops.Operation, path: str, more: dict[str, object]
) -> None:
    item = {"uid": "u", "status": {"isActive": True}, **more}
    pages = ({"items": [item], "listmeta": {"continue": more}} for more in ("2", ""))
    route = respx.get(f"{CENTRAL}{path}").mock(
        side_effect=[httpx.Response(200, json=json) for json in pages]
    )
    reply = driver.send(Outgoing(asks, Credentials(), "", "scenario#1")).reply
    assert isinstance(reply, Done), reply
    assert len(reply.value.items) == 2
    assert [dict(call.request.url.params) for call in route.calls] == [{}, {"continue": "2"}]


@respx.mock
def test_what_is_to_be_done_between_pages_is_done_before_each_further_one(
    driver: HttpDriver,
) -> None:
    route = respx.post(SEARCH).mock(side_effect=[page("a", "2"), page("b", "3"), page("c", "")])
    asked: list[int] = []

    def note() -> None:
        asked.append(route.call_count)

    driver.send(Outgoing(ListPairingRequests(), Credentials(), "", "scenario#1", note))
    assert asked == [1, 2]


@respx.mock
def test_each_page_is_asked_for_with_the_body_as_it_is_written(driver: HttpDriver) -> None:
    route = respx.post(SEARCH).mock(side_effect=[page("a", "2"), page("b", "")])
    rewriting = Rewriting(WRITINGS["each key twice, alike"])
    asks = ListPairingRequests(state="Pending")
    exchange = driver.send(Outgoing(asks, Credentials(), "", "scenario#1", None, rewriting))
    body = (
        b'{"filter":{"state":{"eq":"Pending","ignoreCase":false}},"filter":{"state":{"eq":"Pending",'
        b'"ignoreCase":false},"state":{"eq":"Pending","eq":"Pending","ignoreCase":false,'
        b'"ignoreCase":false}}}'
    )
    assert [call.request.content for call in route.calls] == [body, body]
    assert rewriting.met == 2
    assert (exchange.request or {})["body"] == body.decode()


@respx.mock
def test_a_refused_page_is_no_list(driver: HttpDriver) -> None:
    error = httpx.Response(404, json={"code": "NotFound", "message": "no such page"})
    respx.post(SEARCH).mock(side_effect=[page("a", "2"), error])
    reply = listed(driver).reply
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.NOT_FOUND


@respx.mock
def test_pages_that_lead_back_are_no_list(driver: HttpDriver) -> None:
    respx.post(SEARCH).mock(side_effect=[page("a", "2"), page("b", "3"), page("c", "2")])
    reply = listed(driver).reply
    assert isinstance(reply, Unknown)
    assert "leads back to an earlier one" in reply.why
