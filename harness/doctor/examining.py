"""The whole examination, one look after the other.

The last looks are whether links can be cut, preconditions be arranged, and what can be judged so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from harness.catalogue.requirement import Level as Must
from harness.catalogue.requirement import Requirement
from harness.doctor.answers import Clock, examine_answers, examine_network
from harness.doctor.finding import DoctorFinding, Notes, Severity
from harness.doctor.people import examine_logins
from harness.domain.arrangements import SetLink, Side
from harness.domain.errors import PairproofError
from harness.domain.operations import RARELY_OFFERED
from harness.targets.arranging.reach import Reach, reach_of, requirements_out_of_reach
from harness.targets.http import HttpDriver
from harness.targets.links.explaining import explain
from harness.targets.port import Driver, NotOffered, TargetInfo, TargetUnusable
from harness.targets.target import Target, check_permission


class DescribedDriver(Driver, Protocol):
    """A driver of which it is known what a target file says, or would say."""

    target: Target


class Open(Protocol):
    """Makes a driver without trying the target first."""

    def __call__(self, target: Target) -> AbstractContextManager[HttpDriver]:
        """The driver, closed at the end.

        Raises:
            PairproofError: the harness cannot play the side that is missing, or cut links.
        """


@dataclass(frozen=True, slots=True)
class SelectedSuite:
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

    findings: tuple[DoctorFinding, ...]
    reach: Reach | None = None


def examine(target: Target, suite: SelectedSuite, open_driver: Open, clock: Clock) -> Diagnosis:
    """Try a target before a run. Nothing is changed on it; `clock` tells this machine's time."""
    findings: list[DoctorFinding] = []
    file = Notes("file")
    try:
        check_permission(target)
    except TargetUnusable as error:
        file.problem(*_split(str(error)))
    for side in Side:
        if side not in target.sides:
            file.note(f"the file does not describe the {side.value} side: the harness plays it")
    network, dead = examine_network(target, clock())
    findings += [*file.found, *network.found]
    try:
        with open_driver(target) as driver:
            findings += examine_answers(driver, dead, clock).found
            for notes in examine_logins(driver, dead):
                findings += notes.found
            findings += examine_links(driver)
            reached, reach = examine_reach(
                driver, suite.scenarios, suite.requirements, suite.scenarios_of
            )
            return Diagnosis((*findings, *reached.found), reach)
    except PairproofError as error:
        what, remedy = _split(str(error))
        return Diagnosis((*findings, DoctorFinding(Severity.PROBLEM, "peer", what, remedy)))


def _split(text: str) -> tuple[str, str]:
    """What an error says, and what it says to do."""
    what, _, remedy = text.partition("; ")
    return what, remedy or "see docs/target-file.md"


def suite_for(
    info: TargetInfo,
    known: Mapping[str, tuple[str, ...]],
    requirements: Iterable[Requirement],
) -> SelectedSuite:
    """The part of the suite that binds the target; `known` has each scenario's requirements."""
    roles = {role.value for role in info.roles}
    binding = {
        r.id: r
        for r in requirements
        if (r.role.value == "both" or r.role.value in roles) and not r.lacks(info.features)
    }
    scenarios = {s: [r for r in ids if r in binding] for s, ids in known.items()}
    chosen = tuple(s for s, ids in scenarios.items() if ids)
    of = {r: tuple(s for s in chosen if r in scenarios[s]) for r in binding}
    return SelectedSuite(chosen, binding, {r: found for r, found in of.items() if found})


_PLACES_WANTED: Final = 3
_LISTED_MAX: Final = 12


def examine_links(driver: HttpDriver) -> Iterator[DoctorFinding]:
    """What the way in which links are cut allows; a connection through the proxy is tried."""
    links = driver.links
    by_links = driver.arranging.way_for(SetLink) == "link"
    if links is None or not (by_links or driver.cannot(SetLink)):
        return
    trust = driver.target.trust_of(Side.CENTRAL).context()
    hosts = max((len(place.hosts) for place in driver.target.places), default=1)
    for found in explain(links, trust, one_cluster_hosts=hosts):
        level = Severity.GOOD if found.is_good else Severity.GAP
        yield DoctorFinding(level, "links", found.what.removeprefix("links: "), found.remedy)


def examine_reach(
    driver: DescribedDriver,
    scenarios: Iterable[str],
    requirements: Mapping[str, Requirement],
    scenarios_of: Mapping[str, Iterable[str]],
) -> tuple[Notes, Reach]:
    """What of these scenarios can be judged, and what the rest would take."""
    notes = Notes("reach")
    slots = driver.inventory().slots
    reach = reach_of(driver.cannot, slots, scenarios, not_offered=driver.info.not_offered)
    others = {s for m in reach.missing for s in m.scenarios} | set(reach.too_large)
    total = len(reach.judged) + len(others)
    if Side.EDGE in driver.target.sides:
        _places(len(slots), reach, notes)
    for lacking in reach.not_offered:
        told = str(NotOffered(lacking.kind, lacking.why))
        told = f"{told} ({len(lacking.scenarios)} scenarios need it, and are not_supported)"
        (notes.good if lacking.why in RARELY_OFFERED.values() else notes.note)(told)
    for missing in reach.missing:
        told = f"{missing.kind} cannot be arranged: {len(missing.scenarios)} scenarios need it"
        alone = len(reach.judged_if(missing.kind))
        notes.gap(told, f"{missing.why} (this alone would bring {alone} more)")
    if reach.exhausts:
        told = f"{reach.clusters} clusters are used up, and {reach.disposable} may be"
        notes.gap(told, "mark more places as disposable, or give them a reset command")
    lost = [
        r
        for r in requirements_out_of_reach(reach, scenarios_of)
        if requirements[r].level is Must.MUST and not set(scenarios_of[r]) & set(reach.judged)
    ]
    if lost:
        shown = ", ".join(lost[:_LISTED_MAX]) + (" …" if len(lost) > _LISTED_MAX else "")
        told = f"{len(lost)} requirements cannot be judged at all, so the run cannot conform"
        remedy = "see above; or certify what can be judged with --requirement or --profile"
        notes.gap(f"{told}: {shown}", remedy)
    notes.good(f"{len(reach.judged)} of {total} scenarios can be judged")
    return notes, reach


def _places(places: int, reach: Reach, notes: Notes) -> None:
    if reach.too_large:
        told = f"{len(reach.too_large)} scenarios need more hosts or more clusters than there are"
        remedy = f"describe {_PLACES_WANTED} clusters, one of them with five hosts"
        notes.gap(told, remedy)
    elif places < _PLACES_WANTED:
        notes.note(f"there are {places} places for clusters", "a few scenarios use three at a time")
