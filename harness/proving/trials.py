"""Runs of the suite against the reference with something planted, many of them, quickly.

The suite is collected once; each trial is a child of that process which carries out the
scenarios that it asks for and sends back what they found. So a trial costs its scenarios and
a fork, and nothing that is planted can reach another trial.
"""

from __future__ import annotations

import faulthandler
import importlib
import inspect
import os
import selectors
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import pytest

from harness.catalogue.needs import all_needs
from harness.catalogue.people import People
from harness.catalogue.requirement import Level
from harness.catalogue.requirements import by_id
from harness.catalogue.verdict import Verdict
from harness.domain.errors import PairproofError
from harness.reference.planting import load
from harness.running.session import alone, suite_words
from harness.targets.browser.chromium import WITHOUT_BROWSER

TRIAL_S = 600.0
"""No trial takes this long; one that does hangs, says where, and is ended."""

_LAST_WORDS_S = 30.0
"""How long one that hangs has for saying where."""

_PRINTED = "printed"
"""The file in a trial's folder that has its two streams."""

_SEED = 1
"""What a run draws by where nobody names a seed."""

_PRELOADED = (
    "anyio._backends._asyncio",
    "harness.reference.embedded",
    "harness.reference.planting",
    "harness.targets.http",
    "harness.targets.inprocess",
    "harness.targets.target_file",
    "uvicorn.lifespan.off",
)
"""What a child would import. It costs more than most trials' scenarios."""


class TrialsFailed(PairproofError):
    """The suite could not be run at all; says why."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of scenarios against the reference with something planted.

    Attributes:
        planted: `mutant:NAME`, `variant:NAME`, or empty for the reference as it is.
        driver: how the reference is reached.
        requirement: only the scenarios of this requirement; empty for the whole suite.
        among: only the scenarios that bear one of these tags; empty for any.
        stops: whether it stops at the first scenario that fails at `requirement`; where none is
            named, at one that must hold.
        pages: whether a browser goes along, in which its pages are seen.
        first: the scenarios, or tests of pytest, by their ids, that come before all others, in
            this order.
        traced: the modules of which is noted what lines each scenario runs.
    """

    planted: str = ""
    driver: str = "inprocess"
    requirement: str = ""
    among: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    stops: bool = False
    pages: bool = False
    traced: tuple[str, ...] = ()


class TrialOutcome(msgspec.Struct, frozen=True):
    """How one scenario ended."""

    scenario: str
    requirements: list[str]
    verdict: Verdict
    reason: str = ""
    test: str = ""
    took_s: float = 0.0
    ran: dict[str, list[int]] = {}
    """The lines of each module that is traced, as far as the scenario ran them."""


class TrialResult(msgspec.Struct, frozen=True):
    """What a trial found. `problem` says why it could not be carried out; empty if it could."""

    ended: list[TrialOutcome] = []
    problem: str = ""

    def with_verdict(self, verdict: Verdict) -> list[TrialOutcome]:
        """The scenarios that ended so."""
        return [e for e in self.ended if e.verdict is verdict]


Report = Callable[[Trial, TrialResult], None]


def run_trials(trials: Sequence[Trial], workers: int, report: Report) -> None:
    """Carry out the trials, `workers` at a time; `report` is called as each one ends.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl-C, or sent SIGTERM; no child is left.
        TrialsFailed: the suite cannot be collected.
    """
    if not trials:
        return
    for module in _PRELOADED:
        importlib.import_module(module)
    People(_SEED).cast(0)  # drawn and read once for all children, like what is imported
    all_needs()
    load()
    with tempfile.TemporaryDirectory(prefix="pairproof-trials-") as folder, alone():
        parent = _Parent(trials, workers, report, Path(folder))
        code = pytest.main([*suite_words({"driver": "inprocess"}), "-s"], plugins=[parent])
        if parent.child is not None:
            parent.child.finish(int(code))
    if parent.interrupted:
        raise KeyboardInterrupt
    if not parent.is_done:
        raise TrialsFailed("the features of the suite cannot be collected: run pytest on them")


