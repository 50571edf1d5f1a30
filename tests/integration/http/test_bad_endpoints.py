"""The endpoints that a run enters on purpose are as bad as they should be, and go with it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from harness.domain.endpoint import EndpointForm, base_url
from harness.domain.errors import Refusal
from harness.targets.endpoints import EVERYWHERE, BadEndpoints


@pytest.fixture
def bad() -> Iterator[BadEndpoints]:
    before = {*threading.enumerate()}
    endpoints = BadEndpoints()
    yield endpoints
    endpoints.close()
    assert {*threading.enumerate()} <= before  # of those some may be over by now


def visit(bad: BadEndpoints, form: EndpointForm) -> socket.socket:
    parts = urlsplit(bad.forms()[form])
    return socket.create_connection((parts.hostname, parts.port), timeout=5)


def test_one_refuses_and_nobody_else_can_take_its_place(bad: BadEndpoints) -> None:
    with pytest.raises(ConnectionRefusedError):
        visit(bad, EndpointForm.REFUSING)
    port = urlsplit(bad.forms()[EndpointForm.REFUSING]).port
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))


def test_one_accepts_and_says_nothing(bad: BadEndpoints) -> None:
    with visit(bad, EndpointForm.SILENT) as visitor:
        visitor.sendall(b"GET / HTTP/1.1\r\n\r\n")
        visitor.settimeout(0.1)
        with pytest.raises(TimeoutError):
            visitor.recv(1)


def test_one_answers_with_a_page(bad: BadEndpoints) -> None:
    with visit(bad, EndpointForm.STRANGER) as visitor:
        visitor.sendall(b"POST /v1/anything HTTP/1.1\r\nContent-Length: 2\r\n\r\n")
        visitor.sendall(b"{}")
        said = b""
        while more := visitor.recv(4_096):
            said += more
    assert said.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/html")


def test_many_visitors_at_once_do_not_wait_for_each_other(bad: BadEndpoints) -> None:
    silent = [visit(bad, EndpointForm.SILENT) for _ in range(20)]
    with visit(bad, EndpointForm.STRANGER) as visitor:
        visitor.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert visitor.recv(12) == b"HTTP/1.1 200"
    for each in silent:
        each.close()


def test_closing_ends_every_connection_and_leaves_nobody_there() -> None:
    endpoints = BadEndpoints()
    forms = endpoints.forms()
    with visit(endpoints, EndpointForm.SILENT) as visitor:
        endpoints.close()
        endpoints.close()
        assert visitor.recv(1) == b""
    for url in forms.values():
        parts = urlsplit(url)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((parts.hostname, parts.port), timeout=5)


@pytest.mark.parametrize("form", [EndpointForm.MISSING, EndpointForm.MALFORMED])
def test_some_are_bad_wherever_they_are_entered(form: EndpointForm) -> None:
    with pytest.raises(Refusal):
        base_url(EVERYWHERE[form])
