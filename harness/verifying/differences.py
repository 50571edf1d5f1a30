"""What a second judgement of a run finds: differences by kind, and how much came out the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from harness import __version__
from harness.history.lines import EvidenceHeader, LineCounts

DIFFERENCES_MAX: Final = 1_000
"""More are counted, not kept: a file of a million lines may differ in each."""


class DifferenceKind(StrEnum):
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
    MISSING_PART = "missing_part"
    PART_CUT_OFF = "part_cut_off"
    OTHER_PART = "other_part"
    GRANTS_DIFFER = "grants_differ"
    MEASURE_DIFFERS = "measure_differs"
    MISSING_VIOLATION = "missing_violation"
    VIOLATION_DIFFERS = "violation_differs"
    GATE_DIFFERS = "gate_differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: where it stands, what it concerns, and a sentence for people.

    `line` counts from 1 and is 0 where no line is concerned; so are the names empty. It is one
    of the part of a fleet's evidence, where `part` is the name of one.
    """

    kind: DifferenceKind
    message: str
    line: int = 0
    scenario: str = ""
    requirement: str = ""
    operation: str = ""
    part: str = ""


@dataclass(slots=True)
class DifferenceList:
    """The differences as they are found."""

    differences: list[Difference] = field(default_factory=list)
    counts: Counter[DifferenceKind] = field(default_factory=Counter)

    def add(self, kind: DifferenceKind, message: str, line: int = 0, **named: str) -> None:
        """Note a difference, with the names that it has."""
        self.counts[kind] += 1
        if len(self.differences) < DIFFERENCES_MAX:
            self.differences.append(Difference(kind, message, line, **named))


@dataclass(frozen=True, slots=True)
class VerifiedTally:
    """How much was judged again, and how much of it came out the same."""

    checks: int = 0
    checks_same: int = 0
    verdicts: int = 0
    verdicts_derived: int = 0
    """Reached again from the checks."""
    verdicts_stated: int = 0
    """Of a scenario that ended early, with the reason; no check says more, so it is believed."""


@dataclass(frozen=True, slots=True)
class FleetTally:
    """How much of a fleet's evidence was judged again, and how much of it came out the same.

    What rests on all parts is compared only if all of them are there (`compared`).
    """

    parts: int = 0
    parts_same: int = 0
    operations: int = 0
    """As many as were found in the parts."""
    compared: bool = True
    measures: int = 0
    measures_same: int = 0
    violations: int = 0
    violations_same: int = 0
    verdicts: int = 0
    verdicts_same: int = 0
    gates: int = 0
    gates_same: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a second judgement of any run comes to.

    `notes` are sentences about what is no difference and limits what was judged.
    """

    header: EvidenceHeader
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVerification(Judgement):
    """Of a run of single scenarios."""

    counts: LineCounts
    tally: VerifiedTally


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetVerification(Judgement):
    """Of a run of a fleet. `sha256` is that of the manifest."""

    tally: FleetTally


def check_edition(header: EvidenceHeader, known: str, number: int, found: DifferenceList) -> None:
    """Whether the run judged the edition of the procedure that is known here."""
    if header.edition != known:
        found.add(
            DifferenceKind.UNKNOWN_EDITION,
            f"the run judged edition {header.edition!r} of the procedure, and this version"
            f" of pairproof knows {known!r}; use one that knows it",
            number,
        )


def notes_on(header: EvidenceHeader, interrupted: bool) -> Iterator[str]:
    """What is no difference, and may explain one."""
    if header.harness.version != __version__:
        yield (
            f"the file was written by pairproof {header.harness.version}, and this is"
            f" {__version__}; what differs may be due to that"
        )
    if interrupted:
        yield "the run was stopped before its end; it was judged as far as it goes"
