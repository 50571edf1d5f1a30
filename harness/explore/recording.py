"""The contexts of an exploration, and the evidence of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from harness import __version__
from harness.catalogue.edition import EDITION
from harness.catalogue.limits import Limits
from harness.checkers.registry import Finding, meaning_of
from harness.context.installing import SlotPool
from harness.context.recorder import Recorder
from harness.explore.actions import SequenceContext
from harness.explore.lockstep import Judged
from harness.history import lines
from harness.history.evidence import EvidenceWriter
from harness.history.lines import RunInfo as RunLine
from harness.history.operation import Json
from harness.history.redaction import Redactor
from harness.targets.port import Driver


class Recording:
    """Makes a context for each sequence, and writes down all that is done in it.

    Without a file to write, nothing is kept. Use `close` at the end, however it ends.

    Raises:
        EvidenceError: the evidence cannot be written.
    """

    def __init__(
        self,
        driver: Driver,
        seed: int,
        evidence: Path | None = None,
        run: RunLine = RunLine(),
        mark: str = "",
    ) -> None:
        """Make it. `mark` is what all that is made is called by, where it outlives the run."""
        limits = getattr(driver, "limits", None)
        self.limits = limits if isinstance(limits, Limits) else Limits()
        self._driver = driver
        self._seed = seed
        self._mark = mark
        self._redactor = Redactor()
        self._redactor.register(driver.local_user.password, "password")
        self._inventory = driver.inventory()
        self._pool = SlotPool(self._inventory.slots)
        self._writer = EvidenceWriter(evidence or Path(os.devnull), self._redactor)
        self._writer.header(_header(driver, seed, self.limits, run))

    def open_context(self, number: int) -> tuple[SequenceContext, Judged]:
        """The context of a sequence, and what writes down the checks in it."""
        self._begin_on_the_second()
        name = f"explore/{number}"
        line = lines.ScenarioLine(
            id=name, name=f"sequence {number}", feature="explore", line=0, requirements=[]
        )
        self._writer.scenario(line)
        recorder = Recorder(self._driver, self._writer, self._redactor, name, self.limits)
        recorder.forget_strays()
        context = SequenceContext(recorder, self._pool, self._inventory, self._seed, self._mark)

        def record_finding(
            check: str, args: Mapping[str, Json], requirement: str, finding: Finding
        ) -> None:
            self._writer.check(
                lines.CheckLine(
                    scenario=name,
                    requirement=requirement,
                    check=check,
                    args=dict(args),
                    step="",
                    verdict=finding.verdict,
                    reason=finding.reason,
                    operations=list(finding.operations),
                    expected=meaning_of(check),
                )
            )

        return context, record_finding

    def _begin_on_the_second(self) -> None:
        """Where time is virtual, a sequence finds the agents at the same point of their round,
        whatever was done before it; otherwise what differs once would not differ again.
        """
        if self._driver.name == "inprocess":
            self._driver.sleep(-self._driver.now() % 1_000_000)

    def close(self, ended_at: str = "") -> None:
        """Close the evidence. `ended_at` is wall time, RFC 3339 in UTC."""
        self._writer.close(ended_at=ended_at)


def _header(driver: Driver, seed: int, limits: Limits, run: RunLine) -> lines.EvidenceHeader:
    info = driver.info
    return lines.EvidenceHeader(
        harness=lines.HarnessInfo(__version__),
        edition=EDITION,
        kind="explore",
        implementation=lines.Implementation(
            info.name, info.version, info.organization, info.url, info.contact
        ),
        roles=sorted(role.value for role in info.roles),
        driver=driver.name,
        seed=seed,
        features=sorted(feature.value for feature in info.features),
        limits=limits.as_dict(),
        run=run,
    )
