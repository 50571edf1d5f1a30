"""A name such as `evil.localhost` is judged by what it comes to, and connected to there."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

from harness.domain import operations as ops
from harness.http_client import HttpClient
from harness.loopback import is_loopback, is_loopback_host
from harness.reference.http_link import HttpLink
from harness.targets.port import TargetInfo, TargetUnusable
from harness.targets.target import Target, check_permission
from harness.wire.http import HttpRequest

NAME = "evil.localhost"
AWAY = "192.0.2.1"
"""An address of nobody's."""

Names = Callable[..., None]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Says what a name comes to: each time the next of these answers, in the end the last."""
    real, told = socket.getaddrinfo, dict[str, list[tuple[str, ...]]]()

    def resolve(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        answers = told.get(host.decode() if isinstance(host, bytes) else host)
        if answers is None:
            return real(host, port, *args, **more)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for ip in found for entry in real(ip, port, *args, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return lambda name, *answers: told.update({name: list(answers)})


class Listening:
    """The same port at two addresses, and the hosts that were asked for at each."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: dict[str, list[str]] = {"127.0.0.1": [], "127.0.0.2": []}
        port, self._servers = 0, []
        for address, hosts in self.asked.items():
            server = ThreadingHTTPServer((address, port), self._handler(hosts))
            if tls is not None:
                server.socket = tls.wrap_socket(server.socket, server_side=True)
            port = server.server_address[1]
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.port = port
        self.url = f"http{'s' if tls else ''}://{NAME}:{port}"

    @staticmethod
    def _handler(hosts: list[str]) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                hosts.append(self.headers["Host"])
                self.send_response(204)
                self.end_headers()

            do_GET = do_POST  # noqa: N815  as the base calls it

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


@pytest.fixture
def listening() -> Iterator[Listening]:
    listening = Listening()
    yield listening
    listening.close()


def post(url: str, context: ssl.SSLContext | None = None) -> None:
    client = HttpClient(context or ssl.create_default_context(), 5.0)
    try:
        request = HttpRequest("POST", "/v1/x", json={})
        client.exchange(url, client.prepare(url, request, {}), 5.0)
    finally:
        client.close()


@pytest.mark.parametrize(
    ("answer", "ours"),
    [
        (("127.0.0.1",), True),
        (("127.0.0.1", "::1", "127.0.0.9"), True),
        ((AWAY,), False),
        (("127.0.0.1", AWAY), False),
    ],
)
def test_a_name_is_of_this_machine_if_all_that_it_comes_to_is(
    names: Names, fresh: None, answer: tuple[str, ...], ours: bool
) -> None:
    names(NAME, answer)
    assert is_loopback(f"https://{NAME}:8443") is ours


def test_a_name_that_comes_to_nothing_is_not() -> None:
    assert not is_loopback_host("no-such-name.invalid.localhost")
    assert is_loopback_host("localhost")


def test_nothing_is_written_to_a_name_that_lies_elsewhere(names: Names) -> None:
    names("away.localhost", (AWAY,))
    target = Target(TargetInfo("Acme"), central_url="http://away.localhost")
    with pytest.raises(TargetUnusable, match=r"away\.localhost.*allow_writes = true"):
        check_permission(target)


def test_a_connection_is_made_to_the_address_that_was_judged(
    names: Names, listening: Listening, fresh: None
) -> None:
    names(NAME, ("127.0.0.1",), ("127.0.0.2",))
    assert is_loopback(listening.url)
    for _ in range(2):  # by clients of their own, so over two connections
        post(listening.url)
    assert listening.asked == {"127.0.0.1": [f"{NAME}:{listening.port}"] * 2, "127.0.0.2": []}


def test_so_it_is_for_the_edge_hosts_that_the_harness_plays(
    names: Names, listening: Listening, fresh: None
) -> None:
    names(NAME, ("127.0.0.1",), ("127.0.0.2",))
    assert is_loopback(listening.url)
    link = HttpLink(None, 5.0)
    link.carry("host", listening.url, False, ops.Probe())
    link.close()
    assert listening.asked == {"127.0.0.1": [f"{NAME}:{listening.port}"], "127.0.0.2": []}


def test_the_next_address_is_tried_where_nobody_listens(
    names: Names, listening: Listening, fresh: None
) -> None:
    names(NAME, ("127.0.0.3", "127.0.0.2"))
    post(listening.url)
    assert listening.asked == {"127.0.0.1": [], "127.0.0.2": [f"{NAME}:{listening.port}"]}


def test_a_certificate_has_to_be_for_the_name(names: Names, fresh: None) -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(NAME).configure_cert(server)
    authority.configure_trust(client)
    listening = Listening(server)
    names(NAME, ("127.0.0.1",), ("127.0.0.2",))
    assert is_loopback(listening.url)
    for _ in range(2):
        post(listening.url, client)
    listening.close()
    assert listening.asked == {"127.0.0.1": [f"{NAME}:{listening.port}"] * 2, "127.0.0.2": []}


@pytest.fixture
def fresh() -> Iterator[None]:
    """Names are asked for once a process; here each test has answers of its own."""
    from harness import loopback

    loopback._resolved.cache_clear()
    yield
    loopback._resolved.cache_clear()
