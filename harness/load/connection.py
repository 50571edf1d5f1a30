"""One HTTP/1.1 connection: a request at a time, kept open between them, and the timer of all.

The fast lane of the load: an answer comes by callback, with no task and no future. A connection
is its own record of the exchange under way, so that none is made for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from harness.load.errors import NotSent, Times, what_failed
from harness.wire.http import BODY_BYTES_MAX, HttpResponse

Clock: TypeAlias = Callable[[], int]
"""Nanoseconds by a clock that is never set."""

TICK_NS: Final = 10_000_000
"""So much later than its deadline, at most, something is noticed to be late."""


class Expiring(Protocol):
    """What has a deadline that may move."""

    def expire(self, now_ns: int) -> int:
        """Act if the deadline is over; return when to look again, or 0 for never."""


class DeadlineWheel:
    """Asks what was added whether it is over, never before its deadline.

    A request a connection at a time has one entry a connection here, however many requests
    there are: an entry whose deadline has moved on is put where it belongs when its turn comes.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, tick_ns: int = TICK_NS):
        self._loop = loop
        self._clock = clock
        self._tick_ns = tick_ns
        self._slots: dict[int, list[Expiring]] = {}
        self._turned = clock() // tick_ns
        self._timer: asyncio.TimerHandle | None = None

    def add(self, deadline_ns: int, what: Expiring) -> None:
        """Ask `what` once the deadline is over."""
        tick = max(deadline_ns // self._tick_ns, self._turned) + 1
        self._slots.setdefault(tick, []).append(what)
        if self._timer is None:
            self._wait()

    def _wait(self) -> None:
        self._timer = self._loop.call_later(self._tick_ns / 1e9, self.turn)

    def turn(self) -> None:
        """Ask all whose tick is over."""
        now = self._clock()
        self._turned = max(now // self._tick_ns, self._turned)
        for tick in sorted(tick for tick in self._slots if tick <= self._turned):
            for what in self._slots.pop(tick):
                again = what.expire(now)
                if again:
                    self.add(again, what)
        self.stop()
        if self._slots:
            self._wait()

    def stop(self) -> None:
        """Let go of the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


_FRAMING_BYTES_MAX: Final = 256 * 1024
"""A head of an answer, and what is said in advance of it, is no larger together."""

_WIRE_BYTES_PER_BYTE: Final = 6
"""A chunk of one byte takes six."""

_ENDS_ITSELF: Final = frozenset({b"content-length", b"transfer-encoding"})


def nobody(connection: Connection) -> None:
    """What is called where no request is under way."""


class Connection(asyncio.Protocol):
    """A connection, and the last exchange over it.

    Attributes:
        status: the answer's status; 0 where there is no whole answer.
        failure: why there is none, as the end of a sentence; empty where there is one.
        was_sent: the request may have reached the other side.
        answers: how many came over it.
        body_bytes: how long the answer's body is, or was so far.
    """

    __slots__ = (
        "_body", "_clock", "_deadline_ns", "_done", "_due_ns", "_fields", "_in_body", "_is_busy",
        "_is_kept", "_is_whole", "_method_is_head", "_on_close", "_parser", "_received",
        "_received_max", "_surplus", "_transport", "_wheel", "answers", "body_bytes",
        "body_bytes_max", "end_ns", "failure", "first_ns", "intended_ns", "sent_ns", "status",
        "was_sent"
    )  # fmt: skip

    def __init__(
        self,
        wheel: DeadlineWheel,
        clock: Clock,
        body_bytes_max: int = BODY_BYTES_MAX,
        on_close: Callable[[Connection], None] = nobody,
    ) -> None:
        """Make it; `on_close` is called once, when it is closed and its last exchange is over."""
        self._wheel = wheel
        self._clock = clock
        self._on_close = on_close
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._done: Callable[[Connection], None] = nobody
        self._deadline_ns = self._due_ns = self.answers = 0
        self._is_busy = self._method_is_head = False
        self.body_bytes_max = body_bytes_max
        self._received_max = _WIRE_BYTES_PER_BYTE * body_bytes_max + _FRAMING_BYTES_MAX
        self._start(0)

    def _start(self, intended_ns: int) -> None:
        self.intended_ns = intended_ns
        self.sent_ns = self.first_ns = self.end_ns = 0
        self.status = self.body_bytes = self._received = 0
        self.failure = ""
        self.was_sent = False
        self._is_whole = self._in_body = self._surplus = False
        self._is_kept = True
        self._fields: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []

    # --- what a caller does ---------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a request may be sent, as far as this side knows."""
        return self._transport is not None and not self._transport.is_closing()

    def ask(
        self, message: bytes, done: Callable[[Connection], None], intended_ns: int, deadline_ns: int
    ) -> None:
        """Send a request, and call `done` once its answer is there, or there will be none.

        `done` is called from the event loop, never from in here, and may ask again at once.

        Raises:
            NotSent: the connection is closed, or its last request has no answer yet.
        """
        transport = self._transport
        if transport is None or self._is_busy or transport.is_closing():
            why = "has a request under way" if self._is_busy else "is closed"
            raise NotSent(f"the connection {why}, so nothing was sent", Times(intended_ns))
        self._start(intended_ns)
        self._done = done
        self._is_busy = self.was_sent = True
        self._method_is_head = message.startswith(b"HEAD ")
        self._deadline_ns = deadline_ns
        if not self._due_ns or deadline_ns < self._due_ns:
            self._due_ns = deadline_ns
            self._wheel.add(deadline_ns, self)
        self.sent_ns = self._clock()
        transport.write(message)

    def times(self) -> Times:
        """When the exchange got how far."""
        return Times(self.intended_ns, self.sent_ns, self.first_ns, self.end_ns)

    @property
    def body(self) -> bytes:
        """The answer's body."""
        return b"".join(self._body)

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers by lower-case name; those of one name in one, by commas."""
        found: dict[str, str] = {}
        for name, value in self._fields:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
        return found

    def response(self) -> HttpResponse:
        """The whole answer."""
        return HttpResponse(self.status, self.headers, self.body)

    def close(self, why: str = "this side closed the connection") -> None:
        """Close it, at once; a request under way stays without an answer."""
        if self._transport is not None:
            self._transport.abort()
        self._fail(why)

    def extra(self, name: str) -> object:
        """What the transport knows of itself, such as `ssl_object`."""
        return None if self._transport is None else self._transport.get_extra_info(name)

    # --- what the transport does ----------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if not self._is_busy:
            self.close()
            return
        if not self.first_ns:
            self.first_ns = self._clock()
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._surplus = True
            if not self._is_whole:
                told = f"what came is no answer of HTTP/1.1 ({error})"
                why = f"{told}; does something else listen there?"
                if isinstance(error, HttpParserUpgrade):
                    why = "it switched to another protocol, which nobody asked for"
                self.close(why)
                return
        if self._is_whole:
            self._finish()
        elif self._received > self._received_max or self.body_bytes > self.body_bytes_max:
            self.close(f"the answer is too large: more than {self.body_bytes_max} bytes")

    def eof_received(self) -> bool:
        """The other side is done; that ends an answer that does not say how long it is."""
        says_where = any(name.lower() in _ENDS_ITSELF for name, _ in self._fields)
        if self._is_busy and self._in_body and not says_where:
            self._is_whole, self._is_kept = True, False
            self.status = self._parser.get_status_code()
            self._finish()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed, by whichever side."""
        self._transport = None
        if exc is not None:
            self._fail(what_failed(exc))
        elif self.first_ns:
            self._fail("the connection was closed in the middle of an answer; look at its log")
        else:
            self._fail("the connection was closed before an answer came; look at its log")
        on_close, self._on_close = self._on_close, nobody
        on_close(self)

    def expire(self, now_ns: int) -> int:
        """Give up a request whose time is over (`harness.load.connection.Expiring`)."""
        if now_ns < self._due_ns:  # an entry from before; another one is on the wheel
            return 0
        self._due_ns = 0
        if self._is_busy and now_ns < self._deadline_ns:
            self._due_ns = self._deadline_ns
        elif self._is_busy:
            began = "whole answer" if self.first_ns else "answer"
            within_s = round((self._deadline_ns - self.sent_ns) / 1e9, 2)
            self.close(
                f"no {began} came within {within_s:g} s; check that it is running and not stuck"
            )
        return self._due_ns

    # --- what the parser does -------------------------------------------------------------

    def on_message_begin(self) -> None:
        """An answer begins."""
        if self._is_whole:
            self._surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header came, or what trails a body and is not read."""
        if not self._in_body:
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is there."""
        if not self._is_whole and self._parser.get_status_code() >= 200:
            self._in_body = True
            if self._method_is_head:
                self._complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body came."""
        if self._is_whole:
            self._surplus = True
            return
        self.body_bytes += len(body)
        if self.body_bytes <= self.body_bytes_max:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """The answer is whole, or was one of those that only say that one is going to come."""
        if self._in_body:
            if not self._is_whole:
                self._complete()
        elif not self._is_whole:
            self._fields.clear()

    def _complete(self) -> None:
        self._is_whole = True
        self._is_kept = self._parser.should_keep_alive()
        self.status = self._parser.get_status_code()

    # --- how an exchange ends -------------------------------------------------------------

    def _finish(self) -> None:
        """The answer is whole. The connection is only kept if nothing is left over on it."""
        if self.body_bytes > self.body_bytes_max:
            self.close(f"the answer is too large: more than {self.body_bytes_max} bytes")
            return
        self.end_ns = self._clock()
        self.answers += 1
        self._is_busy = False
        transport = self._transport
        if transport is not None and (
            self._surplus or not self._is_kept or transport.get_write_buffer_size()
        ):
            transport.abort()
        elif self._method_is_head:
            self._parser = HttpResponseParser(self)
        done, self._done = self._done, nobody
        done(self)

    def _fail(self, why: str) -> None:
        if not self._is_busy:
            return
        self._is_busy = False
        self.status, self.failure = 0, why
        self.end_ns = self._clock()
        done, self._done = self._done, nobody
        done(self)
