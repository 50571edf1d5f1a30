"""What the HTTP driver makes of answers, without a socket: respx stands in for the network."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import respx

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.targets.http import HttpDriver
from harness.targets.port import Exchange, LocalUser, Outgoing, TargetInfo
from harness.targets.target import Host, Target, TargetSlot

EDGE = "http://127.0.0.1:5080"
CENTRAL = "http://127.0.0.1:8080"
PAIR = f"{EDGE}/v1/edge-mgmt/cluster/pair"
SEARCH = f"{CENTRAL}/v1/spectroclusters/pairing/search"
SEND = ops.SendPairingRequest("palette.example.com", "canary-token")


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def driver(waits: list[float]) -> Iterator[HttpDriver]:
    target = Target(
        info=TargetInfo("mocked"),
        places=(TargetSlot("slot-1", (Host("host-1", EDGE),)),),
        local_user=LocalUser("kim", "canary-password"),
        central_url=CENTRAL,
        endpoint=CENTRAL,
    )
    made = HttpDriver(target, pause=waits.append)
    yield made
    made.close()


def ask(driver: HttpDriver, operation: ops.Operation) -> Exchange:
    credentials = ops.Credentials(session="canary-session", project_uid="p1")
    return driver.send(Outgoing(operation, credentials, "host-1", "scenario#1"))


@respx.mock
def test_a_send_goes_out_as_published_and_comes_back_in_the_domains_words(
    driver: HttpDriver,
) -> None:
    route = respx.post(PAIR).respond(201, json={"pairingUid": "u1"})
    assert ask(driver, SEND).reply == ops.Done(ops.PairingId("u1"))
    sent = route.calls.last.request
    assert sent.headers["Authorization"] == "canary-session"
    assert sent.headers["X-Request-Id"] == "scenario#1"
    assert httpx.Response(200, content=sent.content).json() == {
        "paletteEndpoint": "palette.example.com",
        "registrationToken": "canary-token",
        "insecure": False,
    }


@respx.mock
def test_palette_is_told_the_project(driver: HttpDriver) -> None:
    route = respx.post(SEARCH).respond(200, json={"items": []})
    assert ask(driver, ops.ListPairingRequests()).reply == ops.Done(ops.PairingList(()))
    assert route.calls.last.request.headers["ProjectUid"] == "p1"


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 500, 503])
@respx.mock
def test_any_well_formed_error_is_a_refusal(driver: HttpDriver, status: int) -> None:
    respx.post(PAIR).respond(status, json={"code": "Nope", "message": "not now", "ref": ""})
    reply = ask(driver, SEND).reply
    assert isinstance(reply, Refused)
    assert (reply.message, reply.details["status"]) == ("not now", str(status))


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<h1>It works</h1>"),
        httpx.Response(500, text="panic: nil pointer"),
        httpx.Response(201, json={"pairingUid": 7}),
        httpx.Response(201, json={}),
        httpx.Response(201, json=["u1"]),
        httpx.Response(201, content=b'{"pairingUid": "u'),
        httpx.Response(201),
        httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
        httpx.Response(409, json={"error": "another shape"}),
    ],
    ids=[
        "html",
        "text",
        "wrong-type",
        "no-id",
        "wrong-shape",
        "truncated",
        "empty",
        "redirect",
        "other-error",
    ],
)
@respx.mock
def test_what_is_not_well_formed_is_unknown_and_never_a_refusal(
    driver: HttpDriver, answer: httpx.Response
) -> None:
    respx.post(PAIR).mock(return_value=answer)
    reply = ask(driver, SEND).reply
    assert isinstance(reply, ops.Unknown)
    assert str(answer.status_code) in reply.why


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError]
)
@respx.mock
def test_no_answer_is_unknown_and_says_where(
    driver: HttpDriver, error: type[httpx.TransportError]
) -> None:
    respx.post(f"{PAIR}/reject").mock(side_effect=error("broke"))
    reply = ask(driver, ops.CancelPairingRequest()).reply
    assert isinstance(reply, ops.Unknown)
    assert EDGE in reply.why


@respx.mock
def test_a_rate_limit_is_obeyed(driver: HttpDriver, waits: list[float]) -> None:
    error = {"code": "TooManyRequests", "message": "slow down"}
    respx.get(f"{PAIR}/details").mock(
        side_effect=[
            httpx.Response(429, headers={"Retry-After": "3"}, json=error),
            httpx.Response(404, json={"code": "NotFound", "message": "none", "ref": ""}),
        ]
    )
    reply = ask(driver, ops.ViewPairing()).reply
    assert isinstance(reply, Refused)
    assert reply.reason in (Reason.NOT_FOUND, Reason.NOTHING_PENDING)
    assert waits == [3.0]
