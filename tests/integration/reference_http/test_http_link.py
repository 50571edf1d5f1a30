"""Messages that really travel: what is delivered, what is not, and what nobody knows."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from harness.domain import operations as ops
from harness.domain.errors import Refused
from harness.reference.core.link import LinkReply, NotDelivered
from harness.reference.http_link import HttpLink
from harness.reference.server import bind, port_of
from tests.integration.reference_http.conftest import World

TIMEOUT_S = 0.3


@pytest.fixture
def link(world: World) -> Iterator[HttpLink]:
    link = HttpLink(world.ca, TIMEOUT_S)
    yield link
    link.close()


def probe(link: HttpLink, url: str, *, insecure: bool = False) -> LinkReply:
    return link.carry("host", url, insecure, ops.Probe())


@contextmanager
def answering(*parts: bytes, pause_s: float = 0.0, close: bool = True) -> Iterator[str]:
    """A server that reads one request a connection and sends these bytes."""
    listener = bind()
    listener.setblocking(True)
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65_536)
                    for part in parts:
                        connection.sendall(part)
                        if pause_s and stopping.wait(pause_s):
                            return
                    if not close:
                        stopping.wait()
                except OSError:
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port_of(listener)}"
    stopping.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def response(body: bytes, *head: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *head, b"", b""]
    return b"\r\n".join(lines) + body


def test_palette_is_reached_over_every_scheme(world: World, link: HttpLink) -> None:
    assert probe(link, world.palette["https"]) == ops.Done(ops.Acknowledged())
    assert probe(link, world.palette["http"]) == ops.Done(ops.Acknowledged())
    assert probe(link, world.palette["untrusted"], insecure=True) == ops.Done(ops.Acknowledged())


def test_a_refusal_is_carried_back(world: World, link: HttpLink) -> None:
    reply = link.carry("host", world.palette["https"], False, ops.PollPairing("none", "token"))
    assert isinstance(reply, Refused)
    gone = link.carry("host", world.palette["https"], False, ops.WithdrawPairing("c", "t", "none"))
    assert isinstance(gone, Refused | ops.Done)


def nobody_listens() -> str:
    listener = bind()
    port = port_of(listener)
    listener.close()
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (nobody_listens, "the connection was refused"),
        (lambda: "http://no-such-host.invalid", "cannot be resolved"),
        (lambda: f"http://{'a' * 70}.test", "cannot be resolved"),
    ],
    ids=["refusing", "unresolvable", "label too long"],
)
def test_what_cannot_be_connected_is_not_delivered(
    link: HttpLink, url: Callable[[], str], says: str
) -> None:
    reply = probe(link, url())
    assert isinstance(reply, NotDelivered)
    assert says in reply.why


def test_an_untrusted_certificate_is_not_delivered(world: World, link: HttpLink) -> None:
    reply = probe(link, world.palette["untrusted"])
    assert isinstance(reply, NotDelivered)
    assert "certificate is not trusted" in reply.why


def test_plain_http_where_tls_is_asked_for_is_not_delivered(world: World, link: HttpLink) -> None:
    reply = probe(link, world.palette["http"].replace("http:", "https:"))
    assert isinstance(reply, NotDelivered)
    assert "TLS" in reply.why


def test_a_handshake_that_never_ends_is_not_delivered_in_bounded_time(link: HttpLink) -> None:
    with answering(close=False) as url:
        start = time.monotonic()
        reply = probe(link, url.replace("http:", "https:"))
        assert time.monotonic() - start < 10 * TIMEOUT_S
    assert isinstance(reply, NotDelivered)
    assert "no answer within 0.3 s" in reply.why


def test_silence_after_the_request_is_unknown(link: HttpLink) -> None:
    with answering(close=False) as url:
        reply = probe(link, url)
    assert reply == ops.Unknown(f"{url}: no answer within 0.3 s")


def test_an_answer_that_trickles_is_cut_off(link: HttpLink) -> None:
    with answering(*[b"HTTP/1.1 200 OK\r\n"], *[b"A: b\r\n"] * 100, pause_s=0.05) as url:
        reply = probe(link, url)
    assert isinstance(reply, ops.Unknown)
    assert "no answer within" in reply.why


def test_a_connection_that_breaks_after_the_request_is_unknown(link: HttpLink) -> None:
    with answering() as url:
        assert isinstance(probe(link, url), ops.Unknown)
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{") as url:
        assert isinstance(probe(link, url), ops.Unknown)
    with answering(b"SSH-2.0-OpenSSH\r\n") as url:
        assert isinstance(probe(link, url), ops.Unknown)


@pytest.mark.parametrize(
    "answer",
    [
        response(b"<html>hello", b"Content-Type: text/html"),
        response(b"{}"),
        response(b'{"service": "other"}'),
        response(b"", b"Location: http://127.0.0.1:1/", status=b"302 Found"),
        response(b"<html>gone", status=b"404 Not Found"),
    ],
)
def test_a_stranger_is_unknown_and_said_not_to_be_a_palette(link: HttpLink, answer: bytes) -> None:
    with answering(answer) as url:
        reply = probe(link, url)
    assert isinstance(reply, ops.Unknown)
    assert "what answers there is not a Palette" in reply.why


def test_no_more_than_a_mebibyte_is_read(link: HttpLink) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n\r\n", *[b" " * 65_536] * 40) as url:
        reply = probe(link, url)
    assert isinstance(reply, ops.Unknown)
    assert "more than 1048576 bytes" in reply.why


def test_connections_are_kept_and_may_be_used_from_many_threads(
    world: World, link: HttpLink
) -> None:
    replies: list[LinkReply] = []

    def ask() -> None:
        replies.extend(probe(link, world.palette["https"]) for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [ops.Done(ops.Acknowledged())] * 40


def test_a_closed_link_delivers_nothing(world: World) -> None:
    link = HttpLink(world.ca)
    link.close()
    link.close()
    assert isinstance(probe(link, world.palette["https"]), NotDelivered)


def test_a_ca_file_that_is_none_is_an_error_at_once(world: World) -> None:
    with pytest.raises((OSError, ssl.SSLError)):
        HttpLink(world.ca.with_name("missing.pem"))
