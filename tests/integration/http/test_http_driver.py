"""The driver over HTTP against targets that misbehave: whatever they do, an answer comes in time,
says what happened, and is bounded.
"""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime
from threading import Barrier

import pytest
from httpcore import _synchronization as httpcore_locks

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.targets import port
from harness.targets.exchange import seconds_of
from harness.targets.http import HttpDriver
from harness.targets.port import Outgoing
from harness.targets.target import RateLimit, Timeouts
from harness.wire.http import BODY_BYTES_MAX
from harness.wire.mapping import OperationMap, WireMap
from tests.integration.http import faulty
from tests.integration.http.faulty import Behave, always, answer, in_turn
from tests.integration.http.targets import EMPTY, NOT_LOGGED_IN, Open, ask, target_at

BUSY = b'{"code": "TooManyRequests", "message": "later"}'
SHORT_S = 0.3
"""How long an answer may take where none is going to come."""


# --- what goes out and comes back ---------------------------------------------------------------


def test_an_operation_is_exchanged_and_told(opened: Open) -> None:
    target = opened.faulty(always(EMPTY))
    exchange = ask(
        opened.driver(target_at(target.url)), ops.ListTokens(), api_key="key", project_uid="p1"
    )
    assert isinstance(exchange.reply, ops.Done)
    assert exchange.request is not None
    assert exchange.request["method"] == "GET"
    assert exchange.request["url"] == f"{target.url}/v1/edgehosts/tokens"
    headers = dict(exchange.request["headers"])  # type: ignore[arg-type]
    assert (headers["ApiKey"], headers["ProjectUid"]) == ("key", "p1")
    assert headers["X-Request-Id"] == "scenario#1"
    assert exchange.response is not None
    assert (exchange.response["status"], exchange.response["body"]) == (200, '{"items": []}')
    assert b"X-Request-Id: scenario#1\r\n" in target.heads[0]


