"""What pytest-bdd lets pass in silence is an error here, before anything runs."""

from __future__ import annotations

import pytest
from gherkin.parser import Parser

from tests.unit.plugin.conftest import Project

pytest_plugins = ["pytester"]

JUDGED = """
@then("it is judged")
def judged(context, judge):
    judge.check("succeeded", operation=context.noted())
"""


def test_a_feature_is_parsed_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """By us, and not by pytest-bdd again: it costs more than most scenarios do."""
    usual, parsed = Parser.parse, []
    monkeypatch.setattr(Parser, "parse", lambda *given: parsed.append(given) or usual(*given))
    project.feature(
        "Feature: mine\n  @WDR-3\n  Scenario: s\n    Given a pending pairing request\n"
        "    When the operator cancels the pairing request\n    Then it succeeds\n"
    )
    project.run().assert_outcomes(passed=1)
    assert len(parsed) == 1


def test_an_async_step_never_passes(project: Project) -> None:
    project.feature("Feature: f\n  Scenario: s\n    Given it waits\n    Then it is judged\n")
    project.steps('@given("it waits")\nasync def waits():\n    raise AssertionError\n' + JUDGED)
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["mine.feature:3: the step 'Given it waits' is async and would never run:*conftest.py:3*"]
    )


def test_an_async_generator_is_no_step_either(project: Project) -> None:
    project.feature("Feature: f\n  Scenario: s\n    Given it waits\n    Then it is judged\n")
    project.steps('@given("it waits")\nasync def waits():\n    yield\n' + JUDGED)
    project.run().stdout.fnmatch_lines(["mine.feature:3: *is async*"])


def test_a_repeated_name_is_an_error_with_both_lines(project: Project) -> None:
    project.feature(
        "Feature: f\n"
        "  Rule: one\n"
        "    Scenario: same\n"
        "      Given a pending pairing request\n"
        "  Rule: two\n"
        "    Scenario: same\n"
        "      Given a pending pairing request\n"
    )
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["mine.feature:6: the name 'same' is taken by*line 3*"])


def test_names_that_give_one_id_are_an_error(project: Project) -> None:
    project.feature(
        "Feature: f\n"
        "  Scenario: Same, again\n"
        "    Given a pending pairing request\n"
        "  Scenario: same again!\n"
        "    Given a pending pairing request\n"
    )
    project.run().stdout.fnmatch_lines(["mine.feature:4: *told from*line 2*'same-again'*"])


def test_an_example_that_repeats_is_an_error(project: Project) -> None:
    project.feature(
        "Feature: f\n"
        "  Scenario Outline: s\n"
        "    Given <what>\n"
        "    Examples:\n"
        "      | what                      |\n"
        "      | a pending pairing request |\n"
        "      | a pending pairing request |\n"
    )
    project.run().stdout.fnmatch_lines(["mine.feature:7: *told from*line 6*"])


def test_an_ambiguous_step_is_an_error_with_every_definition(project: Project) -> None:
    project.feature("Feature: f\n  Scenario: s\n    Given two of a kind\n    Then it is judged\n")
    project.steps(
        '@given("two of a kind")\ndef one():\n    pass\n\n'
        '@given(parsers.parse("two {rest}"))\ndef two(rest):\n    pass\n' + JUDGED
    )
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "mine.feature:3: 2 definitions match the step 'Given two of a kind'*",
            "*Given 'two of a kind' (conftest.py:3)",
            "*Given 'two {rest}' (conftest.py:7)",
        ]
    )


def test_a_step_of_a_user_may_not_shadow_one_of_ours(project: Project) -> None:
    project.feature("Feature: f\n  Scenario: s\n    Given a pending pairing request\n")
    project.steps('@given("a pending pairing request")\ndef mine():\n    pass\n')
    project.run().stdout.fnmatch_lines(["mine.feature:3: 2 definitions match*"])


def test_an_undefined_step_is_an_error_with_the_closest_one(project: Project) -> None:
    project.feature("Feature: f\n  Scenario: s\n    Given a pending paring request\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "mine.feature:3: no definition matches the step 'Given a pending paring request';"
            " the closest is Given 'a pending pairing request' (*common.py:*)"
        ]
    )


