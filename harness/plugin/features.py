"""Features as test files: collected, guarded, and bound to what stands in them."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd.feature import features as known_to_pytest_bdd
from pytest_bdd.gherkin_parser import GherkinDocument
from pytest_bdd.parser import FeatureParser, ScenarioTemplate
from pytest_bdd.scenario import scenario_wrapper_template_registry

from harness import gherkin
from harness.catalogue.requirements import OWN, by_id
from harness.history.lines import ScenarioLine
from harness.plugin import guards, steps
from harness.plugin.options import is_ours
from harness.plugin.suite import BOUND, CollectedScenario, suite_of
from harness.running.selection import KNOWN_IDS
from harness.suite import suite_dir

_EXAMPLE = "_pytest_bdd_example"
_PROBLEMS_MAX = 20
_MODULE = "from pytest_bdd import scenarios\nscenarios(_FEATURE, features_base_dir=_BASE)\n"


class FeatureFile(pytest.Module):
    """A `.feature` file, collected as if it were a test module."""

    def _getobj(self) -> types.ModuleType:
        return _module(self.path)

    def funcnamefilter(self, name: str) -> bool:
        """Whatever a project calls its test functions: ours begin with `test_`."""
        return name.startswith("test_")

    def istestfunction(self, obj: object, name: str) -> bool:
        """What is not asked for is not made first, to be left out then."""
        if not super().istestfunction(obj, name):
            return False
        template = scenario_wrapper_template_registry.get(obj)  # type: ignore[call-overload]
        return template is None or template.name in self._wanted

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """The scenarios; nothing that would pass in silence is let through.

        Raises:
            CollectError: the file is no feature, or something is wrong in it.
        """
        suite = suite_of(self.config)
        strict = is_ours(self.path)
        definitions = suite.definitions.get(self.path.parent)
        if definitions is None:  # what a file can use comes with its folder
            definitions = steps.visible_definitions(self)
            suite.definitions[self.path.parent] = definitions
        feature, resolved = _guarded(self, self.path, definitions, self.CollectError, strict=strict)
        suite.tags.update(tag for scenario in feature.scenarios for tag in scenario.tags)
        suite.collected += sum(len(scenario.examples) or 1 for scenario in feature.scenarios)
        self._wanted: set[str] = set()
        _, stem = _published(self.path, self.config.rootpath)
        for scenario in feature.scenarios:
            for example in scenario.examples or (None,):
                id_ = gherkin.scenario_id(stem, scenario, example)
                suite.ids.add(id_)
                tags = (*scenario.tags, *(example.tags if example else ()))
                requirements = map(by_id, _requirements_of(tags, feature.path))
                if suite.selection.asks_for(tags, requirements, id_):
                    self._wanted.add(scenario.name)
        items = list(super().collect())
        for item in items:
            if isinstance(item, pytest.Function):
                bind(item, feature, resolved)
        return items


def take_in(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Bind scenarios that test modules have bound to functions by `scenarios(...)`.

    Raises:
        pytest.UsageError: something is wrong in one of their files.
    """
    for item in items:
        template = template_of(item)
        if template is None or BOUND in item.stash or not isinstance(item, pytest.Function):
            continue
        path = Path(template.feature.filename)
        definitions = steps.visible_definitions(item)
        feature, resolved = _guarded(item, path, definitions, pytest.UsageError, strict=False)
        bind(item, feature, resolved)
        suite = suite_of(config)
        suite.tags.update(tag for scenario in feature.scenarios for tag in scenario.tags)
        suite.collected += 1


def _guarded(
    node: pytest.Item | pytest.Collector,
    path: Path,
    definitions: Sequence[steps.Definition],
    refusal: type[Exception],
    *,
    strict: bool,
) -> tuple[gherkin.FeatureText, steps.Resolved]:
    """A feature and what its steps run, for a node that would be; refused if anything is wrong."""
    try:
        feature = _read(path)
    except gherkin.FeatureUnreadable as error:
        raise refusal(str(error)) from None
    resolved = steps.resolve(feature, definitions)
    found = (*guards.problems(feature, strict=strict), *resolved.problems)
    if found:
        raise refusal(describe(path, node.config.invocation_params.dir, found))
    return feature, resolved


