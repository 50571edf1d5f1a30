"""A run of the suite: one target, one evidence file, one scenario after the other."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from harness.catalogue.limits import Limits
from harness.catalogue.verdict import Verdict
from harness.context.context import Context
from harness.context.installing import SlotPool
from harness.context.recorder import Recorder
from harness.history.evidence import EvidenceWriter
from harness.history.lines import EvidenceHeader, ScenarioLine
from harness.history.redaction import Redactor
from harness.running.belongings import AFTER_A_SCENARIO, WITH_A_SCENARIO, Belongings
from harness.running.scenario import ScenarioRun
from harness.running.stopping import StoppableDriver, Stopping
from harness.targets.ledger import LedgerHeader, LedgerKind
from harness.targets.port import Driver
from harness.targets.stepping import stepping

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

    A part (`part=True`) is what one worker of several carries out. With `owned`, the target
    outlives the run: what is made there is noted in a ledger with this header, beside the
    evidence, and removed.

    Raises:
        EvidenceError: the evidence cannot be written.
        LedgerError: the ledger cannot be.
    """

    def __init__(
        self,
        driver: Driver,
        evidence: Path,
        header: EvidenceHeader,
        *,
        seed: int,
        limits: Limits,
        part: bool = False,
        stopping: Stopping | None = None,
        owned: LedgerHeader | None = None,
    ) -> None:
        self.stopping = stopping or Stopping()
        self.driver: Driver = stepping(StoppableDriver(driver, self.stopping))
        self.header = header
        self.seed = seed
        self.limits = limits
        self.redactor = Redactor()
        for secret, kind in secrets_of(driver):
            self.redactor.register(secret, kind)
        self.belongings: Belongings | None = None
        if owned is not None:
            redacted = self.redactor.text
            folder = evidence.parent.parent if part else evidence.parent  # that of the run
            self.belongings = Belongings(driver, folder, owned, redacted)
            self.driver = self.belongings.noted(self.driver)
        keep_pictures = getattr(driver, "keep_pictures", None)
        if keep_pictures is not None:
            keep_pictures(evidence.parent.parent if part else evidence.parent)
        self.writer = EvidenceWriter(evidence, self.redactor, part=part)
        self.writer.header(header)
        self.inventory = driver.inventory()
        self.pool = SlotPool(self.inventory.slots)
        self._current: ScenarioRun | None = None

    def begin(self, line: ScenarioLine) -> ScenarioRun:
        """Begin a scenario. Until it ends, a signal takes effect only while it waits."""
        self.stopping.guard(True)
        self.writer.scenario(line)
        self.driver.begin_scenario(line.id)
        recorder = Recorder(self.driver, self.writer, self.redactor, line.id, self.limits)
        mark = self.belongings.mark if self.belongings else ""
        context = Context(recorder, self.pool, self.inventory, self.seed, mark)
        recorder.forget_heard()
        self._current = ScenarioRun(line, recorder, context, self.writer, self.driver.now)
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

    def give_back(self) -> None:
        """Remove what was made since, where the target outlives the run."""
        self._give_back(WITH_A_SCENARIO)
        self._give_back(AFTER_A_SCENARIO)

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
        ended = scenario.end(error)
        scenario.context.withdraw()
        self._give_back(WITH_A_SCENARIO)
        scenario.context.clean_up()
        self._give_back(AFTER_A_SCENARIO)
        self.driver.end_scenario(scenario.line.id)
        return ended

    def _give_back(self, kinds: Collection[LedgerKind]) -> None:
        if self.belongings is not None:
            self.belongings.give_back(kinds)

    def _close(self, interrupted: bool, ended_at: str) -> None:
        """Give everything back, close the evidence, then the rest, whatever goes wrong."""
        with ExitStack() as last:
            last.callback(self.driver.close)
            if self.belongings is not None:
                last.callback(self.belongings.close)
            last.callback(self.writer.close, interrupted=interrupted, ended_at=ended_at)
            if self.belongings is not None:
                last.callback(self._tell_leaks, self.belongings)
                self.belongings.give_back_all()

    def _tell_leaks(self, belongings: Belongings) -> None:
        """What is left is in the evidence, also when the giving back was broken off."""
        for leak in belongings.leaks():
            self.writer.leak(leak)
