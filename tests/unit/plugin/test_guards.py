"""The tags of our own suite agree with the catalogue; those of a user only have to exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.gherkin import read_feature
from harness.plugin.guards import problems
from harness.suite import suite_dir

SCENARIO = "    Scenario: s\n      Given x\n"


def findings(tmp_path: Path, text: str, *, strict: bool) -> list[tuple[int, str]]:
    path = tmp_path / "x.feature"
    path.write_text(text, "utf-8")
    return [(p.line, p.text) for p in problems(read_feature(path), strict=strict)]


def test_tags_as_the_catalogue_has_them_are_right(tmp_path: Path) -> None:
    text = f"Feature: f\n  @WDR-3 @both @core\n  Rule: r\n{SCENARIO}"
    assert findings(tmp_path, text, strict=True) == []


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ("@WDR-3 @edge @core", "WDR-3: the role in the tags is @edge, and in the catalogue @both"),
        ("@WDR-3 @core", "WDR-3: the role in the tags is none, and in the catalogue @both"),
        ("@WDR-3 @both @extended", "WDR-3: the profile in the tags is @extended, and in the"),
        ("@WDR-3 @both @core @should", "WDR-3: the level in the tags is @should, and in the"),
        ("@WDR-3 @both @core @cor", "tag @cor: no tag is called 'cor'; did you mean core"),
    ],
)
def test_tags_that_disagree_are_told_at_the_rule(tmp_path: Path, tags: str, said: str) -> None:
    text = f"Feature: f\n  {tags}\n  Rule: r\n{SCENARIO}"
    ((line, problem),) = findings(tmp_path, text, strict=True)
    assert line == 3
    assert said in problem


def test_a_scenario_of_ours_names_a_requirement(tmp_path: Path) -> None:
    text = f"Feature: f\n{SCENARIO}"
    ((line, problem),) = findings(tmp_path, text, strict=True)
    assert (line, "names no requirement" in problem) == (2, True)
    assert findings(tmp_path, text, strict=False) == []


def test_a_users_tags_are_their_own_unless_they_look_like_a_requirement(tmp_path: Path) -> None:
    text = f"Feature: f\n  @mine @WDR-3\n{SCENARIO}"
    assert findings(tmp_path, text, strict=False) == []
    text = f"Feature: f\n  @WDR-99\n{SCENARIO}"
    ((line, problem),) = findings(tmp_path, text, strict=False)
    assert line == 3
    assert "tag @WDR-99: no requirement is called 'WDR-99'; did you mean" in problem


def test_our_own_features_are_in_order() -> None:
    """That `problems` sees what is wrong is shown above."""
    features = sorted(suite_dir("features").glob("**/*.feature"))
    assert features
    assert [(f.name, p) for f in features for p in problems(read_feature(f), strict=True)] == []


def test_the_tags_of_rows_are_those_of_the_catalogue_too(tmp_path: Path) -> None:
    outline = "Scenario Outline: s\n      Given <x>\n"
    rows = "      @{} @both @core\n      Examples:\n        | x |\n        | y |\n"
    text = f"Feature: f\n  Rule: r\n    {outline}{rows}"
    assert findings(tmp_path, text.format("WDR-3"), strict=True) == []
    ((line, problem),) = findings(tmp_path, text.format("WDR-4"), strict=True)
    assert (line, "WDR-4: the role in the tags is @both" in problem) == (8, True)
    ((line, problem),) = findings(tmp_path, text.format("WDR-99"), strict=False)
    assert (line, "tag @WDR-99: no requirement" in problem) == (8, True)
    unnamed = f"{text.format('WDR-3')}\n      Examples:\n        | x |\n        | z |\n"
    ((_, problem),) = findings(tmp_path, unnamed, strict=True)
    assert "names no requirement" in problem
