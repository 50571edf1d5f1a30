"""`pairproof fleet --target`: the scenarios in real time, against a real endpoint.

With `--find-limit`, the rate up to which a bound holds there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path
from typing import Final

from msgspec import structs

from harness import __version__
from harness.checkers.fleet.durations import merged
from harness.checkers.fleet.gate import notes_at_another_pace
from harness.cli import exits
from harness.cli.commands.fleets import FleetOptions
from harness.cli.commands.options import microseconds
from harness.cli.exits import CannotDo, put, put_json, say
from harness.cli.fleet import job_of, reported, scenario_of
from harness.cli.fleet_driving import PoolOptions, drive, megabytes, require_room
from harness.cli.fleet_reaching import OVER_HTTP, CellEndpointFactory, Source, at_slots, needs_of
from harness.cli.folders import folder_for, replacing
from harness.domain.arrangements import Side
from harness.fleet.loading import find, is_shipped
from harness.fleet.pool.coordinator import PoolRun
from harness.fleet.port import Job
from harness.fleet.realtime.cell import make_real_cell
from harness.fleet.realtime.limit import LimitExpression, LimitResult, RateResult, search
from harness.fleet.realtime.pace import LoadBudget, Rate, at_speed, budget_of, rate_of
from harness.fleet.realtime.plan import Planned, planned
from harness.fleet.realtime.settings import Settings
from harness.fleet.realtime.translation import new_mark
from harness.fleet.run import Telling, folder_of_parts, operations_about
from harness.fleet.scenario import SECOND, Scenario
from harness.fleet.spelling import duration_text
from harness.history.fleet_lines import EffortLine, RealtimeLine, StormLine
from harness.history.lines import EvidenceHeader, Implementation
from harness.history.manifest import estimate_bytes
from harness.history.operation import Json
from harness.history.wording import counted
from harness.load.opening import make_room
from harness.loopback import is_loopback
from harness.reporting.fleet.model import FleetReport
from harness.reporting.fleet.quantities import number
from harness.reporting.fleet.realtime import warnings_of
from harness.reporting.fleet.report_json import fleet_report_json
from harness.running.stopping import Stopping
from harness.targets.target import Target

DRIVER: Final = "realtime"
_MILLI: Final = 1_000
_ENDING: Final = 2 * SECOND
"""About how long everybody looks at both sides at the end."""
_FILES_BESIDES: Final = 64
"""So many files a process has open besides its connections."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is known before anything is done on the target."""

    asked: FleetOptions
    source: Source
    target: Target
    planned: Planned
    rate: Rate | None
    budget: LoadBudget
    speed_milli: int
    notes: tuple[str, ...] = ()
    """What of a shipped gate decides nothing, as the pace is another."""

    @property
    def side(self) -> Side:
        """The side at which people act, with hosts of the harness's own or of the target."""
        return self.source.side

    @property
    def scenario(self) -> Scenario:
        """The scenario as it runs."""
        return self.planned.scenario

    @property
    def played(self) -> list[str]:
        """The sides that the harness plays itself."""
        if self.side is Side.CENTRAL:
            return [Side.EDGE.value]
        return [] if Side.CENTRAL in self.target.sides else [Side.CENTRAL.value]

    @property
    def roles(self) -> list[str]:
        """The sides that are the target's own."""
        return [side.value for side in sorted(Side) if side.value not in self.played]

    @property
    def where(self) -> str:
        """The address that is asked, or the first of them."""
        if self.source.driver != OVER_HTTP:
            return f"the driver {self.source.driver}"
        if self.side is Side.CENTRAL:
            return self.target.central_url
        first, *others = (slot.hosts[0].url for slot in self.target.places)
        return f"{first} and {len(others)} more" if others else first


