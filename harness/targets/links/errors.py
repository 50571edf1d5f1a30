"""What can go wrong with a link fault itself.

PairproofError
+-- LinkError            a link cannot be cut, or mended: what, and what to do
    +-- ProxyCannotListen  the proxy's address cannot be listened on
    +-- ProxyDied          the fault proxy has ended, though nobody closed it
"""

from __future__ import annotations

from harness.domain.errors import PairproofError


class LinkError(PairproofError):
    """A link cannot be cut, or mended; the message says what to do."""


class ProxyCannotListen(LinkError):
    """The proxy's address cannot be listened on; the message says which and why."""


class ProxyDied(LinkError):
    """The fault proxy has ended, though nobody closed it, so nothing reaches Palette any more."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the fault proxy has ended: {why}; what was judged since then is worth nothing, so"
            " start the run again"
        )
        self.why = why
