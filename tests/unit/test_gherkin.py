"""Feature files as plain data."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import gherkin

TEXT = """
@both
Feature: Withdraw
  It says why.

  Background:
    Given a cluster

  @WDR-4 @core
  Rule: The link is down

    Background:
      Given a link that is down

    Scenario: Cancel, then wait
      When it is cancelled
      And time goes by
      Then it is gone

    @slow
    Scenario Outline: Cancel while <state>
      When it is <state>
      Then it is <end>

      Examples:
        | state   | end  |
        | Running | gone |

      @odd
      Examples:
        | state | end  |
        | Ill   | kept |

  @WDR-5
  Rule: Another

    Scenario: Cancel, then wait
      When it waits
      * a star keeps the kind
"""


def write(folder: Path, text: str = TEXT) -> Path:
    path = folder / "withdraw.feature"
    path.write_text(text, "utf-8")
    return path


def test_a_feature_is_read_in_the_order_of_its_file(tmp_path: Path) -> None:
    feature = gherkin.read_feature(write(tmp_path))
    assert [(s.name, s.line, s.outline) for s in feature.scenarios] == [
        ("Cancel, then wait", 15, False),
        ("Cancel while <state>", 21, True),
        ("Cancel, then wait", 37, False),
    ]
    first, outline, last = feature.scenarios
    assert first.tags == ("both", "WDR-4", "core")
    assert outline.tags == ("both", "WDR-4", "core", "slow")
    assert first.rule is not None
    assert (first.rule.name, first.rule.line) == ("The link is down", 10)
    assert last.tags == ("both", "WDR-5")


def test_steps_begin_with_the_backgrounds_and_know_their_kind(tmp_path: Path) -> None:
    feature = gherkin.read_feature(write(tmp_path))
    assert [(s.kind, s.keyword, s.text, s.line) for s in feature.scenarios[0].steps] == [
        ("given", "Given", "a cluster", 7),
        ("given", "Given", "a link that is down", 13),
        ("when", "When", "it is cancelled", 16),
        ("when", "And", "time goes by", 17),
        ("then", "Then", "it is gone", 18),
    ]
    assert [s.kind for s in feature.scenarios[2].steps] == ["given", "when", "when"]


def test_examples_of_every_table_count_and_have_lines(tmp_path: Path) -> None:
    outline = gherkin.read_feature(write(tmp_path)).scenarios[1]
    assert [(dict(e.values), e.line, e.tags) for e in outline.examples] == [
        ({"state": "Running", "end": "gone"}, 27, ()),
        ({"state": "Ill", "end": "kept"}, 32, ("odd",)),
    ]
    filled = [s.text for s in outline.filled_steps() if s.kind != "given"]
    assert filled == ["it is Running", "it is gone", "it is Ill", "it is kept"]


def test_ids_and_names_depend_on_nothing_else(tmp_path: Path) -> None:
    plain, outline, _ = gherkin.read_feature(write(tmp_path)).scenarios
    example = outline.examples[0]
    assert gherkin.scenario_id("withdraw", plain) == "withdraw/cancel-then-wait"
    assert gherkin.scenario_id("withdraw", outline, example) == (
        "withdraw/cancel-while-state[Running-gone]"
    )
    assert gherkin.scenario_name(plain) == "Cancel, then wait"
    assert gherkin.scenario_name(outline, example) == "Cancel while Running"


def test_an_outline_without_placeholders_in_its_name_is_told_apart_by_its_values(
    tmp_path: Path,
) -> None:
    text = (
        "Feature: f\n Scenario Outline: o\n  Given <a>\n  Examples:\n   | a | b |\n   | 1 | 2 |\n"
    )
    (outline,) = gherkin.read_feature(write(tmp_path, text)).scenarios
    assert gherkin.scenario_name(outline, outline.examples[0]) == "o (1, 2)"


def test_coverage_lists_scenarios_by_tag_and_gaps_as_well(tmp_path: Path) -> None:
    found = gherkin.coverage([write(tmp_path)], ["WDR-4", "WDR-5", "WDR-6"])
    assert found == {
        "WDR-4": ["Cancel, then wait", "Cancel while <state>"],
        "WDR-5": ["Cancel, then wait"],
        "WDR-6": [],
    }


def test_coverage_may_name_what_a_selection_takes(tmp_path: Path) -> None:
    found = gherkin.coverage([write(tmp_path)], ["WDR-5"], as_ids=True)
    (path,) = tmp_path.glob("*.feature")
    assert found == {"WDR-5": [f"{path.stem}/cancel-then-wait"]}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("Feature: a\n Scenario: x\n  Given a\n  Foo b\n", 4, "got 'Foo b'"),
        ("", 1, "no feature"),
        ("# only a comment\n", 1, "no feature"),
        ("Feature: x\n Scenario: y\n  And z\n", 3, "the first step must be Given"),
        ("Feature: x\n Scenario: y\n  Given\tz\n  When a\n", 2, "'Given\\tz' is no step"),
        ("Feature: x\n Scenario: y\n  given z\n  When a\n", 2, "'given z' is no step"),
        ("Feature: x\n Scenario: y\n  Givn z\n  and b\n  When a\n", 2, "'Givn z' is no step"),
        ("Feature: x\n Background:\n  Wehn: z\n  Given a\n", 2, "'Wehn: z' is no step"),
        ("Feature: x\n Scenario: y\n  Some.\n  And\tz\n  When a\n", 2, "'And\\tz' is no"),
        (
            "# language: de\nFeature: x\n Beispiel: y\n  angenommen z\n  Wenn a\n".replace(
                "Feature", "Funktionalität"
            ),
            3,
            "'angenommen z' is no step",
        ),
        (
            "Feature: a\n Scenario Outline: x\n  Given <a>\n  Examples:\n   | a |\n   | 1 | 2 |\n",
            6,
            "inconsistent cell count",
        ),
    ],
)
def test_what_is_no_feature_is_said_with_its_line(
    tmp_path: Path, text: str, line: int, problem: str
) -> None:
    with pytest.raises(gherkin.FeatureUnreadable) as caught:
        gherkin.read_feature(write(tmp_path, text))
    assert caught.value.line == line
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    "prose",
    [
        "The link is down,\n  when it was up.",
        "Whenever a host\n  given to others",
        "Ten hosts at once.",
        "Give the operator a chance.",
        "And/or both",
    ],
)
def test_a_description_is_prose(tmp_path: Path, prose: str) -> None:
    text = f"Feature: x\n Scenario: y\n  {prose}\n\n  Given a\n"
    assert len(gherkin.read_feature(write(tmp_path, text)).scenarios[0].steps) == 1


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(gherkin.FeatureUnreadable, match="there is no such file"):
        gherkin.read_feature(tmp_path / "gone.feature")
    (tmp_path / "binary.feature").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(gherkin.FeatureUnreadable, match="no text in UTF-8"):
        gherkin.read_feature(tmp_path / "binary.feature")


def test_coverage_knows_the_tags_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.feature"
    rows = "      @PRE-1\n      Examples:\n        | x |\n        | y |\n"
    path.write_text(f"Feature: f\n    Scenario Outline: s\n      Given <x>\n{rows}", "utf-8")
    assert gherkin.coverage([path], ["PRE-1", "PRE-2"]) == {"PRE-1": ["s"], "PRE-2": []}
