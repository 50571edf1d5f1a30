"""Shows how far a fleet run is: a live line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn
from rich.text import Text

from harness.cli.shown import Bars
from harness.fleet.crew.coordinator import Moment
from harness.reporting.fleet.quantities import SECOND, counted, duration, number

LINE_EVERY_S: Final = 10.0
"""Without a terminal, so often there is a line."""
SHOWN_EVERY_S: Final = 0.2
_LATELY_S: Final = 5.0
"""What is longer ago than this counts little in the pace."""


class Shown:
    """A line that tells how far something is, and texts above it."""

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, soft_wrap=True)
        self._live = self._console.is_terminal and not os.environ.get("CI")
        self._now = now
        self._began = self._shown = now()
        self._progress = Bars(
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            console=self._console,
            transient=True,
            disable=not self._live,
        )
        self._task = self._progress.add_task("getting ready", total=None)

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
        return self._now() - self._shown >= (SHOWN_EVERY_S if self._live else LINE_EVERY_S)

    def show(self, what: str, done: float, told: str) -> None:
        """Show that a share of it is done."""
        self._shown = self._now()
        line = f"{what}  {told}"
        if self._live:
            self._progress.update(self._task, description=line, total=1.0, completed=done)
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

    def __init__(self, shown: Shown, ends_at: int, virtual: bool = True) -> None:
        self._events = "events" if virtual else "requests"
        self._shown = shown
        self._ends_at = ends_at
        self._before = (0.0, 0, 0)
        self._pace = 0.0
        """Virtual microseconds a second of late: most runs have their work at the beginning."""

    def __call__(self, moment: Moment) -> None:
        """A window is over."""
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
