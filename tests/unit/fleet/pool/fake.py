"""A cell that is quick to make: arrivals, a queue that is served from the grant, an end.

It does on demand what no cell should: breaks an invariant, refuses, dies, or depends on chance.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.domain.errors import PairproofError
from harness.fleet.draws import Stream
from harness.fleet.port import CellOutcome, Job, MakeCell, WindowReport
from harness.fleet.scenario import SECOND, CentralPlan, FleetPlan, Scenario
from harness.history.fleet_lines import MeasuresLine, ViolationLine
from harness.history.operation import OperationRecord, Outcome
from harness.history.parts import PartWriter


@dataclass(frozen=True, slots=True)
class Habits:
    """What a fake does. `trouble` names it, and comes to `cell` as its operation `at` is served.

    A cell that is killed leaves `scar` behind, and is killed again only if it is not to be found.
    """

    arrivals: int = 40
    service: int = 5_000
    trouble: str = ""
    cell: int = 0
    at: int = 10
    scar: Path | None = None


def fakes(habits: Habits = Habits()) -> MakeCell:
    """Makes fakes, in any process that can import this."""
    return partial(make_fake, habits)


def make_fake(habits: Habits, job: Job, number: int) -> FakeCell:
    return FakeCell(habits, job, number)


def scenario(cells: int = 5, workers: int = 1, seconds: int = 60) -> Scenario:
    """A scenario for fakes."""
    return Scenario(
        name="fake",
        why="tests",
        duration=seconds * SECOND,
        fleet=FleetPlan(hosts=cells, cells=cells),
        central=CentralPlan(workers=workers),
    )


class FakeCell:
    """Serves its arrivals in order, each at once where the grant suffices."""

    def __init__(self, habits: Habits, job: Job, number: int) -> None:
        self.number = number
        self._habits = habits
        self._job = job
        chance = os.urandom(8) if habits.trouble == "chance" else b""
        draws = Stream(job.scenario.seed, f"fake:{number}{chance!r}")
        times = sorted(draws.below(job.scenario.duration) for _ in range(habits.arrivals))
        self._coming = deque((at, draws.below(habits.service)) for at in times)
        self._waiting: deque[tuple[int, int]] = deque()
        self._name = f"{number:02}"
        path = job.parts and job.parts / f"{self._name}.jsonl.zst"
        self._part = PartWriter(path, self._name)
        self._served = 0
        self._now = 0
        self._violations: list[ViolationLine] = []

    def run(self, until: int, grant: int) -> WindowReport:
        asked = 0
        while self._coming and self._coming[0][0] < until:
            asked += self._coming[0][1]
            self._waiting.append(self._coming.popleft())
        while self._waiting and self._waiting[0][1] <= grant:
            at, cost = self._waiting.popleft()
            grant -= cost
            self._serve(at, cost)
        self._now = until
        found, self._violations = self._violations, []
        return WindowReport(
            asked=asked,
            backlog=sum(cost for _, cost in self._waiting),
            next_event=until if self._waiting else self._coming[0][0] if self._coming else None,
            operations=self._served,
            events=2 * self._served,
            pending=len(self._waiting),
            violations=found,
        )

    def finish(self, *, whole: bool) -> CellOutcome:
        part = self._part.close()
        if self._habits.trouble == "killed at the end":
            self._is_killed()
        return CellOutcome(
            cell=self.number,
            measures=MeasuresLine(ended_at=self._now, clusters=1, hosts=1),
            part=part if self._job.parts else None,
            happenings=[f"act.{self.number}"] if self._job.collect else [],
        )

    def close(self) -> None:
        self._part.close()

    def _serve(self, at: int, cost: int) -> None:
        self._served += 1
        id_ = f"{self._name}#{self._served}"
        begin = OperationRecord(id_, self._name, "agent", "Probe", {}, at)
        self._part.invoke(begin)
        end = max(at, self._now) + cost
        self._part.outcome(
            OperationRecord(id_, self._name, "agent", "Probe", {}, at, end, Outcome.OK, {})
        )
        if (self.number, self._served) == (self._habits.cell, self._habits.at):
            self._get_into_trouble(id_, end)

    def _get_into_trouble(self, id_: str, at: int) -> None:
        match self._habits.trouble:
            case "violation":
                self._violations.append(
                    ViolationLine(
                        invariant="INV-1", cell=self._name, reason="two", operations=[id_], at=at
                    )
                )
            case "refuses":
                raise PairproofError("the disk is full; choose another one")
            case "fails":
                raise ZeroDivisionError("a defect of the fake")
            case "killed" | "chance":
                self._is_killed()

    def _is_killed(self) -> None:
        scar = self._habits.scar
        if scar is None or not scar.exists():
            if scar is not None:
                scar.touch()
            os.kill(os.getpid(), signal.SIGKILL)
