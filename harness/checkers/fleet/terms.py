"""By which terms a run is judged: what of a scenario the checkers go by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from harness.checkers.invariants.known import Bounds
from harness.domain.errors import PairproofError
from harness.history.fleet_lines import FleetLine, RealtimeLine

_SECOND: Final = 1_000_000
_STEPS_MAX: Final = 1_440
"""Steps of the series of a run, at most."""


class TermsError(PairproofError):
    """What should say how a run is to be judged is no scenario: why not."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this is no scenario of a fleet: {why}")


@dataclass(frozen=True, slots=True)
class Terms:
    """What of a scenario a judgement depends on. Durations are microseconds.

    Attributes:
        cells, window: how many cells there are, and the width of a window.
        bounds: those by which the invariants judge.
        gate, reach: as `harness.checkers.fleet.gate` takes them.
        played: the sides that the harness played itself, so that they are not judged.
        left_out: what could not be arranged on the target, so that it was left out: what, why.
        stopped: why the harness stopped the run; empty where it did not.
        left: what could not be removed from the target.
        late: what could not be arranged when it was due.
        own_edge: the edge hosts are the target's own, so that nobody heard their messages.
    """

    name: str
    seed: int
    duration: int
    cells: int
    window: int
    bounds: Bounds
    gate: tuple[str, ...]
    reach: tuple[tuple[str, int], ...]
    played: frozenset[str] = frozenset()
    left_out: tuple[tuple[str, str], ...] = ()
    stopped: str = ""
    left: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    own_edge: bool = False

    @property
    def bucket(self) -> int:
        """The width of a step of the series: whole seconds, so that there are not too many."""
        whole = self.duration + self.bounds.settle
        return max(1, -(-whole // _STEPS_MAX // _SECOND)) * _SECOND


def terms_of(scenario: Mapping[str, object]) -> Terms:
    """The terms of a scenario, from its plain data.

    Raises:
        TermsError: it is no scenario.
    """
    match scenario:
        case {
            "name": str(name),
            "seed": int(seed),
            "duration": int(duration),
            "fleet": {"cells": int(cells), "window": int(window)},
            "limits": {"list_lag": int(list_lag), "edge_lag": int(edge_lag), "settle": int(settle)},
            "gate": [*gate],
            "reach": [*reach],
        } if cells > 0 and window > 0:
            return Terms(
                name=name,
                seed=seed,
                duration=duration,
                cells=cells,
                window=window,
                bounds=Bounds(list_lag=list_lag, edge_lag=edge_lag, settle=settle),
                gate=tuple(str(expression) for expression in gate),
                reach=tuple(_reach(reach)),
            )
    raise TermsError("it does not say what a run is judged by")


def terms_of_run(fleet: FleetLine) -> Terms:
    """The terms of a run, as its evidence has them.

    Raises:
        TermsError: what was run is no scenario.
    """
    terms, realtime = terms_of(fleet.scenario), fleet.realtime
    return in_real_time(terms, realtime) if isinstance(realtime, RealtimeLine) else terms


def in_real_time(terms: Terms, realtime: RealtimeLine) -> Terms:
    """The terms of a scenario that ran in real time."""
    return replace(
        terms,
        played=frozenset(realtime.played),
        left_out=tuple((what, why) for what, why in realtime.left_out),
        stopped=realtime.stopped,
        left=tuple(realtime.effort.left),
        late=tuple(realtime.effort.late),
        own_edge="edge" not in realtime.played,
    )


def _reach(pairs: Iterable[object]) -> Iterator[tuple[str, int]]:
    for pair in pairs:
        match pair:
            case [str(name), int(wanted)]:
                yield name, wanted
            case _:
                raise TermsError(f"{pair!r:.40} is no situation with a number")
