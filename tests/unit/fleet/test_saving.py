"""A scenario that is saved loads as the same one, and says no more than it must."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.fleet.loading import as_toml, read
from harness.fleet.scenario import (
    MINUTE,
    SECOND,
    AdminPlan,
    CentralPlan,
    Distribution,
    FaultKind,
    FaultPlan,
    FaultScope,
    FleetPlan,
    NetworkPlan,
    Only,
    OperatorPlan,
    Scenario,
    Spread,
    TimelinePlan,
)

PLAIN = Scenario("plain", "It is as plain as can be.", 10 * MINUTE)
FULL = Scenario(
    name="full",
    why='It has "quotes", a back\\slash, a tab\tand\ntwo lines.',
    duration=90 * MINUTE + 1,
    fleet=FleetPlan(hosts=12, sizes=((1, 3), (5, 0), (3, 1)), cells=3, window=SECOND // 2),
    operators=OperatorPlan(watch=None, again=None, cancels_ppm=1, work=Spread(SECOND, MINUTE)),
    admins=AdminPlan(shift=MINUTE, day=2 * MINUTE, doubles_ppm=1_000_000, contradicts_ppm=0),
    timelines=TimelinePlan(publish=Spread(0, 7_654_321, Distribution.EXPONENTIAL)),
    network=NetworkPlan(latency=Spread(1, 1_234)),
    central=CentralPlan(workers_per_thousand_hosts_milli=1_500),
    faults=(
        FaultPlan(FaultKind.LINK, at=0, repeat=30 * MINUTE, heal=Spread(0, MINUTE)),
        FaultPlan(
            FaultKind.LOSS,
            FaultScope.REGION,
            every=Spread(0, MINUTE, Distribution.EXPONENTIAL),
            lost_before_ppm=123_456,
        ),
        FaultPlan(FaultKind.CLOCK, side="edge", by=Spread(SECOND, SECOND)),
        FaultPlan(FaultKind.HEALTH),
    ),
    reach=(("cancel_online", 1), ("central_change_done", 99_500)),
    gate=("violations == 0", "share.paired > 0.5"),
    only=Only(clusters=(4, 2), happenings=frozenset({"f0.1-0.0", "o.cancels.2.0"})),
    seed=2**63 - 1,
)  # fmt: skip


@pytest.mark.parametrize(
    "scenario",
    [
        PLAIN,
        FULL,
        replace(PLAIN, gate=()),
        replace(PLAIN, only=Only(clusters=())),
        replace(PLAIN, only=Only(happenings=frozenset())),
        replace(PLAIN, swarm=True),
        replace(PLAIN, swarm=True, given=frozenset({"fleet.hosts", "faults", "agents.poll"})),
    ],
)
def test_what_is_saved_loads_as_the_same_scenario(scenario: Scenario) -> None:
    assert read(as_toml(scenario), "saved.toml") == scenario


def test_what_has_its_default_is_not_written_but_the_gate() -> None:
    assert as_toml(PLAIN).splitlines() == [
        'schema = "pairproof/scenario/1"',
        'name = "plain"',
        'why = "It is as plain as can be."',
        'duration = "10m"',
        'gate = ["violations == 0"]',
    ]


def test_what_a_swarm_fixes_is_written_even_where_it_is_the_default() -> None:
    text = as_toml(replace(PLAIN, swarm=True, given=frozenset({"fleet.hosts", "faults"})))

    assert "faults = []" in text
    assert "hosts = 200" in text
    assert "[operators]" not in text
