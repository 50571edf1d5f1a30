"""What it is to fail the same way, and which clusters a violation seems to be about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.fleet.roster import Roster
from harness.fleet.scenario import Scenario
from harness.history.errors import EvidenceError
from harness.history.fleet_lines import ViolationLine
from harness.history.manifest import FleetEvidence
from harness.history.operation import OperationRecord
from harness.history.parts import operations, records

_SUBJECT: Final = re.compile(r"request \S+: ")
_CIRCUMSTANCES: Final = re.compile(
    r"(: | \(|, although |, and nothing that happened before ).*", re.S
)
"""What a reason adds as evidence: with fewer clusters it is other evidence for the same."""
_ANY: Final = "…"
_SEVERAL: Final = re.compile(r"…(,? and …|, …)+")


@dataclass(frozen=True, slots=True)
class Failure:
    """An invariant that does not hold, and the kind of reason why not.

    `how` is the reason without what is particular to one run: ids, numbers, times, addresses.
    """

    invariant: str
    how: str

    @classmethod
    def of(cls, violation: ViolationLine) -> Failure:
        """How this one fails."""
        reason = _CIRCUMSTANCES.sub("", _SUBJECT.sub("", violation.reason, count=1))
        words = (
            _ANY if any(c == "@" or c.isdigit() for c in word) else word for word in reason.split()
        )
        return cls(violation.invariant, _SEVERAL.sub(_ANY, " ".join(words)))

    def among(self, violations: Iterable[ViolationLine]) -> ViolationLine | None:
        """The first of the violations that is one of this kind."""
        return next((v for v in violations if Failure.of(v) == self), None)


def clusters_of(
    violation: ViolationLine, evidence: FleetEvidence, scenario: Scenario
) -> tuple[int, ...]:
    """The clusters whose hosts, or whose requests, its operations name.

    A guess: it saves time and nothing else, and what it leaves out has to turn out not to matter.
    None where the part of its cell is not there, or cannot be read.
    """
    parts = [part for part in evidence.parts if part.name == violation.cell]
    try:
        hosts = {h for part in parts for h in _hosts(evidence.path_of(part), violation)}
    except EvidenceError:
        return ()
    members = Roster(scenario).members_of_cell(int(violation.cell))
    return tuple(member.index for member in members if not hosts.isdisjoint(member.host_uids))


def _hosts(part: Path, violation: ViolationLine) -> Iterator[str]:
    shown = operations([part], violation.operations).values()
    requests = {uid for operation in shown for uid in _requests(operation)}
    yield from (str(operation.tags["host"]) for operation in shown if "host" in operation.tags)
    for is_over, operation in records(part):
        if is_over and "host" in operation.tags and not requests.isdisjoint(_requests(operation)):
            yield str(operation.tags["host"])


def _requests(operation: OperationRecord) -> Iterator[str]:
    """The pairing ids that an operation was asked with, or answered with."""
    for data in (operation.args, operation.value or {}):
        uid = data.get("pairing_uid")
        if isinstance(uid, str) and uid:
            yield uid
