"""`pairproof shrink`: the smallest run that still fails the same way, as a scenario file."""

from __future__ import annotations

import re
import time
from contextlib import closing
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory

from harness import __version__
from harness.cli import exits
from harness.cli.commands.fleets import Shrinking
from harness.cli.commands.options import microseconds
from harness.cli.exits import CannotDo, put, say
from harness.cli.fleet_driving import PoolOptions, drive, processors, stoppable
from harness.cli.replay import require_virtual
from harness.fleet.loading import as_toml, from_plain, load
from harness.fleet.port import Job
from harness.fleet.run import folder_of_parts
from harness.fleet.scenario import SCENARIO_NAME, Scenario
from harness.fleet.shrinking import trying
from harness.fleet.shrinking.shrink import ShrinkSearch, ShrinkStep, Size, as_own, file_name
from harness.fleet.spelling import duration_text
from harness.history.fleet_lines import ViolationLine
from harness.history.manifest import FleetEvidence, read_manifest
from harness.history.wording import counted
from harness.reporting.fleet.model import violation_details
from harness.reporting.fleet.quantities import duration as shown
from harness.reporting.fleet.quantities import number
from harness.running.stopping import Stopping

_SECOND = 1_000_000


def shrink_run(asked: Shrinking) -> int:
    """Shrink a failing run, write what is left, run it, and show it; returns the exit code.

    0: the file is written. 1: the run does not fail again, or not in the same way; 3: so it is
    with evidence of another version, or that was changed. 130: stopped, and the smallest so far is
    written.

    Raises:
        CannotDo: there is no violation in the evidence, or the file cannot be written.
        PairproofError: the evidence cannot be used, or the run cannot be carried out.
    """
    seconds = microseconds(f"--for {asked.lasts}", asked.lasts) / _SECOND
    evidence = read_manifest(asked.evidence)
    require_virtual(evidence)
    first = _first_violation(evidence)
    scenario = from_plain(evidence.fleet.scenario, f"the scenario in {evidence.path}")
    file = _file(asked.out, evidence, scenario)
    for problem in evidence.problems:
        say(f"note: {evidence.path}: {problem}")
    with stoppable() as stopping:
        whole = _made_again(evidence, scenario, first, asked.workers, stopping)
        say(f"it fails again: {_describe(first)}")
        until = time.monotonic() + seconds
        planted = evidence.fleet.planted
        wanted = trying.SoughtFailure(
            trying.Failure.of(first), planted, first.at >= scenario.duration
        )
        trials = trying.WorkerTrials(
            wanted,
            asked.workers or processors(),
            lambda: 0.0 if stopping.asked else until - time.monotonic(),
        )
        with closing(trials):
            search = ShrinkSearch(whole, trials, trying.clusters_of(first, evidence, scenario))
            is_done = search.run(_Teller(Size.of(whole)))
        left = as_toml(as_own(search.best, file.stem, scenario, planted))
        try:
            file.write_text(left, encoding="utf-8")
        except OSError as error:
            raise _unwritable(file, error) from None
        _print_sizes(Size.of(whole), Size.of(search.best))
        say(f"{counted(search.tried, 'smaller run')} tried")
        if not (is_done or stopping.asked):
            say(f"the {asked.lasts} were up: with a longer --for it may get smaller yet")
        shows = _shows_again(file, wanted, stopping)
    put(f"scenario      {file}")
    kind, _, name = planted.partition(":")
    path = str(file) if len(file.parts) > 1 else f"./{file}"
    plant = f" --{kind} {quote(name)}" if planted else ""
    put(f"again         pairproof fleet {quote(path)}{plant}")
    if stopping.asked:
        say("stopped: this is the smallest so far, and it was not run once more")
        return exits.INTERRUPTED
    if not shows:
        say(f"{file}: run once more, it does not fail so: a defect of the harness; report it")
        return exits.DOES_NOT_CONFORM
    return exits.CONFORMS


# --- what is asked for ----------------------------------------------------------------------


def _first_violation(evidence: FleetEvidence) -> ViolationLine:
    if evidence.violations:
        return evidence.violations[0]
    failing = [gate.expression for gate in evidence.gates if gate.holds is False]
    about = f", only an expression of its gate ({failing[0]})" if failing else ""
    raise CannotDo(
        f"{evidence.path}: no invariant was broken in this run{about}; only runs with a violation"
        " can be shrunk"
    )


