"""The servers of a reference: many sockets, one background thread, certificates of a run's own."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import warnings
from collections.abc import Coroutine, Sequence
from typing import Any, Self, TypeVar

import uvicorn
import uvloop
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from harness.domain.errors import PairproofError

LOOPBACK = "127.0.0.1"
_BACKLOG = 2048
_GRACE_S = 2
_PORT_MAX = 65_535

Result = TypeVar("Result")


class AddressError(PairproofError):
    """An address cannot be listened on; the message says which, why and what to do."""


def bind(host: str = LOOPBACK, port: int = 0) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Whoever connects from now on waits in its queue until a server serves it.

    Raises:
        AddressError: the port is in use, is not allowed, or the address is not this machine's.
    """
    listener = None
    try:
        if not 0 <= port <= _PORT_MAX:
            raise OverflowError(f"a port is a number from 0 to {_PORT_MAX}")
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except (OSError, OverflowError) as error:
        if listener is not None:
            listener.close()
        why = getattr(error, "strerror", None) or error
        raise AddressError(
            f"{host}:{port}: cannot be listened on ({why}); stop whoever listens"
            " there, or give another port (0 takes a free one)"
        ) from error
    return listener


def port_of(listener: socket.socket) -> int:
    """The port that a socket listens on."""
    port: int = listener.getsockname()[1]
    return port


class Servers:
    """Serves apps on sockets, all on one event loop in one background thread.

    A context manager: leaving it stops every server, lets requests in flight end for up to
    two seconds, and closes the sockets.
    """

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._main, name="pairproof-servers", daemon=True)
        self._servers: list[tuple[_Server, asyncio.Task[None]]] = []
        self._thread.start()
        self._running.wait()

    def serve(
        self, app: ASGIApp, sockets: Sequence[socket.socket], tls: ssl.SSLContext | None = None
    ) -> None:
        """Serve the app on these sockets; returns once they are being served.

        The sockets belong to the servers from now on.
        """
        config = uvicorn.Config(
            app,
            loop="none",
            http=HttpToolsProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_GRACE_S,
            ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        )
        self._run(self._start(_Server(config), list(sockets)))

    async def _start(self, server: _Server, sockets: list[socket.socket]) -> None:
        task = asyncio.create_task(server.serve(sockets))
        listening = asyncio.create_task(server.listening.wait())
        await asyncio.wait({task, listening}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if task.done():
            task.result()
        self._servers.append((server, task))

    def close(self) -> None:
        """Stop every server and wait until it has stopped. May be called twice."""
        if self._thread.is_alive():
            self._run(self._stop())
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()

    async def _stop(self) -> None:
        for server, _ in self._servers:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in self._servers))
        self._servers.clear()

    def _main(self) -> None:
        self._runner.run(self._until_closed())
        with warnings.catch_warnings():
            # uvloop warns of a connection that is cut within its TLS handshake, and never
            # ends its closing where warnings are errors. Whoever closes is waiting meanwhile.
            warnings.simplefilter("ignore", ResourceWarning)
            self._runner.close()

    async def _until_closed(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        self._running.set()
        await self._closing.wait()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests in flight end, and cut every other connection.

        Over TLS a polite close waits for the other end's, and an idle client gives none.
        """
        self._cut(idle_only=True)
        await super().shutdown(sockets)
        self._cut(idle_only=False)

    def _cut(self, *, idle_only: bool) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, HttpToolsProtocol):
                cycle = connection.cycle
                if not idle_only or cycle is None or cycle.response_complete:
                    connection.transport.abort()
