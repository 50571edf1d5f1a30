"""`pairproof interleavings`: every order of events of the reference, to a depth."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from harness.cli.exits import CONFORMS, DOES_NOT_CONFORM, CannotDo, put, say
from harness.explore.walk import PlotResult, rendered
from harness.proving.walks import plots_named, walk_all


def walk_interleavings(
    names: Sequence[str], faults: int, mutant: str, workers: int | None, format: str
) -> int:
    """Walk the plots, print what was covered; 1 if an invariant does not hold.

    Raises:
        UnknownPlot: there is no plot of a name.
        UnknownPlanted: there is no mutant of that name.
    """
    plots = plots_named(names)
    planted = f"mutant:{mutant}" if mutant else ""
    results = []
    for result in walk_all(plots, faults, workers or len(os.sched_getaffinity(0)), planted):
        results.append(result)
        say(_told(result))
        for found in result.violations:
            say(rendered(found))
    if format == "json":
        put(json.dumps(_as_json(results), indent=2, ensure_ascii=False))
    elif format == "table":
        _sum_up(results, faults)
    else:
        raise CannotDo("interleavings are printed as table or json: give --format one of them")
    return DOES_NOT_CONFORM if any(r.violations for r in results) else CONFORMS


def _told(result: PlotResult) -> str:
    sign = "✗" if result.violations else "✓"
    stopped = "" if result.complete else ", stopped at the violation"
    return (
        f"{sign} {result.plot}: {result.schedules:,} schedules through {result.states:,} states,"
        f" {result.histories:,} histories judged{stopped}"
    )


def _sum_up(results: Sequence[PlotResult], faults: int) -> None:
    put(f"plots         {len(results)}, with at most {faults} faults in a schedule")
    put(f"schedules     {sum(r.schedules for r in results):,}")
    put(f"states        {sum(r.states for r in results):,}")
    put(f"histories     {sum(r.histories for r in results):,}, each judged by every invariant")
    put(f"longest       {max(r.depth for r in results)} steps; nothing was cut off")
    put(f"violations    {sum(len(r.violations) for r in results)}")


def _as_json(results: Sequence[PlotResult]) -> dict[str, object]:
    return {
        "plots": [
            {
                "name": r.plot,
                "faults": r.faults,
                "schedules": r.schedules,
                "states": r.states,
                "transitions": r.transitions,
                "histories": r.histories,
                "depth": r.depth,
                "complete": r.complete,
                "violations": [
                    {
                        "invariant": found.violation.invariant,
                        "reason": found.violation.reason,
                        "steps": list(found.schedule.steps),
                    }
                    for found in r.violations
                ],
            }
            for r in results
        ],
        "schedules": sum(r.schedules for r in results),
        "violations": sum(len(r.violations) for r in results),
    }
