"""What a cell is to whatever runs it: advanced window by window, and closed at the end.

A cell is a part of the fleet with its own people, its own share of the central plane and its own
part of the evidence. No message passes between cells; they share nothing but the central plane's
service time, which is granted to them (docs/adr/0006-cells-and-windows.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from harness.checkers.fleet.concluding import ClosedCell
from harness.fleet.scenario import Scenario
from harness.history.fleet_lines import EffortLine, PartLine, ViolationLine
from harness.history.parts import PartWriter, part_file


@dataclass(frozen=True, slots=True)
class Job:
    """All that a cell needs to be made, in any process on any machine.

    `planted` is `mutant:NAME`, `variant:NAME` or empty. `parts` is the folder for the parts of
    the evidence; without one nothing is written. `collect` asks for the names of everything that
    a shrunk scenario could leave out. `judge=False` leaves the checkers out, for benchmarks.
    """

    scenario: Scenario
    planted: str = ""
    keep_going: bool = False
    parts: Path | None = None
    collect: bool = False
    judge: bool = True
    repeatable: bool = True
    """What is lost with a worker can be done again. Not so where time is real."""

    def part(self, name: str) -> PartWriter | None:
        """What writes a part of the evidence; none where nothing is written."""
        return PartWriter(self.parts / Path(part_file(name)).name, name) if self.parts else None


class WindowReport(msgspec.Struct, frozen=True):
    """What a cell says at the end of a window.

    Attributes:
        asked: microseconds of service that arrived in the window.
        backlog: microseconds of service that wait at its end.
        next_event: when something happens next in this cell, in microseconds; none: never.
        operations, events: how many there were so far.
        pending: requests that wait for a decision now.
        violations: those that were found in the window.
        stop: why the run has to end here, by no fault of the target; empty where it may go on.
    """

    asked: int
    backlog: int
    next_event: int | None
    operations: int = 0
    events: int = 0
    pending: int = 0
    violations: list[ViolationLine] = []
    stop: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellOutcome(ClosedCell):
    """What is left of a cell once it is closed, for whoever has run it.

    `happenings` are the names of the single faults and acts (`Job.collect`), `effort` what it
    took, where time was real.
    """

    part: PartLine | None = None
    happenings: list[str] = field(default_factory=list)
    effort: EffortLine | None = None


class Cell(Protocol):
    """One cell, in whatever process it lives."""

    @property
    def number(self) -> int:
        """Its number, from 0."""

    def run(self, until: int, grant: int) -> WindowReport:
        """Go on to `until` (exclusive), the end of a window, with so much service time in it."""

    def finish(self, *, whole: bool) -> CellOutcome:
        """Close the part: what is still open ends as unknown.

        `whole` says that the run got to its end: then what is judged there is judged too.
        """

    def close(self) -> None:
        """Close the part as it is, where the run was given up. Nothing is judged.

        Raises:
            EvidenceError: it cannot be written.
        """


MakeCell = Callable[[Job, int], Cell]
"""Makes a cell by its number."""
