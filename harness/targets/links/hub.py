"""The proxy's heart, on one event loop: who listens, which fault holds for whom, what stands."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from harness.loopback import addresses_of
from harness.targets.links import faults
from harness.targets.links.crossing import Crossing
from harness.targets.links.messages import AnswerReader, Conversation, MessageTable, Spoiling
from harness.targets.links.sockets import Port, normal

CONNECT_S = 10.0
"""A connection to Palette has to stand by then; a TLS handshake with the edge as well."""


_ACCEPTED_AT_ONCE = 64
_PAUSE_S = 0.1
_LATE_S = 2.0
"""How long the answer to a message that came late is waited for; a question may be held."""
_GONE_S = 2.0
"""How long closing waits for connections to go; they are cut, so it takes no time."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where Palette is: name and port; `tls` where the proxy itself speaks TLS with it."""

    host: str
    port: int
    tls: ssl.SSLContext | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class MessageReading:
    """Which request is which message, and what Host names in the proxy's place; empty leaves it."""

    table: MessageTable = ()
    host: str = ""


class Hub:
    """Keeps all crossings. All of it happens on the loop that it is made on."""

    def __init__(
        self,
        port: Port,
        upstream: Upstream,
        *,
        ending: ssl.SSLContext | None,
        reading: MessageReading | None,
        seed: str,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._port = port
        self._upstream = upstream
        self._ending = ending
        self._reading = reading
        self._listener: socket.socket | None = None
        self._crossings: set[Crossing] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._faults: dict[str, faults.CutForm] = {}
        self._tallies: dict[str, faults.TrafficCounts] = {}
        self._addresses: list[tuple[str, int]] = []
        self.spoiling = Spoiling(seed)

    async def open(self) -> None:
        """Find Palette's address, and listen. Raises `LinkError`: either cannot be done."""
        await self._find()
        self._listen()

    async def _find(self) -> None:
        host, port = self._upstream.host, self._upstream.port
        try:
            found = [
                entry
                for name in addresses_of(host)
                for entry in await self._loop.getaddrinfo(name, port, type=1)
            ]
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise faults.LinkError(
                f"{host}: the fault proxy cannot resolve where Palette is ({why}); check"
                " central.endpoint and the DNS"
            ) from error
        self._addresses = [(entry[4][0], entry[4][1]) for entry in found]  # type: ignore[misc]

    def _listen(self) -> None:
        if self._listener is None:
            self._listener = self._port.listener()
            self._loop.add_reader(self._listener, self._accept, self._listener)

    def _deafen(self) -> None:
        if self._listener is not None:
            listener, self._listener = self._listener, None
            self._loop.remove_reader(listener)
            listener.close()

    # --- faults ---------------------------------------------------------------------------

    async def set_fault(self, fault: faults.CutForm, source: str) -> None:
        if not source:
            self._deafen() if fault is faults.CutForm.CLOSED else self._listen()
        elif fault is faults.CutForm.CLOSED:
            fault = faults.CutForm.RESET
        self._faults[source] = fault
        self._apply(source)

    async def heal(self, source: str | None) -> None:
        """End the fault of a source, of everyone, or (`None`) all there are; then what was
        arranged for messages is forgotten as well.
        """
        chosen = [*self._faults] if source is None else [source]
        ended = [s for s in chosen if self._faults.pop(s, None)]
        if source is None:
            self.spoiling.heal(None)
        if self._faults.get(faults.EVERYONE) is not faults.CutForm.CLOSED:
            self._listen()
        for each in ended:
            self._apply(each)

    async def release(self, source: str) -> None:
        """Let a source's messages be, once late ones have arrived; `LinkError` if they cannot."""
        late = self.spoiling.late_of(source)
        self.spoiling.heal(source)
        for message in late:
            await self._arrive(message)

    async def _arrive(self, message: bytes) -> None:
        host, port = self._addresses[0]
        tls = self._upstream.tls
        name = self._upstream.host if tls else None
        answer, is_over = AnswerReader(), False
        try:
            async with asyncio.timeout(CONNECT_S):
                reading, writing = await asyncio.open_connection(
                    host, port, ssl=tls, server_hostname=name
                )
        except OSError as error:
            raise faults.LinkError(f"a message that comes late cannot arrive ({error})") from error
        try:
            writing.write(message)
            async with asyncio.timeout(_LATE_S):
                while not is_over:
                    data = await reading.read(65_536)
                    is_over = not data or answer.is_whole_with(data)
        except OSError:
            return  # it has arrived, and nobody wants to know what it was answered
        finally:
            writing.close()

    def _apply(self, source: str) -> None:
        for crossing in [c for c in self._crossings if source in (faults.EVERYONE, c.source)]:
            fault = self._fault(crossing.source)
            if fault is not crossing.fault:
                crossing.apply(fault)

    def _fault(self, source: str) -> faults.CutForm | None:
        """What holds for a source: its own fault, otherwise everyone's."""
        return self._faults.get(source) or self._faults.get(faults.EVERYONE)

    # --- connections ----------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        """Take what waits, so many at a time that others come to their turn."""
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                taken, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                self._out_of_files(listener, error)
                return
            taken.setblocking(False)
            self._arrived(taken, normal(address[0]))

    def _out_of_files(self, listener: socket.socket, error: OSError) -> None:
        """Nobody can be taken for now; whoever waits goes on waiting."""
        told = {"message": f"no connection can be taken ({error.strerror}); raise `ulimit -n`"}
        self._loop.call_exception_handler(told)
        self._loop.remove_reader(listener)
        self._loop.call_later(_PAUSE_S, self._again, listener)

    def _again(self, listener: socket.socket) -> None:
        if listener is self._listener:
            self._loop.add_reader(listener, self._accept, listener)

    def _arrived(self, taken: socket.socket, source: str) -> None:
        """An edge host has connected: cut it off, or connect it."""
        crossing = Crossing(self, taken, source)
        self._crossings.add(crossing)
        self._tally(source).connections += 1
        crossing.apply(self._fault(source))
        if not crossing.is_cut and not crossing.is_swallowing:
            if self._reading is not None:
                table, host = self._reading.table, self._reading.host
                tally = self._tally(crossing.source)
                crossing.read_with(Conversation(crossing, table, host, self.spoiling, tally))
            crossing.connecting = self._begin(self._connected(crossing))

    def take(self, crossing: Crossing) -> None:
        """Talk to the edge host without connecting it to Palette."""
        crossing.connecting = self._begin(self._taken(crossing, None))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _connected(self, crossing: Crossing) -> None:
        """Connect to Palette, and then let the edge host speak."""
        for host, port in [*self._addresses]:
            if await self._reached(crossing, host, port):
                self._addresses.remove((host, port))  # what works comes first from now on
                self._addresses.insert(0, (host, port))
                await self._taken(crossing, self._ending)
                return
        self._tally(crossing.source).unreachable += 1
        crossing.reset()

    async def _reached(self, crossing: Crossing, host: str, port: int) -> bool:
        tls = self._upstream.tls
        name = self._upstream.host if tls else None
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._loop.create_connection(
                    lambda: crossing.palette, host, port, ssl=tls, server_hostname=name
                )
        except OSError:
            return False
        return True

    async def _taken(self, crossing: Crossing, tls: ssl.SSLContext | None) -> None:
        """Make a transport of the edge host's connection; with TLS, after its handshake."""
        within_s = CONNECT_S if tls else None
        try:
            await self._loop.connect_accepted_socket(
                lambda: crossing.edge, crossing.hand_over(), ssl=tls, ssl_handshake_timeout=within_s
            )
        except OSError:
            crossing.failed()
        except asyncio.CancelledError:
            crossing.failed()
            raise

    def left(self, crossing: Crossing) -> None:
        """Both ends of a crossing are closed."""
        if crossing in self._crossings:
            self._crossings.discard(crossing)
            tally = self._tally(crossing.source)
            tally.request_bytes += crossing.edge.size
            tally.response_bytes += crossing.palette.size
            tally.swallowed_bytes += crossing.swallowed_bytes

    # --- numbers --------------------------------------------------------------------------

    def _tally(self, source: str) -> faults.TrafficCounts:
        return self._tallies.setdefault(source, faults.TrafficCounts())

    async def counts(self, source: str) -> faults.TrafficCounts:
        """What came from a source, or from everyone."""
        sources = [*self._tallies] if source == faults.EVERYONE else [source]
        return sum((self._counts(s) for s in sources), faults.TrafficCounts())

    def _counts(self, source: str) -> faults.TrafficCounts:
        tally = self._tally(source)
        standing = [c for c in self._crossings if c.source == source]
        return replace(
            tally,
            open=len(standing),
            request_bytes=tally.request_bytes + sum(c.edge.size for c in standing),
            response_bytes=tally.response_bytes + sum(c.palette.size for c in standing),
            swallowed_bytes=tally.swallowed_bytes + sum(c.swallowed_bytes for c in standing),
        )

    def abandon(self) -> None:
        """Let go of what the loop does not close itself, when it has ended under the proxy."""
        if self._listener is not None:
            self._listener.close()
        for crossing in self._crossings:
            crossing.abandon()

    async def close(self) -> None:
        """Stop listening, cut what stands, and wait until all of it has gone."""
        self._deafen()
        for crossing in [*self._crossings]:
            crossing.reset()
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        until = self._loop.time() + _GONE_S
        while self._crossings and self._loop.time() < until:
            for crossing in [*self._crossings]:
                crossing.edge.reset()
                crossing.palette.reset()
            await asyncio.sleep(0.001)
        if self._crossings:
            told = f"{len(self._crossings)} connections did not end"
            self._loop.call_exception_handler({"message": told})
