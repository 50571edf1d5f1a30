"""`pairproof fleet`: runs a fleet in virtual time, judges it, and writes the files of the run.

With `--seeds`, one seed after the other, until one fails or the time is up.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from harness import __version__
from harness.catalogue.errors import UnknownName
from harness.catalogue.verdict import Overall
from harness.checkers.fleet.gate import check
from harness.cli import fleet_driving
from harness.cli.commands.fleets import FleetOptions, RealtimeOptions
from harness.cli.commands.options import microseconds
from harness.cli.exits import CONFORMS, INCONCLUSIVE, INTERRUPTED, CannotDo, put_json, say
from harness.cli.fleet_driving import PoolOptions
from harness.cli.fleet_summary import print_fleet_summary
from harness.cli.folders import append_to_job_page, folder_for, replacing
from harness.cli.summary import shortened
from harness.fleet.cell import make_cell
from harness.fleet.hunting import Hunted, SeedResult, hunt
from harness.fleet.loading import find, with_overrides
from harness.fleet.pool.coordinator import Watching
from harness.fleet.port import Job
from harness.fleet.run import FleetResult, folder_of_parts, operations_about
from harness.fleet.scenario import Scenario
from harness.fleet.spelling import duration_text
from harness.fleet.swarm import drawn
from harness.history.manifest import estimate_bytes
from harness.history.operation import Json
from harness.history.wording import counted
from harness.opening import DRIVERS, driver_names
from harness.reference.planting import behaviour_with
from harness.reporting.fleet.files import write_fleet_reports
from harness.reporting.fleet.model import FleetReport
from harness.reporting.fleet.quantities import SECOND, number
from harness.reporting.fleet.report_json import fleet_report_json
from harness.reporting.words import command, describe_overall
from harness.running.stopping import Stopping


def run(asked: FleetOptions) -> int:
    """Carry out what was asked for; returns the exit code.

    Raises:
        CannotDo: something is wrong with what was asked for, or with the folder or the disk.
        PairproofError: the same, said by the part that found it.
        KeyboardInterrupt: the user has asked twice to end it.
    """
    in_real_time = _in_real_time(asked.real)
    PoolOptions(asked.workers, asked.scheduler).check()
    if asked.limit and asked.seeds is None:
        raise CannotDo("--for limits a hunt: give --seeds as well, or --until for virtual time")
    behaviour_with(str(asked.planted))
    if in_real_time:
        from harness.cli.fleet_real import run_real

        with fleet_driving.stoppable() as stopping:
            return run_real(asked, stopping)
    scenario = scenario_of(asked)
    with fleet_driving.stoppable() as stopping:
        if asked.seeds is not None:
            return hunt_seeds(asked, scenario, stopping)
        report = run_once(asked, job_of(asked, scenario), stopping)
    if asked.format == "json":
        put_json(fleet_report_json(report))
    return INTERRUPTED if stopping.asked else report.exit_code


def _in_real_time(asked: RealtimeOptions) -> bool:
    """Whether it is to be in real time.

    Raises:
        CannotDo: what only real time has was asked for without a target.
        UnknownName: no driver of this name carries the messages of a fleet.
    """
    among = [name for name in driver_names() if name == "http" or name not in DRIVERS]
    if asked.driver not in among:
        raise UnknownName("driver", asked.driver, among)
    if asked.rate and asked.steps:
        raise CannotDo("--rate and --steps both say how operators arrive: leave one out")
    in_real_time = asked.target is not None or asked.driver != "http"
    if not in_real_time and asked != RealtimeOptions():
        raise CannotDo(
            "--rate, --steps, --speed, --budget, --find-limit, --connections, --storm and"
            " --role are for real time: give --target as well"
        )
    return in_real_time


def scenario_of(asked: FleetOptions) -> Scenario:
    """The scenario that was asked for, with what was asked for besides.

    Raises:
        CannotDo: a duration is none.
        PairproofError: there is no such scenario, or it makes no sense so.
    """
    until = microseconds("--until", asked.until) if asked.until else None
    scenario = with_overrides(find(asked.scenario), asked.hosts, asked.seed, until)
    check(asked.gate)
    return replace(scenario, gate=(*scenario.gate, *asked.gate))


def job_of(asked: FleetOptions, scenario: Scenario) -> Job:
    """The job of a scenario; what a swarm leaves open is drawn from its seed.

    Raises:
        ScenarioError: what the scenario fixes leaves no room for anything that makes sense.
    """
    return Job(drawn(scenario), str(asked.planted), asked.keep_going)


def run_once(asked: FleetOptions, job: Job, stopping: Stopping) -> FleetReport:
    """Run a job, write its evidence and reports, and print the summary.

    Raises:
        CannotDo: the folder cannot be written, or the disk has not enough room.
        PairproofError: the run cannot be carried out, or a report not be written.
    """
    scenario = job.scenario
    pool = PoolOptions(asked.workers, asked.scheduler).for_job(job)
    with replacing(folder_for(asked.out, scenario.name)) as out:
        need = estimate_bytes(operations_about(scenario))
        planted = f" with {job.planted.replace(':', ' ')}" if job.planted else ""
        asked.tell(
            f"pairproof {__version__} runs {scenario.name}{planted}:"
            f" {counted(scenario.fleet.hosts, 'host')}, seed {scenario.seed},"
            f" {duration_text(scenario.duration)} of virtual time,"
            f" {counted(scenario.fleet.cells, 'cell')} {pool},"
            f" about {fleet_driving.megabytes(need)} of evidence in {out}"
        )
        fleet_driving.require_room(out, need)
        finished = fleet_driving.drive(
            replace(job, parts=folder_of_parts(out)), pool.transport(), stopping
        )
        return reported(finished, out, stopping, quietly=asked.format == "json")


def reported(finished: FleetResult, out: Path, stopping: Stopping, *, quietly: bool) -> FleetReport:
    """The reports of a run that was recorded, and its summary unless that would be too much."""
    assert finished.evidence is not None
    report = write_fleet_reports(finished.evidence, out)
    append_to_job_page(out)
    if stopping.asked:
        say("pairproof: interrupted; what was recorded until then is whole, and reported")
    if not quietly:
        print_fleet_summary(report, out)
    return report


# --- seeds, until one fails ------------------------------------------------------------------


def hunt_seeds(asked: FleetOptions, scenario: Scenario, stopping: Stopping) -> int:
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
    workers = min(asked.workers or fleet_driving.processors(), len(seeds))
    hosts = _hosts(scenario)
    many = counted(hosts, "host") if hosts else "hosts as drawn"
    lasts = f", for {duration_text(limit)} at most" if limit is not None else ""
    asked.tell(
        f"pairproof {__version__} runs {scenario.name} with the seeds {seeds[0]} to {seeds[-1]}:"
        f" {many}, {workers} at a time{lasts}; nothing is recorded until one fails"
    )
    hunted = _hunted(asked, scenario, seeds, workers, limit, stopping)
    asked.tell(_hunt_told(hunted, len(seeds), stopping))
    report = None
    if hunted.failing is not None and not stopping.asked:
        report = _recorded(asked, scenario, hunted.failing, stopping)
    if asked.format == "json":
        put_json(_document(asked, scenario, seeds, hunted, report))
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
    asked: FleetOptions,
    scenario: Scenario,
    seeds: range,
    workers: int,
    limit: int | None,
    stopping: Stopping,
) -> Hunted:
    shown = fleet_driving.ProgressLine(sys.stderr)
    progress = _HuntProgress(shown, len(seeds))
    deadline = time.monotonic() + limit / SECOND if limit is not None else float("inf")
    watching = Watching(
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

    def __init__(self, shown: fleet_driving.ProgressLine, seeds: int) -> None:
        self._shown = shown
        self._seeds = seeds
        self._done = self._operations = 0

    def __call__(self, tried: SeedResult) -> None:
        """One more was run."""
        self._done += 1
        self._operations += tried.operations
        if tried.verdict is not Overall.CONFORMS:
            verdict = describe_overall(tried.verdict)
            self._shown.say(f"{verdict}: seed {tried.seed}. {shortened(tried.why)}")
        if self._shown.due():
            share = self._done / self._seeds
            goes_on = fleet_driving.left(self._shown.took() * (1 - share) / share)
            told = f"{number(self._operations)} operations · {goes_on}"
            self._shown.show(f"{self._done} of {self._seeds} seeds", share, told)


def _hunt_told(hunted: Hunted, asked_for: int, stopping: Stopping) -> str:
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


def _recorded(
    asked: FleetOptions, scenario: Scenario, failing: SeedResult, stopping: Stopping
) -> FleetReport:
    """The run of a seed once more, this time recorded."""
    asked.tell(f"again with evidence: {_command(asked, scenario, failing.seed)}")
    report = run_once(asked, job_of(asked, replace(scenario, seed=failing.seed)), stopping)
    if report.verdict is not Overall.DOES_NOT_CONFORM and not stopping.asked:
        say("pairproof: the run did not fail again, so it depends on more than its seed:"
            " a defect of the harness")  # fmt: skip
    return report


def _command(asked: FleetOptions, scenario: Scenario, seed: int) -> str:
    """The command line that runs this seed again."""
    hosts = _hosts(scenario)
    words = ["fleet", asked.scenario, *(("--hosts", str(hosts)) if hosts else ())]
    words += ["--seed", str(seed)]
    words += ["--until", asked.until] if asked.until else []
    for gate in asked.gate:
        words += ["--gate", gate]
    kind, _, name = str(asked.planted).partition(":")
    words += [f"--{kind}", name] if kind else []
    words += ["--keep-going"] if asked.keep_going else []
    return command(*words)


def _document(
    asked: FleetOptions,
    scenario: Scenario,
    seeds: range,
    hunted: Hunted,
    report: FleetReport | None,
) -> dict[str, Json]:
    failing = hunted.failing
    return {
        "schema": "pairproof/hunt/1",
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
