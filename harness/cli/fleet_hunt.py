"""`pairproof fleet --seeds`: one seed after the other, until one fails or the time is up."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Final

from harness import __version__
from harness.catalogue.verdict import Overall
from harness.cli.exits import CONFORMS, INCONCLUSIVE, INTERRUPTED, CannotDo, put, say
from harness.cli.fleet import Asked, job_of, microseconds, run_once, text_of
from harness.cli.fleet_driving import Shown, left, processors
from harness.cli.summary import shortened
from harness.fleet.cell import make_cell
from harness.fleet.hunting import Hunted, HuntWatching, Tried, hunt
from harness.fleet.port import Job
from harness.fleet.scenario import Scenario
from harness.fleet.spelling import duration_text
from harness.history.operation import Json
from harness.reporting.fleet.model import FleetReport
from harness.reporting.fleet.quantities import SECOND, counted, number
from harness.reporting.fleet.report_json import fleet_report_json
from harness.reporting.words import OVERALL_NAMES, OVERALL_SYMBOLS, command
from harness.running.stopping import Stopping


def hunt_seeds(asked: Asked, scenario: Scenario, stopping: Stopping) -> int:
    """Run the seeds; one that fails is run again with evidence and report.

    Returns the exit code: that of the seed that failed; otherwise 3 if a run could not be
    judged, or none was run at all.

    Raises:
        CannotDo: what was asked for does not go together.
        PairproofError: a run cannot be carried out.
    """
    assert asked.seeds is not None
    if asked.scheduler:
        raise CannotDo("--seeds runs on this machine: leave --scheduler out")
    limit = microseconds("--for", asked.limit) if asked.limit else None
    seeds = range(scenario.seed, scenario.seed + asked.seeds)
    workers = min(asked.workers or processors(), len(seeds))
    hosts = _hosts(scenario)
    many = counted(hosts, "host") if hosts else "hosts as drawn"
    lasts = f", for {duration_text(limit)} at most" if limit is not None else ""
    asked.tell(
        f"pairproof {__version__} runs {scenario.name} with the seeds {seeds[0]} to {seeds[-1]}:"
        f" {many}, {workers} at a time{lasts}; nothing is recorded until"
        " one fails"
    )
    hunted = _hunted(asked, scenario, seeds, workers, limit, stopping)
    asked.tell(_told(hunted, len(seeds), stopping))
    report = None
    if hunted.failing is not None and not stopping.asked:
        report = _again(asked, scenario, hunted.failing, stopping)
    if asked.format == "json":
        put(text_of(_document(asked, scenario, seeds, hunted, report)))
    if stopping.asked:
        return INTERRUPTED
    if report is not None:
        return report.exit_code or INCONCLUSIVE
    return INCONCLUSIVE if hunted.inconclusive or not hunted.tried else CONFORMS


def _hosts(scenario: Scenario) -> int | None:
    """How many there are in each run; none where each seed draws its own number."""
    drawn = scenario.swarm and "fleet.hosts" not in scenario.given
    return None if drawn else scenario.fleet.hosts


def _hunted(
    asked: Asked,
    scenario: Scenario,
    seeds: range,
    workers: int,
    limit: int | None,
    stopping: Stopping,
) -> Hunted:
    shown = Shown(sys.stderr)
    progress = _HuntProgress(shown, len(seeds))
    deadline = time.monotonic() + limit / SECOND if limit is not None else float("inf")
    watching = HuntWatching(
        progress=progress,
        warn=shown.warn,
        stopped=lambda: stopping.asked or time.monotonic() >= deadline,
    )

    def job(seed: int) -> Job:
        return replace(job_of(asked, replace(scenario, seed=seed)), keep_going=False)

    with shown.showing():
        return hunt(job, seeds, make_cell, workers, watching)


class _HuntProgress:
    """How many seeds were run, and each that did not conform."""

    def __init__(self, shown: Shown, seeds: int) -> None:
        self._shown = shown
        self._seeds = seeds
        self._done = self._operations = 0

    def __call__(self, tried: Tried) -> None:
        """One more was run."""
        self._done += 1
        self._operations += tried.operations
        if tried.verdict is not Overall.CONFORMS:
            self._shown.say(_of_seed(tried))
        if self._shown.due():
            share = self._done / self._seeds
            goes_on = left(self._shown.took() * (1 - share) / share)
            told = f"{number(self._operations)} operations · {goes_on}"
            self._shown.show(f"{self._done} of {self._seeds} seeds", share, told)


def _of_seed(tried: Tried) -> str:
    name = f"{OVERALL_SYMBOLS[tried.verdict]} {OVERALL_NAMES[tried.verdict].lower()}"
    return f"{name}: seed {tried.seed}. {shortened(tried.why)}"


def _told(hunted: Hunted, asked_for: int, stopping: Stopping) -> str:
    """How far it went, and what came of it."""
    run = len(hunted.tried)
    operations = number(sum(tried.operations for tried in hunted.tried))
    told = f"{run} of {counted(asked_for, 'seed')} run, {operations} operations"
    if hunted.stopped:
        told += ", when it was interrupted" if stopping.asked else ", when the time was up"
    unsure = [str(t.seed) for t in hunted.tried if t.verdict is Overall.INCONCLUSIVE]
    if unsure:
        told += f"; {len(unsure)} inconclusive, the first with the seed {unsure[0]}"
    if not hunted.tried:
        return f"{told}, so nothing is known"
    if hunted.failing is None:
        return f"{told}; none failed"
    return f"{told}; seed {hunted.failing.seed} fails"


def _again(asked: Asked, scenario: Scenario, failing: Tried, stopping: Stopping) -> FleetReport:
    """The run of a seed once more, this time recorded."""
    asked.tell(f"again with evidence: {_command(asked, scenario, failing.seed)}")
    report = run_once(asked, job_of(asked, replace(scenario, seed=failing.seed)), stopping)
    if report.verdict is not Overall.DOES_NOT_CONFORM and not stopping.asked:
        say("pairproof: the run did not fail again, so it depends on more than its seed:"
            " a defect of the harness")  # fmt: skip
    return report


def _command(asked: Asked, scenario: Scenario, seed: int) -> str:
    """The command line that runs this seed again."""
    hosts = _hosts(scenario)
    words = ["fleet", asked.scenario, *(("--hosts", str(hosts)) if hosts else ())]
    words += ["--seed", str(seed)]
    words += ["--until", asked.until] if asked.until else []
    for gate in asked.gates:
        words += ["--gate", gate]
    kind, _, name = asked.planted.partition(":")
    words += [f"--{kind}", name] if kind else []
    words += ["--keep-going"] if asked.keep_going else []
    return command(*words)


_SCHEMA: Final = "pairproof/hunt/1"


def _document(
    asked: Asked, scenario: Scenario, seeds: range, hunted: Hunted, report: FleetReport | None
) -> dict[str, Json]:
    failing = hunted.failing
    return {
        "schema": _SCHEMA,
        "scenario": scenario.name,
        "seeds": {"first": seeds[0], "asked_for": len(seeds), "run": len(hunted.tried)},
        "stopped": hunted.stopped,
        "inconclusive": [
            {"seed": tried.seed, "why": tried.why}
            for tried in hunted.tried
            if tried.verdict is Overall.INCONCLUSIVE
        ],
        "failing": None
        if failing is None
        else {
            "seed": failing.seed,
            "why": failing.why,
            "reproduce": _command(asked, scenario, failing.seed),
        },
        "report": None if report is None else fleet_report_json(report),
    }
