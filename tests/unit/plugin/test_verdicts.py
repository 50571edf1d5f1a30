"""What pytest says of each verdict, what a failure reads like, and what evidence keeps."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.catalogue.verdict import Verdict
from harness.history.reader import Evidence, read_evidence
from tests.unit.plugin.conftest import Project

pytest_plugins = ["pytester"]

STEPS = """
@then("it fails")
def fails(context, judge):
    judge.check("refused", operation=context.noted())

@then("it is seen")
def seen(context, judge):
    judge.check("observed", situation="a cancel", operations=[context.noted()])

@then("it is caught")
def caught(context, judge):
    try:
        judge.check("refused", operation=context.noted())
    except AssertionError:
        pass

@given("a step with a defect")
def defect():
    return [][1]

@given("a feature that nobody claims")
def unclaimed(context):
    from harness.catalogue.requirement import Feature
    context.needs(Feature.PAGES)

@given("a step that skips")
def skips():
    pytest.skip("not today")

@given("what cannot be reached")
def unreached():
    from harness.context.recorder import Inconclusive
    raise Inconclusive("precondition not reached: the moon")

@pytest.fixture
def broken():
    raise RuntimeError("no such thing")

@given("a step with a broken fixture")
def on_broken(broken):
    pass
"""
CANCEL = "Given a pending pairing request\n    When the operator cancels the pairing request\n"


def run_one(project: Project, steps: str, *words: str) -> tuple[pytest.RunResult, Evidence]:
    """Run one scenario with these steps; its outcome and what it left."""
    project.feature(f"Feature: f\n  @WDR-3 @both @core\n  Scenario: s\n    {steps}\n")
    if not (project.path / "conftest.py").exists():
        project.steps(STEPS)
    result = project.run("--out", "out", *words)
    return result, read_evidence(project.path / "out" / "evidence.jsonl")


def verdict_of(evidence: Evidence) -> tuple[Verdict, str]:
    (line,) = evidence.verdicts
    assert evidence.complete
    assert evidence.problems == ()
    return line.verdict, line.reason


def test_a_pass_passes(project: Project) -> None:
    result, evidence = run_one(project, f"{CANCEL}    Then it succeeds")
    result.assert_outcomes(passed=1)
    assert verdict_of(evidence) == (Verdict.PASS, "")


def test_a_fail_is_a_failure(project: Project) -> None:
    result, evidence = run_one(project, f"{CANCEL}    Then it fails")
    result.assert_outcomes(failed=1)
    verdict, reason = verdict_of(evidence)
    assert verdict is Verdict.FAIL
    assert "should be refused, and succeeded" in reason


def test_a_failure_that_a_step_hides_is_one_all_the_same(project: Project) -> None:
    result, evidence = run_one(project, f"{CANCEL}    Then it is caught")
    result.assert_outcomes(failed=1)
    assert verdict_of(evidence)[0] is Verdict.FAIL


def test_what_is_observed_passes(project: Project) -> None:
    result, evidence = run_one(project, f"{CANCEL}    Then it is seen")
    result.assert_outcomes(passed=1)
    assert verdict_of(evidence)[0] is Verdict.OBSERVED


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("Given what cannot be reached", "precondition not reached: the moon"),
        ("Given a pending pairing request", "no step of this scenario has judged anything"),
        ("Given a step with a defect", "the harness itself failed: IndexError: *"),
        ("Given a step with a broken fixture", "the harness itself failed: RuntimeError: no such*"),
    ],
)
def test_inconclusive_is_an_error_with_the_reason(
    project: Project, steps: str, reason: str
) -> None:
    result, evidence = run_one(project, steps)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"reason * {reason}"])
    verdict, said = verdict_of(evidence)
    assert verdict is Verdict.INCONCLUSIVE
    assert said.startswith(reason.rstrip("*"))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fixture_around_a_scenario_that_fails_is_never_a_pass(
    project: Project, when: str
) -> None:
    raising = 'raise OSError("gone")'
    body = (raising, "yield") if when == "before" else ("yield", raising)
    project.steps(
        STEPS + "\n@pytest.fixture(autouse=True)\ndef around():\n" + "".join(
            f"    {line}\n" for line in body
        )
    )  # fmt: skip
    result, evidence = run_one(project, f"{CANCEL}    Then it succeeds")
    result.assert_outcomes(errors=1, passed=int(when == "after"))
    assert verdict_of(evidence) == (
        Verdict.INCONCLUSIVE, "the harness itself failed: OSError: gone"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "verdict", "reason"),
    [
        ("Given a feature that nobody claims", Verdict.NOT_SUPPORTED, "pages"),
        ("Given a step that skips", Verdict.SKIPPED, "not today"),
    ],
)
def test_what_is_left_out_is_a_skip_with_the_reason(
    project: Project, steps: str, verdict: Verdict, reason: str
) -> None:
    result, evidence = run_one(project, steps, "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([f"SKIPPED*mine.feature:*{reason}"])
    assert verdict_of(evidence) == (verdict, reason)


def test_a_requirement_that_needs_an_unclaimed_feature_is_not_supported(project: Project) -> None:
    project.feature("Feature: f\n  @WDR-2P\n  Scenario: s\n    Given a pending pairing request\n")
    result = project.run("--out", "out")
    result.assert_outcomes(skipped=1)
    evidence = read_evidence(project.path / "out" / "evidence.jsonl")
    assert verdict_of(evidence) == (Verdict.NOT_SUPPORTED, "pages")
    assert evidence.operation_count == 0


def test_evidence_has_each_step_and_those_that_were_never_begun(project: Project) -> None:
    _, evidence = run_one(project, f"{CANCEL}    Then it is refused\n    And it succeeds")
    (steps,) = evidence.steps.values()
    assert [(s.line.text, s.verdicts) for s in steps][1:] == [
        ("When the operator cancels the pairing request", ()),
        ("Then it is refused", (Verdict.FAIL,)),
        ("And it succeeds", ()),
    ]
    begun = [s.line.at for s in steps if s.line.at is not msgspec.UNSET]
    assert begun == sorted(begun)
    assert len(begun) == len(steps) - 1
    assert [len(s.operations) for s in steps][1:] == [1, 0, 0]


# --- what a failure reads like --------------------------------------------------------------


def test_a_failure_points_at_the_step_and_tells_all_that_matters(project: Project) -> None:
    result, _ = run_one(project, f"{CANCEL}    Then it fails")
    result.stdout.fnmatch_lines(
        [
            "*_ s _*",
            "mine.feature:6: Then it fails",
            "scenario * s (line 3)",
            "fail * WDR-3: *",
            "reason * The cancel should be refused, and succeeded",
            "expected * The operation was refused with a well-formed error.",
            "received * the cancel was acknowledged *",
            "operations",
            "* #1 * harness * the installation of cluster * ok",
            "* #7 * operator * the cancel * ok",
            "again * pytest mine.feature::test_s --driver inprocess --seed 1",
            "evidence * */out/evidence.jsonl",
            "FAILED mine.feature::test_s - fail: The cancel should be refused, and*",
        ]
    )
    assert "pytest_bdd" not in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize("words", [("-vv",), ("--full-trace",)])
def test_the_whole_traceback_is_there_for_who_asks(
    project: Project, words: tuple[str, ...]
) -> None:
    result, _ = run_one(project, f"{CANCEL}    Then it fails", *words)
    result.stdout.fnmatch_lines(["*raise CheckFailed*", "mine.feature:6: Then it fails"])


def test_a_defect_of_a_step_shows_where_it_is(project: Project) -> None:
    result, _ = run_one(project, "Given a step with a defect")
    result.stdout.fnmatch_lines(["traceback", '*conftest.py", line *, in defect', "*IndexError*"])
    assert "pytest_bdd" not in result.stdout.str()


def test_an_example_that_fails_has_its_line_and_its_values(project: Project) -> None:
    project.steps(STEPS)
    project.feature(
        "Feature: f\n"
        "  @WDR-3\n"
        "  Scenario Outline: cancelled <how>\n"
        "    Given a pending pairing request\n"
        "    When the operator cancels the pairing request\n"
        "    Then it <how>\n"
        "    Examples:\n"
        "      | how      |\n"
        "      | succeeds |\n"
        "      | fails    |\n"
    )
    result = project.run("--out", "out")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["mine.feature:6: Then it fails", "*cancelled fails (line 10)"])
    scenarios = read_evidence(project.path / "out" / "evidence.jsonl").scenarios
    assert [(s.id, s.name, s.line) for s in scenarios] == [
        ("mine/cancelled-how[succeeds]", "cancelled succeeds", 9),
        ("mine/cancelled-how[fails]", "cancelled fails", 10),
    ]


# --- where the evidence lies ----------------------------------------------------------------


def test_the_temporary_folder_is_told_of_only_when_somebody_will_look(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    project.steps(STEPS)
    told = "pairproof: the evidence is in"
    project.feature(f"Feature: f\n  Scenario: s\n    {CANCEL}    Then it succeeds\n")
    assert told not in project.run().stdout.str()
    assert list(tmp_path.glob("pairproof-*")) == []
    assert told in project.run("-v").stdout.str()
    project.feature(f"Feature: f\n  Scenario: s\n    {CANCEL}    Then it fails\n", "other")
    assert told in project.run("other.feature").stdout.str()
    assert len(list(tmp_path.glob("pairproof-*/evidence.jsonl"))) == 2


def test_an_id_does_not_depend_on_the_selection(project: Project) -> None:
    project.feature(
        "Feature: f\n"
        "  @WDR-3\n"
        "  Scenario Outline: o\n"
        "    Given a pending pairing request\n"
        "    When the operator cancels the pairing request\n"
        "    Then <what>\n"
        "    Examples:\n"
        "      | what                           |\n"
        "      | it succeeds                    |\n"
        "      | nothing is pending in Local UI |\n"
    )
    project.run("--out", "all")
    project.run("--out", "one", "-k", "mine/o[nothing")
    (one,) = read_evidence(project.path / "one" / "evidence.jsonl").scenarios
    everything = read_evidence(project.path / "all" / "evidence.jsonl")
    assert one == everything.scenarios[1]
    assert one.id == "mine/o[nothing is pending in Local UI]"
