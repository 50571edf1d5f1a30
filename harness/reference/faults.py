"""Faults on the way from the edge hosts to the central side."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping

from harness.domain import operations as ops
from harness.domain.arrangements import (
    CARRIES,
    FaultEffect,
    FaultNextMessage,
    MessageFault,
    MessageKind,
    SetLink,
)
from harness.domain.errors import Reason, Refused
from harness.reference.clock import Clock
from harness.reference.core.link import Link, LinkReply, NotDelivered

LATE_S = 2.0
"""How long the answer to a message that is late is waited for."""
_BROKE = "the connection broke before an answer came"
HEARD_INSTEAD: Mapping[MessageFault | None, LinkReply] = {
    MessageFault.SERVER_ERROR: Refused(Reason.INTERNAL, "Palette answered with an internal error"),
    MessageFault.RATE_LIMITED: Refused(
        Reason.RATE_LIMITED, "too many requests: try again later", {"retry_after": "1"}
    ),
    MessageFault.UNAVAILABLE: ops.Unknown("what answered is no Palette"),
    MessageFault.GARBLED: ops.Unknown("what answered is no Palette"),
}
"""What a host hears in place of Palette: what it would read from `harness.wire.http.INSTEAD`."""
_KINDS = {operation: kind for kind, operation in CARRIES.items()}


def message_kind(operation: ops.AgentOperation) -> MessageKind:
    """What kind of message carries this operation."""
    return _KINDS[type(operation)]


class FaultyLink:
    """A link that can be cut by host, and that can spoil the next message of a kind.

    One implementation for every world: what really carries a message is handed in.
    """

    def __init__(
        self,
        inner: Link,
        clock: Clock,
        hang_up: Callable[[str], None] = lambda host_uid: None,
        reword: Callable[[str], None] = lambda host_uid: None,
    ) -> None:
        """Make it. `hang_up` breaks off the question of a host that is still held, and `reword`
        has the next answer to a host come in another writing, where there is a wire.
        """
        self._inner = inner
        self.hang_up = hang_up
        self._reword = reword
        self._clock = clock
        self._lock = threading.Lock()
        self._down: dict[str, int] = {}
        """The hosts that are cut off, each with what has arrived from it all the same."""
        self._next: dict[tuple[str, MessageKind], deque[FaultNextMessage]] = {}
        self._met: dict[tuple[str, MessageKind], list[int]] = {}
        self._late: dict[str, list[Callable[[], LinkReply]]] = {}
        """What is still to arrive, by its host."""

    def set_link(self, host_uid: str, *, up: bool) -> bool:
        """Cut one host's link, or mend it. Where it is up, nothing waits for its messages then,
        and what comes late arrives; returns whether it could.
        """
        late: list[Callable[[], LinkReply]] = []
        with self._lock:
            if not up:
                self._down.setdefault(host_uid, 0)
            elif self._down.pop(host_uid, None) is None:
                late = self._late.pop(host_uid, late)
                self._forget(host_uid)
        if not up:
            self.hang_up(host_uid)
        patience = threading.Timer(LATE_S, self.hang_up, (host_uid,))
        if late:
            patience.start()  # a question may be held, and nobody wants its answer
        replies = [arrive() for arrive in late]
        patience.cancel()
        return not any(isinstance(reply, NotDelivered) for reply in replies)

    def _forget(self, host_uid: str) -> None:
        self._late.pop(host_uid, None)
        for kind in MessageKind:
            self._next.pop((host_uid, kind), None)
            self._met.pop((host_uid, kind), None)

    def spoil_next(self, fault: FaultNextMessage) -> None:
        """Queue a fault for the next messages of its kind from its host."""
        with self._lock:
            queued = self._next.setdefault((fault.host_uid, fault.message), deque())
            queued.extend([fault] * fault.times)
        if fault.message is MessageKind.POLL:
            self.hang_up(fault.host_uid)  # or else the next one may be long in coming

    def seen(self, arrangement: SetLink | FaultNextMessage) -> FaultEffect:
        """What has come of a cut, or of the faults that were queued, since the last `heal`."""
        with self._lock:
            if isinstance(arrangement, SetLink):
                return FaultEffect(passed=self._down.get(arrangement.host_uid, 0))
            key = (arrangement.host_uid, arrangement.message)
            return FaultEffect(tuple(self._met.get(key, ())), left=len(self._next.get(key, ())))

    def heal(self, host_uids: tuple[str, ...] | None = None) -> None:
        """Mend the links of these hosts (of all without an argument); drop queued faults."""
        with self._lock:
            if host_uids is None:
                self._down.clear()
                for kept in (self._next, self._met, self._late):
                    kept.clear()
                return
            for host_uid in host_uids:
                self._down.pop(host_uid, None)
                self._forget(host_uid)

    def carry(
        self, host_uid: str, base_url: str, insecure: bool, operation: ops.AgentOperation
    ) -> LinkReply:
        was_down = host_uid in self._down
        if self._is_cut(host_uid):
            return NotDelivered("the host has no connection to Palette")
        if was_down:
            self._leaked(host_uid)
        fault = self._take(host_uid, message_kind(operation))
        reply = self._spoiled(fault, host_uid, base_url, insecure, operation)
        # What was under way when the link went down is cut off with it.
        return ops.Unknown(_BROKE) if self._is_cut(host_uid) else reply

    def _is_cut(self, host_uid: str) -> bool:
        with self._lock:
            return host_uid in self._down

    def _leaked(self, host_uid: str) -> None:
        with self._lock:
            if host_uid in self._down:
                self._down[host_uid] += 1

    def _take(self, host_uid: str, kind: MessageKind) -> FaultNextMessage | None:
        with self._lock:
            queued = self._next.get((host_uid, kind))
            if not queued:
                return None
            self._met.setdefault((host_uid, kind), []).append(self._clock.now())
            return queued.popleft()

    def _spoiled(
        self,
        fault: FaultNextMessage | None,
        host_uid: str,
        base_url: str,
        insecure: bool,
        operation: ops.AgentOperation,
    ) -> LinkReply:
        def deliver() -> LinkReply:
            return self._inner.carry(host_uid, base_url, insecure, operation)

        match fault.fault if fault else None:
            case MessageFault.LOST_BEFORE | MessageFault.UNANSWERED:
                return ops.Unknown(_BROKE)
            case MessageFault.LOST_AFTER:
                deliver()
                return ops.Unknown(_BROKE)
            case MessageFault.LATE:
                self._late.setdefault(host_uid, []).append(deliver)
                return ops.Unknown(_BROKE)
            case MessageFault.REPEATED_LATE:
                self._late.setdefault(host_uid, []).append(deliver)
            case MessageFault.REPEATED:
                deliver()
            case answered if answered in HEARD_INSTEAD:
                return HEARD_INSTEAD[answered]
            case MessageFault.REWORDED:
                self._reword(host_uid)
            case MessageFault.DELAYED:
                self._clock.sleep(fault.delay if fault else 0)
            case None:
                pass
        return deliver()
