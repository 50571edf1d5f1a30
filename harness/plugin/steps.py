"""Which definition a step runs: exactly one, that is no coroutine."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
from _pytest.nodes import Node
from pytest_bdd.compat import get_fixture_names, getfixturedefs
from pytest_bdd.parser import Step
from pytest_bdd.parsers import StepParser
from pytest_bdd.steps import StepFunctionContext, StepNamePrefix, step_function_context_registry

from harness.gherkin import FeatureText, StepKind, StepText
from harness.plugin.guards import FeatureProblem

bdd_scenario = import_module("pytest_bdd.scenario")
"""The module; the package has a function of this name in front of it."""
_LOOKUP = "get_step_function"


@dataclass(frozen=True, slots=True)
class Definition:
    """A step definition: what it matches and where it stands."""

    context: StepFunctionContext
    root: Path

    @property
    def where(self) -> str:
        """The file, from the root of the project where it lies there, and the line."""
        return _where(self.context, self.root)

    @property
    def pattern(self) -> str:
        """The phrase as the definition has it."""
        return str(self.context.parser.name)

    def __str__(self) -> str:
        kind = (self.context.type or "step").capitalize()
        return f"{kind} {self.pattern!r} ({self.where})"


def visible_definitions(node: Node) -> tuple[Definition, ...]:
    """The step definitions that the scenarios of a file can use."""
    manager = node.session._fixturemanager
    found: dict[tuple[object, str, str | None], Definition] = {}
    for name in get_fixture_names(manager):
        if not name.startswith(StepNamePrefix.step_def.value):
            continue
        for fixture in getfixturedefs(manager, name, node) or ():
            context = step_function_context_registry.get(fixture.func)
            if context is not None:
                key = (context.step_func, str(context.parser.name), context.type)
                found[key] = Definition(context, node.config.rootpath)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Resolved:
    """What each step of a feature runs, by its kind and text, and what is wrong with some."""

    contexts: Mapping[tuple[str, str], StepFunctionContext]
    problems: tuple[FeatureProblem, ...]


def resolve(feature: FeatureText, definitions: Sequence[Definition]) -> Resolved:
    """Find the one definition of each step; a problem for each that has none or several."""
    contexts: dict[tuple[str, str], StepFunctionContext] = {}
    texts: dict[tuple[str, str], str] = {}
    problems: dict[FeatureProblem, None] = {}
    kinds = get_args(StepKind)
    of_kind = {k: [d for d in definitions if d.context.type in (None, k)] for k in kinds}
    parsers = {k: tuple(d.context.parser for d in found) for k, found in of_kind.items()}
    for scenario in feature.scenarios:
        for step in scenario.filled_steps():
            key = (step.kind, step.text)
            if key not in texts:
                matching = _matching(parsers[step.kind], step.text)
                found = [of_kind[step.kind][n] for n in matching]
                texts[key] = _wrong(step, found, definitions)
                if not texts[key]:
                    contexts[key] = found[0].context
            if texts[key]:
                problems[FeatureProblem(step.line, texts[key])] = None
    return Resolved(contexts, tuple(problems))


@cache  # several runs in one process ask the same
def _matching(parsers: tuple[StepParser, ...], text: str) -> tuple[int, ...]:
    return tuple(n for n, parser in enumerate(parsers) if parser.is_matching(text))


@contextmanager
def quick_lookup(
    contexts_of: Callable[[pytest.Item], Mapping[tuple[str, str], StepFunctionContext]],
) -> Iterator[None]:
    """While this lasts, pytest-bdd runs what was found at collection and does not look again.

    Its own look through every fixture for every step took two thirds of a run in process.
    """
    usual = getattr(bdd_scenario, _LOOKUP)

    def get_step_function(request: pytest.FixtureRequest, step: Step) -> StepFunctionContext | None:
        found = contexts_of(request.node).get((step.type, step.name))
        return found or usual(request, step)

    setattr(bdd_scenario, _LOOKUP, get_step_function)
    try:
        yield
    finally:
        setattr(bdd_scenario, _LOOKUP, usual)


def _wrong(step: StepText, found: Sequence[Definition], definitions: Sequence[Definition]) -> str:
    told = f"{step.keyword} {step.text}"
    if not found:
        return f"no definition matches the step {told!r}{_closest(step, definitions)}"
    if len(found) > 1:
        listed = "".join(f"\n    {definition}" for definition in sorted(found, key=str))
        return f"{len(found)} definitions match the step {told!r}, and one alone may:{listed}"
    if is_async(found[0].context.step_func):
        return (
            f"the step {told!r} is async and would never run: {found[0]}; make it a plain function"
        )
    return ""


def is_async(function: object) -> bool:
    """Whether calling the function only makes a coroutine, which nobody awaits."""
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _closest(step: StepText, definitions: Sequence[Definition]) -> str:
    # The same words under another keyword are the usual slip.
    others = [d for d in definitions if d.context.parser.is_matching(step.text)]
    if others:
        return f"; under another keyword there is {others[0]}"
    by_pattern = {d.pattern: d for d in definitions if d.context.type in (None, step.kind)}
    near = get_close_matches(step.text, by_pattern, n=1, cutoff=0.5)
    return f"; the closest is {by_pattern[near[0]]}" if near else ""


def _where(context: StepFunctionContext, root: Path) -> str:
    function = inspect.unwrap(context.step_func)
    code = getattr(function, "__code__", None)
    if code is None:
        return repr(function)
    path = Path(code.co_filename)
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    return f"{shown}:{code.co_firstlineno}"
