"""How links are cut: the values, and the part of a target file that says so."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Annotated, Final

from harness.configuration import toml_lines
from harness.configuration.errors import Misspelt, literal
from harness.configuration.kinds import AtLeastOne, NamedBy, Text
from harness.domain.arrangements import SetLink
from harness.files import UnusableFile
from harness.targets.arranging.commands import Command, known_fields
from harness.targets.arranging.reading import CommandTable, read_command
from harness.targets.links.faults import CutForm
from harness.targets.links.sockets import ending_context, normal
from harness.targets.reading import Address, File, TargetFileReader


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


class Use(StrEnum):
    """Which scenarios have operators enter the proxy's address."""

    NEEDED = "needed"
    """Those that cut a link."""
    ALWAYS = "always"


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if int(port) > _PORT_MAX:
        raise Misspelt(f"{literal(text)} stands there", f"write a port from 0 to {_PORT_MAX}")
    return host.strip("[]"), int(port)


def _one_spelling(text: str) -> str:
    try:
        return normal(text)
    except ValueError as error:
        told = f"{literal(text)} is no IP address"
        raise Misspelt(told, "write the address as the proxy sees it") from error


_PORT_MAX: Final = 65_535


@dataclass(frozen=True, slots=True)
class _Keys:
    """What a file says of links, and a run goes by as it stands."""

    way: LinkWay = LinkWay.NONE
    """Who cuts the links between edge hosts and Palette (see `docs/links.md`)."""
    listen: Annotated[
        tuple[str, int],
        Text(
            r"^(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}$",
            "an address and a port, such as 0.0.0.0:7443 or [::]:0",
            _listen,
        ),
    ] = ("127.0.0.1", 0)
    """Where the proxy listens, 127.0.0.1:0 if nothing is said; port 0 takes a free one."""
    host: Annotated[
        str,
        Text(
            r"^([^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\])$", "a host name or an IP address, without a port"
        ),
    ] = "localhost"
    """The name by which the edge hosts reach the proxy."""
    tls: Tls = Tls.PASS
    """TLS passes through, or ends at the proxy, which can then read the messages."""
    cert_file: File = None
    """The certificate that the proxy shows with `tls = "end"`, in PEM."""
    key_file: File = None
    """Its private key, in PEM, if that is not in `cert_file`."""
    cut: CutForm | None = None
    """How a link that is down looks from the edge: connecting is refused, connections are reset, or
    nothing is answered; without it, reset over HTTPS and closed over HTTP."""
    use: Use = Use.NEEDED
    """Which scenarios have operators enter the proxy's address: those that cut a link, or all."""
    sources: Annotated[
        dict[str, Annotated[str, Text(r"^[0-9A-Fa-f:.]+$", "an IP address", _one_spelling)]],
        AtLeastOne(),
        NamedBy("uid of a host"),
    ] = field(default_factory=dict)
    """The address that each host arrives from at the proxy, by the host's uid; without it, all
    hosts are taken to arrive from one."""


@dataclass(frozen=True, slots=True)
class _ToxiproxyTable:
    url: Address
    """Where its HTTP API answers."""
    name: str = "pairproof"
    """What its proxy is called there."""


@dataclass(frozen=True, slots=True)
class _LinkCommandTables:
    down: CommandTable
    """Cuts it; {host_uid} stands for the host."""
    up: CommandTable
    """Mends it."""


@dataclass(frozen=True, slots=True)
class LinksTable(_Keys):
    """`[links]`."""

    way: LinkWay
    """Who cuts the links between edge hosts and Palette (see `docs/links.md`)."""
    toxiproxy: _ToxiproxyTable | None = None
    """A Toxiproxy server that runs already."""
    commands: _LinkCommandTables | None = None
    """Commands that cut one host's link and mend it."""


@dataclass(frozen=True, slots=True)
class LinkCommands:
    """The user's commands that cut a host's link and mend it."""

    down: Command
    up: Command


