"""What a first target file takes from others: a document, and the certificate of a server."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from harness.targets.drafting.openapi import (
    DOCUMENT_BYTES_MAX,
    Document,
    OpenApiError,
    read_document,
)
from harness.targets.pinning import fingerprint_in_words, fingerprint_of
from harness.targets.transport import HttpClient, NoAnswer
from harness.wire.http import HttpRequest

FETCH_S: Final = 20.0
"""A document has to be here by then, however slowly it comes."""
SHOW_S: Final = 5.0
_HELP: Final = "download it with a tool of yours, and give the file"


def document_from(place: str, within_s: float = FETCH_S) -> Document:
    """The OpenAPI document of a file, or at an address.

    Raises:
        OpenApiError: it cannot be had, or cannot be used.
    """
    if place.startswith(("http://", "https://")):
        return read_document(_fetched(place, within_s), place)
    try:
        with Path(place).open("rb") as file:
            return read_document(file.read(DOCUMENT_BYTES_MAX + 1), place)
    except OSError as error:
        remedy = "give a file, or an address that begins with https:// or http://"
        raise OpenApiError(place, f"it cannot be read ({error.strerror})", remedy) from error


def _fetched(url: str, within_s: float) -> bytes:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError as error:
        raise OpenApiError(url, f"it is no address ({error})", _HELP) from error
    if not usable:
        raise OpenApiError(parts.hostname or "", "it is no address to ask", _HELP)
    base = f"{parts.scheme}://{parts.netloc}"
    context = ssl.create_default_context()
    client = HttpClient(context, SHOW_S, body_bytes_max=DOCUMENT_BYTES_MAX)
    try:
        query = f"?{parts.query}" if parts.query else ""
        request = HttpRequest("GET", f"{parts.path or '/'}{query}")
        sent = client.prepare(base, request, {"Accept": "application/json"})
        answer = client.exchange(base, sent, within_s)
    except NoAnswer as error:
        raise OpenApiError(url, str(error), _HELP) from error
    finally:
        client.close()
    if answer.status != 200:
        where = answer.header("location")
        told = f"it is answered with {answer.status}"
        told += f" and leads to {where}" if where else ""
        raise OpenApiError(url, told, f"give the address of the document, or {_HELP}")
    return answer.body


def certificate_shown(url: str, within_s: float = SHOW_S) -> str:
    """The fingerprint of the certificate that a server shows, whoever signed it.

    Raises:
        OSError: nobody answers there, in time and over TLS; the message is for people.
    """
    parts = urlsplit(url if "://" in url else f"https://{url}")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host, until = parts.hostname or "", time.monotonic() + within_s
    with socket.create_connection((host, parts.port or 443), within_s) as plain:
        plain.settimeout(max(until - time.monotonic(), 0.1))
        with context.wrap_socket(plain, server_hostname=host) as connection:
            return fingerprint_in_words(
                fingerprint_of(connection.getpeercert(binary_form=True) or b"")
            )
