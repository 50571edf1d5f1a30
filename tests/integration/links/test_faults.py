"""Each fault does to real connections what it says, to those that stand and to new ones."""

from __future__ import annotations

import http.client
import select
import socket
from contextlib import ExitStack

import pytest

from harness.targets.links import faults
from harness.targets.links.hub import Upstream
from harness.targets.links.proxy import FaultProxy
from tests.integration.links.palettes import (
    BODY,
    HERE,
    Scenery,
    everything_from,
    until,
)

OTHER = "127.0.0.2"
FINE = (200, BODY)
CUT = (ConnectionError, http.client.RemoteDisconnected)


def test_without_a_fault_all_goes_through_and_is_counted(scenery: Scenery) -> None:
    proxy = scenery.proxy()
    host = scenery.host(proxy)
    assert host.ask("POST", "/", b"y" * 300_000) == FINE
    assert host.ask() == FINE
    counts = proxy.counts()
    assert (counts.connections, counts.open, scenery.palette.got_bytes) == (1, 1, 300_000)
    assert counts.request_bytes > 300_000
    assert counts.response_bytes > 2 * len(BODY)
    host.close()
    until(lambda: proxy.counts().open == 0)
    assert proxy.counts().request_bytes == counts.request_bytes


def test_down_refuses_new_connections_cuts_old_ones_and_keeps_the_port(scenery: Scenery) -> None:
    proxy = scenery.proxy()
    old = scenery.ever(scenery.host(proxy))
    proxy.set_fault(faults.CutForm.CLOSED)
    with pytest.raises(ConnectionRefusedError):
        scenery.host(proxy).ask()
    with pytest.raises(CUT):
        old.ask()
    with pytest.raises(OSError, match="in use"):
        _stolen(proxy.port)
    proxy.heal()
    assert old.ask() == FINE


def test_refused_resets_at_once(scenery: Scenery) -> None:
    proxy = scenery.proxy()
    old = scenery.ever(scenery.host(proxy))
    proxy.set_fault(faults.CutForm.RESET)
    for host in (old, scenery.host(proxy)):
        with pytest.raises(ConnectionResetError):
            host.ask()
    assert len(scenery.palette.asked) == 1


def test_a_reset_is_no_polite_close(scenery: Scenery) -> None:
    proxy = scenery.proxy()
    proxy.set_fault(faults.CutForm.RESET)
    assert _read_anew(proxy.port) is None


def test_a_black_hole_swallows_and_never_answers(scenery: Scenery) -> None:
    proxy = scenery.proxy()
    old = scenery.ever(scenery.host(proxy, timeout_s=0.1))
    proxy.set_fault(faults.CutForm.SILENT)
    for host in (old, scenery.host(proxy, timeout_s=0.1)):
        with pytest.raises(TimeoutError):
            host.ask()
    assert len(scenery.palette.asked) == 1
    assert proxy.counts().request_bytes > 100
    until(lambda: proxy.counts().open == 0)  # the hosts have hung up
    proxy.heal()
    assert old.ask() == FINE


def test_what_fell_into_a_black_hole_is_reset_when_it_ends(scenery: Scenery) -> None:
    proxy = scenery.proxy()
    proxy.set_fault(faults.CutForm.SILENT)
    with socket.create_connection((HERE, proxy.port), 5) as waiting:
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: proxy.counts().request_bytes > 0)
        proxy.heal()
        with pytest.raises(ConnectionResetError):
            waiting.recv(1)


def test_in_a_black_hole_nobody_learns_that_palette_hangs_up(scenery: Scenery) -> None:
    with ExitStack() as held:
        server = held.enter_context(socket.create_server((HERE, 0)))
        proxy = held.enter_context(FaultProxy(Upstream(HERE, server.getsockname()[1])))
        client = held.enter_context(socket.create_connection((HERE, proxy.port), 5))
        palette = server.accept()[0]
        palette.sendall(b"x")
        assert client.recv(1) == b"x"
        proxy.set_fault(faults.CutForm.SILENT)
        palette.close()
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)


def _stolen(port: int) -> None:
    with socket.socket() as thief:
        thief.bind((HERE, port))


def _read_anew(port: int) -> bytes | None:
    """The same on a connection of its own, which may be reset while it is made."""
    try:
        with socket.create_connection((HERE, port), 5) as client:
            return _read(client)
    except ConnectionResetError:
        return None


