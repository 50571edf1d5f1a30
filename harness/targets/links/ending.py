"""The certificate that the proxy ends TLS with."""

from __future__ import annotations

import ssl
from pathlib import Path


def ending_context(cert_file: Path, key_file: Path | None) -> ssl.SSLContext:
    """What TLS is ended with.

    Raises:
        OSError: the files cannot be read, or hold no certificate with its key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Without an answer, OpenSSL would ask on the terminal for the key's password.
    context.load_cert_chain(cert_file, key_file, password=lambda: "")
    return context
