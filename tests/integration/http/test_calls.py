"""Operations that take several calls, over HTTP."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.history.redaction import Redactor
from harness.reference.http_link import HttpLink
from harness.targets.http import HttpDriver
from harness.targets.port import Exchange, NotOffered
from harness.targets.target import Host, TargetSlot
from harness.targets.target_file import read_target
from harness.wire.mapping import WireMap
from harness.wire.mapping.keys import LeaderMap
from tests.integration.http.products import (
    CSRF,
    KEY,
    MAPPING,
    PASSWORD,
    PROOF,
    SID,
    Product,
    running,
)
from tests.integration.http.targets import HOST, Open, ask, target_at
from tests.integration.leaks.canaries import Hunt

ACCEPT = ops.AcceptPairingRequest("r-1", (ops.SelectedProfile("p-1", "1.0.0"),), "edge")


@pytest.fixture
def product() -> Iterator[Product]:
    with running() as started:
        yield started


class Driven:
    """A driver for the product, with what it waited."""

    def __init__(self, opened: Open, product: Product, mapping: str = MAPPING) -> None:
        self.waited: list[float] = []
        text = f"""
schema = "pairproof/target/1"
roles = ["central"]
[implementation]
name = "wizards"
[central]
url = "{product.url}"
[limits]
answer_s = 5
{mapping}"""
        target = read_target(text, "t.toml", Path(), {"SITE_KEY": KEY})
        self.wire = target.wire
        self.driver: HttpDriver = opened.driver(target, pause=self.waited.append)

    def log_in(self) -> Exchange:
        return ask(self.driver, ops.LogInToPalette("kim@example.com", PASSWORD))


def logged_in(opened: Open, product: Product) -> Driven:
    driven = Driven(opened, product)
    assert driven.log_in().reply == ops.Done(ops.Session(SID))
    return driven


def test_an_accept_takes_five_calls_and_a_job(opened: Open, product: Product) -> None:
    driven = logged_in(opened, product)
    exchange = ask(driven.driver, ACCEPT, session=SID)
    assert exchange.reply == ops.Done(ops.Accepted("cluster-9"))
    assert product.choice == [{"profile": "p-1", "version": "1.0.0"}]
    assert driven.waited == [0.2, 0.2]
    again = ask(driven.driver, ACCEPT, session=SID)
    assert again.reply == exchange.reply
    assert len(product.once) == 2


def test_evidence_holds_each_call_and_no_secret(opened: Open, product: Product) -> None:
    driven = Driven(opened, product)
    redactor = Redactor()
    for secret, kind in driven.driver.secrets:
        redactor.register(secret, kind)
    written = []
    for exchange in (driven.log_in(), ask(driven.driver, ACCEPT, session=SID)):
        told = {"request": dict(exchange.request or {}), "response": dict(exchange.response or {})}
        written.append(redactor.data(json.loads(json.dumps(told))))
    assert Hunt([SID, CSRF, KEY, PASSWORD]).leaks(json.dumps(written)) == []
    login, accept = written
    assert login["response"]["session"] == ["<session:1>"]
    calls = accept["response"]["calls"]
    assert [c["name"] for c in calls] == ["open", "profiles", "details", "finish", "job"]
    assert accept["request"]["url"] == calls[0]["request"]["url"] == f"{product.url}/wizards"
    assert accept["response"]["body"] == calls[-1]["response"]["body"]
    assert '"done"' in accept["response"]["body"]
    assert [c.get("times", 1) for c in calls] == [1, 1, 1, 1, 3]
    assert calls[0]["request"]["headers"]["X-Csrf"] == "<session:1>"
    assert "calls" not in login["response"]


WITH_STEPS = MAPPING.replace('name = "details"', 'name = "details"\nstep = "details"').replace(
    'name = "profiles"', 'name = "profiles"\nstep = "profiles"'
)


def steps_of(product: Product) -> list[str]:
    return [what.replace("/wizards/w-1", "") for what, _, _ in product.asked[1:]]


def test_what_a_login_in_place_of_a_key_kept_is_in_no_evidence(
    opened: Open, product: Product
) -> None:
    """Such a login is no operation of its own: what follows tells that its values are secret."""
    driven = Driven(opened, product, MAPPING.replace("[headers]", '[headers]\nApiKey = ""'))
    login = ops.LogInToPalette("kim@example.com", PASSWORD)
    driven.driver._key_logins.name("key", login)
    exchange = ask(driven.driver, ACCEPT, api_key="key")
    assert exchange.reply == ops.Done(ops.Accepted("cluster-9"))
    told = {"request": dict(exchange.request or {}), "response": dict(exchange.response or {})}
    assert CSRF in json.dumps(told)
    written = Redactor().data(json.loads(json.dumps(told)))
    assert Hunt([CSRF]).leaks(json.dumps(written)) == []


def test_a_step_is_asked_alone_and_the_others_are_left_out(opened: Open, product: Product) -> None:
    driven = Driven(opened, product, WITH_STEPS)
    driven.log_in()
    named = ops.EnterDetails("r-1", "edge")
    assert ask(driven.driver, named, session=SID).reply == ops.Done(ops.Acknowledged())
    assert steps_of(product) == ["POST /wizards", "PUT /details"]
    assert product.asked[-1][2] == {"name": "edge"}
    ask(driven.driver, ops.ConfirmMatch("r-1", ACCEPT.selection), session=SID)
    exchange = ask(driven.driver, ACCEPT, session=SID)
    assert exchange.reply == ops.Done(ops.Accepted("cluster-9"))
    ending = ["POST /finish", *["GET /jobs/7?all=1"] * 3]
    assert steps_of(product)[2:] == ["PUT /profiles", *ending]
    ask(driven.driver, ACCEPT, session=SID)
    assert steps_of(product)[7:] == ["POST /wizards", "PUT /profiles", "PUT /details", *ending]


def test_pair_cluster_alone_is_what_follows_the_steps(opened: Open, product: Product) -> None:
    driven = Driven(opened, product, WITH_STEPS)
    driven.log_in()
    ask(driven.driver, ops.EnterDetails("r-1", "edge"), session=SID)
    for _ in range(2):
        product.spoils["POST /wizards/w-1/finish"] = (409, {"why": {"code": "STALE"}}, {})
        assert isinstance(ask(driven.driver, ACCEPT, session=SID).reply, Refused)
    assert steps_of(product)[2:] == ["POST /finish", "POST /finish"]


def test_a_step_that_others_need_cannot_be_left_out(opened: Open, product: Product) -> None:
    opening = WITH_STEPS.replace('name = "open"', 'name = "open"\nstep = "acknowledge"')
    driven = Driven(opened, product, opening)
    assert ops.ValidateReview in driven.driver.info.not_offered
    driven.log_in()
    with pytest.raises(NotOffered, match="details needs what the call open gives"):
        ask(driven.driver, ops.EnterDetails("r-1", "edge"), session=SID)
    assert steps_of(product) == []
    ask(driven.driver, ops.AcknowledgeWarning("r-1"), session=SID)
    ask(driven.driver, ops.EnterDetails("r-1", "edge"), session=SID)
    assert steps_of(product) == ["POST /wizards", "PUT /details"]


def test_the_refusal_of_one_call_is_the_operations(opened: Open, product: Product) -> None:
    driven = logged_in(opened, product)
    product.spoils["PUT /wizards/w-1/details"] = (409, {"why": {"code": "STALE", "text": "x"}}, {})
    reply = ask(driven.driver, ACCEPT, session=SID).reply
    assert isinstance(reply, Refused)
    assert (reply.reason, reply.details["call"]) == (Reason.REQUEST_DECIDED, "details")
    assert "POST /wizards/w-1/finish" not in [what for what, _, _ in product.asked]


def test_a_call_that_makes_no_sense_says_which(opened: Open, product: Product) -> None:
    driven = logged_in(opened, product)
    product.spoils["POST /wizards"] = (200, {"data": "nothing"}, {})
    reply = ask(driven.driver, ACCEPT, session=SID).reply
    assert isinstance(reply, ops.Unknown)
    assert reply.why.startswith(f"POST {product.url}/wizards: call open: 200")


def test_a_call_that_comes_too_often_is_made_again_alone(opened: Open, product: Product) -> None:
    driven = logged_in(opened, product)
    product.spoils["POST /wizards/w-1/finish"] = (429, None, {"Retry-After": "3"})
    exchange = ask(driven.driver, ACCEPT, session=SID)
    assert isinstance(exchange.reply, ops.Done)
    assert driven.waited == [3, 0.2, 0.2]
    assert [what for what, _, _ in product.asked].count("POST /wizards") == 1
    assert exchange.response
    assert exchange.response["rate_limited"] == [{"status": 429, "waited_s": 3.0}]


class LateDriver(HttpDriver):
    """Its clock goes on by a hundred times what it waits, and it waits for nothing."""

    skipped = 0

    def now(self) -> int:
        return super().now() + self.skipped

    def skip(self, seconds: float) -> None:
        self.skipped += round(seconds * 100 * 1_000_000)


@pytest.mark.parametrize(("within_s", "is_known"), [(30, True), (15, False)])
def test_a_job_has_a_limit_of_its_own(
    opened: Open, product: Product, within_s: int, is_known: bool
) -> None:
    mapping = MAPPING.replace("within_s = 30", f"within_s = {within_s}")
    target = Driven(opened, product, mapping=mapping).driver.target
    with closing(LateDriver(target, pause=lambda s: driver.skip(s))) as driver:
        ask(driver, ops.LogInToPalette("kim@example.com", PASSWORD))
        reply = ask(driver, ACCEPT, session=SID).reply
    assert driver.skipped > target.limits.answer_s * 1_000_000
    assert isinstance(reply, ops.Done if is_known else ops.Unknown)


def test_without_a_login_no_csrf_is_sent(opened: Open, product: Product) -> None:
    reply = ask(Driven(opened, product).driver, ACCEPT, session="nobody-s").reply
    assert isinstance(reply, Refused)
    assert reply.details["call"] == "open"
    assert "X-Csrf" not in product.asked[0][1]


def test_a_product_may_speak_json_rpc_beside(opened: Open, product: Product) -> None:
    driven = logged_in(opened, product)
    done = ask(driven.driver, ops.DeleteToken("t-1"), session=SID)
    assert done.reply == ops.Done(ops.Acknowledged())
    refused = ask(driven.driver, ops.DeleteToken("t-2"), session=SID).reply
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.message) == (Reason.NOT_FOUND, "no such token")


BASIC = """
[paths.LogInToPalette]
path = "/me"
request = { emailId = "", password = "", "?setCookie" = "" }
constants = { "X-Auth:" = "Basic {basic}" }
filled = { Authorization = "{basic}" }
"""


@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_login_by_basic_tells_no_password(opened: Open, product: Product, status: int) -> None:
    driven = Driven(opened, product, mapping=BASIC)
    basic = b64encode(f"kim@example.com:{PASSWORD}".encode()).decode()
    product.spoils["POST /me"] = (status, {"said": f"Basic {basic}"}, {})
    exchange = driven.log_in()
    assert product.asked[0][1]["X-Auth"] == f"Basic {basic}"
    redactor = Redactor()
    redactor.register(PASSWORD, "password")  # as an argument of the operation is
    told = {"request": dict(exchange.request or {}), "response": dict(exchange.response or {})}
    written = json.dumps(redactor.data(json.loads(json.dumps(told))))
    assert "X-Auth" in written
    assert Hunt([PASSWORD]).leaks(written) == []


def test_the_leader_is_asked_and_both_are_in_the_evidence(opened: Open, product: Product) -> None:
    with running() as leader:
        seen = "GET /v1/edge-mgmt/cluster/pair/details"
        product.spoils[seen] = (307, None, {"Location": f"{leader.url}/elsewhere"})
        leader.spoils[seen] = (404, {"code": "NoPairingRequest", "message": "none"}, {})
        wire = WireMap(leader=LeaderMap((307,), "Location:"))
        hosts = (Host(HOST, product.url), Host("host-2", leader.url))
        target = target_at(product.url, wire=wire, places=(TargetSlot("slot-1", hosts),))
        driver = HttpDriver(target)
        with closing(driver):
            exchange = ask(driver, ops.ViewPairing())
    assert isinstance(exchange.reply, Refused)
    assert exchange.reply.reason is Reason.NOTHING_PENDING
    assert exchange.response
    calls = exchange.response["calls"]
    assert isinstance(calls, list)
    urls = [call["request"]["url"].partition("/v1")[0] for call in calls]  # type: ignore
    assert urls == [product.url, leader.url]


# --- edge hosts that the harness plays ------------------------------------------------------------


def test_an_edge_host_withdraws_by_the_path_and_a_header(opened: Open, product: Product) -> None:
    link = HttpLink(wire=Driven(opened, product).wire)
    try:
        withdraw = ops.WithdrawPairing("c-1", PROOF, "r-1")
        assert link.carry("h", product.url, False, withdraw) == ops.Done(ops.Acknowledged())
        what, headers, body = product.asked[0]
        assert (what, body) == ("DELETE /requests/r-1?cluster=c-1", None)
        assert headers["X-Proof"] == PROOF
        wrong = link.carry("h", product.url, False, ops.WithdrawPairing("c-1", "wrong", "r-1"))
        assert isinstance(wrong, Refused)
    finally:
        link.close()
