"""The pytest plugin: features as tests, fixtures, verdicts and evidence.

Loaded through the entry point `pytest11`, or by the root `conftest.py` of a checkout. Every
pytest of an environment loads this file, so it imports next to nothing; all that a run of
features needs is imported when the first feature is collected.

Imports `domain`, `catalogue`, `suite`, `gherkin`, `history`, `targets`, `checkers`, `context`,
`explore`, `reporting`, `opening`, `running`. Begin with `suite`.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.plugin.options import INI, add_ini, add_options, is_explicit, is_ours

if TYPE_CHECKING:
    from harness.checkers.registry import Judge
    from harness.context.context import Context
    from harness.context.recorder import Recorder
    from harness.running.run import Run
    from harness.running.scenario import ScenarioRun

__all__ = ["INI", "context", "judge", "pairproof_run", "recorder", "scenario_run"]


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options at once only where a conftest.py loads this plugin, as ours does."""
    add_ini(parser)
    if any(name.endswith("conftest.py") for name, _ in pluginmanager.list_name_plugin()):
        add_options(parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, object, object]:
    """Add the options after everybody else: names that others have taken stay theirs."""
    result = yield
    add_options(parser)
    return result


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that cannot be meant; see to the parts that parallel workers write."""
    # Where pytest has no terminal, its own account of a failure is seen by nobody. By default it
    # holds the source of every frame, which takes a third of a second for each scenario.
    if not hasattr(config.option, "tbstyle"):
        config.option.tbstyle = "native"
    if any(config.getoption(f"pairproof_{name}") for name in _SELECTING):
        from harness.plugin.suite import selection_of

        selection_of(config)
    if config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput"):
        from harness.plugin.parallel import Controller

        config.pluginmanager.register(Controller(config), "pairproof-controller")
    elif is_explicit(config):
        from harness.plugin.suite import suite_of

        suite_of(config)


_SELECTING = ("requirement", "profile", "role", "tags", "scenario", "driver")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect our features; those of others only where they ask for it."""
    if file_path.suffix != ".feature" or not (is_explicit(parent.config) or is_ours(file_path)):
        return None
    from harness.plugin.features import FeatureFile

    return FeatureFile.from_parent(parent, path=file_path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take in scenarios that test modules have bound themselves, where that is asked for."""
    if is_explicit(config):
        from harness.plugin.features import take_in

        take_in(config, items)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave alone what lives to the end of a run: looking through it is a tenth of its time."""
    if is_explicit(session.config):
        gc.collect()
        gc.freeze()


@pytest.fixture
def scenario_run(request: pytest.FixtureRequest) -> ScenarioRun:
    """The scenario that a test carries out."""
    from harness.plugin.suite import running_in

    return running_in(request.node)


@pytest.fixture
def pairproof_run(request: pytest.FixtureRequest) -> Run:
    """The run that all scenarios share."""
    from harness.plugin.suite import run_of

    return run_of(request.config)


@pytest.fixture
def context(scenario_run: ScenarioRun) -> Context:
    """What a scenario can take for granted, and what it does."""
    return scenario_run.context


@pytest.fixture
def recorder(scenario_run: ScenarioRun) -> Recorder:
    """Where operations are carried out and recorded."""
    return scenario_run.recorder


@pytest.fixture
def judge(scenario_run: ScenarioRun) -> Judge:
    """Judges what was recorded, by named checks."""
    return scenario_run.judge
