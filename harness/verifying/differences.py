"""What a second judgement of a run finds: differences by kind, and how much came out the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness.history.lines import Counts, Header

DIFFERENCES_MAX: Final = 1_000
"""More are counted, not kept: a file of a million lines may differ in each."""


class Kind(StrEnum):
    """What differs. Each kind has a message of its own."""

    CHANGED = "changed"
    """The digest does not fit: a line was changed after the run."""
    BROKEN_LINE = "broken_line"
    UNKNOWN_LINE = "unknown_line"
    AFTER_FOOTER = "after_footer"
    COUNTS = "counts"
    OTHER_RUN = "other_run"
    UNKNOWN_EDITION = "unknown_edition"
    UNKNOWN_REQUIREMENT = "unknown_requirement"
    UNKNOWN_SCENARIO = "unknown_scenario"
    OTHER_REQUIREMENTS = "other_requirements"
    MISSING_SCENARIO = "missing_scenario"
    TWICE = "twice"
    OUT_OF_ORDER = "out_of_order"
    MISSING_OPERATION = "missing_operation"
    WITHOUT_OUTCOME = "without_outcome"
    WITHOUT_BEGINNING = "without_beginning"
    UNKNOWN_CHECK = "unknown_check"
    CHECK_IMPOSSIBLE = "check_impossible"
    CHECK_DIFFERS = "check_differs"
    MISSING_CHECK = "missing_check"
    VERDICT_DIFFERS = "verdict_differs"
    MISSING_VERDICT = "missing_verdict"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: where it stands, what it concerns, and a sentence for people.

    `line` counts from 1 and is 0 where no line is concerned; so are the names empty.
    """

    kind: Kind
    message: str
    line: int = 0
    scenario: str = ""
    requirement: str = ""
    operation: str = ""


@dataclass(slots=True)
class Found:
    """The differences as they are found."""

    differences: list[Difference] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)

    def add(
        self,
        kind: Kind,
        message: str,
        line: int = 0,
        *,
        scenario: str = "",
        requirement: str = "",
        operation: str = "",
    ) -> None:
        """Note a difference."""
        self.counts[kind] += 1
        if len(self.differences) < DIFFERENCES_MAX:
            self.differences.append(
                Difference(kind, message, line, scenario, requirement, operation)
            )


@dataclass(frozen=True, slots=True)
class Tally:
    """How much was judged again, and how much of it came out the same."""

    checks: int = 0
    checks_same: int = 0
    verdicts: int = 0
    verdicts_derived: int = 0
    """Reached again from the checks."""
    verdicts_stated: int = 0
    """Of a scenario that ended early, with the reason; no check says more, so it is believed."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a second judgement of a run comes to.

    `notes` are sentences about what is no difference and limits what was judged.
    """

    header: Header
    counts: Counts
    tally: Tally
    differences: tuple[Difference, ...]
    difference_count: int
    notes: tuple[str, ...]
    cut_off: str
    """Where the file ends too early, as a sentence; empty if it is whole."""
    interrupted: bool
    sha256: str

    @property
    def same(self) -> bool:
        """Whether the file is whole and every verdict was reached again."""
        return not self.cut_off and not self.difference_count

    def unlisted(self) -> int:
        """How many differences were counted and not kept."""
        return self.difference_count - len(self.differences)

    def of_kind(self, *kinds: Kind) -> Iterator[Difference]:
        """The differences of these kinds, in the order of the file."""
        return (d for d in self.differences if d.kind in kinds)
