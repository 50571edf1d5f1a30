"""What a session of pytest does with the scenarios that it has collected.

Among it is what lets a target's preconditions be arranged.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pytest_bdd.parser import Feature, Scenario, Step
from pytest_bdd.steps import StepFunctionContext

from harness.catalogue.errors import UnknownName
from harness.catalogue.requirement import Requirement
from harness.catalogue.verdict import RED
from harness.context.recorder import NotReached, NotSupported, OnlyObserved
from harness.domain.errors import PairproofError
from harness.history.errors import EvidenceError
from harness.history.evidence import write_whole
from harness.history.lines import TIME_UP, EvidenceHeader, ScenarioLine
from harness.history.merge import put_together
from harness.history.reader import PARTS_DIR, part_path
from harness.opening import driver_names, goes_with_run, open_target
from harness.plugin.exploring import drawing_budget, explore_lane
from harness.plugin.header import budget_of, header_of, limits_of
from harness.plugin.options import out_of
from harness.plugin.reports import Around, ScenarioOutcome, again, rewrite
from harness.plugin.steps import Definition, is_async, quick_lookup
from harness.running.belongings import owned_now
from harness.running.budget import ANSWER_S, consuming_last, lacks_of, within
from harness.running.facts import now_utc
from harness.running.resuming import differing, ended_in
from harness.running.run import ONE_TARGET, Run
from harness.running.scenario import LeftOut, ScenarioRun, StepAt, check_applies
from harness.running.selection import KNOWN_TAGS, Selection
from harness.running.session import seldom_collecting
from harness.running.stopping import Stopping
from harness.suite import import_steps
from harness.targets.arranging.chain import Chain
from harness.targets.arranging.person import terminal_asker
from harness.targets.port import Driver


@dataclass(frozen=True, slots=True)
class CollectedScenario:
    """What a test of pytest is to us. `ours` tells our own suite from a user's features."""

    line: ScenarioLine
    tags: frozenset[str]
    requirements: tuple[Requirement, ...]
    ours: bool
    steps: Mapping[tuple[str, str], StepFunctionContext]
    """What each step runs, by its kind and text."""


BOUND = pytest.StashKey[CollectedScenario]()
_RUNNING = pytest.StashKey[ScenarioRun]()
_ERROR = pytest.StashKey[BaseException]()
_SUITE = pytest.StashKey["Suite"]()
_SELECTION = pytest.StashKey[Selection]()


def suite_of(config: pytest.Config) -> Suite:
    """The suite of a session; made, with its steps and tags, when it is first asked for."""
    suite = config.stash.get(_SUITE, None)
    if suite is None:
        for name in sorted(KNOWN_TAGS):
            config.addinivalue_line("markers", f"{name}: a tag of pairproof's features")
        for module in import_steps():
            config.pluginmanager.register(module, module.__name__)
        suite = config.stash[_SUITE] = Suite(config)
        config.pluginmanager.register(suite, "pairproof-suite")
        config.pluginmanager.register(_Opener(suite), "pairproof-opener")
    return suite


def selection_of(config: pytest.Config) -> Selection:
    """What was asked for.

    Raises:
        pytest.UsageError: there is no such requirement, profile, role or driver, or the
            tag expression cannot be read.
    """
    if _SELECTION not in config.stash:
        option = config.getoption
        driver = option("pairproof_driver")
        try:
            if driver and driver not in driver_names():
                raise UnknownName("driver", driver, driver_names())
            config.stash[_SELECTION] = Selection.of(
                option("pairproof_requirement"),
                option("pairproof_profile"),
                option("pairproof_role"),
                option("pairproof_tags"),
                option("pairproof_scenario"),
            )
        except PairproofError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[_SELECTION]


def running_in(item: pytest.Item) -> ScenarioRun:
    """The scenario that this test is.

    Raises:
        pytest.UsageError: it is none that was collected as one of pairproof.
    """
    if _RUNNING not in item.stash:
        raise pytest.UsageError(
            "the fixtures of pairproof are for scenarios of features that it collects;"
            " set `pairproof_features = true` in pytest's configuration"
        )
    return item.stash[_RUNNING]


