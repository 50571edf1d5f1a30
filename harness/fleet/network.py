"""The network between hosts and the central plane: how long a message takes."""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.operations import AgentOperation, SubmitPairing
from harness.fleet.draws import PPM, Stream
from harness.fleet.nemesis import MessageFate, answers_of, message_fate
from harness.fleet.roster import FleetSlot
from harness.fleet.scenario import FaultKind, FaultPlan, FaultScope, NetworkPlan
from harness.reference.core.link import LinkReply
from harness.reference.faults import HEARD_INSTEAD

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
        self._everywhere: list[FaultPlan] = []
        """Those that answer in place of Palette itself, once for each cluster that is struck."""

    def strike(self, index: int, fault: FaultPlan) -> None:
        """A fault begins for the messages of one cluster."""
        struck = self._slowed if fault.kind is FaultKind.SLOW else self._lossy
        struck.setdefault(index, []).append(fault)
        if fault.scope is FaultScope.ALL and fault.answered_ppm:
            self._everywhere.append(fault)

    def relent(self, index: int, fault: FaultPlan) -> None:
        """It is over."""
        struck = self._slowed if fault.kind is FaultKind.SLOW else self._lossy
        faults = struck.get(index, [])
        if fault in faults:
            faults.remove(fault)
            if fault in self._everywhere:
                self._everywhere.remove(fault)
        if not faults:
            struck.pop(index, None)

    def fate(self, slot: FleetSlot, now: int) -> MessageFate | None:
        """What happens to a message that a cluster sends now."""
        if self._heals_at is not None and now >= self._heals_at:
            return None
        fate = message_fate(slot.net, self.plan, self.losses(slot))
        return self.healing(fate, now) if fate is not None and fate.delay else fate

    def healing(self, fate: MessageFate, now: int) -> MessageFate:
        """The same, but that nothing is still on its way once everything has healed."""
        if self._heals_at is None:
            return fate
        return fate._replace(delay=max(0, min(fate.delay, self._heals_at - now)))

    def answer_to_people(self, stream: Stream) -> LinkReply | None:
        """What somebody who calls Palette now hears in its place; `None`: it answers itself."""
        for fault in dict.fromkeys(self._everywhere):
            drawn = stream.below(PPM)
            if drawn < fault.answered_ppm:
                answers = answers_of(fault)
                return HEARD_INSTEAD[answers[drawn % len(answers)].fault]
        return None

    def losses(self, slot: FleetSlot) -> Sequence[FaultPlan]:
        """The faults that lose messages of this cluster now, or answer them."""
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
