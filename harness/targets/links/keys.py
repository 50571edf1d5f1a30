"""The keys of a target file that say how links are cut."""

from __future__ import annotations

from collections.abc import Mapping

from harness.targets.arranging.keys import COMMAND_KEYS
from harness.targets.key_kinds import Key, Kind, address, file_key, table_of
from harness.targets.links.settings import CutForm, LinkWay, Tls, Use


def _one_of(meaning: str, names: tuple[str, ...], *, default: str, required: bool = False) -> Key:
    shown = ", ".join(f'"{name}"' for name in names)
    pattern = f"^({'|'.join(names)})$"
    return Key(
        meaning, required=required, allowed=f"one of {shown}", pattern=pattern, default=default
    )


_COMMAND = {
    **COMMAND_KEYS,
    "command": Key(
        "the program and its arguments, with {host_uid} for the host; it is not run by a shell",
        Kind.TEXTS,
        required=True,
        allowed="texts",
    ),
}
LINK_KEYS: Mapping[str, Key] = {
    "way": _one_of(
        "who cuts the links between edge hosts and Palette (see `docs/links.md`)",
        tuple(way.value for way in LinkWay),
        required=True,
        default="",
    ),
    "listen": Key(
        "where the proxy listens; port 0 takes a free one",
        allowed="an address and a port, such as 0.0.0.0:7443 or [::]:0",
        pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}$",
        default="127.0.0.1:0",
    ),
    "host": Key(
        "the name by which the edge hosts reach the proxy",
        allowed="a host name or an IP address, without a port",
        pattern=r"^([^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\])$",
        default="localhost",
    ),
    "tls": _one_of(
        "TLS passes through, or ends at the proxy, which can then read the messages",
        tuple(tls.value for tls in Tls),
        default="pass",
    ),
    "cert_file": file_key('the certificate that the proxy shows with `tls = "end"`, in PEM'),
    "key_file": file_key("its private key, in PEM", default="in `cert_file`"),
    "cut": _one_of(
        "how a link that is down looks from the edge: connecting is refused, connections are"
        " reset, or nothing is answered",
        tuple(form.value for form in CutForm),
        default='"reset" over HTTPS, "closed" over HTTP',
    ),
    "use": _one_of(
        "which scenarios have operators enter the proxy's address",
        tuple(use.value for use in Use),
        default="needed: those that cut a link",
    ),
    "sources": Key(
        "the address that each host arrives from at the proxy, by the host's uid; without it, all"
        " hosts are taken to arrive from one",
        Kind.TEXT_TABLE,
        allowed="a table of IP addresses",
        pattern=r"^[0-9A-Fa-f:.]+$",
    ),
    "toxiproxy": table_of(
        "a Toxiproxy server that runs already",
        {
            "url": address("where its HTTP API answers"),
            "name": Key("what its proxy is called there", default="pairproof"),
        },
    ),
    "commands": table_of(
        "commands that cut one host's link and mend it",
        {
            "down": table_of("cuts it", _COMMAND, required=True),
            "up": table_of("mends it", _COMMAND, required=True),
        },
    ),
}