def _read(client: socket.socket) -> bytes | None:
    """What comes next; `None` for a reset."""
    try:
        return client.recv(65_536)
    except ConnectionResetError:
        return None


def test_one_source_is_cut_and_another_is_not(scenery: Scenery) -> None:
    proxy = scenery.proxy(listen=("0.0.0.0", 0))
    cut, spared = (scenery.ever(scenery.host(proxy, source)) for source in (HERE, OTHER))
    proxy.set_fault(faults.CutForm.CLOSED, HERE)
    with pytest.raises(CUT):
        cut.ask()
    assert spared.ask() == FINE
    assert scenery.host(proxy, OTHER).ask() == FINE
    assert proxy.counts(OTHER).connections == 2
    proxy.set_fault(faults.CutForm.RESET)  # everyone, and still one fault of its own for the first
    with pytest.raises(CUT):
        spared.ask()
    proxy.heal(HERE)
    with pytest.raises(CUT):
        cut.ask()
    proxy.heal()
    assert cut.ask() == spared.ask() == FINE


def test_a_source_own_fault_comes_before_everyones(scenery: Scenery) -> None:
    proxy = scenery.proxy(listen=("0.0.0.0", 0))
    old = scenery.ever(scenery.host(proxy, timeout_s=0.1))
    proxy.set_fault(faults.CutForm.SILENT, HERE)
    proxy.set_fault(faults.CutForm.RESET)
    for host in (old, scenery.host(proxy, timeout_s=0.1)):
        with pytest.raises(TimeoutError):
            host.ask()
    with pytest.raises(ConnectionResetError):
        scenery.host(proxy, OTHER).ask()


def test_a_source_with_a_fault_of_its_own_keeps_it_when_everyone_is_mended(
    scenery: Scenery,
) -> None:
    proxy = scenery.proxy(listen=("0.0.0.0", 0))
    proxy.set_fault(faults.CutForm.RESET, HERE)
    proxy.set_fault(faults.CutForm.CLOSED)
    proxy.heal("")
    with pytest.raises(ConnectionResetError):
        scenery.host(proxy).ask()
    assert scenery.host(proxy, OTHER).ask() == FINE


def test_a_palette_that_is_not_there_is_told_from_a_fault(scenery: Scenery) -> None:
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        with FaultProxy(Upstream(HERE, taken.getsockname()[1])) as proxy:
            with pytest.raises(CUT):
                scenery.host(proxy).ask()
            assert proxy.counts().unreachable == 1


def test_a_slow_reader_holds_the_sender_back(scenery: Scenery) -> None:
    """What is on its way is bounded: the proxy reads no faster than the other end does."""
    with ExitStack() as held:
        server = held.enter_context(socket.create_server((HERE, 0)))
        proxy = held.enter_context(FaultProxy(Upstream(HERE, server.getsockname()[1])))
        sender = held.enter_context(socket.create_connection((HERE, proxy.port), 5))
        reader = held.enter_context(server.accept()[0])
        sent = 0
        while more := _sent(sender):
            sent += more
            assert sent < 64 * 1024 * 1024
        assert proxy.counts().request_bytes <= sent
        sender.shutdown(socket.SHUT_WR)
        reader.settimeout(5)
        assert len(everything_from(reader)) == sent


def _sent(sender: socket.socket) -> int:
    """How much more could be sent; nothing, if it takes long."""
    if not select.select([], [sender], [], 0.3)[1]:
        return 0
    sender.setblocking(False)
    return sender.send(b"z" * 65_536)


def test_a_port_that_is_taken_is_named(scenery: Scenery) -> None:
    with pytest.raises(faults.ProxyCannotListen, match=rf"127\.0\.0\.1:{scenery.palette.port}"):
        scenery.proxy(listen=(HERE, scenery.palette.port))
    with pytest.raises(faults.ProxyCannotListen, match="cannot listen there"):
        scenery.proxy(listen=("192.0.2.1", 0))


def test_a_palette_without_an_address_is_named(scenery: Scenery) -> None:
    with pytest.raises(
        faults.LinkError, match=r"no-such-host\.invalid: the fault proxy cannot resolve"
    ):
        FaultProxy(Upstream("no-such-host.invalid", 443))
