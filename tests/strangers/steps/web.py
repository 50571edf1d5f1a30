"""HTTP on the streams of asyncio: what both sides serve, and what an appliance asks with."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Book = dict[str, Any]
ERRORS = "https://errors.stepwise.example/"
"""Where the type of each problem is explained."""
FORM = "application/x-www-form-urlencoded"
BODY_MAX = 1 << 20


class Problem(Exception):
    """A refusal, as a problem document (RFC 9457): its kind ends the address of its type."""

    def __init__(
        self, status: int, kind: str, detail: str, *, retry_after: int = 0, **about: str
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.about = status, kind, detail, about
        self.headers = {"Retry-After": str(retry_after)} if retry_after else {}

    def document(self) -> Book:
        told = {"detail": self.detail} if self.detail else {}
        title = self.kind.replace("-", " ").capitalize()
        return {"type": ERRORS + self.kind, "title": title, "status": self.status, **told} | (
            {"about": self.about} if self.about else {}
        )


@dataclass(slots=True)
class Call:
    """A request, taken apart. `data` is the body: what a form or a JSON object held."""

    port: int
    verb: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    data: Book
    parts: tuple[str, ...] = ()

    def cookie(self, name: str) -> str:
        held: SimpleCookie = SimpleCookie(self.headers.get("cookie", ""))
        return held[name].value if name in held else ""

    def text(self, name: str) -> str:
        return str(self.data.get(name) or "")


@dataclass(slots=True)
class Reply:
    """An answer; without a body it is 204, a text is a page."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Reply | Awaitable[Reply]]


