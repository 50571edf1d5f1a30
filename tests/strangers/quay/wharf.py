"""HTTP/1.1 on the streams of asyncio, from either end, with problems as RFC 9457 has them."""

from __future__ import annotations

import asyncio
import gzip
import inspect
import json
import re
import socket
import ssl
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Table = dict[str, Any]
Headers = Iterable[tuple[str, str]]
BODY_MAX = 1 << 20
CHUNK = 100
SLEEPS_AFTER_S, WAKING_S = 5.0, 0.5
"""After how long without a question a side is asleep, and what it takes to wake."""
SPENT_EVERY = 300
REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content"}
ODD_STATUSES = {
    "decided": 423,
    "no-such-petition": 410,
    "no-such-draft": 410,
    "voucher-bad": 402,
    "governed-afar": 451,
    "no-cluster": 410,
    "not-up": 424,
    "no-fit": 406,
}


class Problem(Exception):
    """A refusal: a status, a code for programs, a text for people, and what else is to say."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Headers = (), **more: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.headers, self.more = status, code, headers, more

    @property
    def failure(self) -> Table:
        """What a job says that comes to this."""
        return {"type": f"urn:quay:{self.code}", "detail": str(self)}

    def as_reply(self) -> Reply:
        title = {"title": self.code.replace("-", " "), "status": self.status}
        return Reply(self.status, {**self.failure, **title, **self.more}, self.headers)


def invalid(pointer: str, why: str) -> Problem:
    """Something in a body, or in a query, is not as it has to be."""
    return Problem(422, "invalid", f"{pointer}: {why}", errors=[{"pointer": pointer, "why": why}])


class Trouble(Exception):
    """A call that brought no answer; `sort` says why in a word."""

    def __init__(self, sort: str, text: str) -> None:
        super().__init__(text)
        self.sort = sort


@dataclass(frozen=True)
class Request:
    """What somebody asks."""

    method: str
    target: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def cookies(self) -> Mapping[str, str]:
        parts = (part.partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in parts}

    @cached_property
    def table(self) -> Table:
        """The object in the body; none is an empty one."""
        try:
            read = json.loads(self.raw or b"{}")
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            errors = [{"pointer": "", "why": "no object"}]
            raise Problem(400, "illegible", "the body is no JSON object", errors=errors)
        return read


@dataclass(frozen=True)
class Reply:
    """What comes back. A body of `None` is none."""

    status: int = 200
    body: Any = None
    headers: Headers = field(default_factory=tuple)


def data(of: Any, status: int = 200, headers: Headers = (), **meta: Any) -> Reply:
    """An answer in its envelope."""
    return Reply(status, {"data": of, "meta": meta}, headers)


Handler = Callable[..., Reply | Awaitable[Reply]]


class Router:
    """Finds who answers at a path, in which `{name}` stands for a segment."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, route: str, handler: Handler) -> None:
        method, path = route.split(" ")
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
        self._routes.append((method, pattern, handler))

    def find(self, request: Request) -> tuple[Handler, dict[str, str]]:
        there = False
        for method, pattern, handler in self._routes:
            if match := pattern.fullmatch(request.path):
                if method == request.method:
                    return handler, {k: unquote(v) for k, v in match.groupdict().items()}
                there = True
        if there:
            raise Problem(405, "wrong-verb", "this is asked by another method")
        raise Problem(404, "nowhere", "there is nothing at this address")


