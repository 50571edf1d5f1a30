"""Situations that something that goes wrong brings about."""

from __future__ import annotations

from collections import deque

from harness.checkers.fleet.requests import ACCEPTED, PENDING, Ledger, Site
from harness.checkers.fleet.situations import ANY, is_refusal, remembers, shown, waits
from harness.checkers.invariants.entities import text
from harness.domain.arrangements import MessageFault
from harness.domain.cluster import Health
from harness.domain.errors import Reason
from harness.history.operation import OperationRecord

_SECOND = 1_000_000
_SEND = "SendPairingRequest"
_AGENT = "Probe SubmitPairing PollPairing ConfirmPairing WithdrawPairing"
_TOGETHER_LEAST = 3
_TOGETHER_SHARE = 5
"""Links come back together when they are so many, and this part of all hosts."""


def _is_central(operation: OperationRecord) -> bool:
    return operation.args.get("side") == "central"


@shown(invoked="Restart")
def restart_with_pending(ledger: Ledger, operation: OperationRecord) -> int:
    """A request was pending while the central side was restarted."""
    return ledger.count[PENDING] if _is_central(operation) else 0


@shown(invoked="Restart")
def restart_while_handing_over(ledger: Ledger, operation: OperationRecord) -> int:
    """A request was being handed over while the central side was restarted."""
    return ledger.count[ACCEPTED] if _is_central(operation) else 0


@shown(info=_AGENT)
def agent_unanswered(ledger: Ledger, operation: OperationRecord) -> int:
    """A message of a host was not answered."""
    return 1


is_refusal(
    "rate_limited",
    "Somebody was told to ask again later.",
    ANY,
    Reason.RATE_LIMITED,
)
is_refusal(
    "unhealthy_refused",
    "A send was refused, since a node was not healthy.",
    _SEND,
    Reason.NODE_UNHEALTHY,
)


@shown(ok="SetNodeHealth")
def unhealthy_while_pending(ledger: Ledger, operation: OperationRecord) -> int:
    """A node turned unhealthy while a request of its cluster was pending."""
    site = ledger.slots.get(text(operation.args, "slot"))
    return operation.args.get("health") != Health.HEALTHY and waits(site)


@shown(invoked="Restart")
def reboot_while_pending(ledger: Ledger, operation: OperationRecord) -> int:
    """The hosts of a cluster were restarted while a request of theirs was pending."""
    return sum(map(waits, _rebooted(ledger, operation)))


@shown(invoked="Restart")
def reboot_while_sending(ledger: Ledger, operation: OperationRecord) -> int:
    """The hosts of a cluster were restarted while they sent a request."""
    return sum(site.sending > 0 for site in _rebooted(ledger, operation))


@shown(ok="FaultNextMessage")
def message_lost_before(ledger: Ledger, operation: OperationRecord) -> int:
    """A message of a host was lost before it took effect."""
    return operation.args.get("fault") == MessageFault.LOST_BEFORE


@shown(ok="FaultNextMessage")
def message_lost_after(ledger: Ledger, operation: OperationRecord) -> int:
    """A message of a host took effect, and its answer was lost."""
    return operation.args.get("fault") == MessageFault.LOST_AFTER


@shown(ok="FaultNextMessage")
def message_repeated(ledger: Ledger, operation: OperationRecord) -> int:
    """A message of a host arrived twice."""
    return operation.args.get("fault") == MessageFault.REPEATED


@shown(ok="FaultNextMessage")
def message_delayed(ledger: Ledger, operation: OperationRecord) -> int:
    """A message of a host was late."""
    return operation.args.get("fault") == MessageFault.DELAYED


@shown(invoked="SetLink")
def link_down_while_pending(ledger: Ledger, operation: OperationRecord) -> int:
    """A host lost its link while a request of its cluster was pending."""
    return waits(_cut_off(ledger, operation))


@shown(invoked="SetLink")
def link_down_while_handing_over(ledger: Ledger, operation: OperationRecord) -> int:
    """A host lost its link while a request of its cluster was being handed over."""
    site = _cut_off(ledger, operation)
    return bool(site and site.current and site.current.state is ACCEPTED)


@remembers("links_back_together", ok="SetLink")
class _LinksBackTogether:
    """A host got its link back in the same second as a fifth of all others, at least three."""

    def __init__(self) -> None:
        self._lately: deque[int] = deque()
        """When links came back within the last second that are not counted yet."""
        self._together_until = -1

    def __call__(self, ledger: Ledger, operation: OperationRecord) -> int:
        host, at = text(operation.args, "host_uid"), operation.end or operation.start
        if operation.args.get("up") is not True or host not in ledger.down:
            return 0
        if at <= self._together_until:
            return 1
        lately = self._lately
        lately.append(at)
        while lately[0] < at - _SECOND:
            lately.popleft()
        together = len(lately)
        if together < _TOGETHER_LEAST or together * _TOGETHER_SHARE < ledger.hosts:
            return 0
        self._together_until = lately[0] + _SECOND
        lately.clear()
        return together


@shown(invoked="AdvanceClock")
def clock_moved_while_pending(ledger: Ledger, operation: OperationRecord) -> int:
    """A request was pending while a clock was put forward."""
    return ledger.count[PENDING]


def _rebooted(ledger: Ledger, operation: OperationRecord) -> list[Site]:
    """The clusters whose hosts are restarted: that of a slot, or all."""
    if _is_central(operation):
        return []
    slot = text(operation.args, "slot")
    if slot:
        return [ledger.slots[slot]] if slot in ledger.slots else []
    return list(ledger.slots.values())


def _cut_off(ledger: Ledger, operation: OperationRecord) -> Site | None:
    """The cluster of a host whose link goes down."""
    if operation.args.get("up") is True:
        return None
    return ledger.sites.get(text(operation.args, "host_uid"))
