"""Exchanges that are bounded, that can be hung up, and that go out in one piece."""

from __future__ import annotations

import gc
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import httpcore
import pytest

from harness.http_client import HttpCall, HttpClient, IdleConnections, NoAnswer, TooLate
from harness.reference.server import bind, port_of
from harness.wire.http import HttpRequest

LONG_S = 30.0
ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with closing(HttpClient(ssl.create_default_context(), LONG_S)) as client:
        yield client


class Silent:
    """A server that takes one connection, keeps what comes first, and may answer."""

    def __init__(self, answer: bytes = b"") -> None:
        self.listener = bind()
        self.listener.setblocking(True)
        self.url = f"http://127.0.0.1:{port_of(self.listener)}"
        self.came = threading.Event()
        self.first = b""
        self._answer = answer
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self.listener.accept()
            with connection:
                self.first = connection.recv(65_536)
                self.came.set()
                connection.sendall(self._answer)
                while connection.recv(65_536):
                    pass

    def close(self) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self._thread.join(LONG_S)


@contextmanager
def hung_up_once(came: threading.Event, call: HttpCall) -> Iterator[None]:
    thread = threading.Thread(target=lambda: came.wait(LONG_S) and call.hang_up())
    thread.start()
    yield
    thread.join()


def ask(client: HttpClient, url: str, call: HttpCall | None = None, within_s: float = 5.0) -> int:
    sent = client.prepare(url, HttpRequest("POST", "/", json={"a": "b"}), {})
    return client.exchange(url, sent, within_s, call).status


def test_a_request_goes_out_in_one_piece(client: HttpClient) -> None:
    with closing(Silent(ANSWER)) as server:
        assert ask(client, server.url) == 204
    head, _, body = server.first.partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert body == b'{"a":"b"}'


def test_an_exchange_is_hung_up_while_it_waits_for_its_answer(client: HttpClient) -> None:
    call = HttpCall()
    with closing(Silent()) as server, hung_up_once(server.came, call):
        with pytest.raises(NoAnswer) as failed:
            ask(client, server.url, call, LONG_S)
        assert not isinstance(failed.value, TooLate)
    assert call.is_sent


def test_what_was_hung_up_before_is_not_sent(client: HttpClient) -> None:
    call = HttpCall()
    call.hang_up()
    with closing(Silent()) as server, pytest.raises(NoAnswer):
        ask(client, server.url, call, LONG_S)
    assert (call.is_sent, server.first) == (False, b"")


def test_an_answer_has_its_own_time_from_the_first_byte_that_is_sent(client: HttpClient) -> None:
    call = HttpCall(answer_s=0.2)
    with closing(Silent()) as server, pytest.raises(TooLate):
        ask(client, server.url, call, LONG_S)
    assert call.is_sent


def test_where_idle_connections_are_closed_none_is_used_that_is_about_to_be() -> None:
    kept = IdleConnections(30.0)
    assert not kept.is_over(20.0, closed=False)
    assert kept.is_over(30.1, closed=False)
    kept.answers(0.2)
    # One that was found closed sooner than another one was answered tells of a restart.
    assert kept.is_over(0.1, closed=True)
    assert not kept.is_over(20.0, closed=False)
    assert kept.is_over(0.5, closed=True)
    assert kept.is_over(0.26, closed=False)
    assert not kept.is_over(0.24, closed=False)
    # What was answered once is so again.
    assert kept.is_over(0.21, closed=True)
    assert not kept.is_over(0.2, closed=False)


class Impatient:
    """A server that closes its connections as soon as it has answered, without a word of it."""

    def __init__(self) -> None:
        self.listener = bind()
        self.listener.setblocking(True)
        self.url = f"http://127.0.0.1:{port_of(self.listener)}"
        self.connections = 0
        self.closed = threading.Semaphore(0)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                with connection:
                    connection.recv(65_536)
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                self.closed.release()


def test_a_connection_that_was_closed_while_it_was_idle_is_not_used(client: HttpClient) -> None:
    server = Impatient()
    with closing(server.listener):
        for count in range(1, 4):
            sent = client.prepare(server.url, HttpRequest("POST", "/x"), {})
            assert client.exchange(server.url, sent, LONG_S).status == 204
            assert server.connections == count
            assert server.closed.acquire(timeout=LONG_S)


class Resetting(Silent):
    """A server that resets each connection as soon as it is there."""

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()


@pytest.mark.filterwarnings("error")
def test_a_connection_that_is_reset_before_tls_begins_leaves_no_socket(client: HttpClient) -> None:
    with closing(Resetting()) as server:
        url = server.url.replace("http:", "https:")
        for _ in range(200):
            with pytest.raises(NoAnswer, match="reset"):
                ask(client, url)
    gc.collect()


def test_a_name_that_nobody_resolves_takes_no_longer_than_it_may(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    never, asked = threading.Event(), threading.Event()

    def resolve(*_: object, **__: object) -> list[object]:
        asked.set()
        never.wait(LONG_S)
        raise socket.gaierror("nobody answered")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    call = HttpCall()
    with pytest.raises(TooLate, match="no connection stood within"):
        ask(client, "http://palette.example", call, 0.2)
    assert asked.is_set()
    assert not call.is_sent
    never.set()


def test_an_address_that_is_silent_leaves_time_for_the_next(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, given = client._backend._inner, list[float]()
    connect = inner.connect_tcp

    def connect_tcp(host: str, port: int, timeout: float, *more: Any) -> httpcore.NetworkStream:
        if host == "192.0.2.1":
            given.append(timeout)
            raise httpcore.ConnectTimeout
        return connect(host, port, timeout, *more)

    monkeypatch.setattr("harness.http_client.resolved", lambda _: ("192.0.2.1", "127.0.0.1"))
    monkeypatch.setattr(inner, "connect_tcp", connect_tcp)
    with closing(Silent(ANSWER)) as server:
        port = port_of(server.listener)
        assert ask(client, f"http://palette.example:{port}", within_s=10.0) == 204
    assert 0 < given[0] <= 5.0


@pytest.mark.parametrize("url", ["http://[::1", "ftp://palette.example", "http://a b.example"])
def test_what_is_no_usable_url_is_told(client: HttpClient, url: str) -> None:
    with pytest.raises(NoAnswer):
        ask(client, url)
