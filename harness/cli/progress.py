"""Shows how far a run is: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

import pytest
from rich.progress import MofNCompleteColumn, TimeElapsedColumn
from rich.text import Text

from harness.catalogue.verdict import Verdict
from harness.cli.summary import Bars, printable
from harness.reporting.words import VERDICT_NAMES, describe_verdict

LINE_EVERY = 50
"""Without a terminal, so many scenarios make a line."""
_REASON_MAX = 300
_RED = {Verdict.FAIL: "red", Verdict.INCONCLUSIVE: "yellow"}


@dataclass(frozen=True, slots=True)
class EndedScenario:
    """What a worker says of a scenario that has ended."""

    verdict: Verdict
    reason: str
    requirements: str
    where: str

    @classmethod
    def of(cls, report: pytest.TestReport) -> EndedScenario | None:
        """What a report of pytest carries, if it is the last one of a scenario."""
        told = {str(name): str(value) for name, value in report.user_properties}
        if report.when != "teardown" or "pairproof_verdict" not in told:
            return None
        return cls(
            Verdict(told["pairproof_verdict"]),
            told["pairproof_reason"],
            told["pairproof_requirements"],
            told["pairproof_where"],
        )


class Watcher:
    """A plugin of pytest that shows the progress of a run and notes how it went wrong.

    Attributes:
        problem: why the run as a whole could not be carried out; empty if it could.
        interrupted: somebody stopped it.
    """

    def __init__(self, stream: TextIO) -> None:
        self.problem = ""
        self.interrupted = False
        self.broken = ""
        self._progress = Bars(stream, MofNCompleteColumn(), TimeElapsedColumn())
        self._console = self._progress.console
        self._counts: Counter[Verdict] = Counter()
        self._name = ""
        self._total = 0
        self._began = time.monotonic()

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the progress while this lasts."""
        with self._progress:
            yield

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Show nothing while this lasts: somebody is asked on the same terminal."""
        if not self._progress.is_live:
            yield
            return
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()

    def announce(self, text: str) -> None:
        """Say something of the run before it begins."""
        self._console.print(printable(Text(text)))

    # --- what pytest tells --------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Note what is wrong with the selection; pytest would print it in its own way."""
        return (yield from self._noting_usage_errors())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Note what is wrong with the target or with the evidence."""
        return (yield from self._noting_usage_errors())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Note what is wrong with putting the evidence together."""
        return (yield from self._noting_usage_errors())

    def _noting_usage_errors(self) -> Generator[None, object, object]:
        try:
            return (yield)
        except pytest.UsageError as error:
            self.problem = self.problem or "\n".join(str(text) for text in error.args)
            raise pytest.exit.Exception(self.problem, returncode=4) from None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a feature that cannot be used."""
        if report.failed:
            self.problem = "\n".join(filter(None, [self.problem, report.longreprtext]))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn how many scenarios there are."""
        self._expect(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Learn how many scenarios there are from a worker."""
        self._expect(len(ids))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Say that a worker has died; what it was about to do is left unjudged."""
        if error:
            told = " ".join(str(error).split())
            died = Text(f"a worker has died ({node.gateway.id}): {told}", "yellow")
            self._console.print(printable(died))

    def pytest_runtest_logstart(self, location: tuple[str, int | None, str]) -> None:
        """A scenario begins."""
        self._name = location[2]
        self._show()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A scenario has ended, or something around it failed."""
        ended = EndedScenario.of(report)
        if ended is not None:
            self._count(ended)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Somebody pressed Ctrl-C or sent a signal.

        What pytest and pytest-xdist stop themselves with are subclasses.
        """
        self.interrupted = self.interrupted or excinfo.type is KeyboardInterrupt

    def pytest_internalerror(self, excrepr: object) -> bool:
        """The harness itself is broken; pytest need not print it as well."""
        self.broken = self.broken or str(excrepr)
        return True

    # --- what is shown ------------------------------------------------------------------

    def _expect(self, total: int) -> None:
        self._total = total
        self._progress.update(self._progress.task, total=total)

    def _count(self, ended: EndedScenario) -> None:
        self._counts[ended.verdict] += 1
        if ended.verdict in _RED:
            self._console.print(printable(self._red(ended)))
        done = self._counts.total()
        self._progress.update(self._progress.task, completed=done)
        self._show()
        if not self._progress.is_live and (done % LINE_EVERY == 0 or done == self._total):
            took = time.monotonic() - self._began
            self._console.print(f"{done}/{self._total}  {self._describe()}  {took:.1f} s")

    def _show(self) -> None:
        told = "\n".join(filter(None, [self._describe(), self._name]))
        self._progress.update(self._progress.task, description=told)

    def _red(self, ended: EndedScenario) -> Text:
        reason = " ".join(ended.reason.split())[:_REASON_MAX]
        told = f"{describe_verdict(ended.verdict)} {ended.requirements} ".replace("  ", " ")
        return Text.assemble((told, _RED[ended.verdict]), f"{ended.where}: {reason}")

    def _describe(self) -> str:
        return " · ".join(
            f"{self._counts[v]} {VERDICT_NAMES[v]}" for v in Verdict if self._counts[v]
        )