def test_a_step_under_the_wrong_keyword_is_told_so(project: Project) -> None:
    project.feature("Feature: f\n  Scenario: s\n    When a pending pairing request\n")
    project.run().stdout.fnmatch_lines(["mine.feature:3: no definition*another keyword*Given*"])


def test_an_outline_without_rows_is_an_error(project: Project) -> None:
    project.feature(
        "Feature: f\n  Scenario Outline: s\n    Given <what>\n    Examples:\n      | what |\n"
    )
    project.run().stdout.fnmatch_lines(["mine.feature:2: the outline 's' has no examples*"])


def test_a_placeholder_without_a_column_is_an_error(project: Project) -> None:
    project.feature(
        "Feature: f\n"
        "  Scenario Outline: s\n"
        "    Given a pending <thing>\n"
        "    Examples:\n"
        "      | what |\n"
        "      | x    |\n"
    )
    project.run().stdout.fnmatch_lines(["mine.feature:3: <thing> is no column*"])


def test_a_scenario_without_steps_is_an_error(project: Project) -> None:
    project.feature("Feature: f\n  Scenario: s\n")
    project.run().stdout.fnmatch_lines(["mine.feature:2: the scenario 's' has no steps"])


def test_a_file_that_is_no_gherkin_is_an_error_at_its_line(project: Project) -> None:
    project.feature("Feature: f\n  Scenario: s\n    Given x\n    Hence y\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*mine.feature:4: *Hence y*"])


@pytest.mark.parametrize(
    "words",
    [
        ("--requirement", "PRE-1", "--role", "central"),
        ("-k", "nothing_is_called_so"),
        ("-m", "nothing"),
        ("--tags", "core and not core"),
    ],
)
def test_an_empty_selection_is_an_error(project: Project, words: tuple[str, ...]) -> None:
    project.feature("Feature: f\n  Scenario: s\n    Given a pending pairing request\n")
    result = project.run(*words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: nothing is selected: none of 1 scenarios*{words[1]}*"])


def test_what_is_not_asked_for_is_made_only_beside_an_example_that_is(project: Project) -> None:
    given = "    Given a pending pairing request\n"
    project.feature(
        f"Feature: f\n  @PRE-1\n  Scenario: s\n{given}"
        f"  Scenario: t\n{given}"
        f"  Scenario Outline: u\n{given}    Given <who> waits\n"
        "    @PRE-1\n    Examples:\n      | who |\n      | he  |\n"
        "    @PRE-2\n    Examples:\n      | who |\n      | she |\n"
    )
    project.steps("@given(parsers.parse('{who} waits'))\ndef _(who): ...\n")
    made = project.run("--requirement", "PRE-1", "--collect-only", "-q")
    made.stdout.fnmatch_lines(["*::test_s", "*::test_u*he*", "2/3 tests collected (1 deselected)*"])


def test_what_else_is_selected_makes_a_selection(project: Project) -> None:
    project.feature("Feature: f\n  Scenario: s\n    Given a pending pairing request\n")
    (project.path / "test_other.py").write_text("def test_other():\n    pass\n")
    project.run("-k", "other").assert_outcomes(passed=1, deselected=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--requirement", "WDR-44"), "*no requirement is called 'WDR-44'; did you mean WDR-4 *"),
        (("--profile", "cor"), "*no profile is called 'cor'; did you mean core *"),
        (("--role", "egde"), "*no role is called 'egde'; did you mean edge *"),
        (("--tags", "cor"), "*no tag is called 'cor'; did you mean core*"),
        (("--tags", "core and ("), "*tag expression 'core and (': a tag was expected*"),
        (("--driver", "htp"), "*no driver is called 'htp'; did you mean *http*"),
    ],
)
def test_a_name_that_does_not_exist(project: Project, words: tuple[str, ...], said: str) -> None:
    project.feature("Feature: f\n  Scenario: s\n    Given a pending pairing request\n")
    result = project.run(*words)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()
