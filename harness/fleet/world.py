"""What everybody in a cell shares: time, the two sides, and where it is written down."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import simpy

from harness.domain.operations import Acknowledged, Done
from harness.fleet.clock import CellClock
from harness.fleet.deadline import Deadlines
from harness.fleet.happenings import Happenings
from harness.fleet.hosts import Hosts
from harness.fleet.network import Network
from harness.fleet.plane import Plane
from harness.fleet.recorder import Recorder
from harness.fleet.scenario import Scenario
from harness.history.operation import Json

Result = TypeVar("Result")
Step = Generator[simpy.Event, object, Result]
"""A part of a SimPy process."""

HAPPENED = Done(Acknowledged())


@dataclass(slots=True)
class World:
    """One cell's."""

    scenario: Scenario
    env: simpy.Environment
    clock: CellClock
    recorder: Recorder
    plane: Plane
    network: Network
    hosts: Hosts
    happenings: Happenings
    deadlines: Deadlines = field(init=False)
    """Those of administrators."""
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
