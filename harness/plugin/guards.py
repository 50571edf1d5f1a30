"""What must not be in a feature file, because pytest-bdd would let it pass in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Level, Profile, Role
from harness.catalogue.requirements import by_id
from harness.gherkin import FeatureText, ScenarioText, scenario_id
from harness.running.selection import KNOWN_IDS, KNOWN_TAGS

_LIKE_AN_ID = re.compile(r"[A-Z]{3}-\d+[A-Z]?")
_PLACEHOLDER = re.compile(r"<[^<>]+>")


@dataclass(frozen=True, slots=True)
class FeatureProblem:
    """What is wrong at a line of a feature file, and what to do."""

    line: int
    text: str


def problems(feature: FeatureText, *, strict: bool) -> Iterator[FeatureProblem]:
    """Everything that is wrong with a feature file by itself.

    `strict` is for our own suite: each scenario is then tagged as the catalogue has it.
    """
    if not feature.scenarios:
        yield FeatureProblem(1, "there is no scenario in this file")
    yield from _repeated(feature)
    for scenario in feature.scenarios:
        yield from _empty(scenario)
    yield from _tags(feature, strict)


# --- scenarios ------------------------------------------------------------------------------


def _repeated(feature: FeatureText) -> Iterator[FeatureProblem]:
    names: dict[str, int] = {}
    ids: dict[str, int] = {}
    for scenario in feature.scenarios:
        first = names.setdefault(scenario.name, scenario.line)
        if first != scenario.line:
            yield FeatureProblem(
                scenario.line,
                f"the name {scenario.name!r} is taken by the scenario in line {first},"
                " which would vanish; give each a name of its own",
            )
            continue
        for example in scenario.examples or (None,):
            line = example.line if example else scenario.line
            id_ = scenario_id("", scenario, example)
            if ids.setdefault(id_, line) != line:
                yield FeatureProblem(
                    line,
                    f"this cannot be told from what stands in line {ids[id_]}: the id of both"
                    f" would be {id_.removeprefix('/')!r}; change a name or a value",
                )


def _empty(scenario: ScenarioText) -> Iterator[FeatureProblem]:
    if not scenario.steps:
        yield FeatureProblem(scenario.line, f"the scenario {scenario.name!r} has no steps")
    if not scenario.outline:
        return
    if not scenario.examples:
        yield FeatureProblem(
            scenario.line,
            f"the outline {scenario.name!r} has no examples, and would run with its"
            " placeholders as they are; add a table with at least one row",
        )
        return
    columns = {f"<{name}>" for name in scenario.examples[0].values}
    for step in scenario.steps:
        for placeholder in _PLACEHOLDER.findall(step.text):
            if placeholder not in columns:
                text = f"{placeholder} is no column of the examples of {scenario.name!r}"
                yield FeatureProblem(step.line, text)


# --- tags -----------------------------------------------------------------------------------


def _tags(feature: FeatureText, strict: bool) -> Iterator[FeatureProblem]:
    found: dict[FeatureProblem, None] = {}
    for scenario in feature.scenarios:
        rows = {example.tags: example.line for example in reversed(scenario.examples)}
        for of_row, line in (rows or {(): scenario.line}).items():
            tags = (*scenario.tags, *of_row)
            line = line if of_row else scenario.line
            found.update(dict.fromkeys(_unknown_tags(scenario, tags, line, strict)))
            if strict:
                found.update(dict.fromkeys(_unlike_the_catalogue(scenario, tags, line)))
    yield from found


def _unknown_tags(
    scenario: ScenarioText, tags: tuple[str, ...], line: int, strict: bool
) -> Iterator[FeatureProblem]:
    for tag in tags:
        at = _line_of(scenario, [tag], line)
        if tag not in KNOWN_IDS and _LIKE_AN_ID.fullmatch(tag):
            yield FeatureProblem(
                at, f"tag @{tag}: {UnknownName('requirement', tag, sorted(KNOWN_IDS))}"
            )
        elif strict and tag not in KNOWN_TAGS:
            yield FeatureProblem(at, f"tag @{tag}: {UnknownName('tag', tag, sorted(KNOWN_TAGS))}")


def _unlike_the_catalogue(
    scenario: ScenarioText, tags: tuple[str, ...], line: int
) -> Iterator[FeatureProblem]:
    ids = [tag for tag in tags if tag in KNOWN_IDS]
    line = _line_of(scenario, ids, line)
    if not ids:
        text = f"the scenario {scenario.name!r} names no requirement; tag its rule with an id"
        yield FeatureProblem(scenario.line, text)
        return
    requirements = [by_id(id_) for id_ in ids]
    for word, kind, wanted in (
        ("role", Role, {r.role.value for r in requirements}),
        ("profile", Profile, {r.profile.value for r in requirements}),
        ("level", Level, {r.level.value for r in requirements} - {Level.MUST.value}),
    ):
        found = {member.value for member in kind} & set(tags)
        if found != wanted:
            text = (
                f"{', '.join(ids)}: the {word} in the tags is {_listed(found)}, and in the"
                f" catalogue {_listed(wanted)}"
            )
            yield FeatureProblem(line, text)


def _line_of(scenario: ScenarioText, tags: list[str], line: int) -> int:
    """The line of the rule, where the rule has these tags; else that of the scenario or row."""
    rule = scenario.rule
    return rule.line if rule and set(tags) <= set(rule.tags) else line


def _listed(tags: set[str]) -> str:
    return " ".join(f"@{tag}" for tag in sorted(tags)) or "none"
