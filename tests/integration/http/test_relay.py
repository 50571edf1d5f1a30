"""What the browser's connections go through: whom it trusts, what it shows, where it leads."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest
import trustme

from harness.targets.browser.relay import Relay
from harness.targets.trust import Trust
from tests.integration.http.faulty import Faulty, always
from tests.integration.http.targets import EMPTY, Open
from tests.integration.http.test_proxy import tunnel_to
from tests.integration.http.test_trust import Changing, leaf_of, pins

NAMED = "https://palette.example"
ELSEWHERE = "https://elsewhere.example"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


class Going:
    """A relay that is started, and somebody who goes through it as a browser does."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.flags = relay.flags()
        found = re.search(r"https=127\.0\.0\.1:(\d+)", " ".join(self.flags))
        assert found
        self._port = int(found[1])

    def get(self, url: str) -> bytes:
        """What comes back for a request; empty if there is no connection."""
        parts = urlsplit(url)
        place = f"{parts.hostname}:{parts.port or 443}".encode()
        anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self._port)) as plain:
            plain.sendall(b"CONNECT " + place + b" HTTP/1.1\r\nHost: " + place + b"\r\n\r\n")
            if not plain.recv(65_536).startswith(b"HTTP/1.1 200 "):
                return b""
            with anyone.wrap_socket(plain, server_hostname=parts.hostname) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: " + place + b"\r\n\r\n")
                return connection.recv(65_536)


@contextmanager
def going(
    trusts: Mapping[str, Trust], proxy: str = "", *, may_leave: bool = False
) -> Iterator[Going]:
    relay = Relay(trusts, proxy=proxy, may_leave=may_leave, connect_s=5.0)
    with ExitStack() as held:
        held.callback(relay.close)
        yield Going(relay)


def test_a_server_is_trusted_as_the_file_says(opened: Open, authority: trustme.CA) -> None:
    context, shown = leaf_of(authority, "elsewhere.example")
    target = opened.faulty(always(EMPTY), context)
    with going({target.url: pins(shown)}) as it:
        assert it.get(target.url).startswith(b"HTTP/1.1 200 OK")
    with going({target.url: pins(b"\xab" * 32)}) as it:
        assert it.get(target.url) == b""
        assert "another one than was pinned" in it.relay.why_not(target.url)
        assert it.relay.why_not(target.url) == "", "it is told once"
    assert len(target.heads) == 1


def test_each_connection_is_checked(opened: Open, authority: trustme.CA) -> None:
    (first, pinned), (other, _) = (leaf_of(authority, "127.0.0.1") for _ in range(2))
    changing = cast("ssl.SSLContext", Changing([first, other]))
    target = opened.faulty(always(EMPTY), changing)
    with going({target.url: pins(pinned)}) as it:
        assert it.get(target.url)
        assert not it.get(target.url)
    assert len(target.heads) == 1


def asking(
    opened: Open, authority: trustme.CA, folder: Path, reply: bytes = EMPTY
) -> tuple[Faulty, Path]:
    """A server that asks for a certificate, and one that will do."""
    context, _ = leaf_of(authority, "127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    shown = authority.issue_cert("kim@example.org").private_key_and_cert_chain_pem
    shown.write_to_path(folder / "client.pem")
    return opened.faulty(always(reply), context), folder / "client.pem"


def test_a_certificate_is_shown_to_a_server_that_asks_for_one(
    opened: Open, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, client = asking(opened, authority, tmp_path)
    with going({target.url: Trust(insecure=True, cert_file=client)}) as it:
        assert it.get(target.url).startswith(b"HTTP/1.1 200 OK")
        with monkeypatch.context() as patch:
            patch.setattr(os, "getuid", lambda: 1_234_567)
            assert it.get(target.url) == b"", "another user of this machine borrows none"
        assert "another user" in it.relay.why_not(target.url)
    with going({target.url: Trust(insecure=True)}) as it:
        assert it.get(target.url) == b""
        assert "tls.cert_file" in it.relay.why_not(target.url)
    assert len(target.heads) == 1


def test_what_is_not_on_this_machine_goes_through_the_proxy(
    opened: Open, authority: trustme.CA
) -> None:
    context, shown = leaf_of(authority, "palette.example")
    target = opened.faulty(always(EMPTY), context)
    proxy = opened.faulty(tunnel_to(target.url))
    with going({NAMED: pins(shown), target.url: pins(shown)}, proxy.url) as it:
        assert it.get(NAMED).startswith(b"HTTP/1.1 200 OK")
        assert it.get(target.url).startswith(b"HTTP/1.1 200 OK")
    assert [head.split()[:2] for head in proxy.heads] == [[b"CONNECT", b"palette.example:443"]]


def test_what_the_target_does_not_name_is_reached_only_where_the_file_allows_it(
    opened: Open, authority: trustme.CA
) -> None:
    context, shown = leaf_of(authority, "elsewhere.example")
    target = opened.faulty(always(EMPTY), context)
    proxy = opened.faulty(tunnel_to(target.url))
    with going({NAMED: pins(shown)}, proxy.url) as it:
        assert it.get(ELSEWHERE) == b""
        assert "allow_writes = true" in it.relay.why_not(ELSEWHERE)
    assert proxy.heads == []
    with going({NAMED: pins(b"\xab" * 32)}, proxy.url, may_leave=True) as it:
        assert it.get(ELSEWHERE).startswith(b"HTTP/1.1 200 OK"), "it speaks for itself"


def test_a_proxy_that_lets_nothing_through_is_told(opened: Open) -> None:
    proxy = opened.faulty(always(EMPTY.replace(b"200 OK", b"403 Forbidden")))
    with going({NAMED: Trust()}, proxy.url) as it:
        assert it.get(NAMED) == b""
        assert f"the proxy {proxy.url} lets nothing through" in it.relay.why_not(NAMED)