def describe(path: Path, folder: Path, problems: Iterable[guards.FeatureProblem]) -> str:
    """The problems, a line each with the place in front; empty if there are none."""
    shown = path.relative_to(folder) if path.is_relative_to(folder) else path
    ordered = sorted(problems, key=lambda problem: problem.line)
    lines = [f"{shown}:{problem.line}: {problem.text}" for problem in ordered]
    if len(lines) > _PROBLEMS_MAX:
        lines[_PROBLEMS_MAX:] = [f"and {len(lines) - _PROBLEMS_MAX} more"]
    return "\n".join(lines)


def template_of(item: pytest.Item) -> ScenarioTemplate | None:
    """The scenario behind a test, if it is one of a feature."""
    try:
        return scenario_wrapper_template_registry.get(getattr(item, "obj", None))  # type: ignore[arg-type]
    except TypeError:
        return None  # what is tested has no weak reference, so it is no scenario


def bind(item: pytest.Function, feature: gherkin.FeatureText, resolved: steps.Resolved) -> None:
    """Let a test know its scenario, point at its line, and be found by its id with `-k`."""
    template = template_of(item)
    if template is None:
        return
    scenario = next(s for s in feature.scenarios if s.name == template.name)
    callspec = getattr(item, "callspec", None)
    values = callspec.params.get(_EXAMPLE) if callspec else None
    example = next((e for e in scenario.examples if e.values == values), None)
    line = scenario_line(item.config.rootpath, feature, scenario, example)
    item.stash[BOUND] = CollectedScenario(
        line=line,
        tags=frozenset((*scenario.tags, *(example.tags if example else ()))),
        requirements=tuple(by_id(id_) for id_ in line.requirements),
        ours=is_ours(feature.path),
        steps=resolved.contexts,
    )
    item.extra_keyword_matches.update((line.id, line.name, line.rule))
    item.location = (item.nodeid.partition("::")[0], line.line - 1, line.name)


def scenario_line(
    root: Path,
    feature: gherkin.FeatureText,
    scenario: gherkin.ScenarioText,
    example: gherkin.Example | None,
) -> ScenarioLine:
    """How a scenario stands in the evidence, whatever was selected with it."""
    shown, stem = _published(feature.path, root)
    tags = (*scenario.tags, *(example.tags if example else ()))
    ids = _requirements_of(tags, feature.path)
    return ScenarioLine(
        id=gherkin.scenario_id(stem, scenario, example),
        name=gherkin.scenario_name(scenario, example),
        feature=shown,
        line=example.line if example else scenario.line,
        rule=scenario.rule.name if scenario.rule else "",
        requirements=ids,
        profile=by_id(ids[0]).profile.value if ids else "",
    )


def _requirements_of(tags: Iterable[str], path: Path) -> list[str]:
    ids = [tag for tag in dict.fromkeys(tags) if tag in KNOWN_IDS]
    return ids if ids or is_ours(path) else [OWN.id]


@cache
def _published(path: Path, root: Path) -> tuple[str, str]:
    """The path that evidence names, the same in a checkout and in a wheel; what ids begin with."""
    if is_ours(path):
        shown = Path("features", path.resolve().relative_to(suite_dir("features")))
    else:
        shown = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
    return shown.as_posix(), shown.with_suffix("").as_posix().removeprefix("features/")


# Of several runs in one process, as `--repeat` makes them, the first pays for what follows.


@cache
def _read(path: Path) -> gherkin.FeatureText:
    document = gherkin.parse_feature(path)
    feature = gherkin.feature_of(document, path)
    known_to_pytest_bdd.setdefault(str(path), _Parsed(document, path).parse())
    return feature


class _Parsed(FeatureParser):
    """What pytest-bdd makes of a file that is parsed already: to parse it is dear."""

    def __init__(self, document: Mapping[str, Any], path: Path) -> None:
        super().__init__(str(path.parent), path.name, "utf-8")
        self._document = document

    def _parse_feature_file(self) -> GherkinDocument:
        return GherkinDocument.from_dict(self._document)


@cache
def _module(path: Path) -> types.ModuleType:
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    module.__dict__.update(_FEATURE=str(path), _BASE=str(path.parent))
    exec(compile(_MODULE, str(path), "exec"), module.__dict__)
    return module
