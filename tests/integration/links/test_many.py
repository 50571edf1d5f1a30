"""Many connections at once, and what is left when a proxy ends, however it ends."""

from __future__ import annotations

import socket

import pytest

from harness.domain.arrangements import MessageFault, MessageKind
from harness.targets.links.faults import CutForm, ProxyDied
from harness.targets.links.messages import WireFate
from tests.integration.links.palettes import HERE, Scenery, can_connect, hung_up, open_files, until

MANY = 1_000
ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_thousand_connections_at_once_and_nothing_is_left(scenery: Scenery) -> None:
    before = open_files()
    proxy = scenery.proxy()
    clients = [socket.create_connection((HERE, proxy.port), 10) for _ in range(MANY)]
    try:
        for client in clients:
            client.sendall(ASKED)
        assert all(client.recv(15) == b"HTTP/1.1 200 OK" for client in clients)
        counts = proxy.counts()
        assert (counts.connections, counts.open) == (MANY, MANY)
        assert counts.request_bytes == MANY * len(ASKED)
        proxy.set_fault(CutForm.CLOSED)
        assert proxy.counts().open < MANY
        proxy.close()
    finally:
        for client in clients:
            client.close()
    until(lambda: open_files() <= before)
    assert len(scenery.palette.asked) == MANY


@pytest.mark.parametrize("fault", [None, CutForm.SILENT, CutForm.CLOSED])
def test_closing_leaves_nothing_whatever_was_going_on(
    scenery: Scenery, fault: CutForm | None
) -> None:
    before = open_files()
    proxy = scenery.reading()
    proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.DELAYED, 60_000_000))
    with socket.create_connection((HERE, proxy.port), 5) as client:
        client.sendall(ASKED)
        until(lambda: proxy.counts().request_bytes > 0)
        if fault is not None:
            proxy.set_fault(fault)
        proxy.close()
        proxy.close()
        client.settimeout(5)
        assert hung_up(client)
    assert not can_connect(proxy.port)
    until(lambda: open_files() <= before)


def test_a_proxy_that_has_died_says_so(scenery: Scenery) -> None:
    proxy = scenery.proxy()
    proxy.check()
    proxy._loop.call_soon_threadsafe(proxy._loop.stop)
    proxy._thread.join()
    for action in (proxy.check, proxy.counts, proxy.heal, lambda: proxy.set_fault(CutForm.CLOSED)):
        with pytest.raises(ProxyDied, match=r"the fault proxy has ended: .*start the run again"):
            action()
    proxy.close()
    assert not can_connect(proxy.port)


def test_a_closed_proxy_says_so(scenery: Scenery) -> None:
    proxy = scenery.proxy()
    proxy.close()
    with pytest.raises(ProxyDied, match="closed already"):
        proxy.counts()
