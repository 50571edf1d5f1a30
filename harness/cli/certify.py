"""`pairproof certify`: runs the suite, shows the progress, writes the files, gives the verdict."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import msgspec
import pytest

from harness import __version__
from harness.catalogue.errors import UnknownName
from harness.cli.commands.options import microseconds
from harness.cli.commands.runs import Plan
from harness.cli.exits import INCONCLUSIVE, INTERRUPTED, CannotDo, put, put_lines, say
from harness.cli.folders import append_to_job_page, folder_for, keep_apart, replacing, settle
from harness.cli.progress import Watcher
from harness.cli.summary import print_summary
from harness.files import folder_name
from harness.history.lines import WaiverLine
from harness.history.reader import PARTS_DIR, repeat_folder, repeat_folders
from harness.history.wording import counted
from harness.opening import DRIVERS, driver_names
from harness.reporting.files import write_reports
from harness.reporting.junit import github_commands
from harness.reporting.model import Report
from harness.running.belongings import sha256_of
from harness.running.facts import now_utc
from harness.running.resuming import going_on
from harness.running.run import ONE_TARGET
from harness.running.selection import Selection
from harness.running.session import alone, seldom_collecting, suite_words
from harness.targets.ledger import FILE, read_ledger

_REFERENCE = "pairproof-reference"


@seldom_collecting()
def certify(plan: Plan) -> int:
    """Carry out the plan; returns the exit code.

    Raises:
        CannotDo: something is wrong with what was asked for, or with the target.
        PairproofError: the same, said by the part that found it.
    """
    name, label = _described(plan)
    waivers: tuple[WaiverLine, ...] = ()
    if plan.waivers is not None:
        from harness.running.waivers import load_waivers

        waivers = load_waivers(plan.waivers)
    if plan.resume is not None:
        return _resume(plan, waivers, label)
    with replacing(folder_for(plan.out, name)) as out:
        keep_apart(plan.unredacted_traces, out)
        put(f"pairproof {__version__} certifies {label}, driver {plan.driver}, seed {plan.seed}")
        if plan.repeat == 1:
            return _finish(_run(plan, waivers, out), plan, out)
        return _certify_repeatedly(plan, waivers, out)


def _resume(plan: Plan, waivers: Sequence[WaiverLine], label: str) -> int:
    """Go on with a run that was cut off, in its own folder."""
    if plan.out is not None or plan.repeat > 1:
        raise CannotDo("--resume goes on in the folder of that run: leave --out and --repeat out")
    assert plan.resume is not None
    if not plan.resume.exists():
        raise CannotDo(f"--resume {plan.resume}: there is no such folder; name that of the run")
    out = plan.resume if plan.resume.is_dir() else plan.resume.parent
    settle(out)  # what the run that was killed had put aside
    _see_same_target(out, plan)
    keep_apart(plan.unredacted_traces, out)
    with going_on(out, now_utc()) as earlier:
        began, count = earlier.header.run.started_at, len(earlier.scenarios)
        put(f"pairproof {__version__} goes on certifying {label}, driver {plan.driver}")
        put(f"of the run of {began}, {counted(count, 'scenario')} had ended; none is asked again")
        carried_out = _run(plan, waivers, out)
    return _finish(carried_out, plan, out)


def _see_same_target(out: Path, plan: Plan) -> None:
    """See that the target file is as it was; its path is seen to with the header.

    Raises:
        CannotDo: it is not.
    """
    ledger = out / FILE
    digest = read_ledger(ledger)[0].target_sha256 if ledger.is_file() else ""
    if digest and plan.target and sha256_of(plan.target) != digest:
        told = f"--resume: {plan.target} is not as it was when the run began"
        raise CannotDo(f"{told}; put it back as it was, or run again without --resume")


def _certify_repeatedly(plan: Plan, waivers: Sequence[WaiverLine], out: Path) -> int:
    """The same run again and again, and one report of all, as far as they went."""
    interrupted = False
    try:
        for number in range(1, plan.repeat + 1):
            folder = repeat_folder(out, number)
            folder.mkdir(exist_ok=True)
            put(f"run {number} of {plan.repeat}")
            carried_out = _run(plan, waivers, folder)
            put(f"run {number} of {plan.repeat}: {carried_out.report.why}")
            if interrupted := carried_out.interrupted:
                break
    except KeyboardInterrupt:
        interrupted = True
        if not repeat_folders(out):
            raise
    return _finish(CarriedOut(write_reports(out, out), interrupted), plan, out)


# --- before the run -------------------------------------------------------------------------


def _described(plan: Plan) -> tuple[str, str]:
    """The target's name for a folder and for people; what was typed is looked over first."""
    if plan.driver not in driver_names():
        raise UnknownName("driver", plan.driver, driver_names())
    selection = Selection.of(plan.requirement, plan.profile, plan.role, plan.tags)
    if (_seconds(plan.budget, "--budget") or plan.explores) and plan.processes(1) > 1:
        option = "--budget is reckoned" if plan.budget else "--explore draws"
        raise CannotDo(f"{option} for one process: leave --workers out")
    if _seconds(plan.explore, "--explore") and plan.resume is not None:
        raise CannotDo("--resume goes on with scenarios: `pairproof explore` draws sequences alone")
    if str(plan.planted):
        return _planted(plan)
    if plan.target is None and plan.driver in DRIVERS:
        return _REFERENCE, "the embedded reference"
    if plan.processes(1) > 1:
        raise CannotDo(ONE_TARGET)
    if plan.target is None or plan.driver not in DRIVERS:  # its target file is its own affair
        return folder_name(plan.driver) or "target", str(
            plan.target or f"what {plan.driver} reaches"
        )
    from harness.targets.target import describe
    from harness.targets.target_file import load_target

    target = load_target(plan.target, os.environ, selection.role)
    name = folder_name(f"{target.info.name}-{target.info.version}") or "target"
    return name, f"{describe(target)} ({plan.target})"


