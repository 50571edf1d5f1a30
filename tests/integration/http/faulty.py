"""Targets that misbehave, each named by its fault, on real sockets."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PAUSE_S = 0.02
Behave = Callable[["Visit"], None]


@dataclass
class Visit:
    """One connection to a faulty target."""

    connection: socket.socket
    stopping: threading.Event
    heads: list[bytes]

    def head(self) -> bytes:
        """The head of a request, which is remembered; empty when the client has left."""
        read = b""
        while b"\r\n\r\n" not in read:
            more = self.connection.recv(65_536)
            if not more:
                return b""
            read += more
        self.heads.append(read)
        return read

    def say(self, text: bytes) -> None:
        self.connection.sendall(text)

    def until_left(self) -> None:
        """Wait until the client leaves or the target is stopped."""
        self.connection.settimeout(PAUSE_S)
        while not self.stopping.is_set():
            with suppress(TimeoutError):
                if not self.connection.recv(65_536):
                    return

    def leave(self) -> None:
        """Close as a server does that has read all: what is left unread makes it a reset."""
        self.connection.shutdown(socket.SHUT_WR)
        self.until_left()

    def pause(self) -> bool:
        """Wait a moment; whether the target goes on."""
        return not self.stopping.wait(PAUSE_S)


@dataclass
class Faulty:
    """A target that is running."""

    url: str
    heads: list[bytes] = field(default_factory=list)
    """The heads of the requests that came."""


@contextmanager
def running(behave: Behave, tls: ssl.SSLContext | None = None) -> Iterator[Faulty]:
    """A target on loopback that treats each connection so, in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(PAUSE_S)
    scheme = "http" if tls is None else "https"
    faulty = Faulty(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
    stopping = threading.Event()
    threads: list[threading.Thread] = []

    def visit(connection: socket.socket) -> None:
        # A client that leaves in the middle is what most of these targets are about.
        with suppress(OSError), connection:
            if tls is not None:
                connection = tls.wrap_socket(connection, server_side=True)
            with connection:
                behave(Visit(connection, stopping, faulty.heads))

    def accept() -> None:
        while not stopping.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=visit, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield faulty
    finally:
        stopping.set()
        accepting.join()
        for thread in threads:
            thread.join()
        listener.close()


def answer(status: str, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    """A whole answer with its length."""
    lines = (
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


def always(reply: bytes) -> Behave:
    """Answers everything so, and keeps the connection."""

    def behave(visit: Visit) -> None:
        while visit.head():
            visit.say(reply)

    return behave


def in_turn(*replies: bytes) -> Behave:
    """Answers with one after the other, the last one again and again, over all connections."""
    waiting = list(replies)

    def behave(visit: Visit) -> None:
        while visit.head():
            visit.say(waiting.pop(0) if len(waiting) > 1 else waiting[0])

    return behave


def hangs(visit: Visit) -> None:
    """Takes the request and never answers."""
    visit.head()
    visit.until_left()


def resets(visit: Visit) -> None:
    """Resets the connection once the request has come."""
    visit.head()
    visit.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes(visit: Visit) -> None:
    """Closes the connection without a word."""
    visit.head()
    visit.leave()


def cuts_off(visit: Visit) -> None:
    """Promises more than it sends, and closes."""
    visit.head()
    visit.say(answer("200 OK", b'{"items": []}').replace(b"13", b"99"))
    visit.leave()


def trickles_head(visit: Visit) -> None:
    """Sends a header that never ends, a byte now and then."""
    visit.head()
    visit.say(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while visit.pause():
        visit.say(b"a")


def trickles_body(visit: Visit) -> None:
    """Sends a body that never ends, a byte now and then."""
    visit.head()
    visit.say(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while visit.pause():
        visit.say(b" ")


def never_ends(visit: Visit) -> None:
    """Sends as much as it can, for ever."""
    visit.head()
    visit.say(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while not visit.stopping.is_set():
        visit.say(b" " * 65_536)


def announces_a_gigabyte(visit: Visit) -> None:
    """Says that a gigabyte comes, and sends it."""
    visit.head()
    visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    while not visit.stopping.is_set():
        visit.say(b" " * 65_536)


def floods_headers(visit: Visit) -> None:
    """Sends headers without end, as fast as it can."""
    visit.head()
    visit.say(b"HTTP/1.1 200 OK\r\n")
    while not visit.stopping.is_set():
        visit.say(b"X-Header: a value\r\n" * 1_000)


def speaks_no_http(visit: Visit) -> None:
    """Answers as a mail server does."""
    visit.say(b"220 mail.example ESMTP\r\n")
    visit.head()
    visit.say(b"500 what is GET?\r\n\r\n")
    visit.until_left()


def speaks_no_tls(visit: Visit) -> None:
    """Answers whatever it is greeted with in plain HTTP."""
    visit.connection.recv(65_536)
    visit.say(answer("400 Bad Request", b""))
    visit.until_left()


def turns_in_a_circle(visit: Visit) -> None:
    """Redirects to itself."""
    while visit.head():
        visit.say(answer("302 Found", b"", "Location: /again"))
