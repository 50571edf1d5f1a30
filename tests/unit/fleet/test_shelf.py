"""The shipped scenarios are found by name, and their table is made from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.fleet.loading import as_toml, find, names, readme, shipped, text_of
from harness.fleet.scenario import MINUTE, Scenario, ScenarioError

README = Path(__file__).resolve().parents[3] / "scenarios" / "README.md"
WANTED = """
    steady-day rollout-wave flaky-wan cancel-storm central-outage thundering-herd
    thundering-herd-no-jitter token-midnight profile-drift two-admins wrong-profiles
    permission-churn clock-skew host-churn million swarm lossy-radio slow-satellite overload
    one-central bad-gateway half-open
"""


def test_all_scenarios_are_shipped() -> None:
    assert set(names()) == set(WANTED.split())
    assert [path.stem for path in shipped()] == list(names()) == sorted(names())


def test_the_readme_is_made_from_the_files() -> None:
    assert README.read_text("utf-8") == readme(), (
        "scenarios/README.md is stale: `pairproof scenarios --format markdown` prints it"
    )


def what_is_wrong(scenario: Scenario, page: str) -> Iterator[str]:
    """What is wrong with a shipped scenario, and with its section of the page."""
    name, why = scenario.name, scenario.why
    section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    if not 2 <= why.count(". ") + why.endswith(".") <= 3:
        yield f"{name}: it says why it exists in neither two sentences nor three"
    if not (scenario.reach or scenario.swarm):
        yield f"{name}: nothing is to be reached"
    if "violations == 0" not in scenario.gate:
        yield f"{name}: its gate lets violations pass"
    shown = [f"\npairproof fleet {name}\n", *scenario.gate, *(s for s, _ in scenario.reach)]
    yield from (
        f"{name}: its section does not show {text!r}" for text in shown if text not in section
    )


def test_each_scenario_says_why_it_exists_and_how_it_is_run() -> None:
    page = readme()
    assert [wrong for name in names() for wrong in what_is_wrong(find(name), page)] == []


def test_the_guard_sees_each_kind() -> None:
    sound, page = find("cancel-storm"), readme()
    assert sound.reach
    planted: list[tuple[str, Scenario, str]] = [
        ("it says why", replace(sound, why="It is one sentence."), page),
        ("it says why", replace(sound, why="It is. It is. It is. It is."), page),
        ("nothing is to be reached", replace(sound, reach=()), page),
        ("its gate lets", replace(sound, gate=()), page),
        ("does not show 'violations == 0'", sound, page.replace("violations == 0", "")),
        (f"does not show {sound.reach[0][0]!r}", sound, page.replace(sound.reach[0][0], "")),
        ("pairproof fleet", sound, page.replace("\npairproof fleet cancel-storm\n", "\n")),
    ]
    unseen = [
        kind
        for kind, scenario, text in planted
        if not any(kind in wrong for wrong in what_is_wrong(scenario, text))
    ]
    assert unseen == []


def test_a_name_that_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="did you mean cancel-storm"):
        find("cancel-strom")
    with pytest.raises(ScenarioError, match=r"there are bad-gateway, .*given by its path"):
        find("zzz")


def test_a_path_is_a_file_of_ones_own(tmp_path: Path) -> None:
    mine = Scenario("mine", "It is mine.", 10 * MINUTE)
    path = tmp_path / "mine.toml"
    path.write_text(as_toml(mine), "utf-8")

    assert find(str(path)) == mine
    assert text_of(str(path)) == as_toml(mine)
