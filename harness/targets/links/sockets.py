"""Sockets as the proxy needs them: a port that stays ours, resets, and what ends TLS."""

from __future__ import annotations

import socket
import ssl
import struct
from asyncio import Transport
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from harness.files import require_pem
from harness.targets.links.faults import ProxyCannotListen

BACKLOG = 4_096

_NO_LINGER = struct.pack("ii", 1, 0)


class Port:
    """A port that is held from the moment it is made, whether anybody listens there or not.

    A second socket that never listens is bound to it, so that nobody else gets it meanwhile.
    Raises `ProxyCannotListen`: it is taken, or the address is not this machine's.
    """

    def __init__(self, host: str, port: int) -> None:
        try:
            self._address = _resolved(host, port)
            self._keeper = self._bound(self._address[1])
        except (OSError, OverflowError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ProxyCannotListen(
                f"{host}:{port}: the fault proxy cannot listen there ({why}); stop whoever does,"
                " or write another links.listen (port 0 takes a free one)"
            ) from error
        bound = self._keeper.getsockname()
        self.host: str = bound[0]
        self.number: int = bound[1]
        try:
            self.listener().close()
        except ProxyCannotListen:
            self.close()
            raise

    def listener(self) -> socket.socket:
        """A new socket that listens there. Raises `ProxyCannotListen`: somebody else does."""
        try:
            listening = self._bound((self.host, self.number))
        except OSError as error:
            raise self._in_use(error) from error
        try:
            listening.listen(BACKLOG)
        except OSError as error:
            listening.close()
            raise self._in_use(error) from error
        listening.setblocking(False)
        return listening

    def _in_use(self, error: OSError) -> ProxyCannotListen:
        return ProxyCannotListen(
            f"{self.host}:{self.number}: somebody else listens there ({error.strerror}); stop"
            " whoever does, or write another links.listen (port 0 takes a free one)"
        )

    def _bound(self, address: object) -> socket.socket:
        made = socket.socket(self._address[0], socket.SOCK_STREAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)  # type: ignore[arg-type]
        except BaseException:
            made.close()
            raise
        return made

    def close(self) -> None:
        """Let go of the port."""
        self._keeper.close()


def _resolved(host: str, port: int) -> tuple[int, tuple[str, int]]:
    if not 0 <= port <= 65_535:
        raise OverflowError("a port is a number from 0 to 65535")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return found[0], found[4][:2]  # type: ignore[return-value]


def reset(transport: Transport) -> None:
    """End a connection with RST, so that the other end cannot take it for a polite close."""
    own = transport.get_extra_info("socket")
    if own is not None and own.fileno() >= 0:
        with suppress(OSError):  # the other end may have been faster
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def refuse(taken: socket.socket) -> None:
    """End with RST a connection of which no transport was made."""
    with suppress(OSError):
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    taken.close()


def normal(address: str) -> str:
    """An IP address in its one spelling, IPv4 as such over IPv6 too. Raises `ValueError`."""
    parsed = ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


def ending_context(cert_file: Path, key_file: Path | None) -> ssl.SSLContext:
    """What TLS is ended with. Raises `UnusableFile` or `OSError`: there is no certificate."""
    require_pem(cert_file, key_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Without an answer, OpenSSL would ask on the terminal for the key's password.
    context.load_cert_chain(cert_file, key_file, password=lambda: "")
    return context
