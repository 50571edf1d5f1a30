"""A request and an answer as values: what the codec makes and reads, and a driver carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, urlencode

import msgspec

from harness.domain.arrangements import MessageFault

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

BODY_BYTES_MAX = 1024 * 1024
"""No body of either API is larger. Servers answer 413 beyond it, clients stop reading."""


BODILESS = frozenset({"GET", "HEAD", "DELETE"})
"""Methods whose requests have no body, unless one is asked for."""


def spelt(value: Json) -> str:
    """A single value as a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request before it has an address. `path` is percent-encoded and starts with `/`;
    `form` says that the fields of `json` are sent as one, and `raw` how else it is written.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Json = None
    form: bool = False
    raw: bytes = b""

    def body(self) -> bytes:
        """The bytes to send; empty when there is no JSON."""
        if self.raw:
            return self.raw
        if self.form and isinstance(self.json, dict):
            return urlencode({name: spelt(value) for name, value in self.json.items()}).encode()
        return b"" if self.json is None else msgspec.json.encode(self.json)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer as it came. The names of `headers` may be in any case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """The header's value, whatever the case of its name; empty when there is none."""
        wanted = name.lower()
        return next((v for k, v in self.headers.items() if k.lower() == wanted), "")


_JSON, _PAGE = {"Content-Type": "application/json"}, {"Content-Type": "text/html"}

INSTEAD: Final[Mapping[MessageFault, HttpResponse]] = {
    MessageFault.SERVER_ERROR: HttpResponse(
        500, _JSON, b'{"code":"InternalError","message":"Palette answered with an internal error"}'
    ),
    MessageFault.UNAVAILABLE: HttpResponse(503, _PAGE, b"<h1>503 Service Unavailable</h1>"),
    MessageFault.RATE_LIMITED: HttpResponse(
        429,
        {**_JSON, "Retry-After": "1"},
        b'{"code":"TooManyRequests","message":"too many requests: try again later"}',
    ),
    MessageFault.GARBLED: HttpResponse(200, _JSON, b'{"pairingUid": "'),
}
"""What a message is answered with by something on the way, in place of the central side."""


_UNASKED: Final[Mapping[str, Json]] = {"status": {"state": "Rejected"}, "uid": "of-nobody"}


def reworded(body: bytes) -> bytes:
    """The same answer as another server writes it: with what nobody has asked for in front, its own
    fields the other way round, null, and white space. What is no object stays as it is.
    """
    try:
        said = parse_json(body)
    except NotJson:
        return body
    if not isinstance(said, dict):
        return body
    whole = {"x-note": _UNASKED, **_turned(said), "x-none": None}
    return msgspec.json.format(msgspec.json.encode(whole), indent=3)


def _turned(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {k: _turned(v) if isinstance(v, dict) else v for k, v in [*fields.items()][::-1]}


@dataclass(frozen=True, slots=True)
class ServerReply:
    """What a server answers. `json` of `None` means no body at all."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Json = None

    def body(self) -> bytes:
        """The bytes to send; empty when there is no JSON."""
        return b"" if self.json is None else msgspec.json.encode(self.json)


class NotJson(ValueError):
    """The bytes are not one JSON value."""


def parse_json(body: bytes) -> Json:
    """The JSON value of a body. Raises `NotJson`, as of what is nested beyond reason."""
    try:
        value: Json = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJson(str(error)) from error
    return value


def parse_asked(body: bytes, content_type: str) -> Json:
    """What the body of a request holds, as JSON or a form, if anything. Raises `NotJson`."""
    if "x-www-form-urlencoded" in content_type.lower():
        return dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))
    return parse_json(body) if body else None
