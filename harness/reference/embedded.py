"""Both sides of the reference as running servers on loopback, joined by real connections.

An `EmbeddedReference` has two sqlite databases, Palette on three addresses, a Local UI for
each edge host, a control port, and a thread in which the host agents work. It describes
itself as a target file, so that a run reaches it as it would reach anybody's.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import count, repeat
from pathlib import Path
from types import TracebackType
from typing import Self

from starlette.types import ASGIApp

from harness.domain.arrangements import Arrangement, Inventory, Side, side_of
from harness.domain.cluster import Cluster
from harness.domain.draws import derived_bits
from harness.domain.endpoint import EndpointForm
from harness.reference.agents import Agents, AgentsStopped
from harness.reference.behaviour import Behaviour, Wrap
from harness.reference.clock import WallClock
from harness.reference.control import make_control_app
from harness.reference.faults import FaultyLink
from harness.reference.http_link import HttpLink
from harness.reference.local_ui.app import make_local_ui_app
from harness.reference.palette.app import make_palette_app
from harness.reference.server import LOOPBACK, Certificates, Servers, bind, port_of
from harness.reference.sides import (
    ArrangementError,
    CentralSide,
    EdgeSide,
)
from harness.reference.sqlite_store import SqliteStore
from harness.reference.world import slots_for

LINK_S = 1.0
"""How long a host waits for Palette: long on loopback, and short for one that is silent."""

AGENT_INTERVAL = 20_000
"""How often the host agents follow up, in microseconds: often, so that no scenario waits long."""

BOTH = frozenset(Side)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What nobody may guess: the seed of every token and id, a password, a secret."""

    draws: str = field(repr=False)
    local_password: str = field(repr=False)
    control: str = field(repr=False)

    @classmethod
    def seeded(cls, seed: object) -> Secrets:
        """Secrets that are a function of the seed, for runs that can be repeated."""
        password, control = (f"{derived_bits(seed, k, 0):032x}" for k in ("password", "control"))
        return cls(str(seed), password, control)

    @classmethod
    def fresh(cls) -> Secrets:
        """Secrets that nobody has seen before, for a server that people use."""
        draws, password, control = (os.urandom(16).hex() for _ in range(3))
        return cls(draws, password, control)


