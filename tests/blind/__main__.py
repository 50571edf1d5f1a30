"""Plants each of the blind defects and runs the whole suite on it, in process.

`python -m tests.blind [--set second|third|...] [--names A,B] [--workers N] [--first] [--any]`
says of each whether `certify` fails, where, and whether at the requirement that it violates; with
`--any`, of what passes also whether a walk or drawn sequences find it. Nothing here is a gate:
what passes is told as well.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from dataclasses import replace

from harness.catalogue.requirement import Level
from harness.catalogue.requirements import by_id
from harness.catalogue.verdict import Verdict
from harness.explore.recording import Recording
from harness.explore.search import SearchBudget, explore
from harness.explore.walk import first_violation
from harness.opening import open_inprocess
from harness.proving.trials import Trial, TrialResult, run_trials
from harness.reference.planting import MUTANTS, Mutant, load
from tests.blind.defects import BLIND
from tests.blind.defects_eighth import EIGHTH
from tests.blind.defects_fifth import FIFTH
from tests.blind.defects_fourth import FOURTH
from tests.blind.defects_second import SECOND
from tests.blind.defects_seventh import SEVENTH
from tests.blind.defects_sixth import SIXTH
from tests.blind.defects_third import THIRD

_SETS = {
    "first": BLIND,
    "second": SECOND,
    "third": THIRD,
    "fourth": FOURTH,
    "fifth": FIFTH,
    "sixth": SIXTH,
    "seventh": SEVENTH,
    "eighth": EIGHTH,
}
_APART = "blind_"
_SEQUENCES = 10_000
"""So many are drawn where nothing else finds a defect: as many as `explore` draws in a minute."""


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.blind", description=__doc__)
    parser.add_argument("--set", choices=list(_SETS), default="first", help="which twenty")
    parser.add_argument("--names", default="", help="only these, with commas; all without it")
    parser.add_argument("--workers", type=int, default=1, help="how many at a time")
    parser.add_argument("--first", action="store_true", help="stop at the first that fails")
    parser.add_argument("--any", action="store_true", help="walk and draw where certify passes")
    options = parser.parse_args(words)
    every = _SETS[options.set]
    names = [name for name in options.names.split(",") if name] or list(every.entries)
    chosen = [every.named(name) for name in names]
    load()
    for defect in chosen:  # some bear a name that the registry has as well
        MUTANTS.add(replace(defect, name=f"{_APART}{defect.name}"))
    caught: list[str] = []

    def report(trial: Trial, result: TrialResult) -> None:
        defect = every.named(trial.planted.partition(_APART)[2])
        where = failed_at(result)
        told = describe(defect, result, where)
        if not where and options.any and (how := found_otherwise(defect)):
            told = f"found   {defect.name} ({defect.requirement}): {how}\n"
        caught.extend([] if told.startswith(("passed", "unknown")) else [defect.name])
        sys.stdout.write(told)
        sys.stdout.flush()

    stops = options.first
    trials = [Trial(f"mutant:{_APART}{defect.name}", stops=stops) for defect in chosen]
    run_trials(trials, options.workers, report)
    sys.stdout.write(f"\n{len(caught)} of {len(chosen)} are caught\n")


def failed_at(result: TrialResult) -> dict[str, list[str]]:
    """The scenarios that fail, by the requirement that must hold and does not."""
    found: dict[str, list[str]] = {}
    for ended in result.with_verdict(Verdict.FAIL):
        for name in ended.requirements:
            if by_id(name).level is Level.MUST:
                found.setdefault(name, []).append(ended.scenario)
    return found


def found_otherwise(defect: Mutant) -> str:
    """What a walk or drawn sequences find, and how; empty where they find nothing either."""
    if walked := first_violation(defect.behaviour, faults_max=1):
        return f"{walked.violation.invariant}, in the walk {walked.schedule.interleaving}"
    driver = open_inprocess(1, f"mutant:{_APART}{defect.name}")
    with closing(driver):
        drawn = explore(Recording(driver, 1), driver, 1, SearchBudget(_SEQUENCES))
    if drawn.first is None:
        return ""
    return f"{drawn.first.expected.requirement}, by drawn sequence {drawn.drawn}"


def describe(defect: Mutant, result: TrialResult, where: dict[str, list[str]]) -> str:
    """What is said of one."""
    if result.problem:
        return f"unknown {defect.name}: {result.problem}\n"
    if not where:
        unsure = len(result.with_verdict(Verdict.INCONCLUSIVE))
        beside = f", {unsure} scenarios inconclusive" if unsure else ""
        return f"passed  {defect.name} ({defect.requirement}){beside}\n"
    lines = [f"caught  {defect.name} ({defect.requirement}): {', '.join(sorted(where))}"]
    scenarios = where.get(defect.requirement) or next(iter(where.values()))
    return "\n".join([*lines, *(f"        {scenario}" for scenario in scenarios[:3])]) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
