"""What a run comes to, from what its cells have found: the same for whoever judges it.

A run concludes so at its end, and `pairproof verify` does again from what was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from harness.catalogue.requirements.invariants import INVARIANTS
from harness.catalogue.verdict import Verdict
from harness.checkers.fleet.gate import evaluate, reached
from harness.checkers.fleet.merging import merge, shared_ids
from harness.checkers.fleet.terms import Terms
from harness.checkers.invariants.base import Violation
from harness.history.fleet_lines import GateLine, MeasuresLine, ViolationLine
from harness.history.lines import VerdictLine

_STOPPED: Final = "the run was stopped before its end"
_IDS_NAMED: Final = 20
"""So many ids that two cells have given are named; the others are counted."""


class Closed(Protocol):
    """What is left of a cell once it is closed."""

    @property
    def cell(self) -> int:
        """Its number."""
        ...

    @property
    def measures(self) -> MeasuresLine:
        """What was measured of it."""
        ...

    @property
    def ids(self) -> bytes:
        """The digests of the pairing ids that it has given, sorted."""
        ...

    @property
    def violations(self) -> Sequence[ViolationLine]:
        """Those that were found when it was closed."""
        ...


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a run comes to. `verdicts` are one for each invariant."""

    measures: MeasuresLine
    violations: tuple[ViolationLine, ...]
    gates: tuple[GateLine, ...]
    verdicts: tuple[VerdictLine, ...]


def conclude(
    terms: Terms, cells: Sequence[Closed], found: Iterable[ViolationLine], complete: bool
) -> Conclusion:
    """Put together what all cells, in their order, have found.

    `found` are the violations that were found while they ran. `complete` says that the run got
    to its end.

    Raises:
        GateError: an expression of the gate, or a situation to reach, means nothing.
        MergeError: the cells were not measured alike.
    """
    measures = merge(cell.measures for cell in cells)
    violations = (*found, *_found_at_the_end(cells, measures.ended_at))
    gates = (
        *evaluate(terms.gate, measures, len(violations), complete),
        *reached(terms.reach, measures),
    )
    verdicts = tuple(_verdicts(terms, violations, measures, complete))
    return Conclusion(measures, violations, gates, verdicts)


def as_lines(violations: Iterable[Violation], cell: str, at: int) -> list[ViolationLine]:
    """What was found in a cell at this moment, as it stands in the manifest."""
    return [
        ViolationLine(
            invariant=violation.invariant,
            cell=cell,
            reason=violation.reason,
            operations=list(violation.operations),
            at=at,
        )
        for violation in violations
    ]


def _found_at_the_end(cells: Sequence[Closed], at: int) -> Iterator[ViolationLine]:
    """What each cell found when it was closed, and the ids that more than one has given."""
    for cell in cells:
        yield from cell.violations
    shared = shared_ids(cell.ids for cell in cells)
    for digest, places in shared[:_IDS_NAMED]:
        names = [f"{cells[place].cell:02d}" for place in places]
        more = f" ({len(shared) - _IDS_NAMED} more are so)" if len(shared) > _IDS_NAMED else ""
        yield ViolationLine(
            invariant="INV-5",
            cell=names[0],
            reason=f"the pairing id with the digest {digest.hex()} was given in the cells"
            f" {' and '.join(names)}{more}",
            operations=[],
            at=at,
        )


def _verdicts(
    terms: Terms, violations: Sequence[ViolationLine], measures: MeasuresLine, complete: bool
) -> Iterator[VerdictLine]:
    """One for each invariant: its first violation decides."""
    first = {violation.invariant: violation for violation in reversed(violations)}
    for requirement in INVARIANTS.requirements:
        found = first.get(requirement.id)
        undecided = measures.undecided.get(requirement.id, "" if complete else _STOPPED)
        verdict = Verdict.INCONCLUSIVE if undecided else Verdict.PASS
        yield VerdictLine(
            requirement=requirement.id,
            scenario=terms.name,
            verdict=Verdict.FAIL if found else verdict,
            reason=found.reason if found else undecided,
            operations=found.operations if found else [],
            at=measures.ended_at,
        )