def run_real(asked: FleetOptions, stopping: Stopping) -> int:
    """Carry out what was asked for; returns the exit code.

    Raises:
        CannotDo: something is wrong with what was asked for.
        PairproofError: the same, said by the part that found it.
    """
    prepared = prepare(asked)
    if prepared.planned.missing:
        say("pairproof: the fleet cannot begin on this target; it does not have")
        for what, why in prepared.planned.missing:
            say(f"  {what}: {why}")
        return exits.INCONCLUSIVE
    if asked.real.find_limit:
        return find_limit(prepared, stopping)
    report = _run(prepared, stopping)
    if asked.format == "json":
        put_json(fleet_report_json(report))
    return exits.INTERRUPTED if stopping.asked else report.exit_code


def prepare(asked: FleetOptions) -> Prepared:
    """Read the target file and the scenario, and see what goes together; changes nothing.

    Raises:
        CannotDo: something does not.
        PairproofError: the target file or the scenario is wrong; or nobody answers there.
    """
    _refuse_any(
        {
            "--seeds": asked.seeds is not None,
            "--mutant and --variant": str(asked.planted),
            "--for": asked.limit,
        },
        "for virtual time: leave it out, or leave --target out",
    )
    real, source = asked.real, Source(asked.real.target, asked.real.driver)
    target = source.target()
    side = side_of(real.role, target, source)
    speed_milli = round(real.speed * _MILLI)
    if speed_milli < 1:
        raise CannotDo("--speed: write a number above 0, such as 60: an hour then takes a minute")
    rate = rate_of(real.arriving) if real.arriving else None
    budget = budget_of(real.budget)
    of_many = {
        "--workers": asked.workers is not None and asked.workers > 1,
        "--scheduler": asked.scheduler,
        "--find-limit": real.find_limit,
        "--storm": real.storm,
    }
    if source.driver != OVER_HTTP:
        why = "for a load over HTTP: a driver is asked from one process; leave it out"
        _refuse_any(of_many, why)
    if side is Side.EDGE:
        _refuse_any(
            of_many,
            "for a fleet at a central side: at the Local UIs of a target operators act from one"
            " process, once at each place; leave it out",
        )
    scenario = job_of(asked, scenario_of(asked)).scenario
    cells = _cells(asked)
    scenario = replace(scenario, fleet=replace(scenario.fleet, cells=cells, window=SECOND))
    scenario = at_speed(scenario, speed_milli, target.limits)
    source = replace(source, side=side, seed=scenario.seed, handover=scenario.central.handover)
    plan = _planned(asked, source, scenario)
    notes = _notes(asked, plan.scenario, speed_milli != _MILLI or rate is not None)
    return Prepared(asked, source, target, plan, rate, budget, speed_milli, notes)


def _notes(asked: FleetOptions, scenario: Scenario, paced: bool) -> tuple[str, ...]:
    """The expressions of a shipped gate that were made for another pace, or another size. What
    somebody asks for themselves keeps its word.
    """
    if not is_shipped(asked.scenario):
        return ()
    shipped = find(asked.scenario)
    resized = scenario.fleet.hosts != shipped.fleet.hosts or asked.until
    if not (paced or resized):
        return ()
    notes = notes_at_another_pace(shipped.gate, shipped.reach)
    return tuple(note for note in notes if note not in {gate.strip() for gate in asked.gate})


def _planned(asked: FleetOptions, source: Source, scenario: Scenario) -> Planned:
    """The scenario as the target can have it; the target is asked whether it is there."""
    at_edge = source.side is Side.EDGE
    with source.reached() as reached:
        if at_edge:
            scenario = at_slots(scenario, asked.hosts, len(reached.slots()))
        lacks = reached.target.info.not_offered
        return planned(scenario, reached.cannot, edge=at_edge, not_offered=lacks)


def _refuse_any(options: dict[str, object], why: str) -> None:
    for name, value in options.items():
        if value:
            raise CannotDo(f"{name} is {why}")


