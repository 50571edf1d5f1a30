"""What stands before an HTTP app and changes its answers, or what it is asked, as mutants and
variants need it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec

from harness.domain.operations import Surface
from harness.wire.http import Json, NotJson, parse_json
from harness.wire.routes import ROUTES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request of the API, as far as an answer may depend on it."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = b""

    @property
    def is_an_agents(self) -> bool:
        """Whether a host asks; one that we play has to understand what it is answered."""
        return self.path.startswith(AGENT_PATHS)


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """An answer of the API. `piece` is how many bytes are sent at a time, 0 for all at once."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    piece: int = 0

    def json(self) -> Json:
        """Its JSON; `None` where there is none."""
        try:
            return parse_json(self.body) if self.body else None
        except NotJson:
            return None

    def with_json(self, json: Json) -> ApiResponse:
        """The same with another body."""
        return replace(self, body=msgspec.json.encode(json))


Change = Callable[[ApiRequest, ApiResponse], ApiResponse]

AGENT_PATHS = tuple(
    route.path.partition("{")[0] for route in ROUTES.values() if route.surface is Surface.AGENT
)
"""How the paths begin that hosts ask."""


@dataclass(slots=True)
class Changed:
    """An app whose answers are changed; its pages are left alone.

    `pauses` says for each request how many seconds its answer is held back.
    """

    app: ASGIApp
    change: Change
    pauses: Callable[[ApiRequest], float] = lambda asked: 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        heard = bytearray()

        async def hear() -> Message:
            message = await receive()
            heard.extend(message.get("body", b""))
            return message

        answer = await answer_of(self.app, scope, hear)
        asked = ApiRequest(scope["method"], scope["path"], query, bytes(heard))
        pause_s = self.pauses(asked)
        if pause_s:
            await asyncio.sleep(pause_s)
        await tell(self.change(asked, answer), send)


ChangeRequest = Callable[[ApiRequest, bytes], "bytes | ApiResponse"]


@dataclass(slots=True)
class ChangedRequests:
    """An app that gets requests with another body; `change` may answer one in its place."""

    app: ASGIApp
    change: ChangeRequest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        changed = self.change(ApiRequest(scope["method"], scope["path"], {}), body)
        if isinstance(changed, ApiResponse):
            await tell(changed, send)
            return

        async def again() -> Message:
            return {"type": "http.request", "body": changed, "more_body": False}

        await self.app(scope, again, send)


Pairs = list[tuple[str, Json]]
"""An object as it is written: each key with its value, in their order, however often."""


def read_as(read: Callable[[Pairs], Json]) -> Callable[[ASGIApp], ASGIApp]:
    """An app that gets each object of a body as it is read so."""

    def change(asked: ApiRequest, body: bytes) -> bytes:
        try:
            return json.dumps(json.loads(body, object_pairs_hook=read)).encode() if body else body
        except ValueError:
            return body

    return lambda app: ChangedRequests(app, change)


async def answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> ApiResponse:
    """What an app answers, once it is whole."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return ApiResponse(messages[0]["status"], tuple(messages[0]["headers"]), body)


async def tell(answer: ApiResponse, send: Send) -> None:
    """Send an answer; with pieces there is no length, and the server sends chunks."""
    headers = [(k, v) for k, v in answer.headers if k.lower() != b"content-length"]
    if not answer.piece and answer.status != 204:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    step = answer.piece or max(1, len(answer.body))
    for start in range(0, len(answer.body), step):
        piece = answer.body[start : start + step]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
