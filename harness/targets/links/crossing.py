"""One connection through the proxy: the end towards the edge, the end towards Palette.

Where nothing is to be done to it, what one end reads is written to the other at once; all else
goes the careful way (`End._carefully`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from harness.targets.links import faults
from harness.targets.links.sockets import refuse, reset

if TYPE_CHECKING:  # both are made around crossings
    from harness.targets.links.hub import Hub
    from harness.targets.links.messages import Conversation


class End(asyncio.Protocol):
    """One end of a crossing."""

    def __init__(self, crossing: Crossing) -> None:
        self.crossing = crossing
        self.transport: asyncio.Transport | None = None
        self.other: End = self
        self.size = self.swallowed = 0
        self.read: Callable[[bytes], None] | None = None
        self.is_over = False
        self.has_said_all = False
        self._early: list[bytes] = []
        self._straight: Callable[[bytes], None] | None = None
        self._holds = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self.transport = cast(asyncio.Transport, transport)
        self.crossing.made(self)

    def data_received(self, data: bytes) -> None:
        """Hand on what came, if nothing else is to be done to it."""
        self.size += len(data)
        if self._straight is not None:
            self._straight(data)
        else:
            self._carefully(data)

    def settle(self) -> None:
        """Find out anew whether bytes may go straight through."""
        careful = self.read or self.crossing.is_swallowing
        transport = self.other.transport
        self._straight = None if careful or transport is None else transport.write
        if self._early and transport is not None:
            early, self._early = b"".join(self._early), []
            self.hold(False)
            self.pass_on(early)

    def _carefully(self, data: bytes) -> None:
        if self.crossing.is_swallowing or self.crossing.is_cut:
            self.swallowed += len(data)
        elif self.read is not None:
            self.read(data)
        else:
            self.pass_on(data)

    def pass_on(self, data: bytes) -> None:
        """What was read here goes to the other end."""
        if self.other.transport is None:
            # Palette speaks before the edge's handshake is over: no more of it until then.
            if not self._early:
                self.hold()
            self._early.append(data)
        else:
            self.other.write(data)

    def write(self, data: bytes) -> None:
        """Write to whoever is connected here."""
        if self.transport is not None and not self.is_over:
            self.transport.write(data)

    def hold(self, on: bool = True) -> None:
        """Read no more here until every reason for that has gone."""
        self._holds += 1 if on else -1
        if self.transport is None or self.transport.is_closing() or self.crossing.is_cut:
            return
        if on and self._holds == 1:
            self.transport.pause_reading()
        elif not on and self._holds == 0:
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """Whoever is connected here reads too slowly: the other end waits."""
        self.other.hold()

    def resume_writing(self) -> None:
        """They have caught up."""
        self.other.hold(False)

    def eof_received(self) -> bool:
        """Nothing more is read here; the other end may still answer, where TLS allows that."""
        self.has_said_all = True
        crossing = self.crossing
        if self.other.transport is None or crossing.is_swallowing or crossing.is_cut:
            return False  # nobody will ever answer
        self.other.end_writing()
        return self.transport is None or self.transport.get_extra_info("sslcontext") is None

    def end_writing(self) -> None:
        """Say to whoever is connected here that nothing more comes."""
        transport = self.transport
        if transport is None or self.is_over:
            return
        if transport.can_write_eof() and not self.has_said_all:
            transport.write_eof()
        else:
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """This end is closed; the other one follows, politely or not."""
        self.is_over = True
        if not self.crossing.keeps_from_edge(self):
            if exc is not None:
                self.other.reset()
            else:
                self.other.close()
        self.crossing.lost()

    def close(self) -> None:
        """Close this end, once all that was written has left."""
        if self.transport is not None and not self.is_over:
            self.transport.close()

    def reset(self) -> None:
        """End this end's connection with RST."""
        if self.transport is not None and not self.is_over:
            reset(self.transport)


class Crossing:
    """A connection from an edge host, and the one to Palette that belongs to it."""

    def __init__(self, keeper: Hub, taken: socket.socket, source: str) -> None:
        """`taken` is the edge host's connection, of which nothing was read so far."""
        self._keeper = keeper
        self._taken: socket.socket | None = taken
        self.edge, self.palette = End(self), End(self)
        self.edge.other, self.palette.other = self.palette, self.edge
        self.source = source
        self.reader: Conversation | None = None
        self.is_swallowing = False
        self.fault: faults.CutForm | None = None
        self.connecting: asyncio.Task[None] | None = None
        self.is_cut = False

    @property
    def swallowed_bytes(self) -> int:
        """What was read and went no further."""
        return self.edge.swallowed + self.palette.swallowed

    def made(self, end: End) -> None:
        """One end stands. Palette's comes first, so that nothing is read in vain."""
        unwanted = self.is_swallowing and end is self.palette
        if self.is_cut or unwanted or end.other.is_over:
            end.reset()
        else:
            self.settle()

    def hand_over(self) -> socket.socket:
        """The edge host's connection, for a transport to be made of it."""
        taken, self._taken = self._taken, None
        assert taken is not None
        return taken

    def read_with(self, reader: Conversation) -> None:
        """Read the messages of this connection from now on."""
        self.reader = reader
        self.edge.read, self.palette.read = reader.request, reader.response
        self.settle()

    def settle(self) -> None:
        """Find out anew for both ends what may go straight through."""
        self.edge.settle()
        self.palette.settle()

    def apply(self, fault: faults.CutForm | None) -> None:
        """Put this connection under a fault, or free it."""
        if self.is_swallowing and fault is not faults.CutForm.SILENT:
            self.reset()  # what it said was swallowed, so it cannot go on
            return
        self.fault = fault
        if fault is faults.CutForm.SILENT:
            self.swallow()
        elif fault is not None:
            self.reset()
        self.settle()

    def swallow(self) -> None:
        """Nothing comes through any more, and nothing says so."""
        if self.is_swallowing:
            return
        self.is_swallowing = True
        if self.edge.transport is None:
            self._stop_connecting()
            self.palette.reset()
            if self._taken is not None:
                self._keeper.take(self)

    def keeps_from_edge(self, end: End) -> bool:
        """Whether the edge may not learn that this end is over: it is cut, or in a black hole."""
        return end is self.palette and (self.is_cut or self.is_swallowing)

    def reset(self) -> None:
        """Cut the connection, with RST towards the edge."""
        if self.is_cut:
            return
        self.is_cut = True
        self._stop_connecting()
        for end in (self.edge, self.palette):
            end.read = lambda _: None  # it is deaf from now on
            end.settle()
        self.edge.reset()
        self.palette.reset()
        if self._taken is not None:
            self.abandon()
            self.failed()

    def _stop_connecting(self) -> None:
        connecting = self.connecting
        if connecting and self.edge.transport is None and connecting is not asyncio.current_task():
            connecting.cancel()

    def abandon(self) -> None:
        """Let go of a connection of which no transport was made yet."""
        if self._taken is not None:
            refuse(self.hand_over())

    def failed(self) -> None:
        """The edge host is gone, or its TLS handshake failed, so that nobody tells this end."""
        self.edge.is_over = True
        self.palette.reset()
        self.lost()

    def lost(self) -> None:
        """One end is over; when both are, so is the crossing."""
        if self.edge.is_over:
            self._stop_connecting()
        if self.edge.is_over and (self.palette.is_over or self.palette.transport is None):
            self._end()

    def _end(self) -> None:
        if self.reader is not None:
            self.reader.stop()
        self._keeper.left(self)
