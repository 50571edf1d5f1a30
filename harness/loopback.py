"""What is on this machine, and where a connection to it goes.

A name such as `evil.localhost` may be resolved to anywhere, and to somewhere else a moment later.
So a name of this machine is asked for once; by what it came to it is judged, and there a
connection is made.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine; one that is no URL is nowhere."""
    try:
        return is_loopback_host(urlsplit(url).hostname or "")
    except ValueError:
        return False


def is_loopback_host(host: str) -> bool:
    """Whether an IP address is this machine's own, or all that a name of it is resolved to.

    Other names than `localhost` and those below it are never asked for: they are somebody's.
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        pass
    if not _is_local(host):
        return False
    try:
        return all(ip_address(found.partition("%")[0]).is_loopback for found in _resolved(host))
    except (OSError, UnicodeError):
        return False


def addresses_of(host: str) -> tuple[str, ...]:
    """Where to connect to, in order: the addresses by which a name of this machine was judged.

    Any other host is its own only one, and is for whoever connects to resolve; so is a name that
    cannot be.
    """
    try:
        return _resolved(host) if _is_local(host) else (host,)
    except (OSError, UnicodeError):
        return (host,)


def _is_local(host: str) -> bool:
    name = host.lower()
    return name == "localhost" or name.endswith(".localhost")


@lru_cache(maxsize=1_024)
def _resolved(host: str) -> tuple[str, ...]:
    return resolved(host)


def resolved(host: str) -> tuple[str, ...]:
    """The addresses of a host as the system's resolver has them now, each once. It knows no bound.

    Raises:
        OSError, UnicodeError: it has none.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
