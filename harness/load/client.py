"""The HTTP client of the load lane: fast, bounded, and sure of what was sent and what was not.

It keeps a pool of connections for each address. Each exchange is awaited: the request's way and
its answer.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter, deque
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

import uvloop

from harness.load.connection import Clock, Connection
from harness.load.errors import NoResponse, NotSent, Times
from harness.load.message import BaseAddress, address_of, message_of
from harness.load.opening import LoadLimits, Opener, make_room, remember
from harness.wire.http import HttpRequest, HttpResponse

_T = TypeVar("_T")


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end on the event loop that the load is fast on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What came, when, and the bytes that went out for it."""

    response: HttpResponse
    times: Times
    request: bytes


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of opening many connections at once.

    Attributes:
        connections: those that stand, until the client is closed.
        failures: why the others do not, each reason with how often.
        took: nanoseconds that each connection took, TLS included, in ascending order.
    """

    connections: tuple[Connection, ...]
    failures: Counter[str]
    took: tuple[int, ...]


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
        """How many connections stand, those of a storm as well."""
        return 0 if self._opener is None else self._opener.open_connections

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
    ) -> HttpResponse:
        return (await self.exchange(base_url, request, headers, within_s)).response

    async def storm(self, base_url: str, count: int, within_s: float = 10.0) -> Storm:
        """Open `count` connections at once, beside the pool.

        Raises:
            TooFewFiles: the process may not have as many connections; none was opened.
            NotSent: that is no address.
        """
        make_room(self.open_connections + count)
        address, opener = address_of(base_url), self._entered()
        stands, failures, took = list[Connection](), Counter[str](), list[int]()

        async def open_one() -> None:
            start_ns = self._clock()
            try:
                stands.append(await opener.open(address, start_ns + round(within_s * 1e9)))
            except NotSent as error:
                failures[error.why] += 1
            else:
                took.append(self._clock() - start_ns)

        await asyncio.gather(*(open_one() for _ in range(count)))
        return Storm(tuple(stands), failures, tuple(sorted(took)))

    def _pool(self, address: BaseAddress) -> Pool:
        if address not in self._pools:
            self._pools[address] = Pool(address, self._entered(), self._limits, self._clock)
        return self._pools[address]

    def _entered(self) -> Opener:
        if self._opener is None:
            raise NotSent("the client is not open; write `async with LoadClient(...) as client:`")
        return self._opener


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
        self._places = asyncio.Semaphore(limits.connections_per_address)

    async def take(self, deadline_ns: int) -> Connection:
        """A connection that is open, as far as is known, for one exchange.

        Raises:
            NotSent: none was free in time, or a new one did not come to stand.
        """
        if not self._places.locked():
            await self._places.acquire()
        else:
            await self._wait(deadline_ns)
        kept = self._kept()
        if kept is not None:
            return kept
        try:
            return await self._opener.open(self._address, deadline_ns, self._forget)
        except (NotSent, asyncio.CancelledError):
            self._places.release()
            raise

    def give_back(self, connection: Connection) -> None:
        """The exchange over it has ended."""
        if connection.is_open:
            self._idle.append((self._clock(), connection))
        self._places.release()

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

    async def _wait(self, deadline_ns: int) -> None:
        try:
            async with asyncio.timeout((deadline_ns - self._clock()) / 1e9):
                await self._places.acquire()
        except TimeoutError as error:
            raise NotSent(
                f"{self._address.base_url}: all {self._limits.connections_per_address} connections"
                " were in use until it was too late; allow more connections, or ask for less"
            ) from error
