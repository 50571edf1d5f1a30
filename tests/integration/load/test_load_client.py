"""The client of the load against real servers, of which most misbehave."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest
import trustme

from harness.load.client import Exchanged, LoadClient, exchange_over, run
from harness.load.connection import Connection
from harness.load.errors import NoResponse, NotSent, TooFewFiles
from harness.load.message import BaseAddress, address_of, message_of
from harness.load.opening import LoadLimits, Opener
from harness.targets.trust import pinned
from harness.wire.http import HttpRequest
from tests.integration.load import servers
from tests.integration.load.servers import OK, Behaves, Serving, says, serving

GET = HttpRequest("GET", "/x")
POST = HttpRequest("POST", "/x", json={"a": 1})


def trusting(ca: trustme.CA | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca is not None:
        ca.configure_trust(context)
    return context


def with_tls(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(context)
    return context


@asynccontextmanager
async def between(
    behaves: Behaves, limits: LoadLimits = LoadLimits()
) -> AsyncIterator[tuple[LoadClient, Serving]]:
    async with serving(behaves) as served, LoadClient(trusting(), limits) as client:
        yield client, served


async def over(connection: Connection, url: str) -> Exchanged:
    """A request over this connection."""
    address, now = address_of(url), time.monotonic_ns()
    message = message_of(address, GET)
    return await exchange_over(connection, address, message, now, now + 10**10)


def checked(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test; it leaves no task, no file and no warning."""

    async def watched() -> None:
        await test()
        mine = asyncio.current_task()
        left = [t for t in asyncio.all_tasks() if t is not mine]
        assert left == []

    run(asyncio.sleep(0))  # the first loop of a process opens a pipe that stays
    before = files()
    run(watched())
    assert files() <= before


def files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.002)


# --- as it should be --------------------------------------------------------------------------


def test_connections_are_kept_and_shared() -> None:
    async def test() -> None:
        async with between(servers.answers, LoadLimits(connections_per_address=4)) as (c, s):
            asked = [c.exchange(s.url, GET) for _ in range(200)]
            for done in await asyncio.gather(*asked):
                assert (done.response.status, done.response.body) == (200, b"{}")
                assert done.response.header("content-type") == "application/json"
                assert done.request.startswith(b"GET /x HTTP/1.1\r\nHost: localhost:")
                t = done.times
                assert t.intended_ns <= t.sent_ns < t.first_ns <= t.end_ns
            assert s.accepted == c.open_connections == 4

    checked(test)


def test_a_latency_counts_from_the_intended_start() -> None:
    async def test() -> None:
        async with between(servers.answers) as (client, served):
            done = await client.exchange(served.url, GET, intended_ns=5)
            assert done.times.intended_ns == 5

    checked(test)


def test_connection_close_is_obeyed() -> None:
    closing = OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")

    async def test() -> None:
        async with between(servers.says_and_stays(closing)) as (client, served):
            for _ in range(3):
                assert (await client.request(served.url, GET)).status == 200
            assert served.accepted == 3
            await until(lambda: client.open_connections == 0)

    checked(test)


def test_a_kept_connection_that_was_closed_is_replaced() -> None:
    async def test() -> None:
        async with between(says(OK)) as (client, served):
            for _ in range(20):
                assert (await client.request(served.url, POST)).status == 200
                await until(lambda: client.open_connections == 0)
            assert served.accepted == 20

    checked(test)


def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    async def test() -> None:
        async with between(servers.answers, LoadLimits(idle_s=0.0)) as (client, served):
            await client.request(served.url, GET)
            await client.request(served.url, GET)
            assert served.accepted == 2

    checked(test)


def test_a_host_of_several_addresses_is_found_at_the_one_that_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def resolved(opener: Opener, address: BaseAddress) -> tuple[str, ...]:
        return ("127.0.0.2", "127.0.0.1")

    async def test() -> None:
        async with between(servers.answers) as (client, served):
            assert (await client.request(served.url, GET)).status == 200

    monkeypatch.setattr(Opener, "_resolve", resolved)
    checked(test)


def test_an_address_may_be_a_number() -> None:
    async def test() -> None:
        async with between(servers.answers) as (client, served):
            url = f"http://127.0.0.1:{served.port}"
            assert (await client.request(url, GET)).status == 200

    checked(test)


# --- what was sent, and what was not ----------------------------------------------------------

UNKNOWN: list[tuple[Behaves, str]] = [
    (says(b""), "closed before an answer"),
    (says(OK[:-1]), "closed in the middle"),
    (says(OK[:20]), "closed in the middle"),
    (servers.hangs, "no answer came within"),
    (servers.says_and_stays(OK[:-1]), "no whole answer came within"),
    (servers.resets, "reset|closed"),
    (servers.floods, "too large"),
    (says(b"220 smtp.example.com ESMTP\r\n"), "something else listen"),
    (says(b"\x16\x03\x01\x02\x00\x01"), "something else listen"),
]


