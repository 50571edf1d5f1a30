"""What a target has no way to is told, and left out; never forgotten."""

from __future__ import annotations

from harness.domain.arrangements import AdvanceClock, Arrangement, PutToken, Restart
from harness.fleet.realtime.plan import planned
from harness.fleet.scenario import SECOND, FaultKind, FaultPlan, Scenario

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
    def cannot(kind: type[Arrangement]) -> str:
        return "no way" if kind in (Restart, AdvanceClock) else ""

    plan = planned(SCENARIO, cannot)
    assert plan.scenario.faults == (FAULTS[0], FAULTS[3])
    assert plan.left_out == (
        ("a fault of kind central", "no way"),
        ("a fault of kind clock", "no way"),
    )


def test_without_what_has_to_be_there_nobody_begins() -> None:
    plan = planned(SCENARIO, lambda kind: "not here" if kind is PutToken else "")
    assert plan.missing == (("PutToken", "not here"),)
