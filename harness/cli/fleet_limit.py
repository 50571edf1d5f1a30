"""`pairproof fleet --find-limit`: the rate up to which a bound holds at a target."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from math import ceil
from pathlib import Path
from typing import Final

from harness.cli.exits import CONFORMS, DOES_NOT_CONFORM, INCONCLUSIVE, INTERRUPTED, put
from harness.cli.fleet import Asked, AskedReal
from harness.cli.fleet_driving import Crew, drive_with
from harness.cli.fleet_real import Prepared, settings_of, told_of
from harness.cli.folders import folder_for, made_writable
from harness.fleet.port import Job
from harness.fleet.realtime.cell import make_real_cell
from harness.fleet.realtime.limit import Bound, Found, Tried, search
from harness.fleet.realtime.pace import rate_of
from harness.fleet.scenario import SECOND
from harness.history.operation import Json
from harness.load.descriptors import make_room
from harness.reporting.fleet.quantities import number
from harness.reporting.fleet.realtime import warnings_of
from harness.running.stopping import Stopping

FILE: Final = "limit.json"
FIRST: Final = 5.0
"""Operators a second, where no rate was asked for."""
_MOST: Final = 10_000.0
_STEP: Final = 10 * SECOND
"""How long each rate is kept, where no duration was asked for."""


def find_limit(asked: Asked, real: AskedReal, prepared: Prepared, stopping: Stopping) -> int:
    """Try rates, one run after the other, each with fresh clusters; print and write the result.

    Exit codes: 0 the limit is found, 1 the bound does not hold even at the lowest rate, 3 the
    harness was the bottleneck, or somebody stopped it.

    Raises:
        PairproofError: the bound means nothing, or a run cannot be carried out.
    """
    bound = Bound(real.limit)
    out = made_writable(folder_for(asked.out, f"{prepared.scenario.name}-limit"))
    kept = prepared.scenario.duration if asked.until else _STEP
    asked.tell(
        f"looks for the rate at {prepared.target.central_url} up to which {bound.text} holds;"
        f" each rate is kept for {kept / SECOND:g} s, and nothing is judged but this"
    )
    make_room(real.connections + 64)

    def attempt(rate: float) -> Tried:
        tried = _try(asked, real, prepared, stopping, bound, out, kept, rate)
        asked.tell(f"  {_line(tried)}")
        return tried

    first = prepared.rate.stretches[0].rate_from if prepared.rate else FIRST
    found = search(attempt, first, _MOST, lambda: "interrupted" if stopping.asked else "")
    document = _document(prepared, bound, found)
    (out / FILE).write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    if asked.format == "json":
        put(json.dumps(document))
    else:
        put(_told(bound, found))
        put(f"rates         {out / FILE}")
    if stopping.asked:
        return INTERRUPTED
    return INCONCLUSIVE if found.why else CONFORMS if found.holds else DOES_NOT_CONFORM


def _try(
    asked: Asked,
    real: AskedReal,
    prepared: Prepared,
    stopping: Stopping,
    bound: Bound,
    out: Path,
    kept: int,
    rate: float,
) -> Tried:
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
    settings = settings_of(real, this, out / f"rate-{rate:g}", watch=False)
    job = Job(scenario, keep_going=True, repeatable=False)
    crew = Crew(None if asked.scheduler else scenario.fleet.cells, asked.scheduler)
    hired = crew.transport(partial(make_real_cell, settings))
    finished = drive_with(job, hired, stopping, partial(told_of, this, real))
    realtime = finished.realtime
    assert realtime is not None
    late = next((w for w in warnings_of(realtime) if "bottleneck" in w), "")
    judged = bound.judged(finished.measures, realtime.effort)
    return Tried(rate, judged, realtime.effort.requests, late)


def _line(tried: Tried) -> str:
    judged = tried.judged
    value = "no value" if judged.value is None else number(judged.value)
    what = "holds" if judged.holds else f"broken{f': {judged.reason}' if judged.reason else ''}"
    late = "; the harness was the bottleneck" if tried.late else ""
    return f"{tried.rate:g}/s  {value}  {what} ({number(tried.requests)} requests){late}"


def _told(bound: Bound, found: Found) -> str:
    if found.why:
        return f"? {bound.text} holds up to {found.holds:g}/s at least: {found.why}"
    if found.breaks is None:
        return f"✓ {bound.text} holds up to {found.holds:g}/s, and no more was tried"
    if not found.holds:
        return f"✗ {bound.text} does not hold even at {found.breaks:g}/s"
    return f"✓ {bound.text} holds up to {found.holds:g}/s, and no more at {found.breaks:g}/s"


def _document(prepared: Prepared, bound: Bound, found: Found) -> dict[str, Json]:
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
                "holds": tried.judged.holds,
                "reason": tried.judged.reason,
                "requests": tried.requests,
                "harness": tried.late,
            }
            for tried in found.tried
        ],
    }