@pytest.mark.parametrize(("behaves", "why"), UNKNOWN, ids=range(len(UNKNOWN)))
def test_after_it_was_sent_the_outcome_is_unknown(behaves: Behaves, why: str) -> None:
    async def test() -> None:
        async with between(behaves) as (client, served):
            with pytest.raises(NoResponse, match=why) as unknown:
                await client.request(served.url, POST, within_s=0.3)
            assert served.url in unknown.value.why
            assert unknown.value.times.sent_ns > 0
            assert served.accepted == 1, "it was sent again"
            await until(lambda: client.open_connections == 0)

    checked(test)


def test_a_request_lost_in_the_race_with_a_close_is_not_sent_again() -> None:
    """The server closes a kept connection just as the next request arrives there."""

    async def once(reader: servers.Reader, writer: servers.Writer) -> None:
        await servers.head(reader)
        writer.write(OK)
        await servers.head(reader)

    async def test() -> None:
        async with between(once) as (client, served):
            await client.request(served.url, POST)
            with pytest.raises(NoResponse, match="closed before an answer"):
                await client.request(served.url, POST)
            assert served.accepted == 1

    checked(test)


def test_nobody_there_means_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def test() -> None:
        async with LoadClient(trusting()) as client:
            with pytest.raises(NotSent, match="refused; check the port"):
                await client.request(f"http://127.0.0.1:{port}", GET)
            with pytest.raises(NotSent, match="cannot be resolved"):
                await client.request("http://no.such.host.invalid", GET)
            with pytest.raises(NotSent, match="is no address"):
                await client.request("gopher://h", GET)

    checked(test)


def test_connections_that_failed_take_no_place_in_the_pool() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def test() -> None:
        async with LoadClient(trusting(), LoadLimits(connections_per_address=1)) as client:
            for _ in range(3):
                with pytest.raises(NotSent, match="refused"):
                    await client.request(f"http://127.0.0.1:{port}", GET, within_s=1)

    checked(test)


def test_a_listener_that_never_accepts_is_given_up() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):

            async def test() -> None:
                limits = LoadLimits(connect_s=0.1)
                async with LoadClient(trusting(), limits) as client:
                    with pytest.raises(NotSent, match=r"no connection stood within 0\.1 s"):
                        await client.request(f"http://127.0.0.1:{port}", GET)

            checked(test)


def test_who_waits_for_a_connection_in_vain_has_sent_nothing() -> None:
    async def test() -> None:
        async with between(servers.hangs, LoadLimits(connections_per_address=1)) as (c, s):
            first = asyncio.create_task(c.request(s.url, GET, within_s=0.5))
            await until(lambda: s.open == 1)
            with pytest.raises(NotSent, match="all 1 connections were in use"):
                await c.request(s.url, GET, within_s=0.05)
            with pytest.raises(NoResponse):
                await first
            with pytest.raises(NoResponse):
                await c.request(s.url, GET, within_s=0.05)
            assert s.accepted == 2

    checked(test)


def test_a_closed_client_and_one_not_entered_send_nothing() -> None:
    async def test() -> None:
        async with serving(servers.answers) as served:
            client = LoadClient(trusting())
            with pytest.raises(NotSent, match="async with"):
                await client.request(served.url, GET)
            async with client:
                await client.storm(served.url, 1)
                assert client.open_connections == 1
            assert client.open_connections == 0
            with pytest.raises(NotSent, match="client is closed"):
                await client.request(served.url, GET)
            await until(lambda: served.open == 0)

    checked(test)


# --- strange but whole answers ----------------------------------------------------------------


def test_bytes_after_an_answer_are_nobodys_answer() -> None:
    async def test() -> None:
        twice = servers.says_and_stays(OK + OK.replace(b"200", b"500"))
        async with between(twice) as (client, served):
            for _ in range(3):
                assert (await client.request(served.url, GET)).status == 200
            assert served.accepted == 3

    checked(test)


def test_an_answer_may_come_before_the_request_has_left() -> None:
    big = HttpRequest("POST", "/x", json="x" * 20_000_000)

    async def test() -> None:
        async with between(servers.answers_before_it_has_read) as (client, served):
            assert (await client.request(served.url, big)).status == 413
            await until(lambda: client.open_connections == 0)

    checked(test)


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async def test() -> None:
        async with between(says(b"HTTP/1.1 200 OK\r\n\r\nto the end")) as (client, served):
            assert (await client.request(served.url, GET)).body == b"to the end"

    checked(test)


