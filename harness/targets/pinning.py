"""TLS that goes by a server's own certificate alone: its SHA-256 is known beforehand.

The check is made within each handshake, before a byte of a request goes out; whatever makes the
connection (sockets, asyncio, uvloop) goes through the context.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection
from hashlib import sha256

_PREFIX = "sha256:"


class PinMismatch(ssl.SSLError):
    """A server shows another certificate than the one that was pinned.

    Attributes:
        found: the fingerprint of what it shows.
        expected: the fingerprints that will do.
    """

    def __init__(self, found: str, expected: tuple[str, ...]) -> None:
        super().__init__(f"the certificate is {found}, and {' or '.join(expected)} is expected")
        self.found = found
        self.expected = expected


def fingerprint_from(text: str) -> bytes:
    """The 32 bytes of `sha256:AB:CD…`, with or without colons."""
    return bytes.fromhex(text.removeprefix(_PREFIX).replace(":", ""))


def fingerprint_in_words(digest: bytes) -> str:
    """A fingerprint as a target file has it."""
    return f"{_PREFIX}{digest.hex(':').upper()}"


def fingerprint_of(certificate: bytes) -> bytes:
    """The fingerprint of a certificate in DER."""
    return sha256(certificate).digest()


def pinned(context: ssl.SSLContext, fingerprints: Collection[bytes]) -> ssl.SSLContext:
    """The context, whose every handshake fails unless the certificate is one of these.

    Raises (at a handshake):
        PinMismatch: it is another one, or none.
    """

    def check(shown: bytes | None) -> None:
        digest = fingerprint_of(shown or b"")
        if shown is None or digest not in fingerprints:
            expected = tuple(map(fingerprint_in_words, sorted(fingerprints)))
            raise PinMismatch(fingerprint_in_words(digest), expected)

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
