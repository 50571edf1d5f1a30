"""One direction of a connection that takes its time: latency, jitter, bytes a second."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from harness.domain.draws import derived_bits

HELD_BYTES_MAX = 256 * 1024
"""Beyond so many bytes on their way, a lane takes no more until half of them have arrived."""

_PIECES_PER_S = 20
_MILLION = 1_000_000


class DelayLine:
    """Holds back what is fed to it, in order, and hands it on when it is due.

    `jam` is told whether it is full. Jitter follows from `seed` and the number of the chunk.
    """

    def __init__(
        self, write: Callable[[bytes], None], jam: Callable[[bool], None], seed: str
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._write = write
        self._jam = jam
        self._seed = seed
        self._queue: deque[tuple[float, bytes]] = deque()
        self._held = 0
        self._jammed = False
        self._fed = 0
        self._free_at = 0.0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._latency = self._jitter = 0
        self._bytes_per_s = 0
        self._then: Callable[[], None] | None = None

    def set(self, latency: int = 0, jitter: int = 0, bytes_per_s: int = 0) -> None:
        """How slow it is from now on, in microseconds and bytes; 0 bytes a second is no limit.

        What is held already keeps its time, except that a limit is lifted for it as well.
        """
        self._latency, self._jitter, self._bytes_per_s = latency, jitter, bytes_per_s
        if not latency and not bytes_per_s:  # mended: what is on its way arrives now
            self._queue = deque((0.0, chunk) for _, chunk in self._queue)
            self._due = self._free_at = 0.0
        self._turn()

    @property
    def is_idle(self) -> bool:
        """Whether it neither holds nor hinders anything."""
        return not self._queue and not self._latency and not self._bytes_per_s

    def feed(self, data: bytes) -> None:
        """Take what came; it leaves when it is due."""
        self._due = max(self._due, self._loop.time() + self._delay_s())
        self._queue.append((self._due, data))
        self._held += len(data)
        self._turn()

    def when_empty(self, then: Callable[[], None]) -> None:
        """Call this once, when all that is held has left."""
        self._then = then
        self._turn()

    def stop(self) -> None:
        """Forget what is held."""
        if self._timer is not None:
            self._timer.cancel()
        self._queue.clear()
        self._then = None

    def _delay_s(self) -> float:
        self._fed += 1
        if not self._jitter:
            return self._latency / _MILLION
        drawn = derived_bits(self._seed, "jitter", self._fed) % (2 * self._jitter + 1)
        return max(0, self._latency + drawn - self._jitter) / _MILLION

    def _turn(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._loop.time()
        while self._queue:
            at = max(self._queue[0][0], self._free_at)
            if at > now:
                self._timer = self._loop.call_at(at, self._turn)
                break
            self._hand_on(now)
        self._tell()

    def _hand_on(self, now: float) -> None:
        due, chunk = self._queue[0]
        if self._bytes_per_s:
            size = max(1, self._bytes_per_s // _PIECES_PER_S)
            piece, rest = chunk[:size], chunk[size:]
            self._free_at = now + len(piece) / self._bytes_per_s
        else:
            piece, rest = chunk, b""
        if rest:
            self._queue[0] = (due, rest)
        else:
            self._queue.popleft()
        self._held -= len(piece)
        self._write(piece)

    def _tell(self) -> None:
        full = self._held > (HELD_BYTES_MAX // 2 if self._jammed else HELD_BYTES_MAX)
        if full != self._jammed:
            self._jammed = full
            self._jam(full)
        if self._then is not None and not self._queue:
            then, self._then = self._then, None
            then()
