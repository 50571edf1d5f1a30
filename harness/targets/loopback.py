"""What is on this machine, as far as an address says so itself."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine, as far as its text says."""
    return is_loopback_host(urlsplit(url).hostname or "")


def is_loopback_host(host: str) -> bool:
    """Whether a host name or an IP address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
