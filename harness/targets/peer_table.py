"""The side that the harness plays, because the target file describes the other one only.

Where it plays Palette, the edge hosts have to reach it, so it may be told where to listen and
what it is called. Where it plays the edges, it calls, and nobody calls it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Annotated, Any

from harness.catalogue.requirement import Role
from harness.configuration.kinds import Flag, KeyRelation, Text, Whole
from harness.domain.arrangements import Side
from harness.loopback import LOOPBACK, is_loopback_host
from harness.targets.reading import File, OwnIp, TargetFileReader

PLACES_MAX = 20
PALETTE_PORTS = 3
"""How many ports Palette takes; the bad endpoints follow."""

_OF_EDGES = ("clusters", "hosts")
_PLAYS = {
    True: "the harness plays the edge hosts here, which call and are not called",
    False: "the harness plays Palette here, and the edge hosts are the target's",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """How the side that the harness plays is reached, and how big it is.

    A file says it so, with paths that start at its folder.
    """

    bind: OwnIp = LOOPBACK
    """The address that it listens on."""
    host: Annotated[
        str, Text(r"^[A-Za-z0-9.:-]+$", "a host name or an IP address, without a port")
    ] = "localhost"
    """The name or address by which the edge hosts reach it; with a `bind` that is not loopback,
    that address."""
    port: Annotated[int, Whole(0, 65_530)] = 0
    """The first of the six ports that it listens on, which follow one another: Palette, Palette
    over plain HTTP, Palette with a certificate of an unknown CA, and three bad endpoints; 0 takes
    free ones."""
    tls: Annotated[bool, Flag()] = True
    """Whether the endpoint that is handed in is HTTPS, not HTTP. A bare host name means HTTPS
    nonetheless, and is handed in where hosts can trust what is shown there."""
    cert_file: File = None
    """The certificate that it shows, in PEM, with those that lead to a CA that the edge hosts
    trust; without it, one of a CA of its own."""
    key_file: Annotated[File, KeyRelation(needs=("cert_file",))] = None
    """Its private key, in PEM, if that is not in `cert_file`."""
    ca_out: Annotated[File, KeyRelation(not_with="cert_file")] = None
    """Where it keeps its own CA, for the edge hosts to trust: the certificate in this file, the
    private key beside it (`.key`, mode 600); made at the first run. Without it, each run has a new
    CA."""
    clusters: Annotated[int, Whole(1, PLACES_MAX)] = 3
    """How many places for clusters it has."""
    hosts: Annotated[int, Whole(1, PLACES_MAX)] = 5
    """How many edge hosts each place has."""


def one_side(data: Mapping[str, Any], role: Role) -> Mapping[str, Any]:
    """What a file says of one role, where it describes both sides and how the harness plays one."""
    peer = data.get("peer")
    if role is Role.BOTH or not {"edge", "central"} <= data.keys() or not isinstance(peer, dict):
        return data
    plays_edges = role is Role.CENTRAL
    played = {"edge", "links"} if plays_edges else {"central"}
    own = {name: value for name, value in peer.items() if (name in _OF_EDGES) is plays_edges}
    kept = {name: value for name, value in data.items() if name not in played}
    return {**kept, "roles": [role.value], "peer": own}


def read_peer(reading: TargetFileReader, said: Peer, described: frozenset[Side]) -> Peer:
    """The peer of a target file that describes these sides."""
    is_edge_played = described == {Side.CENTRAL}
    for name in reading.data.get("peer", ()) if len(described) == 1 else ():
        if (name in _OF_EDGES) is not is_edge_played:  # what changes nothing is a misunderstanding
            reading.flaw(("peer", name), _PLAYS[is_edge_played], "remove it")
    if said.ca_out and said.ca_out.suffix == ".key":
        reading.flaw(("peer", "ca_out"), "its key has that name", "give another, such as ca.pem")
    peer = reading.located(said, "cert_file", "key_file", "ca_out")
    return peer if reading.says("peer", "host") else replace(peer, host=_host(reading, said.bind))


def _host(reading: TargetFileReader, bind: str) -> str:
    """The name by which the peer is reached; an address of all interfaces is none."""
    if ip_address(bind).is_unspecified:
        remedy = f"add host = …: with bind = {bind!r} it says how the edge hosts reach this machine"
        reading.flaw(("peer",), "host is missing", remedy)
    return "localhost" if is_loopback_host(bind) else bind
