"""A target is asked so often and no more, and left alone when it asks for that."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from harness.domain.errors import Reason, Refused
from harness.domain.operations import ListTokens, Reply, Unknown
from harness.http_client import RequestPacer, Sent
from harness.targets.exchange import (
    CallExchange,
    MappedExchange,
    may_be_asked_again,
    wait_asked_for,
)
from harness.wire.codec.client import RETRY_AFTER
from harness.wire.http import HttpResponse
from harness.wire.mapping import PLAIN

URL = "https://palette.example"


class Time:
    """Passes only while somebody waits."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.paused: list[float] = []
        self.at: list[float] = []

    def now(self) -> float:
        return self.now_s

    def pause(self, seconds: float) -> None:
        self.paused.append(round(seconds, 6))
        self.now_s += seconds

    def pacer(self, rates: dict[str, float]) -> RequestPacer:
        return RequestPacer(rates, now=self.now, pause=self.pause)

    def turns(self, pacer: RequestPacer, *urls: str) -> list[float]:
        """When each request goes, from now on."""
        start, gone = self.now_s, []
        for url in urls:
            pacer.take_turn(url)
            gone.append(round(self.now_s - start, 6))
        return gone


def test_requests_go_one_after_the_other_at_an_even_pace() -> None:
    time = Time()
    assert time.turns(time.pacer({URL: 4}), *[URL] * 5) == [0, 0.25, 0.5, 0.75, 1.0]


def test_time_that_was_not_used_is_not_saved_up() -> None:
    time = Time()
    pacer = time.pacer({URL: 4})
    time.turns(pacer, URL)
    time.now_s += 60
    assert time.turns(pacer, *[URL] * 3) == [0, 0.25, 0.5]


def test_each_address_has_its_own_pace_and_others_have_none() -> None:
    time = Time()
    pacer = time.pacer({URL: 1, "http://edge-1:81": 1, "http://free:82": 0})
    urls = (URL, "http://edge-1:81", "http://free:82", "http://free:82", "http://x", "http://x")
    assert time.turns(pacer, *urls) == [0] * 6


def test_addresses_of_one_host_and_port_share_it() -> None:
    time = Time()
    pacer = time.pacer({f"{URL}/api": 1})
    assert time.turns(pacer, f"{URL}/api", "https://PALETTE.example:443", f"{URL}/x") == [0, 1, 2]


def test_many_threads_share_the_pace() -> None:
    paused: list[float] = []
    pacer = RequestPacer({URL: 10}, now=lambda: 5.0, pause=paused.append)
    threads = [threading.Thread(target=pacer.take_turn, args=(URL,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(round(p, 6) for p in paused) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


# --- Retry-After --------------------------------------------------------------------------------

LIMITED = Refused(Reason.RATE_LIMITED, "slow down")
BROKEN = Refused(Reason.INTERNAL, "not now")


def answered(
    status: int, reply: Reply, method: str = "GET", headers: dict[str, str] | None = None
) -> MappedExchange:
    given = {"Retry-After": "2"} if headers is None else headers
    response = HttpResponse(status, given, b"")
    if isinstance(reply, Refused) and given:  # which says by itself when to come back
        reply = replace(reply, details={RETRY_AFTER: given["Retry-After"]})
    call = CallExchange(Sent(method, URL, {}, b""), response, PLAIN.spoken(ListTokens))
    return MappedExchange((call,), reply, ListTokens())


@pytest.mark.parametrize(
    ("status", "reply", "headers", "seconds"),
    [
        (429, LIMITED, {"Retry-After": "2"}, 2),
        (503, BROKEN, {"Retry-After": "2"}, 2),
        (503, Unknown("a page of a proxy"), {"Retry-After": "2"}, 2),
        (503, LIMITED, {"Retry-After": "2"}, 2),
        (500, BROKEN, {"Retry-After": "2"}, None),
        (200, Unknown("?"), {"Retry-After": "2"}, None),
        (503, BROKEN, {}, None),
        (503, BROKEN, {"Retry-After": "11"}, None),
        (503, BROKEN, {"Retry-After": "9" * 400}, None),
    ],
    ids=range(9),
)
def test_what_asks_to_wait(
    status: int, reply: Reply, headers: dict[str, str], seconds: float | None
) -> None:
    assert wait_asked_for(answered(status, reply, headers=headers), 10.0) == seconds


@pytest.mark.parametrize(
    ("status", "reply", "method", "again"),
    [
        (429, LIMITED, "POST", True),
        (503, BROKEN, "GET", True),
        (503, BROKEN, "POST", False),
        (503, Unknown("?"), "PUT", False),
        (503, Unknown("?"), "DELETE", False),
    ],
)
def test_nothing_is_perhaps_done_twice(status: int, reply: Reply, method: str, again: bool) -> None:
    assert may_be_asked_again(answered(status, reply, method)) is again
