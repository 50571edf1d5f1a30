"""Carries out fleet jobs for the commands: with whom, watched, and stopped without harm.

How far a run is shows a live line on a terminal, a plain line now and then elsewhere.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TextIO

from rich.progress import TaskProgressColumn
from rich.text import Text

from harness.cli.exits import CannotDo
from harness.cli.summary import Bars
from harness.fleet.cell import make_cell
from harness.fleet.pool.coordinator import Moment, Watching
from harness.fleet.pool.local import LocalTransport, ProcessTransport
from harness.fleet.pool.orders import Transport
from harness.fleet.port import Job, MakeCell
from harness.fleet.run import FleetResult, Telling, ends_about, operations_about, run_fleet
from harness.history.wording import counted
from harness.reporting.fleet.quantities import SECOND, duration, number
from harness.running.facts import now_utc, run_here
from harness.running.stopping import Stopping

MISSING: Final = (
    "--scheduler needs Dask, which is not installed; install it with: pip install 'pairproof[dask]'"
)
_MB: Final = 1_000_000
PAYS_FROM: Final = 40_000
"""So many operations are worth the start of more than one process."""


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """Who runs the cells: so many processes here (by default as it pays), or a Dask cluster."""

    workers: int | None = None
    scheduler: str = ""

    def __str__(self) -> str:
        """Where the cells are, in words."""
        if self.scheduler:
            return f"on the Dask cluster at {self.scheduler}"
        return "in one process" if self.workers == 1 else f"in {self.workers} processes"

    def for_job(self, job: Job) -> PoolOptions:
        """The same, with the number of processes decided."""
        if self.scheduler:
            return self
        cells = job.scenario.fleet.cells
        pays = operations_about(job.scenario) >= PAYS_FROM
        workers = self.workers or (processors() if pays else 1)
        return PoolOptions(min(workers, cells))

    def check(self) -> None:
        """Whether it can be had. Raises `CannotDo` if two were asked for, or Dask is missing."""
        if not self.scheduler:
            return
        if self.workers is not None:
            raise CannotDo("--scheduler has as many workers as there are: leave --workers out")
        if find_spec("distributed") is None:
            raise CannotDo(MISSING)

    @contextmanager
    def transport(self, make: MakeCell = make_cell) -> Iterator[Transport]:
        """Where workers come from, which make cells so.

        Raises:
            PoolError: no scheduler answers.
        """
        transport: Transport
        if self.scheduler:
            from harness.fleet.pool.dask import DaskTransport

            transport = DaskTransport(make, self.scheduler)
        elif self.workers == 1:
            transport = LocalTransport(make)
        else:
            transport = ProcessTransport(make, self.workers or 1)
        try:
            yield transport
        finally:
            transport.close()


def processors() -> int:
    """How many of them are ours."""
    return len(os.sched_getaffinity(0))


def megabytes(amount: int) -> str:
    """An amount of disk, in words."""
    return f"{max(1, round(amount / _MB)):,} MB"


def require_room(out: Path, need: int) -> None:
    """Whether the disk has room for so many bytes. Raises `CannotDo` if it has not."""
    free = shutil.disk_usage(out).free
    if free < need:
        raise CannotDo(
            f"{out}: the run needs about {megabytes(need)}, and {megabytes(free)} are free"
            " there; take fewer --hosts or a shorter --until, or choose another folder"
        )


@contextmanager
def stoppable() -> Iterator[Stopping]:
    """Ctrl-C, or what asks a process to end, is noted; a second time it takes effect at once."""
    stopping = Stopping()
    stopping.install()
    try:
        with stopping.guarded():
            yield stopping
    finally:
        stopping.restore()


def drive(
    job: Job,
    hired: AbstractContextManager[Transport],
    stopping: Stopping,
    told: Callable[[Telling], Telling] = lambda telling: telling,
    stop_at: int | None = None,
    ends_at: int | None = None,
) -> FleetResult:
    """Run a job, with progress on standard error, until its end or until it is stopped.

    It is stopped by the user, or after the window that ends at `stop_at`. `told` says what else the
    evidence tells, `ends_at` when the run is about over.

    Raises:
        PoolError: the run cannot be carried out.
        EvidenceError: the evidence cannot be written.
        KeyboardInterrupt: the user has asked twice.
    """
    shown = ProgressLine(sys.stderr)
    progress = RunProgress(shown, ends_at or ends_about(job.scenario), job.repeatable)

    def stopped() -> bool:
        return stopping.asked or (stop_at is not None and progress.at >= stop_at)

    watching = Watching(progress, shown.warn, stopped)
    with hired as transport, shown.showing():
        command = ["pairproof", *sys.argv[1:]]
        run = run_here(command, min(transport.handles, job.scenario.fleet.cells))
        return run_fleet(job, transport, told(Telling(run, now_utc)), watching)


# --- how far it is ---------------------------------------------------------------------------

LINE_EVERY_S: Final = 10.0
"""Without a terminal, so often there is a line."""
SHOWN_EVERY_S: Final = 0.2
_LATELY_S: Final = 5.0
"""What is longer ago than this counts little in the pace."""


class ProgressLine:
    """A line that tells how far something is, and texts above it."""

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = self._shown = now()
        self._progress = Bars(stream, TaskProgressColumn())
        self._console = self._progress.console

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show it while this lasts."""
        with self._progress:
            yield

    def warn(self, text: str) -> None:
        """Say what went wrong and was mended."""
        self._console.print(Text(text, "yellow"))

    def say(self, text: str) -> None:
        """Say something above the line."""
        self._console.print(Text(text))

    def due(self) -> bool:
        """Whether it is time to show something again."""
        return self._now() - self._shown >= (
            SHOWN_EVERY_S if self._progress.is_live else LINE_EVERY_S
        )

    def show(self, what: str, done: float, told: str) -> None:
        """Show that a share of it is done."""
        self._shown = self._now()
        line = f"{what}  {told}"
        if self._progress.is_live:
            task = self._progress.task
            self._progress.update(task, description=line, total=1.0, completed=done)
        else:
            self._console.print(Text(line))

    def took(self) -> float:
        """How long it has been going on, in seconds."""
        return self._now() - self._began


