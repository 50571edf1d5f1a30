"""How big a reference is, where it listens, what it keeps secret, and whom it meets."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.domain.arrangements import Side
from harness.domain.draws import derived_bits
from harness.domain.endpoint import EndpointForm
from harness.domain.operations import AgentOperation
from harness.reference.core.link import LinkReply
from harness.reference.server import LOOPBACK
from harness.wire.mapping import PLAIN, WireMap

LINK_S = 2.5
"""How long a host waits for Palette: long on loopback, also beside others that burn processors, and
short for one that is silent."""

AGENT_INTERVAL = 20_000
"""How often the host agents follow up, in microseconds: often, so that no scenario waits long."""

BOTH = frozenset(Side)

Carry = Callable[[str, str, bool, AgentOperation], LinkReply]
"""Carries a message and brings the answer: of which host, where to, whether any certificate will do
(see `harness.reference.core.link.Link.carry`).
"""


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
        bind: the address that Palette and Local UI listen on. The control port is on loopback.
        host: the name or address by which others reach them.
        cert_file, key_file: the certificate that they show; `None` for one of the reference's CA.
        ca_kept: where the reference's CA is kept; `None` for a new one each time.
        agent_interval: how often the host agents follow up, in microseconds.
    """

    clusters: int = 3
    hosts: int = 5
    tls: bool = True
    port_base: int = 0
    sides: frozenset[Side] = BOTH
    link_s: float = LINK_S
    bind: str = LOOPBACK
    host: str = "localhost"
    cert_file: Path | None = None
    key_file: Path | None = None
    ca_kept: Path | None = None
    agent_interval: int = AGENT_INTERVAL


@dataclass(frozen=True, slots=True)
class Other:
    """The side that a reference does not play: somebody else's, with habits of its own.

    Attributes:
        wire: how its paths, names, codes and words differ from the published ones; what crosses
            between the sides goes by it.
        trusted: what the edge hosts check Palette's certificate with; `None` for the reference's
            own CA, besides the machine's.
        proxy: the HTTP proxy through which the edge hosts reach Palette; may be empty.
        carried: what carries the messages of the edge hosts to these addresses, in place of HTTP.
        people_apart: whether people ask Palette at an address of their own, on loopback, and
            those who reach the endpoints find nothing there but what edge hosts ask for.
    """

    wire: WireMap = PLAIN
    trusted: ssl.SSLContext | None = None
    proxy: str = ""
    carried: Mapping[str, Carry] = field(default_factory=dict)
    people_apart: bool = False


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a reference is reached.

    Attributes:
        palette: by endpoint form; empty where the central side is somebody else's.
        people: where people ask Palette; empty where the central side is somebody else's.
        local_ui: the base URL of each host's Local UI.
        control: the control port's.
    """

    palette: Mapping[EndpointForm, str]
    people: str
    local_ui: Mapping[str, str]
    control: str


def authority(host: str, port: int) -> str:
    """A host with a port, as a URL has it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
