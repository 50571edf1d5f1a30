"""About how large a run will be, told from its scenario before it begins."""

from __future__ import annotations

from typing import Final

from harness.fleet.scenario import MINUTE, Distribution, FaultPlan, FaultScope, Scenario, Spread

_OF_A_PAIRING: Final = 18
"""Operations of a cluster that is paired at once: sent, reviewed, confirmed, and looked at."""
_OF_A_PROJECT: Final = 32
"""What is arranged for a project in each cell, before anything else."""
_OF_A_FAULT: Final = 2
_STEPS_OF_A_REVIEW: Final = 3


def ends_about(scenario: Scenario) -> int:
    """When the run mostly ends, in microseconds: after the work, what settles, and last looks."""
    return scenario.duration + scenario.limits.settle + MINUTE


def operations_about(scenario: Scenario) -> int:
    """About how many operations will be recorded: rather half as many again than too few."""
    clusters = clusters_about(scenario)
    once_paired = _times(scenario.admins.work, scenario.duration)
    of_clusters = clusters * (_pairing(scenario) + once_paired)
    of_faults = sum(_fault(fault, scenario.duration, clusters) for fault in scenario.faults)
    return (of_clusters + _projects(scenario) + of_faults) * 3 // 2


def clusters_about(scenario: Scenario) -> int:
    """About how many clusters the hosts make."""
    plan = scenario.fleet
    weights = sum(weight for _, weight in plan.sizes)
    hosts = sum(size * weight for size, weight in plan.sizes)
    return plan.hosts * weights // hosts


def mean(drawn: Spread) -> int:
    """The mean of a duration that is drawn, and at least a microsecond."""
    exponential = drawn.shape is Distribution.EXPONENTIAL
    return max(1, drawn.high if exponential else (drawn.low + drawn.high) // 2)


def _times(drawn: Spread | None, within: int) -> int:
    return within // mean(drawn) if drawn else 0


def _pairing(scenario: Scenario) -> int:
    """Of each cluster, until it is paired: so often as it has to be tried."""
    operators, admins = scenario.operators, scenario.admins
    waits = min(mean(admins.notice) + _STEPS_OF_A_REVIEW * mean(admins.think), scenario.duration)
    tried = _OF_A_PAIRING + sum(
        _times(drawn, waits) for drawn in (scenario.agents.poll, operators.watch, operators.work)
    )
    again_ppm = operators.cancels_ppm + operators.wrong_token_ppm + admins.rejects_ppm
    return tried + tried * min(again_ppm, 1_000_000 * operators.tries) // 1_000_000


def _projects(scenario: Scenario) -> int:
    plan, timelines = scenario.fleet, scenario.timelines
    drawn = (scenario.admins.sweep, timelines.publish, timelines.token_revoked, timelines.grants)
    of_each = _OF_A_PROJECT + sum(_times(spread, scenario.duration) for spread in drawn)
    return plan.cells * plan.tenants * plan.projects * of_each


def _fault(fault: FaultPlan, duration: int, clusters: int) -> int:
    """Each strikes some clusters, however many at once."""
    often = _times(fault.every, duration)
    if fault.at is not None:
        often = 1 + ((duration - fault.at) // fault.repeat if fault.repeat else 0)
    struck = clusters if fault.scope is not FaultScope.ALL or fault.kind == "link" else 1
    return _OF_A_FAULT * often * struck * fault.share_ppm // 1_000_000
