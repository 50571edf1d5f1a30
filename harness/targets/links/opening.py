"""Starts what cuts links for a target, with an endpoint in Palette's place, and stops it again."""

from __future__ import annotations

import re
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.domain import arrangements
from harness.domain.endpoint import PORTS, base_url
from harness.domain.errors import PairproofError, Refusal
from harness.targets.arranging.person import PersonArranger
from harness.targets.links.faults import CutForm, LinkError
from harness.targets.links.hub import MessageReading, Upstream
from harness.targets.links.messages import MessagePattern, MessageTable
from harness.targets.links.proxy import FaultProxy
from harness.targets.links.reading import Links, LinkWay, Tls, Use
from harness.targets.links.sockets import ending_context
from harness.targets.links.source_addresses import SourceAddresses
from harness.targets.links.switch import (
    OVER_LINKS,
    DelegatedSwitch,
    LinkArranger,
    ProxySwitch,
    Switch,
)
from harness.targets.links.toxiproxy import Toxiproxy
from harness.targets.port import TargetUnusable
from harness.targets.trust import Trust
from harness.wire.http import Json
from harness.wire.json_path import place_of
from harness.wire.mapping import WireMap
from harness.wire.mapping.rooms import CallConstants

if TYPE_CHECKING:
    from harness.targets.target import Target

UNREADABLE = (
    "TLS passes through the proxy, which cannot tell one message from another: write links.tls ="
    ' "end", with a certificate that the edge trusts'
)
UNREADABLE_TOXIPROXY = (
    'Toxiproxy does not read messages: write links.way = "proxy", with links.tls = "end" where'
    " Palette speaks HTTPS"
)
_TRY_S = 2.0


@dataclass(frozen=True, slots=True)
class OpenLinks:
    """What cuts links, ready for use. Whoever opens it has to close it.

    `direct` is Palette's endpoint, `proxied` the one that goes over the proxy; empty without.
    """

    links: Links
    arranger: LinkArranger
    direct: str
    proxied: str = ""
    proxy: FaultProxy | None = None
    toxiproxy: Toxiproxy | None = None
    person: PersonArranger | None = None

    def offered(
        self,
        inventory: arrangements.Inventory,
        ways_for: Callable[[type[arrangements.Arrangement]], Sequence[str]],
    ) -> arrangements.Inventory:
        """What a run may use, with the endpoint over which links are cut.

        `ways_for` names the ways that may be tried for a kind of arrangement. One that comes before
        the proxy may leave it to that when a link is to be cut, and then its hosts have to go over
        it already; where the proxy is no way, nobody has to.
        """
        if self.links.use is Use.ALWAYS and self.proxied:
            return replace(inventory, endpoint=self.proxied)
        is_way = any(self.arranger.name in ways_for(kind) for kind in OVER_LINKS)
        return replace(inventory, link_endpoint=self.proxied if is_way else "")

    def check(self) -> None:
        """Raise `LinkError` unless the proxy is at work."""
        for proxy in (self.proxy, self.toxiproxy):
            if proxy is not None:
                proxy.check()

    def close(self) -> None:
        """Mend every link, as far as that is possible, and stop the proxy."""
        with suppress(PairproofError):  # a proxy that is gone has no links left to mend
            self.arranger.heal()
        for proxy in (self.proxy, self.toxiproxy):
            if proxy is not None:
                proxy.close()