def _seconds(text: str, option: str) -> float:
    """How long something may last; 0 where nobody has said."""
    return microseconds(option, text) / 1_000_000 if text else 0


def _planted(plan: Plan) -> tuple[str, str]:
    from harness.reference.planting import behaviour_with

    kind, _, name = str(plan.planted).partition(":")
    if plan.target is not None or plan.driver not in DRIVERS:
        raise CannotDo(f"--{kind} plants into the embedded reference: leave out the target")
    folder = folder_name(f"{_REFERENCE}-{kind}-{name}")[:100]
    return folder, f"the {behaviour_with(str(plan.planted)).called}"


# --- the run --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A run that has left evidence."""

    report: Report
    interrupted: bool


def _run(plan: Plan, waivers: Sequence[WaiverLine], out: Path) -> CarriedOut:
    """Run the suite and report on it.

    Raises:
        CannotDo: there is nothing to report on, or the run as a whole went wrong.
    """
    with _beside_capture() as stream, alone():
        watcher = Watcher(stream)
        with watcher.showing():
            pytest.main(_arguments(plan, waivers, out), plugins=[watcher])
    evidence = out / "evidence.jsonl"
    if watcher.problem:
        raise CannotDo(f"{watcher.problem}{_kept(out)}")
    if watcher.broken:
        say(watcher.broken)
        raise CannotDo(f"the harness itself failed, see above{_kept(out)}", INCONCLUSIVE)
    if not evidence.exists():
        if watcher.interrupted:
            raise KeyboardInterrupt
        raise CannotDo("the run left no evidence and no reason why: a defect of the harness", 3)
    return CarriedOut(write_reports(evidence, out), watcher.interrupted)


@contextmanager
def _beside_capture() -> Iterator[TextIO]:
    """Standard error as it is now, out of reach for pytest, which captures what tests print."""
    try:
        number = sys.stderr.fileno()
    except OSError:  # it is no file, so pytest cannot reach it either
        yield sys.stderr
        return
    with os.fdopen(os.dup(number), "w") as stream:
        yield stream


def _kept(out: Path) -> str:
    """Where what was recorded so far lies, if anything was."""
    if not (out / "evidence.jsonl").exists() and not (out / PARTS_DIR).exists():
        return ""
    return f"\nwhat was recorded until then is in {out}; `pairproof report {out}` reads it"


def _arguments(plan: Plan, waivers: Sequence[WaiverLine], out: Path) -> list[str]:
    """What pytest is called with."""
    options = {
        "target": str(plan.target.resolve()) if plan.target else None,
        "driver": plan.driver,
        "role": plan.role,
        "profile": ",".join(plan.profile) or None,
        "requirement": ",".join(plan.requirement) or None,
        "tags": plan.tags or None,
        "seed": str(plan.seed),
        "repeat": str(plan.repeat),
        "out": str(out.resolve()),
        "waivers": json.dumps(msgspec.to_builtins(waivers)) if waivers else None,
        "interactive": "" if plan.interactive else None,
        "operator": plan.operator or None,
        "planted": str(plan.planted) or None,
        "budget": f"{plan.budget}={_seconds(plan.budget, '--budget')}" if plan.budget else None,
        "explore": f"{_seconds(plan.explore, '--explore')}:{plan.sequences}"
        if plan.explores
        else None,
        "resume": "" if plan.resume else None,
        "traces": str(plan.unredacted_traces.resolve()) if plan.unredacted_traces else None,
        "command": json.dumps(["pairproof", *sys.argv[1:]]),
    }
    words = suite_words(options)
    processes = plan.processes(len(os.sched_getaffinity(0)))
    if processes > 1:
        words += ["-p", "xdist.plugin", "-n", str(processes)]
    words += ["-x"] if plan.fail_fast else []
    words += ["-k", plan.keyword] if plan.keyword else []
    words += [f"--pairproof-scenario={id_}" for id_ in plan.scenario]
    return words


# --- after the run --------------------------------------------------------------------------


def _finish(carried_out: CarriedOut, plan: Plan, out: Path) -> int:
    """Print the summary, tell a CI server; returns the exit code."""
    report = carried_out.report
    append_to_job_page(out)
    print_summary(report, out)
    if plan.annotations.wanted:
        put_lines(f"{line}\n" for line in github_commands(report))
    return INTERRUPTED if carried_out.interrupted else report.exit_code
