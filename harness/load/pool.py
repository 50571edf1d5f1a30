"""The kept connections to one address, and who waits for one."""

from __future__ import annotations

import asyncio
from collections import deque

from harness.load.connection import Connection
from harness.load.deadlines import Clock
from harness.load.errors import NotSent
from harness.load.message import Address
from harness.load.opening import LoadLimits, Opener


class Pool:
    """At most so many connections to one address; who comes when all are in use waits in turn."""

    def __init__(self, address: Address, opener: Opener, limits: LoadLimits, clock: Clock) -> None:
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
                raise NotSent(self._too_few()) from error
            raise

    def _too_few(self) -> str:
        count = self._limits.connections_per_address
        return (
            f"{self._address.base_url}: all {count} connections were in use until it was too late;"
            " allow more connections, or ask for less"
        )
