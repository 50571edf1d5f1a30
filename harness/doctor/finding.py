"""What the doctor finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    """It is as it should be."""
    NOTE = "note"
    """Worth knowing; nothing is lost by it."""
    GAP = "gap"
    """A run is possible, and something cannot be judged in it."""
    PROBLEM = "problem"
    """As it is, no run is possible, or none that means anything."""


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """One thing that was found, and what to do, where anything has to be done.

    `area` is `file`, `driver`, `network`, `api`, `login`, `clusters`, `links`,
    `pages`, `commands`, `peer` or `missing`.
    """

    level: Severity
    area: str
    what: str
    remedy: str = ""


class Notes:
    """Findings of one area, as they come."""

    def __init__(self, area: str) -> None:
        self.area = area
        self.found: list[DoctorFinding] = []

    def good(self, what: str) -> None:
        """It is as it should be."""
        self.found.append(DoctorFinding(Severity.GOOD, self.area, what))

    def note(self, what: str, remedy: str = "") -> None:
        """Worth knowing."""
        self.found.append(DoctorFinding(Severity.NOTE, self.area, what, remedy))

    def gap(self, what: str, remedy: str) -> None:
        """Something cannot be judged."""
        self.found.append(DoctorFinding(Severity.GAP, self.area, what, remedy))

    def problem(self, what: str, remedy: str) -> None:
        """It stands in the way."""
        self.found.append(DoctorFinding(Severity.PROBLEM, self.area, what, remedy))


def worst(findings: Iterable[DoctorFinding]) -> Severity:
    """The level that decides."""
    order = list(Severity)
    return max((f.level for f in findings), key=order.index, default=Severity.GOOD)
