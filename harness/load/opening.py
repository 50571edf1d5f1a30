"""How a connection comes to stand, in time, or why it does not.

Each takes a file of the process, and those are limited. A second one to an address need not prove
all afresh: asyncio hands no TLS session to a handshake, but a context may name the class of its
TLS objects, and that class takes the session up.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from harness.load.connection import Clock, Connection, DeadlineWheel, nobody
from harness.load.errors import NotSent, TooFewFiles, what_failed
from harness.load.message import BaseAddress
from harness.loopback import addresses_of
from harness.wire.http import BODY_BYTES_MAX

_NAMES_NS: Final = 30_000_000_000
"""For so long is a host's address known, before its name is resolved again."""

SPARE: Final = 64
"""Files that the rest of the process may need: the journal, libraries, the event loop."""


@dataclass(frozen=True, slots=True)
class LoadLimits:
    """What a client may use.

    Attributes:
        connections_per_address: of the pool; sessions come on top.
        connect_s: within so many seconds a connection stands, TLS included.
        idle_s: a connection of the pool that was idle for longer is not used again, since its
            server may be about to close it; uvicorn does after five seconds.
        body_bytes_max: no answer's body is longer.
        resumes_tls: connections take up the TLS session of an earlier one.
    """

    connections_per_address: int = 256
    connect_s: float = 5.0
    idle_s: float = 4.0
    body_bytes_max: int = BODY_BYTES_MAX
    resumes_tls: bool = True


class Opener:
    """Opens connections. A name is resolved once for all that are opened about then."""

    def __init__(self, context: ssl.SSLContext, limits: LoadLimits, clock: Clock) -> None:
        self._loop = asyncio.get_running_loop()
        self._context = context
        self._limits = limits
        self._clock = clock
        self._names: dict[BaseAddress, tuple[int, asyncio.Task[tuple[str, ...]]]] = {}
        self._open: set[Connection] = set()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._is_closed = False
        self.wheel = DeadlineWheel(self._loop, clock)
        if limits.resumes_tls:
            resume_sessions(context)

    async def open(
        self,
        address: BaseAddress,
        deadline_ns: int,
        on_close: Callable[[Connection], None] = nobody,
    ) -> Connection:
        """A new connection.

        Raises:
            NotSent: it did not stand in time, or was refused; says why and what to do.
        """
        if self._is_closed:
            raise NotSent(f"{address.base_url}: the client is closed, so nothing was sent")
        left_s = (deadline_ns - self._clock()) / 1e9
        within_s = min(self._limits.connect_s, left_s)
        try:
            async with asyncio.timeout(within_s):
                connection = await self._connect(address, on_close)
        except TimeoutError as error:
            raise NotSent(
                f"{address.base_url}: no connection stood within {max(round(within_s, 2), 0):g} s;"
                " check that it is running and not stuck"
            ) from error
        except (OSError, UnicodeError) as error:
            raise NotSent(f"{address.base_url}: {what_failed(error)}") from error
        if connection.is_open:
            self._open.add(connection)
            self._all_closed.clear()
        return connection

    async def _connect(
        self, address: BaseAddress, on_close: Callable[[Connection], None]
    ) -> Connection:
        ips = await self._resolved(address)
        for ip in ips[:-1]:
            try:
                return await self._connect_to(ip, address, on_close)
            except ConnectionRefusedError:
                continue
        return await self._connect_to(ips[-1], address, on_close)

    async def _connect_to(
        self, ip: str, address: BaseAddress, on_close: Callable[[Connection], None]
    ) -> Connection:
        def closed(connection: Connection) -> None:
            self._open.discard(connection)
            if not self._open:
                self._all_closed.set()
            on_close(connection)

        def fresh() -> Connection:
            return Connection(self.wheel, self._clock, self._limits.body_bytes_max, closed)

        if not address.is_tls:
            return (await self._loop.create_connection(fresh, ip, address.port))[1]
        _, connection = await self._loop.create_connection(
            fresh,
            ip,
            address.port,
            ssl=self._context,
            server_hostname=address.host,
            ssl_handshake_timeout=self._limits.connect_s,
        )
        return connection

    async def _resolved(self, address: BaseAddress) -> tuple[str, ...]:
        """The IP addresses of a host; those who ask at once share the answer."""
        asked_ns, task = self._names.get(address, (0, None))
        if task is None or self._clock() - asked_ns > _NAMES_NS or _went_wrong(task):
            task = self._loop.create_task(self._resolve(address))
            task.add_done_callback(_went_wrong)
            self._names[address] = self._clock(), task
        return await asyncio.shield(task)

    async def _resolve(self, address: BaseAddress) -> tuple[str, ...]:
        found = [
            info
            for name in addresses_of(address.host)
            for info in await self._loop.getaddrinfo(
                name, address.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
            )
        ]
        return tuple(dict.fromkeys(str(info[4][0]) for info in found))

    @property
    def open_connections(self) -> int:
        """How many connections stand."""
        return len(self._open)

    async def close(self) -> None:
        """Close all connections, and wait until they are; open no more."""
        self._is_closed = True
        for connection in list(self._open):
            connection.close("the client was closed")
        await self._all_closed.wait()
        self.wheel.stop()
        for _, task in self._names.values():
            task.cancel()
        self._names.clear()


def _went_wrong(task: asyncio.Task[tuple[str, ...]]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def make_room(connections: int) -> int:
    """Let the process have so many connections; returns the limit of open files from now on.

    Raises the soft limit as far as needed and allowed, and never lowers it.

    Raises:
        TooFewFiles: the hard limit does not allow as many; says what to do.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + SPARE
    if soft == resource.RLIM_INFINITY or needed <= soft:
        return soft
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise TooFewFiles(
            f"{connections:,} connections need {needed:,} open files, and this process may have"
            f" {hard:,}; raise the limit (`ulimit -Hn {needed}` as root, LimitNOFILE= of a"
            f" service, --ulimit nofile={needed} of a container), or use fewer connections or"
            " more workers"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return needed


class _Resuming(ssl.SSLObject):
    """A TLS object that begins with the session last seen for its host name."""

    sessions: ClassVar[dict[str, ssl.SSLSession]]
    _has_begun = False

    def do_handshake(self) -> None:
        """Shake hands; the first call takes up a session, if there is one."""
        if not self._has_begun:
            self._has_begun = True
            session = self.sessions.get(self.server_hostname or "")
            if session is not None:
                self.session = session
        super().do_handshake()


def resume_sessions(context: ssl.SSLContext) -> None:
    """Let new connections of this context take up sessions that `remember` saw.

    What the context's own class checks at a handshake is checked as before, such as a pin.
    """
    own = context.sslobject_class
    if not issubclass(own, _Resuming):
        context.sslobject_class = type("_ResumingHere", (_Resuming, own), {"sessions": {}})


def remember(tls_object: object) -> None:
    """Keep the session of a connection over which an answer came.

    Only then: with TLS 1.3 a session can be taken up once the other side has sent a ticket.
    """
    if not isinstance(tls_object, _Resuming) or not tls_object.server_hostname:
        return
    session = tls_object.session
    if session is not None and session.has_ticket:
        tls_object.sessions[tls_object.server_hostname] = session
