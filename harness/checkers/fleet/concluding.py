"""What a run comes to, from what its cells have found: the same for whoever judges it.

A run concludes so at its end, and `pairproof verify` does again from what was recorded.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, repeat
from operator import itemgetter
from typing import Final, TypeVar

from harness.catalogue.requirements.invariants import INVARIANTS
from harness.catalogue.verdict import Verdict
from harness.checkers.fleet import durations
from harness.checkers.fleet.gate import evaluate, reached
from harness.checkers.fleet.judge import GAUGES, SHARED, joined
from harness.checkers.fleet.requests import ID_BYTES
from harness.checkers.invariants.hearing import LOCAL_CHANGES
from harness.checkers.invariants.ids_are_never_reused import digests
from harness.checkers.invariants.known import Bounds, Violation
from harness.domain.errors import PairproofError
from harness.history.fleet_lines import (
    FaultWindow,
    FleetLine,
    GateLine,
    MeasuresLine,
    RealtimeLine,
    ViolationLine,
)
from harness.history.lines import VerdictLine

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
        realtime: how it was in real time; none where time was virtual.
    """

    name: str
    seed: int
    duration: int
    cells: int
    window: int
    bounds: Bounds
    gate: tuple[str, ...]
    reach: tuple[tuple[str, int], ...]
    realtime: RealtimeLine | None = None

    @property
    def played(self) -> list[str]:
        """The sides that the harness played itself, so that they are not judged."""
        return self.realtime.played if self.realtime is not None else []

    @property
    def bucket(self) -> int:
        """The width of a step of the series: whole seconds, so that there are not too many."""
        whole = self.duration + self.bounds.settle
        return max(1, -(-whole // _STEPS_MAX // _SECOND)) * _SECOND


def terms_of(scenario: Mapping[str, object]) -> Terms:
    """The terms of a scenario, from its plain data. Raises `TermsError` if it is no scenario."""
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
                # Its administrators look at some of what they change, and not at all of it.
                bounds=Bounds(list_lag, edge_lag, settle, prompt=True),
                gate=tuple(str(expression) for expression in gate),
                reach=tuple(_reach(reach)),
            )
    raise TermsError("it does not say what a run is judged by")


def terms_of_run(fleet: FleetLine) -> Terms:
    """The terms of a run, as its evidence has them.

    Raises:
        TermsError: what was run is no scenario.
    """
    return replace(terms_of(fleet.scenario), realtime=fleet.in_real_time)


def _reach(pairs: Iterable[object]) -> Iterator[tuple[str, int]]:
    for pair in pairs:
        match pair:
            case [str(name), int(wanted)]:
                yield name, wanted
            case _:
                raise TermsError(f"{pair!r:.40} is no situation with a number")


PartT = TypeVar("PartT")
T = TypeVar("T")

_STOPPED: Final = "the run was stopped before its end"
_NOT_THE_TARGET: Final = "it binds a side that the harness played, and not the target"
_IDS_NAMED: Final = 20
"""So many ids that two cells have given are named; the others are counted."""


class MergeError(PairproofError):
    """Parts of a run that were not measured alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedCell:
    """What is left of a cell, by its number, once it is closed, for whoever judges the run.

    `ids` are digests of the pairing ids that it has given, `ID_BYTES` each, sorted: two cells that
    gave the same one break INV-5. `violations` are those that were found only at the end.
    """

    cell: int
    measures: MeasuresLine
    ids: bytes = b""
    violations: list[ViolationLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a run comes to. `verdicts` are one for each invariant."""

    measures: MeasuresLine
    violations: tuple[ViolationLine, ...]
    gates: tuple[GateLine, ...]
    verdicts: tuple[VerdictLine, ...]


def conclude(
    terms: Terms, cells: Sequence[ClosedCell], found: Iterable[ViolationLine], complete: bool
) -> Conclusion:
    """Put together what all cells, in their order, have found.

    `found` are the violations that were found while they ran. `complete` says that the run got
    to its end.

    Raises:
        GateError: an expression of the gate, or a situation to reach, means nothing.
        MergeError: the cells were not measured alike.
    """
    measures = merge(cell.measures for cell in cells)
    every = (*found, *_found_at_the_end(cells, measures.ended_at))
    violations = tuple(v for v in every if v.invariant not in _not_judged(terms))
    measures = _without_the_played(terms, _without_the_unseen(terms, measures), every)
    gates = (
        *evaluate(terms.gate, measures, len(violations), complete),
        *reached(terms.reach, measures),
        *_set_aside(terms),
    )
    verdicts = tuple(_verdicts(terms, violations, measures, complete))
    return Conclusion(measures, violations, gates, verdicts)


def _not_judged(terms: Terms) -> frozenset[str]:
    """The invariants that bind only a side that the harness played itself."""
    return frozenset(r.id for r in INVARIANTS.requirements if r.role.value in terms.played)


def _without_the_played(
    terms: Terms, measures: MeasuresLine, every: Sequence[ViolationLine]
) -> MeasuresLine:
    """Nobody is failed for a side that the harness played; that it broke is told all the same."""
    own = _not_judged(terms)
    if not own:
        return measures
    undecided = {name: why for name, why in measures.undecided.items() if name not in own}
    for violation in every:
        if violation.invariant in own:
            why = f"it was violated on a side that the harness played: {violation.reason}"
            undecided[violation.invariant] = why
    return measures.with_undecided(undecided)


def _without_the_unseen(terms: Terms, measures: MeasuresLine) -> MeasuresLine:
    """Of a target, nothing tells about what never came to be: whoever takes nothing breaks nothing.
    Of hosts that nobody hears, only a local operation that was answered tells about INV-10.
    """
    if terms.realtime is None:
        return measures
    known = [measures.operations.get(kind, {}) for kind in LOCAL_CHANGES]
    unseen: dict[str, str] = {}
    if not _done(measures, "SendPairingRequest", "SubmitPairing"):
        unseen |= dict.fromkeys(("INV-2", "INV-5", "INV-9"), "no request was sent successfully")
    if not _done(measures, "AcceptPairingRequest") and not measures.requests.get("paired"):
        unseen |= dict.fromkeys(("INV-1", "INV-3"), "no request was accepted")
    if "edge" not in terms.played and not any(n["ok"] + n["fail"] for n in known if n):
        unseen["INV-10"] = (
            "no local operation was answered, so nothing tells whether a paired cluster refuses it"
        )
    return measures.with_undecided({**unseen, **measures.undecided})


def _done(measures: MeasuresLine, *kinds: str) -> int:
    return sum(measures.operations.get(kind, {}).get("ok", 0) for kind in kinds)


def _set_aside(terms: Terms) -> Iterator[GateLine]:
    """What of the scenario did not happen, so that the gate says nothing of it."""
    if terms.realtime is None:
        return
    told = [(f"arranged: {what}", why) for what, why in terms.realtime.left_out]
    late, left = terms.realtime.effort.late, terms.realtime.effort.left
    if late:
        why = f"{len(late)} things could not be; the first one: {late[0]}"
        told.append(("arranged when it was due", why))
    if left:
        why = f"{len(left)} things are left there; the first one: {left[0]}"
        told.append(("nothing is left on the target", why))
    if terms.realtime.stopped:
        told.append(("not stopped", terms.realtime.stopped))
    for expression, reason in told:
        yield GateLine(expression=expression, value=None, holds=None, reason=reason)


def as_lines(violations: Iterable[Violation], cell: str, at: int) -> list[ViolationLine]:
    """What was found in a cell at this moment, as it stands in the manifest."""
    return [
        ViolationLine(
            invariant=violation.invariant,
            cell=cell,
            reason=violation.reason,
            operations=list(violation.operations),
            at=at,
        )
        for violation in violations
    ]


def _found_at_the_end(cells: Sequence[ClosedCell], at: int) -> Iterator[ViolationLine]:
    """What each cell found when it was closed, and the ids that more than one has given."""
    for cell in cells:
        yield from cell.violations
    shared = shared_ids(cell.ids for cell in cells)
    for digest, places in shared[:_IDS_NAMED]:
        names = [f"{cells[place].cell:02d}" for place in places]
        more = f" ({len(shared) - _IDS_NAMED} more are so)" if len(shared) > _IDS_NAMED else ""
        yield ViolationLine(
            invariant="INV-5",
            cell=names[0],
            reason=f"the pairing id with the digest {digest.hex()} was given in the cells"
            f" {' and '.join(names)}{more}",
            operations=[],
            at=at,
        )


def _verdicts(
    terms: Terms, violations: Sequence[ViolationLine], measures: MeasuresLine, complete: bool
) -> Iterator[VerdictLine]:
    """One for each invariant: its first violation decides."""
    first = {violation.invariant: violation for violation in reversed(violations)}
    own = _not_judged(terms)
    for requirement in INVARIANTS.requirements:
        found = first.get(requirement.id)
        undecided = measures.undecided.get(requirement.id, "" if complete else _STOPPED)
        verdict, reason = Verdict.INCONCLUSIVE if undecided else Verdict.PASS, undecided
        if requirement.id in own and requirement.id not in measures.undecided:
            found = None
            verdict, reason = Verdict.NOT_SUPPORTED, _NOT_THE_TARGET
        yield VerdictLine(
            requirement=requirement.id,
            scenario=terms.name,
            verdict=Verdict.FAIL if found else verdict,
            reason=found.reason if found else reason,
            operations=found.operations if found else [],
            at=measures.ended_at,
        )


# --- the measures of all cells together -----------------------------------------------------------


def merge(parts: Iterable[MeasuresLine]) -> MeasuresLine:
    """What was measured of all parts together.

    Merging some first and then the others gives the same. Only of what could not be decided,
    the first part that says so in the order given is the one that says why.

    Raises:
        MergeError: their series have steps of different width.
    """
    every = list(parts)
    if not every:
        return MeasuresLine()
    buckets = {part.bucket for part in every}
    if len(buckets) > 1:
        raise MergeError(f"parts have steps of {', '.join(map(str, sorted(buckets)))} µs")
    bucket = every[0].bucket
    return MeasuresLine(
        clusters=sum(part.clusters for part in every),
        hosts=sum(part.hosts for part in every),
        ended_at=max(part.ended_at for part in every),
        operations=_by_key([part.operations for part in every], _summed),
        reasons=dict(sorted(_summed([part.reasons for part in every]).items())),
        latency=_by_key([part.latency for part in every], durations.merged),
        waiting=_by_key([part.waiting for part in every], durations.merged),
        sometimes=_summed([part.sometimes for part in every]),
        bucket=bucket,
        series=_series(every),
        faults=joined(_faults(every), bucket),
        requests=_summed([part.requests for part in every]),
        undecided=_by_key([part.undecided for part in every], itemgetter(0)),
    )


def shared_ids(parts: Iterable[bytes]) -> list[tuple[bytes, tuple[int, ...]]]:
    """Each digest that more than one part holds, with the places of these parts (INV-5).

    The parts are sorted digests of ids, `ID_BYTES` each, as `CellJudge.ids` gives them.
    """
    places = (zip(digests(part, ID_BYTES), repeat(place)) for place, part in enumerate(parts))
    found = []
    for digest, same in groupby(heapq.merge(*places), key=itemgetter(0)):
        of_parts = tuple(place for _, place in same)
        if len(of_parts) > 1:
            found.append((digest, of_parts))
    return found


def _faults(parts: Sequence[MeasuresLine]) -> Iterator[FaultWindow]:
    """Those of all parts; what every part tells of counts once, as the fullest part has it."""
    for part in parts:
        yield from (window for window in part.faults if window.what not in SHARED)
    for what in SHARED:
        told = ([window for window in part.faults if window.what == what] for part in parts)
        yield from max(told, key=_fullness)


def _fullness(windows: Sequence[FaultWindow]) -> tuple[int, list[tuple[int, int]]]:
    return sum(w.count for w in windows), [(w.start, w.end) for w in windows]


def _summed(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """The sums by key, in the order in which the parts have them."""
    keys = dict.fromkeys(key for part in parts for key in part)
    return {key: sum(part.get(key, 0) for part in parts) for key in keys}


def _by_key(parts: Sequence[Mapping[str, PartT]], join: Callable[[list[PartT]], T]) -> dict[str, T]:
    keys = sorted({key for part in parts for key in part})
    return {key: join([part[key] for part in parts if key in part]) for key in keys}


def _series(parts: Sequence[MeasuresLine]) -> dict[str, list[int]]:
    """Step by step; a part that ended before the others stays as it was."""
    found: dict[str, list[int]] = {}
    for name in dict.fromkeys(name for part in parts for name in part.series):
        steps = [part.series.get(name, []) for part in parts]
        lasts = [part[-1] if name in GAUGES and part else 0 for part in steps]
        length = max(map(len, steps))
        filled = (p + [last] * (length - len(p)) for p, last in zip(steps, lasts, strict=True))
        found[name] = [sum(step) for step in zip(*filled, strict=True)]
    return found
