"""The shipped scenarios are found by name, and their table is made from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.fleet.loading import as_toml
from harness.fleet.mistakes import ScenarioError
from harness.fleet.scenario import MINUTE, Scenario
from harness.fleet.shelf import find, names, readme, shipped, text_of

README = Path(__file__).resolve().parents[3] / "scenarios" / "README.md"
WANTED = """
    steady-day rollout-wave flaky-wan cancel-storm central-outage thundering-herd
    thundering-herd-no-jitter token-midnight profile-drift two-admins wrong-profiles
    permission-churn clock-skew host-churn million swarm lossy-radio slow-satellite overload
"""


def test_all_scenarios_are_shipped() -> None:
    assert set(names()) == set(WANTED.split())
    assert [path.stem for path in shipped()] == list(names()) == sorted(names())


def test_the_readme_is_made_from_the_files() -> None:
    assert README.read_text("utf-8") == readme(), (
        "scenarios/README.md is stale: `pairproof scenarios --format markdown` prints it"
    )


@pytest.mark.parametrize("name", names())
def test_each_scenario_says_why_it_exists_and_how_it_is_run(name: str) -> None:
    scenario = find(name)
    _, _, section = readme().partition(f"\n## {name}\n")
    section = section.partition("\n## ")[0]

    assert 2 <= scenario.why.count(". ") + scenario.why.endswith(".") <= 3
    assert scenario.reach or scenario.swarm
    assert "violations == 0" in scenario.gate
    assert f"\npairproof fleet {name}\n" in section
    assert all(expression in section for expression in scenario.gate)
    assert all(situation in section for situation, _ in scenario.reach)


def test_a_name_that_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="did you mean cancel-storm"):
        find("cancel-strom")
    with pytest.raises(ScenarioError, match=r"there are cancel-storm, .*given by its path"):
        find("zzz")


def test_a_path_is_a_file_of_ones_own(tmp_path: Path) -> None:
    mine = Scenario("mine", "It is mine.", 10 * MINUTE)
    path = tmp_path / "mine.toml"
    path.write_text(as_toml(mine), "utf-8")

    assert find(str(path)) == mine
    assert text_of(str(path)) == as_toml(mine)
