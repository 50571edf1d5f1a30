"""The first line of the evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.history.reader import read_evidence
from harness.running.facts import commit_of
from tests.unit.plugin.conftest import Project

pytest_plugins = ["pytester"]

FEATURE = (
    "Feature: f\n  @WDR-3\n  Scenario: s\n    Given a pending pairing request\n"
    "    When the operator cancels the pairing request\n    Then it succeeds\n"
)


@pytest.mark.parametrize(
    ("files", "commit"),
    [
        ({"HEAD": "ref: refs/heads/main\n", "refs/heads/main": "abc\n"}, "abc"),
        ({"HEAD": "ref: refs/heads/main\n", "packed-refs": "# pack\nabc refs/heads/main\n"}, "abc"),
        ({"HEAD": "abc\n"}, "abc"),
        ({"HEAD": "ref: refs/heads/main\n"}, ""),
        ({}, ""),
    ],
)
def test_the_commit_of_a_checkout(tmp_path: Path, files: dict[str, str], commit: str) -> None:
    for name, text in files.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert commit_of(tmp_path) == commit


def test_it_says_what_was_asked_for(project: Project) -> None:
    project.feature(FEATURE)
    asked = ("--requirement", "WDR-3", "--tags", "not core", "-m", "WDR-3", "-k", "mine/s")
    project.run("--out", "out", "--seed", "5", "--role", "edge", *asked).assert_outcomes(passed=1)
    header = read_evidence(project.path / "out").header
    assert header.selection.requirements == ["WDR-3"]
    assert header.selection.tags == "(not core) and (WDR-3)"
    assert header.selection.keyword == "mine/s"
    assert (header.seed, header.driver, header.roles) == (5, "inprocess", ["edge"])
    assert header.run.command[0] == "pytest"
    assert header.run.workers == 1
    assert header.run.started_at.endswith("Z")
