"""Every requirement of the documented procedure, one declared record each.

An id is never reused and never changes its meaning within an edition. A letter at its end
marks a companion: `S` what one should be able to expect beyond it, `P` its part that only a
page can show, `A` to `D` the combinations of the document's own table.

Imports `domain`. Begin with `withdraw`.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Group, Requirement, Role, order_of
from harness.catalogue.requirements.accept import ACCEPT
from harness.catalogue.requirements.invariants import INVARIANTS
from harness.catalogue.requirements.prerequisites import PREREQUISITES
from harness.catalogue.requirements.send import SEND
from harness.catalogue.requirements.withdraw import REJECT, WITHDRAW

__all__ = ["OWN", "REQUIREMENTS", "Group", "by_id", "groups", "order_of"]

_GROUPS: tuple[Group, ...] = (PREREQUISITES, SEND, ACCEPT, WITHDRAW, REJECT, INVARIANTS)

REQUIREMENTS: tuple[Requirement, ...] = tuple(r for g in _GROUPS for r in g.requirements)
"""All of them: the groups in the order of the document, each sorted by number."""

OWN = Requirement(
    id="OWN",
    role=Role.BOTH,
    title="Scenarios of one's own, which are tied to no requirement",
    text="What whoever runs the suite asks for besides the procedure, in features of their own.",
    source="",
)
"""Not of the catalogue: what the scenarios of users judge who name no requirement."""

_BY_ID: Mapping[str, Requirement] = {r.id: r for r in REQUIREMENTS}


def by_id(requirement_id: str) -> Requirement:
    """The requirement of this id, be it `OWN`.

    Raises:
        UnknownName: there is none; the error holds the ids that resemble it.
    """
    found = OWN if requirement_id == OWN.id else _BY_ID.get(requirement_id)
    if found is None:
        raise UnknownName("requirement", requirement_id, _BY_ID)
    return found


def groups() -> tuple[Group, ...]:
    """The groups in the order of the document, the invariants last."""
    return _GROUPS
