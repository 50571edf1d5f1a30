"""An existing Toxiproxy cuts links over its API, and keeps nothing of ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.reference.server import Servers, bind, port_of
from harness.targets.links import faults
from harness.targets.links.toxiproxy import Toxiproxy
from tests.integration.links.palettes import BODY, HERE, Host, Scenery, can_connect
from tests.integration.links.toxiproxies import FakeToxiproxy

FINE = (200, BODY)


class Server:
    """A fake and where it answers."""

    def __init__(self, servers: Servers, scenery: Scenery) -> None:
        self.fake = FakeToxiproxy()
        listener = bind(HERE, 0)
        servers.serve(self.fake.app, [listener])
        self.url = f"http://{HERE}:{port_of(listener)}"
        self.upstream = f"{HERE}:{scenery.palette.port}"

    def proxy(self) -> Toxiproxy:
        return Toxiproxy(self.url, "pair proof", (HERE, 0), self.upstream)


@pytest.fixture
def server(servers: Servers, scenery: Scenery) -> Iterator[Server]:
    made = Server(servers, scenery)
    yield made
    made.fake.close()


def asked(port: int) -> tuple[int, bytes]:
    host = Host(port, timeout_s=0.1)
    try:
        return host.ask()
    finally:
        host.close()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.CutForm.CLOSED, ConnectionRefusedError),
        (faults.CutForm.RESET, ConnectionResetError),
        (faults.CutForm.SILENT, TimeoutError),
    ],
)
def test_a_link_is_cut_and_mended(
    server: Server, fault: faults.CutForm, error: type[Exception]
) -> None:
    proxy = server.proxy()
    assert asked(proxy.port) == FINE
    proxy.check()
    for _ in range(2):
        proxy.set_fault(fault)
        with pytest.raises(error):
            asked(proxy.port)
        proxy.heal()
        assert asked(proxy.port) == FINE
    proxy.heal()
    proxy.close()
    proxy.close()
    assert server.fake.proxies == {}
    assert not can_connect(proxy.port)


def test_what_an_earlier_run_left_is_replaced(server: Server) -> None:
    first = server.proxy()
    second = server.proxy()
    assert asked(second.port) == FINE
    assert list(server.fake.proxies) == ["pair proof"]
    first.close()
    second.close()


def test_what_toxiproxy_cannot_is_said(server: Server) -> None:
    proxy = server.proxy()
    with pytest.raises(faults.LinkError, match="does not tell its clients apart"):
        proxy.set_fault(faults.CutForm.CLOSED, HERE)
    assert asked(proxy.port) == FINE
    server.fake.fails = True
    with pytest.raises(
        faults.LinkError, match=r"POST /proxies/pair%20proof with 500 .*out of order"
    ):
        proxy.set_fault(faults.CutForm.CLOSED)
    proxy.close()


def test_a_server_that_is_none_is_named(scenery: Scenery, server: Server) -> None:
    with pytest.raises(
        faults.LinkError, match=r"Toxiproxy does not answer: .*links\.toxiproxy\.url"
    ):
        Toxiproxy("http://127.0.0.1:1", "x", (HERE, 0), "h:1")
    with pytest.raises(faults.LinkError, match="answered DELETE /proxies/x with 200"):
        Toxiproxy(f"http://{HERE}:{scenery.palette.port}", "x", (HERE, 0), "h:1")
