"""Faults on the way from the edge hosts to the central side."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from harness.domain import operations as ops
from harness.domain.arrangements import FaultNextMessage, MessageFault, MessageKind
from harness.domain.errors import Reason, Refused
from harness.reference.core.link import Link, LinkReply, NotDelivered

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

    def __init__(self, inner: Link, sleep: Callable[[int], None]) -> None:
        self._inner = inner
        self._sleep = sleep
        self._lock = threading.Lock()
        self._down: set[str] = set()
        self._next: dict[tuple[str, MessageKind], deque[FaultNextMessage]] = {}

    def set_link(self, host_uid: str, *, up: bool) -> None:
        """Cut one host's link, or mend it."""
        with self._lock:
            (self._down.discard if up else self._down.add)(host_uid)

    def spoil_next(self, fault: FaultNextMessage) -> None:
        """Queue a fault for the next message of its kind from its host."""
        with self._lock:
            self._next.setdefault((fault.host_uid, fault.message), deque()).append(fault)

    def heal(self, host_uids: tuple[str, ...] | None = None) -> None:
        """Mend the links of these hosts (of all without an argument); drop queued faults."""
        with self._lock:
            if host_uids is None:
                self._down.clear()
                self._next.clear()
                return
            self._down.difference_update(host_uids)
            for key in [key for key in self._next if key[0] in host_uids]:
                del self._next[key]

    def carry(
        self, host_uid: str, base_url: str, insecure: bool, operation: ops.AgentOperation
    ) -> LinkReply:
        with self._lock:
            down = host_uid in self._down
            fault = None if down else self._take(host_uid, message_kind(operation))
        if down:
            return NotDelivered("the host has no connection to Palette")
        return self._spoiled(fault, host_uid, base_url, insecure, operation)

    def _take(self, host_uid: str, kind: MessageKind) -> FaultNextMessage | None:
        queued = self._next.get((host_uid, kind))
        return queued.popleft() if queued else None

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
                return ops.Unknown("the connection broke before an answer came")
            case MessageFault.LOST_AFTER:
                deliver()
                return ops.Unknown("the connection broke before an answer came")
            case MessageFault.SERVER_ERROR:
                return Refused(Reason.INTERNAL, "Palette answered with an internal error")
            case MessageFault.REPEATED:
                deliver()
            case MessageFault.DELAYED:
                self._sleep(fault.delay if fault else 0)
            case None:
                pass
        return deliver()
