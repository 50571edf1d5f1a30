"""What a target file says of links, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.targets.arranging.commands import Command


class LinkWay(StrEnum):
    """Who cuts the links."""

    PROXY = "proxy"
    """The fault proxy of this package."""
    TOXIPROXY = "toxiproxy"
    """A Toxiproxy server that runs already."""
    COMMANDS = "commands"
    PERSON = "person"
    NONE = "none"


class Tls(StrEnum):
    """What the proxy does with TLS."""

    PASS = "pass"
    """It passes through: the edge speaks with Palette itself."""
    END = "end"
    """The proxy ends it with a certificate of its own, and begins another one to Palette."""


class CutForm(StrEnum):
    """How a link that is down looks from the edge."""

    CLOSED = "closed"
    """Connecting is refused."""
    RESET = "reset"
    """Connections are taken and reset at once."""
    SILENT = "silent"
    """Connections are taken, and nothing is ever answered."""


class Use(StrEnum):
    """Which scenarios have operators enter the proxy's address."""

    NEEDED = "needed"
    """Those that cut a link."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class LinkCommands:
    """The user's commands that cut a host's link and mend it."""

    down: Command
    up: Command


@dataclass(frozen=True, slots=True)
class Links:
    """How links are cut.

    Attributes:
        way: who does it.
        listen: where the proxy listens; port 0 takes a free one.
        host: the name by which the edge hosts reach the proxy.
        tls: what the proxy does with TLS; with `cert_file` and `key_file` where it ends it.
        cut: how a link that is down looks; `None` for what suits the endpoint.
        use: which scenarios go over the proxy.
        sources: the address that each host arrives from, by its uid; all hosts or none.
        toxiproxy_url, toxiproxy_name: the server, and what its proxy is called there.
        commands: the user's.
    """

    way: LinkWay = LinkWay.NONE
    listen: tuple[str, int] = ("127.0.0.1", 0)
    host: str = "localhost"
    tls: Tls = Tls.PASS
    cert_file: Path | None = None
    key_file: Path | None = None
    cut: CutForm | None = None
    use: Use = Use.NEEDED
    sources: Mapping[str, str] = field(default_factory=dict)
    toxiproxy_url: str = ""
    toxiproxy_name: str = "pairproof"
    commands: LinkCommands | None = None

    @property
    def is_proxied(self) -> bool:
        """Whether there is an address that operators have to enter in place of Palette's."""
        return self.way in (LinkWay.PROXY, LinkWay.TOXIPROXY)
