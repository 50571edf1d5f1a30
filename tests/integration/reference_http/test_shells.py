"""What the shells answer by themselves, and what they add to every answer."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.types import Message

from harness.domain import operations as ops
from harness.domain.arrangements import SetRateLimit
from harness.domain.errors import Refused
from harness.domain.operations import Credentials, Done, Reply, Surface, Unknown
from harness.reference.http_app import OPENAPI_PATH, Envelope, ReferenceApp
from harness.reference.local_ui.app import make_local_ui_app
from harness.reference.palette.app import make_palette_app
from harness.reference.remapped import speaking
from harness.wire.http import BODY_BYTES_MAX
from harness.wire.mapping import OperationMap, WireMap
from harness.wire.routes import OLDER, ROUTES
from tests.integration.reference_http.conftest import API_KEY, TOKEN, World
from tests.unit.wire.as_published import differences

JSON = {"Content-Type": "application/json"}


class AlwaysUnknown:
    """A side that never knows what became of anything."""

    def perform(self, *_: object) -> Reply:
        return Unknown("nobody knows")


class Broken:
    """A side with a defect."""

    def perform(self, *_: object) -> Reply:
        raise ZeroDivisionError("s3cret")


class Recording:
    """A side that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def perform(self, *asked: object) -> Reply:
        self.asked.append(asked)
        return Done(ops.Acknowledged())


