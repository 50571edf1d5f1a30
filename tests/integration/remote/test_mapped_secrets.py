"""Secrets in headers and fields that a target calls by names of its own reach no evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from harness.domain import operations as ops
from harness.history.redaction import Redactor
from harness.targets.port import Exchange
from tests.integration.http.faulty import answer
from tests.integration.http.targets import Open, ask, target_at
from tests.integration.leaks.canaries import Hunt, canary
from tests.unit.wire.mapped import WILD

SESSION = canary("session", awkward=True)
AGAIN = canary("again")
KEY = canary("api-key")
TOKEN = canary("token")
FACTS = {"session": {"key": SESSION, "again": AGAIN}, "tickets": [{"number": TOKEN}]}
"""Where the wild wire has secrets: names that tell nobody anything."""


def recorded(exchange: Exchange) -> str:
    """What of an exchange is written down by somebody who knows none of its secrets."""
    redactor = Redactor()
    told = {"request": dict(exchange.request or {}), "response": dict(exchange.response or {})}
    return json.dumps(redactor.data(told))


@pytest.fixture
def opened() -> Iterator[Open]:
    with ExitStack() as held:
        yield Open(held)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(FACTS),
        json.dumps({**FACTS, "more": 1, "fault": {"type": "clash", "text": "no"}}),
        json.dumps(FACTS)[:-2],
        json.dumps({**FACTS, "tickets": [{"number": TOKEN}, 7]}),
    ],
    ids=["whole", "with an error", "cut", "malformed"],
)
@pytest.mark.parametrize("status", ["201 Created", "203 X", "200 OK", "410 Gone", "302 Found"])
@pytest.mark.parametrize(
    "operation", [ops.LogIn("kim", "pw"), ops.ListTokens()], ids=["login", "tokens"]
)
def test_secrets_of_an_answer_are_not_written_down(
    opened: Open, body: str, status: str, operation: ops.Operation
) -> None:
    target = opened.faulty(lambda visit: visit.head() and visit.say(answer(status, body.encode())))
    exchange = ask(opened.driver(target_at(target.url, wire=WILD)), operation)
    mine = [SESSION, AGAIN] if isinstance(operation, ops.LogIn) else [TOKEN]
    assert exchange.response is not None
    assert Hunt(mine).leaks(recorded(exchange)) == []


def test_credentials_of_a_request_are_not_written_down(opened: Open) -> None:
    target = opened.faulty(lambda visit: visit.head() and visit.say(answer("503 X", b"{}")))
    driver = opened.driver(target_at(target.url, wire=WILD))
    sends = ops.SendPairingRequest("https://p.example", TOKEN)
    exchange = ask(driver, sends, session=SESSION.replace("é", "e"), api_key=KEY)
    assert b"X-Auth: Session " in target.heads[0]
    assert KEY.encode() in target.heads[0]
    assert TOKEN.encode() in target.heads[0]
    written = recorded(exchange)
    assert Hunt([SESSION.replace("é", "e"), KEY, TOKEN]).leaks(written) == []
    assert "X-Auth" in written


def test_a_login_that_answers_with_a_bare_text_is_not_written_down(opened: Open) -> None:
    body = json.dumps(SESSION).encode()
    target = opened.faulty(lambda visit: visit.head() and visit.say(answer("201 Created", body)))
    exchange = ask(
        opened.driver(target_at(target.url, wire=WILD)), ops.LogInToPalette("a@b.c", "pw")
    )
    assert Hunt([SESSION]).leaks(recorded(exchange)) == []
