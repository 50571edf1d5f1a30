"""What can be taken away from a scenario; whether the rest still fails is another matter.

The names of faults have the number of their plan, and with it their draws. So a plan that goes
leaves one behind that never strikes, unless it is the last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import fields, replace
from typing import Final

from harness.fleet.nemesis import occurrences
from harness.fleet.roster import Roster
from harness.fleet.scenario import NEVER, PLANS, FaultKind, FaultPlan, Scenario, fixed, settings_in

Setting = tuple[str, str | int]
"""The table and the field of a key that says something else than the default; or `faults` and
the number of a plan."""

NO_FAULT: Final = FaultPlan(FaultKind.LINK, share_ppm=0)
"""What stands for a plan that has gone."""

FAULTS, PEOPLE, CHANGES = "f", "oa", "t"
"""The initials of happenings: single faults, acts of people, what changes for everybody."""

_TABLES: Final = tuple(name for name in PLANS if name not in ("limits", "only"))
"""Other limits would be another failure."""
_ALL: Final = 1_000_000
_SIZE: Final = ("hosts", "cells")


# --- who is there -------------------------------------------------------------------------


def with_clusters(scenario: Scenario, indices: Sequence[int]) -> Scenario:
    """Nobody is there but these clusters."""
    return replace(scenario, only=replace(scenario.only, clusters=tuple(indices)))


def without_empty_slots(scenario: Scenario) -> Scenario:
    """No more hosts than up to the last of the clusters that are there."""
    roster = Roster(scenario)
    last = max(roster.indices(), default=0)
    hosts = sum(roster.size(index) for index in range(last + 1))
    return replace(scenario, fleet=replace(scenario.fleet, hosts=hosts))


def in_one_cell(scenario: Scenario) -> Scenario:
    """All of them together in a single cell."""
    return replace(scenario, fleet=replace(scenario.fleet, cells=1))


def extent(scenario: Scenario) -> tuple[int, int]:
    """How many clusters and how many hosts are there."""
    roster = Roster(scenario)
    indices = roster.indices()
    if scenario.only.clusters is None:
        return len(indices), scenario.fleet.hosts
    return len(indices), sum(map(roster.size, indices))


# --- how long -----------------------------------------------------------------------------


def cut(scenario: Scenario, duration: int) -> Scenario:
    """People work no longer than this, rounded up to whole windows."""
    window = scenario.fleet.window
    until = -(-duration // window) * window
    faults = (NO_FAULT if f.at is not None and f.at >= until else f for f in scenario.faults)
    return replace(scenario, duration=until, faults=_trimmed(faults))


def _trimmed(faults: Iterable[FaultPlan]) -> tuple[FaultPlan, ...]:
    kept = list(faults)
    while kept and kept[-1] == NO_FAULT:
        kept.pop()
    return tuple(kept)


# --- what happens -------------------------------------------------------------------------


def with_happenings(scenario: Scenario, names: Iterable[str]) -> Scenario:
    """Nothing happens but these faults, acts and changes."""
    return replace(scenario, only=replace(scenario.only, happenings=frozenset(names)))


def faults_until(scenario: Scenario, at: int) -> tuple[str, ...]:
    """The names of all faults that begin by then, those that a longer one hides as well."""
    roster = Roster(scenario)
    members = [roster.member(index) for index in roster.indices()]
    begun = []
    for occurrence in occurrences(scenario, members):
        if occurrence.at > at:
            break
        begun.append(occurrence.cause)
    return tuple(dict.fromkeys(begun))


def written_out(scenario: Scenario) -> Scenario:
    """Each fault that is left as a plan of its own, that strikes once at the very moment.

    Where those whom one fault strikes recover one after the other, all do as the first.
    """
    names = scenario.only.happenings
    if names is None:
        return scenario
    roster = Roster(scenario)
    members = [roster.member(index) for index in roster.indices()]
    plans: dict[str, FaultPlan] = {}
    for struck in occurrences(scenario, members):
        plan = replace(
            scenario.faults[struck.plan],
            at=struck.at,
            repeat=NEVER,
            every=None,
            share_ppm=_ALL,
            lasts=fixed(struck.until - struck.at),
            heal=fixed(0),
            by=fixed(struck.by),
        )
        plans.setdefault(struck.cause, plan)
    renamed = (f"f{n}.{cause.split('.')[1]}.0" for n, cause in enumerate(plans))
    kept = (*(name for name in names if name[0] not in FAULTS), *renamed)
    return with_happenings(replace(scenario, faults=tuple(plans.values())), kept)


def about(names: Sequence[str], clusters: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    """Those that concern these clusters alone; and with them those that concern many or all."""
    indices = {str(index) for index in clusters}
    subjects = {name: _subject(name) for name in names}
    alone = tuple(name for name in names if subjects[name] in indices)
    wide = tuple(n for n in names if subjects[n] in indices or not subjects[n].isdecimal())
    return alone, wide


def _subject(name: str) -> str:
    """The number of the cluster that a happening concerns; empty, or `s3`, if it is none alone."""
    kind, first, second, *_ = name.split(".")
    if kind in CHANGES:
        return ""
    return second if kind in PEOPLE else first.partition("-")[0]


def of_kind(names: Iterable[str], initials: str) -> tuple[str, ...]:
    """Those of a kind: `FAULTS`, `PEOPLE` or `CHANGES`."""
    return tuple(name for name in names if name[0] in initials)


# --- what is set --------------------------------------------------------------------------


def settings_of(scenario: Scenario) -> tuple[Setting, ...]:
    """What a file of the scenario has to set and could perhaps do without, in its order."""
    keys = [(table, field) for table in _TABLES for field in _set_in(scenario, table)]
    plans = [("faults", n) for n, plan in enumerate(scenario.faults) if plan != NO_FAULT]
    return (*keys, *plans)


def with_settings(scenario: Scenario, kept: Collection[Setting]) -> Scenario:
    """Of the settings only these; all others have their defaults."""
    left = frozenset(kept)
    plans: dict[str, object] = {}
    for table in _TABLES:
        plan = getattr(scenario, table)
        gone = {f for f in _set_in(scenario, table) if (table, f) not in left}
        plans[table] = replace(plan, **{f.name: f.default for f in fields(plan) if f.name in gone})
    numbered = enumerate(scenario.faults)
    faults = _trimmed(plan if ("faults", n) in left else NO_FAULT for n, plan in numbered)
    changed: Callable[..., Scenario] = replace
    return changed(scenario, faults=faults, **plans)


def _set_in(scenario: Scenario, table: str) -> tuple[str, ...]:
    return tuple(f for f in settings_in(getattr(scenario, table)) if f not in _SIZE)
