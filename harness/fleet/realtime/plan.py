"""What of a scenario a target has a way to, told before anything is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from harness.domain.arrangements import (
    AdvanceClock,
    Arrangement,
    CreateProject,
    PutProfile,
    PutToken,
    PutUser,
    Restart,
    Side,
)
from harness.fleet.scenario import FaultKind, FaultPlan, Scenario

BEGINNING: Final[tuple[type[Arrangement], ...]] = (CreateProject, PutUser, PutToken, PutProfile)
"""Without these nobody can begin."""

Cannot = Callable[[type[Arrangement]], str]
"""Why nothing of a kind can be arranged, and what it would take; empty if it can."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A scenario as a target can have it.

    Attributes:
        missing: what has to be there at the beginning and cannot be arranged: what, and why.
        left_out: what the scenario asks for besides and the target has no way to.
    """

    scenario: Scenario
    missing: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, str], ...]


def planned(scenario: Scenario, cannot: Cannot) -> Planned:
    """The scenario without what the target has no way to."""
    missing = tuple((kind.__name__, why) for kind in BEGINNING if (why := cannot(kind)))
    kept, left_out = [], []
    for fault in scenario.faults:
        needed = _needs(fault)
        why = cannot(needed) if needed is not None else ""
        if why:
            left_out.append((f"a fault of kind {fault.kind.value}", why))
        else:
            kept.append(fault)
    return Planned(replace(scenario, faults=tuple(kept)), missing, tuple(left_out))


def _needs(fault: FaultPlan) -> type[Arrangement] | None:
    """What a fault needs of the target; nothing where it strikes what the harness plays."""
    if fault.kind is FaultKind.CENTRAL:
        return Restart
    if fault.kind is FaultKind.CLOCK and Side(fault.side) is Side.CENTRAL:
        return AdvanceClock
    return None
