"""Whoever asks `serve` for something may leave in the middle: nothing is said of it."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from harness.domain.endpoint import EndpointForm
from harness.reference.embedded import EmbeddedReference
from harness.reference.layout import Layout

FORM = "application/x-www-form-urlencoded"
BEGUN = {
    "a body of JSON": b"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{",
    "a form": f"POST {{path}} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n"
    "Content-Length: 99\r\n\r\na=".encode(),
    "chunks": b"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{",
    "an answer that nobody reads": b"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n",
}
PATHS = ("/", "/login", "/v1/auth/authenticate", "/v1/spectroclusters", "/control/PutUser")


@pytest.fixture(scope="module")
def reference() -> Iterator[EmbeddedReference]:
    with EmbeddedReference(1, Layout(1, 1, tls=False)) as reference:
        yield reference


def leave(url: str, sent: bytes, *, reset: bool) -> None:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        connection.sendall(sent)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def is_over(url: str) -> None:
    """What was begun before is over as well: one event loop does all of it, in order."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        connection.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while connection.recv(65_536):
            pass


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("begun", BEGUN)
def test_nothing_is_said_of_a_client_that_leaves(
    reference: EmbeddedReference,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    begun: str,
    reset: bool,
) -> None:
    caplog.set_level(logging.WARNING)
    addresses = reference.addresses
    palette, (local_ui, *_) = (
        addresses.palette[EndpointForm.PLAIN_HTTP],
        addresses.local_ui.values(),
    )
    for url in (palette, local_ui, addresses.control):
        for path in PATHS:
            leave(url, BEGUN[begun].replace(b"{path}", path.encode()), reset=reset)
            is_over(url)
            is_over(url)
    assert [record.getMessage() for record in caplog.records] == []
    assert "Traceback" not in capfd.readouterr().err
