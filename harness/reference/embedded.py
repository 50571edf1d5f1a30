"""Both sides of the reference as running servers on loopback, joined by real connections.

An `EmbeddedReference` has two sqlite databases, Palette on three addresses, a Local UI for
each edge host, a control port, and a thread in which the host agents work. It describes
itself as a target file, so that a run reaches it as it would reach anybody's.
"""

from __future__ import annotations

import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from itertools import count, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Self

from harness.domain.arrangements import Arrangement, FaultEffect, Heard, Inventory, Side, side_of
from harness.domain.cluster import Cluster
from harness.domain.endpoint import EndpointForm
from harness.domain.errors import PairproofError
from harness.domain.operations import Surface
from harness.reference.behaviour import Behaviour
from harness.reference.certificates import LOCAL_NAMES, Certificates, given_context, trusting
from harness.reference.clock import WallClock
from harness.reference.control import make_control_app
from harness.reference.faults import FaultyLink
from harness.reference.heard import HeardMessages
from harness.reference.http_link import HttpLink
from harness.reference.layout import (
    AGENT_INTERVAL,
    BOTH,
    LINK_S,
    Addresses,
    Layout,
    Other,
    Secrets,
    authority,
)
from harness.reference.local_ui.app import make_local_ui_app
from harness.reference.own_folder import own_folder
from harness.reference.palette.app import make_palette_app
from harness.reference.remapped import Remapped, speaking, suited_to
from harness.reference.server import LOOPBACK, Servers, bind, port_of
from harness.reference.sides import ArrangementError, CentralSide, EdgeSide
from harness.reference.sqlite_store import SqliteStore
from harness.reference.world import slots_for
from harness.wire.mapping import PLAIN, WireMap

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = [
    "AGENT_INTERVAL",
    "BOTH",
    "LINK_S",
    "Addresses",
    "EmbeddedReference",
    "Layout",
    "Other",
    "Secrets",
    "databases",
]


