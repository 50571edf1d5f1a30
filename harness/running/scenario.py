"""One scenario on its way from its first step to its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from harness.catalogue.requirement import Feature, Requirement, Role
from harness.catalogue.requirements import by_id
from harness.catalogue.troubles import CENTRAL_MANAGEMENT
from harness.catalogue.verdict import Verdict
from harness.checkers import answers, registry
from harness.checkers.effects import faults_took_effect, messages_were_understood
from harness.checkers.invariants import stream
from harness.checkers.sentences import sentences_of
from harness.context import acceptance_steps, local_changes
from harness.context.context import Context
from harness.context.controls import see_allowed
from harness.context.last_look import last_look
from harness.context.recorder import Inconclusive, NotReached, NotSupported, Recorder
from harness.domain import operations as ops
from harness.domain.errors import Reason
from harness.history.evidence import EvidenceWriter
from harness.history.lines import INTERRUPTED, CheckLine, ScenarioLine, StepLine, VerdictLine
from harness.history.operation import History, Json, Outcome
from harness.history.redaction import quoted
from harness.targets.port import CannotArrange, TargetInfo

INCONCLUSIVE = (Inconclusive, registry.CheckInconclusive, CannotArrange)
"""What says that the harness could not judge."""


class LeftOut(Exception):
    """The scenario is left out on purpose; the text says why."""


@dataclass(frozen=True, slots=True)
class StepAt:
    """The step that is being carried out: its text with keyword, and its line."""

    text: str = ""
    line: int = 0


@dataclass(slots=True)
class ScenarioRun:
    """One scenario: what it found so far, and the step at which it stands."""

    line: ScenarioLine
    recorder: Recorder
    context: Context
    writer: EvidenceWriter
    now: Callable[[], int]
    step: StepAt = StepAt()
    ahead: list[StepAt] = field(default_factory=list)
    """The steps that are still to come."""
    findings: list[registry.Finding] = field(default_factory=list)
    refusals: dict[str, None] = field(default_factory=dict)
    """The operations that a check was content to see refused, in order."""
    checks: list[CheckLine] = field(default_factory=list)
    """The findings as they were written down, whichever requirement they are of."""
    judge: registry.Judge = field(init=False)
    broken: list[CheckLine] = field(default_factory=list)
    """The invariants that all that was seen breaks, where nothing else has failed."""
    _faults_are_judged: bool = False
    _is_history_judged: bool = False

    def __post_init__(self) -> None:
        self.judge = registry.Judge(self)

    def begin_step(self, step: StepAt) -> None:
        """A step begins."""
        self.step = step
        self._write_step(step, at=self.now())

    def _write_step(self, step: StepAt, **at: int) -> None:
        self.writer.step(StepLine(scenario=self.line.id, text=step.text, line=step.line, **at))

    def history(self) -> History:
        return self.recorder.history()

    def record_finding(
        self, name: str, args: Mapping[str, Json], finding: registry.Finding
    ) -> registry.Finding:
        finding = self.recorder.as_written(name, args, finding)
        self.findings.append(finding)
        if name in answers.REFUSALS and finding.verdict is Verdict.PASS:
            self.refusals |= dict.fromkeys(finding.operations)
        line = finding.as_line(self.line.id, "", name, args, self.step.text)
        self.checks.append(line)
        for requirement in self.line.requirements:
            self.writer.check(replace(line, requirement=requirement))
        return finding

    def conclude(self) -> None:
        """All steps have passed: see that its faults took effect, look around, and see that its
        refusals were for the reason in question.

        Raises:
            CheckInconclusive: that cannot be told.
            Inconclusive: so; the control of a refusal could not be carried out.
        """
        self.judge_ground(None)
        if registry.verdict_of(self.findings)[0] is Verdict.PASS:
            last_look(self.context)
            self._see_why_refused()

    def _see_why_refused(self) -> None:
        requirements = [by_id(id_) for id_ in self.line.requirements]
        reasons: list[Json] = [r.value for r_ in requirements for r in r_.refused_as]
        if not reasons:
            return  # nothing is demanded of a refusal here
        rested_on = dict.fromkeys([*self.context.refused, *self.refusals])
        judged = map(self.history().__getitem__, rested_on)
        refused = [o for o in judged if o.outcome is Outcome.FAIL]
        unclear = [o for o in refused if not answers.tells_reason(o, [str(r) for r in reasons])]
        for operation in [o for o in unclear if o.kind in answers.NEVER_TRIED]:
            try:
                beside = local_changes.change_locally(self.context).record
            except NotSupported as error:  # of the probe; the scenario's own operation is offered
                raise Inconclusive(
                    f"why {operation.kind} was refused cannot be told: {error}"
                ) from None
            words = self.context.words_for(CENTRAL_MANAGEMENT)
            asked: dict[str, Json] = {"operation": operation.id, "others": [beside.id]}
            self.judge.check("refused_as_centrally_managed", words=words, **asked)
            unclear[unclear.index(operation)] = beside
        for kind in dict.fromkeys(o.kind for o in unclear):
            done = [o for o in self.history().of_kind(kind) if o.outcome is Outcome.OK]
            if not done:
                self.judge_history(None)  # what is seen from then on is another world's
                self.context = self.context.afresh()
                done = [see_allowed(self.context, kind).record]
            for operation in unclear:
                if operation.kind == kind:
                    ids_: dict[str, Json] = {"operation": operation.id, "control": done[0].id}
                    self.judge.check("refused_for_that", reasons=reasons, **ids_)

    def answer_for(self, missed: NotReached) -> None:
        """A precondition was not reached: fail, where the scenario's requirement demands it.

        Raises:
            CheckFailed: it does.
            CheckInconclusive: it does, and no well-formed answer came.
        """
        kind = str(missed.record.args.get("polls", missed.record.kind))
        demanded = {k for id_ in self.line.requirements for k in by_id(id_).demands}
        is_busy = (missed.record.error or {}).get("reason") == Reason.RATE_LIMITED
        if kind in demanded and self._is_of_target(kind) and not is_busy:
            waited = "polls" in missed.record.args
            self.judge.check("held" if waited else "succeeded", operation=missed.record.id)

    def _is_of_target(self, kind: str) -> bool:
        """Whether the target, and not the harness, answers operations of this kind."""
        local = issubclass(getattr(ops, kind), ops.LocalOperation)
        return self.recorder.driver.info.plays(Role.EDGE if local else Role.CENTRAL)

    def judge_ground(self, error: BaseException | None) -> None:
        """See whether that was so on which all rests that was found: the side that the harness
        plays understood what came, and faults took effect, which is asked once.

        A scenario that ended early, before anything failed, rests on no fault.
        """
        judged = error is None or isinstance(error, (*INCONCLUSIVE, registry.CheckFailed))
        if judged and self.recorder.hear():
            name = messages_were_understood.__name__
            self.record_finding(name, {}, registry.run_check(name, self.history(), {}))
        failed = registry.verdict_of(self.findings)[0] is Verdict.FAIL
        if self._faults_are_judged or not self.findings or (error is not None and not failed):
            return
        self._faults_are_judged = True
        if self.recorder.see_effects(failed=failed):
            name = faults_took_effect.__name__
            self.record_finding(name, {}, registry.run_check(name, self.history(), {}))

    def judge_history(self, error: BaseException | None) -> None:
        """See whether all that was seen keeps to every invariant that binds the target, once, where
        nothing has failed so far. What is broken is said of the invariant, and of nothing else.
        """
        judged = error is None or isinstance(error, INCONCLUSIVE)
        if self._is_history_judged or not judged or not self.line.requirements:
            return
        self._is_history_judged = True
        if self.verdict(error)[0] is Verdict.FAIL or registry.are_void(self.findings):
            return
        limits = self.recorder.limits
        told = {n: getattr(limits, n) for n in ("list_lag_s", "edge_lag_s", "settle_s")}
        history, info = self.history(), self.recorder.driver.info
        broken = stream.checks_broken(history, **told)
        for requirement, name in broken.items():
            role = by_id(requirement).role
            if not (role is Role.BOTH or info.plays(role)):
                continue
            if requirement in self.line.requirements:  # its own check came before the last look
                self.record_finding(name, told, registry.run_check(name, history, told))
                continue
            finding = self.recorder.as_written(name, told, registry.run_check(name, history, told))
            line = finding.as_line(self.line.id, requirement, name, told, self.step.text)
            self.broken.append(line)
            self.writer.check(line)

    def describe(self, verdict: Verdict, reason: str) -> str:
        """The reason of a verdict, in the words of the procedure."""
        return sentences_of([*self.checks, *self.broken], self.recorder.written(), verdict, reason)

    def end(self, error: BaseException | None) -> tuple[Verdict, str]:
        """Give the verdict and write it down; whoever calls gives everything back.

        `error` is what ended the scenario early, if anything did.
        """
        self.judge_ground(error)
        for step in self.ahead:
            self._write_step(step)
        self.judge_history(error)
        own = self._own_verdict(error)
        operations = registry.rests_on(self.findings, own[0])
        for line in self.broken:
            self._write_verdict(line.requirement, line.verdict, line.reason, line.operations)
        for requirement in self.line.requirements:
            self._write_verdict(requirement, *own, operations)
        return self.verdict(error)

    def _write_verdict(
        self, requirement: str, verdict: Verdict, reason: str, operations: list[str]
    ) -> None:
        self.writer.verdict(
            VerdictLine(
                requirement=requirement,
                scenario=self.line.id,
                verdict=verdict,
                reason=reason,
                operations=operations,
                at=self.now(),
            )
        )

    @property
    def about(self) -> list[str]:
        """The requirements that its verdict is about: its own, or the invariants that it broke."""
        return [line.requirement for line in self.broken] or self.line.requirements

    def verdict(self, error: BaseException | None) -> tuple[Verdict, str]:
        """The verdict so far and why, given what ended the scenario early, if anything did.

        The reason holds no secret: it goes to terminals and into the reports of others.
        """
        if self.broken:
            return Verdict.FAIL, "; ".join(f"{b.requirement}: {b.reason}" for b in self.broken)
        return self._own_verdict(error)

    def _own_verdict(self, error: BaseException | None) -> tuple[Verdict, str]:
        """The same of its own requirements."""
        verdict, reason = registry.verdict_of(self.findings)
        if verdict is not Verdict.FAIL and error is not None:
            early = _early(error)
            if early is not None and not (early[0] is verdict and registry.are_void(self.findings)):
                verdict, reason = early
                if not isinstance(error, registry.CheckInconclusive):
                    reason = quoted(reason)
        return verdict, self.recorder.redacted(reason)


def _early(error: BaseException) -> tuple[Verdict, str] | None:
    """The verdict on a scenario that was ended by this; `None` where what was found decides."""
    match error:
        case registry.CheckFailed():
            return None
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
        steps = {Feature.SERVER_STEPS} if info.has_steps else set()
        if lacking := requirement.lacks(info.features | steps):
            raise NotSupported(acceptance_steps.lacking(lacking))
