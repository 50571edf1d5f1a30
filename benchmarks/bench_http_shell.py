"""What a request through the HTTP shells costs, over kept connections, from one thread.

Two clients: a bare socket, which shows what the servers cost, and httpx, which is what a run
pays. The yardstick is an ASGI app that does nothing. All share one process and its
interpreter lock, as in `pairproof certify`.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.figure import Figure, best_of
from harness.domain import operations as ops
from harness.domain.arrangements import CreateProject, PutUser, Slot
from harness.domain.operations import Credentials
from harness.domain.permission import every_grant
from harness.reference.certificates import Certificates
from harness.reference.clock import WallClock
from harness.reference.core.choices import EdgeChoices
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.faults import FaultyLink
from harness.reference.http_link import HttpLink
from harness.reference.local_ui.app import make_local_ui_app
from harness.reference.palette.app import make_palette_app
from harness.reference.server import Servers, bind, port_of
from harness.reference.sides import CentralSide, EdgeSide
from harness.reference.sqlite_store import SqliteStore
from harness.wire.codec import decode, encode
from harness.wire.http import HttpRequest, HttpResponse

REQUESTS = 300
ROUNDS = 5
GOAL_MS = 1.0
ADMIN = Credentials(api_key="key", project_uid="p")
LIST = ops.ListPairingRequests()
LOG_IN = ops.LogIn("edge-operator", "password")

Ask = Callable[[], object]


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def figures() -> Iterator[Figure]:
    """Milliseconds a request, with sqlite behind both sides."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        for name, ask, goal in _cases(Path(folder), stack):
            ask()
            took = best_of(ROUNDS, lambda ask=ask: [ask() for _ in range(REQUESTS)])  # type: ignore[misc]
            yield Figure(name, took / REQUESTS * 1_000, "ms", goal)


def _cases(folder: Path, stack: ExitStack) -> Iterator[tuple[str, Ask, float | None]]:
    certificates = Certificates()
    ca = certificates.write_ca(folder / "ca.pem")
    trusting, tls = ssl.create_default_context(cafile=ca), certificates.server_context()
    link = HttpLink(ca)
    stack.callback(link.close)
    central, edge = _central(folder), _edge(folder, link)
    stack.callback(central.close)
    stack.callback(edge.close)
    servers = stack.enter_context(Servers())
    client = stack.enter_context(httpx.Client(verify=trusting))
    palette, hosts = make_palette_app(central), dict[int, str]()
    floor, plain = _serve(servers, nothing), _serve(servers, palette)
    secure = _serve(servers, palette, tls)
    local = _serve(servers, make_local_ui_app(edge, hosts))
    hosts[local] = "host-1"
    url = f"https://localhost:{secure}"
    listing = encode(LIST, ADMIN)

    yield "http, socket: an app that does nothing", _bare(floor, None, listing), None
    yield "http, socket: Palette's list", _bare(plain, None, listing), GOAL_MS
    yield "https, socket: Palette's list", _bare(secure, trusting, listing), GOAL_MS
    yield "http, socket: login (on a thread)", _bare(local, None, encode(LOG_IN)), GOAL_MS
    yield "http, httpx: an app that does nothing", _httpx(client, f"http://localhost:{floor}"), None
    yield "http, httpx: Palette's list", _httpx(client, f"http://localhost:{plain}"), None
    yield "https, httpx: Palette's list", _httpx(client, url), None
    yield "https, host's link: ping", lambda: link.carry("h", url, False, ops.Probe()), None


def _central(folder: Path) -> CentralSide:
    central = CentralSide(SqliteStore(folder / "central.db"), WallClock(), 1)
    central.arrange(CreateProject("p", "retail"))
    central.arrange(PutUser("a@example.com", "pw", ADMIN.api_key, every_grant("p")))
    return central


def _edge(folder: Path, link: HttpLink) -> EdgeSide:
    choices = EdgeChoices(username=LOG_IN.username, password=LOG_IN.password)
    return EdgeSide(
        SqliteStore(folder / "edge.db"),
        WallClock(),
        1,
        FaultyLink(link, WallClock().sleep),
        [Slot("slot-1", ("host-1",))],
        lambda store: EdgeCore(store, choices),
    )


def _serve(servers: Servers, app: ASGIApp, tls: ssl.SSLContext | None = None) -> int:
    listener = bind()
    servers.serve(app, [listener], tls)
    return port_of(listener)


def _httpx(client: httpx.Client, base: str) -> Ask:
    """A request as a driver makes it: encoded, carried, decoded."""

    def ask() -> object:
        request = encode(LIST, ADMIN)
        came = client.request(
            request.method,
            base + request.path,
            headers=dict(request.headers),
            content=request.body(),
        )
        return decode(LIST, HttpResponse(came.status_code, dict(came.headers), came.content))

    return ask


def _bare(port: int, tls: ssl.SSLContext | None, request: HttpRequest) -> Ask:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls is not None:
        connection = tls.wrap_socket(connection, server_hostname="localhost")
    message = _wire_bytes(request)

    def ask() -> bytes:
        connection.sendall(message)
        answer = connection.recv(65_536)
        while len(answer) < _length(answer):
            answer += connection.recv(65_536)
        return answer

    return ask


def _wire_bytes(request: HttpRequest) -> bytes:
    body = request.body()
    lines = [f"{request.method} {request.path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def _length(answer: bytes) -> int:
    """How long the whole answer is; more than there is, while its head is not complete."""
    head, end, _ = answer.partition(b"\r\n\r\n")
    if not end:
        return len(answer) + 1
    sizes = [line[15:] for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"]
    return len(head) + len(end) + int(sizes[0])
