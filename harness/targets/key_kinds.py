"""What a key of a target file may hold, where the kinds of other files do not say it."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from harness.configuration.errors import Misspelt, literal
from harness.configuration.kinds import AtLeastOne, Text


def address(url: str) -> str:
    """An address without a slash at its end. Raises `Misspelt`."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        told = f"{literal(url)} stands there, whose host or port is none"
        raise Misspelt(told, "write an address such as https://edge-1.example:5080")
    return url.rstrip("/")


def _ip(text: str) -> str:
    try:
        ip_address(text)
    except ValueError as error:
        raise Misspelt(f"{literal(text)} is none", f"write {_IP}") from error
    return text


_IP: Final = "an IP address of this machine"

Named = Annotated[str, Text()]
Address = Annotated[
    str,
    Text(
        r"^https?://[^/\s@?#]+(/[^\s?#]*)?$",
        "an address that begins with https:// or http:// and names a host",
        address,
    ),
]
ProxyAddress = Annotated[
    str,
    Text(
        r"^http://[^/\s@?#]+/?$",
        "an address that begins with http://, such as http://proxy.example:3128",
        address,
    ),
]
OwnIp = Annotated[str, Text(r"^[0-9A-Fa-f.:]+$", _IP, _ip)]
File = Annotated[
    Path | None,
    Text(
        r"\S",
        "the path of a file; a relative one starts at the target file's folder",
        lambda text: Path(text).expanduser(),
    ),
]
Variable = Annotated[
    str,
    Text(r"^[A-Z_][A-Z0-9_]*$", "the name of an environment variable, in capitals, digits and _"),
]
Texts = Annotated[tuple[str, ...], AtLeastOne()]