def open_links(
    links: Links,
    endpoint: str,
    *,
    source_addresses: SourceAddresses,
    wire: WireMap,
    trust: Trust,
    seed: object = 0,
) -> OpenLinks:
    """Start what a target file asks for.

    `endpoint` is Palette's, as an operator enters it; `trust` is what the proxy checks Palette's
    certificate with, where it ends TLS; losses come from `seed`.

    Raises:
        LinkError: it cannot be started; says what to do.
    """
    match links.way:
        case LinkWay.NONE:
            return OpenLinks(links, LinkArranger(None, source_addresses), endpoint)
        case LinkWay.PERSON:
            person = PersonArranger(None)
            switch: Switch = DelegatedSwitch(person, person, "a person cuts links")
            arranger = LinkArranger(switch, source_addresses)
            return OpenLinks(links, arranger, endpoint, person=person)
        case LinkWay.COMMANDS if links.commands is not None:
            switch = DelegatedSwitch.of_commands(links.commands)
            return OpenLinks(links, LinkArranger(switch, source_addresses), endpoint)
        case LinkWay.TOXIPROXY:
            return _over_toxiproxy(links, endpoint, source_addresses)
    return _over_proxy(links, endpoint, source_addresses, wire, trust, seed)


def _over_toxiproxy(links: Links, endpoint: str, source_addresses: SourceAddresses) -> OpenLinks:
    palette = PaletteEndpoint.of(endpoint)
    host = f"[{palette.host}]" if ":" in palette.host else palette.host
    upstream = f"{host}:{palette.port}"
    toxiproxy = Toxiproxy(links.toxiproxy_url, links.toxiproxy_name, links.listen, upstream)
    switch = ProxySwitch(
        toxiproxy, source_addresses, _cut(links, palette), unreadable=UNREADABLE_TOXIPROXY
    )
    return OpenLinks(
        links,
        LinkArranger(switch, source_addresses),
        endpoint,
        palette.through(links, toxiproxy.port),
        toxiproxy=toxiproxy,
    )


def _over_proxy(
    links: Links,
    endpoint: str,
    source_addresses: SourceAddresses,
    wire: WireMap,
    trust: Trust,
    seed: object,
) -> OpenLinks:
    palette = PaletteEndpoint.of(endpoint)
    reading = None
    if is_readable(palette, links):
        reading = MessageReading(message_table(wire, palette.path), palette.authority)
    ends = links.tls is Tls.END
    try:
        upstream_tls = trust.context() if ends and palette.is_tls else None
        cert_file = links.cert_file if ends else None
        proxy = FaultProxy(
            Upstream(palette.host, palette.port, upstream_tls),
            links.listen,
            ending=ending_context(cert_file, links.key_file) if cert_file else None,
            reading=reading,
            seed=seed,
        )
    except OSError as error:
        raise LinkError(
            f"the proxy cannot be started ({error}); check links.cert_file and links.key_file"
        ) from error
    switch = ProxySwitch(
        proxy,
        source_addresses,
        _cut(links, palette),
        messages=proxy if reading else None,
        unreadable=UNREADABLE,
        round_trip=_round_trip(palette),
    )
    return OpenLinks(
        links,
        LinkArranger(switch, source_addresses),
        endpoint,
        palette.through(links, proxy.port),
        proxy=proxy,
    )


def _cut(links: Links, palette: PaletteEndpoint) -> CutForm:
    """How a link that is down looks, where the file does not say.

    Over TLS a reset in the handshake is as good as a refusal, as nothing was said yet, and the
    proxy sees who tries; over plain HTTP the request may be on its way already.
    """
    if links.cut is not None:
        return links.cut
    return CutForm.RESET if palette.is_tls or links.tls is Tls.END else CutForm.CLOSED


def _round_trip(palette: PaletteEndpoint) -> int:
    """How long it takes to connect to Palette, in microseconds; 0 where that cannot be done."""
    start = time.monotonic_ns()
    try:
        socket.create_connection((palette.host, palette.port), _TRY_S).close()
    except OSError:
        return 0
    return (time.monotonic_ns() - start) // 1_000


