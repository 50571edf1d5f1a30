"""The network between hosts and the central plane: how long a message takes."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.operations import AgentOperation, SubmitPairing
from harness.fleet.nemesis import MessageFate, message_fate
from harness.fleet.scenario import FaultKind, FaultPlan, NetworkPlan
from harness.fleet.slot import FleetSlot

SUBMISSION = 8_192
"""Bytes of a submission on the wire: it carries the whole cluster and its stack."""
MESSAGE = 768
"""Bytes of any other message or answer, headers included."""


class Network:
    """The state of the network as the hosts of one cell meet it.

    Faults strike clusters, by their index. From `heals_at` on, in microseconds of the run,
    nothing happens to a message any more.
    """

    def __init__(self, plan: NetworkPlan, heals_at: int | None = None) -> None:
        self.plan = plan
        self._heals_at = heals_at
        self._slowed: dict[int, list[FaultPlan]] = {}
        self._lossy: dict[int, list[FaultPlan]] = {}

    def strike(self, index: int, fault: FaultPlan) -> None:
        """A fault begins for the messages of one cluster."""
        struck = self._slowed if fault.kind is FaultKind.SLOW else self._lossy
        struck.setdefault(index, []).append(fault)

    def relent(self, index: int, fault: FaultPlan) -> None:
        """It is over."""
        struck = self._slowed if fault.kind is FaultKind.SLOW else self._lossy
        faults = struck.get(index, [])
        if fault in faults:
            faults.remove(fault)
        if not faults:
            struck.pop(index, None)

    def fate(self, slot: FleetSlot, now: int) -> MessageFate | None:
        """What happens to a message that a cluster sends now."""
        if self._heals_at is not None and now >= self._heals_at:
            return None
        return message_fate(slot.net, self.plan, self.losses(slot))

    def losses(self, slot: FleetSlot) -> Sequence[FaultPlan]:
        """The faults that lose messages of this cluster now."""
        return self._lossy.get(slot.member.index, ()) if self._lossy else ()

    def striking(self, index: int) -> Sequence[FaultPlan]:
        """The faults that lose or slow the messages of a cluster now."""
        return [*self._lossy.get(index, ()), *self._slowed.get(index, ())]

    def slowed(self, slot: FleetSlot) -> int:
        """By how much longer a message takes now than it would by itself, in microseconds.

        For real time, where the way itself is real.
        """
        faults = self._slowed.get(slot.member.index, ()) if self._slowed else ()
        if not faults:
            return 0
        usual = taken = slot.net.spread(self.plan.latency)
        for fault in faults:
            taken *= fault.factor
        return taken - usual

    def latency(self, slot: FleetSlot, operation: AgentOperation, *, answer: bool = False) -> int:
        """How long a message, or its answer, takes one way, in microseconds."""
        taken = slot.net.spread(self.plan.latency)
        if self._slowed:
            for fault in self._slowed.get(slot.member.index, ()):
                taken *= fault.factor
        if self.plan.bandwidth_kbit:
            is_large = isinstance(operation, SubmitPairing) and not answer
            size = SUBMISSION if is_large else MESSAGE
            taken += size * 8 * 1_000 // self.plan.bandwidth_kbit
        return taken
