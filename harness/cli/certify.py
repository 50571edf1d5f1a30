"""`pairproof certify`: runs the suite, shows the progress, writes the files, gives the verdict."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from harness import __version__
from harness.catalogue.errors import UnknownName
from harness.cli.exits import INCONCLUSIVE, INTERRUPTED, CannotDo, put, say
from harness.cli.folders import append_to_job_page, folder_for, made_writable
from harness.cli.progress import Watcher
from harness.cli.summary import print_summary
from harness.history.reader import PARTS_DIR
from harness.opening import DRIVERS
from harness.reporting.files import write_reports
from harness.reporting.model import Report
from harness.running.run import ONE_TARGET
from harness.running.selection import Selection
from harness.running.session import alone, suite_words

_REFERENCE = "pairproof-reference"

PROCESSES_MAX = 3
"""By default; with more, the start of each costs more than it saves."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a user asked for, as it was typed."""

    target: Path | None = None
    driver: str = "http"
    role: str | None = None
    profile: str | None = None
    requirements: tuple[str, ...] = ()
    tags: str = ""
    keyword: str = ""
    out: Path | None = None
    seed: int = 1
    repeat: int = 1
    workers: int | None = None
    fail_fast: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all of the suite is asked for."""
        selecting = (self.role, self.profile, self.requirements, self.tags, self.keyword)
        return not any(selecting)

    def processes(self, cpus: int) -> int:
        """How many processes share the scenarios.

        More than one pays for its start where there is much to wait for, and while some wait,
        one more than there are processors keeps these at work. Each needs a reference of its
        own: scenarios move the clock of the one that they run against, and cut its links.
        """
        if self.workers is not None:
            return self.workers
        pays = self.is_whole and self.driver == "http" and not self.fail_fast
        return min(cpus + 1, PROCESSES_MAX) if pays and self.target is None else 1


def certify(plan: Plan) -> int:
    """Carry out the plan; returns the exit code.

    Raises:
        CannotDo: something is wrong with what was asked for, or with the target.
        PairproofError: the same, said by the part that found it.
    """
    name, label = _described(plan)
    out = made_writable(folder_for(plan.out, name))
    put(f"pairproof {__version__} certifies {label}, driver {plan.driver}, seed {plan.seed}")
    if plan.repeat == 1:
        return _finish(_run(plan, out), out)
    return _certify_repeatedly(plan, out)


def _certify_repeatedly(plan: Plan, out: Path) -> int:
    """The same run again and again; the first one is reported, all have to agree with it."""
    code = 0
    reports: list[Report] = []
    for number in range(1, plan.repeat + 1):
        folder = out if number == 1 else made_writable(out / f"repeat-{number}")
        put(f"run {number} of {plan.repeat}")
        carried_out = _run(plan, folder)
        code = max(code, _finish(carried_out, folder))
        if carried_out.interrupted:
            return INTERRUPTED
        reports.append(carried_out.report)
    return code or _agreement(reports)


def _agreement(reports: Sequence[Report]) -> int:
    """Zero if every run came to the same verdicts; otherwise what differs, and inconclusive."""
    found: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        for line in report.evidence.verdicts:
            found.setdefault((line.scenario, line.requirement), []).append(line.verdict.value)
    differing = {key: v for key, v in found.items() if len(v) < len(reports) or len(set(v)) > 1}
    for (scenario, requirement), verdicts in differing.items():
        put(f"the runs disagree on {requirement} in {scenario}: {', '.join(verdicts)}")
    if not differing:
        put(f"all {len(reports)} runs came to the same verdicts")
    return INCONCLUSIVE if differing else 0


# --- before the run -------------------------------------------------------------------------


def _described(plan: Plan) -> tuple[str, str]:
    """The target's name for a folder and for people; what was typed is looked over first."""
    if plan.driver not in DRIVERS:
        raise UnknownName("driver", plan.driver, DRIVERS)
    Selection.of(plan.requirements, plan.profile, plan.role, plan.tags)
    if plan.target is None:
        return _REFERENCE, "the embedded reference"
    if plan.processes(1) > 1:
        raise CannotDo(ONE_TARGET)
    from harness.targets.target_file import load_target

    info = load_target(plan.target, os.environ).info
    made = " by ".join(filter(None, [f"{info.name} {info.version}".strip(), info.organization]))
    return _slug(f"{info.name}-{info.version}"), f"{made} ({plan.target})"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "target"


# --- the run --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A run that has left evidence."""

    report: Report
    interrupted: bool


def _run(plan: Plan, out: Path) -> CarriedOut:
    """Run the suite and report on it.

    Raises:
        CannotDo: there is nothing to report on, or the run as a whole went wrong.
    """
    with _beside_capture() as stream, alone():
        watcher = Watcher(stream)
        with watcher.showing():
            pytest.main(_arguments(plan, out), plugins=[watcher])
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


def _arguments(plan: Plan, out: Path) -> list[str]:
    """What pytest is called with."""
    options = {
        "target": str(plan.target.resolve()) if plan.target else None,
        "driver": plan.driver,
        "role": plan.role,
        "profile": plan.profile,
        "requirement": ",".join(plan.requirements) or None,
        "tags": plan.tags or None,
        "seed": str(plan.seed),
        "repeat": str(plan.repeat),
        "out": str(out.resolve()),
        "command": json.dumps(["pairproof", *sys.argv[1:]]),
    }
    words = suite_words(options)
    processes = plan.processes(len(os.sched_getaffinity(0)))
    if processes > 1:
        words += ["-p", "xdist.plugin", "-n", str(processes)]
    words += ["-x"] if plan.fail_fast else []
    words += ["-k", plan.keyword] if plan.keyword else []
    return words


# --- after the run --------------------------------------------------------------------------


def _finish(carried_out: CarriedOut, out: Path) -> int:
    """Print the summary, append it to a CI job's page; returns the exit code."""
    append_to_job_page(out)
    print_summary(carried_out.report, out)
    return INTERRUPTED if carried_out.interrupted else carried_out.report.exit_code
