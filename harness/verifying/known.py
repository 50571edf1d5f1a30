"""What this version knows and evidence has to fit: edition, requirements, scenarios."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from harness.catalogue.edition import EDITION
from harness.catalogue.requirements import OWN, REQUIREMENTS
from harness.gherkin import Example, ScenarioText, read_feature, scenario_id
from harness.history.lines import EvidenceHeader
from harness.suite import suite_dir

Expecting = Callable[[EvidenceHeader], "Collection[str] | None"]
"""The ids of the scenarios that a whole run with this header has; `None` if that is unknown."""


@dataclass(frozen=True, slots=True)
class KnownScenario:
    """A scenario of the suite: its tags, and the requirements among them in their order."""

    tags: frozenset[str]
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VersionKnowledge:
    """What a version of pairproof knows."""

    edition: str
    requirements: frozenset[str]
    scenarios: Mapping[str, KnownScenario]


def known_here(*folders: Path) -> VersionKnowledge:
    """What this version knows, with the scenarios of these folders of features besides ours.

    Raises:
        FeatureUnreadable: a feature is broken.
    """
    ours = _known_of_ours()
    found = (
        scenario
        for folder in folders
        for scenario in _scenarios(folder, ours.requirements - {OWN.id})
    )
    return replace(ours, scenarios={**ours.scenarios, **dict(found)})


@cache
def _known_of_ours() -> VersionKnowledge:
    """Our suite takes a while to read, and stays as it is."""
    ids = frozenset(r.id for r in REQUIREMENTS)
    found = _scenarios(suite_dir("features"), ids)
    return VersionKnowledge(EDITION, ids | {OWN.id}, dict(found))


def _scenarios(features: Path, ids: Collection[str]) -> Iterator[tuple[str, KnownScenario]]:
    for path in sorted(features.glob("**/*.feature")):
        stem = path.relative_to(features).with_suffix("").as_posix()
        for scenario in read_feature(path).scenarios:
            for example in scenario.examples or (None,):
                yield scenario_id(stem, scenario, example), _known(scenario, example, ids)


def _known(scenario: ScenarioText, example: Example | None, ids: Collection[str]) -> KnownScenario:
    tags = (*scenario.tags, *(example.tags if example else ()))
    requirements = tuple(tag for tag in dict.fromkeys(tags) if tag in ids)
    return KnownScenario(frozenset(tags), requirements or (OWN.id,))
