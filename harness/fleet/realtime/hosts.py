"""The edge hosts in real time: the reference's edge behind no network but the real one.

What the scenario says of the network as it mostly is (latency, bandwidth) is left to the real one;
what goes wrong with it (messages that are lost, repeated, delayed, slowed; links that are
down) is done here, before a message leaves or after its answer has come.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.domain.arrangements import MessageFault
from harness.domain.cluster import Cluster
from harness.domain.operations import Credentials
from harness.fleet.clock import CellClock
from harness.fleet.hosts import PlayedHosts
from harness.fleet.nemesis import MessageFate
from harness.fleet.network import Network
from harness.fleet.realtime.asker import TargetRequest
from harness.fleet.realtime.environment import Environment, Event, when
from harness.fleet.realtime.translation import Translation
from harness.fleet.realtime.world import Palette, is_taken
from harness.fleet.recorder import FleetRecorder
from harness.fleet.scenario import AgentPlan
from harness.fleet.slot import FleetSlot
from harness.history.operation import OperationRecord
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.link import Call
from harness.reference.core.store import Store
from harness.reference.faults import HEARD_INSTEAD

_NOBODY = Credentials()


class RealHosts(PlayedHosts):
    """Hosts whose messages go to a target."""

    def __init__(
        self,
        env: Environment,
        clock: CellClock,
        make_core: Callable[[Store], EdgeCore],
        palette: Palette,
        translation: Translation,
        network: Network,
        recorder: FleetRecorder,
        plan: AgentPlan,
        patience: int,
    ) -> None:
        """Make them. `patience` is how long a host waits for the answer to a message that is
        spoiled here, in microseconds.
        """
        super().__init__(env, clock, make_core, network, recorder, plan)
        self._palette = palette
        self._translation = translation
        self._patience = patience

    def install(self, slot: FleetSlot) -> Cluster:
        cluster = super().install(slot)
        self._translation.install(cluster)
        return cluster

    def _asked(self, slot: FleetSlot, call: Call, record: OperationRecord | None) -> Event:
        fate = self._network.fate(slot, self._clock.now())
        delay = self._network.slowed(slot)
        correlation = record.id if record is not None else ""
        if fate is not None and fate.fault is not MessageFault.REPEATED_LATE:
            self._note(slot, call, fate)
            delay += fate.delay
        if fate is None and not delay:
            # What is asked here and now is all that most messages come to.
            return self._palette.ask(self._question(call, correlation))
        return self._spoiled(slot, call, fate, delay, correlation)

    def _spoiled(
        self, slot: FleetSlot, call: Call, fate: MessageFate | None, delay: int, correlation: str
    ) -> Event:
        """A message to which something happens; its host waits no longer than it would."""
        fault = fate.fault if fate is not None else None
        heard = self._env.event()
        self._after(self._patience, heard.succeed)
        if fault is MessageFault.LOST_BEFORE:
            return heard
        if fault in HEARD_INSTEAD:
            self._after(delay, lambda: heard.succeed(HEARD_INSTEAD[fault]))
            return heard

        def comes_again(sent: Event, fate: MessageFate, question: TargetRequest) -> None:
            if is_taken(sent):
                fate = self._network.healing(fate, self._clock.now())
                self._note(slot, call, fate)
                self._after(fate.delay, lambda: self._palette.ask(question))

        def leaves() -> None:
            if call.host_uid in self._cut:
                return
            question = self._question(call, correlation, measured=False)
            sent = self._palette.ask(question)
            if fault is MessageFault.REPEATED:
                when(sent, lambda _: self._palette.ask(question))
            if fate is not None and fault is MessageFault.REPEATED_LATE:
                when(sent, lambda _: comes_again(sent, fate, question))
            if fault is not MessageFault.LOST_AFTER:
                when(sent, heard.succeed)

        self._after(delay, leaves)
        return heard

    def _question(self, call: Call, correlation: str, *, measured: bool = True) -> TargetRequest:
        return TargetRequest(
            call.operation, _NOBODY, self._plan.deadline, call.base_url, correlation, measured
        )

    def _after(self, delay: int, act: Callable[[], object]) -> None:
        when(self._env.timeout(delay), lambda _: act())
