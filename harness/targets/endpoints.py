"""The bad endpoints that a run enters on purpose (PRE-6).

refusing   a port that is taken and does not listen, so that nobody else can answer there
silent     accepts, and never answers
stranger   a web server that answers 200 and a page to everything; it is no Palette
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Mapping
from contextlib import ExitStack

from harness.domain.endpoint import EndpointForm
from harness.loopback import LOOPBACK
from harness.targets.port import TargetUnusable

EVERYWHERE: Mapping[EndpointForm, str] = {
    EndpointForm.MISSING: "",
    EndpointForm.MALFORMED: "https://:not a host/",
    EndpointForm.UNRESOLVABLE: "https://no-such-host.invalid",
}
"""What is unusable wherever it is entered; `.invalid` is reserved never to resolve."""

_PAGE = b"<!doctype html><title>Welcome</title><p>This is a web site, and no Palette.\n"
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_PAGE), _PAGE)
)
_READ_BYTES = 65_536


class BadEndpoints:
    """Serves the bad endpoints from one thread until it is closed. May be closed twice.

    They listen on `bind`, are reached as `host`, and take three ports from `port` on, or free ones.
    Raises `TargetUnusable`: they cannot be listened on there.
    """

    def __init__(self, bind: str = LOOPBACK, host: str = LOOPBACK, port: int = 0) -> None:
        self._host = f"[{host}]" if ":" in host else host
        with ExitStack() as held:
            ports = [port + n if port else 0 for n in range(3)]
            # Nobody else may take a port that does not listen, so that one is not shared.
            bound = [held.enter_context(_bound(bind, p, n > 0)) for n, p in enumerate(ports)]
            held.pop_all()
        self._refusing, self._silent, self._stranger = bound
        for listener in (self._silent, self._stranger):
            listener.listen(64)
            listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        for listener in (self._silent, self._stranger, self._woken):
            self._selector.register(listener, selectors.EVENT_READ)
        self._thread = threading.Thread(
            target=self._serve, name="pairproof-bad-endpoints", daemon=True
        )
        self._thread.start()

    def forms(self) -> dict[EndpointForm, str]:
        """The addresses by the form that each is an example of."""
        return {
            EndpointForm.REFUSING: f"https://{self._host}:{_port(self._refusing)}",
            EndpointForm.SILENT: f"https://{self._host}:{_port(self._silent)}",
            # Plain HTTP: over HTTPS it would be its certificate that is refused.
            EndpointForm.STRANGER: f"http://{self._host}:{_port(self._stranger)}",
        }

    def close(self) -> None:
        """Stop the thread and let go of every port and connection."""
        self._wake.close()
        self._thread.join()

    def _serve(self) -> None:
        """Answer until the waking socket says that it is over."""
        visitors: dict[socket.socket, bool] = {}  # and whether they have still to be answered
        while True:
            for key, _ in self._selector.select():
                ready = key.fileobj
                if ready is self._woken:
                    self._selector.close()
                    ours = (self._woken, self._refusing, self._silent, self._stranger)
                    for held in (*visitors, *ours):
                        held.close()
                    return
                if ready is self._silent or ready is self._stranger:
                    self._welcome(ready, visitors)
                elif isinstance(ready, socket.socket):
                    self._attend(ready, visitors)

    def _welcome(self, listener: socket.socket, visitors: dict[socket.socket, bool]) -> None:
        try:
            visitor, _ = listener.accept()
        except OSError:
            return  # it went away before it was let in
        visitor.setblocking(False)
        visitors[visitor] = listener is self._stranger
        self._selector.register(visitor, selectors.EVENT_READ)

    def _attend(self, visitor: socket.socket, visitors: dict[socket.socket, bool]) -> None:
        """Take what a visitor says; answer once, or not at all. One who leaves is let go."""
        try:
            said = visitor.recv(_READ_BYTES)
            if said and visitors[visitor]:
                visitors[visitor] = False
                visitor.send(_ANSWER)
                # Not closed: what is still on its way here would reset the connection.
                visitor.shutdown(socket.SHUT_WR)
        except OSError:
            said = b""
        if not said:
            self._selector.unregister(visitor)
            del visitors[visitor]
            visitor.close()


def _bound(bind: str, port: int, reuse: bool) -> socket.socket:
    taken = socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
    try:
        taken.bind((bind, port))
    except OSError as error:
        taken.close()
        raise TargetUnusable(
            f"a bad endpoint cannot be served on {bind}:{port} ({error.strerror}); correct"
            " peer.bind or peer.port of the target file"
        ) from error
    return taken


def _port(taken: socket.socket) -> int:
    port: int = taken.getsockname()[1]
    return port


def usable_forms(endpoint: str) -> dict[EndpointForm, str]:
    """The endpoint as it is, as a bare host where that means the same, and as a URL."""
    forms = {EndpointForm.USABLE: endpoint}
    scheme, separator, rest = endpoint.partition("://")
    if not separator:
        return {**forms, EndpointForm.BARE_HOST: endpoint, EndpointForm.URL: f"https://{endpoint}"}
    forms[EndpointForm.URL] = endpoint
    if scheme == "https":
        forms[EndpointForm.BARE_HOST] = rest.rstrip("/")
    if scheme == "http":
        forms[EndpointForm.PLAIN_HTTP] = endpoint
    return forms
