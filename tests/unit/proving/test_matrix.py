"""What the matrix makes of what trials found."""

from __future__ import annotations

import json
from dataclasses import replace

from harness.catalogue.verdict import Verdict
from harness.cli.proof import killers, matrix_markdown
from harness.gherkin import read_feature, scenario_id
from harness.proving.matrix import Caught, Matrix, Mechanism, as_json, judgeable, mechanism_of
from harness.proving.trials import TrialOutcome, TrialResult
from harness.reference.behaviour import Behaviour
from harness.reference.planting import Lane, Mutant, Nemesis
from harness.suite import suite_dir
from harness.tables.declared import TABLES

FORGETS = Mutant("forgets_the_tags", "ACC-6", "The tags are lost | on the way.", Behaviour())


def ended(requirement: str, verdict: Verdict) -> TrialOutcome:
    return TrialOutcome(f"f/{requirement.lower()}-{verdict.value}", [requirement], verdict)


def test_a_kill_at_its_requirement_is_as_it_has_to_be() -> None:
    row = Caught(FORGETS, ("f/a",), ("ACC-6", "ACC-12"))
    assert (row.killed, row.at_its_requirement, row.wrong) == (True, True, "")
    assert Matrix((row,)).sound


def test_what_nothing_catches_survives() -> None:
    matrix = Matrix((Caught(FORGETS),))
    assert matrix.survived == matrix.rows
    assert not matrix.sound
    assert matrix.rows[0].wrong == "survived: nothing failed"


def test_a_kill_elsewhere_only_is_not_enough() -> None:
    row = Caught(FORGETS, (), ("ACC-12",))
    assert row.killed
    assert row.wrong == "caught elsewhere only: ACC-12"
    assert not Matrix((row,)).sound


def test_a_kill_through_one_driver_only_is_a_finding() -> None:
    row = Caught(FORGETS, ("f/a",), ("ACC-6",), alone="inprocess")
    assert row.wrong == "caught only through the driver inprocess"


def test_a_trial_that_could_not_be_made_is_no_kill() -> None:
    row = Caught(FORGETS, problem="it was ended by signal 9")
    assert row.wrong == "it was ended by signal 9"
    assert not Matrix((row,)).sound


def test_a_requirement_without_a_mutant_and_a_broken_reference_are_told() -> None:
    row = Caught(FORGETS, ("f/a",), ("ACC-6",))
    assert not Matrix((row,), without=("ACC-7",)).sound
    assert not Matrix((row,), baseline="the reference itself fails f/b").sound


def test_judged_is_what_the_reference_passes_and_must_or_should_hold() -> None:
    found = [
        ended("ACC-6", Verdict.PASS),
        ended("ACC-7", Verdict.INCONCLUSIVE),
        ended("SND-7", Verdict.PASS),
        ended("PRE-1", Verdict.PASS),
    ]
    assert judgeable(TrialResult(found)) == ("PRE-1", "ACC-6")


def test_json_and_page_say_what_the_rows_say() -> None:
    race = Mutant("a_race", "INV-6", "Two win.", Behaviour(), lane=Lane.INTERLEAVING)
    rows = (
        Caught(FORGETS, ("f/a", "f/b", "f/c", "f/d"), ("ACC-6", "ACC-12")),
        Caught(race, ("accept and cancel",), ("INV-6",)),
    )
    told = as_json(Matrix(rows))
    assert (told["killed"], told["survived"]) == (2, 0)
    page = matrix_markdown(Matrix(rows))
    assert "`f/a`, `f/b`, `f/c` and 1 more" in page
    assert "The tags are lost \\| on the way." in page
    assert "| walk | accept and cancel |" in page
    assert [row["found_by"] for row in json.loads(json.dumps(told))["mutants"]] == [
        "documented scenario",
        "walk",
    ]
    assert "2 of them caught at their requirement:\n1 by documented scenario, 1 by walk." in page
    assert page.index("## ACC-6") < page.index("## INV-6")
    assert killers(page) == {"forgets_the_tags": "f/a"}


def test_the_mechanism_is_that_of_the_scenario_that_fails_first() -> None:
    every = {
        scenario_id(path.stem, text, example): f"{path.stem}: {text.name}"
        for path in suite_dir("features").glob("*.feature")
        for text in read_feature(path).scenarios
        for example in text.examples or (None,)
    }
    by_mechanism: dict[Mechanism, set[str]] = {}
    for scenario, name in every.items():
        by_mechanism.setdefault(mechanism_of(scenario), set()).add(name)
    drawn = {f"{t.feature}: {name}" for t in TABLES for name in t.outlines()}
    assert by_mechanism[Mechanism.TABLE] == drawn
    assert {name.partition(":")[0] for name in by_mechanism[Mechanism.SIZES]} == {"sizes"}
    assert len(by_mechanism[Mechanism.SCENARIO]) > len(drawn) > 10
    survives = Caught(FORGETS, (), ("ACC-12",))
    assert survives.found_by is None


STORM = Mutant(
    "a_storm",
    "INV-4",
    "It comes back.",
    Behaviour(),
    lane=Lane.FLEET,
    found_by="cancel-storm",
    nemesis=Nemesis.LINK,
)


def test_a_fleet_has_to_need_what_it_says_and_the_suite_has_to_miss_it() -> None:
    found = Caught(STORM, ("cancel-storm",), ("INV-4",))
    assert found.wrong == ""
    needless = replace(found, without=("INV-4",))
    assert needless.wrong == "caught without the nemesis link as well: INV-4"
    seen = replace(found, by_suite=("f/a",))
    assert seen.wrong == "the suite catches it as well: f/a"


def test_the_fleet_has_a_table_of_its_own() -> None:
    row = Caught(STORM, ("cancel-storm",), ("INV-4", "INV-8"))
    page = matrix_markdown(Matrix((row,)))
    found = ("`cancel-storm`", "200", "1", "`link`", "INV-8")
    assert f"| `a_storm` | INV-4 | It comes back. | {' | '.join(found)} |" in page
    assert "pairproof fleet cancel-storm --hosts 200 --seed 1 --mutant a_storm" in page
    told = json.loads(json.dumps(as_json(Matrix((row,)))))["mutants"][0]
    assert (told["hosts"], told["seed"], told["nemesis"]) == (200, 1, "link")
