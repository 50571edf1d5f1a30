"""A project of a user, in which pytest runs with the plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

# Imported before any of the runs within: each gives the modules back that it has imported.
import harness.plugin.features
import harness.plugin.parallel  # noqa: F401
from harness.opening import open_inprocess
from harness.suite import import_steps

import_steps()
open_inprocess(1).close()


class Project:
    """A folder with features and steps of its own."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path: Path = pytester.path

    def feature(self, text: str, name: str = "mine") -> Path:
        """Write a feature file."""
        path = self.path / f"{name}.feature"
        path.write_text(text, "utf-8")
        return path

    def steps(self, text: str) -> None:
        """Write the conftest.py with steps."""
        head = "from pytest_bdd import given, parsers, then, when\nimport pytest\n"
        (self.path / "conftest.py").write_text(head + text, "utf-8")

    def run(self, *words: str, asked: bool = True) -> pytest.RunResult:
        """Run pytest here; `asked` for our plugin by name, or not."""
        driver = ("--driver", "inprocess") if asked else ()
        plugins = ("-p", "pytest_bdd.plugin", "-p", "harness.plugin", "-p", "no:cacheprovider")
        return self.pytester.runpytest_inprocess(*plugins, "--assert=plain", *driver, *words)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    # The plugins of others take most of the time, and no part.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return Project(pytester)