@dataclass(slots=True)
class _Running:
    """A child at work: what it has sent so far, and when it has to be done."""

    trial: Trial
    pid: int
    pipe: int
    out: Path
    deadline: float
    received: bytearray = field(default_factory=bytearray)


class _Parent:
    """The plugin of the process that collects. In a child, `child` is what it became."""

    def __init__(self, trials: Iterable[Trial], workers: int, report: Report, folder: Path) -> None:
        self._waiting = list(reversed(list(trials)))
        self._workers = workers
        self._report = report
        self._folder = folder
        self._begun = 0
        self._tags: tuple[frozenset[str], ...] = ()
        self.child: _Child | None = None

        self.is_done = False
        self.interrupted = False

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Somebody pressed Ctrl-C; what pytest stops itself with are subclasses."""
        self.interrupted = excinfo.type is KeyboardInterrupt

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Everything is collected: fork the trials; a child goes on from here."""
        if session.testsfailed:
            return
        marks = (item.iter_markers() for item in session.items)
        self._tags = tuple(frozenset(mark.name for mark in of_item) for of_item in marks)
        with selectors.DefaultSelector() as selector:
            try:
                self._carry_out(session, selector)
            finally:
                if self.child is None:
                    _end_all(selector)
        if self.child is None:
            self.is_done = True
            pytest.exit("all trials are done", returncode=0)

    def _carry_out(self, session: pytest.Session, selector: selectors.BaseSelector) -> None:
        while self._waiting or selector.get_map():
            while self._waiting and len(selector.get_map()) < self._workers:
                running = self._begin(self._waiting.pop(), session)
                if running is None:
                    return
                selector.register(running.pipe, selectors.EVENT_READ, running)
            self._listen(selector)

    def _begin(self, trial: Trial, session: pytest.Session) -> _Running | None:
        """Fork; `None` in the child."""
        out = self._folder / str(self._begun)
        self._begun += 1
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self.child = _Child(trial, out, writing)
            self.child.become(session, self._tags)
            return None
        os.close(writing)
        return _Running(trial, pid, reading, out, time.monotonic() + TRIAL_S + _LAST_WORDS_S)

    def _listen(self, selector: selectors.BaseSelector) -> None:
        for key, _ in selector.select(timeout=1.0):
            running: _Running = key.data
            received = os.read(running.pipe, 1 << 16)
            running.received += received
            if not received:
                selector.unregister(running.pipe)
                os.close(running.pipe)
                _, status = os.waitpid(running.pid, 0)
                self._report(running.trial, _result_of(running, status))
        now = time.monotonic()
        for key in selector.get_map().values():
            if now > key.data.deadline:
                os.kill(key.data.pid, signal.SIGKILL)


def _result_of(running: _Running, status: int) -> TrialResult:
    try:
        return msgspec.json.decode(bytes(running.received), type=TrialResult)
    except msgspec.DecodeError:
        code = os.waitstatus_to_exitcode(status)
        told = f"it was ended by signal {-code}" if code < 0 else f"it ended with {code}"
        said = _printed_in(running.out) or "it has printed nothing"
        return TrialResult(problem=f"the trial has sent no result: {told}: {said}")


def _printed_in(out: Path) -> str:
    """What a trial has printed at last: the error of its pytest, or where it hangs."""
    try:
        text = (out / _PRINTED).read_text("utf-8", "replace").strip()
    except FileNotFoundError:
        return ""
    _, hangs, where = text.rpartition("Timeout (")
    return hangs + where[:2000] if hangs else text.rpartition("INTERNALERROR> ")[2][-2000:]


def _end_all(selector: selectors.BaseSelector) -> None:
    """End the children that are left, after an error or Ctrl-C."""
    for key in list(selector.get_map().values()):
        os.kill(key.data.pid, signal.SIGKILL)
        os.waitpid(key.data.pid, 0)


