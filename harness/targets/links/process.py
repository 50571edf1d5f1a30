"""The fault proxy in a process of its own, for runs whose load would share an interpreter with it.

It ends when whoever started it ends, however that is, and can be killed without harm to others.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self, cast

from harness.domain.arrangements import FaultEffect, MessageKind
from harness.targets.links import faults
from harness.targets.links.hub import MessageReading, Upstream
from harness.targets.links.messages import WireFate
from harness.targets.links.proxy import FaultProxy
from harness.targets.links.sockets import ending_context
from harness.targets.trust import Trust

CALLS = frozenset(
    "set_fault heal spoil_next disturb forget release seen waiting counts check".split()
)
"""What may be asked of the process."""

_START_S = 30.0
_ANSWER_S = 15.0
_GO_S = 5.0


@dataclass(frozen=True, slots=True)
class ProxySpec:
    """All that a proxy is made of, as a value that another process can be handed.

    Attributes:
        host, port: where Palette is.
        listen: where the proxy listens.
        trust: what Palette's certificate is checked with, where the proxy speaks TLS with it.
        cert_file, key_file: what it ends TLS with; `None` where TLS passes through.
        reading: how messages are told apart, where they can be read.
        seed: where jitter and losses come from.
    """

    host: str
    port: int
    listen: tuple[str, int] = ("127.0.0.1", 0)
    trust: Trust | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    reading: MessageReading | None = None
    seed: str = "0"

    def start(self) -> FaultProxy:
        """The proxy, in this process. Raises `LinkError`: it cannot be started; says what to do."""
        upstream = Upstream(self.host, self.port, self.trust.context() if self.trust else None)
        ending = ending_context(self.cert_file, self.key_file) if self.cert_file else None
        return FaultProxy(
            upstream, self.listen, ending=ending, reading=self.reading, seed=self.seed
        )


class ProxyProcess:
    """A proxy in a process of its own, with the calls of `FaultProxy`. Raises `LinkError`."""

    def __init__(self, spec: ProxySpec) -> None:
        ours, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._is_closed = False
        words = [sys.executable, "-m", "harness.targets.links.served", str(theirs.fileno())]
        # A session of its own, so that Ctrl-C reaches it through us, when we are done.
        self._process = subprocess.Popen(
            words, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, start_new_session=True
        )
        theirs.close()
        self._connection = Connection(ours.detach())
        try:
            self.host, self.port = cast("tuple[str, int]", self._exchange(spec, _START_S))
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def _call(self, name: str, *arguments: object) -> Any:
        with self._lock:
            if self._is_closed:
                raise faults.ProxyDied("it was closed already")
            return self._exchange((name, arguments), _ANSWER_S)

    def _exchange(self, said: object, within_s: float) -> object:
        try:
            self._connection.send(said)
            if not self._connection.poll(within_s):
                raise faults.ProxyDied(f"its process does not answer within {within_s:g} s")
            is_fine, answer = self._connection.recv()
        except (OSError, EOFError) as error:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GO_S)
            raise faults.ProxyDied(f"its process ended with {self._process.poll()}") from error
        if not is_fine:
            raise faults.LinkError(answer)
        result: object = answer
        return result

    def set_fault(self, fault: faults.LinkFault, source: str = faults.EVERYONE) -> None:
        self._call("set_fault", fault, source)

    def heal(self, source: str | None = None) -> list[faults.Episode]:
        return cast("list[faults.Episode]", self._call("heal", source))

    def spoil_next(self, source: str, kind: MessageKind, fate: WireFate, times: int = 1) -> None:
        self._call("spoil_next", source, kind, fate, times)

    def disturb(self, source: str, disturbance: faults.Disturbance) -> None:
        self._call("disturb", source, disturbance)

    def forget(self, source: str) -> None:
        self._call("forget", source)

    def release(self, source: str) -> None:
        self._call("release", source)

    def seen(self, source: str, kind: MessageKind | None) -> FaultEffect:
        """See `FaultProxy.seen`."""
        return cast("FaultEffect", self._call("seen", source, kind))

    def waiting(self) -> int:
        """See `FaultProxy.waiting`."""
        return cast("int", self._call("waiting"))

    def counts(self, source: str = faults.EVERYONE) -> faults.TrafficCounts:
        """See `FaultProxy.counts`."""
        return cast("faults.TrafficCounts", self._call("counts", source))

    def passed(self, source: str = faults.EVERYONE) -> int:
        """See `FaultProxy.passed`."""
        return self.counts(source).passed_bytes

    def check(self) -> None:
        """See `FaultProxy.check`."""
        self._call("check")

    def close(self) -> None:
        """Stop the process; it cuts what stands. May be called twice."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._connection.close()  # which tells it to go
            try:
                self._process.wait(_GO_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
