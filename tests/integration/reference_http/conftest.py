"""The reference over real HTTP on loopback: both sides, the control port, dead endpoints."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.operations import Credentials, Operation, Reply
from harness.domain.permission import TENANT, every_grant
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.domain.token import RegistrationToken
from harness.reference.certificates import Certificates
from harness.reference.clock import WallClock
from harness.reference.control import make_control_app
from harness.reference.core.choices import EdgeChoices
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.store import MemoryStore
from harness.reference.faults import FaultyLink
from harness.reference.http_link import HttpLink
from harness.reference.local_ui.app import make_local_ui_app
from harness.reference.palette.app import make_palette_app
from harness.reference.server import Servers, bind, port_of
from harness.reference.sides import CentralSide, EdgeSide
from harness.reference.world import Reference, slots_for
from harness.wire.codec import decode, encode
from harness.wire.http import HttpResponse

SECRET = "control-secret"
API_KEY = "admin-key"
TOKEN = "registration-token"
FOR_EVER = 4_000_000_000_000_000


@dataclass
class World:
    """The addresses of a running reference, and how to ask them."""

    reference: Reference
    palette: dict[str, str]
    local_ui: dict[str, str]
    control: str
    client: httpx.Client
    ca: Path
    user: tuple[str, str]
    context: ssl.SSLContext

    @property
    def hosts(self) -> tuple[str, ...]:
        return self.reference.edge.slots()[0].host_uids

    def ask(self, base: str, operation: Operation, credentials: Credentials | None = None) -> Reply:
        request = encode(operation, credentials or Credentials())
        response = self.client.request(
            request.method,
            base + request.path,
            params=dict(request.query),
            headers=dict(request.headers),
            content=request.body(),
        )
        answer = HttpResponse(response.status_code, dict(response.headers), response.content)
        return decode(operation, answer)

    def watch(self) -> list[httpx.Response]:
        """Every answer from now on."""
        seen: list[httpx.Response] = []
        self.client.event_hooks["response"] = [seen.append]
        return seen

    def ask_local(self, operation: Operation, session: str = "", host: int = 0) -> Reply:
        base = self.local_ui[self.hosts[host]]
        return self.ask(base, operation, Credentials(session=session))

    def ask_palette(self, operation: Operation, project: str = "p1") -> Reply:
        credentials = Credentials(api_key=API_KEY, project_uid=project)
        return self.ask(self.palette["https"], operation, credentials)

    def log_in(self, host: int = 0) -> str:
        reply = self.ask_local(ops.LogIn(*self.user), host=host)
        assert isinstance(reply, ops.Done)
        assert isinstance(reply.value, ops.Session)
        return reply.value.token


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    return Certificates()


@pytest.fixture
def world(running: World) -> World:
    """The running reference with a clean slate."""
    running.reference.arrange(arrangements.Reset())
    arrange_everything(running.reference)
    return running


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[World]:
    ca = certificates.write_ca(tmp_path_factory.mktemp("ca") / "ca.pem")
    with ExitStack() as stack:
        central = CentralSide(MemoryStore(), WallClock(), "seed")
        link = HttpLink(ca)
        stack.callback(link.close)
        choices = EdgeChoices(password="edge-password")
        edge = EdgeSide(
            MemoryStore(),
            WallClock(),
            "seed",
            FaultyLink(link, WallClock()),
            slots_for("seed", 2, 2),
            lambda store: EdgeCore(store, choices),
        )
        servers = stack.enter_context(Servers())
        palette = serve_palette(servers, central, certificates)
        local_ui = serve_local_ui(servers, edge, certificates)
        user = (choices.username, choices.password)
        reference = Reference(edge, central, {}, user)
        control = bind()
        control_url = f"http://127.0.0.1:{port_of(control)}"
        servers.serve(make_control_app(Inventoried(reference, palette), SECRET), [control])
        context = ssl.create_default_context(cafile=ca)
        client = stack.enter_context(httpx.Client(verify=context))
        yield World(reference, palette, local_ui, control_url, client, ca, user, context)


class Inventoried:
    """A reference whose endpoints are known."""

    def __init__(self, reference: Reference, palette: dict[str, str]) -> None:
        self.arrange = reference.arrange
        self._reference = reference
        self._palette = palette

    def inventory(self) -> arrangements.Inventory:
        return arrangements.Inventory(
            self._reference.edge.slots(), self._palette["https"], self._palette
        )


def serve_palette(
    servers: Servers, central: CentralSide, certificates: Certificates
) -> dict[str, str]:
    app = make_palette_app(central)
    contexts = {
        "https": certificates.server_context(),
        "http": None,
        "untrusted": Certificates().server_context(),
    }
    addresses = {}
    for name, context in contexts.items():
        listener = bind()
        scheme = "http" if context is None else "https"
        addresses[name] = f"{scheme}://localhost:{port_of(listener)}"
        servers.serve(app, [listener], context)
    return addresses


def serve_local_ui(servers: Servers, edge: EdgeSide, certificates: Certificates) -> dict[str, str]:
    hosts = [host for slot in edge.slots() for host in slot.host_uids]
    sockets = [bind() for _ in hosts]
    host_of_port = {port_of(s): host for s, host in zip(sockets, hosts, strict=True)}
    servers.serve(make_local_ui_app(edge, host_of_port), sockets, certificates.server_context())
    return {host: f"https://localhost:{port}" for port, host in host_of_port.items()}


def arrange_everything(reference: Reference) -> None:
    slot = reference.edge.slots()[0]
    nodes = tuple(Node(f"node-{n}", host) for n, host in enumerate(slot.host_uids))
    pack = Pack(Layer.OS, "ubuntu", "22.04")
    stack = (StackProfile("infra", ProfileType.INFRA, "1.0.0", (pack,)),)
    cluster = Cluster(
        "cluster-uid",
        "shop",
        "a shop",
        {"site": "north"},
        pools=(NodePool("cp", True, nodes),),
        stack=stack,
    )
    token = RegistrationToken("token-uid", "token", TOKEN, "p1", FOR_EVER)
    grants = every_grant("p1") | every_grant(TENANT)
    for arrangement in (
        arrangements.CreateProject("p1", "Project 1"),
        arrangements.PutUser(
            "admin@shop.test", "admin-password", API_KEY, grants, tenant_admin=True
        ),
        arrangements.PutToken(token),
        arrangements.InstallCluster(slot.uid, cluster),
    ):
        reference.arrange(arrangement)
