"""Calls checks for a scenario and writes down what they find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from harness.catalogue.verdict import Verdict
from harness.checkers.registry import Finding, run_check
from harness.domain.errors import PairproofError
from harness.history.operation import History, Json


class CheckFailed(AssertionError):
    """A check says that the target does not do what is required."""


class CheckInconclusive(PairproofError):
    """A check could not judge, and says why."""


class Minutes(Protocol):
    """Where findings are written down."""

    def history(self) -> History:
        """What was recorded so far."""
        ...

    def found(self, name: str, args: Mapping[str, Json], finding: Finding) -> None:
        """Write down what a check found."""
        ...


class Judge:
    """Judges what was recorded, by named checks only."""

    def __init__(self, minutes: Minutes) -> None:
        self._minutes = minutes

    def check(self, name: str, /, **args: Json) -> Finding:
        """Judge by the named check, and write the finding down.

        Raises:
            CheckFailed: the verdict is `fail`.
            CheckInconclusive: the verdict is `inconclusive`.
        """
        finding = run_check(name, self._minutes.history(), args)
        self._minutes.found(name, args, finding)
        if finding.verdict is Verdict.FAIL:
            raise CheckFailed(finding.reason)
        if finding.verdict is Verdict.INCONCLUSIVE:
            raise CheckInconclusive(finding.reason)
        return finding
