"""TLS sessions taken up again: a second connection to an address need not prove all afresh.

asyncio hands no session to a handshake. A context may name the class of its TLS objects, and
that class takes the session up.
"""

from __future__ import annotations

import ssl
from typing import ClassVar


class _Resuming(ssl.SSLObject):
    """A TLS object that begins with the session last seen for its host name."""

    sessions: ClassVar[dict[str, ssl.SSLSession]]
    _has_begun = False

    def do_handshake(self) -> None:
        """Shake hands; the first call takes up a session, if there is one."""
        if not self._has_begun:
            self._has_begun = True
            session = self.sessions.get(self.server_hostname or "")
            if session is not None:
                self.session = session
        super().do_handshake()


def resume_sessions(context: ssl.SSLContext) -> None:
    """Let new connections of this context take up sessions that `remember` saw.

    What the context's own class checks at a handshake is checked as before, such as a pin.
    """
    own = context.sslobject_class
    if not issubclass(own, _Resuming):
        context.sslobject_class = type("_ResumingHere", (_Resuming, own), {"sessions": {}})


def remember(tls_object: object) -> None:
    """Keep the session of a connection over which an answer came.

    Only then: with TLS 1.3 a session can be taken up once the other side has sent a ticket.
    """
    if not isinstance(tls_object, _Resuming) or not tls_object.server_hostname:
        return
    session = tls_object.session
    if session is not None and session.has_ticket:
        tls_object.sessions[tls_object.server_hostname] = session
