"""How large a failing run is, and the scenario file that is made of the smallest."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.fleet.scenario import Scenario
from harness.fleet.shrinking.reductions import CHANGES, FAULTS, PEOPLE, extent, of_kind
from harness.fleet.shrinking.trying import Failed


@dataclass(frozen=True, slots=True)
class Size:
    """What there was in a run until it failed.

    Attributes:
        faults, acts, changes: single faults, single acts of people that could be left out, and
            what changed for everybody.
        duration: how long people work, in microseconds.
    """

    clusters: int
    hosts: int
    faults: int
    acts: int
    changes: int
    operations: int
    duration: int

    @classmethod
    def of(cls, failed: Failed) -> Size:
        """That of a run. What a shrunk scenario has kept counts, whether it came to it or not."""
        kept = failed.scenario.only.happenings
        names = failed.happenings if kept is None else kept
        clusters, hosts = extent(failed.scenario)
        return cls(
            clusters=clusters,
            hosts=hosts,
            faults=len(of_kind(names, FAULTS)),
            acts=len(of_kind(names, PEOPLE)),
            changes=len(of_kind(names, CHANGES)),
            operations=failed.operations,
            duration=failed.scenario.duration,
        )


def file_name(scenario: Scenario) -> str:
    """What the smallest run of a scenario is called, unless somebody says otherwise."""
    return f"{scenario.name.removesuffix('-shrunk')}-shrunk"


def as_own(smallest: Failed, name: str, of: Scenario, planted: str) -> Scenario:
    """The smallest run as a scenario of its own, that says where it comes from."""
    about = f"seed {of.seed}, {of.fleet.hosts} hosts{f', {planted}' if planted else ''}"
    violation = smallest.violation
    why = (
        f"The smallest that was found of the run of {of.name} ({about}) in which"
        f" {violation.invariant} does not hold: {violation.reason}"
    )
    return replace(smallest.scenario, name=name, why=why)
