"""What everybody in a cell shares: time, the two sides, where it is written down, what happens."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import simpy

from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement
from harness.domain.cluster import Cluster, Node
from harness.fleet.clock import HAPPENED, CellClock, Ended, Step
from harness.fleet.draws import Stream
from harness.fleet.nemesis import MessageFate
from harness.fleet.network import Network
from harness.fleet.recorder import FleetRecorder
from harness.fleet.roster import FleetSlot
from harness.fleet.scenario import Only, Scenario, Spread
from harness.history.operation import Json, OperationRecord

Asked = TypeVar("Asked", bound=ops.Operation)

_OVER: Final = ops.Unknown("it was over before that was asked")


class FleetEdge(Protocol):
    """The edge hosts of a cell, as people meet them: played by the harness, or the target's own."""

    on_rest: Callable[[FleetSlot], None]
    """Called when the agents of a cluster have nothing more to do."""

    def install(self, slot: FleetSlot) -> Cluster:
        """Put the cluster of a place onto its hosts; it is returned as it came to be."""

    def perform(self, slot: FleetSlot, operation: ops.LocalOperation) -> Step[ops.Reply]:
        """One operation at Local UI."""

    def is_at_rest(self, slot: FleetSlot) -> bool:
        """Whether its cluster is paired, nothing is wrong with it, and no agent is at work."""

    def strike(self, what: Arrangement, slot: FleetSlot | None = None) -> Ended:
        """Do this to hosts, or to those of a cluster."""

    def nodes(self, slot: FleetSlot) -> Iterable[Node]:
        """The nodes of a cluster as they are."""


class FleetCentral(Protocol):
    """The central side of a cell: the reference's own, or a target's."""

    def arrange(self, tenant: int, arrangement: Arrangement) -> Ended:
        """Arrange what no user can; of a clock, for every tenant."""

    def crash(self) -> None:
        """Nothing gets there from now on."""

    def restart(self) -> Ended:
        """It is back."""


@dataclass(slots=True)
class World:
    """One cell's, in virtual or in real time."""

    scenario: Scenario
    env: simpy.Environment
    clock: CellClock
    recorder: FleetRecorder
    central: FleetCentral
    network: Network
    happenings: Happenings
    hosts: FleetEdge = field(init=False)
    at_once: Spread = Spread(0, 100_000)
    """When somebody acts who acts at the very moment at which another one does."""
    superseded: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    """By tenant and project: requests after which the same cluster has sent another one."""

    @property
    def is_over(self) -> bool:
        """Whether nobody begins anything any more."""
        return bool(self.env.now >= self.scenario.duration)

    def drives(
        self,
        flow: Generator[Asked, ops.Reply, ops.Reply],
        ask: Callable[[Asked], Step[ops.Reply]],
        thinks: Callable[[], int],
    ) -> Step[ops.Reply]:
        """Carry out a flow, with time to think between its steps; once all is over nothing of it
        begins any more, as what came of that would have no time to settle.
        """
        operation = next(flow)
        while not self.is_over:
            reply = yield from ask(operation)
            try:
                operation = flow.send(reply)
            except StopIteration as stop:
                result: ops.Reply = stop.value
                return result
            yield self.env.timeout(thinks())
        return _OVER

    def arranged(self, actor: str, what: object, tags: Mapping[str, Json] = {}) -> None:
        """Something was arranged, at this moment."""
        self.recorder.at_once(actor, what, self.clock.now(), HAPPENED, tags)

    @abstractmethod
    def asked(
        self,
        operation: ops.CentralOperation,
        credentials: ops.Credentials,
        stream: Stream,
        tenant: int,
        record: OperationRecord,
        fate: MessageFate | None = None,
    ) -> simpy.Event:
        """Ask Palette something: an event whose value is the answer, or none in time. What is
        asked may be delayed on its way, or come once more late.
        """

    @abstractmethod
    def revoked(
        self,
        change: ops.SetTokenState,
        owner: ops.Credentials,
        tenant: int,
        record: OperationRecord,
    ) -> Ended:
        """The owner of a token changes its state, as early as can be."""


class Happenings:
    """Asked before anything happens that could be left out."""

    def __init__(self, only: Only, *, collect: bool = False) -> None:
        self._kept = only.happenings
        self._collect = collect
        self.names: list[str] = []
        """Those that happened, where they are collected, in order."""

    def allows(self, name: str) -> bool:
        """Whether this one happens, now that it was drawn."""
        if self._kept is not None and name not in self._kept:
            return False
        if self._collect:
            self.names.append(name)
        return True
