"""The Palette endpoint taken apart, and the proxy's in its place."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.domain.arrangements import Arrangement, DisturbMessages, FaultNextMessage, SetLink
from harness.domain.endpoint import base_url
from harness.domain.errors import Refusal
from harness.targets.links.errors import LinkError
from harness.targets.links.settings import Links, Tls

OVER_LINKS: frozenset[type[Arrangement]] = frozenset({SetLink, FaultNextMessage, DisturbMessages})
"""What a scenario arranges that has to go over the proxy."""

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class PaletteEndpoint:
    """Where the edge hosts find Palette, as an operator enters it."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @classmethod
    def of(cls, endpoint: str) -> PaletteEndpoint:
        """What an endpoint stands for.

        Raises:
            LinkError: it is none.
        """
        try:
            parts = urlsplit(base_url(endpoint))
        except Refusal as error:
            raise LinkError(
                f"no proxy can stand before {endpoint!r}: {error}; correct central.endpoint"
            ) from error
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.scheme, parts.hostname or "", port, parts.path)

    @property
    def is_tls(self) -> bool:
        """Whether Palette speaks HTTPS there."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """What the Host header names."""
        usual = _PORTS[self.scheme] == self.port
        return self.host if usual else f"{self.host}:{self.port}"

    def through(self, links: Links, port: int) -> str:
        """The endpoint that operators enter in its place, to go over the proxy on this port."""
        scheme = "https" if links.tls is Tls.END else self.scheme
        return f"{scheme}://{links.host}:{port}{self.path}"


def is_readable(endpoint: PaletteEndpoint, links: Links) -> bool:
    """Whether the proxy can read the messages: they are not encrypted, or it ends TLS itself."""
    return links.tls is Tls.END or not endpoint.is_tls