def test_what_is_asked_at_one_instant_is_under_way_together(opened: Open) -> None:
    both = Barrier(2)

    def meets(visit: faulty.Visit) -> None:
        both.wait(timeout=30)
        always(EMPTY)(visit)

    target = opened.faulty(meets)
    driver, done = opened.driver(target_at(target.url)), list[port.Exchange]()

    def asks() -> None:
        done.append(ask(driver, ops.ListTokens(), api_key="key", project_uid="p1"))

    port.together(port.DriverAround(driver), [asks, asks])
    assert [isinstance(exchange.reply, ops.Done) for exchange in done] == [True, True]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_driver_answers_after_ctrl_c_while_a_lock_was_taken(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lets go of a lock is not reached, where it comes right after the lock was taken. Nobody
    closes that connection either, but for the end of the process.
    """
    driver = opened.driver(target_at(opened.faulty(always(EMPTY)).url))
    assert isinstance(ask(driver, ops.ListTokens()).reply, ops.Done)

    def taken_and_stopped(lock: httpcore_locks.Lock) -> None:
        lock._lock.acquire()
        raise KeyboardInterrupt

    enter = httpcore_locks.Lock.__enter__
    monkeypatch.setattr(httpcore_locks.Lock, "__enter__", taken_and_stopped)
    with pytest.raises(KeyboardInterrupt):
        ask(driver, ops.ListTokens())
    monkeypatch.setattr(httpcore_locks.Lock, "__enter__", enter)
    done = list[port.Exchange]()
    later = threading.Thread(target=lambda: done.append(ask(driver, ops.ListTokens())), daemon=True)
    later.start()
    later.join(timeout=20)
    assert [isinstance(exchange.reply, ops.Done) for exchange in done] == [True]


def test_a_correlation_id_of_any_script_goes_out(opened: Open) -> None:
    target = opened.faulty(always(EMPTY))
    driver = opened.driver(target_at(target.url))
    exchange = driver.send(Outgoing(ops.ListTokens(), ops.Credentials(), "", "Kühlhaus „Nord“#1"))
    assert isinstance(exchange.reply, ops.Done)
    assert b"X-Request-Id: K%C3%BChlhaus" in target.heads[0]


def test_the_connection_is_kept_and_no_cookie_is(opened: Open) -> None:
    connections = []

    def counts(visit: faulty.Visit) -> None:
        connections.append(visit)
        reply = EMPTY.replace(b"\r\n\r\n", b"\r\nSet-Cookie: session=canary\r\n\r\n", 1)
        always(reply)(visit)

    target = opened.faulty(counts)
    driver = opened.driver(target_at(target.url))
    for _ in range(3):
        assert isinstance(ask(driver, ops.ListTokens()).reply, ops.Done)
    assert len(connections) == 1
    assert not any(b"cookie" in head.lower() for head in target.heads)


def test_local_ui_is_asked_at_its_host(opened: Open) -> None:
    local_ui = opened.faulty(always(NOT_LOGGED_IN))
    palette = opened.faulty(always(EMPTY))
    driver = opened.driver(target_at(local_ui.url, central_url=palette.url))
    assert isinstance(ask(driver, ops.ViewPairing()).reply, Refused)
    assert isinstance(ask(driver, ops.ListPairingRequests()).reply, ops.Done)
    assert (len(local_ui.heads), len(palette.heads)) == (1, 1)


def test_a_path_can_be_remapped(opened: Open) -> None:
    target = opened.faulty(always(EMPTY))
    wire = WireMap({ops.ListTokens: OperationMap(path="/api/tokens")})
    ask(opened.driver(target_at(target.url, wire=wire)), ops.ListTokens())
    assert target.heads[0].startswith(b"GET /api/tokens HTTP/1.1\r\n")


def test_a_refusal_is_told_as_it_came(opened: Open) -> None:
    reply = ask(opened.at(always(NOT_LOGGED_IN)), ops.ListTokens()).reply
    assert isinstance(reply, Refused)
    assert (reply.reason, reply.details["status"]) == (Reason.UNAUTHENTICATED, "401")


def test_a_long_body_is_left_whole_for_the_evidence_to_redact_and_cut(opened: Open) -> None:
    padding = b" " * 100_000
    exchange = ask(
        opened.at(always(answer("200 OK", b'{"items": []}' + padding))), ops.ListTokens()
    )
    assert exchange.reply == ops.Done(exchange.reply.value)  # type: ignore[union-attr]
    assert exchange.response is not None
    assert len(str(exchange.response["body"])) == len(padding) + 13


def test_an_operation_of_any_kind_is_bounded_in_its_path(opened: Open) -> None:
    target = opened.faulty(always(NOT_LOGGED_IN))
    ask(opened.driver(target_at(target.url)), ops.ViewPairingRequest("../x y?z"))
    assert target.heads[0].split(b" ")[1] == b"/v1/spectroclusters/pairing/..%2Fx%20y%3Fz"


# --- answers that never come, or are none -------------------------------------------------------


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (faulty.resets, "reset before a whole answer"),
        (faulty.closes, "closed before an answer came"),
        (faulty.cuts_off, "does it speak HTTP"),
        (faulty.speaks_no_http, "does it speak HTTP"),
        (faulty.never_ends, f"too large: more than {BODY_BYTES_MAX} bytes"),
        (faulty.announces_a_gigabyte, f"too large: more than {BODY_BYTES_MAX} bytes"),
        (faulty.floods_headers, "does it speak HTTP"),
        (faulty.turns_in_a_circle, "redirects (/again) are not followed"),
        (always(answer("200 OK", b"<html>Hello", kind="text/html")), "200, text/html"),
        (always(answer("200 OK", b'{"items": 7}')), "items: Input should be a valid"),
        (always(answer("200 OK", b'{"items": [')), "truncated"),
        (always(answer("200 OK", b"[" * 200_000)), "recursion"),
        (always(answer("500 Oops", b"<h1>Oops</h1>", kind="text/html")), "500, text/html"),
        (always(answer("200 OK", b"\x1f\x8b", "Content-Encoding: gzip")), "invalid character"),
    ],
)
def test_what_is_no_answer_is_unknown_and_says_what_came(
    opened: Open, behave: Behave, told: str
) -> None:
    target = opened.faulty(behave)
    exchange = ask(opened.driver(target_at(target.url)), ops.ListTokens())
    assert isinstance(exchange.reply, ops.Unknown)
    assert target.url in exchange.reply.why
    assert told in exchange.reply.why
    assert exchange.request is not None


@pytest.mark.parametrize(
    "behave", [faulty.hangs, faulty.trickles_head, faulty.trickles_body], ids=lambda b: b.__name__
)
def test_no_answer_takes_longer_than_it_may(opened: Open, behave: Behave) -> None:
    driver = opened.at(behave, SHORT_S)
    start = driver.now()
    reply = ask(driver, ops.ListTokens()).reply
    took_s = (driver.now() - start) / 1_000_000
    assert isinstance(reply, ops.Unknown)
    assert f"no whole answer came within {SHORT_S:g} s" in reply.why
    assert SHORT_S <= took_s < SHORT_S + 2


def test_a_connection_that_does_not_come_about_is_told(opened: Open) -> None:
    url = opened.faulty(faulty.hangs).url.replace("http:", "https:")
    timeouts = Timeouts(connect_s=SHORT_S)
    reply = ask(opened.driver(target_at(url, timeouts=timeouts)), ops.ListTokens()).reply
    assert isinstance(reply, ops.Unknown)
    assert f"no connection stood within {SHORT_S:g} s" in reply.why


def test_a_refused_connection_is_told(opened: Open) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        reply = ask(opened.driver(target_at(url)), ops.ListTokens()).reply
    assert isinstance(reply, ops.Unknown)
    assert "the connection was refused" in reply.why


def test_a_name_that_cannot_be_resolved_is_told(opened: Open) -> None:
    reply = ask(opened.driver(target_at("http://no-such-host.invalid")), ops.ListTokens()).reply
    assert isinstance(reply, ops.Unknown)
    assert "cannot be resolved" in reply.why


def test_plain_http_where_tls_is_expected_is_told(opened: Open) -> None:
    url = opened.faulty(faulty.speaks_no_tls).url.replace("http:", "https:")
    reply = ask(opened.driver(target_at(url)), ops.ListTokens()).reply
    assert isinstance(reply, ops.Unknown)
    assert "TLS failed" in reply.why


def test_after_a_broken_exchange_the_next_one_is_whole(opened: Open) -> None:
    visits = []

    def breaks_once(visit: faulty.Visit) -> None:
        visits.append(visit)
        (faulty.cuts_off if len(visits) == 1 else always(EMPTY))(visit)

    driver = opened.at(breaks_once)
    assert isinstance(ask(driver, ops.ListTokens()).reply, ops.Unknown)
    assert isinstance(ask(driver, ops.ListTokens()).reply, ops.Done)


def test_a_secret_answer_that_is_broken_is_not_repeated(opened: Open) -> None:
    broken = answer("200 OK", b'{"Token": {"Authorization": 1, "x": "canary"')
    reply = ask(opened.at(always(broken)), ops.LogIn("kim", "pw")).reply
    assert isinstance(reply, ops.Unknown)
    assert "canary" not in reply.why


# --- 429 ----------------------------------------------------------------------------------------


def busy(*headers: str) -> bytes:
    return answer("429 Too Many Requests", BUSY, *headers)


def rate_limited(opened: Open, *replies: bytes, **limit: float) -> tuple[HttpDriver, list[float]]:
    pauses: list[float] = []
    target = target_at(opened.faulty(in_turn(*replies)).url, rate_limit=RateLimit(**limit))  # type: ignore[arg-type]
    return opened.driver(target, pauses.append), pauses


def test_it_comes_back_when_it_is_told_to_and_says_so(opened: Open) -> None:
    driver, pauses = rate_limited(opened, busy("Retry-After: 2"), busy("Retry-After: 1"), EMPTY)
    exchange = ask(driver, ops.ListPairingRequests())
    assert exchange.reply == ops.Done(ops.PairingList(()))
    assert pauses == [2.0, 1.0]
    assert exchange.response is not None
    assert exchange.response["rate_limited"] == [
        {"status": 429, "waited_s": 2.0},
        {"status": 429, "waited_s": 1.0},
    ]


def test_it_comes_back_so_often_and_no_more(opened: Open) -> None:
    driver, pauses = rate_limited(opened, busy("Retry-After: 1"), waits=2)
    reply = ask(driver, ops.ListTokens()).reply
    assert isinstance(reply, Refused)
    assert reply.reason is Reason.RATE_LIMITED
    assert pauses == [1.0, 1.0]


@pytest.mark.parametrize("headers", [(), ("Retry-After: soon",), ("Retry-After: 11",)])
def test_it_does_not_wait_for_what_is_not_said_or_too_long(
    opened: Open, headers: tuple[str, ...]
) -> None:
    driver, pauses = rate_limited(opened, busy(*headers), EMPTY, wait_s=10.0)
    assert isinstance(ask(driver, ops.ListTokens()).reply, Refused)
    assert pauses == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3.0),
        ("Tue, 24 Nov 2026 12:00:07 GMT", 7.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("²", None),
    ],
)
def test_when_to_come_back(text: str, seconds: float | None) -> None:
    assert seconds_of(text, datetime(2026, 11, 24, 12, tzinfo=UTC)) == seconds


def test_an_operation_may_have_a_limit_of_its_own(opened: Open) -> None:
    url = opened.faulty(faulty.hangs).url
    driver = opened.driver(target_at(url, operation_limits={ops.ListTokens: 0.2}))
    reply = ask(driver, ops.ListTokens()).reply
    assert isinstance(reply, ops.Unknown)
    assert "no whole answer came within 0.2 s" in reply.why
