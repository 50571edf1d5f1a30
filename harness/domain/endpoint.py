"""The Palette API endpoint that an operator enters, and the forms that a run tries.

Source: `#send-pairing-request-from-local-cluster` step 4; requirements SND-8, PRE-6.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from harness.domain.errors import Reason, Refusal

PORTS: Final = {"https": 443, "http": 80}
"""The port of an address that names none, by its scheme."""

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*")


class EndpointForm(StrEnum):
    """The ways in which an endpoint may be given. Only the first four are usable."""

    USABLE = "usable"
    BARE_HOST = "bare-host"
    URL = "url"
    PLAIN_HTTP = "plain-http"
    MISSING = "missing"
    MALFORMED = "malformed"
    UNRESOLVABLE = "unresolvable"
    REFUSING = "refusing"
    SILENT = "silent"
    STRANGER = "not-a-palette"
    UNTRUSTED = "untrusted"
    """A Palette whose certificate nobody trusts: usable only where `insecure` is asked for."""

    @property
    def is_trouble(self) -> bool:
        """Whether an endpoint of this form is refused (PRE-6)."""
        return self not in tuple(EndpointForm)[:4]


@lru_cache(maxsize=4096)
def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address, as far as it has them; what is below it is no matter.

    Raises:
        ValueError: it is no address.
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme)


@lru_cache(maxsize=1024)
def base_url(endpoint: str) -> str:
    """The base URL that an entered endpoint stands for; a bare host means HTTPS.

    Raises:
        Refusal: it is missing, or malformed (PRE-6); the message says what is wrong.
    """
    text = endpoint.strip()
    if not text:
        raise Refusal(Reason.ENDPOINT_UNUSABLE, "the Palette endpoint is missing: enter its URL")
    candidate = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(candidate)
        port = parts.port
    except ValueError as error:
        raise _malformed(text, str(error)) from None
    if parts.scheme not in ("http", "https"):
        raise _malformed(text, f"the scheme {parts.scheme} is neither https nor http")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise _malformed(text, "it has no valid host name")
    if parts.username or parts.password:
        raise _malformed(text, "it must not hold a user name or a password")
    host = parts.hostname if port is None else f"{parts.hostname}:{port}"
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"


def _malformed(endpoint: str, why: str) -> Refusal:
    return Refusal(
        Reason.ENDPOINT_UNUSABLE,
        f"the Palette endpoint {endpoint!r} is malformed: {why}",
        endpoint=endpoint,
    )
