"""What pairproof does in projects that merely have it installed: nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.plugin.conftest import Project

pytest_plugins = ["pytester"]

FEATURE = "Feature: theirs\n  Scenario: s\n    Given theirs\n"
LIGHT = {
    "harness",
    "harness.domain",
    "harness.domain.errors",
    "harness.plugin",
    "harness.plugin.options",
    "harness.suite",
}


def test_a_feature_of_others_is_left_alone(project: Project) -> None:
    project.feature(FEATURE)
    (project.path / "test_theirs.py").write_text(
        "from pytest_bdd import given, scenarios\n"
        "scenarios('mine.feature')\n"
        "@given('theirs')\n"
        "def theirs():\n    pass\n"
    )
    project.run(asked=False).assert_outcomes(passed=1)
    result = project.run(".", asked=False)
    result.assert_outcomes(passed=1)
    assert "mine.feature" not in result.stdout.str().replace("test_theirs", "")


def test_a_project_can_ask_for_its_features_in_its_configuration(project: Project) -> None:
    project.pytester.makeini("[pytest]\npairproof_features = true\n")
    project.feature(
        "Feature: mine\n  @WDR-3\n  Scenario: s\n    Given a pending pairing request\n"
        "    When the operator cancels the pairing request\n    Then it succeeds\n"
    )
    project.run(asked=False).assert_outcomes(passed=1)


def test_scenarios_that_a_test_module_binds_take_part_where_it_is_asked_for(
    project: Project,
) -> None:
    project.pytester.makeini("[pytest]\npairproof_features = true\n")
    folder = project.path / "bound"
    folder.mkdir()
    (folder / "bound.feature").write_text(
        "Feature: mine\n  @WDR-3\n  Scenario: s\n    Given a pending pairing request\n"
        "    When the operator cancels the pairing request\n    Then it succeeds\n"
    )
    (folder / "test_bound.py").write_text(
        "from pytest_bdd import scenarios\nscenarios('bound.feature')\n"
    )
    project.run("bound/test_bound.py", "--out", "out", asked=False).assert_outcomes(passed=1)
    assert (project.path / "out" / "evidence.jsonl").exists()


def test_our_fixtures_say_what_they_are_for(project: Project) -> None:
    (project.path / "test_theirs.py").write_text("def test_it(context):\n    pass\n")
    result = project.run(asked=False)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*pairproof_features = true*"])


def test_options_that_others_have_stay_theirs(project: Project) -> None:
    project.feature(
        "Feature: mine\n  @WDR-3\n  Scenario: s\n    Given a pending pairing request\n"
        "    When the operator cancels the pairing request\n    Then it succeeds\n"
    )
    (project.path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n"
        "    parser.addoption('--target', default='theirs')\n"
        "    parser.addoption('--seed', action='store_true')\n"
    )
    (project.path / "test_theirs.py").write_text(
        "def test_it(request):\n"
        "    assert request.config.getoption('--target') == 'x'\n"
        "    assert request.config.getoption('--seed') is True\n"
    )
    project.run("--target", "x", "--seed", asked=False).assert_outcomes(passed=1)
    ours = ("--pairproof-driver", "inprocess", "--pairproof-seed", "7", "--out", "out")
    project.run("--target=x", "--seed", *ours, asked=False).assert_outcomes(passed=2)
    assert '"seed":7' in (project.path / "out" / "evidence.jsonl").read_text()


def test_names_of_test_functions_are_a_matter_of_the_project(project: Project) -> None:
    project.pytester.makeini("[pytest]\npython_functions = check_*\n")
    project.feature(
        "Feature: mine\n  @WDR-3\n  Scenario: s\n    Given a pending pairing request\n"
        "    When the operator cancels the pairing request\n    Then it succeeds\n"
    )
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize("words", [(), ("--collect-only",), ("-n", "1"), ("--help",)])
def test_it_costs_nothing_where_it_is_not_asked_for(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "test_theirs.py").write_text("def test_theirs():\n    pass\n")
    (tmp_path / "theirs.feature").write_text(FEATURE)
    script = (
        "import sys, pytest\n"
        "code = pytest.main([*sys.argv[1:], '-p', 'harness.plugin', '-p', 'no:cacheprovider'])\n"
        "print('LOADED', *sorted(m for m in sys.modules if m.split('.')[0] == 'harness'))\n"
        "sys.exit(code)\n"
    )
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        | ({"PYTEST_PLUGINS": "xdist.plugin"} if "-n" in words else {}),
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (line,) = [text for text in run.stdout.splitlines() if text.startswith("LOADED")]
    light = LIGHT | ({"harness.plugin.parallel"} if "-n" in words else set())
    assert set(line.split()[1:]) == light
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == [
        "test_theirs.py",
        "theirs.feature",
    ]
