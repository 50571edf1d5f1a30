"""A signal stops a run at a moment that leaves its evidence whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalogue.limits import Limits
from harness.catalogue.verdict import Verdict
from harness.domain.operations import ViewCluster
from harness.history.lines import EvidenceHeader, HarnessInfo, Implementation, ScenarioLine
from harness.history.reader import read_evidence
from harness.opening import open_inprocess
from harness.running.run import Run
from harness.running.stopping import StoppableDriver, Stopping
from harness.targets.port import DriverAround, Exchange, Outgoing


@pytest.fixture
def stopping() -> Iterator[Stopping]:
    found = Stopping()
    yield found
    found.restore()


def test_without_a_guard_it_takes_effect_at_once(stopping: Stopping) -> None:
    with pytest.raises(KeyboardInterrupt):
        stopping.ask()


def write_a_line_and_wait(stopping: Stopping, reached: list[str]) -> None:
    with stopping.guarded():
        stopping.ask()
        reached.append("a line is written to its end")
        with stopping.exposed():
            reached.append("never")


def test_within_a_guard_it_waits_until_it_does_no_harm(stopping: Stopping) -> None:
    reached: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        write_a_line_and_wait(stopping, reached)
    assert reached == ["a line is written to its end"]


def test_where_it_is_exposed_it_takes_effect_at_once(stopping: Stopping) -> None:
    with pytest.raises(KeyboardInterrupt), stopping.guarded(), stopping.exposed():
        stopping.ask()


def test_what_is_exposed_later_goes_on_once_it_was_told(stopping: Stopping) -> None:
    reached = []
    with stopping.guarded():
        with pytest.raises(KeyboardInterrupt), stopping.exposed():
            stopping.ask()
        with stopping.exposed():
            reached.append("the target is cleaned up")
    assert reached == ["the target is cleaned up"]


def test_a_second_one_takes_effect_at_once_unless_it_is_an_echo() -> None:
    times = iter([10.0, 10.5, 11.0])
    stopping = Stopping(now=lambda: next(times))
    with stopping.guarded():
        stopping.ask()
        stopping.ask()
        with pytest.raises(KeyboardInterrupt):
            stopping.ask()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_heard_and_given_back(stopping: Stopping, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    stopping.install()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    stopping.restore()
    assert signal.getsignal(number) is before


def test_a_handler_of_somebody_else_stays(stopping: Stopping) -> None:
    def mine(number: int, frame: object) -> None:
        pass

    before = signal.signal(signal.SIGTERM, mine)
    try:
        stopping.install()
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_driver_is_exposed_while_it_waits_for_its_target(stopping: Stopping) -> None:
    driver = StoppableDriver(open_inprocess(1), stopping)
    assert driver.name == "inprocess"
    with stopping.guarded():
        stopping.ask()
        assert driver.now() == 0
        with pytest.raises(KeyboardInterrupt):
            driver.sleep(1)
    driver.close()


class Interrupting(DriverAround):
    """A driver whose target never answers, because somebody presses Ctrl-C first."""

    def __init__(self, stopping: Stopping) -> None:
        super().__init__(open_inprocess(1))
        self._stopping = stopping

    def send(self, outgoing: Outgoing) -> Exchange:
        self._stopping.ask()
        raise AssertionError("the signal came first")


def test_an_interrupted_scenario_is_inconclusive_and_what_was_in_flight_is_told(
    tmp_path: Path, stopping: Stopping
) -> None:
    header = EvidenceHeader(
        harness=HarnessInfo("0"),
        edition="2026-11",
        implementation=Implementation("x"),
        roles=["edge"],
        driver="inprocess",
        seed=1,
    )
    path = tmp_path / "evidence.jsonl"
    driver = Interrupting(stopping)
    run = Run(driver, path, header, seed=1, limits=Limits(), stopping=stopping)
    line = ScenarioLine(id="a/b", name="b", feature="f", line=1, requirements=["WDR-3"])
    scenario = run.begin(line)
    with pytest.raises(KeyboardInterrupt):
        scenario.context.perform(scenario.context.visitor(), ViewCluster())
    run.close(interrupted=True)
    evidence = read_evidence(path)
    assert not evidence.complete
    assert evidence.problems == ("the run was interrupted before its end",)
    (verdict,) = evidence.verdicts
    assert verdict.verdict is Verdict.INCONCLUSIVE
    assert verdict.reason == "the run was interrupted before this scenario was judged"
    last = evidence.histories["a/b"].operations[-1]
    assert (last.kind, last.error) == ("LogIn", {"why": "still open when the run ended"})
