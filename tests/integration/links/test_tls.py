"""TLS passes through untouched, or ends at the proxy and begins anew."""

from __future__ import annotations

import socket
import ssl

import pytest

from harness.domain.arrangements import MessageFault, MessageKind
from harness.reference.certificates import Certificates
from harness.targets.links.faults import CutForm
from harness.targets.links.hub import MessageReading, Upstream
from harness.targets.links.messages import WireFate
from harness.targets.links.opening import message_table
from harness.targets.links.proxy import FaultProxy
from harness.wire.mapping import PLAIN
from tests.integration.links.palettes import (
    BODY,
    HERE,
    PROBE,
    SUBMIT,
    Palette,
    Scenery,
    hung_up,
    until,
)

FINE = (200, BODY)
CUT = (ConnectionError, ssl.SSLError)


@pytest.fixture
def secure(scenery: Scenery) -> Palette:
    return scenery.serve(scenery.certificates.server_context())


def ending(scenery: Scenery, palette: Palette, own: Certificates | None = None) -> FaultProxy:
    upstream = Upstream("localhost", palette.port, scenery.trusting())
    return scenery.held(
        FaultProxy(
            upstream,
            ending=(own or scenery.certificates).server_context(),
            reading=MessageReading(message_table(PLAIN), f"localhost:{palette.port}"),
        )
    )


def test_tls_passes_through_with_the_certificate_of_palette(
    scenery: Scenery, secure: Palette
) -> None:
    proxy = scenery.proxy(secure)
    assert scenery.host(proxy, tls=scenery.trusting()).ask("POST", "/", BODY) == FINE
    with pytest.raises(ssl.SSLCertVerificationError):
        scenery.host(proxy, tls=ssl.create_default_context()).ask()


@pytest.mark.parametrize("fault", [CutForm.CLOSED, CutForm.RESET])
def test_tls_that_passes_through_is_cut(scenery: Scenery, secure: Palette, fault: CutForm) -> None:
    proxy = scenery.proxy(secure)
    host = scenery.ever(scenery.host(proxy, tls=scenery.trusting()))
    proxy.set_fault(fault)
    for _ in range(2):
        with pytest.raises(CUT):
            host.ask()
    proxy.heal()
    assert host.ask() == FINE


def test_tls_that_ends_at_the_proxy_shows_its_certificate(
    scenery: Scenery, secure: Palette
) -> None:
    own = Certificates()
    proxy = ending(scenery, secure, own)
    host = scenery.host(proxy, tls=scenery.trusting(own))
    assert host.ask("POST", "/", b"y" * 300_000) == FINE
    assert host.ask() == FINE
    assert secure.got_bytes == 300_000
    assert secure.hosts == [f"localhost:{secure.port}"] * 2
    with pytest.raises(ssl.SSLCertVerificationError):
        scenery.host(proxy, tls=scenery.trusting()).ask()


def test_messages_are_read_where_tls_ends(scenery: Scenery, secure: Palette) -> None:
    proxy = ending(scenery, secure)
    host = scenery.ever(scenery.host(proxy, tls=scenery.trusting()))
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(MessageFault.REPEATED))
    assert host.ask(*SUBMIT, b"request") == FINE
    assert secure.asked[1:] == [SUBMIT, SUBMIT]
    proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.LOST_AFTER))
    with pytest.raises(CUT):
        host.ask(*PROBE)
    assert secure.asked[-1] == PROBE
    proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.LOST_BEFORE))
    with pytest.raises(CUT):
        host.ask(*PROBE)
    assert len(secure.asked) == 4
    proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.REPEATED_LATE))
    assert host.ask(*PROBE) == FINE
    proxy.release(HERE)
    assert secure.asked[4:] == [PROBE, PROBE]


@pytest.mark.parametrize("fault", [CutForm.CLOSED, CutForm.RESET])
def test_where_tls_ends_nobody_gets_through_a_handshake_while_it_is_cut(
    scenery: Scenery, secure: Palette, fault: CutForm
) -> None:
    proxy = ending(scenery, secure)
    old = scenery.ever(scenery.host(proxy, tls=scenery.trusting()))
    proxy.set_fault(fault)
    for host in (old, scenery.host(proxy, tls=scenery.trusting())):
        with pytest.raises(CUT):
            host.ask()
    proxy.heal()
    assert old.ask() == FINE


def test_where_tls_ends_a_link_is_a_black_hole(scenery: Scenery, secure: Palette) -> None:
    proxy = ending(scenery, secure)
    host = scenery.ever(scenery.host(proxy, tls=scenery.trusting(), timeout_s=0.4))
    proxy.set_fault(CutForm.SILENT)
    with pytest.raises(TimeoutError):
        host.ask()
    with pytest.raises(TimeoutError):
        host.ask()  # over a new connection, which gets no handshake
    proxy.heal()
    assert host.ask() == FINE


def test_a_palette_whose_certificate_is_not_trusted_is_not_reached(scenery: Scenery) -> None:
    stranger = scenery.serve(Certificates().server_context())
    proxy = ending(scenery, stranger)
    with pytest.raises(CUT):
        scenery.host(proxy, tls=scenery.trusting()).ask()
    assert proxy.counts().unreachable == 1


def test_plain_http_to_a_proxy_that_ends_tls_is_hung_up_on(
    scenery: Scenery, secure: Palette
) -> None:
    proxy = ending(scenery, secure)
    with socket.create_connection((HERE, proxy.port), 5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert hung_up(client)
    until(lambda: proxy.counts().open == 0)
    proxy.check()
    assert secure.asked == []
