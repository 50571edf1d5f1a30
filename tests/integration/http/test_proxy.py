"""Requests through an HTTP proxy: whose certificate counts, and what is told where it fails."""

from __future__ import annotations

import select
import socket
import ssl
from urllib.parse import urlsplit

import pytest
import trustme

from harness.domain.operations import Done, ListTokens, Unknown
from harness.targets.trust import Trust, fingerprint_of
from tests.integration.http.faulty import Behave, Visit, always, answer
from tests.integration.http.targets import EMPTY, Open, ask, target_at


def tunnel_to(url: str) -> Behave:
    """A proxy that takes whoever asks for a connection to this address, whatever the name."""
    port = urlsplit(url).port

    def behave(visit: Visit) -> None:
        if not visit.head():
            return
        with socket.create_connection(("127.0.0.1", port)) as inner:
            visit.say(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {visit.connection: inner, inner: visit.connection}
            while not visit.stopping.is_set():
                for end in select.select(list(ends), [], [], 0.02)[0]:
                    said = end.recv(65_536)
                    if not said:
                        return
                    ends[end].sendall(said)

    return behave


def server(authority: trustme.CA) -> tuple[ssl.SSLContext, bytes]:
    leaf = authority.issue_cert("palette.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    return context, fingerprint_of(der)


def test_a_plain_request_goes_to_the_proxy_whole(opened: Open) -> None:
    proxy = opened.faulty(always(EMPTY))
    driver = opened.driver(target_at("http://palette.example", proxy=proxy.url))
    assert isinstance(ask(driver, ListTokens()).reply, Done)
    (head,) = proxy.heads
    assert head.startswith(b"GET http://palette.example/v1/")


@pytest.mark.parametrize("pinned", [True, False])
def test_the_certificate_is_the_targets_through_the_tunnel_too(opened: Open, pinned: bool) -> None:
    context, shown = server(trustme.CA())
    target = opened.faulty(always(EMPTY), context)
    proxy = opened.faulty(tunnel_to(target.url))
    trust = Trust(fingerprints=frozenset({shown if pinned else b"\xab" * 32}))
    driver = opened.driver(target_at("https://palette.example", proxy=proxy.url, trust=trust))
    reply = ask(driver, ListTokens()).reply
    assert isinstance(reply, Done if pinned else Unknown)
    assert pinned or "another one than was pinned" in reply.why  # type: ignore[union-attr]
    assert proxy.heads[0].startswith(b"CONNECT palette.example:443")
    assert len(target.heads) == int(pinned)


def test_what_is_on_this_machine_is_asked_directly(opened: Open) -> None:
    proxy, target = opened.faulty(always(EMPTY)), opened.faulty(always(EMPTY))
    driver = opened.driver(target_at(target.url, proxy=proxy.url))
    assert isinstance(ask(driver, ListTokens()).reply, Done)
    assert (len(proxy.heads), len(target.heads)) == (0, 1)


def test_a_proxy_that_the_environment_names_is_not_used(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = opened.faulty(always(EMPTY))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    driver = opened.driver(target_at("http://palette.invalid"))
    assert isinstance(ask(driver, ListTokens()).reply, Unknown)
    assert proxy.heads == []


def test_a_proxy_that_refuses_is_told_apart_from_the_target(opened: Open) -> None:
    proxy = opened.faulty(always(answer("403 Forbidden", b"no")))
    driver = opened.driver(target_at("https://palette.example", proxy=proxy.url))
    reply = ask(driver, ListTokens()).reply
    assert isinstance(reply, Unknown)
    assert f"https://palette.example (through the proxy {proxy.url})" in reply.why
    assert "the proxy lets nothing through (403 Forbidden)" in reply.why
