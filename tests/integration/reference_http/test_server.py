"""Servers: sockets, certificates, a clean end."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from harness.reference.certificates import Certificates
from harness.reference.server import AddressError, Servers, bind, port_of


async def tells_its_port(scope: Scope, receive: Receive, send: Send) -> None:
    body = str(scope["server"][1]).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def test_one_app_on_many_sockets_knows_which_one_was_asked() -> None:
    with Servers() as servers:
        sockets = [bind() for _ in range(5)]
        servers.serve(tells_its_port, sockets)
        for listener in sockets:
            port = port_of(listener)
            assert httpx.get(f"http://127.0.0.1:{port}").text == str(port)


def test_the_run_s_authority_is_trusted_by_its_clients_only(tmp_path: Path) -> None:
    certificates = Certificates()
    ca = certificates.write_ca(tmp_path / "ca.pem")
    with Servers() as servers:
        listener = bind()
        servers.serve(tells_its_port, [listener], certificates.server_context())
        url = f"https://localhost:{port_of(listener)}"
        with httpx.Client(verify=ssl.create_default_context(cafile=ca)) as client:
            assert client.get(url).status_code == 200
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            httpx.get(url)


@pytest.mark.parametrize(
    ("host", "says"), [("127.0.0.1", "in use"), ("192.0.2.1", "assign"), ("no.invalid", "")]
)
def test_an_address_that_cannot_be_had_says_which_and_what_to_do(host: str, says: str) -> None:
    with bind() as taken:
        port = port_of(taken)
        with pytest.raises(AddressError, match=f"{host}:{port}") as error:
            bind(host, port)
    assert says in str(error.value)
    assert "give another port" in str(error.value)


def test_a_port_that_is_none_says_so() -> None:
    with pytest.raises(AddressError, match="70000"):
        bind("127.0.0.1", 70_000)


def test_a_stopped_server_has_let_go_of_its_port() -> None:
    with Servers() as servers:
        listener = bind()
        port = port_of(listener)
        servers.serve(tells_its_port, [listener])
    servers.close()
    with bind("127.0.0.1", port), pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{port}", timeout=0.2)


@pytest.mark.parametrize("tls", [False, True])
def test_idle_and_half_open_connections_do_not_delay_the_end(tls: bool, tmp_path: Path) -> None:
    certificates = Certificates()
    ca = certificates.write_ca(tmp_path / "ca.pem")
    context = certificates.server_context() if tls else None
    client = httpx.Client(verify=ssl.create_default_context(cafile=ca))
    listener = bind()
    port = port_of(listener)
    servers = Servers()
    servers.serve(tells_its_port, [listener], context)
    half_open = socket.create_connection(("127.0.0.1", port))
    client.get(f"{'https' if tls else 'http'}://localhost:{port}")
    closing = threading.Thread(target=servers.close)
    closing.start()
    closing.join(1.5)
    assert not closing.is_alive()
    half_open.close()
    client.close()