class EmbeddedReference:
    """A reference that serves from the moment it is made until it is closed.

    Without `db` its databases lie in a temporary folder and go with it; otherwise beside that
    path, and are there the next time.

    Attributes:
        behaviour: what its sides do, and what its target file states for that.
        addresses: where it is reached.
        slots: the places for clusters, with their hosts.
        ca_file: the certificate to trust, in PEM; of no use where one was given to it to show.
        was_there: whether the databases were there before.

    Raises:
        AddressError: a port is in use.
        CertificateError: a certificate or a CA that was given cannot be used.
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
        other: Other = Other(),
        wire: WireMap = PLAIN,
    ) -> None:
        """Make it and serve. `wire` is what it speaks itself, at every address for the API."""
        self.layout = layout
        self._other = other
        self._wire = wire
        self._heard = HeardMessages()
        self._palette: ASGIApp | None = None
        self.secrets = secrets or Secrets.seeded(seed)
        self.slots = slots_for(seed, layout.clusters, layout.hosts)
        between = self._between()
        behaviour = suited_to(between, behaviour).with_password(self.secrets.local_password)
        self.behaviour = behaviour
        self.local_user = (behaviour.edge.username, behaviour.edge.password)
        with ExitStack() as held:
            folder = held.enter_context(own_folder())
            kept = layout.ca_kept
            certificates = Certificates.kept(kept) if kept else Certificates()
            self.ca_file = certificates.write_ca(folder / "ca.pem")
            tls = self._certificate(certificates)
            paths = databases(db or folder / "reference.db")
            self.was_there = any(path.exists() for path in paths)
            stores = [held.enter_context(closing(SqliteStore(path))) for path in paths]
            link = held.enter_context(closing(self._link()))
            clock = WallClock()
            self._central = CentralSide(
                stores[0], clock, self.secrets.draws, behaviour.central_factory()
            )
            self._edge = EdgeSide(
                stores[1],
                clock,
                self.secrets.draws,
                FaultyLink(link, clock, link.hang_up, link.reword_next),
                self.slots,
                behaviour.edge_factory(),
            )
            servers = held.enter_context(Servers())
            self.addresses = self._serve(servers, tls)
            held.callback(self.release)
            # A cluster whose question is held keeps no other one waiting.
            rounds = [(slot.uid,) for slot in self.slots] if between.agents.hold_s else [()]
            self._agents = [
                Agents(partial(self._edge.tick, *slots), layout.agent_interval) for slots in rounds
            ]
            for each in self._agents:
                held.callback(each.stop)
            if between.agents.hold_s:
                held.callback(link.close)  # so that nobody waits for the answer to a question
            self._held = held.pop_all()

    def _between(self) -> WireMap:
        """What crosses between the sides."""
        return self._wire if self._other.wire.is_plain else self._other.wire

    def _link(self) -> HttpLink:
        """What carries the messages of the edge hosts."""
        other, shown = self._other, self.layout.cert_file
        trusted = other.trusted or (trusting(shown) if shown else None)
        heard = None if self._plays(Side.CENTRAL) else self._heard
        return HttpLink(
            self.ca_file,
            self.layout.link_s,
            self._between(),
            trusted,
            proxy=other.proxy,
            carried=other.carried,
            heard=heard,
            hears=self.behaviour.hears,
        )

    def _serve(self, servers: Servers, tls: ssl.SSLContext) -> Addresses:
        first = self.layout.port_base
        ports = count(first) if first else repeat(0)
        palette = self._serve_palette(servers, ports, tls)
        people = palette.get(EndpointForm.USABLE, "")
        if palette and self._other.people_apart:
            people = self._serve_people(servers)
        apart = self._other.people_apart
        control = bind(LOOPBACK, 0 if apart else next(ports))
        servers.serve(make_control_app(self, self.secrets.control), [control])
        local_ui = self._serve_local_ui(servers, ports, tls)
        return Addresses(palette, people, local_ui, f"http://{LOOPBACK}:{port_of(control)}")

    def _certificate(self, certificates: Certificates) -> ssl.SSLContext:
        """What a server shows: the certificate that was given, or one of the reference's CA."""
        layout = self.layout
        if layout.cert_file is not None:
            return given_context(layout.cert_file, layout.key_file, layout.host)
        return certificates.server_context(*dict.fromkeys((layout.host, *LOCAL_NAMES)))

    def _serve_palette(
        self, servers: Servers, ports: Iterator[int], tls: ssl.SSLContext
    ) -> dict[EndpointForm, str]:
        """Palette on three addresses: trusted, plain, and with a certificate of an unknown CA."""
        if not self._plays(Side.CENTRAL):
            return {}
        apart = self._other.people_apart
        pages = self.behaviour.make_palette_pages
        app = self.behaviour.wrap_palette(
            make_palette_app(self._central, people=not apart, pages=pages)
        )
        if apart:
            app = speaking(app, self._other.wire, Surface.AGENT, heard=self._heard)
        else:
            app = speaking(app, self._wire, Surface.PALETTE, Surface.AGENT)
        self._palette = app
        untrusted = Certificates().server_context(*dict.fromkeys((self.layout.host, *LOCAL_NAMES)))
        found = []
        for context in (tls, None, untrusted):
            listener = bind(self.layout.bind, next(ports))
            servers.serve(app, [listener], context)
            found.append(authority(self.layout.host, port_of(listener)))
        secure, plain = f"https://{found[0]}", f"http://{found[1]}"
        first = secure if self.layout.tls else plain
        forms = {
            EndpointForm.USABLE: first,
            EndpointForm.URL: first,
            EndpointForm.BARE_HOST: found[0],
            EndpointForm.PLAIN_HTTP: plain,
            EndpointForm.UNTRUSTED: f"https://{found[2]}",
        }
        lasting = self.layout.cert_file or self.layout.ca_kept
        if not (self.layout.tls or lasting or self._plays(Side.EDGE)):
            del forms[EndpointForm.BARE_HOST]  # nobody trusts a CA that was made a moment ago
        return forms

    def _serve_people(self, servers: Servers) -> str:
        """Palette as people ask it, as it is published, for this machine alone."""
        listener = bind(LOOPBACK)
        app = make_palette_app(self._central, pages=self.behaviour.make_palette_pages)
        servers.serve(self.behaviour.wrap_palette(app), [listener])
        return f"http://{LOOPBACK}:{port_of(listener)}"

    def _serve_local_ui(
        self, servers: Servers, ports: Iterator[int], tls: ssl.SSLContext
    ) -> dict[str, str]:
        """Local UI, on a port of its own for each host."""
        if not self._plays(Side.EDGE):
            return {}
        hosts = [host_uid for slot in self.slots for host_uid in slot.host_uids]
        listeners = [bind(self.layout.bind, next(ports)) for _ in hosts]
        found = [port_of(listener) for listener in listeners]
        pages = self.behaviour.make_local_pages
        own = make_local_ui_app(self._edge, dict(zip(found, hosts, strict=True)), pages)
        app = speaking(self.behaviour.wrap_local_ui(own), self._wire, Surface.LOCAL_UI)
        servers.serve(app, listeners, tls if self.layout.tls else None)
        scheme = "https" if self.layout.tls else "http"
        urls = (f"{scheme}://{authority(self.layout.host, port)}" for port in found)
        return dict(zip(hosts, urls, strict=True))

    def _plays(self, side: Side) -> bool:
        return side in self.layout.sides

    def arrange(self, arrangement: Arrangement) -> None:
        """Arrange something at the side that it concerns.

        Raises:
            ArrangementError: it cannot be arranged, or the agents that it needs have stopped.
        """
        try:
            self.check()
        except AgentsStopped as error:
            raise ArrangementError(str(error)) from error
        concerned = [side for side in side_of(arrangement) if self._plays(side)]
        if not concerned:
            raise ArrangementError(
                f"this reference does not play the {side_of(arrangement)[0].value} side"
            )
        for side in concerned:
            (self._central if side is Side.CENTRAL else self._edge).arrange(arrangement)

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        (side, *others) = side_of(arrangement)
        at = self._central if side is Side.CENTRAL else self._edge
        return at.seen(arrangement) if self._plays(side) and not others else None

    def check(self) -> None:
        """Make sure that the host agents are at work.

        Raises:
            AgentsStopped: they ended because of a defect.
        """
        for agents in self._agents:
            agents.check()

    def release(self) -> None:
        if isinstance(self._palette, Remapped):
            self._palette.release()

    def know(self, pairing_uid: str) -> None:
        self._central.know(pairing_uid)

    def take_heard(self) -> Heard:
        return self._heard.taken()

    def cluster_at(self, slot: str) -> Cluster | None:
        """The cluster that is installed in a slot, if any.

        Raises:
            ArrangementError: there is no such slot.
        """
        return self._edge.cluster_at(slot)

    def inventory(self) -> Inventory:
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

    def __exit__(self, *_: object) -> None:
        self.close()


