"""A session: one connection that is kept, as a browser or an agent keeps one.

Each exchange over it is awaited: the request's way and its answer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from harness.load.connection import Connection
from harness.load.deadlines import Clock
from harness.load.errors import NoResponse, NotSent, Times
from harness.load.histogram import Histogram
from harness.load.message import BaseAddress, message_of
from harness.load.opening import Opener, remember
from harness.wire.http import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What came, when, and the bytes that went out for it."""

    response: HttpResponse
    times: Times
    request: bytes


async def exchange_over(
    connection: Connection, address: BaseAddress, message: bytes, intended_ns: int, deadline_ns: int
) -> Exchanged:
    """Send the bytes and wait for the answer. Whoever is cancelled closes the connection.

    Raises:
        NotSent: the connection was found closed before a byte was written.
        NoAnswer: no whole answer came in time and of bounded size.
    """
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def done(_: Connection) -> None:
        if not over.done():
            over.set_result(None)

    try:
        connection.ask(message, done, intended_ns, deadline_ns)
    except NotSent as error:
        raise NotSent(f"{address.base_url}: {error.why}", error.times) from error
    try:
        await over
    except asyncio.CancelledError:
        connection.close("the request was cancelled")
        raise
    if connection.failure:
        raise NoResponse(f"{address.base_url}: {connection.failure}", connection.times())
    if address.is_tls and connection.answers == 1:
        remember(connection.extra("ssl_object"))
    return Exchanged(connection.response(), connection.times(), message)


class HttpSession:
    """Requests to one address, a request at a time, over one connection of its own.

    A connection that the server has closed is opened again for the next request.

    Attributes:
        opened: how many times it has connected.
    """

    __slots__ = ("_address", "_clock", "_connection", "_opener", "opened")

    def __init__(self, address: BaseAddress, opener: Opener, clock: Clock) -> None:
        self._address = address
        self._opener = opener
        self._clock = clock
        self._connection: Connection | None = None
        self.opened = 0

    @property
    def connection(self) -> Connection | None:
        """The connection, for the fast lane; `None` while there is none."""
        return self._connection

    @property
    def is_open(self) -> bool:
        """Whether its connection stands, as far as this side knows."""
        return self._connection is not None and self._connection.is_open

    async def open(self, within_s: float) -> None:
        """Connect, unless it is connected.

        Raises:
            NotSent: the connection did not come to stand.
        """
        await self._opened(self._clock() + round(within_s * 1e9))

    async def _opened(self, deadline_ns: int) -> Connection:
        if self._connection is None or not self._connection.is_open:
            self._connection = None
            self._connection = await self._opener.open(self._address, deadline_ns, self._lost)
            self.opened += 1
        return self._connection

    async def exchange(
        self,
        request: HttpRequest,
        headers: Mapping[str, str] | None = None,
        within_s: float = 10.0,
        intended_ns: int | None = None,
    ) -> Exchanged:
        """Send a request and wait for its answer, as `LoadClient.exchange` does."""
        now = self._clock()
        intended = now if intended_ns is None else intended_ns
        deadline_ns = now + round(within_s * 1e9)
        message = message_of(self._address, request, headers)
        connection = await self._opened(deadline_ns)
        return await exchange_over(connection, self._address, message, intended, deadline_ns)

    async def request(
        self,
        request: HttpRequest,
        headers: Mapping[str, str] | None = None,
        within_s: float = 10.0,
        intended_ns: int | None = None,
    ) -> HttpResponse:
        """The answer to a request; raises as `exchange` does."""
        return (await self.exchange(request, headers, within_s, intended_ns)).response

    def _lost(self, closed: Connection) -> None:
        if self._connection is closed:
            self._connection = None

    def close(self) -> None:
        """Close the connection; a request under way stays without an answer."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of opening many connections at once.

    Attributes:
        sessions: those whose connection stands.
        failures: why the others' does not, each reason with how often.
        took: nanoseconds that each connection took, TLS included.
    """

    sessions: tuple[HttpSession, ...]
    failures: Counter[str]
    took: Histogram


async def open_one(
    session: HttpSession, within_s: float, clock: Clock, failures: Counter[str], took: Histogram
) -> bool:
    """Open one of many, and note how it went; whether it stands."""
    start_ns = clock()
    try:
        await session.open(within_s)
    except NotSent as error:
        failures[error.why] += 1
        return False
    took.record(clock() - start_ns)
    return True
