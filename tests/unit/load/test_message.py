"""The bytes of a request, and that nothing in it can end a line early."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.errors import NotSent
from harness.load.message import address_of, message_of
from harness.wire.http import HttpRequest

HERE = address_of("http://host:8080/base/")


def test_a_request_is_its_head_and_body() -> None:
    request = HttpRequest("POST", "/a", {"q": "x y&z"}, {"Accept": "a", "X-B": "1"}, {"k": "v"})
    assert message_of(HERE, request, {"x-b": "2"}) == (
        b"POST /base/a?q=x+y%26z HTTP/1.1\r\nHost: host:8080\r\nAccept-Encoding: identity\r\n"
        b'Accept: a\r\nx-b: 2\r\nContent-Length: 9\r\n\r\n{"k":"v"}'
    )


def test_a_get_without_a_body_has_no_length() -> None:
    assert b"ength" not in message_of(HERE, HttpRequest("GET", "/"))
    assert b"Content-Length: 0\r\n" in message_of(HERE, HttpRequest("DELETE", "/"))


@pytest.mark.parametrize(
    ("base_url", "authority", "host", "port"),
    [
        ("http://h", "h", "h", 80),
        ("https://h:443", "h", "h", 443),
        ("https://h:80/", "h:80", "h", 80),
        ("http://[::1]:81", "[::1]:81", "::1", 81),
    ],
)
def test_an_address_is_host_and_port(base_url: str, authority: str, host: str, port: int) -> None:
    address = address_of(base_url)
    assert (address.authority, address.host, address.port) == (authority, host, port)
    assert address.prefix == ""
    assert address.is_tls is base_url.startswith("https")


@pytest.mark.parametrize(
    "base_url",
    " host:80 ftp://h http:// http://h:x http://h:99999 http://u:p@h http://h?q http://h#f"
    " http://h\th http://h/a\tb http://é http://[::1".split(" "),
)
def test_what_is_no_address_is_refused(base_url: str) -> None:
    with pytest.raises(NotSent, match="is no address; write http://"):
        address_of(base_url)


@pytest.mark.parametrize("bad", ["\r\nX: y", "\n", "\r", "\0", "é", "\x7f"])
def test_nothing_ends_a_line_early(bad: str) -> None:
    for request in (
        HttpRequest("GET" + bad, "/"),
        HttpRequest("GET", "/" + bad),
        HttpRequest("GET", "/", headers={"X" + bad: "1"}),
        HttpRequest("GET", "/", headers={"X": "1" + bad}),
    ):
        with pytest.raises(NotSent, match="nothing was sent"):
            message_of(HERE, request)
    with pytest.raises(NotSent):
        message_of(HERE, HttpRequest("GET", "/"), {"X": bad})


@given(st.text(), st.text(), st.text())
def test_a_head_has_as_many_lines_as_it_should(path: str, name: str, value: str) -> None:
    request = HttpRequest("GET", "/" + path, {"q": value}, {name: value})
    try:
        message = message_of(HERE, request)
    except NotSent:
        return
    replaced = name.lower() in ("host", "accept-encoding")
    assert message.count(b"\n") == message.count(b"\r\n") == 5 - replaced
    assert message.endswith(b"\r\n\r\n")


def test_a_secret_header_is_not_shown() -> None:
    with pytest.raises(NotSent) as refused:
        message_of(HERE, HttpRequest("GET", "/", headers={"ApiKey": "canary\n"}))
    assert "canary" not in str(refused.value)
    assert "ApiKey" in str(refused.value)


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_how_long_a_body_is_is_not_the_callers_to_say(name: str) -> None:
    with pytest.raises(NotSent, match="leave it out"):
        message_of(HERE, HttpRequest("GET", "/"), {name: "1"})


def test_a_path_starts_with_a_slash_and_connect_is_no_method() -> None:
    with pytest.raises(NotSent):
        message_of(address_of("http://h"), HttpRequest("GET", "//h".lstrip("/")))
    with pytest.raises(NotSent):
        message_of(HERE, HttpRequest("CONNECT", "/"))