class Server:
    """Serves at any number of ports, in the manner of its habits."""

    def __init__(self, habits: frozenset[str] = frozenset()) -> None:
        self._habits = habits
        self._servers: list[asyncio.Server] = []
        self._last = time.monotonic()
        self._count = 0

    async def listen(self, handle: Handler, tls: ssl.SSLContext | None = None) -> int:
        """The port at which it is served from now on."""

        async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while await self._one(handle, reader, writer, tls is not None):
                    pass
            except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                pass
            except asyncio.CancelledError:
                pass  # it ends as a whole
            finally:
                writer.close()

        server = await asyncio.start_server(connection, "127.0.0.1", 0, ssl=tls, backlog=512)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _one(
        self,
        handle: Handler,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        secure: bool,
    ) -> bool:
        start, headers, body = await read_message(reader)
        method, target, _ = start.split(" ", 2)
        if "wakes-slowly" in self._habits and time.monotonic() - self._last > SLEEPS_AFTER_S:
            await asyncio.sleep(WAKING_S)
        self._last = time.monotonic()
        if self._spent(target):
            retry = formatdate(time.time() + 2, usegmt=True)
            reply = Problem(
                429, "too-many", "come back later", headers=[("Retry-After", retry)]
            ).as_reply()
        else:
            reply = await answer(handle, Request(method, target, headers, body))
        base = f"{'https' if secure else 'http'}://{headers.get('host', '')}"
        ends = "hangs-up" in self._habits or headers.get("connection", "").lower() == "close"
        packs = "gzip" in headers.get("accept-encoding", "")
        writer.write(self._rendered(reply, base, packs=packs, ends=ends))
        await writer.drain()
        return not ends

    def _spent(self, target: str) -> bool:
        """Whether people have asked so much that they have to wait."""
        if "spent-now-and-then" not in self._habits or not target.startswith("/api/"):
            return False
        self._count += 1
        return self._count % SPENT_EVERY == 0

    def _rendered(self, reply: Reply, base: str, *, packs: bool, ends: bool) -> bytes:
        habits, status, out = self._habits, reply.status, b""
        if reply.body is not None:
            wide = "writes-widely" in habits
            out = json.dumps(reply.body, ensure_ascii=wide, indent=4 if wide else None).encode()
            out = b"\n\n" + out + b"\n" if wide else out
        headers = list(reply.headers)
        if status >= 400 and "odd-statuses" in habits:
            status = ODD_STATUSES.get((reply.body or {}).get("type", "")[9:], status)
        if out:
            kind = "problem+json" if status >= 400 else "json"
            charset = '; Charset="UTF-8"' if "writes-widely" in habits else ""
            headers.append(("Content-Type", f"application/{kind}{charset}"))
        if out and packs and "packs-its-answers" in habits:
            out = gzip.compress(out, 1)
            headers.append(("Content-Encoding", "gzip"))
        if status != 204:
            if out and "speaks-in-chunks" in habits:
                headers += [("Transfer-Encoding", "chunked"), ("Trailer", "X-Quay-Tide")]
                pieces = (out[at : at + CHUNK] for at in range(0, len(out), CHUNK))
                out = b"".join(b"%x;tide=in\r\n%b\r\n" % (len(p), p) for p in pieces)
                out += b"0\r\nX-Quay-Tide: out\r\n\r\n"
            else:
                headers.append(("Content-Length", str(len(out))))
        if ends:
            headers.append(("Connection", "close"))
        if "whole-addresses" in habits:
            headers = [(n, base + v if n == "Location" else v) for n, v in headers]
        if "shouts-its-headers" in habits:
            headers = [(n.upper(), f"  {v}\t") for n, v in headers]
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Refused')}"]
        lines += [f"{name}: {value}" for name, value in headers]
        hint = "HTTP/1.1 103 Early Hints\r\nX-Quay-Tide: rising\r\n\r\n"
        first = hint if "hints-first" in habits else ""
        return (first + "\r\n".join(lines) + "\r\n\r\n").encode() + out


async def answer(handle: Handler, request: Request) -> Reply:
    try:
        if len(request.raw) > BODY_MAX:
            raise Problem(413, "too-long", "the body is too long")
        reply = handle(request)
        return await reply if inspect.isawaitable(reply) else reply
    except Problem as problem:
        return problem.as_reply()
    except Exception as error:  # noqa: BLE001 - whoever asks is told, and others are served on
        traceback.print_exc(file=sys.stderr)
        name = type(error).__name__
        return Problem(500, "our-fault", f"something went wrong here: {name}").as_reply()


