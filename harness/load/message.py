"""A request as the bytes that go out, and the address that it goes to.

Nothing that a caller hands in can end a line early: a header, method, path or host that HTTP
cannot carry is refused, and nothing is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode, urlsplit

from harness.domain.endpoint import PORTS
from harness.load.errors import NotSent
from harness.wire.http import HttpRequest

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET: Final = re.compile(r"/[!-~]*")
_VALUE: Final = re.compile(r"[\t -~]*")
_VISIBLE: Final = re.compile(r"[!-~]+")
_FRAMING: Final = frozenset({"content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class BaseAddress:
    """Where requests go. `prefix` is the path that stands before theirs, without a last `/`."""

    base_url: str
    is_tls: bool
    host: str
    port: int
    authority: str
    prefix: str


@lru_cache(maxsize=4_096)
def address_of(base_url: str) -> BaseAddress:
    """The parts of a base URL.

    Raises:
        NotSent: it is no http or https URL that can be connected to.
    """
    try:
        parts = urlsplit(base_url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise NotSent(_no_address(base_url)) from error
    host, prefix = parts.hostname or "", parts.path.rstrip("/")
    if not _VISIBLE.fullmatch(base_url):  # a line's end in it would be left out, not refused
        raise NotSent(_no_address(base_url))
    stray = parts.query or parts.fragment or parts.username is not None
    if stray or not host:
        raise NotSent(_no_address(base_url))
    shown = f"[{host}]" if ":" in host else host
    authority = shown if port == PORTS[parts.scheme] else f"{shown}:{port}"
    return BaseAddress(base_url, parts.scheme == "https", host, port, authority, prefix)


def _no_address(base_url: str) -> str:
    return f"{base_url!r} is no address; write http://HOST:PORT or https://HOST:PORT"


def message_of(
    address: BaseAddress, request: HttpRequest, headers: Mapping[str, str] | None = None
) -> bytes:
    """The request's bytes, head and body, with more headers than its own.

    The later one of two headers of one name counts. The length is always ours to say.

    Raises:
        NotSent: a part of it is nothing that HTTP/1.1 can carry.
    """
    query = f"?{urlencode(dict(request.query))}" if request.query else ""
    target = f"{address.prefix}{request.path}{query}"
    if not _TOKEN.fullmatch(request.method) or request.method == "CONNECT":
        raise _refused(address, "method", request.method)
    if not _TARGET.fullmatch(target):
        raise _refused(address, "path", target)
    body = request.body()
    fields = {
        "host": ("Host", address.authority),
        "accept-encoding": ("Accept-Encoding", "identity"),
    }
    for name, value in (*request.headers.items(), *(headers or {}).items()):
        fields[name.lower()] = (name, value)
    _check(address, fields)
    lines = [f"{name}: {value}\r\n" for name, value in fields.values()]
    if body or request.method not in ("GET", "HEAD"):
        lines.append(f"Content-Length: {len(body)}\r\n")
    head = f"{request.method} {target} HTTP/1.1\r\n{''.join(lines)}\r\n"
    return head.encode("ascii") + body


def _check(address: BaseAddress, fields: Mapping[str, tuple[str, str]]) -> None:
    for lower, (name, value) in fields.items():
        if not _TOKEN.fullmatch(name):
            raise _refused(address, "header's name", name)
        if not _VALUE.fullmatch(value):
            raise _refused(address, f"value of the header {name}", None)
        if lower in _FRAMING:
            raise NotSent(
                f"{address.base_url}: the header {name} is the client's to write; leave it out"
            )


def _refused(address: BaseAddress, what: str, value: str | None) -> NotSent:
    """What was wrong. A header's value may be a secret, so it is not shown."""
    shown = "" if value is None else f" {value!r}"
    return NotSent(
        f"{address.base_url}: the {what}{shown} holds what HTTP cannot carry, so nothing was sent"
    )
