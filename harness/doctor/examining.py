"""The whole examination, one look after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from harness.catalogue.requirement import Requirement
from harness.doctor.answers import Clock, look_at_answers
from harness.doctor.finding import Finding, Level, Notes
from harness.doctor.network import look_at_network
from harness.doctor.people import look_at_logins
from harness.doctor.preconditions import look_at_links, look_at_reach
from harness.domain.arrangements import Side
from harness.domain.errors import PairproofError
from harness.targets.arranging.reach import Reach
from harness.targets.http import HttpDriver
from harness.targets.port import TargetUnusable
from harness.targets.target import Target, check_permission


class Open(Protocol):
    """Makes a driver without trying the target first."""

    def __call__(self, target: Target) -> AbstractContextManager[HttpDriver]:
        """The driver, closed at the end.

        Raises:
            PairproofError: the harness cannot play the side that is missing, or cut links.
        """
        ...


@dataclass(frozen=True, slots=True)
class Suite:
    """The part of the suite that a run would be about.

    Attributes:
        scenarios: the ids of its scenarios.
        requirements: by id, those that bind a side of the target.
        scenarios_of: the ids of the scenarios that judge each of them.
    """

    scenarios: tuple[str, ...]
    requirements: Mapping[str, Requirement]
    scenarios_of: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found. `reach` is missing where it did not come to that."""

    findings: tuple[Finding, ...]
    reach: Reach | None = None


def examine(target: Target, suite: Suite, open_driver: Open, clock: Clock) -> Diagnosis:
    """Try a target before a run. Nothing is changed on it; `clock` tells this machine's time."""
    findings: list[Finding] = []
    file = Notes("file")
    try:
        check_permission(target)
    except TargetUnusable as error:
        file.problem(*_split(str(error)))
    for side in Side:
        if side not in target.sides:
            file.note(f"the file does not describe the {side.value} side: the harness plays it")
    network, dead = look_at_network(target, clock())
    findings += [*file.found, *network.found]
    try:
        with open_driver(target) as driver:
            findings += look_at_answers(driver, dead, clock).found
            for notes in look_at_logins(driver, dead):
                findings += notes.found
            findings += look_at_links(driver)
            reached, reach = look_at_reach(
                driver, suite.scenarios, suite.requirements, suite.scenarios_of
            )
            return Diagnosis((*findings, *reached.found), reach)
    except PairproofError as error:
        what, remedy = _split(str(error))
        return Diagnosis((*findings, Finding(Level.PROBLEM, "peer", what, remedy)))


def _split(text: str) -> tuple[str, str]:
    """What an error says, and what it says to do."""
    what, _, remedy = text.partition("; ")
    return what, remedy or "see docs/target-file.md"


def suite_for(
    target: Target,
    known: Mapping[str, tuple[str, ...]],
    requirements: Iterable[Requirement],
) -> Suite:
    """The part of the suite that binds the target; `known` has each scenario's requirements."""
    roles = {role.value for role in target.info.roles}
    features = target.info.features
    binding = {
        r.id: r
        for r in requirements
        if (r.role.value == "both" or r.role.value in roles)
        and (r.feature is None or r.feature in features)
    }
    scenarios = {s: [r for r in ids if r in binding] for s, ids in known.items()}
    chosen = tuple(s for s, ids in scenarios.items() if ids)
    of = {r: tuple(s for s in chosen if r in scenarios[s]) for r in binding}
    return Suite(chosen, binding, {r: found for r, found in of.items() if found})