async def read_message(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    """Start line, headers and body of a message."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    start, *lines = head.rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = b""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int((await reader.readline()).partition(b";")[0], 16):
            body += (await reader.readexactly(size + 2))[:-2]
        while (await reader.readline()).strip():
            pass
    elif "content-length" in headers:
        body = await reader.readexactly(min(int(headers["content-length"]), BODY_MAX + 1))
    elif re.match(r"HTTP/\S+ (?!1|204|304)", start):
        body = await reader.read()
    return start, headers, body


@dataclass(frozen=True)
class Answer:
    """What came back of a call; the body is read as JSON where it is some."""

    status: int
    body: Any

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_busy(self) -> bool:
        """Whoever was asked cannot say now: a refusal may be none later."""
        return self.status == 429 or self.status >= 500

    @property
    def data(self) -> Table:
        of = self.body.get("data") if isinstance(self.body, dict) else None
        return of if isinstance(of, dict) else {}

    @property
    def code(self) -> str:
        """The code of a problem that is Quay's own."""
        kind = str(self.body.get("type", "")) if isinstance(self.body, dict) else ""
        return kind.removeprefix("urn:quay:") if kind.startswith("urn:quay:") else ""


async def call(
    base: str,
    method: str,
    path: str,
    body: Table | None = None,
    *,
    headers: Headers = (),
    source: str = "",
    tls: ssl.SSLContext,
    within_s: float,
) -> Answer:
    """One call on a connection of its own, from the address `source` where that can be.

    Raises:
        Trouble: no answer came that can be read.
    """
    try:
        async with asyncio.timeout(within_s):
            reader, writer = await _connected(base, source, tls)
            try:
                writer.write(_written(base, method, path, body, headers))
                await writer.drain()
                start, _, raw = await read_message(reader)
                while re.match(r"HTTP/\S+ 1", start):
                    start, _, raw = await read_message(reader)
            except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
                raise Trouble("refused", "the connection broke") from error
            finally:
                writer.close()
    except TimeoutError:
        raise Trouble("silent", "it does not answer in time") from None
    try:
        status = int(start.split()[1])
    except (IndexError, ValueError):
        raise Trouble("garbled", "it does not speak HTTP, so it is no Harbour") from None
    try:
        return Answer(status, json.loads(raw) if raw else None)
    except ValueError:
        if status < 400:
            raise Trouble("garbled", "its answer cannot be read") from None
        return Answer(status, None)


async def _connected(
    base: str, source: str, tls: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(base)
    secure = parts.scheme == "https"
    port, loop = parts.port or (443 if secure else 80), asyncio.get_running_loop()
    try:
        infos = await loop.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Trouble("unresolved", "its host name cannot be resolved") from None
    family, *_, (address, *_) = min(infos, key=lambda info: info[0] != socket.AF_INET)
    near = source and family == socket.AF_INET and str(address).startswith("127.")
    try:
        return await asyncio.open_connection(
            str(address),
            port,
            ssl=tls if secure else None,
            server_hostname=parts.hostname if secure else None,
            local_addr=(source, 0) if near else None,
        )
    except ssl.SSLCertVerificationError:
        raise Trouble("untrusted", "its certificate is not trusted") from None
    except ssl.SSLError:
        raise Trouble("garbled", "it does not speak TLS, so it is no Harbour") from None
    except TimeoutError:
        raise
    except OSError as error:
        raise Trouble("refused", "it refuses connections") from error


def _written(base: str, method: str, path: str, body: Table | None, headers: Headers) -> bytes:
    parts, raw = urlsplit(base), b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {parts.path.rstrip('/')}{path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += ["Connection: close", "Accept: application/json"]
    lines += ["Content-Type: application/json"] if raw else []
    lines += [f"Content-Length: {len(raw)}"] if raw or method in ("POST", "PUT") else []
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + raw