def left(seconds: float) -> str:
    """How long it will about go on, in words."""
    return f"{duration(round(seconds) * SECOND)} left" if seconds >= 1 else "nearly there"


class RunProgress:
    """How far one run is; `ends_at` is when it will about be over, in the time of the run.

    In virtual time its events are what is counted, in real time its requests.
    """

    def __init__(self, shown: ProgressLine, ends_at: int, virtual: bool = True) -> None:
        self._events = "events" if virtual else "requests"
        self._shown = shown
        self._ends_at = ends_at
        self.at = 0
        """How far it is."""
        self._before = (0.0, 0, 0)
        self._pace = 0.0
        """Virtual microseconds a second of late: most runs have their work at the beginning."""

    def __call__(self, moment: Moment) -> None:
        """A window is over."""
        self.at = moment.at
        if not self._shown.due():
            return
        took, events, at = self._before
        self._before = (self._shown.took(), moment.events, moment.at)
        lately = max(self._before[0] - took, 0.001)
        pace = (moment.at - at) / lately
        weight = lately / (lately + _LATELY_S) if self._pace else 1.0
        self._pace += weight * (pace - self._pace)
        found = counted(moment.violations, "violation") if moment.violations else "none violated"
        told = [
            f"{number(round((moment.events - events) / lately))} {self._events}/s",
            counted(moment.operations, "operation"),
            f"{number(moment.pending)} pending",
            found,
            left(max(0, self._ends_at - moment.at) / max(self._pace, 1.0)),
        ]
        ends_at = max(self._ends_at, moment.at)
        what = f"{duration(moment.at // SECOND * SECOND)} of {duration(ends_at)}"
        self._shown.show(what, moment.at / ends_at, " · ".join(told))
