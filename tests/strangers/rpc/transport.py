"""JSON-RPC 2.0 over HTTP, from either end."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from itertools import count
from typing import Any
from urllib.parse import urlsplit

PATH = "/rpc"
BYTES_MAX, PIECE = 1 << 20, 200
PARSE_ERROR, INVALID_REQUEST, NO_SUCH_METHOD, INVALID_PARAMS, INTERNAL = (
    -32700,
    -32600,
    -32601,
    -32602,
    -32603,
)

Table = dict[str, Any]
_ids = count(1)


class Fault(Exception):
    """An answer that is an error: its number, a sentence, and facts for programs."""

    def __init__(self, code: int, message: str, **data: Any) -> None:
        super().__init__(message)
        self.code = code
        self.data = data

    def as_table(self) -> Table:
        return {"code": self.code, "message": str(self), "data": self.data}


class Unheard(Exception):
    """No answer came. `sent` says whether the call may have arrived."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


@dataclass
class Call:
    """One call: what it asks for, by whom, at which of the server's addresses."""

    method: str
    params: Table
    headers: Mapping[str, str]
    at: str
    also: list[tuple[str, str]] = field(default_factory=list)
    """Headers that its answer has besides."""

    def cookie(self, name: str) -> str:
        jar: SimpleCookie = SimpleCookie()
        with suppress(CookieError):
            jar.load(self.headers.get("cookie", ""))
        return jar[name].value if name in jar else ""

    def text(self, name: str) -> str:
        """A member that has to be a text, and may be empty."""
        value = self.params.get(name, "")
        if value is None or isinstance(value, str):
            return value or ""
        raise Fault(INVALID_PARAMS, f"{name} has to be a text", member=name)

    def listed(self, name: str) -> list[Any]:
        value = self.params.get(name)
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        raise Fault(INVALID_PARAMS, f"{name} has to be a list of objects", member=name)

    def labels(self, name: str) -> dict[str, str]:
        value = self.params.get(name)
        if isinstance(value, dict):
            return {str(k): str(v) for k, v in value.items()}
        raise Fault(INVALID_PARAMS, f"{name} has to be an object of texts", member=name)


Handler = Callable[[Call], Awaitable[Any]]


class Server:
    """Answers calls at any number of addresses. HTTP tells of the transport alone: it says 200."""

    def __init__(self, answer: Handler, *, in_pieces: bool = False) -> None:
        self._answer = answer
        self._in_pieces = in_pieces
        self._servers: list[asyncio.Server] = []

    async def listen(self, at: str, tls: ssl.SSLContext | None = None) -> int:
        """Listen at a free port, which is called `at`; returns the port."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, EOFError, ValueError, asyncio.CancelledError):
                while await self._one(at, reader, writer):
                    pass
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def close(self) -> None:
        for server in self._servers:
            server.close()

    async def _one(
        self, at: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; returns whether another may follow on the connection."""
        head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length") or 0)
        verb, path, *_ = [*head.split(" "), "", ""]
        if path != PATH or verb != "POST" or length > BYTES_MAX:
            writer.write(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            await writer.drain()
            return False
        call = Call("", {}, headers, at)
        body = json.dumps(await self._answered(await reader.readexactly(length), call)).encode()
        also = "".join(f"{name}: {value}\r\n" for name, value in call.also)
        if self._in_pieces and "gzip" in headers.get("accept-encoding", ""):
            body, also = gzip.compress(body), f"{also}Content-Encoding: gzip\r\n"
        start = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{also}"
        if self._in_pieces:
            pieces = [body[at : at + PIECE] for at in range(0, len(body), PIECE)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in [*pieces, b""])
            writer.write(f"{start}Transfer-Encoding: chunked\r\n\r\n".encode("latin-1") + body)
        else:
            writer.write(f"{start}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body)
        await writer.drain()
        return headers.get("connection", "").lower() != "close"

    async def _answered(self, body: bytes, call: Call) -> Table:
        asked: Any = None
        try:
            asked = _read(body)
            call.method, call.params = asked["method"], asked.get("params") or {}
            if not isinstance(call.params, dict):
                raise Fault(INVALID_PARAMS, "params has to be an object")
            told: Table = {"result": await self._answer(call)}
        except Fault as fault:
            told = {"error": fault.as_table()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            told = {"error": Fault(INVALID_PARAMS, f"not understood: {error!r}").as_table()}
        return {
            "jsonrpc": "2.0",
            "id": asked.get("id") if isinstance(asked, dict) else None,
            **told,
        }


def _read(body: bytes) -> Table:
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise Fault(PARSE_ERROR, f"this is no JSON: {error}") from error
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
        raise Fault(INVALID_REQUEST, "this is no call")
    return asked


async def ask(
    base: str, method: str, params: Table, tls: ssl.SSLContext, within_s: float, path: str = PATH
) -> Any:
    """Call a method at an address, and return its result.

    Raises:
        Fault: the answer is an error.
        Unheard: no answer came, or none that is one.
    """
    sent: list[bool] = []
    number = next(_ids)
    asked = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    try:
        async with asyncio.timeout(within_s):
            answer = await _exchanged(base + path, json.dumps(asked).encode(), tls, sent)
    except socket.gaierror:
        raise Unheard("its name cannot be resolved", sent=False) from None
    except ssl.SSLCertVerificationError as error:
        raise Unheard(
            f"its certificate is not trusted: {error.verify_message}", sent=False
        ) from None
    except ConnectionRefusedError:
        raise Unheard("it refuses connections", sent=False) from None
    except TimeoutError:
        raise Unheard(f"it has not answered within {within_s:g} s", sent=bool(sent)) from None
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise Unheard(f"what answers there is no office ({error})", sent=bool(sent)) from None
    if not isinstance(answer, dict) or answer.get("id") != number:
        raise Unheard("what answers there is no office", sent=True)
    match answer:
        case {"error": {"code": int(code), "message": str(message)}}:
            raise Fault(code, message)
        case {"result": result}:
            return result
    raise Unheard("what answers there is no office", sent=True)


async def _exchanged(url: str, body: bytes, tls: ssl.SSLContext, sent: list[bool]) -> Any:
    parts = urlsplit(url)
    secure = tls if parts.scheme == "https" else None
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=secure)
    try:
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        sent.append(True)
        writer.write(head.encode("latin-1") + body)
        await writer.drain()
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        if status.split(" ")[1:2] != ["200"]:
            raise ValueError(status)
        if any(line.lower() == "transfer-encoding: chunked" for line in lines):
            return json.loads(await _joined(reader))
        lengths = [
            line.partition(":")[2] for line in lines if line.lower().startswith("content-le")
        ]
        read = reader.readexactly(int(lengths[0])) if lengths else reader.read(BYTES_MAX)
        return json.loads(await read)
    finally:
        writer.close()


async def _joined(reader: asyncio.StreamReader) -> bytes:
    """A body that comes in chunks."""
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    return body
