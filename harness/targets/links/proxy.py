"""The fault proxy: a hub on a thread of its own, and calls that wait for it.

From the moment it is made until it is closed it listens, except where a fault says otherwise.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import warnings
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, Self, TypeVar

import uvloop

from harness.domain.arrangements import FaultEffect, MessageKind
from harness.targets.links import faults
from harness.targets.links.hub import Hub, MessageReading, Upstream
from harness.targets.links.messages import Spoiling, WireFate
from harness.targets.links.sockets import Port

Result = TypeVar("Result")

_ANSWER_S = 10.0
"""A hub that does not answer a call within this time is taken for dead."""


class FaultProxy:
    """Carries connections to Palette, and does to them what it is told. Safe to use from many
    threads; closing twice is fine.

    `ending` is the TLS that it ends itself; without, TLS passes through. `reading` says how
    messages are told apart, where they can be read. All chance comes from `seed`.

    Raises:
        ProxyCannotListen: its address cannot be listened on.
        LinkError: Palette's name cannot be resolved.
    """

    def __init__(
        self,
        upstream: Upstream,
        listen: tuple[str, int] = ("127.0.0.1", 0),
        *,
        ending: ssl.SSLContext | None = None,
        reading: MessageReading | None = None,
        seed: object = 0,
    ) -> None:
        self._port = Port(*listen)
        self.host, self.port = self._port.host, self._port.number
        self._hub: Hub | None = None
        self._why = ""
        self._is_closed = False
        self._ready: Future[None] = Future()
        self._make: Callable[[], Hub] = lambda: Hub(
            self._port, upstream, ending=ending, reading=reading, seed=str(seed)
        )
        self._thread = threading.Thread(target=self._main, name="pairproof-proxy", daemon=True)
        self._thread.start()
        try:
            self._ready.result()
        except BaseException:
            self._thread.join()
            self._port.close()
            raise

    # --- the thread -----------------------------------------------------------------------

    def _main(self) -> None:
        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        try:
            runner.run(self._serve())
        except RuntimeError as error:  # its loop was stopped under it
            self._why = self._why or str(error)
            if self._hub is not None:
                self._hub.abandon()
        with warnings.catch_warnings():
            # uvloop warns of connections that are cut within their TLS handshake.
            warnings.simplefilter("ignore", ResourceWarning)
            runner.close()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._complain)
        self._closing = asyncio.Event()
        hub = self._make()
        try:
            await hub.open()
        except faults.LinkError as error:
            self._ready.set_exception(error)
            return
        self._hub = hub
        self._ready.set_result(None)
        await self._closing.wait()
        await hub.close()

    def _complain(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something went wrong where nobody waits: a defect, or no more files may be open."""
        error = context.get("exception")
        if isinstance(error, ConnectionError | ssl.SSLError):
            return  # the other end went away in the midst of something
        told = f"{type(error).__name__}: {error}" if error else str(context.get("message", ""))
        self._why = self._why or told

    def check(self) -> None:
        """Make sure that it is at work. Raises `ProxyDied`: it is not; says what went wrong."""
        if not self._thread.is_alive() and not self._is_closed:
            raise faults.ProxyDied(self._why or "its thread is gone")
        if self._why:
            raise faults.ProxyDied(self._why)

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        try:
            self.check()
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        except (faults.ProxyDied, RuntimeError) as error:
            work.close()
            raise (
                error if isinstance(error, faults.ProxyDied) else faults.ProxyDied(str(error))
            ) from error
        try:
            return future.result(_ANSWER_S)
        except (TimeoutError, CancelledError) as error:
            future.cancel()
            raise faults.ProxyDied(
                self._why or f"it did not answer within {_ANSWER_S:g} s"
            ) from error

    @property
    def _at_work(self) -> Hub:
        if self._hub is None or self._is_closed:
            raise faults.ProxyDied("it was closed already")
        return self._hub

    async def _spoiling(self, work: Callable[[Spoiling], Result]) -> Result:
        return work(self._at_work.spoiling)

    # --- what it is told ------------------------------------------------------------------

    def set_fault(self, fault: faults.CutForm, source: str = faults.EVERYONE) -> None:
        """Put whoever connects from this address (everyone without one) under a fault.

        A source's own fault comes before everyone's. Returns once it holds.
        """
        self._call(self._at_work.set_fault(fault, source))

    def heal(self, source: str | None = None) -> None:
        """End the fault of a source; or all there are, with what was arranged for messages."""
        self._call(self._at_work.heal(source))

    def forget(self, source: str) -> None:
        """Forget what was arranged for the messages of a source."""
        self._call(self._spoiling(lambda spoiling: spoiling.heal(source)))

    def release(self, source: str) -> None:
        """The same, once those of its messages have arrived that come late."""
        self._call(self._at_work.release(source))

    def spoil_next(self, source: str, kind: MessageKind, fate: WireFate, times: int = 1) -> None:
        """Arrange something for the next messages of a kind from a source."""
        self._call(self._spoiling(lambda spoiling: spoiling.queue(source, kind, fate, times)))

    def seen(self, source: str, kind: MessageKind | None) -> FaultEffect:
        """What has come of what was arranged for messages; see `Spoiling.seen`."""
        return self._call(self._spoiling(lambda spoiling: spoiling.seen(source, kind)))

    def disturb(self, source: str, disturbance: faults.Disturbance) -> None:
        """What happens to every message of a source from now on."""
        self._call(self._spoiling(lambda spoiling: spoiling.disturb(source, disturbance)))

    def passed(self, source: str = faults.EVERYONE) -> int:
        """How many bytes of a source, or of everyone, went on so far."""
        return self.counts(source).passed_bytes

    def counts(self, source: str = faults.EVERYONE) -> faults.TrafficCounts:
        """What came from a source so far, or from everyone."""
        return self._call(self._at_work.counts(source))

    def close(self) -> None:
        """Stop listening and cut what stands; no thread, port or connection is left."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()
        self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