def _file(out: Path | None, evidence: FleetEvidence, scenario: Scenario) -> Path:
    """Where the scenario goes; known to be writable before any time is spent."""
    file = out or evidence.path.with_name(f"{file_name(scenario)}.toml")
    is_name = re.search(SCENARIO_NAME.pattern, file.stem)
    if file.suffix != ".toml" or not is_name:
        remedy = "end it with .toml" if is_name else f"write {SCENARIO_NAME.words}"
        raise CannotDo(f"--out {file}: a scenario is not called so; {remedy}")
    if out is not None and out.exists():
        raise CannotDo(f"--out {out}: there is such a file; name another one")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab"):
            pass
    except OSError as error:
        raise _unwritable(file, error) from None
    if not file.stat().st_size:
        file.unlink()
    return file


def _unwritable(file: Path, error: OSError) -> CannotDo:
    return CannotDo(f"{file}: it cannot be written ({error.strerror}); give --out another place")


# --- the run as it was ----------------------------------------------------------------------


def _made_again(
    evidence: FleetEvidence,
    scenario: Scenario,
    first: ViolationLine,
    workers: int | None,
    stopping: Stopping,
) -> trying.FailingScenario:
    """The run once more, which has to fail as it did.

    Raises:
        CannotDo: it does not, or it was stopped.
    """
    job = Job(scenario, evidence.fleet.planted, collect=True)
    finished = drive(job, PoolOptions(workers).for_job(job).transport(), stopping)
    again = trying.how_it_failed(scenario, finished, trying.Failure.of(first))
    if again is not None:
        return again
    if stopping.asked:
        raise CannotDo(
            "stopped before the run had failed again; nothing was written", exits.INTERRUPTED
        )
    other = f"it breaks {_describe(finished.violations[0])}" if finished.violations else "it holds"
    wrote, about = evidence.header.harness.version, f"{evidence.path}: the run was made again"
    expected = f"instead of failing with {_describe(first)}"
    if wrote != __version__:
        remedy = f"it was written by pairproof {wrote}, and this is {__version__}: use that one"
        raise CannotDo(f"{about}, and {other}, {expected}; {remedy}", exits.INCONCLUSIVE)
    remedy = "equal runs have to be equal, so this is a defect of the harness, or changed evidence"
    code = exits.INCONCLUSIVE if evidence.problems else exits.DOES_NOT_CONFORM
    raise CannotDo(f"{about}, and {other}, {expected}; {remedy}", code)


# --- what is left of it ---------------------------------------------------------------------


def _shows_again(file: Path, wanted: trying.SoughtFailure, stopping: Stopping) -> bool:
    """Load the file, run it, and draw the violation; whether it still fails as wanted."""
    scenario = load(file)
    with TemporaryDirectory(prefix="pairproof-") as folder:
        job = Job(scenario, wanted.planted, parts=folder_of_parts(Path(folder)))
        finished = drive(job, PoolOptions(1).transport(), stopping)
        found = wanted.failure.among(finished.violations)
        if found is None or finished.evidence is None:
            return False
        drawn = next(
            (v for v in violation_details(read_manifest(finished.evidence)) if v.line == found),
            None,
        )
    put(f"\n{_describe(found)}")
    if drawn is not None:
        put(drawn.diagram.text if drawn.diagram else drawn.missing)
    put("")
    return True


# --- for people -----------------------------------------------------------------------------


class _Teller:
    """Says when a step has made the run smaller."""

    def __init__(self, size: Size) -> None:
        self._size = size

    def __call__(self, step: ShrinkStep) -> None:
        size = Size.of(step.best)
        if size != self._size:
            self._size = size
            say(
                f"{step.what}: {counted(size.clusters, 'cluster')},"
                f" {counted(size.faults, 'fault')}, {counted(size.acts, 'act')} of people,"
                f" {counted(size.operations, 'operation')} in {shown(size.duration)}"
            )


def _describe(violation: ViolationLine) -> str:
    return f"{violation.invariant} after {shown(violation.at)}: {violation.reason}"


def _print_sizes(before: Size, after: Size) -> None:
    for name in ("clusters", "hosts", "faults", "acts", "changes", "operations"):
        put(f"{name:<13} {number(getattr(before, name))} → {number(getattr(after, name))}")
    put(f"{'duration':<13} {duration_text(before.duration)} → {duration_text(after.duration)}")