@dataclass(frozen=True, slots=True)
class Layout:
    """How big a reference is, and where it listens.

    Attributes:
        clusters, hosts: places for clusters, and edge hosts in each.
        tls: whether Local UI, and the Palette address that is named first, speak HTTPS.
        port_base: the first port of all, which follow one another; 0 takes free ones.
        sides: the sides that it plays; the other one is somebody else's.
        link_s: how long a host waits for Palette.
    """

    clusters: int = 3
    hosts: int = 5
    tls: bool = True
    port_base: int = 0
    sides: frozenset[Side] = BOTH
    link_s: float = LINK_S


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a reference is reached.

    Attributes:
        palette: by endpoint form; empty where the central side is somebody else's.
        local_ui: the base URL of each host's Local UI.
        control: the control port's.
    """

    palette: Mapping[EndpointForm, str]
    local_ui: Mapping[str, str]
    control: str


class EmbeddedReference:
    """A reference that serves from the moment it is made until it is closed.

    Without `db` its databases lie in a temporary folder and go with it; otherwise beside that
    path, and are there the next time.

    Attributes:
        called: what it calls itself.
        limits: what its target file states besides the usual, by name, in seconds.
        addresses: where it is reached.
        slots: the places for clusters, with their hosts.
        ca_file: the certificate to trust, in PEM.
        was_there: whether the databases were there before.

    Raises:
        AddressError: a port is in use.
        StoreError: a database cannot be used.
    """

    def __init__(
        self,
        seed: object,
        layout: Layout = Layout(),
        *,
        db: Path | None = None,
        secrets: Secrets | None = None,
        behaviour: Behaviour = Behaviour(),
        trusted: Path | None = None,
    ) -> None:
        self.layout = layout
        self.secrets = secrets or Secrets.seeded(seed)
        self.slots = slots_for(seed, layout.clusters, layout.hosts)
        behaviour = behaviour.with_password(self.secrets.local_password)
        self.called = behaviour.called
        self.limits = behaviour.limits
        self.local_user = (behaviour.edge.username, behaviour.edge.password)
        with ExitStack() as held:
            folder = Path(
                held.enter_context(tempfile.TemporaryDirectory(prefix="pairproof-reference-"))
            )
            certificates = Certificates()
            self.ca_file = certificates.write_ca(folder / "ca.pem")
            paths = databases(db or folder / "reference.db")
            self.was_there = any(path.exists() for path in paths)
            stores = [held.enter_context(closing(SqliteStore(path))) for path in paths]
            wire = held.enter_context(closing(HttpLink(trusted or self.ca_file, layout.link_s)))
            clock = WallClock()
            self._central = CentralSide(
                stores[0], clock, self.secrets.draws, behaviour.central_factory()
            )
            self._edge = EdgeSide(
                stores[1],
                clock,
                self.secrets.draws,
                FaultyLink(wire, clock.sleep),
                self.slots,
                behaviour.edge_factory(),
            )
            servers = held.enter_context(Servers())
            self.addresses = self._serve(servers, certificates, behaviour)
            self._agents = Agents(self._edge.tick, AGENT_INTERVAL)
            held.callback(self._agents.stop)
            self._held = held.pop_all()

    def _serve(
        self, servers: Servers, certificates: Certificates, behaviour: Behaviour
    ) -> Addresses:
        first = self.layout.port_base
        ports = count(first) if first else repeat(0)
        tls = certificates.server_context()
        palette_app = behaviour.wrap_palette(make_palette_app(self._central))
        palette = (
            self._serve_palette(servers, ports, tls, palette_app)
            if self._plays(Side.CENTRAL)
            else {}
        )
        control = bind(LOOPBACK, next(ports))
        servers.serve(make_control_app(self, self.secrets.control), [control])
        local_ui = (
            self._serve_local_ui(servers, ports, tls, behaviour.wrap_local_ui)
            if self._plays(Side.EDGE)
            else {}
        )
        return Addresses(palette, local_ui, f"http://{LOOPBACK}:{port_of(control)}")

    def _serve_palette(
        self, servers: Servers, ports: Iterator[int], tls: ssl.SSLContext, app: ASGIApp
    ) -> dict[EndpointForm, str]:
        """Palette on three addresses: trusted, plain, and with a certificate of an unknown CA."""
        untrusted = Certificates().server_context()
        found = []
        for context in (tls, None, untrusted):
            listener = bind(LOOPBACK, next(ports))
            servers.serve(app, [listener], context)
            found.append(port_of(listener))
        secure, plain = f"https://localhost:{found[0]}", f"http://localhost:{found[1]}"
        first = secure if self.layout.tls else plain
        return {
            EndpointForm.USABLE: first,
            EndpointForm.URL: first,
            EndpointForm.BARE_HOST: f"localhost:{found[0]}",
            EndpointForm.PLAIN_HTTP: plain,
            EndpointForm.UNTRUSTED: f"https://localhost:{found[2]}",
        }

    def _serve_local_ui(
        self, servers: Servers, ports: Iterator[int], tls: ssl.SSLContext, wrap: Wrap
    ) -> dict[str, str]:
        """Local UI, on a port of its own for each host."""
        hosts = [host_uid for slot in self.slots for host_uid in slot.host_uids]
        listeners = [bind(LOOPBACK, next(ports)) for _ in hosts]
        found = [port_of(listener) for listener in listeners]
        app = wrap(make_local_ui_app(self._edge, dict(zip(found, hosts, strict=True))))
        servers.serve(app, listeners, tls if self.layout.tls else None)
        scheme = "https" if self.layout.tls else "http"
        urls = (f"{scheme}://localhost:{port}" for port in found)
        return dict(zip(hosts, urls, strict=True))

    def _plays(self, side: Side) -> bool:
        return side in self.layout.sides

    def arrange(self, arrangement: Arrangement) -> None:
        """Arrange something at the side that it concerns.

        Raises:
            ArrangementError: it cannot be arranged, or the agents that it needs have stopped.
        """
        try:
            self._agents.check()
        except AgentsStopped as error:
            raise ArrangementError(str(error)) from error
        concerned = [side for side in side_of(arrangement) if self._plays(side)]
        if not concerned:
            raise ArrangementError(
                f"this reference does not play the {side_of(arrangement)[0].value} side"
            )
        for side in concerned:
            (self._central if side is Side.CENTRAL else self._edge).arrange(arrangement)

    def check(self) -> None:
        """Make sure that the host agents are at work.

        Raises:
            AgentsStopped: they ended because of a defect.
        """
        self._agents.check()

    def cluster_at(self, slot: str) -> Cluster | None:
        """The cluster that is installed in a slot, if any.

        Raises:
            ArrangementError: there is no such slot.
        """
        return self._edge.cluster_at(slot)

    def inventory(self) -> Inventory:
        """What a run may use."""
        palette = self.addresses.palette
        forms = {form.value: url for form, url in palette.items()}
        slots = self.slots if self._plays(Side.EDGE) else ()
        return Inventory(slots, palette.get(EndpointForm.USABLE, ""), forms)

    def close(self) -> None:
        """Stop serving; no port, thread or temporary file is left. May be called twice.

        Raises:
            AgentsStopped: the agents had ended because of a defect; all is closed all the same.
        """
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def databases(db: Path) -> tuple[Path, Path]:
    """The databases of the central side and of the edge: `x.db` stands for two beside it."""
    return (
        db.with_name(f"{db.stem}-central{db.suffix}"),
        db.with_name(f"{db.stem}-edge{db.suffix}"),
    )
