"""`pairproof fleet`: runs a fleet in virtual time, judges it, and writes the files of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from harness import __version__
from harness.checkers.fleet.gate import check
from harness.cli.exits import INTERRUPTED, CannotDo, put, say
from harness.cli.fleet_driving import Crew, drive, megabytes, require_room, stoppable
from harness.cli.fleet_summary import print_fleet_summary
from harness.cli.folders import append_to_job_page, folder_for, made_writable
from harness.fleet.loading import with_overrides
from harness.fleet.mistakes import Misspelt
from harness.fleet.port import Job
from harness.fleet.run import Finished, folder_of_parts
from harness.fleet.scenario import Scenario
from harness.fleet.shelf import find
from harness.fleet.size import operations_about
from harness.fleet.spelling import duration, duration_text
from harness.fleet.swarm import drawn
from harness.history.manifest import estimate_bytes
from harness.history.operation import Json
from harness.reference.planting import behaviour_with
from harness.reporting.fleet.files import write_fleet_reports
from harness.reporting.fleet.model import FleetReport
from harness.reporting.fleet.quantities import counted
from harness.reporting.fleet.report_json import fleet_report_json
from harness.reporting.report_json import encode_json
from harness.running.stopping import Stopping

NO_TARGET: Final = Path()


@dataclass(frozen=True, slots=True)
class AskedReal:
    """What a user asked for besides, as it was typed.

    Attributes:
        target: the target file.
        rate: how operators arrive instead of as the scenario has it.
        speed: by how much the scenario's durations are divided.
        budget: what the run may cost.
        limit: the expression up to whose breaking the rate is raised.
        connections: how many a process may have at once.
        storm: so many are opened all at once before anybody begins.
        role: the side of the target that is tried, where its file describes both.
    """

    target: Path = NO_TARGET
    rate: str = ""
    speed: float = 1.0
    budget: str = ""
    limit: str = ""
    connections: int = 1_000
    storm: int = 0
    role: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asked for, as it was typed.

    Attributes:
        scenario: the name of a shipped one, or the path of a file.
        hosts, seed, until: instead of the scenario's own.
        gates: expressions that must hold besides the scenario's.
        planted: `mutant:NAME` or `variant:NAME`, planted into the reference.
        seeds: so many seeds are run, until one fails; `limit` is for how long at most.
    """

    scenario: str
    hosts: int | None = None
    seed: int | None = None
    until: str = ""
    workers: int | None = None
    scheduler: str = ""
    gates: tuple[str, ...] = ()
    keep_going: bool = False
    planted: str = ""
    seeds: int | None = None
    limit: str = ""
    out: Path | None = None
    format: str = "text"
    real: AskedReal | None = None
    """What was asked for of real time, where a target was named."""

    @property
    def crew(self) -> Crew:
        """Who is to run the cells."""
        return Crew(self.workers, self.scheduler)

    @property
    def tell(self) -> Callable[[str], None]:
        """Tells people something: elsewhere, where standard output is for a program."""
        return say if self.format == "json" else put


def run(asked: Asked) -> int:
    """Carry out what was asked for; returns the exit code.

    Raises:
        CannotDo: something is wrong with what was asked for, or with the folder or the disk.
        PairproofError: the same, said by the part that found it.
        KeyboardInterrupt: the user has asked twice to end it.
    """
    asked.crew.check()
    if asked.limit and asked.seeds is None:
        raise CannotDo("--for limits a hunt: give --seeds as well, or --until for virtual time")
    behaviour_with(asked.planted)
    if asked.real is not None:
        from harness.cli.fleet_real import run_real

        with stoppable() as stopping:
            return run_real(asked, asked.real, stopping)
    scenario = scenario_of(asked)
    with stoppable() as stopping:
        if asked.seeds is not None:
            from harness.cli.fleet_hunt import hunt_seeds

            return hunt_seeds(asked, scenario, stopping)
        report = run_once(asked, job_of(asked, scenario), stopping)
    if asked.format == "json":
        put(text_of(fleet_report_json(report)))
    return INTERRUPTED if stopping.asked else report.exit_code


def real_of(asked: AskedReal, steps: str) -> AskedReal | None:
    """What was asked for of real time, with `steps` in place of a rate; nothing without a target.

    Raises:
        CannotDo: what only real time has was asked for without a target.
    """
    if asked.rate and steps:
        raise CannotDo("--rate and --steps both say how operators arrive: leave one out")
    if asked.target != NO_TARGET:
        return replace(asked, rate=asked.rate or steps)
    if asked != AskedReal() or steps:
        raise CannotDo(
            "--rate, --steps, --speed, --budget, --find-limit, --connections, --storm and"
            " --role are for real time: give --target as well"
        )
    return None


def scenario_of(asked: Asked) -> Scenario:
    """The scenario that was asked for, with what was asked for besides.

    Raises:
        CannotDo: a duration is none.
        PairproofError: there is no such scenario, or it makes no sense so.
    """
    until = microseconds("--until", asked.until) if asked.until else None
    scenario = with_overrides(find(asked.scenario), asked.hosts, asked.seed, until)
    check(asked.gates)
    return replace(scenario, gate=(*scenario.gate, *asked.gates))


def job_of(asked: Asked, scenario: Scenario) -> Job:
    """The job of a scenario; what a swarm leaves open is drawn from its seed.

    Raises:
        ScenarioError: what the scenario fixes leaves no room for anything that makes sense.
    """
    return Job(drawn(scenario), asked.planted, asked.keep_going)


def microseconds(option: str, text: str) -> int:
    """The duration that an option says.

    Raises:
        CannotDo: it says none.
    """
    try:
        return duration(text)
    except Misspelt as error:
        raise CannotDo(f"{option}: {error}") from None


def run_once(asked: Asked, job: Job, stopping: Stopping) -> FleetReport:
    """Run a job, write its evidence and reports, and print the summary.

    Raises:
        CannotDo: the folder cannot be written, or the disk has not enough room.
        PairproofError: the run cannot be carried out, or a report not be written.
    """
    scenario, crew = job.scenario, asked.crew.for_job(job)
    out = made_writable(folder_for(asked.out, scenario.name))
    need = estimate_bytes(operations_about(scenario))
    asked.tell(_first_line(job, crew, need, out))
    require_room(out, need)
    finished = drive(replace(job, parts=folder_of_parts(out)), crew, stopping)
    return reported(finished, out, stopping, quietly=asked.format == "json")


def reported(finished: Finished, out: Path, stopping: Stopping, *, quietly: bool) -> FleetReport:
    """The reports of a run that was recorded, and its summary unless that would be too much."""
    assert finished.evidence is not None
    report = write_fleet_reports(finished.evidence, out)
    append_to_job_page(out)
    if stopping.asked:
        say("pairproof: interrupted; what was recorded until then is whole, and reported")
    if not quietly:
        print_fleet_summary(report, out)
    return report


def _first_line(job: Job, crew: Crew, need: int, out: Path) -> str:
    scenario = job.scenario
    planted = f" with {job.planted.replace(':', ' ')}" if job.planted else ""
    return (
        f"pairproof {__version__} runs {scenario.name}{planted}:"
        f" {counted(scenario.fleet.hosts, 'host')}, seed {scenario.seed},"
        f" {duration_text(scenario.duration)} of virtual time,"
        f" {counted(scenario.fleet.cells, 'cell')} {crew},"
        f" about {megabytes(need)} of evidence in {out}"
    )


def text_of(document: dict[str, Json]) -> str:
    """A JSON document as it is printed."""
    return encode_json(document).decode().rstrip("\n")
