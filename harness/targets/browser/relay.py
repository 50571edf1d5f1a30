"""Where the browser's connections go: TLS is spoken to a target's servers here, as its file says.

A browser knows neither the CAs and fingerprints of a target file nor a certificate of one's own,
and asks the environment for a proxy. So it trusts the key of this relay alone, and each connection
is checked within its handshake by what checks the harness's own.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import threading
from asyncio import StreamReader, StreamWriter
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import trustme
import uvloop

from harness.domain.endpoint import origin_of
from harness.domain.errors import PairproofError
from harness.http_client import what_failed
from harness.loopback import LOOPBACK, addresses_of, is_loopback_host
from harness.targets.trust import Trust

_CHUNK: Final = 1 << 16
_TAKEN: Final = b"HTTP/1.1 200 OK\r\n\r\n"
_NOT_TAKEN: Final = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
_HERE: Final = ("localhost", "*.localhost", "127.0.0.1", "[::1]")
_SOCKETS: Final = Path("/proc/net/tcp")
_LOCAL, _REMOTE, _USER = 1, 2, 7
"""Columns of that table."""
_READINGS: Final = 5
"""While connections come and go, a row may be passed over, or stand there twice."""


_BROKEN: Final = (OSError, EOFError, ValueError, asyncio.LimitOverrunError, PairproofError)


class NotCarried(PairproofError):
    """A connection that is not made; says why, and what to do."""


class Relay:
    """Carries the connections of a browser that is started with its `flags`, until it is closed.

    `trusts` has what is trusted at each address of the target; any port of these hosts is the
    target's, and a server elsewhere speaks TLS with the browser itself. What is not on this machine
    goes through `proxy`, if there is one, and where it is none of these hosts only if the browser
    `may_leave`. A connection stands within `connect_s`.
    """

    def __init__(
        self, trusts: Mapping[str, Trust], *, proxy: str, may_leave: bool, connect_s: float
    ) -> None:
        self._trusts, self._proxy = trusts, proxy
        self._may_leave, self._connect_s = may_leave, connect_s
        self._why: dict[str, str] = {}
        self._carrying: set[asyncio.Task[None]] = set()
        self._ends: set[StreamWriter] = set()
        self._port: Future[int] = Future()
        self._thread = threading.Thread(target=self._main, name="pairproof-relay", daemon=True)

    def flags(self) -> list[str]:
        """Start, on a thread of its own. Returns what a Chromium is started with, for whatever is
        encrypted to go through here; what is not, and is not on this machine, goes through the
        proxy if it may go anywhere.

        Raises:
            OSError: a certificate that the target file names cannot be used any more.
        """
        made = {trust: trust.context() for trust in self._trusts.values()}
        self._at = {origin_of(url)[1:]: made[trust] for url, trust in self._trusts.items()}
        self._on = {host: context for (host, _), context in self._at.items()}
        certificate = trustme.CA(organization_name="pairproof").issue_cert("localhost")
        self._own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(self._own)
        self._thread.start()
        own = f"{LOOPBACK}:{self._port.result()}"
        plain = urlsplit(self._proxy).netloc if self._may_leave else own
        key = _key_of(certificate.cert_chain_pems[0].bytes())
        ways = (f"https={own}", f"http={plain}" if plain else "")
        here = dict.fromkeys([*_HERE, *filter(is_loopback_host, self._on)])
        direct = ("<-loopback>", *(f"http://{host}" for host in here))
        return [
            f"--ignore-certificate-errors-spki-list={key}",
            f"--proxy-server={';'.join(filter(None, ways))}",
            f"--proxy-bypass-list={';'.join(direct)}",
        ]

    def why_not(self, url: str) -> str:
        """Why the last connection to an address was not carried; empty if it was."""
        return self._why.pop(_place(*origin_of(url)[1:]), "")

    def close(self) -> None:
        """Stop listening, and cut what stands."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()

    # --- on its thread --------------------------------------------------------------------

    def _main(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._take, LOOPBACK, 0)
        self._port.set_result(server.sockets[0].getsockname()[1])
        await self._ended.wait()
        server.close()
        for end in self._ends:
            end.transport.abort()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def _take(self, browser: StreamReader, to_browser: StreamWriter) -> None:
        task = self._loop.create_task(self._carry(browser, to_browser))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, browser: StreamReader, to_browser: StreamWriter) -> None:
        """Carry one connection to its end."""
        place = to_server = None
        self._ends.add(to_browser)
        try:
            async with asyncio.timeout(self._connect_s):
                place = await _asked_for(browser)
                self._see_whose(to_browser)
                server, to_server = await self._connected(*place)
                self._ends.add(to_server)
                to_browser.write(_TAKEN)
                if self._context(*place):
                    await to_browser.start_tls(self._own)
            self._why.pop(_place(*place), None)
            await asyncio.gather(_pipe(browser, to_server), _pipe(server, to_browser))
        except _BROKEN as error:
            if to_server is None:
                self._note(place, error)
                to_browser.write(_NOT_TAKEN)
            else:  # whoever shows no certificate is turned away when all else is done
                to_server.transport.abort()
                try:
                    await to_server.wait_closed()
                except ssl.SSLError as error:
                    self._note(place, error)
                except OSError:
                    pass
        finally:
            ends = [*filter(None, (to_server, to_browser))]
            for end in ends:
                end.close()
            await asyncio.gather(*(end.wait_closed() for end in ends), return_exceptions=True)
            self._ends.difference_update(ends)

    def _note(self, place: tuple[str, int] | None, error: Exception) -> None:
        if place:
            told = str(error) if isinstance(error, NotCarried) else what_failed(error)
            self._why[_place(*place)] = told

    def _see_whose(self, to_browser: StreamWriter) -> None:
        """Raise `NotCarried` where another user borrows a certificate, or our way out."""
        lends = any(trust.cert_file for trust in self._trusts.values())
        if not _SOCKETS.exists() and not lends:
            return
        names = ("peername", "sockname")
        ends = [_as_listed(*to_browser.get_extra_info(name)) for name in names]
        users = set[str]()
        for _ in range(_READINGS):
            rows = map(str.split, _SOCKETS.read_text().splitlines()[1:])
            users |= {row[_USER] for row in rows if [row[_LOCAL], row[_REMOTE]] == ends}
            if users:
                break
        if users != {str(os.getuid())}:
            raise NotCarried("the connection comes from another user of this machine")

    async def _connected(self, host: str, port: int) -> tuple[StreamReader, StreamWriter]:
        """A connection to a server, in TLS if it is the target's, or `NotCarried`, `OSError`."""
        is_here = is_loopback_host(host)
        if not (is_here or self._may_leave or host in self._on):
            raise NotCarried(
                f"{host} is neither the target's nor on this machine; write allow_writes = true at"
                " the top of the target file if its pages are to load from there"
            )
        proxy = urlsplit(self._proxy if not is_here else "")
        if proxy.hostname:
            reader, writer = await _open(proxy.hostname, proxy.port or 80)
        else:
            reader, writer = await _open(host, port)
        try:
            if proxy.hostname:
                await self._tunnel(reader, writer, _place(host, port))
            if context := self._context(host, port):
                await writer.start_tls(context, server_hostname=host)
        except BaseException:
            writer.close()
            raise
        return reader, writer

    async def _tunnel(self, reader: StreamReader, writer: StreamWriter, place: str) -> None:
        writer.write(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode("ascii"))
        answer = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0].decode("latin-1")
        if answer.split(" ")[1:2] != ["200"]:
            raise NotCarried(
                f"the proxy {self._proxy} lets nothing through ({answer}); look at its log, and at"
                " network.proxy"
            )

    def _context(self, host: str, port: int) -> ssl.SSLContext | None:
        return self._at.get((host, port)) or self._on.get(host)


