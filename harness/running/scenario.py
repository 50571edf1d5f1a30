"""One scenario on its way from its first step to its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from harness.catalogue.requirement import Requirement, Role
from harness.catalogue.verdict import Verdict
from harness.checkers import registry
from harness.context.context import Context
from harness.context.recorder import Inconclusive, NotSupported, Recorder
from harness.history.evidence import EvidenceWriter
from harness.history.lines import CheckLine, ScenarioLine, VerdictLine
from harness.history.operation import History, Json
from harness.targets.port import CannotArrange, TargetInfo

INCONCLUSIVE = (Inconclusive, registry.CheckInconclusive, CannotArrange)
"""What says that the harness could not judge."""

INTERRUPTED = "the run was interrupted before this scenario was judged"


class LeftOut(Exception):
    """The scenario is left out on purpose; the text says why."""


@dataclass(frozen=True, slots=True)
class StepAt:
    """The step that is being carried out: its text with keyword, and its line."""

    text: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class CheckSummary:
    """What a check expects, in one line, and the operations that its finding rests on."""

    expected: str
    operations: tuple[str, ...]


@dataclass(slots=True)
class ScenarioRun:
    """One scenario: what it found so far, and the step at which it stands."""

    line: ScenarioLine
    recorder: Recorder
    context: Context
    writer: EvidenceWriter
    now: Callable[[], int]
    step: StepAt = StepAt()
    findings: list[registry.Finding] = field(default_factory=list)
    judged_last: CheckSummary | None = None
    """The finding that was written down last, and what its check expects."""
    judge: registry.Judge = field(init=False)

    def __post_init__(self) -> None:
        self.judge = registry.Judge(self)

    def history(self) -> History:
        return self.recorder.history()

    def record_finding(
        self, name: str, args: Mapping[str, Json], finding: registry.Finding
    ) -> None:
        self.findings.append(finding)
        self.judged_last = CheckSummary(registry.meaning_of(name), finding.operations)
        for requirement in self.line.requirements:
            self.writer.check(
                CheckLine(
                    scenario=self.line.id,
                    requirement=requirement,
                    check=name,
                    args=dict(args),
                    step=self.step.text,
                    verdict=finding.verdict,
                    reason=finding.reason,
                    operations=list(finding.operations),
                    expected=self.judged_last.expected,
                )
            )

    def end(self, error: BaseException | None) -> tuple[Verdict, str]:
        """Give the verdict and write it down; whoever calls gives everything back.

        `error` is what ended the scenario early, if anything did.
        """
        verdict, reason = self.verdict(error)
        for requirement in self.line.requirements:
            self.writer.verdict(
                VerdictLine(
                    requirement=requirement,
                    scenario=self.line.id,
                    verdict=verdict,
                    reason=reason,
                    operations=registry.rests_on(self.findings, verdict),
                    at=self.now(),
                )
            )
        return verdict, reason

    def verdict(self, error: BaseException | None) -> tuple[Verdict, str]:
        """The verdict so far and why, given what ended the scenario early, if anything did.

        The reason holds no secret: it goes to terminals and into the reports of others.
        """
        verdict, reason = registry.verdict_of(self.findings)
        if verdict is not Verdict.FAIL and error is not None:
            verdict, reason = _early(error)
        return verdict, self.recorder.redacted(reason)


def _early(error: BaseException) -> tuple[Verdict, str]:
    """The verdict on a scenario that was ended by this."""
    match error:
        case NotSupported():
            return Verdict.NOT_SUPPORTED, str(error)
        case LeftOut():
            return Verdict.SKIPPED, str(error)
        case KeyboardInterrupt():
            return Verdict.INCONCLUSIVE, INTERRUPTED
        case Inconclusive() | registry.CheckInconclusive() | CannotArrange():
            return Verdict.INCONCLUSIVE, str(error)
        case _:
            return Verdict.INCONCLUSIVE, f"the harness itself failed: {describe_error(error)}"


def describe_error(error: BaseException) -> str:
    """An error in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def is_foreseen(error: BaseException) -> bool:
    """Whether this is a way in which a scenario may end, and no defect of the harness."""
    known = (*INCONCLUSIVE, NotSupported, LeftOut, registry.CheckFailed, KeyboardInterrupt)
    return isinstance(error, known)


def check_applies(requirements: Iterable[Requirement], info: TargetInfo) -> None:
    """See whether a scenario of these requirements says anything about this target.

    Raises:
        LeftOut: every requirement binds a side that the target does not play.
        NotSupported: the target does not claim a feature that a requirement needs.
    """
    given = list(requirements)
    binding = [r for r in given if r.role is Role.BOTH or info.plays(r.role)]
    if given and not binding:
        sides = " and ".join(dict.fromkeys(r.role.value for r in given))
        raise LeftOut(f"binds the {sides} side, which this target does not play")
    for requirement in binding:
        if lacking := requirement.lacks(info.features):
            raise NotSupported(lacking)
