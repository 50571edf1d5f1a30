"""Servers that answer a request in one way, mostly a wrong one. They are named by their fault."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Behaves: TypeAlias = Callable[[Reader, Writer], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


async def head(reader: Reader) -> bytes:
    """The head of the next request; empty once there is none."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


async def answers(reader: Reader, writer: Writer) -> None:
    """As it should be."""
    while await head(reader):
        writer.write(OK)


def says(answer: bytes) -> Behaves:
    """Answers the first request with these bytes, and closes."""

    async def behaves(reader: Reader, writer: Writer) -> None:
        await head(reader)
        writer.write(answer)

    return behaves


def says_and_stays(answer: bytes) -> Behaves:
    """Answers each request with these bytes, and waits for the other side to close."""

    async def behaves(reader: Reader, writer: Writer) -> None:
        while await head(reader):
            writer.write(answer)

    return behaves


async def hangs(reader: Reader, writer: Writer) -> None:
    """Reads everything and says nothing."""
    await reader.read()


async def closes_at_once(reader: Reader, writer: Writer) -> None:
    """Accepts and closes."""


async def resets(reader: Reader, writer: Writer) -> None:
    """Resets the connection once there is a request."""
    await head(reader)
    writer.transport.abort()


async def floods(reader: Reader, writer: Writer) -> None:
    """Answers, and never stops."""
    await head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n")
        await writer.drain()


async def answers_before_it_has_read(reader: Reader, writer: Writer) -> None:
    """Refuses a body after its first bytes, and reads no more."""
    await head(reader)
    writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.get_running_loop().create_future()


class Serving:
    """A running server: where it is, and what came."""

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme
        self.port = 0
        self.accepted = 0
        self.open = 0

    @property
    def url(self) -> str:
        return f"{self._scheme}://localhost:{self.port}"


@asynccontextmanager
async def serving(
    behaves: Behaves, tls: ssl.SSLContext | None = None, port: int = 0
) -> AsyncIterator[Serving]:
    """Serve on a free port of this machine, until the block ends."""
    served = Serving("http" if tls is None else "https")
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: Reader, writer: Writer) -> None:
        served.accepted += 1
        served.open += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await behaves(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            served.open -= 1
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", port, ssl=tls, backlog=2_048)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
