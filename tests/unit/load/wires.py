"""A connection without a network: a transport that holds what was written, and a clock to set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from harness.load.connection import Connection, DeadlineWheel
from harness.load.errors import NotSent
from harness.load.message import BaseAddress

MS = 1_000_000
LATER = 10_000 * MS


@dataclass
class SetClock:
    """A clock that stands until it is set; nanoseconds."""

    now: int = 1_000 * MS

    def __call__(self) -> int:
        return self.now


class _Handle:
    def cancel(self) -> None:
        pass


class NoTimers:
    """An event loop whose timers never ring; they are counted."""

    def __init__(self) -> None:
        self.asked = 0

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> _Handle:
        self.asked += 1
        return _Handle()


@dataclass
class Wire:
    """A transport that keeps what was written; what is aborted is lost when the test says so."""

    written: list[bytes] = field(default_factory=list)
    is_aborted: bool = False
    unsent: int = 0

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.is_aborted

    def abort(self) -> None:
        self.is_aborted = True

    def get_write_buffer_size(self) -> int:
        return self.unsent


def waiting(wheel: DeadlineWheel) -> int:
    """How many entries it holds."""
    return sum(map(len, wheel._slots.values()))


class WireProbe:
    """A connection over a wire of its own, and how each request over it ended, in order."""

    def __init__(self, body_bytes_max: int = 1_000) -> None:
        self.clock = SetClock()
        loop = cast(asyncio.AbstractEventLoop, NoTimers())
        self.wheel = DeadlineWheel(loop, self.clock)
        self.closed: list[Connection] = []
        self.ended: list[tuple[int, bytes, str]] = []
        self.wire = Wire()
        self.connection = Connection(self.wheel, self.clock, body_bytes_max, self.closed.append)
        self.connection.connection_made(cast(asyncio.BaseTransport, self.wire))

    def ask(self, message: bytes = b"GET / HTTP/1.1\r\n\r\n", deadline_ns: int = LATER) -> None:
        self.connection.ask(message, self._note, self.clock(), deadline_ns)

    def _note(self, connection: Connection) -> None:
        self.ended.append((connection.status, connection.body, connection.failure))

    def come(self, *pieces: bytes) -> None:
        """Bytes arrive, until the connection is given up."""
        for piece in pieces:
            if not self.wire.is_aborted:
                self.connection.data_received(piece)

    def hang_up(self, error: Exception | None = None) -> None:
        """The other side is done."""
        if not self.wire.is_aborted and error is None:
            self.connection.eof_received()
        self.connection.connection_lost(error)


class Plain:
    """A connection that is open until it is closed."""

    def __init__(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False


class Opens:
    """Opens at once, or refuses."""

    def __init__(self) -> None:
        self.opened: list[Plain] = []
        self.refuses = False

    async def open(
        self, address: BaseAddress, deadline_ns: int, on_close: Callable[[Connection], None]
    ) -> Connection:
        if self.refuses:
            raise NotSent("refused")
        self.opened.append(Plain())
        return cast(Connection, self.opened[-1])
