"""The contexts of an exploration, on a target or on the reference beside it, and its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness import __version__
from harness.catalogue.edition import EDITION
from harness.catalogue.limits import Limits
from harness.checkers.registry import Finding
from harness.context.installing import SlotPool
from harness.context.recorder import Recorder
from harness.domain import arrangements
from harness.domain.operations import PatchCluster
from harness.explore.actions import SequenceContext
from harness.explore.lockstep import Judged
from harness.history import lines
from harness.history.evidence import EvidenceWriter, Unwritten
from harness.history.lines import DRAWN
from harness.history.lines import RunInfo as RunLine
from harness.history.operation import Json
from harness.history.redaction import Redactor
from harness.reference.world import direct_reference
from harness.targets.inprocess import INPROCESS_FEATURES, InprocessDriver
from harness.targets.port import CannotArrange, Driver, DriverAround, TargetInfo


class Drawing:
    """Makes a context for each sequence that is drawn on a target, and gives it back.

    Attributes:
        writer: keeps what is exchanged; without a file for it, nothing is written down.
        give_back: removes what a sequence has made on a target that outlives the run.
    """

    def __init__(
        self,
        driver: Driver,
        pool: SlotPool,
        redactor: Redactor,
        seed: int,
        limits: Limits,
        mark: str = "",
        writer: EvidenceWriter | None = None,
        give_back: Callable[[], None] = lambda: None,
    ) -> None:
        self.limits = limits
        self.writer = writer or Unwritten(redactor)
        self._driver = driver
        self._inventory = driver.inventory()
        self._pool = pool
        self._redactor = redactor
        self._seed = seed
        self._mark = mark
        self._give_back = give_back

    def open_context(self, number: int) -> tuple[SequenceContext, Judged]:
        """The context of a sequence, and what writes down the checks in it."""
        self._begin_on_the_second()
        name = f"explore/{number}"
        line = lines.ScenarioLine(
            id=name, name=f"sequence {number}", feature=DRAWN, line=0, requirements=[]
        )
        self.writer.scenario(line)
        self._driver.begin_scenario(name)
        recorder = Recorder(self._driver, self.writer, self._redactor, name, self.limits)
        recorder.forget_heard()

        def record_finding(
            check: str, args: Mapping[str, Json], requirement: str, finding: Finding
        ) -> None:
            finding = recorder.as_written(check, args, finding)
            self.writer.check(finding.as_line(name, requirement, check, args, step=""))

        writes = not isinstance(self.writer, Unwritten)
        return self.context_of(recorder), record_finding if writes else lambda *_: None

    def context_of(self, recorder: Recorder) -> SequenceContext:
        """What a sequence has around it."""
        return SequenceContext(recorder, self._pool, self._inventory, self._seed, self._mark)

    def close_context(self, context: SequenceContext) -> None:
        """Give back what a sequence had."""
        context.clean_up()
        self._give_back()
        self._driver.end_scenario(context.recorder.scenario)

    def _begin_on_the_second(self) -> None:
        """Where time is virtual, a sequence finds the agents at the same point of their round,
        whatever was done before it; otherwise what differs once would not differ again.
        """
        if self._driver.name == "inprocess":
            self._driver.sleep(-self._driver.now() % 1_000_000)


class Recording(Drawing):
    """The same on a target of its own, with the evidence of it all. Use `close` at the end.

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
        stated = getattr(driver, "limits", None)
        limits = stated if isinstance(stated, Limits) else Limits()
        redactor = Redactor()
        redactor.register(driver.local_user.password, "password")
        pool = SlotPool(driver.inventory().slots)
        writer = EvidenceWriter(evidence, redactor) if evidence else None
        super().__init__(driver, pool, redactor, seed, limits, mark, writer)
        self.writer.header(_header(driver, seed, limits, run))

    def close(self, ended_at: str = "") -> None:
        """Close the evidence. `ended_at` is wall time, RFC 3339 in UTC."""
        self.writer.close(ended_at=ended_at)


def _header(driver: Driver, seed: int, limits: Limits, run: RunLine) -> lines.EvidenceHeader:
    info = driver.info
    return lines.EvidenceHeader(
        harness=lines.HarnessInfo(__version__),
        edition=EDITION,
        kind=DRAWN,
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


_TO_BEGIN = (arrangements.InstallCluster, arrangements.CreateProject, arrangements.PutUser)
"""What every sequence begins with: a target may have clusters and people in place of them."""


class LackingReference(DriverAround):
    """The reference in virtual time, without what the target lacks: it shows what cannot be done
    there. Which operations and arrangements a step takes is told by the code that makes it, so that
    nothing is declared, and nothing is sent to the target.
    """

    def __init__(self, target: Driver) -> None:
        theirs = target.info
        info = TargetInfo(
            "rehearsal",
            roles=theirs.roles,
            features=INPROCESS_FEATURES & theirs.features,
            not_offered=theirs.not_offered,
            permissions=theirs.permissions,
            has_sessions=theirs.has_sessions,
        )
        super().__init__(InprocessDriver(direct_reference(1, clusters=3), info))
        asked = [kind for kind in arrangements.ARRANGEMENTS.values() if kind not in _TO_BEGIN]
        self._cannot = {kind: why for kind in asked if (why := target.cannot(kind))}

    @property
    def takes_nothing_away(self) -> bool:
        """Whether the target lacks nothing that a sequence could ask for."""
        info = self.info
        offers_all = info.not_offered.keys() <= {PatchCluster} and info.has_sessions
        claims_all = info.features == INPROCESS_FEATURES and info.permissions is None
        return offers_all and claims_all and not self._cannot

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        return self._cannot.get(kind, "")

    def arrange(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        if why := self.cannot(type(arrangement)):
            raise CannotArrange(type(arrangement).__name__, why)
        return super().arrange(arrangement)

    def drawing(self) -> Drawing:
        """Where sequences are carried out on it, with nothing written down."""
        pool = SlotPool(self.inventory().slots)
        return Drawing(self, pool, Redactor(), 1, Limits())
