"""The HTTP client of the load lane: fast, bounded, and sure of what was sent and what was not.

It keeps a pool of connections for each address.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter, deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from itertools import compress
from types import TracebackType
from typing import Any, TypeVar

import uvloop

from harness.load.connection import Clock, Connection
from harness.load.errors import NoResponse, NotSent, Times
from harness.load.histogram import Histogram
from harness.load.message import BaseAddress, address_of, message_of
from harness.load.opening import LoadLimits, Opener, make_room, remember
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


_T = TypeVar("_T")


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end on the event loop that the load is fast on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


class LoadClient:
    """Requests to any number of addresses, over kept connections, of one event loop.

    Redirects are not followed, cookies are not kept, no proxy of the environment is used, and
    nothing is sent twice.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        limits: LoadLimits = LoadLimits(),
        clock: Clock = time.monotonic_ns,
    ) -> None:
        """Make a client that trusts as `context` does; `clock` gives nanoseconds."""
        self._context = context
        self._limits = limits
        self._clock = clock
        self._opener: Opener | None = None
        self._pools: dict[BaseAddress, Pool] = {}

    async def __aenter__(self) -> LoadClient:
        self._opener = Opener(self._context, self._limits, self._clock)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; requests under way stay without an answer."""
        if self._opener is not None:
            await self._opener.close()
        self._pools.clear()

    @property
    def open_connections(self) -> int:
        """How many connections stand, those of sessions as well."""
        return 0 if self._opener is None else self._opener.open_connections

    # --- requests -------------------------------------------------------------------------

    async def exchange(
        self,
        base_url: str,
        request: HttpRequest,
        headers: Mapping[str, str] | None = None,
        within_s: float = 10.0,
        intended_ns: int | None = None,
    ) -> Exchanged:
        """Send a request over a connection of the pool, and wait for its whole answer.

        `within_s` bounds all of it from now on: waiting for a connection, connecting, the
        answer's last byte. `intended_ns` is when it was to start, if that was not now.

        Raises:
            NotSent: definitely not a byte of it was sent.
            NoAnswer: no whole answer came in time and of bounded size; it may have happened.
        """
        now = self._clock()
        intended = now if intended_ns is None else intended_ns
        deadline_ns = now + round(within_s * 1e9)
        try:
            address = address_of(base_url)
            message = message_of(address, request, headers)
            pool = self._pool(address)
            connection = await pool.take(deadline_ns)
        except NotSent as error:
            raise NotSent(error.why, Times(intended, end_ns=self._clock())) from error
        try:
            return await exchange_over(connection, address, message, intended, deadline_ns)
        finally:
            pool.give_back(connection)

    async def request(
        self,
        base_url: str,
        request: HttpRequest,
        headers: Mapping[str, str] | None = None,
        within_s: float = 10.0,
        intended_ns: int | None = None,
    ) -> HttpResponse:
        done = await self.exchange(base_url, request, headers, within_s, intended_ns)
        return done.response

    # --- connections ----------------------------------------------------------------------

    def session(self, base_url: str) -> HttpSession:
        """A session at an address; it connects at its first request, or with `open`.

        Raises:
            NotSent: that is no address.
        """
        return HttpSession(address_of(base_url), self._entered(), self._clock)

    async def storm(self, base_url: str, count: int, within_s: float = 10.0) -> Storm:
        """Open `count` sessions at once; which of them stand, and why the others do not.

        Raises:
            TooFewFiles: the process may not have as many connections; none was opened.
            NotSent: that is no address.
        """
        make_room(self.open_connections + count)
        fresh = [self.session(base_url) for _ in range(count)]
        failures, took = Counter[str](), Histogram()
        tries = [open_one(session, within_s, self._clock, failures, took) for session in fresh]
        stands = await asyncio.gather(*tries)
        return Storm(tuple(compress(fresh, stands)), failures, took)

    def _pool(self, address: BaseAddress) -> Pool:
        if address not in self._pools:
            self._pools[address] = Pool(address, self._entered(), self._limits, self._clock)
        return self._pools[address]

    def _entered(self) -> Opener:
        if self._opener is None:
            raise NotSent("the client is not open; write `async with LoadClient(...) as client:`")
        return self._opener


class Pool:
    """At most so many connections to one address; who comes when all are in use waits in turn."""

    def __init__(
        self, address: BaseAddress, opener: Opener, limits: LoadLimits, clock: Clock
    ) -> None:
        self._address = address
        self._opener = opener
        self._limits = limits
        self._clock = clock
        self._idle: deque[tuple[int, Connection]] = deque()
        self._places = limits.connections_per_address
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self, deadline_ns: int) -> Connection:
        """A connection that is open, as far as is known, for one exchange.

        Raises:
            NotSent: none was free in time, or a new one did not come to stand.
        """
        if not self._places:
            await self._wait(deadline_ns)
        else:
            self._places -= 1
        kept = self._kept()
        if kept is not None:
            return kept
        try:
            return await self._opener.open(self._address, deadline_ns, self._forget)
        except (NotSent, asyncio.CancelledError):
            self._free()
            raise

    def give_back(self, connection: Connection) -> None:
        """The exchange over it has ended."""
        if connection.is_open:
            self._idle.append((self._clock(), connection))
        self._free()

    def _kept(self) -> Connection | None:
        """The connection that was used last, unless that is too long ago."""
        oldest_ns = self._clock() - round(self._limits.idle_s * 1e9)
        while self._idle:
            since_ns, connection = self._idle.pop()
            if connection.is_open and since_ns >= oldest_ns:
                return connection
            connection.close()
        return None

    def _forget(self, closed: Connection) -> None:
        """Its server closed it while it was idle."""
        self._idle = deque(item for item in self._idle if item[1] is not closed)

    def _free(self) -> None:
        """A place is free: hand it to who has waited longest, or keep it."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._places += 1

    async def _wait(self, deadline_ns: int) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout((deadline_ns - self._clock()) / 1e9):
                await waiter
        except (TimeoutError, asyncio.CancelledError) as error:
            if waiter.done() and not waiter.cancelled():
                self._free()
            if isinstance(error, TimeoutError):
                count = self._limits.connections_per_address
                raise NotSent(
                    f"{self._address.base_url}: all {count} connections were in use until it was"
                    " too late; allow more connections, or ask for less"
                ) from error
            raise
