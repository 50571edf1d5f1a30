"""The seed draws what a scenario leaves open: always something that makes sense."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from harness.fleet.contradictions import flaws
from harness.fleet.loading import as_plain, as_toml, from_plain, read
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    PLANS,
    SECOND,
    AdminPlan,
    AgentPlan,
    FaultKind,
    FaultPlan,
    FleetPlan,
    InvariantLimits,
    NetworkPlan,
    OperatorPlan,
    Scenario,
    ScenarioError,
    Spread,
    fixed,
    key_of,
    schema,
    settings_in,
)
from harness.fleet.swarm import drawn

SWARM = Scenario("bees", "They know.", HOUR, swarm=True, gate=("violations == 0",))
SEEDS = range(200)


def bees(seed: int, scenario: Scenario = SWARM) -> Scenario:
    return drawn(replace(scenario, seed=seed))


def given(*names: str, **plans: object) -> Scenario:
    """A swarm whose file says what these plans say, in the keys of these names."""
    return replace(SWARM, given=frozenset(names), **plans)


def test_what_is_drawn_makes_sense_and_is_a_scenario_like_any_other() -> None:
    for seed in SEEDS:
        scenario = bees(seed)
        assert list(flaws(scenario)) == []
        assert (scenario.swarm, scenario.given) == (False, frozenset())
        assert read(as_toml(scenario), "drawn.toml") == scenario
        assert from_plain(as_plain(scenario)) == scenario


def test_name_why_gate_reach_and_seed_stay_as_they_are() -> None:
    scenario = replace(SWARM, reach=(("cancel_online", 1_000),), seed=77)
    kept = drawn(scenario)

    assert (kept.name, kept.why, kept.duration) == ("bees", "They know.", HOUR)
    assert (kept.gate, kept.reach, kept.seed) == (scenario.gate, scenario.reach, 77)


def test_a_seed_draws_the_same_each_time_and_another_seed_something_else() -> None:
    assert bees(5) == bees(5)
    assert len({as_toml(bees(seed)) for seed in SEEDS}) == len(SEEDS)


def test_each_feature_is_at_times_on_and_at_times_off() -> None:
    all_drawn = [bees(seed) for seed in SEEDS]
    on = Counter(
        f"{table}.{key_of(field)}"
        for scenario in all_drawn
        for table in PLANS
        for field in settings_in(getattr(scenario, table))
    )
    kinds = Counter(fault.kind for scenario in all_drawn for fault in scenario.faults)

    tables = schema()["properties"]
    everything = {f"{table}.{key}" for table in PLANS for key in tables[table]["properties"]}
    assert everything - set(on) == {"only.clusters", "only.happenings", "limits.list_lag"}
    for name in ("operators.cancels", "admins.doubles", "network.lost_after", "timelines.publish"):
        assert 60 < on[name] < 140, name
    assert set(kinds) == set(FaultKind)
    assert all(40 < count < 140 for count in kinds.values())


def test_a_scenario_that_is_no_swarm_is_left_alone() -> None:
    scenario = replace(SWARM, swarm=False)

    assert drawn(scenario) is scenario


@pytest.mark.parametrize(
    "name", ["operators.think", "admins.notice", "network.latency", "fleet.regions"]
)
def test_a_key_that_is_not_drawn_moves_no_other(name: str) -> None:
    """So neither does one that is added: each has a stream of its own."""
    table, key = name.split(".")
    for seed in range(40):
        without, free = bees(seed, given(name)), bees(seed)
        kept = getattr(getattr(without, table), key)
        with_it = replace(getattr(free, table), **{key: kept})
        assert without == replace(free, **{table: with_it})  # type: ignore[arg-type]


def test_what_the_file_fixes_is_kept_and_moves_nothing_else() -> None:
    plan = OperatorPlan(cancels_ppm=250_000)
    scenario = given("operators.cancels", "faults", operators=plan, faults=())

    for seed in range(40):
        fixed_ones, free = bees(seed, scenario), bees(seed)
        assert fixed_ones.operators.cancels_ppm == 250_000
        assert fixed_ones.faults == ()
        assert fixed_ones.admins == free.admins
        assert fixed_ones.network == free.network


def test_faults_of_the_file_are_the_only_ones() -> None:
    only = (FaultPlan(FaultKind.LINK, at=5 * MINUTE),)

    assert bees(3, given("faults", faults=only)).faults == only


@pytest.mark.parametrize(
    "scenario",
    [
        given("operators.cancel_after", operators=OperatorPlan(cancel_after=fixed(MINUTE))),
        given("admins.day", admins=AdminPlan(day=10 * MINUTE)),
        given("admins.contradicts", admins=AdminPlan(contradicts_ppm=1)),
        given("admins.team", admins=AdminPlan(team=1)),
        given("agents.deadline", agents=AgentPlan(deadline=10_000)),
        given("network.latency", network=NetworkPlan(latency=fixed(HOUR // 10))),
        given("network.lost_before", network=NetworkPlan(lost_before_ppm=990_000)),
        given("network.delay", network=NetworkPlan(delay=fixed(SECOND))),
        given("limits.edge_lag", limits=InvariantLimits(edge_lag=2 * SECOND)),
        given("fleet.hosts", fleet=FleetPlan(hosts=1)),
        replace(SWARM, duration=SECOND),
        replace(SWARM, duration=48 * HOUR),
    ],
)
def test_whatever_the_file_fixes_the_rest_goes_with_it(scenario: Scenario) -> None:
    for seed in range(25):
        assert list(flaws(bees(seed, scenario))) == []


def test_a_file_that_leaves_no_room_is_refused() -> None:
    scenario = given("agents.poll", "limits.settle", limits=InvariantLimits(settle=SECOND),
                     agents=AgentPlan(poll=Spread(SECOND, MINUTE)))  # fmt: skip

    with pytest.raises(ScenarioError, match=r"as seed 1 draws it: limits\.settle: hosts poll"):
        drawn(scenario)