class Server:
    """Serves the same routes on any number of ports of the loopback interface."""

    def __init__(self, finish: Callable[[Reply], Reply] = lambda reply: reply) -> None:
        """`finish` has the last word on each answer."""
        self._finish = finish
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._talks: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []

    def serve(self, verb: str, path: str, handler: Handler, forms: bool = False) -> None:
        """`{}` in a path stands for one segment; with `forms` the body has to be a form."""
        pattern = re.compile(re.escape(path).replace(r"\{\}", "([^/]+)"))

        def formal(call: Call) -> Reply | Awaitable[Reply]:
            if not call.headers.get("content-type", "").startswith(FORM):
                raise Problem(415, "not-a-form", "a form is wanted here")
            return handler(call)

        self._routes.append((verb, pattern, formal if forms else handler))

    async def listen(self, port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        """Begin to serve; returns the port."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", port, ssl=tls, backlog=128)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def close(self) -> None:
        for server in self._servers:
            server.close()
        for talk in self._talks:
            talk.cancel()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        port = int(writer.get_extra_info("sockname")[1])
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                reply = self._finish(await self._answered(head, reader, port))
                writer.write(_on_the_wire(reply))
                await writer.drain()
        except (asyncio.CancelledError, EOFError, asyncio.LimitOverrunError, OSError):
            pass  # a connection that ends or breaks is the client's matter
        finally:
            self._talks.discard(talk)
            writer.close()

    async def _answered(self, head: bytes, reader: asyncio.StreamReader, port: int) -> Reply:
        line, *rest = head.decode("latin-1").split("\r\n")
        verb, target, _ = line.split(" ", 2)
        headers = {n.lower(): v.strip() for n, _, v in (h.partition(":") for h in rest if h)}
        raw = await reader.readexactly(min(int(headers.get("content-length", 0)), BODY_MAX))
        path, _, query = target.partition("?")
        try:
            data = _data(headers.get("content-type", ""), raw)
            call = Call(port, verb, path, dict(parse_qsl(query, True)), headers, data)
            return await self._handled(call)
        except Problem as problem:
            headers = {"Content-Type": "application/problem+json", **problem.headers}
            return Reply(problem.document(), problem.status, headers)

    async def _handled(self, call: Call) -> Reply:
        for verb, pattern, handler in self._routes:
            found = pattern.fullmatch(call.path)
            if found and verb == call.verb:
                call.parts = tuple(map(unquote, found.groups()))
                reply = handler(call)
                return reply if isinstance(reply, Reply) else await reply
        raise Problem(404, "nothing-here", f"nothing is served at {call.verb} {call.path}")


def _data(kind: str, raw: bytes) -> Book:
    if kind.startswith(FORM):
        return dict(parse_qsl(raw.decode("utf-8", "replace"), True))
    try:
        data = json.loads(raw or b"{}")
    except ValueError:
        raise Problem(400, "not-understood", "the body is no JSON") from None
    if not isinstance(data, dict):
        raise Problem(400, "not-understood", "the body is no object")
    return data


def _on_the_wire(reply: Reply) -> bytes:
    kind = "application/json"
    if isinstance(reply.body, str):
        body, kind = reply.body.encode(), "text/html; charset=utf-8"
    else:
        body = b"" if reply.body is None else json.dumps(reply.body).encode()
    status = 204 if reply.body is None and reply.status == 200 else reply.status
    headers = {"Content-Type": kind} if body else {}
    headers |= {**reply.headers, "Content-Length": str(len(body))}
    if status == 204:
        del headers["Content-Length"]
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


# --- the other direction --------------------------------------------------------------------------


class NotHeard(Exception):
    """No answer that makes sense. `sent` says whether the message may have arrived."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Client:
    """Asks over connections that are kept, each step bounded by `within_s`."""

    def __init__(self, trusting: ssl.SSLContext, within_s: float, *, shared: bool = False) -> None:
        """With `shared`, a connection is kept for whoever asks there next."""
        self._shared = shared
        self._contexts = {False: trusting, True: _trusting_anybody()}
        self._within_s = within_s
        self._idle: dict[tuple[str, bool], list[Streams]] = {}

    async def ask(
        self, verb: str, url: str, headers: Mapping[str, str], body: Any = None, *, lax: bool
    ) -> tuple[int, Book]:
        """The status and the JSON object of the answer; `lax` minds no certificate.

        Raises:
            NotHeard: there is none.
        """
        parts = urlsplit(url)
        raw = b"" if body is None else json.dumps(body).encode()
        told = {"Host": parts.netloc, **headers, "Content-Length": str(len(raw))}
        told |= {"Content-Type": "application/json"} if raw else {}
        where = parts.path + (f"?{parts.query}" if parts.query else "")
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        message = f"{verb} {where} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + raw
        whose = lax and not self._shared
        kept = self._idle.setdefault((f"{parts.scheme}://{parts.netloc}", whose), [])
        while kept and kept[-1][0].at_eof():
            kept.pop()[1].close()
        streams = kept.pop() if kept else await self._connected(parts, lax)
        return await self._exchanged(streams, message, kept)

    async def _connected(self, parts: Any, lax: bool) -> Streams:
        tls = self._contexts[lax] if parts.scheme == "https" else None
        port = parts.port or (443 if tls else 80)
        try:
            async with asyncio.timeout(self._within_s):
                return await asyncio.open_connection(parts.hostname, port, ssl=tls)
        except ssl.SSLCertVerificationError as error:
            why = f"its certificate is not trusted ({error.verify_message})"
        except socket.gaierror:
            why = "its name cannot be resolved"
        except TimeoutError:
            why = "it does not answer"
        except ConnectionRefusedError:
            why = "it refuses connections"
        except (OSError, ValueError) as error:
            why = f"no connection to it stands ({error})"
        raise NotHeard(why, sent=False)

    async def _exchanged(
        self, streams: Streams, message: bytes, kept: list[Streams]
    ) -> tuple[int, Book]:
        reader, writer = streams
        try:
            async with asyncio.timeout(self._within_s):
                writer.write(message)
                await writer.drain()
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = re.search(r"^content-length: *(\d+)", head, re.MULTILINE)
                raw = await reader.readexactly(min(int(length[1]), BODY_MAX) if length else 0)
            body = json.loads(raw or b"{}")
            status = int(head.split(" ", 2)[1])
            if not isinstance(body, dict):
                raise ValueError("its answer is no object")
        except TimeoutError:
            writer.close()
            raise NotHeard("it does not answer", sent=True) from None
        except asyncio.CancelledError:
            writer.close()
            raise
        except (OSError, EOFError, ValueError, IndexError, asyncio.LimitOverrunError) as error:
            writer.close()
            raise NotHeard(f"what answers is no office ({error})", sent=True) from None
        if "connection: close" in head:
            writer.close()
        else:
            kept.append(streams)
        return status, body

    def close(self) -> None:
        for streams in self._idle.values():
            for _, writer in streams:
                writer.close()


def _trusting_anybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
