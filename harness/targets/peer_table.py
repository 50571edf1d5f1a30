"""The side that the harness plays, because the target file describes the other one only.

Where it plays Palette, the edge hosts have to reach it, so it may be told where to listen and
what it is called. Where it plays the edges, it calls, and nobody calls it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from harness.domain.arrangements import Side
from harness.loopback import LOOPBACK, is_loopback_host
from harness.targets.key_kinds import Table, TargetKey, TargetKeyKind, file_key
from harness.targets.reading import TargetFileReader, TargetProblem

PLACES_MAX = 20
PALETTE_PORTS = 3
"""How many ports Palette takes; the bad endpoints follow."""

PALETTE_KEYS: Mapping[str, TargetKey] = {
    "bind": TargetKey(
        "the address that it listens on",
        allowed="an IP address of this machine",
        pattern=r"^[0-9A-Fa-f.:]+$",
        default=LOOPBACK,
    ),
    "host": TargetKey(
        "the name or address by which the edge hosts reach it",
        allowed="a host name or an IP address, without a port",
        pattern=r"^[A-Za-z0-9.:-]+$",
        default="`bind`, or localhost",
    ),
    "port": TargetKey(
        "the first of the six ports that it listens on, which follow one another: Palette, Palette"
        " over plain HTTP, Palette with a certificate of an unknown CA, and three bad endpoints",
        TargetKeyKind.COUNT,
        maximum=65_530,
        default="free ones",
    ),
    "tls": TargetKey(
        "whether the endpoint that is handed in is HTTPS, not HTTP",
        TargetKeyKind.FLAG,
        default="true",
    ),
    "cert_file": file_key(
        "the certificate that it shows, in PEM, with those that lead to a CA that the edge hosts"
        " trust",
        default="one of a CA of its own",
    ),
    "key_file": file_key("its private key, in PEM", default="in `cert_file`"),
    "ca_out": file_key(
        "where it keeps its own CA, for the edge hosts to trust: the certificate in this file,"
        " the private key beside it (`.key`, mode 600); made at the first run",
        default="a new CA for each run",
    ),
}
EDGE_KEYS: Mapping[str, TargetKey] = {
    "clusters": TargetKey(
        "how many places for clusters it has", TargetKeyKind.COUNT, maximum=PLACES_MAX, default="3"
    ),
    "hosts": TargetKey(
        "how many edge hosts each place has", TargetKeyKind.COUNT, maximum=PLACES_MAX, default="5"
    ),
}
PEER_KEYS: Mapping[str, TargetKey] = {**PALETTE_KEYS, **EDGE_KEYS}
_PLAYS = {
    Side.CENTRAL: "the harness plays the edge hosts here, which call and are not called",
    Side.EDGE: "the harness plays Palette here, and the edge hosts are the target's",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """How the side that the harness plays is reached, and how big it is.

    Attributes:
        bind: the address that Palette listens on.
        host: the name or address by which the edge hosts reach it.
        port: the first of six ports; 0 takes free ones.
        tls: whether the endpoint that is handed in is HTTPS.
        cert_file, key_file: the certificate that Palette shows; `None` for one of its own CA.
        ca_out: where its own CA is kept; `None` for a new one each time.
        clusters, hosts: places for clusters, and edge hosts in each.
    """

    bind: str = LOOPBACK
    host: str = "localhost"
    port: int = 0
    tls: bool = True
    cert_file: Path | None = None
    key_file: Path | None = None
    ca_out: Path | None = None
    clusters: int = 3
    hosts: int = 5


def read_peer(reading: TargetFileReader, table: Table, described: frozenset[Side]) -> Peer:
    """The peer of a target file that describes these sides."""
    _refuse_unused(reading, table, described)
    for name in EDGE_KEYS:
        if table.get(name) == 0:
            problem = TargetProblem(
                "0 stands there", f"from 1 to {PLACES_MAX}", "leave it out, or raise it"
            )
            reading.refuse(("peer", name), problem)
    _refuse_certificates(reading, table)
    bind = table.get("bind", LOOPBACK)
    cert, key, ca = (
        reading.path_of(table[name]) if name in table else None
        for name in ("cert_file", "key_file", "ca_out")
    )
    given = {name: table[name] for name in ("port", "tls", "clusters", "hosts") if name in table}
    host = _host(reading, table, bind)
    return Peer(bind, host, cert_file=cert, key_file=key, ca_out=ca, **given)


def _refuse_unused(reading: TargetFileReader, table: Table, described: frozenset[Side]) -> None:
    """A key that would change nothing is a misunderstanding."""
    if table and described == frozenset(Side):
        found = "the file describes both sides, so the harness plays none"
        remedy = "remove [peer], or the side that the harness is to play"
        reading.refuse(("peer",), TargetProblem(found, "[peer] beside one side", remedy))
    for side, keys in ((Side.CENTRAL, PALETTE_KEYS), (Side.EDGE, EDGE_KEYS)):
        for name in keys if side in described else ():
            if name in table:
                allowed = ", ".join(EDGE_KEYS if keys is PALETTE_KEYS else PALETTE_KEYS)
                reading.refuse(("peer", name), TargetProblem(_PLAYS[side], allowed, "remove it"))


def _refuse_certificates(reading: TargetFileReader, table: Table) -> None:
    if "key_file" in table and "cert_file" not in table:
        problem = TargetProblem(
            "a key without its certificate", "cert_file, and its key", "add cert_file"
        )
        reading.refuse(("peer", "key_file"), problem)
    if "cert_file" in table and "ca_out" in table:
        found = "a certificate of one's own needs no CA of the harness's"
        reading.refuse(("peer", "ca_out"), TargetProblem(found, "one of the two", "remove one"))
    if str(table.get("ca_out", "")).endswith(".key"):
        problem = TargetProblem(
            "its key has that name", "a file such as ca.pem", "give another name"
        )
        reading.refuse(("peer", "ca_out"), problem)
    for name in ("cert_file", "ca_out"):
        if name in table and table.get("tls") is False:
            found = "over plain HTTP no certificate is shown"
            problem = TargetProblem(found, f"tls = true with {name}", "remove tls = false, or this")
            reading.refuse(("peer", name), problem)


def _host(reading: TargetFileReader, table: Table, bind: str) -> str:
    """The name by which the peer is reached; an address of all interfaces is none."""
    try:
        everywhere = ip_address(bind).is_unspecified
    except ValueError:
        problem = TargetProblem(
            f"{bind!r} stands there", "an IP address of this machine", "correct it"
        )
        reading.refuse(("peer", "bind"), problem)
    if "host" in table:
        return str(table["host"])
    if everywhere:
        allowed = "with bind = " + repr(bind) + ", host says how the edge hosts reach this machine"
        reading.refuse(("peer",), TargetProblem("host is missing", allowed, "add host = …"))
    return "localhost" if is_loopback_host(bind) else bind