def databases(db: Path) -> tuple[Path, Path]:
    """The databases of the central side and of the edge: `x.db` stands for two beside it."""
    return (
        db.with_name(f"{db.stem}-central{db.suffix}"),
        db.with_name(f"{db.stem}-edge{db.suffix}"),
    )


class AgentsStopped(PairproofError):
    """The host agents ended because of a defect; the cause says which."""


class Agents:
    """Calls `tick` again and again until it is stopped.

    An exception in it ends the thread. It is printed as any thread's is, and is raised by
    `check` and `stop` besides, so that nobody waits for agents that are not there.
    `interval` is in microseconds.
    """

    def __init__(self, tick: Callable[[], None], interval: int) -> None:
        self._tick = tick
        self._pause_s = interval / 1_000_000
        self._stopping = threading.Event()
        self._defect: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="pairproof-agents", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Make sure that the agents are at work.

        Raises:
            AgentsStopped: they ended because of a defect.
        """
        if self._defect is not None:
            told = f"{type(self._defect).__name__}: {self._defect}"
            raise AgentsStopped(f"the host agents have stopped: {told}") from self._defect

    def stop(self) -> None:
        """Let the round that is under way end, and begin no other. May be called twice.

        Raises:
            AgentsStopped: they had ended before, because of a defect.
        """
        self._stopping.set()
        self._thread.join()
        self.check()

    def _work(self) -> None:
        try:
            while not self._stopping.wait(self._pause_s):
                self._tick()
        finally:
            self._defect = sys.exc_info()[1]
