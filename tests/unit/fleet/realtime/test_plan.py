"""What a target has no way to is told, and left out; never forgotten."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.fleet.loading import find, names
from harness.fleet.realtime.plan import Cannot, planned
from harness.fleet.scenario import (
    SECOND,
    AdminPlan,
    FaultKind,
    FaultPlan,
    NetworkPlan,
    Scenario,
    Spread,
    TimelinePlan,
)

ROOT = Path(__file__).resolve().parents[4]
FAULTS = (
    FaultPlan(FaultKind.LINK, at=0),
    FaultPlan(FaultKind.CENTRAL, at=0),
    FaultPlan(FaultKind.CLOCK, at=0, side="central"),
    FaultPlan(FaultKind.CLOCK, at=0, side="edge"),
)
SCENARIO = Scenario("plain", "to try", SECOND, faults=FAULTS)


def test_what_can_be_arranged_stays() -> None:
    plan = planned(SCENARIO, lambda kind: "")
    assert (plan.scenario, plan.missing, plan.left_out) == (SCENARIO, (), ())


def test_faults_of_the_target_need_a_way_to_it_and_others_do_not() -> None:
    def cannot(kind: type[arrangements.Arrangement]) -> str:
        return "no way" if kind in (arrangements.Restart, arrangements.AdvanceClock) else ""

    plan = planned(SCENARIO, cannot)
    assert plan.scenario.faults == (FAULTS[0], FAULTS[3])
    assert plan.left_out == (
        ("a fault of kind central", "no way"),
        ("a fault of kind clock", "no way"),
    )


def test_without_what_has_to_be_there_nobody_begins() -> None:
    missing: dict[type[ops.Operation], str] = {ops.VerifyConnection: "no", ops.ViewToken: "no"}
    plan = planned(SCENARIO, lambda kind: "", not_offered=missing)
    assert plan.missing == (("VerifyConnection", "it is not offered: no"),)
    plan = planned(SCENARIO, lambda kind: "not here" if kind is arrangements.PutToken else "")
    assert plan.missing == (("PutToken", "not here"),)


def test_what_people_do_by_operations_that_are_not_offered_is_left_out() -> None:
    busy = replace(
        SCENARIO,
        admins=AdminPlan(work=Spread(SECOND, SECOND)),
        timelines=TimelinePlan(token_revoked=Spread(SECOND, SECOND)),
    )
    missing: dict[type[ops.Operation], str] = {
        ops.SetTokenState: "tokens only expire",
        ops.ViewCentralCluster: "write-only",
    }
    plan = planned(busy, lambda kind: "", not_offered=missing)
    assert (plan.scenario, plan.missing) == (SCENARIO, ())
    assert plan.left_out == (
        ("tokens that are revoked", "SetTokenState is not offered: tokens only expire"),
        ("work on paired clusters", "ViewCentralCluster is not offered: write-only"),
    )
    assert planned(busy, lambda kind: "").scenario == busy
    assert planned(SCENARIO, lambda kind: "", not_offered=missing).left_out == plan.left_out[1:]


# --- edge hosts that are the target's own -----------------------------------------------------

WEATHER = replace(
    SCENARIO,
    faults=tuple(
        FaultPlan(FaultKind(kind), at=0)
        for kind in "link health loss half_open errors stale reboot central".split()
    ),
    network=NetworkPlan(lost_before_ppm=10, repeated_ppm=10),
)


def test_at_the_edge_a_fault_needs_a_way_to_the_hosts_of_the_target() -> None:
    ways = {
        arrangements.SetLink: "",
        arrangements.SetNodeHealth: "no health",
        arrangements.DisturbMessages: "no proxy",
    }
    plan = planned(WEATHER, lambda kind: ways.get(kind, ""), edge=True)
    assert [fault.kind for fault in plan.scenario.faults] == [FaultKind.LINK]
    assert plan.scenario.network == NetworkPlan()
    told = dict(plan.left_out)
    assert told["a fault of kind health"] == "no health"
    assert told["a fault of kind loss"] == told["messages that are lost"] == "no proxy"
    assert told["a fault of kind half_open"] == told["a fault of kind errors"] == "no proxy"
    assert "lag further behind" in told["a fault of kind stale"]
    assert 'kind "link" with scope "all"' in told["a fault of kind central"]
    assert {"a fault of kind reboot", "messages that are repeated or delayed"} <= told.keys()


def test_at_the_edge_messages_are_lost_where_something_can_lose_them() -> None:
    plan = planned(WEATHER, lambda kind: "", edge=True)
    assert plan.scenario.network == NetworkPlan(lost_before_ppm=10)
    kinds = {fault.kind for fault in plan.scenario.faults}
    assert {FaultKind.LOSS, FaultKind.HALF_OPEN, FaultKind.ERRORS} <= kinds


def test_what_a_target_shows_lags_as_it_does() -> None:
    stale = replace(SCENARIO, faults=(FaultPlan(FaultKind.STALE, at=0),))
    plan = planned(stale, lambda kind: "")
    assert plan.scenario.faults == ()
    assert "lag further behind" in dict(plan.left_out)["a fault of kind stale"]


def test_at_the_edge_nobody_begins_without_clusters() -> None:
    plan = planned(
        SCENARIO, lambda kind: "none" if kind is arrangements.InstallCluster else "", edge=True
    )
    assert plan.missing == (("InstallCluster", "none"),)


_TO_HOSTS = frozenset(
    {
        arrangements.SetLink,
        arrangements.SetNodeHealth,
        arrangements.AdvanceClock,
        arrangements.DisturbMessages,
    }
)


def told_of_local_uis() -> list[set[str]]:
    """The scenarios in each row of the table of docs/realtime.md."""
    table = (
        (ROOT / "docs" / "realtime.md")
        .read_text("utf-8")
        .split("can end with 0 at Local UIs:")[1]
        .split("\n\n")[1]
    )
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    return [set(re.findall(r"`([\w-]+)`", row)) for row in rows]


def test_the_document_says_which_shipped_scenarios_lack_nothing_at_local_uis() -> None:
    def lacking(name: str, cannot: Cannot) -> bool:
        return bool(planned(find(name), cannot, edge=True).left_out)

    never = {name for name in names() if lacking(name, lambda _: "")}
    some = {n for n in names() if lacking(n, lambda kind: "no" if kind in _TO_HOSTS else "")}
    assert told_of_local_uis() == [{*names()} - some, some - never, never]
    counting = {n for n in names() if _counts_messages(find(n))}
    assert counting == {
        "overload",
        "slow-satellite",
        "thundering-herd",
        "thundering-herd-no-jitter",
    }


def test_at_a_palette_one_shipped_scenario_lacks_something() -> None:
    assert [n for n in names() if planned(find(n), lambda _: "").left_out] == ["bad-gateway"]


def _counts_messages(scenario: Scenario) -> bool:
    kinds = ("submit.", "poll.", "confirm.", "withdraw.")
    return any(gate.startswith(f"latency_ms.{kind}") for gate in scenario.gate for kind in kinds)
