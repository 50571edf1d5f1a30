"""Swarm testing: the seed draws all that a scenario leaves open.

Each feature is first on or off, by a coin, and then has a strength: a run in which everything
happens at once hides what happens when half of it is missing. Every key has a stream of its own,
so that a new one moves no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Final, TypeVar

from harness.domain.arrangements import ANSWERS
from harness.fleet.draws import PPM, Stream
from harness.fleet.loading import require
from harness.fleet.scenario import (
    ANY_ANSWER,
    MINUTE,
    NEVER,
    PLANS,
    SCENARIOS,
    SECOND,
    Distribution,
    FaultKind,
    FaultPlan,
    FaultScope,
    InvariantLimits,
    Scenario,
    Spread,
    fixed,
    key_of,
    settings_in,
)

Strength = Callable[[Stream, Scenario], object]
"""What a key holds that is on, in a scenario whose earlier keys are drawn already."""

_ALWAYS: Final = PPM
_OFTEN: Final = PPM // 2
_AT_TIMES: Final = PPM // 4
_MILLISECOND: Final = 1_000
_MESSAGES: Final = (
    *("lost_before_ppm", "lost_after_ppm"),
    *("repeated_ppm", "repeated_late_ppm", "delayed_ppm"),
)

Chosen = TypeVar("Chosen")

_PERCENT: Final = PPM // 100
_ROUND: Final = ((10 * MINUTE, MINUTE), (20 * SECOND, SECOND), (100_000, 10_000), (1_000, 1_000))
"""From each duration on, so fine are durations drawn."""
_EXPONENTIAL_IN: Final = 4
"""One spread in so many is exponential."""

_THERE_PPM: Final = 2 * PPM // 5
_SHARED_PPM: Final = PPM // 2
_WAVE_PPM: Final = PPM // 3
_LOST_MOST: Final = PPM * 2 // 5
_FACTOR_MOST: Final = 40
_FORWARD_MOST: Final = 600 * SECOND
_STRIKES_MOST: Final = 40
"""A subject is struck about so often at most."""


def drawn(scenario: Scenario) -> Scenario:
    """The scenario with all that it leaves open drawn from its seed; no swarm any more.

    One that is no swarm is returned as it is.

    Raises:
        ScenarioError: what the file fixes leaves no room for anything that makes sense.
    """
    if not scenario.swarm:
        return scenario
    result = scenario
    for table in PLANS:
        for field in fields(getattr(scenario, table)):
            result = _with_key(result, table, field.name)
    faults = scenario.faults if "faults" in scenario.given else _drawn_faults(scenario)
    result = replace(result, faults=faults, swarm=False, given=frozenset())
    require(result, f"{scenario.name}, as seed {scenario.seed} draws it")
    return result


@dataclass(frozen=True, slots=True)
class _Open:
    """How a key is drawn: how often it is on, in millionths, and what it then holds."""

    on_ppm: int
    strength: Strength


def _with_key(scenario: Scenario, table: str, field: str) -> Scenario:
    """The scenario with one more key drawn, if it is open and has an effect."""
    name, key = f"{table}.{field}", key_of(field)
    how, plan = _OPEN.get(name), getattr(scenario, table)
    if how is None or f"{table}.{key}" in scenario.given:
        return scenario
    needs = SCENARIOS.relation((table, key)).needs
    if needs and not any(key_of(other) in needs for other in settings_in(plan)):
        return scenario
    stream = Stream(scenario.seed, f"swarm:{name}")
    if not (stream.chance(how.on_ppm) or _is_needed(scenario, table, key)):
        return scenario
    changed = replace(plan, **{field: how.strength(stream, scenario)})
    return replace(scenario, **{table: changed})


def _is_needed(scenario: Scenario, table: str, key: str) -> bool:
    """Whether the file sets a key that has no effect without this one."""
    given = (name.partition(".") for name in scenario.given)
    return any(t == table and key in SCENARIOS.relation((t, other)).needs for t, _, other in given)


# --- faults: each kind is there or not, and then strikes in a way of its own --------------

StreamOf = Callable[[str], Stream]
"""The stream of one key of a fault."""


def _drawn_faults(scenario: Scenario) -> tuple[FaultPlan, ...]:
    """The faults that the seed draws, at most one of each kind."""
    faults = []
    for kind in FaultKind:
        stream = partial(_stream, scenario.seed, kind)
        if stream("there").chance(_THERE_PPM):
            faults.append(_in_time(_fault(kind, scenario, stream), scenario, stream))
    return tuple(faults)


def _stream(seed: int, kind: FaultKind, key: str) -> Stream:
    return Stream(seed, f"swarm:faults.{kind}.{key}")


def _fault(kind: FaultKind, scenario: Scenario, stream: StreamOf) -> FaultPlan:
    """What it does, to whom, and for how long."""
    run = scenario.duration
    if kind is FaultKind.CLOCK:
        side = one_of(stream("side"), ("central", "edge"))
        by = pause(stream("by"), SECOND, _FORWARD_MOST)
        return FaultPlan(kind, side=side, by=by)
    lasts = pause(stream("lasts"), SECOND, max(SECOND, run // 10), bounded=True)
    if kind is FaultKind.CENTRAL:
        return FaultPlan(kind, lasts=lasts)
    if kind is FaultKind.STALE:
        lag = scenario.limits.list_lag
        return FaultPlan(
            kind, lasts=lasts, by=pause(stream("by"), min(SECOND, lag), lag, bounded=True)
        )
    wave = stream("wave").chance(_WAVE_PPM)
    fault = FaultPlan(
        kind,
        scope=one_of(stream("scope"), tuple(FaultScope)),
        share_ppm=share(stream("share"), PPM) if stream("shared").chance(_SHARED_PPM) else PPM,
        lasts=lasts,
        heal=Spread(0, part(stream("heal"), run, 1, 10)) if wave else fixed(0),
    )
    if kind is FaultKind.SLOW:
        return replace(fault, factor=whole(stream("factor"), 2, _FACTOR_MOST))
    if kind is FaultKind.ERRORS:
        answer = one_of(stream("answer"), (*(a.value for a in ANSWERS), ANY_ANSWER))
        return replace(fault, answered_ppm=share(stream("answered"), PPM), answer=answer)
    if kind is FaultKind.LOSS:
        before, after = (share(stream(f"lost_{when}"), _LOST_MOST) for when in ("before", "after"))
        return replace(fault, lost_before_ppm=before, lost_after_ppm=after)
    return fault


def _in_time(fault: FaultPlan, scenario: Scenario, stream: StreamOf) -> FaultPlan:
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


# --- how strong things are ----------------------------------------------------------------
#
# Durations are round, so that a scenario that was drawn reads like one that was written.


def share(stream: Stream, most_ppm: int) -> int:
    """Some whole percent, at least one, in millionths."""
    return _PERCENT * (1 + stream.below(max(1, most_ppm // _PERCENT)))


def whole(stream: Stream, least: int, most: int) -> int:
    """A whole number within bounds, each alike."""
    return least + stream.below(most - least + 1)


def one_of(stream: Stream, choices: Sequence[Chosen]) -> Chosen:
    """One of these, each alike."""
    return choices[stream.below(len(choices))]


def upto(stream: Stream, least: int, most: int) -> int:
    """A duration within bounds: whichever power of two above `least`, each alike."""
    if most <= least:
        return least
    scale = least << stream.below((most // least).bit_length())
    return min(most, max(least, rounded(scale + stream.below(scale))))


def rounded(duration: int) -> int:
    """The duration without the digits that nobody would write."""
    step = next((step for bound, step in _ROUND if duration >= bound), 1)
    return duration - duration % step


def part(stream: Stream, run: int, least: int, most: int) -> int:
    """A part of a run, between so many hundredths of it."""
    return rounded(run * whole(stream, least, most) // 100)


def pause(stream: Stream, least: int, most: int, *, bounded: bool = False) -> Spread:
    """A spread of durations within bounds. `bounded` ones are never exponential."""
    high = upto(stream, least, most)
    low = upto(stream, least, high)
    if not bounded and not stream.below(_EXPONENTIAL_IN):
        return Spread(0, high, Distribution.EXPONENTIAL)
    return Spread(low, high)


def about(stream: Stream, least: int, most: int) -> Spread:
    """An exponential spread with a mean within bounds."""
    return Spread(0, upto(stream, least, most), Distribution.EXPONENTIAL)


# --- keys ---------------------------------------------------------------------------------


def _share(most_percent: int) -> Strength:
    return lambda stream, _: share(stream, PPM * most_percent // 100)


def _whole(least: int, most: int) -> Strength:
    return lambda stream, _: whole(stream, least, most)


def _pause(least: int, most: int) -> Strength:
    return lambda stream, _: pause(stream, least, most)


def _about(shortest: int, longest: int) -> Strength:
    """Exponential, with a mean between so many hundredths of the run."""
    return lambda stream, scenario: about(
        stream,
        max(SECOND, scenario.duration * shortest // 100),
        max(SECOND, scenario.duration * longest // 100),
    )


def _messages(most_percent: int) -> Strength:
    """A share of messages: whatever the file fixes, all of them never make more than 1."""

    def strength(stream: Stream, scenario: Scenario) -> int:
        fixed = [f for f in _MESSAGES if f"network.{f.removesuffix('_ppm')}" in scenario.given]
        taken: int = sum(getattr(scenario.network, field) for field in fixed)
        room = max(0, PPM - taken) // len(_MESSAGES)
        return min(share(stream, PPM * most_percent // 100), room)

    return strength


def _sizes(stream: Stream, scenario: Scenario) -> tuple[tuple[int, int], ...]:
    """There are always clusters of one host, so that any number of hosts will do."""
    sizes = [size for size in (3, 5, 7) if size <= scenario.fleet.hosts]
    return ((1, whole(stream, 1, 8)), *((size, stream.below(4)) for size in sizes))


def _poll(stream: Stream, scenario: Scenario) -> Spread:
    """Short enough for what the file says of limits."""
    given, limits = scenario.given, scenario.limits
    bounds = [getattr(limits, f) for f in ("edge_lag", "settle") if f"limits.{f}" in given]
    most = min([90 * SECOND, *(bound // 4 for bound in bounds)])
    return pause(stream, min(5 * SECOND, max(SECOND, most)), max(SECOND, most), bounded=True)


def _deadline(stream: Stream, scenario: Scenario) -> int:
    """Longer than a trip there and back takes at worst, where the file says what it takes."""
    latency = scenario.network.latency.high if "network.latency" in scenario.given else 0
    return max(upto(stream, 5 * SECOND, 40 * SECOND), 3 * latency)


def _latency(stream: Stream, scenario: Scenario) -> Spread:
    most = max(1, min(SECOND, scenario.agents.deadline // 6))
    return pause(stream, min(_MILLISECOND, most), most, bounded=True)


def _shift(stream: Stream, scenario: Scenario) -> int:
    return min(max(MINUTE, part(stream, scenario.duration, 10, 30)), scenario.admins.day)


def _day(stream: Stream, scenario: Scenario) -> int:
    return scenario.admins.shift + max(MINUTE, part(stream, scenario.duration, 2, 15))


def _edge_lag(_: Stream, scenario: Scenario) -> int:
    """Not drawn: a host that is well is heard within three polls, however slow they are."""
    slowest = scenario.agents.poll.high + scenario.agents.deadline + scenario.central.queue
    return max(InvariantLimits().edge_lag, 3 * slowest)


def _settle(_: Stream, scenario: Scenario) -> int:
    """Not drawn: what is being handed over is confirmed, or has lapsed."""
    return max(InvariantLimits().settle, 2 * scenario.central.handover, 2 * _edge_lag(_, scenario))


_OPEN: Final[Mapping[str, _Open]] = {
    "fleet.hosts": _Open(_ALWAYS, _whole(50, 400)),
    "fleet.sizes": _Open(_OFTEN, _sizes),
    "fleet.clusters_per_site": _Open(_OFTEN, _whole(2, 8)),
    "fleet.regions": _Open(_ALWAYS, _whole(1, 8)),
    "fleet.tenants": _Open(_AT_TIMES, _whole(2, 3)),
    "fleet.projects": _Open(_ALWAYS, _whole(1, 4)),
    "fleet.cells": _Open(_ALWAYS, lambda stream, _: one_of(stream, (2, 4, 8, 16))),
    "fleet.window": _Open(
        _OFTEN, lambda stream, s: min(s.duration, one_of(stream, (SECOND // 2, 2 * SECOND)))
    ),
    "operators.begin": _Open(_ALWAYS, lambda stream, s: Spread(0, part(stream, s.duration, 0, 75))),
    "operators.think": _Open(_ALWAYS, _pause(SECOND, MINUTE)),
    "operators.watch": _Open(_ALWAYS, _pause(30 * SECOND, 10 * MINUTE)),
    "operators.cancels_ppm": _Open(_OFTEN, _share(60)),
    "operators.cancel_after": _Open(_ALWAYS, _pause(5 * SECOND, 15 * MINUTE)),
    "operators.cancels_decided_ppm": _Open(_OFTEN, _share(40)),
    "operators.forgets_ppm": _Open(_AT_TIMES, _share(40)),
    "operators.sends_twice_ppm": _Open(_OFTEN, _share(30)),
    "operators.wrong_token_ppm": _Open(_AT_TIMES, _share(30)),
    "operators.tries": _Open(_ALWAYS, _whole(2, 12)),
    "operators.retry": _Open(_ALWAYS, _pause(10 * SECOND, 3 * MINUTE)),
    "operators.again": _Open(_ALWAYS, _pause(30 * SECOND, 10 * MINUTE)),
    "operators.work": _Open(_OFTEN, _pause(MINUTE, 15 * MINUTE)),
    "agents.poll": _Open(_ALWAYS, _poll),
    "agents.deadline": _Open(_ALWAYS, _deadline),
    "agents.retry_jitter": _Open(_AT_TIMES, lambda *_: False),
    "admins.team": _Open(_ALWAYS, _whole(2, 12)),
    "admins.notice": _Open(_ALWAYS, _pause(5 * SECOND, 10 * MINUTE)),
    "admins.think": _Open(_ALWAYS, _pause(SECOND, 2 * MINUTE)),
    "admins.deadline": _Open(_ALWAYS, lambda stream, _: upto(stream, 5 * SECOND, MINUTE)),
    "admins.shift": _Open(_AT_TIMES, _shift),
    "admins.day": _Open(_ALWAYS, _day),
    "admins.rejects_ppm": _Open(_OFTEN, _share(40)),
    "admins.mistypes_ppm": _Open(_OFTEN, _share(80)),
    "admins.renames_ppm": _Open(_AT_TIMES, _share(80)),
    "admins.doubles_ppm": _Open(
        _OFTEN, lambda stream, s: share(stream, _OFTEN) if s.admins.team > 1 else 0
    ),
    "admins.contradicts_ppm": _Open(_OFTEN, _share(100)),
    "admins.accepts_stale_ppm": _Open(_OFTEN, _share(100)),
    "admins.repeated_late_ppm": _Open(_OFTEN, _share(40)),
    "admins.delayed_ppm": _Open(_AT_TIMES, _share(40)),
    "admins.delay": _Open(_ALWAYS, _pause(SECOND, 10 * MINUTE)),
    "admins.sweep": _Open(_OFTEN, _pause(MINUTE, 20 * MINUTE)),
    "admins.work": _Open(_OFTEN, _pause(2 * MINUTE, 20 * MINUTE)),
    "timelines.token_lasts": _Open(
        _OFTEN, lambda stream, s: max(MINUTE, part(stream, s.duration, 10, 60))
    ),
    "timelines.token_revoked": _Open(_AT_TIMES, _about(10, 40)),
    "timelines.publish": _Open(_OFTEN, _about(1, 20)),
    "timelines.breaking_ppm": _Open(_OFTEN, _share(100)),
    "timelines.grants": _Open(_OFTEN, _about(5, 40)),
    "timelines.grants_back": _Open(_OFTEN, _pause(10 * SECOND, 10 * MINUTE)),
    "network.latency": _Open(_ALWAYS, _latency),
    "network.lost_before_ppm": _Open(_OFTEN, _messages(15)),
    "network.lost_after_ppm": _Open(_OFTEN, _messages(15)),
    "network.repeated_ppm": _Open(_OFTEN, _messages(10)),
    "network.repeated_late_ppm": _Open(_OFTEN, _messages(10)),
    "network.delayed_ppm": _Open(_OFTEN, _messages(10)),
    "network.delay": _Open(_ALWAYS, _pause(SECOND, MINUTE)),
    "network.bandwidth_kbit": _Open(_AT_TIMES, _whole(64, 4_096)),
    "central.workers": _Open(_ALWAYS, _whole(2, 64)),
    "central.workers_per_thousand_hosts_milli": _Open(
        _AT_TIMES, lambda stream, _: 1_000 * whole(stream, 1, 20)
    ),
    "central.service": _Open(_ALWAYS, _pause(_MILLISECOND, 200 * _MILLISECOND)),
    "central.queue": _Open(_OFTEN, lambda stream, _: upto(stream, SECOND, MINUTE)),
    "central.rate_per_minute": _Open(_AT_TIMES, _whole(20, 200)),
    "central.handover": _Open(_OFTEN, lambda stream, _: upto(stream, MINUTE, 10 * MINUTE)),
    "limits.edge_lag": _Open(_ALWAYS, _edge_lag),
    "limits.settle": _Open(_ALWAYS, _settle),
}
"""Every key that can be open, by its field, in any order: they are drawn in that of the file."""
