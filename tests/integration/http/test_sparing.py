"""The driver spares a target: it keeps its pace, and leaves it alone when it asks for that."""

from __future__ import annotations

import time
from typing import Any

import pytest

from harness.domain.operations import Done, ListTokens, LogOut, Unknown
from harness.targets.http import HttpDriver
from harness.targets.target import RateLimit
from tests.integration.http.faulty import always, answer, in_turn
from tests.integration.http.targets import EMPTY, Open, ask, target_at

OVERLOADED = answer(
    "503 Service Unavailable", b"<h1>Try again</h1>", "Retry-After: 2", kind="text/html"
)


def spared(opened: Open, *replies: bytes, **limit: Any) -> tuple[HttpDriver, list[float], Any]:
    pauses: list[float] = []
    target = opened.faulty(in_turn(*replies))
    described = target_at(target.url, rate_limit=RateLimit(**limit))
    return opened.driver(described, pauses.append), pauses, target


def test_a_look_is_taken_again_when_the_target_is_back(opened: Open) -> None:
    driver, pauses, target = spared(opened, OVERLOADED, EMPTY)
    exchange = ask(driver, ListTokens())
    assert isinstance(exchange.reply, Done)
    assert pauses == [2.0]
    assert exchange.response is not None
    assert exchange.response["rate_limited"] == [{"status": 503, "waited_s": 2.0}]
    assert len(target.heads) == 2


def test_a_change_that_may_have_been_made_is_not_made_again(opened: Open) -> None:
    driver, pauses, target = spared(opened, OVERLOADED, EMPTY)
    assert isinstance(ask(driver, LogOut()).reply, Unknown)
    assert pauses == [2.0], "it is left alone all the same"
    assert len(target.heads) == 1


def test_who_waits_for_nothing_does_not(opened: Open) -> None:
    driver, pauses, _ = spared(opened, OVERLOADED, EMPTY, waits=0)
    assert isinstance(ask(driver, ListTokens()).reply, Unknown)
    assert pauses == []


@pytest.mark.parametrize(("per_second", "least"), [(50.0, 0.18), (0.0, 0.0)])
def test_it_is_asked_so_often_a_second_and_no_more(
    opened: Open, per_second: float, least: float
) -> None:
    target = opened.faulty(always(EMPTY))
    limit = RateLimit(per_second=per_second)
    driver = opened.driver(target_at(target.url, rate_limit=limit))
    began = time.monotonic()
    for _ in range(10):
        ask(driver, ListTokens())
    assert time.monotonic() - began >= least