def side_of(role: str, target: Target, source: Source) -> Side:
    """The side of the target at which the fleet's people act.

    Raises:
        CannotDo: there is no such side, or the target does not have it.
    """
    if not role:
        return Side.CENTRAL if Side.CENTRAL in target.sides else Side.EDGE
    if role not in {side.value for side in Side}:
        raise CannotDo(f"--role {role}: there is no such side of a fleet; write edge or central")
    if Side(role) not in target.sides:
        if source.driver != OVER_HTTP:
            raise CannotDo(f"--role {role}: the target of the driver {source.driver} lacks it")
        raise CannotDo(
            f"--role {role}: {source.target_file} does not describe that side; add [{role}]"
        )
    return Side(role)


def _cells(asked: FleetOptions) -> int:
    """One for each process; more than one event loop in a process would help nobody."""
    if asked.scheduler:
        with PoolOptions(asked.workers, asked.scheduler).transport() as transport:
            return transport.handles
    return asked.workers or 1


def settings_of(prepared: Prepared, out: Path, *, watch: bool = True) -> Settings:
    """How the cells of a run are made, with a fresh mark."""
    real, mark, scenario = prepared.asked.real, new_mark(), prepared.scenario
    file, source = prepared.source.target_file, prepared.source
    source = replace(source, target_file=file and file.resolve())
    needs = needs_of(scenario) if source.side is Side.EDGE else frozenset()
    reach = CellEndpointFactory(source, out.resolve(), mark, needs, scenario.fleet.cells)
    pace, connections = (prepared.rate, prepared.budget, prepared.speed_milli), real.connections
    return Settings(reach, mark, *pace, connections, real.storm, watch)


def _pool(prepared: Prepared) -> PoolOptions:
    scheduler = prepared.asked.scheduler
    return PoolOptions(None if scheduler else prepared.scenario.fleet.cells, scheduler)


def _run(prepared: Prepared, stopping: Stopping) -> FleetReport:
    asked, real = prepared.asked, prepared.asked.real
    scenario = prepared.scenario
    with replacing(folder_for(asked.out, scenario.name)) as out:
        need = estimate_bytes(operations_about(scenario))
        pool = _pool(prepared)
        for line in _first_lines(prepared, pool, need, out):
            asked.tell(line)
        require_room(out, need)
        make_room(real.connections + real.storm + _FILES_BESIDES)
        job = Job(
            scenario, keep_going=asked.keep_going, parts=folder_of_parts(out), repeatable=False
        )
        make = partial(make_real_cell, settings_of(prepared, out))
        telling = partial(telling_of, prepared)
        ends_at = scenario.duration + scenario.limits.settle + _ENDING
        finished = drive(job, pool.transport(make), stopping, telling, ends_at=ends_at)
        return reported(finished, out, stopping, quietly=asked.format == "json")


def telling_of(prepared: Prepared, telling: Telling) -> Telling:
    """What the evidence says of a run in real time, besides what it says of any."""
    about, realtime = partial(_about, prepared), partial(_realtime, prepared)
    return replace(telling, about=about, realtime=realtime)


def _about(prepared: Prepared, header: EvidenceHeader) -> EvidenceHeader:
    info = prepared.target.info
    return structs.replace(
        header,
        implementation=Implementation(
            info.name, info.version, info.organization, info.url, info.contact
        ),
        roles=prepared.roles,
        driver=DRIVER,
        features=sorted(feature.value for feature in info.features),
        limits=prepared.target.limits.as_dict(),
        target_file=file.name if (file := prepared.source.target_file) else "",
    )


def _realtime(prepared: Prepared, course: PoolRun) -> RealtimeLine:
    rate = prepared.rate
    return RealtimeLine(
        target=prepared.where,
        speed=prepared.speed_milli,
        rate=rate.text if rate is not None else "",
        budget=str(prepared.budget),
        stopped=course.stopped,
        left_out=[[what, why] for what, why in prepared.planned.left_out],
        played=prepared.played,
        notes=[*prepared.notes],
        effort=together([o.effort for o in course.outcomes if o.effort is not None]),
    )