async def _asked_for(browser: StreamReader) -> tuple[str, int]:
    """The host and the port that a connection is asked to. Raises `ValueError` where it is not."""
    method, place, *_ = (await browser.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ", 2)
    parts = urlsplit(f"//{place}")
    if method != "CONNECT" or not parts.hostname or not parts.port:
        raise ValueError(place)
    return parts.hostname, parts.port


async def _open(host: str, port: int) -> tuple[StreamReader, StreamWriter]:
    *others, last = addresses_of(host)
    for address in others:
        with suppress(OSError):
            return await asyncio.open_connection(address, port)
    return await asyncio.open_connection(last, port)


async def _pipe(reader: StreamReader, writer: StreamWriter) -> None:
    """Carry what comes on, until it ends."""
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    else:
        writer.close()


def _place(host: str, port: int | None) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _as_listed(address: str, port: int) -> str:
    """An end of a connection as the table of sockets has it."""
    number = int.from_bytes(map(int, address.split(".")), sys.byteorder)
    return f"{number:08X}:{port:04X}"


def _key_of(certificate: bytes) -> str:
    """The SHA-256 of the public key of a certificate in PEM, in base64, as browsers pin it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_pem_x509_certificate

    key = load_pem_x509_certificate(certificate).public_key()
    shown = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(sha256(shown).digest()).decode()
