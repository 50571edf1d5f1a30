"""Whether preconditions can be arranged, links be cut, and what of the suite can be judged so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from harness.catalogue.requirement import Level as Must
from harness.catalogue.requirement import Requirement
from harness.doctor.finding import Finding, Level, Notes
from harness.domain.arrangements import SetLink, Side
from harness.targets.arranging.reach import Reach, reach_of, requirements_out_of_reach
from harness.targets.http import HttpDriver
from harness.targets.links.explaining import explain

_PLACES_WANTED: Final = 3
_LISTED_MAX: Final = 12


def look_at_links(driver: HttpDriver) -> Iterator[Finding]:
    """What the way in which links are cut allows; a connection through the proxy is tried."""
    links = driver.links
    by_links = driver.arranging.way_for(SetLink) == "link"
    if links is None or not (by_links or driver.cannot(SetLink)):
        return
    trust = driver.target.trust_of(Side.CENTRAL).context()
    hosts = max((len(place.hosts) for place in driver.target.places), default=1)
    for found in explain(links, trust, one_cluster_hosts=hosts):
        level = Level.GOOD if found.is_good else Level.GAP
        yield Finding(level, "links", found.what.removeprefix("links: "), found.remedy)


def look_at_reach(
    driver: HttpDriver,
    scenarios: Iterable[str],
    requirements: Mapping[str, Requirement],
    scenarios_of: Mapping[str, Iterable[str]],
) -> tuple[Notes, Reach]:
    """What of these scenarios can be judged, and what the rest would take."""
    notes = Notes("reach")
    slots = driver.inventory().slots
    reach = reach_of(driver.cannot, slots, scenarios)
    total = len(reach.judged) + len(
        {s for m in reach.missing for s in m.scenarios} | set(reach.too_large)
    )
    if Side.EDGE in driver.target.sides:
        _places(len(slots), reach, notes)
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
        told = (
            f"{len(lost)} requirements cannot be judged at all, so the run cannot conform: {shown}"
        )
        notes.gap(told, "see above; or certify what can be judged with --requirement or --profile")
    notes.good(f"{len(reach.judged)} of {total} scenarios can be judged")
    return notes, reach


def _places(places: int, reach: Reach, notes: Notes) -> None:
    if reach.too_large:
        told = f"{len(reach.too_large)} scenarios need more hosts or more clusters than there are"
        remedy = f"describe {_PLACES_WANTED} clusters, one of them with five hosts"
        notes.gap(told, remedy)
    elif places < _PLACES_WANTED:
        notes.note(f"there are {places} places for clusters", "a few scenarios use three at a time")
