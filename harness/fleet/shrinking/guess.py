"""Which clusters a violation seems to be about, from the evidence of the run.

A guess saves time and nothing else: what it leaves out has to turn out not to matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.fleet.roster import Roster
from harness.fleet.scenario import Scenario
from harness.history.errors import EvidenceError
from harness.history.fleet_lines import ViolationLine
from harness.history.manifest import FleetEvidence
from harness.history.operation import OperationRecord
from harness.history.parts import operations, records


def clusters_of(
    violation: ViolationLine, evidence: FleetEvidence, scenario: Scenario
) -> tuple[int, ...]:
    """The clusters whose hosts, or whose requests, its operations name.

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