def links_for(target: Target, peer: Target | None, *, seed: object = 0) -> OpenLinks:
    """What cuts the links of a target, whose other side may be a peer.

    Where the harness plays the edge hosts itself, they are cut off by their control port.

    Raises:
        TargetUnusable: it cannot be started; says what to do.
    """
    central = peer if peer is not None and arrangements.Side.CENTRAL in peer.sides else target
    links = target.links if arrangements.Side.EDGE in target.sides else Links()
    try:
        return open_links(
            links,
            central.endpoint,
            source_addresses=SourceAddresses(target.slots(), links.sources),
            wire=target.wire,
            trust=central.trust_of(arrangements.Side.CENTRAL),
            seed=seed,
        )
    except LinkError as error:
        raise TargetUnusable(f"links cannot be cut as the target file says: {error}") from error


@dataclass(frozen=True, slots=True)
class PaletteEndpoint:
    """Where the edge hosts find Palette, as an operator enters it."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @classmethod
    def of(cls, endpoint: str) -> PaletteEndpoint:
        """What an endpoint stands for. Raises `LinkError`: it is none."""
        try:
            parts = urlsplit(base_url(endpoint))
        except Refusal as error:
            raise LinkError(
                f"no proxy can stand before {endpoint!r}: {error}; correct central.endpoint"
            ) from error
        port = parts.port or PORTS[parts.scheme]
        return cls(parts.scheme, parts.hostname or "", port, parts.path)

    @property
    def is_tls(self) -> bool:
        """Whether Palette speaks HTTPS there."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """What the Host header names."""
        usual = PORTS[self.scheme] == self.port
        return self.host if usual else f"{self.host}:{self.port}"

    def through(self, links: Links, port: int) -> str:
        """The endpoint that operators enter in its place, to go over the proxy on this port."""
        scheme = "https" if links.tls is Tls.END else self.scheme
        return f"{scheme}://{links.host}:{port}{self.path}"


def is_readable(endpoint: PaletteEndpoint, links: Links) -> bool:
    """Whether the proxy can read the messages: they are not encrypted, or it ends TLS itself."""
    return links.tls is Tls.END or not endpoint.is_tls


# --- how messages are told apart on their way -----------------------------------------------------

_PARAMETER = re.compile(r"\\\{[^{}]*\\\}")


def message_table(wire: WireMap, prefix: str = "") -> MessageTable:
    """How to tell messages apart by where each is asked, below `prefix`; fixed paths come first."""
    found = []
    for kind, operation in arrangements.CARRIES.items():
        decides = wire.spoken(operation)
        for call in (decides, *(c for c in wire.calls(operation) if c is not decides)):
            route = call.route
            follows = not route.path.startswith("/")
            path = ".*" if follows else _PARAMETER.sub("[^/?]+", re.escape(prefix + route.path))
            told = MessagePattern(
                kind, route.method, _whole(path), call is decides, call.own, follows
            )
            found.append((len(route.parameters()), told))
    table = tuple(pattern for _, pattern in sorted(found, key=lambda f: f[0]))
    return _own_alone(table, wire)


@lru_cache(maxsize=256)
def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{pattern}(?:\?.*)?", re.DOTALL)


def _own_alone(table: MessageTable, wire: WireMap) -> MessageTable:
    """The table with no more than tells messages of a place apart: few bodies have to be read."""
    of_all = CallConstants(
        values=tuple((place_of(text), _unbraced(value)) for text, value in wire.constants.items())
    )
    at_place = defaultdict(list)
    for each in table:
        at_place[each.method, each.path].append(each.constants or CallConstants())
    return tuple(
        replace(each, constants=_apart(each.constants, of_all, at_place[each.method, each.path]))
        for each in table
    )


def _unbraced(value: Json) -> Json:
    """A constant as it is sent, where no name stands in it."""
    if not isinstance(value, str):
        return value
    return value.replace("{{", "{").replace("}}", "}")


def _apart(
    own: CallConstants | None, of_all: CallConstants, at_place: list[CallConstants]
) -> CallConstants | None:
    if own is None:
        return None
    values = tuple(
        value
        for value in own.values
        if value not in of_all.values and not all(value in other.values for other in at_place)
    )
    return CallConstants(own.rpc, values) if own.rpc or values else None
