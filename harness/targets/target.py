"""What a target file says, as values; where a run changes things by it, and whether it may.

Nothing is changed on an address that is not this machine's unless the target file says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from harness.catalogue.limits import Limits
from harness.configuration.kinds import Above, Whole
from harness.domain.arrangements import Side, Slot
from harness.domain.endpoint import base_url
from harness.domain.errors import Refusal
from harness.domain.operations import Operation, PollPairing
from harness.history.visible import visible_line
from harness.loopback import is_loopback
from harness.targets.arranging.reading import ArrangingSettings
from harness.targets.links.reading import Links
from harness.targets.peer_table import Peer
from harness.targets.port import LocalUser, TargetInfo, TargetUnusable
from harness.targets.reading import Address, Named
from harness.targets.trust import Trust
from harness.wire.mapping import PLAIN, WireMap


@dataclass(frozen=True, slots=True)
class Host:
    """An edge host and where its Local UI answers."""

    uid: Named
    """The host's uid, as the target knows it."""
    url: Address
    """Where its Local UI answers; each host has an address of its own."""


@dataclass(frozen=True, slots=True)
class TargetSlot:
    """A place for a cluster: the hosts that one there can span."""

    slot: str
    hosts: tuple[Host, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A control port and its secret; `trust` is its side's where there is none."""

    url: str
    secret: str = field(repr=False)
    trust: Trust | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the harness waits for the network, in seconds."""

    connect_s: Annotated[float, Above(60)] = 5.0
    """A connection has to stand by then."""
    check_s: Annotated[float, Above(60)] = 5.0
    """How long the check before the first operation waits for an answer."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How the harness spares a target."""

    waits: Annotated[int, Whole(0, 20)] = 3
    """How often an operation that is answered 429 with Retry-After is tried again."""
    wait_s: Annotated[float, Above(120)] = 10.0
    """A Retry-After beyond this is not waited for."""
    per_second: Annotated[float, Above(100_000, "a number")] = 0.0
    """How many requests each address is sent a second at most; without it there is no bound."""


@dataclass(frozen=True, slots=True)
class Target:
    """Everything that a target file says, with the credentials that it names.

    A file describes the edge, the central side or both. Without places the edge is not
    described, and without `central_url` the central side is not: the harness plays it.

    At a side, `trusts` come before `trust`; `operation_limits`, in seconds, come before
    `limits.answer_s`. The proxy is for addresses that are not on this machine; it may be empty.
    """

    info: TargetInfo
    places: tuple[TargetSlot, ...] = ()
    local_user: LocalUser = LocalUser("", "")
    central_url: str = ""
    endpoint: str = ""
    endpoint_forms: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = Trust()
    trusts: Mapping[Side, Trust] = field(default_factory=dict)
    controls: Mapping[Side, Control] = field(default_factory=dict)
    limits: Limits = Limits()
    operation_limits: Mapping[type[Operation], float] = field(default_factory=dict)
    timeouts: Timeouts = Timeouts()
    rate_limit: RateLimit = RateLimit()
    wire: WireMap = PLAIN
    peer: Peer = Peer()
    proxy: str = ""
    allow_writes: bool = False
    arranging: ArrangingSettings = ArrangingSettings()
    links: Links = Links()

    @property
    def sides(self) -> frozenset[Side]:
        """The sides that the file describes; the harness plays the other one."""
        described = {Side.EDGE: bool(self.places), Side.CENTRAL: bool(self.central_url)}
        return frozenset(side for side, there in described.items() if there)

    def trust_of(self, side: Side) -> Trust:
        """Which certificates are trusted at a side."""
        return self.trusts.get(side, self.trust)

    def trust_at(self) -> Mapping[str, Trust]:
        """Which certificates are trusted at each address that the harness asks."""
        central = self.trust_of(Side.CENTRAL)
        controls = {c.url: c.trust or self.trust_of(side) for side, c in self.controls.items()}
        hosts = {host.url: self.trust_of(Side.EDGE) for host in self.hosts()}
        palette = {self.central_url: central} if self.central_url else {}
        return {**dict.fromkeys(self.endpoints(), central), **controls, **hosts, **palette}

    def endpoints(self) -> tuple[str, ...]:
        """Where edge hosts ask Palette, if that can be told."""
        try:
            return (base_url(self.endpoint),)
        except Refusal:  # it is for the target's own edge hosts, whatever they make of it
            return ()

    def answer_s(self, operation: type[Operation]) -> float:
        """How many seconds an operation may take before its outcome is unknown."""
        holds_s = self.wire.agents.hold_s if operation is PollPairing else 0.0
        return self.operation_limits.get(operation, self.limits.answer_s + holds_s)

    def slots(self) -> tuple[Slot, ...]:
        """The places as a run leases them."""
        return tuple(Slot(p.slot, tuple(host.uid for host in p.hosts)) for p in self.places)

    def hosts(self) -> tuple[Host, ...]:
        """Every host of every place."""
        return tuple(host for place in self.places for host in place.hosts)

    def leaders(self, side: Side) -> Mapping[str, str]:
        """Where else a side may be asked if a host of it says so, by addresses and by uids: where
        the mapping has such answers, and as far as anything may be changed there.
        """
        if not self.wire.tables.leader:
            return {}
        hosts = self.hosts() if side is Side.EDGE else ()
        urls = [host.url for host in hosts] or [self.central_url]
        named = {host.uid: host.url for host in hosts} | dict(zip(urls, urls, strict=True))
        return {n: url for n, url in named.items() if self.allow_writes or is_loopback(url)}

    def addresses(self) -> tuple[str, ...]:
        """Every address that the harness itself asks."""
        central = [self.central_url] if self.central_url else []
        controls = dict.fromkeys(control.url for control in self.controls.values())
        return (*(host.url for host in self.hosts()), *central, *controls)

    def secrets(self) -> tuple[tuple[str, str], ...]:
        """The secrets of the control ports and of the mapping, each once, with its kind."""
        controls = (control.secret for control in self.controls.values())
        own = dict.fromkeys((*controls, *self.wire.environment.values()))
        return (*((secret, "secret") for secret in own), *self.arranging.secrets())

    def is_local(self) -> bool:
        """Whether all of it is on this machine."""
        return all(is_loopback(url) for url in self.addresses())


TOLD_MAX: Final = 4
"""More addresses are counted, not told."""

_ADDRESS: Final = re.compile(r"https?://[^\s\"'{}<>|]+")


def written_to(target: Target) -> tuple[str, ...]:
    """Every address that a run changes something at, each once: those that the harness asks
    itself, the server that cuts links, and those that stand in the commands that it runs.
    """
    arranging, links = target.arranging, target.links
    commands = [*arranging.commands.values(), *arranging.resets.values()]
    commands += [links.commands.down, links.commands.up] if links.commands else []
    words = (word for command in commands for word in command.words)
    named = (url for word in words for url in _ADDRESS.findall(word))
    pages = [target.info.pages.central] if target.info.pages.central else []
    toxiproxy = [links.toxiproxy_url] if links.toxiproxy_url else []
    return tuple(dict.fromkeys((*target.addresses(), *pages, *toxiproxy, *named)))


def check_permission(target: Target) -> None:
    """Raise `TargetUnusable` of an address elsewhere where the file does not allow writes."""
    remote = [url for url in written_to(target) if not is_loopback(url)]
    if remote and not target.allow_writes:
        raise TargetUnusable(
            f"{remote[0]} is not on this machine, and a run changes things there; write"
            " allow_writes = true at the top of the target file if that is meant"
        )


def describe(target: Target) -> str:
    """The target in one line, for whoever starts a run: what it is, who made it, where."""
    info = target.info
    name = f"{info.name} {info.version}".strip()
    made = f"{name} by {info.organization}" if info.organization else name
    urls = written_to(target)
    more = f" and {len(urls) - TOLD_MAX} more" if len(urls) > TOLD_MAX else ""
    return visible_line(f"{made}, writes to {', '.join(urls[:TOLD_MAX])}{more}")
