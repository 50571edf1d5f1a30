"""The certificates that a reference shows: of a CA of its own, or ones that are given."""

from __future__ import annotations

import os
import ssl
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Self

import trustme

from harness.domain.errors import PairproofError
from harness.files import PEM, read_bytes, read_text, require_pem

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


class CertificateError(PairproofError):
    """A certificate, or a CA that was kept, cannot be used; says which, why and what to do."""


def _unusable(file: str, _: int, problem: str, remedy: str) -> CertificateError:
    return CertificateError(f"{file}: {problem}; {remedy}")


_PEM = replace(PEM, error=_unusable)
_MADE_ANEW = "remove the CA and its key, and install the CA that is made next"
_CA_KEY = replace(
    PEM, error=lambda file, _, why, __: _unusable(file, 0, why, _MADE_ANEW), private=True
)


class Certificates:
    """A certificate authority, made at start unless one is handed in."""

    def __init__(self, authority: trustme.CA | None = None) -> None:
        self._ca = authority or trustme.CA(organization_name="pairproof")

    @classmethod
    def kept(cls, ca_file: Path) -> Self:
        """The authority that is kept in a file and the private key beside it (`.key`).

        Both are made when the certificate is not there: whoever trusts it has to install it once.

        Raises:
            CertificateError: they cannot be read or written, or others can read the key.
        """
        key_file = ca_file.with_suffix(".key")
        try:
            if ca_file.exists():
                return cls(_authority(ca_file, key_file))
            made = trustme.CA(organization_name="pairproof")
            _write(key_file, made.private_key_pem.bytes(), 0o600)
            _write(ca_file, made.cert_pem.bytes(), 0o644)
        except OSError as error:
            told = f"{error.filename or ca_file}: {error.strerror or error}"
            raise CertificateError(
                f"a CA cannot be kept: {told}; give another path, or remove what is left there"
            ) from error
        return cls(made)

    def server_context(self, *names: str) -> ssl.SSLContext:
        """A context for a server with these names; without any, the loopback's."""
        context = _bare_context()
        self._ca.issue_cert(*(names or LOCAL_NAMES)).configure_cert(context)
        return context

    def write_ca(self, path: Path) -> Path:
        """Write the authority's certificate as PEM, for clients to trust; hand back the path."""
        self._ca.cert_pem.write_to_path(path)
        return path


def given_context(cert_file: Path, key_file: Path | None, host: str) -> ssl.SSLContext:
    """A context for a server that shows the first certificate of a file, with its key.

    A handshake is tried with it: whoever reaches the server as `host` would refuse a
    certificate that is expired, or has another name.

    Raises:
        CertificateError: it cannot be used; says why and what to do.
    """
    context = _bare_context()
    require_pem(key_file, kind=_PEM)
    chain = read_text(cert_file, _PEM)
    try:
        context.load_cert_chain(cert_file, key_file, password=lambda: "")
        _try(context, chain, host)
    except ssl.SSLCertVerificationError as error:
        raise CertificateError(
            f"{cert_file}: nobody would trust it as {host} ({error.verify_message}); give one that"
            " is valid now and has this name, or another host name"
        ) from error
    except ssl.SSLError as error:
        raise CertificateError(
            f"{cert_file}: holds no certificate with its key, without a password ({error.reason});"
            " give both in PEM"
        ) from error
    return context


def fingerprint(cert_file: Path) -> str:
    """The SHA-256 of the first certificate of a file, as a target file has it."""
    der = ssl.PEM_cert_to_DER_cert(_first(read_text(cert_file, _PEM)))
    return f"sha256:{sha256(der).hexdigest()}"


def _first(pem: str) -> str:
    """The first certificate of a text, which may hold its key and others as well."""
    begin, end = ssl.PEM_HEADER, ssl.PEM_FOOTER
    return begin + pem.partition(begin)[2].partition(end)[0] + end


def trusting(cert_file: Path) -> ssl.SSLContext:
    """What a client checks certificates with that trusts these, besides the machine's own.

    Raises:
        CertificateError: the file cannot be read.
        OSError: it holds no certificate.
    """
    require_pem(cert_file, kind=_PEM)
    context = ssl.create_default_context()
    context.load_verify_locations(cert_file)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _try(server: ssl.SSLContext, chain: str, host: str) -> None:
    """A handshake in memory, with a client that trusts whoever signed the certificate."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=chain)
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    done = [False, False]
    while not all(done):
        for n, end in enumerate(ends):
            try:
                end.do_handshake()
                done[n] = True
            except ssl.SSLWantReadError:
                continue


def _bare_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _authority(ca_file: Path, key_file: Path) -> trustme.CA:
    try:
        return trustme.CA.from_pem(read_bytes(ca_file, _PEM), read_bytes(key_file, _CA_KEY))
    except ValueError as error:
        raise CertificateError(
            f"{ca_file}: this and {key_file.name} are no CA and its key; remove both, and a CA is"
            " made anew"
        ) from error


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file that was not there; nobody reads it before it has its mode."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