def together(efforts: Iterable[EffortLine]) -> EffortLine:
    """What all cells took. Of processor time the busiest cell counts: its loop is the limit."""
    every = list(efforts)
    kinds = sorted({kind for effort in every for kind in effort.answered})
    silent = sorted({kind for effort in every for kind in effort.unanswered})
    busiest = max(every, key=lambda e: e.cpu / max(e.wall, 1), default=EffortLine())
    return EffortLine(
        requests=sum(effort.requests for effort in every),
        answered={k: merged(e.answered[k] for e in every if k in e.answered) for k in kinds},
        unanswered={k: sum(e.unanswered.get(k, 0) for e in every) for k in silent},
        lag=merged(effort.lag for effort in every),
        starved=max((effort.starved for effort in every), default=0),
        within=max((effort.within for effort in every), default=0),
        cpu=busiest.cpu,
        wall=busiest.wall,
        late=[what for effort in every for what in effort.late],
        left=[what for effort in every for what in effort.left],
        storm=_storms([effort.storm for effort in every if effort.storm is not None]),
    )


def _storms(storms: list[StormLine]) -> StormLine | None:
    """All cells' storms as one; of the times those of the slowest."""
    if not storms:
        return None
    failed: Counter[str] = Counter()
    for storm in storms:
        failed.update(storm.failed)
    return StormLine(
        stood=sum(storm.stood for storm in storms),
        failed=dict(sorted(failed.items())),
        p50=max(storm.p50 for storm in storms),
        p99=max(storm.p99 for storm in storms),
        longest=max(storm.longest for storm in storms),
    )


def _first_lines(prepared: Prepared, pool: PoolOptions, need: int, out: Path) -> Iterable[str]:
    """Who is going to be changed comes first."""
    target, scenario = prepared.target, prepared.scenario
    info = target.info
    whose = f" of {info.organization}" if info.organization else ""
    at_palette = prepared.side is Side.CENTRAL
    asked = [target.central_url] if at_palette else target.addresses()
    asked = asked if prepared.source.driver == OVER_HTTP else []
    where = "" if all(map(is_loopback, asked)) else ", which is not on this machine"
    yield (
        f"pairproof {__version__} runs {scenario.name} against"
        f" {f'{info.name} {info.version}'.strip()}{whose} at {prepared.where}{where}:"
        f" {counted(scenario.fleet.hosts, 'host')}, seed {scenario.seed},"
        f" {duration_text(scenario.duration)} of real time {pool},"
        f" about {megabytes(need)} of evidence in {out}"
    )
    paced = []
    if prepared.speed_milli != _MILLI:
        paced.append(f"durations are divided by {prepared.speed_milli / _MILLI:g}")
    if prepared.rate is not None:
        paced.append(f"operators arrive at {prepared.rate.text}")
    if str(prepared.budget):
        paced.append(f"it stops at {prepared.budget}")
    if paced:
        yield f"  {'; '.join(paced)}"
    for what, why in prepared.planned.left_out:
        yield f"  left out, so that the run cannot conform: {what} ({why})"


# --- the rate up to which a bound holds ------------------------------------------------------

FILE: Final = "limit.json"
FIRST: Final = 5.0
"""Operators a second, where no rate was asked for."""
_MOST: Final = 10_000.0
_STEP: Final = 10 * SECOND
"""How long each rate is kept, where no duration was asked for."""