@dataclass(frozen=True, slots=True)
class Links(_Keys):
    """How links are cut: `cut` is `None` for what suits the endpoint, `sources` all or none."""

    toxiproxy_url: str = ""
    toxiproxy_name: str = "pairproof"
    commands: LinkCommands | None = None

    @property
    def is_proxied(self) -> bool:
        """Whether there is an address that operators have to enter in place of Palette's."""
        return self.way in (LinkWay.PROXY, LinkWay.TOXIPROXY)


def read_links(reading: TargetFileReader, said: LinksTable | None, hosts: list[str]) -> Links:
    """How links are cut, between Palette and these hosts."""
    if said is None:
        return Links()
    _check_tables(reading, said)
    _check_sources(reading, said, hosts)
    kept = {each.name: getattr(said, each.name) for each in fields(_Keys)}
    links = reading.located(Links(**kept), "cert_file", "key_file")
    if said.toxiproxy:
        url, name = said.toxiproxy.url, said.toxiproxy.name
        links = replace(links, toxiproxy_url=url, toxiproxy_name=name)
    if said.commands:
        down, up = (
            read_command(reading, table, ("links", "commands", name), known_fields(SetLink))
            for name, table in (("down", said.commands.down), ("up", said.commands.up))
        )
        links = replace(links, commands=LinkCommands(down, up))
    _check_tls(reading, links)
    return links


def _check_tables(reading: TargetFileReader, said: LinksTable) -> None:
    needed = {LinkWay.TOXIPROXY: "toxiproxy", LinkWay.COMMANDS: "commands"}.get(said.way)
    if needed and getattr(said, needed) is None:
        told = f'way = "{said.way.value}" stands there without [links.{needed}]'
        remedy = f"add [links.{needed}], which says how, or choose another way"
        reading.flaw(("links", "way"), told, remedy)
    if said.way is LinkWay.TOXIPROXY and said.sources:
        told = "Toxiproxy does not tell its clients apart"
        reading.flaw(("links", "sources"), told, 'remove sources, or write way = "proxy"')


def _check_sources(reading: TargetFileReader, said: LinksTable, hosts: list[str]) -> None:
    """Every host has an address, or none has."""
    known = ", ".join(hosts) or "none: the harness plays the edge"
    for uid in said.sources:
        if uid not in hosts:
            told = f"there is no host {uid!r}"
            reading.flaw(("links", "sources", uid), told, f"correct the uid; there are {known}")
    missing = [uid for uid in hosts if uid not in said.sources]
    if said.sources and missing:
        reading.flaw(
            ("links", "sources"),
            f"host {missing[0]} has no address there",
            f'add "{missing[0]}" = "…": every host of edge.clusters has an address, or none',
        )


def _check_tls(reading: TargetFileReader, links: Links) -> None:
    """A certificate goes with TLS that ends at our own proxy, and the other way round."""
    here: toml_lines.Path = ("links", "cert_file")
    at: toml_lines.Path = ("links", "tls")
    if links.tls is Tls.PASS:
        if links.cert_file or links.key_file:
            told = "a certificate, and TLS passes through the proxy"
            path = here if links.cert_file else ("links", "key_file")
            reading.flaw(path, told, 'write tls = "end", or remove it')
    elif links.way is not LinkWay.PROXY:
        told = f'way = "{links.way.value}" cannot end TLS'
        reading.flaw(at, told, 'write way = "proxy", or tls = "pass"')
    elif links.cert_file is None:
        told = 'tls = "end" stands there without a certificate'
        remedy = "add cert_file (and key_file), for links.host, that the edge hosts trust"
        reading.flaw(at, told, remedy)
    else:
        try:
            ending_context(links.cert_file, links.key_file)
        except (OSError, UnusableFile) as error:
            told = "cannot be used: it holds no certificate with its key (without a password)"
            reading.flaw(
                here,
                error.told if isinstance(error, UnusableFile) else f"{links.cert_file} {told}",
                "correct the path to one in PEM, with its key there or in key_file (a relative path"
                " starts at the target file's folder)",
            )
