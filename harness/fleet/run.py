"""One run of a fleet: its cells to the end, the gate, and the manifest of its evidence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from harness import __version__
from harness.catalogue.edition import EDITION
from harness.catalogue.requirement import Role
from harness.catalogue.verdict import Overall
from harness.checkers.fleet.concluding import conclude, terms_of
from harness.checkers.fleet.gate import verdict_of
from harness.fleet.loading import as_plain
from harness.fleet.pool.coordinator import Moment, PoolRun, Watching, capacity_of, run_cells
from harness.fleet.pool.orders import Transport
from harness.fleet.port import Job
from harness.fleet.scenario import MINUTE, Distribution, FaultPlan, FaultScope, Scenario, Spread
from harness.history import fleet_lines
from harness.history.errors import EvidenceError
from harness.history.lines import EvidenceHeader, HarnessInfo, Implementation, RunInfo
from harness.history.manifest import MANIFEST, write_manifest
from harness.history.parts import GRANTS
from harness.history.scan import FLEET

DRIVER: Final = "simpy"


@dataclass(frozen=True, slots=True)
class Telling:
    """What the evidence says of how a run was made.

    `about` gets the header of a run in virtual time, and says what is different of this one;
    `realtime` is asked, once the run is over, how it was in real time.
    """

    run: RunInfo = RunInfo()
    now: Callable[[], str] = lambda: ""
    """Wall time, RFC 3339 in UTC; asked for when the run is over."""
    about: Callable[[EvidenceHeader], EvidenceHeader] = lambda header: header
    realtime: Callable[[PoolRun], fleet_lines.RealtimeLine] | None = None


@dataclass(frozen=True, slots=True)
class FleetResult:
    """What came of a run.

    Attributes:
        evidence: the manifest; none where nothing was to be written.
        digest: that of the manifest: equal runs have equal ones. Empty without a manifest.
        verdict, why: on the whole run, by its violations and its gate.
        complete: it got to its end. Otherwise a violation or somebody stopped it.
        happenings: the names of all that a shrunk scenario could leave out, if they were asked
            for (`Job.collect`).
    """

    evidence: Path | None
    digest: str
    verdict: Overall
    why: str
    violations: tuple[fleet_lines.ViolationLine, ...]
    measures: fleet_lines.MeasuresLine
    gates: tuple[fleet_lines.GateLine, ...]
    complete: bool
    happenings: tuple[str, ...]
    realtime: fleet_lines.RealtimeLine | None = None


def run_fleet(
    job: Job,
    transport: Transport,
    telling: Telling = Telling(),
    watching: Watching[Moment] = Watching(),
) -> FleetResult:
    """Run a job to its end, to its first violation, or until it is stopped.

    With `job.parts` (`folder_of_parts`) the evidence is written: the parts there and the
    manifest beside the folder.

    Raises:
        PoolError: the run cannot be carried out.
        EvidenceError: the evidence cannot be written.
    """
    if job.parts is not None:
        job.parts.mkdir(parents=True, exist_ok=True)
    grants = job.part(GRANTS)
    try:
        log = grants.grants if grants else lambda _: None
        course = run_cells(job, transport, log, watching)
    except BaseException:
        with suppress(EvidenceError):
            if grants is not None:  # where a run is given up, the grants so far stay
                grants.close()
        raise
    outcomes = course.outcomes
    scenario, complete = job.scenario, course.ended
    plain = as_plain(scenario)
    realtime = telling.realtime(course) if telling.realtime else None
    terms = replace(terms_of(plain), realtime=realtime)
    came_to = conclude(terms, outcomes, course.violations, complete)
    measures, violations, gates = came_to.measures, came_to.violations, came_to.gates
    verdict, why = verdict_of(gates, len(violations), measures.undecided, complete)
    evidence, digest = None, ""
    if job.parts is not None and grants is not None:
        evidence = job.parts.parent / MANIFEST
        digest = write_manifest(
            evidence,
            telling.about(_header(job, telling.run)),
            fleet_lines.FleetLine(
                scenario=plain,
                planted=job.planted,
                keep_going=job.keep_going,
                capacity=capacity_of(scenario),
                stopped_at=course.at if course.interrupted else None,
                realtime=realtime or msgspec.UNSET,
            ),
            [*(o.part for o in outcomes if o.part is not None), grants.close()],
            came_to.verdicts,
            violations,
            measures,
            gates,
            interrupted=not complete,
            ended_at=telling.now(),
        )
    return FleetResult(
        evidence=evidence,
        digest=digest,
        verdict=verdict,
        why=why,
        realtime=realtime,
        violations=violations,
        measures=measures,
        gates=gates,
        complete=complete,
        happenings=tuple(name for outcome in outcomes for name in outcome.happenings),
    )


def folder_of_parts(folder: Path) -> Path:
    """Where the parts lie of the run whose folder this is."""
    return folder / fleet_lines.PARTS


def _header(job: Job, run: RunInfo) -> EvidenceHeader:
    return EvidenceHeader(
        harness=HarnessInfo(__version__),
        edition=EDITION,
        kind=FLEET,
        implementation=Implementation("pairproof reference", __version__),
        roles=[Role.CENTRAL.value, Role.EDGE.value],
        driver=DRIVER,
        seed=job.scenario.seed,
        run=run,
    )


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
