"""The faults of a swarm: each kind is there or not, and then strikes in a way of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from harness.fleet.draws import PPM, Stream
from harness.fleet.scenario import (
    NEVER,
    SECOND,
    FaultKind,
    FaultPlan,
    Scenario,
    Scope,
    Spread,
    fixed,
)
from harness.fleet.swarm_sizes import about, one_of, part, pause, share, upto, whole

_THERE_PPM: Final = 2 * PPM // 5
_SHARED_PPM: Final = PPM // 2
_WAVE_PPM: Final = PPM // 3
_LOST_MOST: Final = PPM * 2 // 5
_FACTOR_MOST: Final = 40
_FORWARD_MOST: Final = 600 * SECOND
_STRIKES_MOST: Final = 40
"""A subject is struck about so often at most."""

Key = Callable[[str], Stream]
"""The stream of one key of a fault."""


def drawn_faults(scenario: Scenario) -> tuple[FaultPlan, ...]:
    """The faults that the seed draws, at most one of each kind."""
    faults = []
    for kind in FaultKind:
        stream = partial(_stream, scenario.seed, kind)
        if stream("there").chance(_THERE_PPM):
            faults.append(_in_time(_fault(kind, scenario.duration, stream), scenario, stream))
    return tuple(faults)


def _stream(seed: int, kind: FaultKind, key: str) -> Stream:
    return Stream(seed, f"swarm:faults.{kind}.{key}")


def _fault(kind: FaultKind, run: int, stream: Key) -> FaultPlan:
    """What it does, to whom, and for how long."""
    if kind is FaultKind.CLOCK:
        side = one_of(stream("side"), ("central", "edge"))
        by = pause(stream("by"), SECOND, _FORWARD_MOST)
        return FaultPlan(kind, side=side, by=by)
    lasts = pause(stream("lasts"), SECOND, max(SECOND, run // 10), bounded=True)
    if kind is FaultKind.CENTRAL:
        return FaultPlan(kind, lasts=lasts)
    wave = stream("wave").chance(_WAVE_PPM)
    fault = FaultPlan(
        kind,
        scope=one_of(stream("scope"), tuple(Scope)),
        share_ppm=share(stream("share"), PPM) if stream("shared").chance(_SHARED_PPM) else PPM,
        lasts=lasts,
        heal=Spread(0, part(stream("heal"), run, 1, 10)) if wave else fixed(0),
    )
    if kind is FaultKind.SLOW:
        return replace(fault, factor=whole(stream("factor"), 2, _FACTOR_MOST))
    if kind is FaultKind.LOSS:
        before, after = (share(stream(f"lost_{when}"), _LOST_MOST) for when in ("before", "after"))
        return replace(fault, lost_before_ppm=before, lost_after_ppm=after)
    return fault


def _in_time(fault: FaultPlan, scenario: Scenario, stream: Key) -> FaultPlan:
    """When it strikes: by schedule, once or again; by rate; or at a moment of each subject's."""
    run, way = scenario.duration, one_of(stream("way"), ("at", "repeat", "every", "drawn"))
    often = max(SECOND, run // _STRIKES_MOST)
    match way:
        case "every":
            return replace(fault, every=about(stream("every"), often, max(often, run // 2)))
        case "drawn":
            return fault
    again = fault.lasts.high + upto(stream("repeat"), often, max(often, run // 4))
    repeat = again if way == "repeat" else NEVER
    return replace(fault, at=part(stream("at"), run, 0, 80), repeat=repeat)
