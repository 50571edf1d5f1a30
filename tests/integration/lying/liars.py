"""Servers that lie or are broken, each standing before the honest reference.

A liar is an ASGI app: it answers one route in its own way, and hands the rest on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Lie = Callable[["LiarRequest"], Awaitable[None]]

WITHDRAW_WORD = "reject"


@dataclass(frozen=True, slots=True)
class LiarRequest:
    """A request to which a liar answers."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send

    async def say(
        self, status: int, body: bytes, headers: Iterable[tuple[str, str]] = (), **more: Any
    ) -> None:
        given = list(headers) or [("content-type", "application/json")]
        raw = [(name.encode(), value.encode()) for name, value in given]
        await self.send({"type": "http.response.start", "status": status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body, **more})

    async def honestly(self) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Let the honest server do it; returns what it would have answered."""
        told: dict[str, Any] = {"body": b""}

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                told.update(status=message["status"], headers=message["headers"])
            else:
                told["body"] += message.get("body", b"")

        await self.app(self.scope, self.receive, keep)
        return told["status"], told["headers"], told["body"]

    async def gone(self) -> None:
        """Wait until the client has left."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


def before(method: str, ending: str, lie: Lie) -> Callable[[ASGIApp], ASGIApp]:
    """What stands before an app and lies where a path ends so."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def liar(scope: Scope, receive: Receive, send: Send) -> None:
            is_it = scope["type"] == "http" and scope["method"] == method
            if is_it and scope["path"].endswith(ending):
                await lie(LiarRequest(app, scope, receive, send))
            else:
                await app(scope, receive, send)

        return liar

    return wrap


def answers(status: int, body: bytes, *headers: tuple[str, str]) -> Lie:
    """Does it, and answers something else."""

    async def lie(asked: LiarRequest) -> None:
        await asked.honestly()
        await asked.say(status, body, headers)

    return lie


def does_nothing(status: int, body: bytes = b"{}") -> Lie:
    """Says ok, and does nothing."""

    async def lie(asked: LiarRequest) -> None:
        await asked.say(status, body)

    return lie


def with_json(change: Callable[[Any], Any]) -> Lie:
    """Answers what the honest server does, with its JSON changed."""

    async def lie(asked: LiarRequest) -> None:
        status, _, body = await asked.honestly()
        if 200 <= status < 300:
            body = json.dumps(change(json.loads(body))).encode()
        await asked.say(status, body)

    return lie


def with_headers(*headers: tuple[str, str]) -> Lie:
    """Answers what the honest server does, under these headers."""

    async def lie(asked: LiarRequest) -> None:
        status, _, body = await asked.honestly()
        await asked.say(status, body, headers)

    return lie


async def never_ends(asked: LiarRequest) -> None:
    """Does it, and sends a body without an end, as fast as it can."""
    await asked.honestly()
    await asked.say(200, b'{"pairingUid": "', more_body=True)
    leaving = asyncio.ensure_future(asked.gone())
    while not leaving.done():
        await asked.send({"type": "http.response.body", "body": b"a" * 65_536, "more_body": True})
        await asyncio.sleep(0)


async def is_cut_off(asked: LiarRequest) -> None:
    """Does it, and closes in the middle of the body that it has announced."""
    status, _, body = await asked.honestly()
    length = ("content-length", str(len(body) + 10))
    await asked.say(status, body, [("content-type", "application/json"), length], more_body=True)
    raise ConnectionAbortedError("the liar leaves in the middle")


async def closes_without_a_word(asked: LiarRequest) -> None:
    """Does it, and closes the connection."""
    await asked.honestly()
    raise ConnectionAbortedError("the liar leaves at once")


async def is_silent(asked: LiarRequest) -> None:
    """Does it, and never answers."""
    await asked.honestly()
    await asked.gone()
