"""A small Palette that notes what reaches it, edge hosts that ask it, and proxies between them."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.types import Receive, Scope, Send

from harness.reference.certificates import Certificates
from harness.reference.server import Servers, bind, port_of
from harness.targets.links.hub import MessageReading, Upstream
from harness.targets.links.opening import message_table
from harness.targets.links.proxy import FaultProxy
from harness.targets.trust import Trust
from harness.wire.mapping import PLAIN

HERE = "127.0.0.1"
SUBMIT = ("POST", "/v1/edgehosts/clusters/pairing")
PROBE = ("GET", "/v1/edgehosts/pairing/ping")
BODY = b"x" * 1_000


@dataclass
class Palette:
    """Answers 200 and its body to everything, after it has read all of it."""

    port: int = 0
    body: bytes = BODY
    asked: list[tuple[str, str]] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    got_bytes: int = 0
    """Of bodies that were whole."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return  # it never was whole
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.asked.append((scope["method"], scope["path"]))
        self.hosts.append(dict(scope["headers"])[b"host"].decode())
        self.got_bytes += len(body)
        headers = [(b"content-length", b"%d" % len(self.body)), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


@dataclass
class Host:
    """An edge host: it keeps one connection, and begins anew after a failure."""

    port: int
    source: str = HERE
    tls: ssl.SSLContext | None = None
    timeout_s: float = 5.0
    _connection: http.client.HTTPConnection | None = None

    def ask(self, method: str = "GET", path: str = "/", body: bytes = b"") -> tuple[int, bytes]:
        """The answer's status and body."""
        if self._connection is None:
            self._connection = self._made()
        try:
            self._connection.request(method, path, body or None)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def _made(self) -> http.client.HTTPConnection:
        at = (self.source, 0)
        if self.tls is None:
            return http.client.HTTPConnection(HERE, self.port, self.timeout_s, at)
        return http.client.HTTPSConnection(
            "localhost", self.port, timeout=self.timeout_s, source_address=at, context=self.tls
        )

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Scenery:
    """Makes Palettes, proxies and hosts, which all go with it."""

    def __init__(self, held: ExitStack, servers: Servers) -> None:
        self._held = held
        self._servers = servers
        self.certificates = Certificates()
        self.palette = self.serve(None)

    def serve(self, tls: ssl.SSLContext | None) -> Palette:
        """A Palette, over HTTPS with a context."""
        palette = Palette()
        listener = bind(HERE, 0)
        palette.port = port_of(listener)
        self._servers.serve(palette, [listener], tls)
        return palette

    def proxy(self, palette: Palette | None = None, **more: object) -> FaultProxy:
        """A proxy before a Palette that is not read."""
        upstream = Upstream(HERE, (palette or self.palette).port)
        return self.held(FaultProxy(upstream, **more))  # type: ignore[arg-type]

    def held(self, proxy: FaultProxy) -> FaultProxy:
        """A proxy that goes with the rest, and has to go without trouble."""
        self._held.callback(self._check, proxy)
        return self._held.enter_context(proxy)

    def _check(self, proxy: FaultProxy) -> None:
        assert proxy._why in ("", "Event loop stopped before Future completed.")

    def trusting(self, authority: Certificates | None = None) -> ssl.SSLContext:
        """What trusts an authority (the Palettes' own without one) and no other."""
        with TemporaryDirectory() as folder:
            path = (authority or self.certificates).write_ca(Path(folder) / "ca.pem")
            return ssl.create_default_context(cafile=path)

    def trust(self) -> Trust:
        """The same as a target file has it."""
        folder = Path(self._held.enter_context(TemporaryDirectory()))
        return Trust(self.certificates.write_ca(folder / "ca.pem"))

    def reading_with(self, seed: int) -> FaultProxy:
        """A proxy that reads messages and draws from a seed."""
        return self.proxy(reading=MessageReading(message_table(PLAIN)), seed=seed)

    def reading(self, palette: Palette | None = None) -> FaultProxy:
        """A proxy before a plain Palette that reads the messages."""
        return self.proxy(palette, reading=MessageReading(message_table(PLAIN), "palette.test"))

    def host(self, proxy: FaultProxy, source: str = HERE, **more: object) -> Host:
        """A host that goes over the proxy."""
        host = Host(proxy.port, source, **more)  # type: ignore[arg-type]
        self._held.callback(host.close)
        return host

    def ever(self, host: Host) -> Host:
        """A host whose connection stands already."""
        assert host.ask() == (200, BODY)
        return host


def until(holds: Callable[[], bool], within_s: float = 5.0) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.002)


def took(action: Callable[[], object]) -> float:
    """How many seconds something takes."""
    start = time.monotonic()
    action()
    return time.monotonic() - start


def open_files() -> int:
    """How many files and sockets this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def everything_from(client: socket.socket) -> bytes:
    """All that comes until the end, which is polite; a connection that is reset raises."""
    return b"".join(iter(lambda: client.recv(65_536), b""))


def hung_up(client: socket.socket) -> bool:
    """Whether the other end ends it, politely or not, whatever it says before."""
    with suppress(ConnectionError):
        everything_from(client)
    return True


def can_connect(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex((HERE, port)) == 0