def find_limit(prepared: Prepared, stopping: Stopping) -> int:
    """Try rates, one run after the other, each with fresh clusters; print and write the result.

    Exit codes: 0 the limit is found, 1 the bound does not hold even at the lowest rate, 3 the
    harness was the bottleneck, or somebody stopped it.

    Raises:
        PairproofError: the bound means nothing, or a run cannot be carried out.
    """
    asked = prepared.asked
    bound = LimitExpression(asked.real.find_limit)
    with replacing(folder_for(asked.out, f"{prepared.scenario.name}-limit")) as out:
        kept = microseconds("--until", asked.until) if asked.until else _STEP
        if kept < SECOND:
            raise CannotDo("--until: each rate has to be kept for a second at least")
        asked.tell(
            f"looks for the rate at {prepared.target.central_url} up to which {bound.text} holds;"
            f" each rate is kept for {kept / SECOND:g} s, and nothing is judged but this"
        )
        make_room(asked.real.connections + _FILES_BESIDES)

        def attempt(rate: float) -> RateResult:
            tried = _try(prepared, stopping, bound, out, kept, rate)
            asked.tell(f"  {_line(tried)}")
            return tried

        first = prepared.rate.stretches[0].rate_from if prepared.rate else FIRST
        found = search(attempt, first, _MOST, lambda: "interrupted" if stopping.asked else "")
        document = _document(prepared, bound, found)
        (out / FILE).write_text(json.dumps(document, indent=2) + "\n", "utf-8")
        if asked.format == "json":
            put(json.dumps(document))
        else:
            put(_describe(bound, found))
            put(f"rates         {out / FILE}")
    if stopping.asked:
        return exits.INTERRUPTED
    if found.why:
        return exits.INCONCLUSIVE
    return exits.CONFORMS if found.holds else exits.DOES_NOT_CONFORM


def _try(
    prepared: Prepared,
    stopping: Stopping,
    bound: LimitExpression,
    out: Path,
    kept: int,
    rate: float,
) -> RateResult:
    """One rate, with as many clusters as arrive in the time that it is kept."""
    scenario = prepared.scenario
    hosts = max(1, ceil(rate * kept / SECOND))
    fleet = replace(scenario.fleet, hosts=hosts, sizes=((1, 1),))
    limits = replace(scenario.limits, settle=SECOND)  # nothing is judged that would need it
    scenario = replace(
        scenario, fleet=fleet, duration=kept, limits=limits, faults=(), gate=(), reach=()
    )
    planned = replace(prepared.planned, scenario=scenario, left_out=())
    this = replace(prepared, planned=planned, rate=rate_of(f"{rate:.6f}/s"))
    settings = settings_of(this, out / f"rate-{rate:g}", watch=False)
    job = Job(scenario, keep_going=True, repeatable=False)
    pool = _pool(this)
    hired = pool.transport(partial(make_real_cell, settings))
    finished = drive(job, hired, stopping, partial(telling_of, this))
    realtime = finished.realtime
    assert realtime is not None
    late = next((w for w in warnings_of(realtime) if "bottleneck" in w), "")
    judged = bound.evaluate(finished.measures, realtime.effort)
    return RateResult(rate, judged, realtime.effort.requests, late)


def _line(tried: RateResult) -> str:
    judged = tried.judged
    value = "no value" if judged.value is None else number(judged.value)
    what = "holds" if judged.holds else f"broken{f': {judged.reason}' if judged.reason else ''}"
    late = "; the harness was the bottleneck" if tried.late else ""
    return f"{tried.rate:g}/s  {value}  {what} ({number(tried.requests)} requests){late}"


def _describe(bound: LimitExpression, found: LimitResult) -> str:
    if found.why:
        return f"? {bound.text} holds up to {found.holds:g}/s at least: {found.why}"
    if found.breaks is None:
        return f"✓ {bound.text} holds up to {found.holds:g}/s, and no more was tried"
    if not found.holds:
        return f"✗ {bound.text} does not hold even at {found.breaks:g}/s"
    return f"✓ {bound.text} holds up to {found.holds:g}/s, and no more at {found.breaks:g}/s"


def _document(prepared: Prepared, bound: LimitExpression, found: LimitResult) -> dict[str, Json]:
    return {
        "schema": "pairproof/limit/1",
        "scenario": prepared.scenario.name,
        "target": prepared.target.central_url,
        "bound": bound.text,
        "holds_up_to_per_s": found.holds,
        "breaks_at_per_s": found.breaks,
        "ended_early": found.why,
        "tried": [
            {
                "rate_per_s": tried.rate,
                "value": tried.judged.value,
                "holds": bool(tried.judged.holds),
                "reason": tried.judged.reason,
                "requests": tried.requests,
                "harness": tried.late,
            }
            for tried in found.tried
        ],
    }
