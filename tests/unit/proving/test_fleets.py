"""The lane of the fleet: what is declared in it, and how a scenario is spared a nemesis."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from harness.catalogue.requirements.invariants import INVARIANTS
from harness.fleet import loading
from harness.fleet.draws import Stream
from harness.fleet.nemesis import message_fate
from harness.fleet.scenario import FaultKind, FaultPlan, NetworkPlan, Scenario
from harness.proving.fleets import spared
from harness.reference.planting import MUTANTS, Lane, Mutant, Nemesis, load

MESSAGES = (Nemesis.LOST_BEFORE, Nemesis.LOST_AFTER, Nemesis.REPEATED, Nemesis.DELAYED)
EVERYTHING = Scenario(
    "everything",
    "All goes wrong.",
    duration=1,
    network=NetworkPlan(
        lost_before_ppm=100_000,
        lost_after_ppm=100_000,
        repeated_ppm=100_000,
        delayed_ppm=100_000,
    ),
    faults=tuple(
        FaultPlan(kind, lost_before_ppm=200_000, lost_after_ppm=200_000) for kind in FaultKind
    ),
)


def in_fleet() -> list[Mutant]:
    load()
    return [mutant for mutant in MUTANTS if mutant.lane is Lane.FLEET]


def test_each_invariant_has_two_that_only_a_fleet_finds() -> None:
    broken = Counter(mutant.requirement for mutant in in_fleet())
    assert {r.id for r in INVARIANTS.requirements if broken[r.id] < 2} == set()
    assert broken.keys() <= {r.id for r in INVARIANTS.requirements}


def test_each_shipped_scenario_finds_something() -> None:
    assert {mutant.found_by for mutant in in_fleet()} == set(loading.names())


def test_each_nemesis_is_needed_by_one() -> None:
    assert {mutant.nemesis for mutant in in_fleet()} == {None, *Nemesis}
    assert {kind.value for kind in FaultKind} <= {nemesis.value for nemesis in Nemesis}


def test_a_needed_nemesis_is_there_to_be_taken_away() -> None:
    for mutant in in_fleet():
        if mutant.nemesis is not None:
            scenario = loading.find(mutant.found_by)
            assert spared(scenario, mutant.nemesis) != scenario, mutant.name


@pytest.mark.parametrize("kind", FaultKind)
def test_a_kind_of_fault_is_taken_away_and_no_other(kind: FaultKind) -> None:
    left = spared(EVERYTHING, Nemesis(kind.value))
    assert [fault.kind for fault in left.faults] == [k for k in FaultKind if k is not kind]
    assert replace(left, faults=EVERYTHING.faults) == EVERYTHING


@pytest.mark.parametrize("nemesis", MESSAGES)
def test_what_becomes_of_messages_is_taken_away_in_the_network_and_in_faults(
    nemesis: Nemesis,
) -> None:
    left = spared(EVERYTHING, nemesis)
    active = [fault for fault in left.faults if fault.kind is FaultKind.LOSS]
    stream = Stream(1, "fates")
    fates = (message_fate(stream, left.network, active) for _ in range(2_000))
    met = {fate.fault.value.replace("-", "_") for fate in fates if fate is not None}
    assert met == {other.value for other in MESSAGES} - {nemesis.value}
