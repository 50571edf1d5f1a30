"""What a set-up can and cannot do to links, and what to do about it: tried, not guessed."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from harness.domain.arrangements import FaultNextMessage, SetLink
from harness.http_client import what_failed
from harness.loopback import is_loopback_host
from harness.targets.links.faults import LinkError
from harness.targets.links.opening import OpenLinks, PaletteEndpoint, is_readable
from harness.targets.links.reading import LinkWay, Tls

_TRY_S = 5.0


@dataclass(frozen=True, slots=True)
class LinkFinding:
    """One thing that was found out; without a remedy where nothing has to be done."""

    is_good: bool
    what: str
    remedy: str = ""


def explain(
    opened: OpenLinks, trust: ssl.SSLContext, *, one_cluster_hosts: int
) -> list[LinkFinding]:
    """What the links of a target allow.

    `trust` is what a client checks Palette's certificate with, as the edge hosts are taken to do;
    `one_cluster_hosts` is how many hosts the largest cluster spans. A connection through the
    proxy is tried.
    """
    return [
        *_abilities(opened),
        *_sources(opened, one_cluster_hosts),
        *_ways_through(opened, trust),
    ]


def _abilities(opened: OpenLinks) -> Iterator[LinkFinding]:
    for kind, told in (
        (SetLink, "cut off a host from Palette (PRE-5, WDR-4, WDR-5)"),
        (FaultNextMessage, "lose, repeat or delay a single message (WDR-4)"),
    ):
        why = opened.arranger.cannot(kind)
        if why:
            yield LinkFinding(False, f"links: cannot {told}", why)
        else:
            yield LinkFinding(True, f"links: can {told}, by {opened.links.way.value}")


def _sources(opened: OpenLinks, hosts: int) -> Iterator[LinkFinding]:
    if not opened.links.is_proxied or hosts < 2:
        return
    if opened.links.sources:
        shared = len(opened.links.sources) - len(set(opened.links.sources.values()))
        if not shared:
            yield LinkFinding(True, "links: every host arrives from an address of its own")
            return
        told = f"links: {shared} hosts share their address with another one"
    else:
        told = "links: hosts cannot be told apart, as [links.sources] names no addresses"
    yield LinkFinding(
        False,
        f"{told}; where these are hosts of one cluster, or of two that a scenario uses at once,"
        " cutting off one of them alone (PRE-5) is inconclusive",
        "let each host arrive from an address of its own, and name it in [links.sources]"
        if opened.links.way is LinkWay.PROXY
        else 'write links.way = "proxy", which tells hosts apart by [links.sources]',
    )


def _ways_through(opened: OpenLinks, trust: ssl.SSLContext) -> Iterator[LinkFinding]:
    """Whether a client that trusts what the edge trusts comes through to Palette."""
    if not opened.proxied:
        return
    palette, proxied = PaletteEndpoint.of(opened.direct), PaletteEndpoint.of(opened.proxied)
    yield from _reachable(opened, palette)
    try:
        opened.check()
        before = opened.proxy.counts().unreachable if opened.proxy else 0
        failed = _tried(proxied, trust)
        unreachable = opened.proxy is not None and opened.proxy.counts().unreachable > before
    except LinkError as error:
        yield LinkFinding(False, f"links: {error}", "look at what the proxy or its server logged")
        return
    if unreachable:
        yield LinkFinding(
            False,
            f"links: the proxy cannot reach Palette at {palette.host}:{palette.port}",
            "check central.endpoint, and that this machine may connect there",
        )
    elif failed is None:
        yield LinkFinding(True, f"links: {opened.proxied} leads to Palette, tried from here")
    else:
        yield _refused(opened, proxied, failed)
    yield from _naming(opened, palette)


def _reachable(opened: OpenLinks, palette: PaletteEndpoint) -> Iterator[LinkFinding]:
    own = is_loopback_host(opened.links.host) or is_loopback_host(opened.links.listen[0])
    if own and not is_loopback_host(palette.host):
        yield LinkFinding(
            False,
            f"links: the proxy is reached as {opened.links.host}, from this machine alone, while"
            f" Palette is at {palette.host}",
            'write links.listen = "0.0.0.0:0", and links.host = the name of this machine as the'
            " edge hosts know it",
        )


def _tried(proxied: PaletteEndpoint, trust: ssl.SSLContext) -> Exception | None:
    """What went wrong on the way through; nothing, if it did not."""
    try:
        with socket.create_connection((proxied.host.strip("[]"), proxied.port), _TRY_S) as plain:
            if proxied.is_tls:
                with trust.wrap_socket(plain, server_hostname=proxied.host.strip("[]")):
                    return None
            plain.sendall(b"HEAD / HTTP/1.1\r\nHost: %b\r\n\r\n" % proxied.host.encode("idna"))
            return None if plain.recv(1) else ConnectionResetError("closed without an answer")
    except (OSError, UnicodeError) as error:
        return error


def _refused(opened: OpenLinks, proxied: PaletteEndpoint, error: Exception) -> LinkFinding:
    links = opened.links
    if not isinstance(error, ssl.SSLCertVerificationError):
        return LinkFinding(
            False,
            f"links: {opened.proxied} does not lead to Palette: {what_failed(error)}",
            "check links.listen and links.host, and that nothing filters the port",
        )
    why = error.verify_message or str(error)
    if links.tls is Tls.END:
        return LinkFinding(
            False,
            f"links: the certificate of {links.cert_file} is not trusted under the name"
            f" {proxied.host} ({why}): the edge will refuse it",
            f"let a CA that the edge trusts sign one for {proxied.host}, or claim that the"
            " operators ask for insecure connections",
        )
    return LinkFinding(
        False,
        f"links: TLS passes through, and Palette's certificate does not hold for {proxied.host}"
        f" ({why}): the edge will refuse it",
        f"have {proxied.host} added to Palette's certificate; or let a name that is in it lead"
        " here for the edge hosts (DNS, /etc/hosts), and write it as links.host; or write"
        f' links.tls = "end", with a certificate for {proxied.host} that the edge trusts',
    )


def _naming(opened: OpenLinks, palette: PaletteEndpoint) -> Iterator[LinkFinding]:
    """Palette is asked under the proxy's name where nobody can change that."""
    if is_readable(palette, opened.links) and opened.proxy is not None:
        return
    if opened.links.host != palette.host:
        yield LinkFinding(
            False,
            f"links: hosts ask Palette as {opened.links.host}, which the proxy cannot change"
            " where it does not read the messages; a Palette that goes by the name it is asked"
            " under may answer 404",
            f"if so, let the name {palette.host} lead here for the edge hosts, and write it as"
            ' links.host; or write links.tls = "end"',
        )