def call(app: ReferenceApp, method: str, path: str, **kwargs: Any) -> httpx.Response:
    """One request to an app without a socket, as if it had come to port 80."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
            return await client.request(method, path, **kwargs)

    return asyncio.run(ask())


def is_published_error(response: httpx.Response) -> bool:
    return sorted(response.json()) == ["code", "details", "message", "ref"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nowhere", 404),
        ("GET", "/v1/edgehosts/tokens/", 404),
        ("PUT", "/v1/edgehosts/tokens", 405),
        ("OPTIONS", "/v1/nowhere", 404),
    ],
)
def test_what_is_not_served_is_a_published_error(
    world: World, method: str, path: str, status: int
) -> None:
    response = world.client.request(method, world.palette["https"] + path)
    assert response.status_code == status
    assert is_published_error(response)
    assert f"{method} {path}" in response.json()["message"]
    assert ("Allow" in response.headers) == (status == 405)


def test_what_can_be_asked_and_whether_it_is_there_is_told(world: World) -> None:
    url = world.palette["https"] + "/v1/edgehosts/tokens"
    options = world.client.options(url)
    assert (options.status_code, options.content) == (204, b"")
    headers = {"ApiKey": API_KEY}
    looked, got = world.client.head(url, headers=headers), world.client.get(url, headers=headers)
    assert (looked.status_code, looked.content) == (got.status_code, b"")
    assert looked.headers["Content-Length"] == got.headers["Content-Length"]
    assert world.client.head(url).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "project", "status"),
    [
        ("POST", "/v1/edgehosts/tokens", "", 401),
        ("PATCH", "/v1/spectroclusters/c/metadata", "p1", 401),
        ("POST", "/v1/spectroclusters/pairing/search", "p1", 401),
        ("POST", "/v1/auth/authenticate", "", 400),
    ],
)
def test_a_body_is_judged_after_the_login(
    world: World, method: str, path: str, project: str, status: int
) -> None:
    url, body = world.palette["https"] + path, {"metadata": [], "filter": [], "spec": []}
    answered = world.client.request(method, url, json=body)
    assert answered.status_code == status
    headers = {"ApiKey": API_KEY, "ProjectUid": project}
    assert world.client.request(method, url, json=body, headers=headers).status_code == 400
    if status == 401:
        elsewhere = headers | {"ProjectUid": "nowhere"}
        refused = world.client.request(method, url, json=body, headers=elsewhere)
        assert refused.status_code == 403
        local = world.local_ui[world.hosts[0]] + "/v1/edge-mgmt/cluster/pair"
        assert world.client.post(local, json=[]).status_code == 401
        session = {"Authorization": world.log_in()}
        assert world.client.post(local, json=[], headers=session).status_code == 400


def test_a_login_sets_a_cookie_unless_it_is_told_not_to(world: World) -> None:
    login = {"emailId": "admin@shop.test", "password": "admin-password"}
    base = world.palette["https"]
    quiet = world.client.post(f"{base}/v1/auth/authenticate?setCookie=false", json=login)
    assert "set-cookie" not in quiet.headers
    with httpx.Client(verify=world.context) as browser:
        wrong = browser.post(f"{base}/v1/auth/authenticate", json=login | {"password": "x"})
        assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
        said = browser.post(f"{base}/v1/auth/authenticate", json=login).headers["set-cookie"]
        assert "httponly; path=/; samesite=strict; secure" in said.lower()
        assert browser.get(f"{base}/v1/edgehosts/tokens").status_code == 200
        local = world.local_ui[world.hosts[0]]
        assert browser.get(f"{local}/v1/edge-mgmt/settings").status_code == 401
        user = dict(zip(("username", "password"), world.user, strict=True))
        browser.post(f"{local}/v1/users/default/login", json=user)
        assert browser.get(f"{local}/v1/edge-mgmt/settings").status_code == 200
    assert world.client.get(f"{base}/v1/edgehosts/tokens").status_code == 401


def test_a_token_needs_neither_expiry_nor_project(world: World) -> None:
    url, headers = world.palette["https"] + "/v1/edgehosts/tokens", {"ApiKey": API_KEY}
    made = world.client.post(url, json={"metadata": {"name": "plain"}}, headers=headers)
    assert made.status_code == 201
    one = f"{url}/{made.json()['uid']}"
    token = world.client.get(one, headers=headers).json()
    assert sorted(token["spec"]) == ["token"]
    send = ops.SendPairingRequest(world.palette["https"], token["spec"]["token"])
    sent = world.ask_local(send, world.log_in())
    assert isinstance(sent, Done)
    assert isinstance(sent.value, ops.PairingId)
    listed = world.ask_palette(ops.ListPairingRequests(), project="")
    assert isinstance(listed, Done)
    assert [item.pairing_uid for item in listed.value.items] == [sent.value.pairing_uid]
    assert world.ask_palette(ops.ListPairingRequests()) == Done(ops.PairingList(()))
    change = {"spec": {"expiry": "2020-01-01T00:00:00Z", "defaultProjectUid": "p1"}}
    assert world.client.put(one, json=change, headers=headers).status_code == 204
    spec = world.client.get(one, headers=headers).json()["spec"]
    assert spec["expiry"] == "2020-01-01T00:00:00.000000Z"
    assert spec["defaultProject"] == {"uid": "p1"}


def test_the_settings_are_no_cluster_of_that_name(world: World) -> None:
    settings = ops.ClusterSettings(("time.example.com",), ("ssh-ed25519 AAAA",))
    session = world.log_in()
    world.ask_local(ops.UpdateClusterSettings(settings), session)
    assert world.ask_local(ops.ViewClusterSettings(), session) == Done(settings)
    url = world.local_ui[world.hosts[0]] + "/v1/edge-mgmt/cluster/settings"
    headers = {"Authorization": session}
    answered = world.client.put(url, json={"sshKeys": ["ssh-ed25519 BBBB"]}, headers=headers)
    assert answered.status_code == 202
    changed = ops.ClusterSettings((), ("ssh-ed25519 BBBB",))
    assert world.ask_local(ops.ViewClusterSettings(), session) == Done(changed)


@pytest.mark.parametrize("body", [b"{", b"not json", b"[]", b'"text"', b"\xff", b""])
def test_a_body_that_is_no_object_is_invalid_input(world: World, body: bytes) -> None:
    url = world.palette["https"] + "/v1/auth/authenticate"
    response = world.client.post(url, content=body, headers=JSON)
    assert response.status_code == 400
    assert response.json()["code"] == "InvalidInput"
    assert response.json()["details"]["field"] == "body"


@pytest.mark.parametrize("surface", ["palette", "local_ui"])
def test_a_body_that_is_too_large_is_not_read(world: World, surface: str) -> None:
    local = world.local_ui[world.hosts[0]] + "/v1/users/default/login"
    url = local if surface == "local_ui" else world.palette["https"] + "/v1/auth/authenticate"
    response = world.client.post(url, content=b" " * (BODY_BYTES_MAX + 1), headers=JSON)
    assert response.status_code == 413
    assert is_published_error(response)


def test_a_body_in_chunks_counts_as_a_whole(world: World) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * 65_536

    url = world.palette["http"] + "/v1/auth/authenticate"
    assert world.client.post(url, content=chunks(), headers=JSON).status_code == 413


def test_the_correlation_id_comes_back_and_names_an_error(world: World) -> None:
    headers = {"X-Request-Id": "corr-7"}
    fine = world.client.get(world.palette["https"] + "/v1/edgehosts/pairing/ping", headers=headers)
    wrong = world.client.get(world.palette["https"] + "/v1/nowhere", headers=headers)
    assert fine.headers["X-Request-Id"] == wrong.headers["X-Request-Id"] == "corr-7"
    assert wrong.json()["ref"] == "corr-7"


def test_a_defect_is_a_published_error_and_tells_nothing() -> None:
    headers = {"X-Request-Id": "corr-8"}
    response = call(make_palette_app(Broken()), "GET", "/v1/edgehosts/tokens", headers=headers)
    assert response.status_code == 500
    assert is_published_error(response)
    assert "s3cret" not in response.text
    assert response.headers["X-Request-Id"] == "corr-8"


def test_an_unknown_outcome_is_no_error_that_a_client_takes_for_a_refusal() -> None:
    response = call(
        make_local_ui_app(AlwaysUnknown(), {}), "GET", "/v1/edge-mgmt/cluster/pair/details"
    )
    assert response.status_code in (500, 504)
    app = make_local_ui_app(AlwaysUnknown(), _EveryPort())
    response = call(app, "GET", "/v1/edge-mgmt/cluster/pair/details")
    assert response.status_code == 504
    assert response.json() == {"outcome": "unknown", "why": "nobody knows"}


class _EveryPort(dict[int, str]):
    def __missing__(self, port: int) -> str:
        return f"host-{port}"


def test_credentials_reach_the_side_from_the_published_headers() -> None:
    side = Recording()
    headers = {"Authorization": "jwt", "ApiKey": "key", "ProjectUid": "p"}
    call(make_palette_app(side), "DELETE", "/v1/edgehosts/tokens/t%20x", headers=headers)
    assert side.asked == [(ops.DeleteToken("t x"), Credentials("jwt", "key", "p"))]


def test_a_remapped_path_is_the_one_that_is_served() -> None:
    side = Recording()
    moved = OperationMap(path="/tokens/{uid}/gone", method="POST")
    app = speaking(make_palette_app(side), WireMap({ops.DeleteToken: moved}), Surface.PALETTE)
    assert call(app, "POST", "/tokens/t/gone").status_code == 204
    assert call(app, "DELETE", "/v1/edgehosts/tokens/t").status_code == 405
    assert side.asked[0][0] == ops.DeleteToken("t")


def test_too_many_requests_say_when_to_return(world: World) -> None:
    world.reference.arrange(SetRateLimit(1, retry_after=9))
    limited = world.ask_palette(ops.ListPairingRequests())
    assert isinstance(limited, Refused)
    assert limited.details["retry_after"] == "9"
    assert isinstance(world.ask_palette(ops.ListPairingRequests()), Done)


def test_the_registration_token_is_never_shown(world: World) -> None:
    session = world.log_in()
    sent = world.ask_local(ops.SendPairingRequest(world.palette["https"], TOKEN), session)
    assert isinstance(sent, Done)
    local = world.local_ui[world.hosts[0]] + "/v1/edge-mgmt/cluster/pair/details"
    details = world.client.get(local, headers={"Authorization": session})
    assert details.json()["registrationToken"] == ""
    uid = details.json()["pairingUid"]
    central = world.palette["https"] + f"/v1/spectroclusters/pairing/{uid}"
    shown = world.client.get(central, headers={"ApiKey": API_KEY, "ProjectUid": "p1"})
    assert shown.status_code == 200
    assert TOKEN not in details.text + shown.text
    assert "localClusterToken" not in shown.text


def test_a_list_comes_filtered_and_sorted_as_published(world: World) -> None:
    session = world.log_in()
    world.ask_local(ops.SendPairingRequest(world.palette["https"], TOKEN), session)
    url = world.palette["https"] + "/v1/spectroclusters/pairing/search"
    headers = {"ApiKey": API_KEY, "ProjectUid": "p1"}

    def listed(body: object) -> int:
        response = world.client.post(url, json=body, headers=headers)
        assert response.status_code == 200, response.text
        return len(response.json()["items"])

    assert listed({"filter": {"localClusterUid": {"beginsWith": "CLUSTER"}}}) == 1
    assert listed({"filter": {"localClusterUid": {"ne": "cluster-uid"}}}) == 0
    assert listed({"sort": [{"field": "name", "order": "desc"}]}) == 1


def test_redirects_are_never_sent(world: World) -> None:
    slash = world.client.get(world.palette["https"] + "/v1/edgehosts/pairing/ping/")
    assert slash.status_code == 404


# --- OpenAPI ------------------------------------------------------------------------------


@pytest.fixture(params=["palette", "local_ui"])
def document(request: pytest.FixtureRequest, world: World) -> dict[str, Any]:
    local = request.param == "local_ui"
    base = world.local_ui[world.hosts[0]] if local else world.palette["https"]
    response = world.client.get(base + OPENAPI_PATH)
    assert response.status_code == 200
    described: dict[str, Any] = response.json()
    return described


def test_the_description_names_every_operation_of_its_surface(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path): operation["operationId"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    local = ("POST", "/v1/users/default/login") in described
    served = {
        (route.method, route.path): route.id
        for route in (*ROUTES.values(), *OLDER)
        if (route.surface is Surface.LOCAL_UI) == local
    }
    assert described == served


def test_projects_are_listed_by_the_older_call_as_well(world: World) -> None:
    asked = {"headers": {"ApiKey": API_KEY}}
    older = world.client.get(f"{world.palette['https']}/v1/projects", **asked)
    newer = world.client.get(f"{world.palette['https']}/v1/dashboard/projects/metadata", **asked)
    assert older.status_code == 200
    assert older.json()["items"] == newer.json()["items"]
    assert older.json()["items"]
    assert differences(OLDER[0], 200, older.json()) == []


def test_every_reference_of_the_description_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    references = set(re_findall(json.dumps(document)))
    assert references == schemas.keys()
    ids = {o["operationId"] for methods in document["paths"].values() for o in methods.values()}
    for methods in document["paths"].values():
        for operation in methods.values():
            for response in operation["responses"].values():
                assert {link["operationId"] for link in response.get("links", {}).values()} <= ids
            for scheme in operation["security"]:
                assert scheme.keys() <= document["components"]["securitySchemes"].keys()


def test_the_description_says_what_an_operation_cannot_do_without(world: World) -> None:
    paths = world.client.get(world.palette["https"] + OPENAPI_PATH).json()["paths"]
    body = paths["/v1/edgehosts/tokens"]["post"]["requestBody"]
    model, needed = body["content"]["application/json"]["schema"]["allOf"]
    assert model == {"$ref": "#/components/schemas/v1EdgeTokenEntity"}
    assert needed["required"] == ["metadata"]
    assert needed["properties"]["metadata"]["required"] == ["name"]
    assert not paths["/v1/spectroclusters/pairing/search"]["post"]["requestBody"]["required"]


def test_what_is_allowed_is_every_method_of_the_path(world: World) -> None:
    for path, allowed in (
        ("/v1/edgehosts/tokens", "GET, HEAD, OPTIONS, POST"),
        ("/v1/edgehosts/tokens/any", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("/v1/spectroclusters/pairing/search", "OPTIONS, POST"),
    ):
        response = world.client.options(world.palette["https"] + path)
        assert response.headers["Allow"] == allowed


def re_findall(text: str) -> list[str]:
    return re.findall(r'"#/components/schemas/(\w+)"', text)


# --- the envelope -------------------------------------------------------------------------


def test_what_is_no_http_passes_the_envelope_untouched() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        seen.append(message["type"])

    asyncio.run(Envelope(app)({"type": "lifespan"}, receive, send))
    assert seen == ["lifespan"]
