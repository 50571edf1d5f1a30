"""Which certificates a side of a target is trusted with, and which one is shown to it.

Without a table it is what the machine trusts. `ca_file` trusts what a CA of one's own has
signed, `fingerprints` one certificate and no other, `insecure` any. A fingerprint is checked within
each handshake, before a byte of a request goes out; whatever makes the connection (sockets,
asyncio, uvloop) goes through the context.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlsplit

from harness.configuration import toml_lines
from harness.configuration.kinds import AtLeastOne, Flag, KeyRelation, Text
from harness.files import UnusableFile, require_pem
from harness.http_client import PinMismatch
from harness.targets.reading import File, TargetFileReader

_PREFIX = "sha256:"
SHOW_S = 5.0
"""A server has to show its certificate by then."""


def fingerprint_from(text: str) -> bytes:
    """The 32 bytes of `sha256:AB:CD…`, with or without colons."""
    return bytes.fromhex(text.removeprefix(_PREFIX).replace(":", ""))


_Fingerprint = Annotated[
    bytes,
    Text(
        r"^sha256:([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$|^sha256:[0-9A-Fa-f]{64}$",
        'a fingerprint of 32 bytes, such as "sha256:AB:CD…"',
        fingerprint_from,
    ),
]
_WAYS = ("ca_file", "fingerprints", "insecure")


@dataclass(frozen=True, slots=True)
class Trust:
    """Which certificates are trusted, and what is shown to a server that asks for one.

    A file says it so, with paths that start at its folder.
    """

    ca_file: File = None
    """The certificates to trust, in PEM, in place of the machine's own."""
    insecure: Annotated[bool, Flag()] = False
    """Trust any certificate."""
    fingerprints: Annotated[frozenset[_Fingerprint], AtLeastOne()] = frozenset()
    """Trust these certificates alone, by the SHA-256 of the one that a server shows; neither its
    chain, its name nor its dates count then."""
    cert_file: File = None
    """The certificate to show to a server that asks for one, in PEM."""
    key_file: Annotated[File, KeyRelation(needs=("cert_file",))] = None
    """Its private key, in PEM, if that is not in `cert_file`."""

    def context(self) -> ssl.SSLContext:
        """What a TLS client checks certificates with. Raises `UnusableFile` or `OSError`."""
        require_pem(self.ca_file, self.cert_file, self.key_file)
        unchecked = self.insecure or self.fingerprints
        context = _unchecked() if unchecked else ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file is not None:
            # Without an answer, OpenSSL would ask on the terminal for the key's password.
            context.load_cert_chain(self.cert_file, self.key_file, password=lambda: "")
        return pinned(context, self.fingerprints) if self.fingerprints else context


def read_trust(reading: TargetFileReader, said: Trust, path: toml_lines.Path) -> Trust:
    """The trust that a table at `path` says; its files are tried, where their lines are known."""
    named = [way for way in _WAYS if getattr(said, way)]
    if len(named) > 1:
        shown = {"insecure": "insecure = true"}
        first, second = (shown.get(way, way) for way in named[:2])
        reading.flaw(
            (*path, named[1]), f"{first} and {second} contradict each other", "remove one of them"
        )
    trust = reading.located(said, "ca_file", "cert_file", "key_file")
    if trust.ca_file is not None:
        _try(reading, Trust(trust.ca_file), (*path, "ca_file"), "certificate")
    if trust.cert_file is not None:
        shown_one = Trust(cert_file=trust.cert_file, key_file=trust.key_file)
        what = "certificate with its key (without a password)"
        _try(reading, shown_one, (*path, "cert_file"), what)
    return trust


def _try(reading: TargetFileReader, trust: Trust, path: toml_lines.Path, what: str) -> None:
    """See whether the files can be used."""
    try:
        trust.context()
    except (OSError, UnusableFile) as error:
        told = f"{trust.cert_file or trust.ca_file} cannot be used: it holds no {what}"
        reading.flaw(
            path,
            error.told if isinstance(error, UnusableFile) else told,
            f"correct the path to a file with {what} in PEM (a relative one starts at the target"
            " file's folder)",
        )


def describe_fingerprint(digest: bytes) -> str:
    """A fingerprint as a target file has it."""
    return f"{_PREFIX}{digest.hex(':').upper()}"


def fingerprint_of(certificate: bytes) -> bytes:
    """The fingerprint of a certificate in DER."""
    return sha256(certificate).digest()


def pinned(context: ssl.SSLContext, fingerprints: Collection[bytes]) -> ssl.SSLContext:
    """The context, whose every handshake raises `PinMismatch` of a certificate but these."""

    def check(shown: bytes | None) -> None:
        digest = fingerprint_of(shown or b"")
        if shown is None or digest not in fingerprints:
            expected = tuple(map(describe_fingerprint, sorted(fingerprints)))
            raise PinMismatch(describe_fingerprint(digest), expected)

    class PinnedSocket(ssl.SSLSocket):
        """A connection over a socket."""

        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            check(self.getpeercert(binary_form=True))

    class PinnedObject(ssl.SSLObject):
        """A connection over buffers, as event loops have it."""

        def do_handshake(self) -> None:
            super().do_handshake()
            check(self.getpeercert(binary_form=True))

    context.sslsocket_class = PinnedSocket
    context.sslobject_class = PinnedObject
    return context


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def certificate_shown(url: str) -> str:
    """The fingerprint of the certificate that a server shows, whoever signed it; or `OSError`."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    host, until = parts.hostname or "", time.monotonic() + SHOW_S
    with socket.create_connection((host, parts.port or 443), SHOW_S) as plain:
        plain.settimeout(max(until - time.monotonic(), 0.1))
        with _unchecked().wrap_socket(plain, server_hostname=host) as connection:
            shown = connection.getpeercert(binary_form=True) or b""
    return describe_fingerprint(fingerprint_of(shown))
