"""How links are cut: the values, and the part of a target file that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from harness.configuration import toml_lines
from harness.domain.arrangements import SetLink
from harness.files import UnusableFile
from harness.targets.arranging.commands import Command, known_fields
from harness.targets.arranging.reading import read_command
from harness.targets.links.sockets import ending_context, normal
from harness.targets.reading import TargetFileReader, TargetProblem


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


Table = Mapping[str, Any]

_TABLE_OF = {LinkWay.TOXIPROXY: "toxiproxy", LinkWay.COMMANDS: "commands"}
"""The ways that need a table of their own."""
_PORT_MAX = 65_535


def read_links(reading: TargetFileReader, data: Table) -> Links:
    """How links are cut, from a whole target file whose structure is right.

    Raises:
        TargetFileError: something in it makes no sense; says where, and what to do.
    """
    table = data.get("links")
    if table is None:
        return Links()
    way = LinkWay(table["way"])
    _check_tables(reading, table, way)
    places = data.get("edge", {}).get("clusters", [])
    hosts = [host["uid"] for place in places for host in place["hosts"]]
    links = Links(
        way=way,
        listen=_listen(reading, table.get("listen", "127.0.0.1:0")),
        host=table.get("host", "localhost"),
        tls=Tls(table.get("tls", "pass")),
        cert_file=reading.path_of(table["cert_file"]) if "cert_file" in table else None,
        key_file=reading.path_of(table["key_file"]) if "key_file" in table else None,
        cut=CutForm(table["cut"]) if "cut" in table else None,
        use=Use(table.get("use", "needed")),
        sources=_sources(reading, table.get("sources", {}), hosts),
        toxiproxy_url=_toxiproxy(reading, table),
        toxiproxy_name=table.get("toxiproxy", {}).get("name", "pairproof"),
        commands=_commands(reading, table["commands"]) if "commands" in table else None,
    )
    _check_tls(reading, links)
    return links


def _check_tables(reading: TargetFileReader, table: Table, way: LinkWay) -> None:
    needed = _TABLE_OF.get(way, "")
    if needed and needed not in table:
        problem = TargetProblem(
            f'way = "{way.value}" stands there without [links.{needed}]',
            f"[links.{needed}], which says how",
            f"add [links.{needed}], or choose another way",
        )
        reading.refuse(("links", "way"), problem)
    if way is LinkWay.TOXIPROXY and "sources" in table:
        problem = TargetProblem(
            "Toxiproxy does not tell its clients apart",
            'sources with way = "proxy" only',
            'remove sources, or write way = "proxy"',
        )
        reading.refuse(("links", "sources"), problem)


def _listen(reading: TargetFileReader, text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if int(port) > _PORT_MAX:
        problem = TargetProblem(
            f"{text!r} stands there", f"a port from 0 to {_PORT_MAX}", "correct the port"
        )
        reading.refuse(("links", "listen"), problem)
    return host.strip("[]"), int(port)


def _sources(reading: TargetFileReader, table: Table, hosts: list[str]) -> dict[str, str]:
    """The address of each host, in its one spelling: every host has one, or none has."""
    found = {}
    for uid, text in table.items():
        here: toml_lines.Path = ("links", "sources", uid)
        if uid not in hosts:
            known = ", ".join(hosts) or "none: the harness plays the edge"
            problem = TargetProblem(f"there is no host {uid!r}", known, "correct the uid")
            reading.refuse(here, problem)
        try:
            found[uid] = normal(text)
        except ValueError:
            problem = TargetProblem(
                f"{text!r} stands there", "an IP address", "write the address as the proxy sees it"
            )
            reading.refuse(here, problem)
    missing = [uid for uid in hosts if uid not in found]
    if found and missing:
        problem = TargetProblem(
            f"host {missing[0]} has no address there",
            "an address for every host of edge.clusters, or no sources at all",
            f'add "{missing[0]}" = "…"',
        )
        reading.refuse(("links", "sources"), problem)
    return found


def _toxiproxy(reading: TargetFileReader, table: Table) -> str:
    if "toxiproxy" not in table:
        return ""
    path: toml_lines.Path = ("links", "toxiproxy", "url")
    if "url" not in table["toxiproxy"]:
        problem = TargetProblem(
            "it is missing", "where Toxiproxy's HTTP API answers", "add url = …"
        )
        reading.refuse(path, problem)
    return reading.address(table["toxiproxy"]["url"], path)


def _commands(reading: TargetFileReader, table: Table) -> LinkCommands:
    fields = known_fields(SetLink)
    down, up = (
        read_command(reading, table[name], ("links", "commands", name), fields)
        for name in ("down", "up")
    )
    return LinkCommands(down, up)


def _check_tls(reading: TargetFileReader, links: Links) -> None:
    """A certificate goes with TLS that ends at our own proxy, and the other way round."""
    here: toml_lines.Path = ("links", "cert_file")
    if links.tls is Tls.PASS:
        if links.cert_file or links.key_file:
            at = here if links.cert_file else ("links", "key_file")
            problem = TargetProblem(
                "a certificate, and TLS passes through the proxy",
                'cert_file with tls = "end" only',
                'write tls = "end", or remove it',
            )
            reading.refuse(at, problem)
        return
    if links.way is not LinkWay.PROXY:
        problem = TargetProblem(
            f'way = "{links.way.value}" cannot end TLS',
            'tls = "end" with way = "proxy" only',
            'write way = "proxy", or tls = "pass"',
        )
        reading.refuse(("links", "tls"), problem)
    if links.cert_file is None:
        problem = TargetProblem(
            'tls = "end" stands there without a certificate',
            "cert_file, a certificate for links.host that the edge hosts trust",
            "add cert_file (and key_file)",
        )
        reading.refuse(("links", "tls"), problem)
    try:
        ending_context(links.cert_file, links.key_file)
    except (OSError, UnusableFile) as error:
        told = "cannot be used: it holds no certificate with its key (without a password)"
        problem = TargetProblem(
            error.told if isinstance(error, UnusableFile) else f"{links.cert_file} {told}",
            "a certificate in PEM, with its key there or in key_file",
            "correct the path (a relative one starts at the target file's folder)",
        )
        reading.refuse(here, problem)
