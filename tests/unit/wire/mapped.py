"""The wire of a target that is asked, and of one that we play, without any I/O between them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

from harness.domain.operations import Credentials, Operation, Reply
from harness.targets.target_file import load_wire
from harness.wire.codec import credentials_from, encode, encode_reply, operation_from
from harness.wire.http import HttpRequest, HttpResponse
from harness.wire.json_path import BODY, HEADERS, PATH, QUERY
from harness.wire.mapping import WireMap
from harness.wire.mapping.rooms import Rooms
from harness.wire.mapping.translate import ours_asked, theirs_answered
from harness.wire.mapping.values import theirs_of
from harness.wire.routes import Route

WILD = load_wire(Path(__file__).parents[2] / "integration" / "remote" / "wild.toml")
"""Everything is different."""


def parameters(route: Route, path: str) -> dict[str, str]:
    """What a server takes from the path, as it was sent."""
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(route.path))
    found = re.fullmatch(pattern, path)
    assert found, (route.path, path)
    return {name: unquote(text) for name, text in found.groupdict().items()}


def as_asked(kind: type[Operation], request: HttpRequest, wire: WireMap) -> Rooms:
    """A request as a server of the mapped wire takes it apart, over bytes."""
    route = wire.routes[kind]
    assert request.method == route.method
    body = request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    read = json.loads(body) if body else None
    path = parameters(route, request.path)
    return {PATH: path, QUERY: request.query, HEADERS: headers, BODY: read}


def arrives(
    operation: Operation, wire: WireMap, credentials: Credentials = Credentials()
) -> tuple[Operation, Credentials]:
    """The operation, and who asks, as they reach a side of ours that speaks this wire."""
    kind = type(operation)
    request = as_asked(kind, encode(operation, credentials, wire), wire)
    asked = ours_asked(request, wire.spoken(kind), wire)
    headers = dict(asked[HEADERS])
    read = operation_from(wire.routes[kind], asked[PATH], asked[QUERY], asked[BODY], headers)
    return read, credentials_from(headers)


def answered(operation: Operation, reply: Reply, wire: WireMap) -> HttpResponse:
    """The answer of a side of ours that speaks this wire."""
    ours = encode_reply(operation, reply)
    spoken = wire.spoken(type(operation))
    status, more, body = theirs_answered(ours.status, ours.json, spoken, wire)
    headers = {"Content-Type": "application/json"} | dict(ours.headers)
    raw = b"" if body is None else json.dumps(body).encode()
    return HttpResponse(status, {**theirs_of(headers, wire.tables.headers), **more}, raw)
