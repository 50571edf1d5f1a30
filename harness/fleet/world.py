"""What everybody in a cell shares: time, the two sides, where it is written down, what happens."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import simpy

from harness.domain.operations import Acknowledged, CentralOperation, Credentials, Done
from harness.fleet.clock import CellClock, Deadlines, PendingReply
from harness.fleet.draws import Stream
from harness.fleet.hosts import Hosts
from harness.fleet.network import Network
from harness.fleet.plane import Plane
from harness.fleet.recorder import FleetRecorder
from harness.fleet.scenario import Only, Scenario, Spread
from harness.history.operation import Json, OperationRecord
from harness.reference.core.link import LinkReply

Result = TypeVar("Result")
Step = Generator[simpy.Event, object, Result]
"""A part of a SimPy process."""

HAPPENED = Done(Acknowledged())
_LATENCY = Spread(20_000, 80_000)
"""Between an administrator and the central plane, one way."""


@dataclass(slots=True)
class CellWorld:
    """One cell's."""

    scenario: Scenario
    env: simpy.Environment
    clock: CellClock
    recorder: FleetRecorder
    plane: Plane
    network: Network
    hosts: Hosts
    happenings: Happenings
    deadlines: Deadlines = field(init=False)
    """Those of administrators."""
    at_once: Spread = Spread(0, 100_000)
    """When somebody acts who acts at the very moment at which another one does."""
    superseded: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    """By tenant and project: requests after which the same cluster has sent another one."""

    def __post_init__(self) -> None:
        self.deadlines = Deadlines(self.env, self.scenario.admins.deadline)

    @property
    def is_over(self) -> bool:
        """Whether nobody begins anything any more."""
        return bool(self.env.now >= self.scenario.duration)

    def arranged(
        self, actor: str, what: object, tags: Mapping[str, Json] = {}, cause: str = ""
    ) -> None:
        """Something was arranged, at this moment."""
        if cause:
            tags = {**tags, "cause": cause}
        self.recorder.at_once(actor, what, self.clock.now(), HAPPENED, tags)

    def asked(
        self,
        operation: CentralOperation,
        credentials: Credentials,
        stream: Stream,
        tenant: int,
        record: OperationRecord,
    ) -> simpy.Event:
        """Ask Palette something: an event whose value is the answer, or none in time."""
        question = self.deadlines.ask()

        def take(reply: LinkReply, later: int) -> PendingReply | None:
            back = later + stream.spread(_LATENCY)
            return question if question.answer(reply, back) else None

        arrival = self.env.timeout(stream.spread(_LATENCY))
        arrival.callbacks.append(
            lambda _: self.plane.arrive(tenant, operation, credentials, stream, take)
        )
        return question


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