def run_of(config: pytest.Config) -> Run:
    """The run that is going on.

    Raises:
        pytest.UsageError: there is none, because no scenario of pairproof is selected.
    """
    suite = config.stash.get(_SUITE, None)
    if suite is None or suite.run is None:
        raise pytest.UsageError("no scenario of pairproof is selected, so there is no run")
    return suite.run


class Suite:
    """Selects, carries out, judges and records the scenarios of a session."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.selection = selection_of(config)
        self.collected = 0
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        """Of every scenario of the features, whether it was asked for or not."""
        self.definitions: dict[Path, tuple[Definition, ...]] = {}
        """The step definitions that the features of a folder can use."""
        self.run: Run | None = None
        self.problem = ""
        """Why the run as a whole went wrong, for people; empty if it did not."""
        self._selected: list[str] = []
        """All that this run is about; `_left` is what had not ended when it went on."""
        self._left: list[str] = []
        self._out_of = 0
        self.budget, self._budget_s = budget_of(config)
        self._ended: set[str] = set()
        self.goes_on = bool(config.getoption("pairproof_resume"))
        self._earlier = ended_in(self.out) if self.goes_on else None
        self._red = False
        self._temporary: Path | None = None

    @property
    def worker(self) -> str:
        """The name of this worker of several; empty if there is but one."""
        given = getattr(self.config, "workerinput", None)
        return str(given["workerid"]) if given else ""

    @property
    def out(self) -> Path:
        """Where the evidence goes."""
        given = getattr(self.config, "workerinput", {}).get("pairproof_out")
        asked = Path(given) if given else out_of(self.config)
        if asked is not None:
            return asked
        if self._temporary is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="pairproof-"))
        return self._temporary

    # --- selecting --------------------------------------------------------------------

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what was not asked for.

        Raises:
            pytest.UsageError: a tag of the expression is none that occurs, or there is no scenario
                of an id.
        """
        try:
            self.selection.tags.check_names(KNOWN_TAGS | self.tags)
            self.selection.check_scenarios(self.ids.union(filter(None, map(_scenario_of, items))))
        except UnknownName as error:
            raise pytest.UsageError(str(error)) from None
        kept: list[pytest.Item] = []
        dropped: list[pytest.Item] = []
        for item in items:
            bound = item.stash.get(BOUND, None)
            wanted = bound is None or self.selection.asks_for(
                bound.tags, bound.requirements, bound.line.id
            )
            (kept if wanted else dropped).append(item)
        if dropped:
            self.config.hook.pytest_deselected(items=dropped)
            items[:] = kept

    def narrow(self, items: list[pytest.Item]) -> None:
        """Leave out what has ended already, once all that was not asked for is left out. What a
        budget has no time for is told when the target is open.

        Raises:
            pytest.UsageError: the budget is too small.
        """
        if not self.budget:
            self._take(items)
        elif self.config.getoption("collectonly"):
            self._keep_budget(items, ())

    def _take(self, items: list[pytest.Item]) -> None:
        """All of these are what the run is about; what has ended already is left out."""
        self._selected = [item.stash[BOUND].line.id for item in items if BOUND in item.stash]
        ended = set(self._earlier.scenarios) if self._earlier else set()
        items[:] = [item for item in items if _scenario_of(item) not in ended]

    def _keep_budget(self, items: list[pytest.Item], lacks: Sequence[str]) -> None:
        known = {_scenario_of(item): item.stash[BOUND] for item in items if BOUND in item.stash}
        try:
            judged = {id_: bound.requirements for id_, bound in known.items()}
            chosen = within(self._budget_s, judged, lacks)
        except PairproofError as error:
            raise pytest.UsageError(str(error)) from None
        self._out_of = len(known)
        order = {id_: number for number, id_ in enumerate(("", *chosen.scenarios))}
        items[:] = [item for item in items if _scenario_of(item) in order]
        items.sort(key=lambda item: order[_scenario_of(item)])
        announce = of_plugins(self.config, "announce")
        if announce is not None:
            announce(
                f"a budget of {self.budget}: {len(order) - 1} of {len(known)} scenarios, every MUST"
                f" asked; about {chosen.lasts_s:.0f} s, by what they take on the reference at"
                f" {ANSWER_S * 1000:g} ms an answer"
            )
        self._take(items)

    # --- the run ----------------------------------------------------------------------

    def open(self, session: pytest.Session) -> None:
        """Open the run, if there is anything to do.

        Raises:
            pytest.UsageError: nothing is selected.
            PairproofError: the target cannot be used, or the evidence not be written.
        """
        if self.collected and not (session.items or self._selected):
            raise pytest.UsageError(self._nothing())
        something = self._selected or any(BOUND in item.stash for item in session.items)
        if not something or self.config.getoption("collectonly"):
            return
        target = self.config.getoption("pairproof_target")
        workers = int(getattr(self.config, "workerinput", {}).get("workercount", 1))
        if target and workers > 1:
            raise pytest.UsageError(ONE_TARGET)
        driver_name = self.config.getoption("pairproof_driver") or ("http" if target else "")
        seed = self.config.getoption("pairproof_seed")
        path = self.config.invocation_params.dir / target if target else None
        stopping = Stopping()
        stopping.install()
        planted = self.config.getoption("pairproof_planted")
        opens = of_plugins(self.config, "open_pairproof_target") or open_target
        role = self.selection.role
        driver: Driver = opens(driver_name or "inprocess", path, seed, planted, role)
        try:
            if self.config.getoption("pairproof_interactive"):
                attend(self.config, driver)
            lacks = lacks_of(driver) if self.budget else []
            if self.budget:
                self._keep_budget(session.items, lacks)
            items = [item for item in session.items if BOUND in item.stash]
            self._left = [item.stash[BOUND].line.id for item in items]
            own = not any(item.stash[BOUND].ours for item in items)
            if self._earlier and not items:
                own = self._earlier.header.selection.own is True
            header = header_of(
                self.config, driver, self.selection, own=own, out_of=self._out_of, lacks=lacks
            )
            self._see_same(header)
            self.run = Run(
                driver,
                self._evidence(),
                header,
                seed=seed,
                limits=limits_of(driver),
                part=bool(self.worker) or self.goes_on,
                stopping=stopping,
                owned=None if goes_with_run(driver_name, path) else owned_now(driver, path),
            )
            keep_traces = getattr(driver, "keep_traces", None)
            if keep_traces and (traces := self.config.getoption("pairproof_traces")):
                keep_traces(Path(traces))
            if not self.budget:  # its order is that each MUST comes first
                consuming_last(session.items, self.run.inventory.slots, _scenario_of)
        finally:
            if self.run is None:
                driver.close()
                stopping.restore()

    def _see_same(self, header: EvidenceHeader) -> None:
        """See that a run that goes on is the one that was cut off.

        Raises:
            pytest.UsageError: it is not; says in what.
        """
        if self._earlier and (told := differing(self._earlier.header, header)):
            raise pytest.UsageError(
                f"--resume: this is not the run that was cut off: {'; '.join(told)};"
                " ask for the same, or run again without --resume"
            )

    def _nothing(self) -> str:
        asked = [str(self.selection)]
        asked += [f"-k {k!r}"] if (k := self.config.getoption("keyword", "")) else []
        asked += [f"-m {m!r}"] if (m := self.config.getoption("markexpr", "")) else []
        told = " ".join(filter(None, asked)) or "what was asked for"
        return (
            f"nothing is selected: none of {self.collected} scenarios fits {told};"
            " `pairproof requirements --coverage` lists what there is"
        )

    def _evidence(self) -> Path:
        """The file to write; beside a part stands what its run is about."""
        evidence = self.out / "evidence.jsonl"
        if not (self.worker or self.goes_on):
            shutil.rmtree(evidence.parent / PARTS_DIR, ignore_errors=True)
            return evidence
        part = part_path(evidence, self.worker or "main")
        ended = sorted(set(self._selected) - set(self._left))
        plan = {"pid": os.getpid(), "scenarios": self._selected, "ended": ended}
        write_whole(part.with_suffix(".plan"), json.dumps(plan).encode())
        return part

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Close the run, however it ends.

        Raises:
            pytest.UsageError: the run as a whole went wrong.
        """
        result: object = None
        try:
            ours = seldom_collecting() if self.run is not None else nullcontext()
            with quick_lookup(_steps_of), ours:
                result = yield
            drawing = drawing_budget(self.config)
            if drawing and self.run is not None and not (session.shouldstop or session.shouldfail):
                explore_lane(self.run, drawing)
        except session.Interrupted:
            if not self.problem:
                raise
        finally:
            self._close()
        if self.problem and not self.worker:
            raise pytest.UsageError(self.problem)
        return result

    def _close(self) -> None:
        run = self.run
        if run is None:
            return
        whole = self._ended >= set(self._left)
        try:
            run.close(interrupted=not (whole or self.worker), ended_at=now_utc())
            if self.goes_on and not self.worker:
                put_together(self.out, self._ended, now_utc())
        except PairproofError as error:
            self.fail(str(error))
        finally:
            run.stopping.restore()

    def fail(self, problem: str) -> None:
        """Note what went wrong with the run as a whole; a worker tells its controller."""
        self.problem = self.problem or problem
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["pairproof_problem"] = self.problem

    # --- one scenario -----------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin a scenario, unless it says nothing about this target."""
        bound = item.stash.get(BOUND, None)
        if bound is not None and self.run is not None:
            item.stash[_RUNNING] = self.run.begin(bound.line)
            try:
                check_applies(bound.requirements, self.run.driver.info)
                if self.budget and self.run.driver.now() > self._budget_s * 1_000_000:
                    raise LeftOut(TIME_UP)
            except (LeftOut, NotSupported) as error:
                item.stash[_ERROR] = error
                pytest.skip(str(error))

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_bdd_before_step(
        self,
        request: pytest.FixtureRequest,
        feature: Feature,
        scenario: Scenario,
        step: Step,
        step_func: object,
    ) -> None:
        """Note the step; refuse one that would never be awaited."""
        running = request.node.stash.get(_RUNNING, None)
        if running is None:
            return
        if not running.step.text:
            running.ahead = [_step_at(s) for s in scenario.steps]
        running.ahead = running.ahead[1:]
        running.begin_step(_step_at(step))
        if is_async(step_func):
            raise TypeError(f"the step {step.name!r} is async and would never run")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """After its steps a scenario sees that what it rests on was so."""
        running = item.stash.get(_RUNNING, None)
        try:
            result = yield
        except NotReached as missed:
            if running is not None:
                running.answer_for(missed)
            raise
        except OnlyObserved:
            result = None
        if running is not None:
            running.conclude()
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn verdicts into what pytest knows, and say what happened in a few lines."""
        report = yield
        running = item.stash.get(_RUNNING, None)
        if running is None or self.run is None:
            return report
        if call.excinfo is not None and _ERROR not in item.stash:
            raised = call.excinfo.value
            if isinstance(raised, pytest.skip.Exception):  # pytest's own way of skipping, as ours
                raised = LeftOut(str(raised.msg))
            item.stash[_ERROR] = raised
        error = item.stash.get(_ERROR, None)
        try:
            if call.when == "call":
                running.judge_ground(error)
                running.judge_history(error)
            if call.excinfo is not None or call.when == "call":
                rewrite(report, running, error, partial(self._around, item, running))
            if call.when == "teardown":
                verdict, reason = self.run.end(running, error)
                self._ended.add(running.line.id)
                if verdict in RED:
                    reason = running.describe(verdict, reason)
                line = replace(running.line, requirements=running.about)
                ended = ScenarioOutcome(line, verdict, reason, running.step.line)
                report.user_properties.extend(ended.as_properties())
        except EvidenceError as broken:
            self._give_up(item.session, str(broken))
        if isinstance(error, EvidenceError):
            self._give_up(item.session, str(error))
        self._red = self._red or report.failed
        return report

    def _around(self, item: pytest.Item, running: ScenarioRun) -> Around:
        assert self.run is not None
        full = self.config.get_verbosity() >= 2 or bool(self.config.getoption("fulltrace", False))
        command = again(item, running, item.stash[BOUND].ours, self.run.header)
        return Around(command, str(self.out / "evidence.jsonl"), full)

    def _give_up(self, session: pytest.Session, problem: str) -> None:
        self.fail(problem)
        session.shouldstop = problem

    # --- what is left -----------------------------------------------------------------

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        """Say where the evidence lies, if anybody will want to look."""
        if self.run is not None and (self._red or config.get_verbosity() > 0):
            terminalreporter.write_line(f"pairproof: the evidence is in {self.out}/evidence.jsonl")

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """A temporary folder that nobody was told of goes away."""
        if self._temporary and not self._red and config.get_verbosity() <= 0:
            shutil.rmtree(self._temporary, ignore_errors=True)


class _Opener:
    """Opens the run before anything else is done; what cannot be opened is said once."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Last of all, when the selections of pytest have been made as well."""
        self._suite.narrow(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Open the run. A worker that cannot, or has not collected all, does nothing at all."""
        if session.testsfailed and not session.config.option.continue_on_collection_errors:
            return self._refuse(session, "") if self._suite.worker else None
        try:
            self._suite.open(session)
        except (PairproofError, pytest.UsageError) as error:
            if not self._suite.worker:
                raise pytest.UsageError(str(error)) from error
            return self._refuse(session, str(error))
        return None

    def _refuse(self, session: pytest.Session, problem: str) -> bool:
        if problem:
            self._suite.fail(problem)
        session.shouldstop = problem or f"{session.testsfailed} errors during collection"
        return True


def _scenario_of(item: pytest.Item) -> str:
    bound = item.stash.get(BOUND, None)
    return bound.line.id if bound else ""


def _step_at(step: Step) -> StepAt:
    return StepAt(f"{step.keyword.strip()} {step.name}", step.line_number)


def _steps_of(item: pytest.Item) -> Mapping[tuple[str, str], StepFunctionContext]:
    bound = item.stash.get(BOUND, None)
    return bound.steps if bound else {}


# --- a person at the terminal, beside what shows the progress there -------------------------------


def attend(config: pytest.Config, driver: Driver) -> None:
    """Let a person be asked, on the terminal, with the progress out of the way.

    Raises:
        pytest.UsageError: there is no terminal, or nobody is to be asked for this target.
    """
    chain = getattr(driver, "arranging", None)
    person = chain.person if isinstance(chain, Chain) else None
    if person is None:
        raise pytest.UsageError(
            "--interactive: the target file does not name the way person ([arrange] ways, or way"
            f" of [links]), or the driver {driver.name} asks nobody; leave --interactive out"
        )
    asker = terminal_asker(_quiet_of(config))
    if asker is None:
        raise pytest.UsageError("--interactive needs a terminal, and there is none")
    person.attend(asker, config.getoption("pairproof_operator"))


def _quiet_of(config: pytest.Config) -> Callable[[], AbstractContextManager[None]]:
    """What keeps the progress out of the way, where a plugin shows one."""
    return of_plugins(config, "quiet") or nullcontext


def of_plugins(config: pytest.Config, name: str) -> Callable[..., Any] | None:
    """What the plugin that shows the progress does under this name, if there is one."""
    for plugin in config.pluginmanager.get_plugins():
        found: Callable[..., Any] | None = getattr(plugin, name, None)
        if callable(found):
            return found
    return None
