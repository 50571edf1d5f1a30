"""Faults on the way from the edge hosts to the central side."""

from __future__ import annotations

import threading
from collections import deque

from harness.domain import operations as ops
from harness.domain.arrangements import (
    FaultEffect,
    FaultNextMessage,
    MessageFault,
    MessageKind,
    SetLink,
)
from harness.domain.errors import Reason, Refused
from harness.reference.clock import Clock
from harness.reference.core.link import Link, LinkReply, NotDelivered

_BROKE = "the connection broke before an answer came"
_KINDS: dict[type, MessageKind] = {
    ops.Probe: MessageKind.PROBE,
    ops.SubmitPairing: MessageKind.SUBMIT,
    ops.PollPairing: MessageKind.POLL,
    ops.ConfirmPairing: MessageKind.CONFIRM,
    ops.WithdrawPairing: MessageKind.WITHDRAW,
}


def message_kind(operation: ops.AgentOperation) -> MessageKind:
    """What kind of message carries this operation."""
    return _KINDS[type(operation)]


class FaultyLink:
    """A link that can be cut by host, and that can spoil the next message of a kind.

    One implementation for every world: what really carries a message is handed in.
    """

    def __init__(self, inner: Link, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock
        self._lock = threading.Lock()
        self._down: dict[str, int] = {}
        """The hosts that are cut off, each with what has arrived from it all the same."""
        self._next: dict[tuple[str, MessageKind], deque[FaultNextMessage]] = {}
        self._met: dict[tuple[str, MessageKind], list[int]] = {}

    def set_link(self, host_uid: str, *, up: bool) -> None:
        """Cut one host's link, or mend it. Where it is up, nothing waits for its messages then."""
        with self._lock:
            if not up:
                self._down.setdefault(host_uid, 0)
            elif self._down.pop(host_uid, None) is None:
                self._forget(host_uid)

    def _forget(self, host_uid: str) -> None:
        for kind in MessageKind:
            self._next.pop((host_uid, kind), None)
            self._met.pop((host_uid, kind), None)

    def spoil_next(self, fault: FaultNextMessage) -> None:
        """Queue a fault for the next message of its kind from its host."""
        with self._lock:
            self._next.setdefault((fault.host_uid, fault.message), deque()).append(fault)

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
                self._next.clear()
                self._met.clear()
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
        kind = message_kind(operation)
        fault = self._take(host_uid, kind)
        reply = self._spoiled(fault, host_uid, base_url, insecure, operation)
        late = self._take(host_uid, kind) if fault is None and kind is MessageKind.POLL else None
        if late is not None:  # Palette has held the question that long: it counts as the next one
            reply = self._spoiled(late, host_uid, base_url, insecure, operation)
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
            case MessageFault.LOST_BEFORE:
                return ops.Unknown(_BROKE)
            case MessageFault.LOST_AFTER:
                deliver()
                return ops.Unknown(_BROKE)
            case MessageFault.SERVER_ERROR:
                return Refused(Reason.INTERNAL, "Palette answered with an internal error")
            case MessageFault.REPEATED:
                deliver()
            case MessageFault.DELAYED:
                self._clock.sleep(fault.delay if fault else 0)
            case None:
                pass
        return deliver()