class _Child:
    """A child process: one trial, from its fork to its exit."""

    def __init__(self, trial: Trial, out: Path, pipe: int) -> None:
        self._trial = trial
        self._out = out
        self._pipe = pipe
        self._ended: list[TrialOutcome] = []
        self._session: pytest.Session | None = None
        self._stopped = False
        self._took_s = 0.0
        self._tracer = _Tracer(trial.traced)

    def become(self, session: pytest.Session, tags: Sequence[frozenset[str]]) -> None:
        """Take out of the session what this trial does not ask for, and plant."""
        self._silence()
        self._session = session
        option = session.config.option
        option.pairproof_planted = self._trial.planted
        option.pairproof_driver = self._trial.driver
        option.pairproof_out = str(self._out)
        if not self._trial.pages:
            os.environ[WITHOUT_BROWSER] = "no"
        asked = (self._trial.requirement,) if self._trial.requirement else self._trial.among
        if asked:
            tagged = zip(session.items, tags, strict=True)
            session.items[:] = [item for item, own in tagged if not own.isdisjoint(asked)]
        ranks = {test: rank for rank, test in enumerate(self._trial.first)}
        session.items.sort(
            key=lambda item: min(
                ranks.get(name, len(ranks)) for name in (item.nodeid, *item.extra_keyword_matches)
            )
        )
        session.config.pluginmanager.register(self, "pairproof-trial")
        if self._trial.traced:
            self._tracer.start()

    def _silence(self) -> None:
        """What a trial prints is kept beside its evidence, and told if it cannot be run."""
        self._out.mkdir(parents=True)
        printed = (self._out / _PRINTED).open("w", encoding="utf-8", buffering=1)
        faulthandler.dump_traceback_later(TRIAL_S, exit=True, file=printed)
        for number in (1, 2):
            os.dup2(printed.fileno(), number)
        sys.stdout = sys.stderr = printed
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children itself

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a scenario ended; stop at a kill."""
        told = dict(report.user_properties)
        self._took_s += report.duration
        if report.when != "teardown" or "pairproof_verdict" not in told:
            return
        ended = TrialOutcome(
            str(told["pairproof_scenario"]),
            [r for r in str(told["pairproof_requirements"]).split(",") if r],
            Verdict(str(told["pairproof_verdict"])),
            str(told["pairproof_reason"]),
            report.nodeid,
            self._took_s,
            self._tracer.taken(),
        )
        self._took_s = 0.0
        self._ended.append(ended)
        wanted = self._trial.requirement
        levels = [by_id(r).level for r in ended.requirements]
        at_it = wanted in ended.requirements if wanted else Level.MUST in levels
        fails = ended.verdict is Verdict.FAIL and at_it
        if self._trial.stops and fails and self._session is not None:
            self._stopped = True
            self._session.shouldstop = "it is caught"

    def finish(self, code: int) -> None:
        """Send what was found, and exit; nothing of the parent's is run on the way out."""
        wrong = code not in (0, 1, 5) and not self._stopped
        problem = ""
        if wrong:
            problem = f"pytest ended with {code}: {_printed_in(self._out) or 'nothing printed'}"
        rest = msgspec.json.encode(TrialResult(self._ended, problem))
        while rest:
            rest = rest[os.write(self._pipe, rest) :]
        os._exit(0)


class _Tracer:
    """Notes which lines of some modules are run."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._ran: dict[str, set[int]] = {name: set() for name in modules}
        self._notes = {
            inspect.getfile(importlib.import_module(name)): _noting(lines)
            for name, lines in self._ran.items()
        }

    def start(self) -> None:
        """Note what this process runs from here on."""
        threading.settrace(self._of_call)
        sys.settrace(self._of_call)

    def taken(self) -> dict[str, list[int]]:
        """What was run since this was asked last."""
        taken = {name: sorted(lines) for name, lines in self._ran.items() if lines}
        for lines in self._ran.values():
            lines.clear()
        return taken

    def _of_call(self, frame: FrameType, event: str, argument: object) -> _Note | None:
        return self._notes.get(frame.f_code.co_filename)


_Note = Callable[[FrameType, str, object], Any]


def _noting(lines: set[int]) -> _Note:
    """What the interpreter calls for each line of a frame."""

    def note(frame: FrameType, event: str, argument: object) -> _Note:
        lines.add(frame.f_lineno)
        return note

    return note