# --- who leaves, and who stays ----------------------------------------------------------------


def test_a_cancelled_request_closes_its_connection() -> None:
    async def test() -> None:
        async with between(servers.hangs, LoadLimits(connections_per_address=1)) as (c, s):
            for _ in range(3):
                task = asyncio.create_task(c.request(s.url, GET))
                await until(lambda: s.open == 1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await until(lambda: s.open == c.open_connections == 0)

    checked(test)


def test_a_storm_opens_all_at_once() -> None:
    async def test() -> None:
        async with between(servers.answers) as (client, served):
            storm = await client.storm(served.url, 200)
            assert (len(storm.connections), storm.failures, len(storm.took)) == (200, {}, 200)
            assert client.open_connections == 200
            answered = await asyncio.gather(*(over(c, served.url) for c in storm.connections))
            assert {a.response.status for a in answered} == {200}
            assert served.accepted == 200

    checked(test)


def test_a_storm_that_the_machine_does_not_allow_opens_nothing() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most == resource.RLIM_INFINITY:
        pytest.skip("this machine has no hard limit of open files")

    async def test() -> None:
        async with between(servers.answers) as (client, served):
            with pytest.raises(TooFewFiles, match="raise the limit"):
                await client.storm(served.url, most)
            assert served.accepted == 0

    checked(test)


def test_a_storm_tells_what_failed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def test() -> None:
        async with LoadClient(trusting()) as client:
            storm = await client.storm(f"http://127.0.0.1:{port}", 20)
            assert storm.connections == ()
            assert list(storm.failures.values()) == [20]

    checked(test)


# --- TLS --------------------------------------------------------------------------------------


def test_tls_is_checked_against_what_is_trusted() -> None:
    ca, other = trustme.CA(), trustme.CA()

    async def test() -> None:
        async with serving(servers.answers, with_tls(ca, "localhost")) as served:
            async with LoadClient(trusting(ca)) as client:
                assert (await client.request(served.url, GET)).status == 200
                wrong_name = f"https://127.0.0.1:{served.port}"
                with pytest.raises(NotSent, match="certificate is not trusted"):
                    await client.request(wrong_name, GET)
            async with LoadClient(trusting(other)) as client:
                with pytest.raises(NotSent, match="certificate is not trusted"):
                    await client.request(served.url, GET)

    checked(test)


def test_tls_and_plain_http_do_not_meet() -> None:
    ca = trustme.CA()

    async def test() -> None:
        async with serving(servers.answers) as plain, LoadClient(trusting(ca)) as client:
            url = plain.url.replace("http:", "https:")
            with pytest.raises(NotSent, match=r"plain HTTP|reset|no connection stood"):
                await client.request(url, GET, within_s=0.3)
        secure = serving(servers.answers, with_tls(ca, "localhost"))
        async with secure as served, LoadClient(trusting(ca)) as client:
            with pytest.raises(NoResponse):
                await client.request(served.url.replace("https:", "http:"), GET, within_s=1)

    checked(test)


def test_a_pin_is_checked_at_each_handshake() -> None:
    ca = trustme.CA()

    async def test() -> None:
        leaf = with_tls(ca, "localhost")
        async with serving(servers.answers, leaf) as served:
            shown = ssl.PEM_cert_to_DER_cert(
                await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", served.port))
            )
            for resumes in (True, False):
                limits = LoadLimits(resumes_tls=resumes)
                right = pinned(trusting(ca), {sha256(shown).digest()})
                for _ in range(2):
                    async with LoadClient(right, limits) as client:
                        assert (await client.request(served.url, GET)).status == 200
                wrong = pinned(trusting(ca), {bytes(32)})
                async with LoadClient(wrong, limits) as client:
                    with pytest.raises(NotSent, match="TLS failed: the certificate is"):
                        await client.request(served.url, GET)

    checked(test)


@pytest.mark.parametrize("resumes", [True, False])
def test_tls_sessions_are_taken_up_again(resumes: bool) -> None:
    ca = trustme.CA()

    async def test() -> None:
        limits = LoadLimits(resumes_tls=resumes)
        secure = serving(servers.answers, with_tls(ca, "localhost"))
        async with secure as served, LoadClient(trusting(ca), limits) as client:
            await client.request(served.url, GET)
            (connection,) = (await client.storm(served.url, 1)).connections
            tls = connection.extra("ssl_object")
            assert isinstance(tls, ssl.SSLObject)
            assert tls.session_reused is resumes
            assert (await over(connection, served.url)).response.status == 200

    checked(test)
