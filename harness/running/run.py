"""A run of the suite: one target, one evidence file, one scenario after the other."""

from __future__ import annotations

from pathlib import Path

from harness.catalogue.limits import Limits
from harness.catalogue.verdict import Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.lines import Header, ScenarioLine
from harness.history.redaction import Redactor
from harness.running.scenario import ScenarioRun
from harness.running.stopping import StoppableDriver, Stopping
from harness.scenes.scene import Scene, SlotPool
from harness.scenes.stage import Stage
from harness.targets.port import Driver

ONE_TARGET = (
    "several workers cannot share one target: scenarios move its clock and cut its links, each for"
    " itself; leave the number of workers out"
)


def secrets_of(driver: Driver) -> tuple[tuple[str, str], ...]:
    """The secrets that a driver begins with, each with its kind, in an order that stays."""
    own = getattr(driver, "secrets", ())
    return ((driver.local_user.password, "password"), *own)


class Run:
    """What all scenarios of a run share. Use `close` to end it, however it ends.

    A part (`part=True`) is what one worker of several carries out.

    Raises:
        EvidenceError: the evidence cannot be written.
    """

    def __init__(
        self,
        driver: Driver,
        evidence: Path,
        header: Header,
        *,
        seed: int,
        limits: Limits,
        part: bool = False,
        stopping: Stopping | None = None,
    ) -> None:
        self.stopping = stopping or Stopping()
        self.driver: Driver = StoppableDriver(driver, self.stopping)
        self.header = header
        self.seed = seed
        self.limits = limits
        self.redactor = Redactor()
        for secret, kind in secrets_of(driver):
            self.redactor.register(secret, kind)
        self.writer = EvidenceWriter(evidence, self.redactor, part=part)
        self.writer.header(header)
        self.inventory = driver.inventory()
        self.pool = SlotPool(self.inventory.slots)
        self._current: ScenarioRun | None = None

    def begin(self, line: ScenarioLine) -> ScenarioRun:
        """Begin a scenario. Until it ends, a signal takes effect only while it waits."""
        self.stopping.guard(True)
        self.writer.scenario(line)
        stage = Stage(self.driver, self.writer, self.redactor, line.id, self.limits)
        scene = Scene(stage, self.pool, self.inventory, self.seed)
        self._current = ScenarioRun(line, stage, scene, self.writer, self.driver.now)
        return self._current

    def end(self, scenario: ScenarioRun, error: BaseException | None) -> tuple[Verdict, str]:
        """End a scenario; see `ScenarioRun.end`.

        Raises:
            KeyboardInterrupt: a signal came that could not take effect before.
        """
        ended = self._end(scenario, error)
        self.stopping.guard(False)
        self.stopping.take_effect()
        return ended

    def close(self, *, interrupted: bool = False, ended_at: str = "") -> None:
        """Judge what is not judged, close the evidence, then the driver."""
        with self.stopping.guarded():
            try:
                if self._current is not None:
                    self._end(self._current, KeyboardInterrupt())
            finally:
                self._close(interrupted, ended_at)

    def _end(self, scenario: ScenarioRun, error: BaseException | None) -> tuple[Verdict, str]:
        self._current = None
        return scenario.end(error)

    def _close(self, interrupted: bool, ended_at: str) -> None:
        try:
            self.writer.close(interrupted=interrupted, ended_at=ended_at)
        finally:
            self.driver.close()
