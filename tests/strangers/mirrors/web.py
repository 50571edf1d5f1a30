"""HTTP on the streams of asyncio, from either end."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Table = dict[str, Any]
BODY_MAX = 1 << 20


class Problem(Exception):
    """A refusal: a status, a kind for programs, a text for people, and headers."""

    def __init__(self, status: int, kind: str, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status, self.kind = status, kind
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Unheard(Exception):
    """No answer that makes sense came. `sent` says whether the message may have arrived."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Call:
    """A request at the port that is called `at`; `parts` are what stood for `{}` in the path."""

    at: str
    verb: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    parts: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """A member of the body that is a text, or nothing."""
        value = self.body.get(name) if isinstance(self.body, dict) else None
        if value is None or isinstance(value, str):
            return value or ""
        raise Problem(400, "bad-input", f"{name} has to be a text")

    def rows(self, name: str) -> list[Table]:
        value = self.body.get(name) if isinstance(self.body, dict) else None
        if isinstance(value, list) and all(isinstance(row, dict) for row in value):
            return value
        raise Problem(400, "bad-input", f"{name} has to be a list of objects")


@dataclass(frozen=True, slots=True)
class Answer:
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Coroutine[Any, Any, Answer]]


class Server:
    """Serves the same routes at any number of ports. `tabled` is what a problem looks like.

    A connection that was used ends when it has been idle for `idle_s`.
    """

    def __init__(self, tabled: Callable[[Problem], Any], idle_s: float | None = None) -> None:
        self._tabled, self._idle_s = tabled, idle_s
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._servers: list[asyncio.Server] = []

    def serve(self, route: str, handler: Handler) -> None:
        """`route` is verb and path, in which `{}` stands for a segment."""
        verb, path = route.split(" ")
        pattern = re.compile(re.escape(path).replace(r"\{\}", "([^/]+)"))
        self._routes.append((verb, pattern, handler))

    async def listen(self, at: str, tls: ssl.SSLContext | None = None) -> int:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                within_s = None
                while await self._one(at, reader, writer, within_s):
                    within_s = self._idle_s
            writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls, backlog=128)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _one(
        self,
        at: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        within_s: float | None,
    ) -> bool:
        async with asyncio.timeout(within_s):
            top = await reader.readuntil(b"\r\n\r\n")
        head, *lines = top.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        raw = await reader.readexactly(min(int(headers.get("content-length", 0)), BODY_MAX))
        verb, target, _ = head.split(" ", 2)
        path, _, query = target.partition("?")
        try:
            body = _read(raw)
            answer = await self._handled(
                Call(at, verb, path, dict(parse_qsl(query)), headers, body)
            )
        except Problem as problem:
            answer = Answer(self._tabled(problem), problem.status, problem.headers)
        out = b"" if answer.body is None else json.dumps(answer.body).encode()
        said = {"Content-Type": "application/json"} if out else {}
        said |= {**answer.headers, "Content-Length": str(len(out))}
        if answer.status == 204:
            del said["Content-Length"]
        told = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        writer.write(f"HTTP/1.1 {answer.status} -\r\n{told}\r\n".encode("latin-1") + out)
        await writer.drain()
        return headers.get("connection", "").lower() != "close"

    async def _handled(self, call: Call) -> Answer:
        for verb, pattern, handler in self._routes:
            match = pattern.fullmatch(call.path)
            if match and verb == call.verb:
                parts = tuple(map(unquote, match.groups()))
                return await handler(
                    Call(call.at, verb, call.path, call.query, call.headers, call.body, parts)
                )
        raise Problem(404, "not-found", f"nothing is served at {call.verb} {call.path}")


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else {}
    except ValueError:
        raise Problem(400, "bad-input", "the body is no JSON") from None


async def ask(
    verb: str, url: str, headers: Table, body: Any, tls: ssl.SSLContext, within_s: float
) -> tuple[int, Any]:
    """The status of the answer, and the JSON in it.

    Raises:
        Unheard: there is none.
    """
    sent: list[bool] = []
    try:
        async with asyncio.timeout(within_s):
            return await _exchanged(verb, url, headers, body, tls, sent)
    except ssl.SSLCertVerificationError as error:
        why = f"its certificate is not trusted ({error.verify_message})"
    except socket.gaierror:
        why = "its name cannot be resolved"
    except ConnectionRefusedError:
        why = "it refuses connections"
    except TimeoutError:
        why = f"it is silent for {within_s:g} s"
    except (OSError, EOFError, ValueError, IndexError, asyncio.LimitOverrunError) as error:
        why = f"what is there is no hub ({error})"
    raise Unheard(why, sent=bool(sent))


async def _exchanged(
    verb: str, url: str, headers: Table, body: Any, tls: ssl.SSLContext, sent: list[bool]
) -> tuple[int, Any]:
    at = urlsplit(url)
    secure = tls if at.scheme == "https" else None
    port = at.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(at.hostname, port, ssl=secure)
    try:
        raw = b"" if body is None else json.dumps(body).encode()
        said = {"Host": at.netloc, "Connection": "close", **headers}
        said |= {"Content-Type": "application/json"} if raw else {}
        lines = "".join(f"{n}: {v}\r\n" for n, v in {**said, "Content-Length": len(raw)}.items())
        where = at.path + (f"?{at.query}" if at.query else "")
        sent.append(True)
        writer.write(f"{verb} {where} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + raw)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = re.search(r"^content-length: *(\d+)", head, re.MULTILINE)
        out = await reader.readexactly(min(int(length[1]), BODY_MAX)) if length else b""
        return int(head.split(" ", 2)[1]), json.loads(out) if out else None
    finally:
        writer.close()
